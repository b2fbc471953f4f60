//! A student: starts an exercise, types into the lab's shell, and has it checked.

use std::path::Path;

use serde_json::Value;

use crate::common::program::netlab_program;
use crate::common::{Lab, Ran, run, run_with_input, tool};

/// A student with an exercise.
pub struct Student {
    pub lab: Lab,
}

impl Student {
    /// One who begins an exercise: one of netlab's, or a file.
    #[track_caller]
    pub fn begins(what: &str) -> Self {
        let student = Student { lab: Lab::place() };
        student.exercise(&["start", what]).success();
        student
    }

    /// Runs `netlab exercise …`.
    #[track_caller]
    pub fn exercise(&self, words: &[&str]) -> Ran {
        self.lab.run(&[&["exercise"], words].concat())
    }

    /// The same, with results in a file.
    #[track_caller]
    pub fn with_results(&self, file: &Path, words: &[&str]) -> Ran {
        run(self.lab.netlab(&[&["exercise"], words].concat()).env("NETLAB_RESULTS", file))
    }

    /// Types commands into `netlab shell`, as a script that ends at the first mistake.
    #[track_caller]
    pub fn types(&self, commands: &str) {
        let script = format!("set -e\n{commands}\n");
        run_with_input(self.lab.netlab(&["shell"]).env("SHELL", "/bin/sh"), script.as_bytes()).success();
    }

    /// Types a command on the own machine, where `netlab` is the netlab that is tested.
    #[track_caller]
    pub fn types_at_home(&self, command: &str) -> Ran {
        let program = netlab_program();
        let mut shell = tool("sh");
        let search = shell.get_envs().find_map(|(key, value)| (key == "PATH").then_some(value?)).expect("PATH");
        let search = format!("{}:{}", program.parent().expect("a directory").display(), search.to_string_lossy());
        shell.args(["-c", command]).env("PATH", search).env("SHELL", "/bin/sh");
        run(shell.env("NETLAB_STATE_DIR", self.lab.state()))
    }

    /// Has it checked. Returns the document, in which `passed` agrees with the exit status.
    #[track_caller]
    pub fn check(&self) -> Value {
        let ran = self.exercise(&["check", "--json"]);
        let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {ran}"));
        assert_eq!(document["passed"], ran.status == Some(0), "{ran}");
        assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
        document
    }

    /// It is solved.
    #[track_caller]
    pub fn passes(&self, what: &str) -> Value {
        let document = self.check();
        assert_eq!(document["passed"], true, "{what}: {:#}", document["demands"]);
        document
    }

    /// It is not solved, and it is said what is not as it should be.
    #[track_caller]
    pub fn fails(&self, what: &str) -> Value {
        let document = self.check();
        assert_eq!(document["passed"], false, "{what}: this should not have been accepted");
        let demands = document["demands"].as_array().expect("demands");
        let unmet = |demand: &&Value| demand["holds"] == false;
        assert!(demands.iter().filter(unmet).all(|demand| demand["found"][0].is_string()), "{document:#}");
        document
    }
}
