//! The lab of `topologies/one-node.yaml`, somewhere along its 29 steps.
//!
//! ```text
//! 1–3 node-1    4–7 its bridge    8–18 pod red    19–29 pod blue
//! ```

use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use super::lab::Lab;
use super::program::{start, topology};
use super::state::{LOOK_AT_LINKS, State};

/// The file.
pub fn one_node() -> String {
    topology("one-node.yaml")
}

/// A lab of which so many steps are done.
pub fn at_step(number: u32) -> Lab {
    let lab = Lab::place();
    lab.run(&["up", &one_node(), "--to", &number.to_string()]).success();
    lab
}

/// What the kernel holds of it.
#[track_caller]
pub fn state_of(lab: &Lab) -> State {
    State::parse(&lab.script("fabric", LOOK_AT_LINKS).success()).without_what_follows()
}

/// Where the cursor is.
#[track_caller]
pub fn cursor(lab: &Lab) -> u64 {
    lab.run(&["status", "--json"]).json()["cursor"]["done"].as_u64().expect("a number")
}

/// The lab comes up to its end, and is as one that was never disturbed; then it goes down.
#[track_caller]
pub fn assert_well(lab: &Lab, what: &str) {
    lab.run(&["up", &one_node()]).success();
    state_of(&at_step(29)).assert_same(&state_of(lab), &format!("undisturbed (-), {what} (+)"));
    lab.exec("red", &["ping", "-n", "-c", "1", "-W", "1", "10.244.1.3"]).success();
    lab.down();
}

/// Starts a netlab command as the leader of a process group of its own, as a shell does.
pub fn begin(lab: &Lab, words: &[&str]) -> Child {
    let mut command = lab.netlab(words);
    start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0))
}
