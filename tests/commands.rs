//! Every command says what the kernel says, to people and to programs, in shapes that stay; and it behaves in pipes, on
//! full disks and on terminals.

mod common;

use std::collections::BTreeSet;

use common::program::netlab_program;
use common::{Directory, Lab, run, tool, topology};
use serde_json::Value;

/// The keys of an object, in their order.
#[track_caller]
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("an object: {value}")).keys().map(String::as_str).collect()
}

#[track_caller]
fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("a list: {value}"))
}

/// The values of one key in a list of objects.
fn each<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    list(value).iter().filter_map(|entry| entry[key].as_str()).collect()
}

#[test]
fn plan_has_its_documented_shape() {
    let lab = Lab::place();
    let plan = lab.run(&["plan", &topology("three-nodes.yaml"), "--json"]).json();
    assert_eq!(keys(&plan), ["lab", "capacity", "steps"]);
    assert_eq!(plan["lab"], lab.name.as_str());
    for (place, step) in list(&plan["steps"]).iter().enumerate() {
        assert_eq!(keys(step), ["number", "chapter", "machine", "sentence", "command", "undo"]);
        assert_eq!(step["number"], place + 1);
        assert!(step["sentence"].as_str().is_some_and(|sentence| sentence.ends_with('.')), "{step}");
    }
    assert_eq!(lab.run(&["plan", &topology("three-nodes.yaml"), "--format", "json"]).json(), plan);
    let text = lab.run(&["plan", &topology("three-nodes.yaml")]).success();
    for step in list(&plan["steps"]) {
        assert!(text.contains(step["command"].as_str().expect("a command")), "{step}");
    }
}

#[test]
fn for_a_pod_the_plan_shows_the_nine_steps_of_the_bridge_plugin() {
    let lab = Lab::place();
    let plan = lab.run(&["plan", &topology("three-nodes.yaml"), "--json"]).json();
    let commands = each(&plan["steps"], "command");
    let nine = [
        "ip -n node-1 link add cni0 type bridge",
        "ip -n node-1 addr add 10.244.1.1/24 dev cni0",
        "ip -n node-1 link set cni0 up",
        "ip -n node-1 link add veth-pod-a type veth peer name peer-pod-a",
        "ip -n node-1 link set peer-pod-a netns pod-a name eth0",
        "ip -n node-1 link set veth-pod-a master cni0",
        "ip -n pod-a addr add 10.244.1.2/24 dev eth0",
        "ip -n pod-a link set eth0 up",
        "ip -n pod-a route add default via 10.244.1.1",
    ];
    let places: Vec<usize> =
        nine.iter().map(|step| commands.iter().position(|c| c == step).unwrap_or_else(|| panic!("{step}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(commands.iter().any(|c| c.starts_with("ip netns exec node-1 nft ") && c.contains("masquerade")));
    assert!(commands.contains(&"ip netns exec node-1 sysctl -qw net.ipv4.ip_forward=1"));
}

#[test]
fn status_has_its_documented_shape_and_says_what_ip_says() {
    for name in ["three-nodes.yaml", "dual-stack.yaml"] {
        let lab = Lab::up(&topology(name));
        let status = lab.run(&["status", "--json"]).json();
        assert_eq!(keys(&status), ["lab", "cursor", "machines"]);
        assert_eq!(keys(&status["cursor"]), ["done", "total"]);
        assert_eq!(status["cursor"]["done"], status["cursor"]["total"]);
        let namespaces: BTreeSet<String> =
            lab.script("fabric", "ip netns list | cut -d ' ' -f 1").success().lines().map(str::to_owned).collect();
        assert_eq!(
            each(&status["machines"], "name").into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
            namespaces
        );
        for machine in list(&status["machines"]) {
            let is_pod = machine["kind"] == "pod";
            let expected: &[&str] =
                if is_pod { &["name", "kind", "node", "interfaces"] } else { &["name", "kind", "interfaces"] };
            assert_eq!(keys(machine), expected);
            let links = lab.ip(machine["name"].as_str().expect("a name"), &["addr"]);
            let interfaces = list(&machine["interfaces"]);
            assert_eq!(each(&machine["interfaces"], "name"), each(&links, "ifname"), "{machine}");
            for (interface, link) in interfaces.iter().zip(list(&links)) {
                assert_eq!(keys(interface), ["name", "addresses", "mtu", "up"]);
                assert_eq!(interface["mtu"], link["mtu"]);
                assert_eq!(interface["up"], list(&link["flags"]).contains(&"UP".into()));
                let address = |a: &Value| format!("{}/{}", a["local"].as_str().unwrap_or_default(), a["prefixlen"]);
                let addresses: BTreeSet<String> = list(&link["addr_info"]).iter().map(address).collect();
                let told = list(&interface["addresses"]).iter().map(|a| a.as_str().expect("text").to_owned());
                assert_eq!(told.collect::<BTreeSet<_>>(), addresses, "{machine}");
            }
        }
    }
}

#[test]
fn routes_says_what_ip_says_and_draws_the_tables_side_by_side() {
    let lab = Lab::up(&topology("dual-stack.yaml"));
    let names = ["node-1", "node-2", "pod-a", "outside"];
    let routes = lab.run(&[&["routes", "--json"][..], &names].concat()).json();
    assert_eq!(keys(&routes), ["lab", "machines"]);
    for machine in list(&routes["machines"]) {
        assert_eq!(keys(machine), ["machine", "routes"]);
        let name = machine["machine"].as_str().expect("a name");
        let [four, six] = [lab.ip(name, &["-4", "route"]), lab.ip(name, &["-6", "route"])];
        // Multicast and local ones stand in other tables; ip leaves those of `lo` out by itself.
        let seen: BTreeSet<String> = list(&four).iter().chain(list(&six)).map(route_of_ip).collect();
        let route = |r: &Value| format!("{} {} {}", r["to"], r["via"], r["dev"]);
        let told: BTreeSet<String> = list(&machine["routes"]).iter().map(route).collect();
        assert!(seen.is_subset(&told), "{name}: ip says {seen:?}, netlab {told:?}");
    }
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let text = lab.run(&["routes"]).success();
    let cells: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(cells[0], ["TO", "node-1", "node-2", "node-3"]);
    assert_eq!(cells[2], ["10.244.2.0/24", "via", "192.168.1.12", "cni0", "via", "192.168.1.12"]);
}

fn route_of_ip(route: &Value) -> String {
    let host = |to: &str| {
        if to == "default" || to.contains('/') {
            to.to_owned()
        } else {
            format!("{to}/{}", if to.contains(':') { 128 } else { 32 })
        }
    };
    format!("{} {} {}", Value::from(host(route["dst"].as_str().unwrap_or_default())), route["gateway"], route["dev"])
}

#[test]
fn show_says_what_ip_bridge_and_nft_say() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    lab.exec("pod-a", &["ping", "-n", "-q", "-c", "1", "-W", "1", "10.244.2.2"]).success();
    let show = lab.run(&["show", "node-1", "--json"]).json();
    assert_eq!(keys(&show), ["machine", "links", "routes", "neighbours", "fdb", "tables"]);
    let links = lab.ip("node-1", &["link"]);
    assert_eq!(each(&show["links"], "name"), each(&links, "ifname"));
    for (told, link) in list(&show["links"]).iter().zip(list(&links)) {
        assert_eq!((&told["index"], &told["mtu"], &told["master"]), (&link["ifindex"], &link["mtu"], &link["master"]));
        if told["name"] != "lo" {
            assert_eq!(told["mac"], link["address"]);
        }
    }
    let neighbours = lab.ip("node-1", &["neigh"]);
    let of = |document: &Value, keys: [&str; 2]| -> BTreeSet<String> {
        list(document).iter().map(|entry| format!("{} {}", entry[keys[0]], entry[keys[1]])).collect()
    };
    assert_eq!(of(&show["neighbours"], ["address", "mac"]), of(&neighbours, ["dst", "lladdr"]));
    assert!(!list(&show["fdb"]).is_empty());
    let rules = lab.exec("node-1", &["nft", "list", "table", "ip", "netlab"]).success();
    let rule = show["tables"][0]["chains"][0]["rules"][0].as_str().expect("a rule");
    assert!(rules.contains(rule), "{rule} is not in {rules}");
    assert!(rule.contains("comment \"netlab"), "the rule names its owner");
    let text = lab.run(&["show", "node-1"]).success();
    for words in ["links", "routes", "neighbours", "fdb", "rules", "veth-pod-a", "192.168.1.12", rule] {
        assert!(text.contains(words), "{words}: {text}");
    }
    lab.run(&["show", "fabric"]).success();
    let said = lab.run(&["show", "nobody"]).fails(2);
    assert!(said.contains("no machine nobody"), "{said}");
}

#[test]
fn up_down_list_validate_and_doctor_have_their_documented_shapes() {
    let lab = Lab::place();
    let file = topology("one-node.yaml");
    let up = lab.run(&["up", "--json", &file]).json();
    assert_eq!(keys(&up), ["lab", "ranBefore", "stepsDone", "steps", "inForce", "milliseconds", "unready"]);
    assert_eq!((&up["stepsDone"], &up["steps"], &up["ranBefore"]), (&29.into(), &29.into(), &false.into()));
    let labs = lab.run(&["list", "--json"]).json();
    assert_eq!(keys(&labs), ["labs"]);
    assert_eq!(keys(&labs["labs"][0]), ["lab", "state", "pid", "machines", "done", "total"]);
    assert_eq!((&labs["labs"][0]["state"], &labs["labs"][0]["machines"]), (&"running".into(), &3.into()));
    let down = lab.run(&["down", "--json"]).json();
    assert_eq!(keys(&down["labs"][0]), ["lab", "ran", "processesEnded"]);
    let valid = lab.run(&["validate", "--json", &file]).json();
    assert_eq!(keys(&valid), ["file", "valid", "mistakes"]);
    let doctor = lab.run(&["doctor", "--json"]).json();
    assert_eq!(keys(&doctor), ["canRunLabs", "checks"]);
    assert_eq!(doctor["canRunLabs"], true, "{doctor}");
    assert_eq!(keys(&doctor["checks"][0]), ["what", "verdict", "found", "help"]);
    let checks = doctor["checks"].as_array().expect("checks");
    for (what, where_absent) in [("packet capture", ""), ("nftables trace", ""), ("drop reasons", "netlab trace")] {
        let check = checks.iter().find(|check| check["what"] == what).unwrap_or_else(|| panic!("{what}: {doctor}"));
        let found = check["found"].as_str().expect("text");
        let absent = check["verdict"] == "absent" && !where_absent.is_empty() && found.contains(where_absent);
        assert!(absent || check["verdict"] == "ok" && found == "works", "{check}");
    }
    assert!(lab.run(&["doctor"]).success().ends_with("this machine can run labs\n"));
    let expanded = lab.run(&["expand", "--json", &topology("three-nodes-short.yaml")]).json();
    assert_eq!(expanded["nodes"]["node-2"]["routes"][0]["via"], "192.168.1.11");
    assert!(lab.run(&["schema"]).json()["properties"]["nodes"].is_object());
}

#[test]
fn lab_and_json_are_accepted_before_and_after_the_subcommand() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let other = Lab::up(&topology("one-node.yaml"));
    let mut outputs = BTreeSet::new();
    let name = lab.name.as_str();
    for words in [
        &["--lab", name, "--json", "status"][..],
        &["status", "--lab", name, "--json"],
        &["--json", "status", "--lab", name],
        &["--lab", name, "status", "--json"],
    ] {
        outputs.insert(run(common::lab::netlab(&lab.state()).args(words)).success());
    }
    assert_eq!(outputs.len(), 1);
    let said = run(common::lab::netlab(&other.state()).args(["status", "--lab", name])).fails(2);
    assert!(said.contains(&format!("there is no lab {name}")) && said.contains(&other.name), "{said}");
    let mut command = common::lab::netlab(&lab.state());
    assert_eq!(run(command.env("NETLAB_LAB", name).args(["exec", "red", "--", "echo", "in"])).success(), "in\n");
}

#[test]
fn completions_and_manual_pages_can_be_read_by_their_readers() {
    let (lab, directory) = (Lab::place(), Directory::new());
    for shell in ["bash", "zsh", "fish"] {
        let script = lab.run(&["completions", shell]).success();
        for word in ["netlab", "status", "routes", "exec"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        if shell == "bash" {
            run(tool("bash").args(["-n", &directory.file("netlab.bash", &script)])).success();
        }
    }
    for page in [&["man"][..], &["man", "up"], &["man", "exec"]] {
        let text = lab.run(page).success();
        assert!(text.contains(".TH netlab") && text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{text}");
        let known = ["ie", "el", "ds", "TH", "SH", "SS", "TP", "PP", "IP", "RS", "RE", "br", "nf", "fi", "B", "\\\""];
        for line in text.lines().filter_map(|line| line.strip_prefix('.')) {
            let request = line.split([' ', '\\']).next().unwrap_or_default();
            assert!(known.contains(&request) || request.is_empty(), "{page:?}: .{line}");
        }
    }
    lab.run(&["man", "no-such-command"]).fails(2);
}

#[test]
fn every_command_explains_itself_with_examples() {
    let lab = Lab::place();
    let help = lab.run(&["--help"]).success();
    assert!(help.contains("Examples:") && help.contains("Exit status:"), "{help}");
    for command in [
        "up",
        "down",
        "plan",
        "expand",
        "validate",
        "schema",
        "routes",
        "show",
        "exec",
        "shell",
        "trace",
        "generate",
        "completions",
        "man",
    ] {
        let help = lab.run(&[command, "--help"]).success();
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(help.contains(&format!("netlab {command}")), "{command}: {help}");
    }
    for command in ["list", "status", "doctor"] {
        lab.run(&[command, "--help"]).success();
    }
    for wrong in [&["no-such-command"][..], &["up", "--no-such-flag"], &[], &["exec"], &["plan", "--format", "xml"]] {
        lab.run(wrong).fails(2);
    }
}

#[test]
fn there_is_colour_on_a_terminal_only_and_never_with_no_color() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let file = topology("one-node.yaml");
    for words in
        [&["plan", &file][..], &["show", "node-1"], &["status"], &["routes"], &["list"], &["up", "/no/such/file"]]
    {
        let ran = lab.run(words);
        assert!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'), "{ran}");
    }
    let typed = format!("{} plan {file}", netlab_program().display());
    let on_a_terminal = |name: &str, value: &str| {
        run(tool("script").env("TERM", "xterm").env(name, value).args(["-qec", &typed, "/dev/null"])).success()
    };
    assert!(on_a_terminal("UNRELATED", "").contains('\x1b'));
    assert!(!on_a_terminal("NO_COLOR", "1").contains('\x1b'));
    assert!(!on_a_terminal("TERM", "dumb").contains('\x1b'));
}

#[test]
fn output_that_cannot_be_written_is_an_error_and_not_a_panic() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let file = topology("one-node.yaml");
    for words in [
        &["plan", &file][..],
        &["plan", &file, "--json"],
        &["plan", &file, "--format", "sh"],
        &["expand", &file],
        &["validate", &file],
        &["schema"],
        &["list"],
        &["status"],
        &["status", "--json"],
        &["routes"],
        &["show", "red"],
        &["doctor"],
        &["generate", "3", "3"],
        &["completions", "bash"],
        &["man"],
        &["up", &file],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let child = common::program::start(
            lab.netlab(words).stdin(std::process::Stdio::null()).stdout(full).stderr(std::process::Stdio::piped()),
        );
        let said = common::program::finish(child, &format!("netlab {words:?} > /dev/full"), b"").fails(3);
        assert!(said.contains("cannot write to standard output: No space left on device"), "{words:?}: {said}");
    }
    lab.down();
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let lab = Lab::place();
    let typed = format!("{} plan {} | head -n 1", netlab_program().display(), topology("large.yaml"));
    let ran = run(tool("sh").args(["-c", &typed]).env("NETLAB_STATE_DIR", lab.state()));
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (1, ""), "{ran}");
}
