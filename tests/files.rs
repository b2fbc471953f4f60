//! No file makes netlab panic, hang, or run anything: what cannot be a topology is refused with exit status 2, and names
//! never reach a shell or a path unchecked.

mod common;

use common::lab::netlab;
use common::{Directory, Lab, run, run_with_input, tool, topology};

/// The commands that read a file.
const READERS: [&[&str]; 4] = [&["validate"], &["plan"], &["expand"], &["up"]];

/// Every command that reads a file refuses this one and says so in these words.
#[track_caller]
fn refused(file: &str, words: &str) {
    let lab = Lab::place();
    for reader in READERS {
        let said = lab.run(&[reader, &[file]].concat()).fails(2);
        assert!(said.contains(words), "{words}: {said}");
        assert!(said.len() < 5_000, "an error, not a flood: {} bytes", said.len());
    }
    assert!(!lab.state().exists(), "nothing was begun");
}

#[test]
fn what_is_no_text_file_is_refused() {
    let directory = Directory::new();
    refused(&directory.path().to_string_lossy(), "directory");
    refused("/no/such/file.yaml", "does not exist");
    refused(&directory.file("binary", [0x7f, b'E', b'L', b'F', 0, 1, 2, 0xff, 0xfe]), "error");
    refused(&directory.file("latin-1", b"lab: \xe4\n"), "UTF-8");
    refused(&directory.file("empty", ""), "error");
    refused("/dev/null", "error");
    refused("/dev/zero", "error");
}

#[test]
fn files_that_are_too_large_or_too_deep_are_refused() {
    let directory = Directory::new();
    refused(&directory.file("50-megabytes", vec![b'#'; 50 << 20]), "large");
    let deep = |open: &str, close: &str| format!("lab: {}{}", open.repeat(20_000), close.repeat(20_000));
    refused(&directory.file("deep-list", deep("[", "]")), "error");
    refused(&directory.file("deep-map", deep("{a: ", "}")), "error");
    refused(
        &directory.file("deep-block", (0..20_000).map(|n| format!("{}a:\n", " ".repeat(n % 200))).collect::<String>()),
        "error",
    );
    let bomb = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        text + &format!("a{n}: &a{n} [{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]\n", format!("*a{}", n - 1))
    });
    refused(&directory.file("bomb", bomb), "error");
}

#[test]
fn a_mistake_on_standard_input_is_reported_with_its_place() {
    let lab = Lab::place();
    let ran = run_with_input(&mut lab.netlab(&["validate", "-"]), b"lab: x\nnodes:\n  n1: { podz: {} }\n");
    let said = ran.fails(2);
    assert!(said.contains(":3:9") && said.contains("podz"), "{said}");
    let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    run_with_input(&mut lab.netlab(&["up", "-"]), &binary).fails(2);
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once_with_line_and_column() {
    let (lab, directory) = (Lab::place(), Directory::new());
    let file = directory.file("mistakes.yaml", "lab: a/b\nnodes:\n  n1: { address: 999.1.1.1 }\n  n2: { podz: {} }\n");
    let ran = lab.run(&["validate", "--json", &file]);
    assert_eq!(ran.status, Some(2), "{ran}");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let places: Vec<(u64, u64)> = report["mistakes"]
        .as_array()
        .expect("mistakes")
        .iter()
        .map(|m| (m["line"].as_u64().expect("a line"), m["column"].as_u64().expect("a column")))
        .collect();
    assert!(places.contains(&(1, 6)) && places.contains(&(3, 18)) && places.contains(&(4, 9)), "{places:?}");
}

/// Names that would do harm in a shell or a path.
const HOSTILE: [&str; 16] = [
    "$(touch hit)",
    "`touch hit`",
    "a;touch hit",
    "a|touch hit",
    "a&touch hit",
    "a>hit",
    "../hit",
    "/hit",
    "a/../../hit",
    "-h",
    "--help",
    "a b",
    "a\\nb",
    "..",
    ".",
    "a'b",
];

#[test]
fn hostile_names_are_refused_wherever_they_stand_in_a_file() {
    let directory = Directory::new();
    let quote = |name: &str| format!("\"{}\"", name.replace('\\', "\\\\").replace("\\\\n", "\\n"));
    let places: [fn(&str) -> String; 8] = [
        |n| format!("lab: {n}\nnodes: {{ n1: {{}} }}\n"),
        |n| format!("lab: x\nnodes: {{ {n}: {{}} }}\n"),
        |n| format!("lab: x\nnodes: {{ n1: {{ bridge: {{ name: {n}, addresses: [10.1.0.1/24] }} }} }}\n"),
        |n| format!("lab: x\nnodes: {{ n1: {{ bridge: {{ addresses: [10.1.0.1/24] }}, pods: {{ {n}: {{}} }} }} }}\n"),
        |n| format!("lab: x\nnetworks: {{ {n}: {{}} }}\nnodes: {{ n1: {{}} }}\n"),
        |n| {
            format!("lab: x\nnetworks: {{ u: {{}} }}\nnodes: {{ n1: {{ interfaces: {{ {n}: {{ network: u }} }} }} }}\n")
        },
        |n| format!("lab: x\nnodes: {{ n1: {{}} }}\nhosts: {{ {n}: {{}} }}\n"),
        |n| format!("lab: x\nnodes: {{ n1: {{ sysctls: {{ {n}: 1 }} }} }}\n"),
    ];
    let lab = Lab::place();
    for name in HOSTILE {
        for place in places {
            let text = place(&quote(name));
            let file = directory.file("hostile.yaml", &text);
            for reader in [&["plan", "--format", "sh"][..], &["up"]] {
                let ran = run(lab.netlab(&[reader, &[&file]].concat()).current_dir(directory.path()));
                assert_eq!(ran.status, Some(2), "{text}{ran}");
            }
        }
    }
    assert!(!directory.path().join("hit").exists() && !lab.state().exists());
}

#[test]
fn hostile_names_are_refused_on_the_command_line() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let before = std::fs::read_dir(lab.state()).expect("the state").count();
    for name in HOSTILE.iter().filter(|name| !name.starts_with('-')) {
        let file = topology("one-node.yaml");
        for words in [
            &["--lab", name, "up", &file][..],
            &["down", name],
            &["--lab", name, "status"],
            &["--lab", name, "exec", "red", "true"],
        ] {
            run(netlab(&lab.state()).args(words)).fails(2);
        }
        // What names no lab in the variable counts as nothing.
        let ran = run(netlab(&lab.state()).env("NETLAB_LAB", name).arg("status"));
        assert!(matches!(ran.status, Some(0 | 2)), "{ran}");
        for words in [&["exec", name, "--", "true"][..], &["shell", name], &["show", name], &["routes", name]] {
            lab.run(words).fails(2);
        }
    }
    assert_eq!(std::fs::read_dir(lab.state()).expect("the state").count(), before);
}

#[test]
fn values_reach_the_printed_script_as_one_word() {
    let (lab, directory) = (Lab::place(), Directory::new());
    let harmless = "0 0'; touch hit; echo '$(touch hit)`touch hit`";
    let text = format!("lab: x\nnodes: {{ n1: {{ sysctls: {{ net.ipv4.ping_group_range: {harmless:?} }} }} }}\n");
    let file = directory.file("values.yaml", text);
    let plan = lab.run(&["plan", "--format", "sh", &file]).success();
    // The line is run with an `ip` that prints its words in place of what would really be done.
    let of_it = |line: &&str| line.starts_with("ip ") && line.contains("ping_group_range");
    let line = plan.lines().find(of_it).expect("the command");
    let script = format!("ip() {{ printf '<%s>' \"$@\"; }}\n{line}\n");
    let said = run_with_input(tool("sh").arg("-s").current_dir(directory.path()), script.as_bytes()).success();
    assert_eq!(said, format!("<netns><exec><n1><sysctl><-qw><net.ipv4.ping_group_range={harmless}>"));
    // A second line would escape from the comment above the command.
    let two_lines = "lab: x\nnodes: { n1: { sysctls: { net.ipv4.ping_group_range: \"0 0\\ntouch hit\" } } }\n";
    lab.run(&["plan", "--format", "sh", &directory.file("lines.yaml", two_lines)]).fails(2);
    assert!(!directory.path().join("hit").exists());
}

#[test]
fn a_sysctl_of_the_file_stays_in_its_machine() {
    let (lab, directory) = (Lab::place(), Directory::new());
    for key in
        ["net.../../kernel.hostname", "net./../kernel/hostname", "kernel.hostname", "net.ipv4/../../kernel/hostname"]
    {
        let file = directory.file("key.yaml", format!("lab: x\nnodes: {{ n1: {{ sysctls: {{ {key:?}: hit }} }} }}\n"));
        lab.run(&["up", &file]).fails(2);
    }
    let read = |machine: &str| lab.exec(machine, &["sysctl", "-n", "net.ipv4.ip_default_ttl"]).success();
    let file =
        directory.file("ttl.yaml", "lab: x\nnodes: { n1: { sysctls: { net.ipv4.ip_default_ttl: 42 } }, n2: {} }\n");
    lab.run(&["up", &file]).success();
    assert_eq!((read("n1").trim(), read("n2").trim()), ("42", "64"));
}

#[test]
fn a_step_that_the_kernel_refuses_is_named_and_the_lab_can_be_described_and_removed() {
    let (lab, directory) = (Lab::place(), Directory::new());
    let file =
        directory.file("refused.yaml", "lab: x\nnodes: { n1: { sysctls: { net.ipv4.no_such_thing: 1 } }, n2: {} }\n");
    let said = lab.run(&["up", &file]).fails(3);
    for words in [
        "step ",
        "failed: Set net.ipv4.no_such_thing to 1",
        "command: ip netns exec n1 sysctl -qw",
        "because: ",
        "netlab down",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let status = lab.run(&["status"]).success();
    assert!(status.contains("failed: Set net.ipv4.no_such_thing"), "{status}");
    let json = lab.run(&["status", "--json"]).json();
    assert!(json["failed"]["step"].is_u64() && json["failed"]["why"].is_string(), "{json}");
    lab.down();
}
