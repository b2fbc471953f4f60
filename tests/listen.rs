//! Whoever listens to a lab hears of every machine in which something changes, and of no other.
//!
//! ```text
//! netlab listen  ─▶  "listening"            a shell:  ip -n red addr add …      ─▶  "red"
//! ```

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use common::program::start;
use common::wait::PATIENCE;
use common::{Lab, Shell, run_with_input, topology, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long it must be quiet to count as quiet.
const QUIET: Duration = Duration::from_millis(500);

/// How long it must be quiet after `up`: the kernel tells of a carrier up to a second late (`linkwatch`).
const QUIET_AFTER_UP: Duration = Duration::from_millis(2_500);

/// A process that listens to a lab. It ends with the test.
struct Listening {
    child: Child,
    lines: Receiver<String>,
}

impl Listening {
    fn to(lab: &Lab) -> Self {
        let mut command = lab.netlab(&["listen"]);
        let mut child = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()));
        let heard = BufReader::new(child.stdout.take().expect("its standard output"));
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || heard.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        assert_eq!(lines.recv_timeout(PATIENCE).expect("a line"), "listening");
        Listening { child, lines }
    }

    /// The machines heard of until it is quiet.
    fn until_quiet(&self) -> Vec<String> {
        self.until_quiet_for(QUIET)
    }

    fn until_quiet_for(&self, quiet: Duration) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            match self.lines.recv_timeout(quiet) {
                Ok(line) => names.extend(line.split(' ').map(str::to_owned)),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => panic!("the listener ended"),
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// The next line.
    #[track_caller]
    fn next(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("something is heard")
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("a signal");
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A lab, somebody who listens to it, and a shell in its fabric.
fn listened() -> (Lab, Listening, Shell) {
    let lab = Lab::up(&topology("one-node.yaml"));
    let shell = Shell::open(&lab, "fabric");
    let listening = Listening::to(&lab);
    listening.until_quiet_for(QUIET_AFTER_UP);
    (lab, listening, shell)
}

#[test]
fn every_kind_of_change_names_the_machine() {
    let (_lab, listening, mut shell) = listened();
    for (command, machines) in [
        ("ip -n red addr add 198.51.100.7/24 dev eth0", "red"),
        ("ip -n red addr delete 198.51.100.7/24 dev eth0", "red"),
        ("ip -n red addr add 2001:db8::7/64 dev eth0 nodad", "red"),
        ("ip -n red link set eth0 mtu 1400", "red"),
        ("ip -n node-1 link set cni0 down", "node-1"),
        ("ip -n node-1 link set cni0 up", "node-1"),
        ("ip -n node-1 link set veth-blue nomaster", "node-1"),
        ("ip -n node-1 link set veth-blue master cni0", "node-1"),
        ("ip -n node-1 link add br9 type bridge", "node-1"),
        ("ip -n node-1 link delete br9", "node-1"),
        ("ip link add br9 type bridge", "fabric"),
        ("ip link add end-1 type veth peer name end-2", "fabric"),
        ("ip link set end-2 netns blue", "blue fabric"),
        ("ip -n node-1 route add 203.0.113.0/24 via 10.244.1.2", "node-1"),
        ("ip -n node-1 route delete 203.0.113.0/24", "node-1"),
        ("ip -n node-1 route add blackhole 2001:db8:1::/48", "node-1"),
        ("ip -n node-1 rule add from 203.0.113.0/24 table 100", "node-1"),
        ("ip -n node-1 -6 rule add from 2001:db8::/32 table 100", "node-1"),
        ("ip -n blue neigh add 10.244.1.77 lladdr 02:00:00:00:00:77 dev eth0", "blue"),
        ("bridge -n node-1 fdb add 02:00:00:00:00:78 dev veth-red master static", "node-1"),
        ("ip netns exec node-1 nft add table ip lesson", "node-1"),
        ("ip netns exec node-1 nft add chain ip lesson post '{ type nat hook postrouting priority 100; }'", "node-1"),
        ("ip netns exec node-1 nft add rule ip lesson post ip saddr 203.0.113.0/24 masquerade", "node-1"),
        ("ip netns exec node-1 nft flush chain ip lesson post", "node-1"),
        ("ip netns exec node-1 nft delete table ip lesson", "node-1"),
        (
            "ip netns exec red sysctl -qw net.ipv4.ip_forward=1 || ip netns exec red sysctl -qw net.ipv4.ip_forward=0",
            "red",
        ),
        ("ip netns exec red sysctl -qw net.ipv4.conf.eth0.rp_filter=2", "red"),
        ("ip netns exec red sysctl -qw net.ipv6.conf.all.forwarding=1", "red"),
    ] {
        shell.done(command);
        let (heard, machines) = (listening.until_quiet(), machines.split(' ').collect::<Vec<_>>());
        assert!(machines.iter().all(|machine| heard.iter().any(|name| name == machine)), "{command}: {heard:?}");
        // A pod that begins to speak, as with a new IPv6 address, is learned by the bridge of its node.
        let others = heard.iter().filter(|name| *name != "node-1" && !machines.contains(&name.as_str()));
        assert_eq!(others.collect::<Vec<_>>(), [""; 0], "{command}: {heard:?}");
    }
}

#[test]
fn nothing_is_heard_where_nothing_changes() {
    let (lab, listening, mut shell) = listened();
    shell.done("ip -n red -d link && ip -n red addr && ip -n node-1 route show table all && ip -n red neigh");
    shell
        .done("ip netns exec node-1 nft list ruleset && ip netns exec red sysctl net.ipv4.ip_forward && ip netns list");
    for words in [&["status"][..], &["routes"], &["show", "node-1"], &["exec", "red", "--", "ip", "addr"]] {
        lab.run(words).success();
    }
    // A mount that has nothing to do with names.
    shell.done("mount -t tmpfs none /mnt && umount /mnt");
    // What is refused changes nothing either.
    assert_ne!(shell.type_in("ip -n red addr add 10.244.1.2/24 dev eth0").0, 0);
    std::thread::sleep(QUIET_AFTER_UP);
    assert_eq!(listening.until_quiet(), [""; 0]);
}

#[test]
fn a_namespace_that_is_added_later_is_listened_to_and_a_deleted_one_let_go() {
    let (_lab, listening, mut shell) = listened();
    shell.done("ip netns add green");
    assert_eq!(listening.until_quiet(), ["green"], "it is new");
    shell.done("ip -n green link set lo up");
    assert_eq!(listening.until_quiet(), ["green"]);
    shell.done("ip link add end-1 type veth peer name end-2 netns green");
    assert_eq!(listening.until_quiet(), ["fabric", "green"]);
    shell.done("ip netns delete green");
    until("the kernel takes the namespace and its pipe apart", || {
        (shell.type_in("ip link show end-1").0 != 0).then_some(())
    });
    assert_eq!(listening.until_quiet(), ["fabric", "green"]);
    // The same name again, twice in a moment: another namespace, in which somebody listens.
    shell.done("ip netns add green && ip netns delete green && ip netns add green");
    assert_eq!(listening.until_quiet(), ["green"]);
    shell.done("ip -n green link set lo up");
    assert_eq!(listening.until_quiet(), ["green"]);
}

#[test]
fn a_name_that_comes_to_mean_another_namespace_is_heard_of() {
    let (_lab, listening, mut shell) = listened();
    shell.done("ip link add end-1 type veth peer name end-2 netns red");
    assert_eq!(listening.until_quiet(), ["fabric", "red"]);
    // While it is stopped, everything happens at once for it.
    listening.signal(Signal::SIGSTOP);
    shell.done("ip netns delete red && ip netns add red && ip netns delete blue && ip netns add green");
    listening.signal(Signal::SIGCONT);
    let heard = listening.until_quiet().join(" ");
    assert!(heard.contains("blue") && heard.contains("green") && heard.contains("red"), "{heard}");
    until("the old one is let go", || (shell.type_in("ip link show end-1").0 != 0).then_some(()));
    listening.until_quiet();
    shell.done("ip -n red link set lo up");
    assert_eq!(listening.until_quiet(), ["red"]);
    // A namespace that is unmounted without a word about its file.
    shell.done("umount /run/netns/green");
    assert_eq!(listening.until_quiet(), ["green"]);
}

#[test]
fn names_that_no_machine_can_have_and_files_that_are_no_namespaces_are_passed_over() {
    let (_lab, listening, mut shell) = listened();
    shell.done("touch /run/netns/empty && touch /run/netns/mounts && mount --bind /proc/self/ns/uts /run/netns/mounts");
    shell.done("ip netns add fabric && ip netns add 'a name' && ip -n 'a name' link set lo up");
    shell.done("ip -n fabric link set lo up");
    assert_eq!(listening.until_quiet(), [""; 0]);
    shell.done("ip netns add green");
    assert_eq!(listening.until_quiet(), ["green"], "they are in nobody's way");
    shell.done("ip link add br9 type bridge");
    assert_eq!(listening.until_quiet(), ["fabric"], "the real one");
}

#[test]
fn a_storm_of_changes_is_heard_whether_somebody_waits_or_not() {
    let (lab, listening, mut shell) = listened();
    let storm: String =
        (0..20_000).map(|n| format!("route add blackhole 10.244.{}.{}/32\n", n / 250, n % 250)).collect();
    let rage = |storm: &str| {
        let mut ip = lab.netlab(&["exec", "red", "--", "ip", "-batch", "-"]);
        run_with_input(&mut ip, storm.as_bytes()).success();
    };
    rage(&storm);
    assert_eq!(listening.until_quiet(), ["red"], "while somebody waits");
    shell.done("ip -n red link set eth0 mtu 1400");
    assert_eq!(listening.until_quiet(), ["red"], "and what comes after it");
    listening.signal(Signal::SIGSTOP);
    rage(&storm.replace("add", "delete"));
    listening.signal(Signal::SIGCONT);
    assert_eq!(listening.next(), "red", "after it, in one word");
    assert_eq!(listening.until_quiet(), [""; 0], "and once");
    shell.done("ip -n red link set eth0 mtu 1300");
    assert_eq!(listening.until_quiet(), ["red"]);
}

#[test]
fn another_descriptor_wakes_it_and_its_end_too() {
    let (_lab, mut listening, _shell) = listened();
    listening.child.stdin.as_mut().expect("its standard input").write_all(b"a key").expect("a listener");
    assert_eq!(listening.next(), "called");
    assert_eq!(listening.until_quiet(), [""; 0]);
    drop(listening.child.stdin.take());
    assert_eq!(listening.child.wait().expect("its end").code(), Some(0));
}

#[test]
fn machines_that_are_brought_up_meanwhile_are_all_heard_of() {
    let lab = Lab::place();
    let mut up = lab.netlab(&["up", &topology("three-nodes.yaml")]);
    common::run(up.env("NETLAB_TEST_DIE_AFTER", "2"));
    let listening = Listening::to(&lab);
    lab.run(&["up", &topology("three-nodes.yaml")]).success();
    let heard = listening.until_quiet_for(QUIET_AFTER_UP);
    let kinds = ["node", "pod", "host"].iter().flat_map(|kind| lab.machines(kind));
    for machine in kinds.chain(["fabric".to_owned()]) {
        assert!(heard.contains(&machine), "{machine} in {heard:?}");
    }
    // `down` ends whoever listens.
    lab.run(&["down"]).success();
    until("the listener ends", || listening.lines.recv().is_err().then_some(()));
}
