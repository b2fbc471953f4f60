//! Root and an ordinary user are one mechanism: several users have labs at once, nobody enters another's, and the host
//! needs no `/run/netns` and gets none.
//!
//! ```text
//! the tests run as    the other user is                          the other host is
//! root                somebody without rights (setpriv)          a mount namespace with an empty /run
//! an ordinary user    a further user namespace's (unshare)       the same, in a user namespace
//! ```

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::lab::netlab;
use common::program::netlab_program;
use common::shell::Shell;
use common::{Directory, Lab, run, run_with_input, tool, topology};
use nix::unistd::Uid;

/// Another user, with copies of what they need where they may read it.
struct Other {
    directory: Directory,
    file: String,
    home: PathBuf,
    /// They type into one shell: a user namespace is left for good with its last process.
    shell: Shell,
}

const OTHER: u32 = 64123;

/// How to become another user, who has no powers.
fn becoming() -> &'static str {
    match Uid::effective().is_root() {
        true => "setpriv --reuid=64123 --regid=64123 --clear-groups --inh-caps=-all --",
        false => "unshare --user --map-user=1000 --map-group=1000 --",
    }
}

impl Other {
    fn new(file: &str) -> Self {
        let directory = Directory::new();
        std::fs::copy(netlab_program(), directory.path().join("netlab")).expect("a copy of netlab");
        let file = directory.file("lab.yaml", std::fs::read(topology(file)).expect("the file"));
        let home = directory.path().join("home");
        std::fs::create_dir(&home).expect("a directory");
        if Uid::effective().is_root() {
            std::os::unix::fs::chown(&home, Some(OTHER), Some(OTHER)).expect("their directory");
        }
        let mut shell = tool("sh");
        shell.args(["-c", &format!("exec {} sh -s", becoming())]);
        shell.env("HOME", &home).env("NETLAB", directory.path().join("netlab")).current_dir(&home);
        let shell = Shell::of(&mut shell);
        Other { directory, file, home, shell }
    }

    /// Has this user type a netlab command, with the state of labs in this directory. Returns the exit status and what
    /// was printed.
    fn netlab(&mut self, state: &Path, words: &str) -> (i32, String) {
        self.shell.type_in(&format!("NETLAB_STATE_DIR='{}' $NETLAB {words}", state.display()))
    }

    /// The same, where it must end well.
    #[track_caller]
    fn done(&mut self, state: &Path, words: &str) -> String {
        let (status, text) = self.netlab(state, words);
        assert_eq!(status, 0, "{words}: {text}");
        text
    }

    /// Runs a script on a computer where `/run` is empty, as its root or as this user. In it `$NETLAB` is netlab and
    /// `$FILE` a topology.
    #[track_caller]
    fn elsewhere(&self, becoming: &str, script: &str) -> String {
        let mut command = tool("unshare");
        if !Uid::effective().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.env("NETLAB", self.directory.path().join("netlab")).env("FILE", &self.file);
        command.env("HOME", &self.home).env_remove("XDG_RUNTIME_DIR");
        command.args([
            "--net",
            "--mount",
            "sh",
            "-c",
            &format!("mount -t tmpfs tmpfs /run && exec {becoming} sh -eus"),
        ]);
        run_with_input(&mut command, script.as_bytes()).success()
    }
}

#[test]
fn two_users_have_labs_of_the_same_name_at_the_same_time() {
    let mut other = Other::new("three-nodes.yaml");
    let state = other.home.join("state");
    let file = other.file.clone();
    let lab = Lab::up(&file);
    other.done(&state, &format!("up --lab {} {file}", lab.name));
    lab.exec("pod-a", &["ip", "link", "set", "eth0", "down"]).success();
    other.done(&state, "exec pod-a -- ping -n -c 1 -W 1 10.244.2.2");
    lab.run(&["down"]).success();
    other.done(&state, "exec pod-a -- ping -n -c 1 -W 1 10.244.3.2");
    other.done(&state, "down");
    assert!(!state.exists(), "their state directory went with their last lab");
    lab.assert_gone();
}

#[test]
fn nobody_enters_somebody_elses_lab() {
    let mut other = Other::new("one-node.yaml");
    let lab = Lab::up(&topology("one-node.yaml"));
    // Our state is not theirs to read; so they get a copy of it.
    let copy = other.home.join("copy");
    run(tool("cp").arg("-r").arg(lab.state()).arg(&copy)).success();
    if Uid::effective().is_root() {
        run(tool("chown").args(["-R", &format!("{OTHER}:{OTHER}")]).arg(&copy)).success();
        let (status, text) = other.netlab(&lab.state(), "exec red -- true");
        assert!(matches!(status, 2 | 3), "{text}");
        let (status, text) = other.netlab(&copy, &format!("down {}", lab.name));
        assert_eq!(status, 3, "{text}");
    }
    let (status, text) = other.netlab(&copy, "exec red -- true");
    assert!(status == 3 && text.contains("another user"), "{text}");
    lab.exec("red", &["ping", "-n", "-c", "1", "-W", "1", "10.244.1.3"]).success();
}

#[test]
fn the_host_needs_no_run_netns_and_gets_none() {
    let other = Other::new("one-node.yaml");
    let script = "
        export NETLAB_STATE_DIR=$HOME/state
        $NETLAB up $FILE >/dev/null
        $NETLAB exec fabric -- ip netns list | wc -l
        ls -A /run
        $NETLAB down
        ls -A /run
    ";
    assert_eq!(other.elsewhere("", script), "3\nlab one-node is down\n");
    // Who has no powers makes a user namespace, and could not have made /run/netns.
    assert_eq!(other.elsewhere(becoming(), script), "3\nlab one-node is down\n");
}

#[test]
fn what_the_host_keeps_in_run_is_within_reach_inside_a_lab_and_its_netns_is_not() {
    let other = Other::new("one-node.yaml");
    let script = r#"
        export NETLAB_STATE_DIR=$HOME/state
        ip netns add hosts-own
        mkdir /run/service && echo a socket or so > /run/service/file
        $NETLAB up $FILE >/dev/null
        $NETLAB exec red -- cat /run/service/file
        $NETLAB exec fabric -- sh -c 'ip netns | cut -d " " -f 1 | sort'
        ip netns
        $NETLAB down >/dev/null
        ip netns; ip netns delete hosts-own; ls -A /run
    "#;
    let expected = "a socket or so\nblue\nnode-1\nred\nhosts-own\nhosts-own\nnetns\nservice\n";
    assert_eq!(other.elsewhere("", script), expected);
}

#[test]
fn the_state_of_roots_labs_is_in_run_netlab_and_goes_with_the_last_one() {
    let script = r#"
        $NETLAB up "$FILE" >/dev/null
        $NETLAB up --lab second "$FILE" >/dev/null
        find /run -mindepth 1 -maxdepth 2 | sort
        $NETLAB down second
        $NETLAB down
        ls -A /run
    "#;
    let expected = "/run/netlab\n/run/netlab/one-node\n/run/netlab/second\nlab second is down\nlab one-node is down\n";
    assert_eq!(Other::new("one-node.yaml").elsewhere("", script), expected);
}

#[test]
fn the_state_of_an_ordinary_users_labs_is_in_their_runtime_directory() {
    let other = Other::new("one-node.yaml");
    let script = "
        export XDG_RUNTIME_DIR=$HOME/runtime
        mkdir $XDG_RUNTIME_DIR
        # Who is root of a user namespace counts as root; this one is nobody's root.
        [ $(id -u) != 0 ]
        $NETLAB up $FILE >/dev/null
        cd $XDG_RUNTIME_DIR && find . -maxdepth 2 | sort
        $NETLAB down
        find .; ls -A /run
    ";
    let expected = ".\n./netlab\n./netlab/one-node\nlab one-node is down\n.\n";
    assert_eq!(other.elsewhere(becoming(), script), expected);
}

#[test]
fn the_variable_names_another_state_directory_and_an_empty_one_counts_as_none() {
    let lab = Lab::place();
    let said = run(netlab(&lab.state()).args(["doctor", "--json"])).json();
    let found = said["checks"].as_array().expect("checks").iter().find(|check| check["what"] == "state directory");
    assert_eq!(found.expect("the check")["found"], &*lab.state().to_string_lossy());
    let mut command: Command = netlab(std::path::Path::new(""));
    assert_eq!(run(command.arg("schema")).status, Some(0));
    assert!(!lab.state().exists(), "`doctor` only looks");
}
