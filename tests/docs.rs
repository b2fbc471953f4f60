//! What the documentation shows is what happens: every console block of `README.md` and of each file in `tutorials/` is
//! run, and its output compared.
//!
//! ````text
//! ```console
//! $ netlab up topologies/three-nodes.yaml               a command, run by sh; `\` at its end continues it
//! lab three-nodes is up: 3 nodes, …; 140 steps in … ms  what it prints on standard output and standard error;
//! …                                                     `…` or `...` is anything; alone on a line, any lines
//! ```
//! ````
//!
//! The blocks of a file are run in their order, in a state directory of their own and in a directory that holds nothing
//! but `topologies/`. `netlab`, and `cargo run --release --` before its arguments, mean the netlab that is tested. Blanks
//! at the end of a line do not count. A command may fail: what it prints then is compared too. Blocks of other kinds
//! (`sh`, `text`, `yaml`) are not run.

mod common;

use std::path::{Path, PathBuf};

use common::program::{netlab_program, repository};
use common::{Directory, Lab, run, tool};

/// A command in the documentation, and what it is said to print.
struct Example {
    line: usize,
    command: String,
    expected: Vec<String>,
}

/// The examples in the console blocks of a Markdown text.
fn examples(markdown: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let (mut inside, mut continued) = (false, false);
    for (number, line) in markdown.lines().enumerate() {
        match line.trim_start() {
            "```console" => (inside, continued) = (true, false),
            fence if fence.starts_with("```") => inside = false,
            _ if !inside => {}
            _ if continued => {
                let example = examples.last_mut().expect("a command that is continued");
                example.command.push_str(&format!("\n{line}"));
                continued = line.ends_with('\\');
            }
            _ => match line.trim_start().strip_prefix("$ ") {
                Some(command) => {
                    continued = command.ends_with('\\');
                    examples.push(Example { line: number + 1, command: command.into(), expected: Vec::new() });
                }
                None => {
                    let example = examples.last_mut().unwrap_or_else(|| panic!("output without a command: {line}"));
                    example.expected.push(line.trim_end().into());
                }
            },
        }
    }
    examples
}

/// Whether a line is as the pattern says, in which `…` is anything.
fn line_matches(pattern: &str, line: &str) -> bool {
    let pattern = pattern.replace("...", "…");
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether lines are as the patterns say, of which one that is `…` alone is any number of lines.
fn lines_match(patterns: &[String], lines: &[String]) -> bool {
    match patterns.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if matches!(first.trim(), "…" | "...") => {
            (0..=lines.len()).any(|skipped| lines_match(rest, &lines[skipped..]))
        }
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, others)| line_matches(first, line) && lines_match(rest, others))
        }
    }
}

/// Runs the examples of one file.
fn try_out(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let lab = Lab::place();
    let directory = Directory::new();
    let programs = directory.path().join("programs");
    let place = directory.path().join("place");
    std::fs::create_dir(&programs).and_then(|()| std::fs::create_dir(&place)).expect("directories");
    std::os::unix::fs::symlink(netlab_program(), programs.join("netlab")).expect("a link");
    std::os::unix::fs::symlink(repository().join("topologies"), place.join("topologies")).expect("a link");
    let cargo = "#!/bin/sh\n[ \"$1 $2 $3\" = 'run --release --' ] || exit 2\nshift 3\nexec netlab \"$@\"\n";
    let cargo = directory.file("programs/cargo", cargo);
    std::fs::set_permissions(cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");

    for Example { line, command, expected } in examples(&text) {
        let mut shell = tool("sh");
        let search = shell.get_envs().find_map(|(key, value)| (key == "PATH").then_some(value)).flatten();
        let search = format!("{}:{}", programs.display(), search.expect("a path").to_string_lossy());
        shell.env("PATH", search).env("NETLAB_STATE_DIR", lab.state()).current_dir(&place);
        let ran = run(shell.args(["-c", &format!("exec 2>&1\n{command}")]));
        let printed: Vec<String> = ran.stdout.lines().map(|line| line.trim_end().to_owned()).collect();
        assert!(
            lines_match(&expected, &printed),
            "{}:{line}: `{command}` should print\n{}\n\nand prints\n{}\n",
            file.display(),
            expected.join("\n"),
            printed.join("\n")
        );
    }
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    let readme = repository().join("README.md");
    let text = std::fs::read_to_string(&readme).expect("README.md");
    assert!(examples(&text).len() >= 5, "README.md has console blocks");
    try_out(&readme);
}

#[test]
fn what_the_tutorials_show_is_what_happens() {
    let entries = std::fs::read_dir(repository().join("tutorials")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    files.iter().for_each(|file| try_out(file));
}

#[test]
fn every_topology_that_the_documentation_names_is_there() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let names = readme.split("topologies/").skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
        rest[..end].trim_end_matches('.')
    });
    for name in names.filter(|name| !name.is_empty()) {
        assert!(repository().join("topologies").join(name).exists(), "topologies/{name}");
    }
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (pattern, text, matches) in [
        ("a … c", "a b c", true),
        ("a … c", "a b d", false),
        ("… ms", "12 ms", true),
        ("a\n…\nb", "a\nx\ny\nb", true),
        ("a\n…\nb", "a\nb", true),
        ("a\n…", "b\na", false),
        ("a", "a\nb", false),
        ("", "", true),
        ("time=... ms …", "time=0.1 ms and more", true),
    ] {
        assert_eq!(lines_match(&lines(pattern), &lines(text)), matches, "{pattern:?} and {text:?}");
    }
}
