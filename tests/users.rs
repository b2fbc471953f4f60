//! Root and an ordinary user are one mechanism: several users have labs at once, nobody enters another's, and the host
//! needs no `/run/netns` and gets none.
//!
//! ```text
//! the tests run as    the other user is                          the other host is
//! root                somebody without rights (setpriv)          a mount namespace with an empty /run
//! an ordinary user    a further user namespace's (unshare)       the same, in a user namespace
//! ```

mod common;

use std::path::PathBuf;
use std::process::Command;

use common::lab::netlab;
use common::program::{Ran, netlab_program};
use common::{Directory, Lab, run, run_with_input, tool, topology};
use nix::unistd::Uid;

/// Another user, with copies of what they need where they may read it.
struct Other {
    directory: Directory,
    program: PathBuf,
    file: String,
    home: PathBuf,
}

const OTHER: u32 = 64123;

/// How to run a command as another user, who has no powers.
fn becoming() -> Vec<&'static str> {
    match Uid::effective().is_root() {
        true => vec!["setpriv", "--reuid=64123", "--regid=64123", "--clear-groups", "--inh-caps=-all", "--"],
        false => vec!["unshare", "--user", "--map-user=1000", "--"],
    }
}

impl Other {
    fn new(file: &str) -> Self {
        let directory = Directory::new();
        let program = directory.path().join("netlab");
        std::fs::copy(netlab_program(), &program).expect("a copy of netlab");
        let file = directory.file("lab.yaml", std::fs::read(topology(file)).expect("the file"));
        let home = directory.path().join("home");
        std::fs::create_dir(&home).expect("a directory");
        if Uid::effective().is_root() {
            std::os::unix::fs::chown(&home, Some(OTHER), Some(OTHER)).expect("their directory");
        }
        Other { directory, program, file, home }
    }

    /// Runs netlab as this user.
    fn netlab(&self, state: &std::path::Path, words: &[&str]) -> Ran {
        let becoming = becoming();
        let mut command = tool(becoming[0]);
        command.args(&becoming[1..]).arg(&self.program).args(words).env("NETLAB_STATE_DIR", state);
        run(&mut command)
    }

    /// Runs a script as root of a computer where `/run` is empty. In it `$NETLAB` is netlab, `$USER_NETLAB` is netlab
    /// run by this user, `$FILE` a topology, and the state of labs is in this user's home.
    #[track_caller]
    fn elsewhere(&self, script: &str) -> String {
        let mut command = tool("unshare");
        if !Uid::effective().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        let program = self.program.to_string_lossy();
        command.env("NETLAB", &*program).env("USER_NETLAB", format!("{} {program}", becoming().join(" ")));
        command.env("FILE", &self.file).env("HOME", &self.home).env_remove("XDG_RUNTIME_DIR");
        let script = format!("set -eu\nmount -t tmpfs tmpfs /run\n{script}");
        run_with_input(command.args(["--net", "--mount", "sh", "-s"]), script.as_bytes()).success()
    }
}

#[test]
fn two_users_have_labs_of_the_same_name_at_the_same_time() {
    let other = Other::new("three-nodes.yaml");
    let state = other.home.join("state");
    let them = |words: &[&str]| other.netlab(&state, words);

    let lab = Lab::up(&other.file);
    them(&["up", "--lab", &lab.name, &other.file]).success();
    lab.exec("pod-a", &["ip", "link", "set", "eth0", "down"]).success();
    them(&["exec", "pod-a", "--", "ping", "-n", "-c", "1", "-W", "1", "10.244.2.2"]).success();
    lab.run(&["down"]).success();
    them(&["exec", "pod-a", "--", "ping", "-n", "-c", "1", "-W", "1", "10.244.3.2"]).success();
    them(&["down"]).success();
    assert!(!state.exists(), "their state directory went with their last lab");
    lab.assert_gone();
}

#[test]
fn nobody_touches_somebody_elses_lab() {
    let other = Other::new("one-node.yaml");
    let state = other.home.join("state");
    other.netlab(&state, &["up", &other.file]).success();
    // The two are strangers to each other: our state is not theirs to read, and our processes are not theirs to end.
    let lab = Lab::up(&topology("one-node.yaml"));
    if Uid::effective().is_root() {
        for words in [&["exec", "red", "--", "true"][..], &["down", &lab.name]] {
            let said = other.netlab(&lab.state(), words);
            assert!(matches!(said.status, Some(2 | 3)), "{said}");
        }
        let stolen = other.home.join("stolen");
        let copied = run(tool("cp").arg("-r").arg(lab.state()).arg(&stolen));
        copied.success();
        run(tool("chown").args(["-R", "64123:64123"]).arg(&stolen)).success();
        let said = other.netlab(&stolen, &["exec", "red", "--", "true"]).fails(3);
        assert!(said.contains("another user"), "{said}");
        other.netlab(&stolen, &["down", &lab.name]).fails(3);
    }
    lab.exec("red", &["ping", "-n", "-c", "1", "-W", "1", "10.244.1.3"]).success();
    other.netlab(&state, &["down", "--all"]).success();
}

#[test]
fn the_host_needs_no_run_netns_and_gets_none() {
    let other = Other::new("one-node.yaml");
    let script = |netlab: &str| {
        format!(
            "export NETLAB_STATE_DIR=$HOME/state\n\
             ${netlab} up $FILE >/dev/null\n\
             ${netlab} exec fabric -- ip netns list | wc -l\n\
             ls -A /run\n\
             ${netlab} down\n\
             ls -A /run\n"
        )
    };
    assert_eq!(other.elsewhere(&script("NETLAB")), "3\nlab one-node is down\n");
    // Who has no powers makes a user namespace, and could not have made /run/netns.
    assert_eq!(other.elsewhere(&script("USER_NETLAB")), "3\nlab one-node is down\n");
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
    assert_eq!(other.elsewhere(script), expected);
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
    assert_eq!(Other::new("one-node.yaml").elsewhere(script), expected);
}

#[test]
fn the_state_of_an_ordinary_users_labs_is_in_their_runtime_directory() {
    let other = Other::new("one-node.yaml");
    let runtime = other.home.join("runtime");
    let script = r#"
        export XDG_RUNTIME_DIR=$HOME/runtime
        mkdir $XDG_RUNTIME_DIR && chown $(stat -c %u:%g $HOME) $XDG_RUNTIME_DIR
        $USER_NETLAB up $FILE >/dev/null
        cd $XDG_RUNTIME_DIR && find . -maxdepth 2 | sort
        $USER_NETLAB down
        find .; ls -A /run
    "#;
    let expected = ".\n./netlab\n./netlab/one-node\nlab one-node is down\n.\n";
    assert_eq!(other.elsewhere(script), expected);
    assert!(runtime.exists() && other.directory.path().exists());
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
