//! A worksheet is true: whoever works through it sees what it says.
//!
//! ```text
//! netlab plan FILE --format markdown ──▶ its console blocks, run against a lab as those of the tutorials are
//! ```

mod common;

use common::examples::Reader;
use common::program::{run, topologies};
use common::{Lab, topology};

/// The worksheet of one of the topologies, as a reader has it who stands beside `topologies/`.
fn worksheet(reader: &Reader, file: &str) -> String {
    reader.types(None, &format!("netlab plan topologies/{file} --format markdown")).success()
}

/// Its console blocks are enough to check it: `netlab goto` does the steps that nobody has typed.
#[test]
fn what_a_worksheet_shows_is_what_there_is() {
    for file in topologies() {
        let reader = Reader::new();
        let text = worksheet(&reader, &file);
        assert!(text.contains("**Look**") && text.contains("**Questions**"), "{text}");
        reader.follows(&format!("the worksheet of {file}"), &text);
    }
}

/// The same with every command typed: then `netlab goto` finds nothing left to do.
#[test]
fn a_worksheet_can_be_done_by_hand() {
    for file in ["one-node.yaml", "dual-stack.yaml"] {
        let reader = Reader::new();
        let mut typed = String::new();
        let mut commands = false;
        for line in worksheet(&reader, file).lines() {
            match line.trim() {
                "```sh" => {
                    commands = true;
                    typed.push_str("```console\n");
                }
                "```" if commands => {
                    commands = false;
                    typed.push_str("```\n");
                }
                command if commands => typed.push_str(&format!("lab# {command}\n")),
                goto if goto.starts_with("$ netlab goto ") => {
                    // Every change that is made is told behind a sign; nothing more is said than that.
                    typed.push_str(&format!("{goto} | grep '^  [-+~] '\n"));
                    commands = false;
                }
                "…" => {}
                _ => typed.push_str(&format!("{line}\n")),
            }
        }
        let typed = typed
            .replace("$ netlab up --empty", "$ netlab >/dev/null up --empty")
            .replace("$ netlab down\n", "$ netlab >/dev/null down\n");
        reader.follows(&format!("the worksheet of {file}, typed"), &typed);
    }
}

/// The picture has every machine and every address, whatever they are called.
#[test]
fn the_picture_shows_all_machines() {
    let lab = Lab::place();
    for file in topologies() {
        let text = run(&mut lab.netlab(&["plan", &topology(&file), "--format", "markdown"])).success();
        let picture = text.split("```mermaid\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a picture");
        let machines = run(&mut lab.netlab(&["plan", &topology(&file), "--json"])).json();
        let steps = machines["steps"].as_array().expect("steps").iter();
        let commands: Vec<&str> = steps.filter_map(|step| step["command"].as_str()).collect();
        for command in commands {
            if let Some(machine) = command.strip_prefix("ip netns add ") {
                assert!(picture.contains(&format!("\"{machine}")), "{file}: {machine}\n{picture}");
            }
            if let Some(address) = command.split_once(" addr add ").and_then(|(_, rest)| rest.split(' ').next()) {
                assert!(picture.contains(address), "{file}: {address}\n{picture}");
            }
        }
    }
}
