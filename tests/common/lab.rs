//! One lab with a state directory of its own. It is taken down at the end of the test, also of one that fails.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::program::{Directory, Ran, netlab_program, run, run_with_input, tool, topology};

/// A lab, or the place for one.
#[derive(Debug)]
pub struct Lab {
    /// A name that no other test uses at the same time.
    pub name: String,
    directory: Directory,
}

/// The `netlab` command, with the state of its labs in this directory.
pub fn netlab(state: &std::path::Path) -> Command {
    let program = netlab_program();
    let mut command = tool(&program.to_string_lossy());
    command.env("NETLAB_STATE_DIR", state);
    command
}

impl Lab {
    /// The place for a lab: nothing runs yet.
    pub fn place() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("t{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Lab { name, directory: Directory::new() }
    }

    /// The place for a lab of this name, which others may use too: they have another state directory.
    pub fn named(name: &str) -> Self {
        Lab { name: name.to_owned(), directory: Directory::new() }
    }

    /// A lab that is up.
    #[track_caller]
    pub fn up(file: &str) -> Self {
        let lab = Lab::place();
        lab.run(&["up", file]).success();
        lab
    }

    /// A lab that is up, of one of netlab's own topologies or of the text of one, with its file.
    #[track_caller]
    pub fn of(source: &str) -> (Self, String) {
        let lab = Lab::place();
        let file = match source.contains('\n') {
            true => lab.directory.file("topology.yaml", source),
            false => topology(source),
        };
        lab.run(&["up", &file]).success();
        (lab, file)
    }

    /// The state directory, which netlab makes and removes.
    pub fn state(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// The lab's own part of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.state().join(&self.name).join(name)
    }

    /// A `netlab` command about this lab.
    pub fn netlab(&self, words: &[&str]) -> Command {
        let mut command = netlab(&self.state());
        command.args(["--lab", &self.name]).args(words);
        command
    }

    /// Runs a `netlab` command about this lab.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Ran {
        run(&mut self.netlab(words))
    }

    /// Runs a command inside a machine.
    #[track_caller]
    pub fn exec(&self, machine: &str, words: &[&str]) -> Ran {
        run(self.netlab(&["exec", machine, "--"]).args(words))
    }

    /// Runs a shell script inside a machine.
    #[track_caller]
    pub fn script(&self, machine: &str, script: &str) -> Ran {
        run_with_input(&mut self.netlab(&["exec", machine, "--", "sh", "-s"]), script.as_bytes())
    }

    /// What `ip -j` says inside a machine.
    #[track_caller]
    pub fn ip(&self, machine: &str, words: &[&str]) -> Value {
        let ran = run(self.netlab(&["exec", machine, "--", "ip", "-j"]).args(words));
        if ran.status == Some(0) && ran.stdout.trim().is_empty() { Value::Array(Vec::new()) } else { ran.json() }
    }

    /// The machines of one kind (`pod`, `node`, `host`): names only, what they are like is asked of `ip`.
    pub fn machines(&self, kind: &str) -> Vec<String> {
        let status = self.run(&["status", "--json"]).json();
        let all = status["machines"].as_array().expect("machines").iter();
        all.filter(|m| m["kind"] == kind).map(|m| m["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// The global addresses of these machines, as `ip` has them.
    pub fn addresses(&self, machines: &[String]) -> BTreeMap<String, Vec<String>> {
        let of = |machine: &String| {
            let links = self.ip(machine, &["addr", "show", "scope", "global"]);
            let all = links.as_array().expect("links").iter().filter_map(|link| link["addr_info"].as_array()).flatten();
            all.filter_map(|address| address["local"].as_str()).map(str::to_owned).collect()
        };
        machines.iter().map(|machine| (machine.clone(), of(machine))).collect()
    }

    /// The processes of netlab that have to do with this lab, found by its name among all processes: its pause process,
    /// and whoever changes it.
    pub fn processes(&self) -> Vec<i32> {
        let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let words = |pid: i32| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let about = |words: &str| words.split('\0').any(|word| word == self.name);
        pids.filter(|pid| Some(words(*pid)).is_some_and(|words| words.contains("netlab") && about(&words))).collect()
    }

    /// The pause process.
    #[track_caller]
    pub fn pause(&self) -> i32 {
        let list = run(netlab(&self.state()).args(["list", "--json"])).json();
        let labs = list["labs"].as_array().expect("labs");
        let lab = labs.iter().find(|lab| lab["lab"] == self.name.as_str()).expect("the lab");
        let pid = i32::try_from(lab["pid"].as_i64().expect("a pid")).expect("a pid");
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).expect("a process");
        assert_eq!(line, format!("netlab\0pause\0{}\0", self.name));
        pid
    }

    /// Takes the lab down: everything of it must be gone then.
    #[track_caller]
    pub fn down(&self) {
        self.run(&["down"]).success();
        self.assert_gone();
    }

    /// Takes the lab down where somebody else has one of the same name.
    #[track_caller]
    pub fn down_among_others(&self) {
        self.run(&["down"]).success();
        assert!(!self.state().exists(), "{} outlives the lab", self.state().display());
    }

    /// No process and no file is left.
    #[track_caller]
    pub fn assert_gone(&self) {
        assert_eq!(self.processes(), [0; 0], "a process outlives the lab");
        assert!(!self.state().exists(), "{} outlives the lab", self.state().display());
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.state().exists() {
            let _ = run(netlab(&self.state()).args(["down", "--all"]));
        }
    }
}
