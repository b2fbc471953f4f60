//! The examples in a Markdown text: commands in console blocks, and what they are said to print.
//!
//! ````text
//! ```console
//! $ netlab up topologies/three-nodes.yaml               a command, run by sh; `\` at its end continues it
//! lab three-nodes is up: 3 nodes, …; 140 steps in … ms  what it prints on standard output and standard error;
//! …                                                     `…` or `...` is anything; alone on a line, any lines
//! lab# ip netns                                         a command typed into `netlab shell`
//! node-1# ip route                                      and one typed into `netlab shell node-1`
//! ```
//! ````
//!
//! A block that begins with ```` ```console in another terminal ```` is typed in a terminal of its own: its command goes
//! on while those that follow are typed, and has to have ended with the text. One that begins with
//! ```` ```console in the other terminal ```` says what has appeared there since, and is waited for; `^C` as its last line
//! is pressed there.
//!
//! Every command has a shell of its own: what is to be remembered is remembered by the lab. The blocks of a text are run
//! in their order, in a state directory of their own and in a directory that holds nothing but `topologies/`. `netlab`,
//! and `cargo run --release --` before its arguments, mean the netlab that is tested. Blanks at the end of a line do not
//! count. A command may fail: what it prints then is compared too. Blocks of other kinds (`sh`, `text`, `yaml`) are not
//! run.

use std::process::Command;

use super::aside::Aside;
use super::lab::Lab;
use super::program::{Directory, Ran, netlab_program, repository, run_with_input, tool};

/// A command in a text, and what it is said to print.
pub struct Example {
    pub line: usize,
    /// Before which prompt it stands: of no machine for `$ `.
    pub machine: Option<String>,
    pub command: String,
    pub expected: Vec<String>,
    /// In which terminal.
    pub terminal: Terminal,
}

/// Where a block happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// In the reader's own.
    Own,
    /// It is typed in another one, and goes on there.
    Another,
    /// Nothing is typed (but for `^C`): in the other terminal something has appeared.
    Other,
}

/// Ctrl-C.
const INTERRUPT: &str = "^C";

/// A line that begins with a prompt, as the machine whose prompt it is (none for `$ `) and the command.
fn prompted(line: &str) -> Option<(Option<String>, &str)> {
    if let Some(command) = line.strip_prefix("$ ") {
        return Some((None, command));
    }
    let (machine, command) = line.split_once("# ")?;
    let named = machine.starts_with(|c: char| c.is_ascii_alphanumeric())
        && machine.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let machine = if machine == "lab" { "fabric" } else { machine };
    named.then(|| (Some(machine.to_owned()), command))
}

/// The examples in the console blocks of a Markdown text.
pub fn examples(markdown: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let (mut inside, mut continued, mut terminal) = (false, false, Terminal::Own);
    for (number, line) in markdown.lines().enumerate() {
        match line.trim_start() {
            "```console" => (inside, continued, terminal) = (true, false, Terminal::Own),
            "```console in another terminal" => (inside, continued, terminal) = (true, false, Terminal::Another),
            "```console in the other terminal" => {
                (inside, continued, terminal) = (true, false, Terminal::Other);
                let (command, expected) = (String::new(), Vec::new());
                examples.push(Example { line: number + 1, machine: None, command, expected, terminal });
            }
            fence if fence.starts_with("```") => inside = false,
            _ if !inside => {}
            _ if continued => {
                let example = examples.last_mut().expect("a command that is continued");
                example.command.push_str(&format!("\n{line}"));
                continued = line.ends_with('\\');
            }
            _ => match prompted(line.trim_start()) {
                Some((machine, command)) => {
                    continued = command.ends_with('\\');
                    let command = command.to_owned();
                    examples.push(Example { line: number + 1, machine, command, expected: Vec::new(), terminal });
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
pub fn lines_match(patterns: &[String], lines: &[String]) -> bool {
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

/// A place to follow a text: a state directory, and a directory with `topologies/` and the file that it is about.
pub struct Reader {
    lab: Lab,
    directory: Directory,
}

impl Reader {
    /// A reader who has not begun.
    pub fn new() -> Self {
        let reader = Reader { lab: Lab::place(), directory: Directory::new() };
        let (programs, place) = (reader.directory.path().join("programs"), reader.directory.path().join("place"));
        std::fs::create_dir(&programs).and_then(|()| std::fs::create_dir(&place)).expect("directories");
        std::os::unix::fs::symlink(netlab_program(), programs.join("netlab")).expect("a link");
        std::os::unix::fs::symlink(repository().join("topologies"), place.join("topologies")).expect("a link");
        let cargo = "#!/bin/sh\n[ \"$1 $2 $3\" = 'run --release --' ] || exit 2\nshift 3\nexec netlab \"$@\"\n";
        let cargo = reader.directory.file("programs/cargo", cargo);
        std::fs::set_permissions(cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
        reader
    }

    /// A shell of the reader's, on the host.
    fn shell(&self) -> Command {
        let mut shell = tool("sh");
        let search = shell.get_envs().find_map(|(key, value)| (key == "PATH").then_some(value)).flatten();
        let search = search.expect("a path").to_string_lossy().into_owned();
        let programs = self.directory.path().join("programs");
        shell.env("PATH", format!("{}:{search}", programs.display()));
        shell.env("NETLAB_STATE_DIR", self.lab.state()).current_dir(self.directory.path().join("place"));
        shell
    }

    /// A command as it is typed, on the host or in a machine, and what goes to its standard input.
    fn typed(&self, machine: Option<&str>, command: &str) -> (Command, Vec<u8>) {
        let merged = format!("exec 2>&1\n{command}\n");
        let mut shell = self.shell();
        match machine {
            None => {
                shell.args(["-c", &merged]);
                (shell, Vec::new())
            }
            Some(machine) => {
                shell.args(["-c", "exec netlab shell \"$0\" 2>&1", machine]);
                (shell, merged.into_bytes())
            }
        }
    }

    /// Types one command, on the host or in a machine.
    #[track_caller]
    pub fn types(&self, machine: Option<&str>, command: &str) -> Ran {
        let (mut shell, input) = self.typed(machine, command);
        run_with_input(&mut shell, &input)
    }

    /// Follows a text from its first example to its last; `name` is what messages call it.
    #[track_caller]
    pub fn follows(&self, name: &str, text: &str) {
        let mut asides: Vec<(Aside, Example)> = Vec::new();
        for example in examples(text) {
            let (mut shell, input) = self.typed(example.machine.as_deref(), &example.command);
            match (example.terminal, asides.last_mut()) {
                (Terminal::Own, _) => example.compare(name, &run_with_input(&mut shell, &input)),
                (Terminal::Another, _) => asides.push((Aside::begin(&mut shell, &input), example)),
                (Terminal::Other, Some((aside, begun))) => begun.goes_on(name, aside, example),
                (Terminal::Other, None) => panic!("{name}:{}: there is no other terminal", example.line),
            }
        }
        for (aside, example) in asides {
            example.compare_lines(name, &aside.end());
        }
    }
}

impl Example {
    /// Fails unless it printed what it is said to print.
    #[track_caller]
    fn compare(&self, name: &str, ran: &Ran) {
        let printed: Vec<String> = ran.stdout.lines().map(|line| line.trim_end().to_owned()).collect();
        self.compare_lines(name, &printed);
    }

    #[track_caller]
    fn compare_lines(&self, name: &str, printed: &[String]) {
        let Example { line, command, expected, .. } = self;
        assert!(
            lines_match(expected, printed),
            "{name}:{line}: `{command}` should print\n{}\n\nand prints\n{}\n",
            expected.join("\n"),
            printed.join("\n")
        );
    }

    /// Waits until more has appeared in the terminal that this was typed into.
    #[track_caller]
    fn goes_on(&mut self, name: &str, aside: &mut Aside, mut more: Example) {
        let interrupted = more.expected.pop_if(|line| line == INTERRUPT).is_some();
        self.expected.append(&mut more.expected);
        let what = format!("{name}:{}: this\n{}\n", more.line, self.expected.join("\n"));
        aside.until_it_shows(&what, |shown| lines_match(&self.expected, shown));
        if interrupted {
            aside.interrupt();
        }
    }
}
