//! Namespaces that a person makes or deletes inside a lab are there, or gone, for everybody in the lab, and for nobody
//! outside of it.
//!
//! ```text
//! shell 1:  ip netns add green          shell 2:  ip netns exec green …      netlab:  netns::list, Netns::open
//! shell 2:  ip netns delete green       shell 1:  "Cannot open network namespace"
//! ```

mod common;

use common::host::Host;
use common::{Lab, Shell, run, tool, topology, until};

fn one_node() -> Lab {
    Lab::up(&topology("one-node.yaml"))
}

/// Which namespace something is: `net:[4026532247]`.
const WHICH: &str = "readlink /proc/self/ns/net";

#[test]
fn what_one_shell_adds_the_others_and_netlab_enter() {
    let lab = one_node();
    let (mut one, mut two) = (Shell::open(&lab, "fabric"), Shell::open(&lab, "fabric"));
    one.done("ip netns add green && ip -n green link add br7 type bridge");
    let there = one.done(&format!("ip netns exec green {WHICH}"));
    assert_eq!(two.done(&format!("ip netns exec green {WHICH}")), there, "a shell that was open already");
    assert!(two.done("ip netns exec green ls /sys/class/net").contains("br7"));
    let later = Shell::open(&lab, "fabric").done(&format!("ip netns exec green {WHICH}"));
    assert_eq!(later, there, "a shell that is opened later");
    assert_eq!(lab.script("fabric", &format!("ip netns exec green {WHICH}")).success(), there, "a command");
    two.done("ip netns delete green");
    let (status, said) = one.type_in("ip -n green link");
    assert!(status != 0 && said.contains("green"), "{said}");
    assert!(!one.done("ip netns list").contains("green"));
}

#[test]
fn the_machines_own_shells_share_it_too() {
    let lab = one_node();
    let (mut node, mut fabric) = (Shell::open(&lab, "node-1"), Shell::open(&lab, "fabric"));
    node.done("ip netns add green && ip link add end-1 type veth peer name end-2 netns green");
    assert!(fabric.done("ip -n green link").contains("end-2"));
    fabric.done("ip netns delete green");
    until("the kernel takes the namespace and its pipe apart", || {
        (node.type_in("ip link show end-1").0 != 0).then_some(())
    });
}

#[test]
fn a_namespace_that_outlives_its_shell_is_there_for_the_next() {
    let lab = one_node();
    lab.script("fabric", "ip netns add green && ip -n green link set lo up").success();
    assert!(lab.script("fabric", "ip -n green link show lo").success().contains("UP"));
    // As a machine of a file that somebody builds by hand: netlab sees what was typed.
    lab.script("fabric", "ip netns delete red && ip netns add red && ip -n red link add eth0 type bridge").success();
    let status = lab.run(&["status", "--json"]).json();
    let red =
        status["machines"].as_array().expect("machines").iter().find(|m| m["name"] == "red").expect("red").clone();
    assert_eq!(red["interfaces"][1]["name"], "eth0", "{red}");
    let listed = lab.exec("red", &["ls", "/sys/class/net"]).success();
    assert_eq!(listed.split_whitespace().collect::<Vec<_>>(), ["eth0", "lo"]);
}

#[test]
fn a_shell_inside_a_namespace_that_is_deleted_keeps_it_until_it_ends() {
    let lab = one_node();
    let mut red = Shell::open(&lab, "red");
    let mut inner = Shell::open(&lab, "fabric");
    inner.done("ip netns delete red");
    assert!(red.done("ip -br addr").contains("10.244.1.2/24"), "what is open stays open");
    let names = |lab: &Lab| lab.script("fabric", "ip netns list").success();
    assert!(!names(&lab).contains("red"));
    assert!(lab.exec("red", &["true"]).fails(3).contains("netlab status"), "nobody else comes in");
    assert!(red.done("ip netns list").contains("node-1"), "and sees the others");
    let port = || lab.exec("node-1", &["ip", "link", "show", "veth-red"]).status;
    assert_eq!(port(), Some(0), "its pipe is there as long as the shell");
    drop(red);
    until("the kernel takes the namespace and its pipe apart", || (port() != Some(0)).then_some(()));
}

#[test]
fn what_ip_netns_exec_mounts_for_its_command_stays_with_the_command() {
    let lab = one_node();
    let mut shell = Shell::open(&lab, "fabric");
    let links = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(links(shell.done("ip netns exec red ls /sys/class/net")), ["eth0", "lo"]);
    assert_eq!(links(shell.done("ip netns exec red ip netns exec node-1 ls /sys/class/net")).len(), 4);
    assert_eq!(links(shell.done("ls /sys/class/net")), ["lo"], "the fabric's own");
    // A command inside keeps a copy of the names, and follows what is done to them.
    shell.done("ip netns exec red sleep 300 & holder=$!; ip netns add green; ip netns delete green; ip netns delete blue; kill $holder");
    assert!(!shell.done("ip netns list").contains("blue"));
}

#[test]
fn a_shell_mounts_and_sees_its_own_sys_and_the_lab_keeps_its_own() {
    let lab = one_node();
    let mounts = |machine: &str| {
        let all = lab.exec(machine, &["cat", "/proc/self/mountinfo"]).success();
        all.lines().filter(|line| line.contains(" - sysfs netlab ")).count()
    };
    let mut shells: Vec<Shell> = ["fabric", "red", "node-1"].iter().map(|machine| Shell::open(&lab, machine)).collect();
    assert_eq!(mounts("red"), 1, "one: the command's own");
    shells.iter_mut().for_each(|shell| drop(shell.done("ip netns add again && ip netns delete again")));
    assert_eq!(mounts("fabric"), 1);
}

#[test]
fn the_host_sees_nothing_of_it() {
    let before = Host::look();
    let lab = one_node();
    let mut shell = Shell::open(&lab, "fabric");
    shell.done("ip netns add green && ip netns add yellow && ip netns exec green true");
    // Other tests' labs may come and go: what this one made is looked for by name.
    let said = run(tool("ip").args(["netns", "list"])).success();
    assert!(!said.contains("green") && !said.contains("yellow"), "{said}");
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    assert!(!mounts.contains("green") && !mounts.contains(&lab.name), "{mounts}");
    lab.run(&["down"]).success();
    drop(shell);
    let changes = before.changes(&Host::look());
    assert!(changes.is_empty(), "{changes:#?}");
}
