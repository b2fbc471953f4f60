//! To try an exercise before others do: `netlab exercise try FILE`.
//!
//! ```text
//! start ─▶ refused? ─▶ solution ─▶ accepted?     reset ─▶ another way ─▶ accepted?     reset ─▶ a wrong way ─▶ refused?
//! ```
//!
//! Each of these is a `netlab` of its own, as a student would type them: a process enters one lab in its life. The lab has a
//! name of its own, so that an exercise that goes on is not touched.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::catalogue::Read;
use super::model::Way;
use super::session::Ongoing;
use super::start::search_path;
use crate::error::{Error, Result};
use crate::kernel::signal;
use crate::lab::Lab;

/// As whom exercises are tried.
const STUDENT: &str = "rehearsal";

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What was tried: `as it is at the start`, `the solution`, `another way`, `a wrong way`.
    pub what: &'static str,
    /// Why it is said to be right or wrong.
    pub why: String,
    /// Whether it was to be accepted.
    pub wanted: bool,
    /// Whether it was; nothing if a command failed, and what it said.
    pub came: std::result::Result<bool, String>,
}

impl Attempt {
    /// Whether all is well.
    pub fn is_well(&self) -> bool {
        self.came == Ok(self.wanted)
    }
}

/// Tries everything that is written in an exercise, in a lab that is taken away in the end. `tell` hears of each attempt.
///
/// # Errors
/// When the lab exists already, or cannot be brought up.
pub fn rehearse(read: &Read, lab: &Lab, mut tell: impl FnMut(&Attempt) -> Result<()>) -> Result<()> {
    let is_a_students = || Ongoing::of(lab.clone()).ok().flatten().is_some_and(|one| one.session.student != STUDENT);
    if lab.exists() && !lab.is_empty() && (!lab.is_of_an_exercise() || is_a_students()) {
        return Err(Error::usage(format!("there is a lab {} already", lab.name)).help("choose another name with --lab"));
    }
    let stage = Stage { lab };
    // The lab is to be taken away also where somebody stops this.
    signal::remember_requests_to_stop();
    // What an earlier attempt left that was killed.
    stage.netlab(&["down"], "")?;
    let started = stage.netlab(&["exercise", "start", "-", "--name", STUDENT], &read.text)?;
    if !started.status.success() {
        let said = String::from_utf8_lossy(&started.stderr).trim().to_owned();
        stage.netlab(&["down"], "")?;
        going_on()?;
        return Err(Error::refused(format!("the exercise cannot be started: {said}")));
    }
    let tried = stage.all(read, &mut tell);
    stage.netlab(&["down"], "")?;
    tried
}

/// Nothing that came of an attempt is worth telling once somebody asked to stop: its commands were stopped too.
fn going_on() -> Result<()> {
    match signal::asked_to_stop() {
        true => Err(Error::stopped("stopped: not everything was tried")),
        false => Ok(()),
    }
}

struct Stage<'a> {
    lab: &'a Lab,
}

impl Stage<'_> {
    fn all(&self, read: &Read, tell: &mut impl FnMut(&Attempt) -> Result<()>) -> Result<()> {
        let exercise = &read.exercise;
        let came = self.accepted()?;
        going_on()?;
        tell(&Attempt { what: "as it is at the start", why: String::new(), wanted: false, came })?;
        let ways = std::iter::once(("the solution", true, &exercise.solution))
            .chain(exercise.others.iter().map(|way| ("another way", true, way)))
            .chain(exercise.wrong.iter().map(|way| ("a wrong way", false, way)));
        for (number, (what, wanted, way)) in ways.enumerate() {
            if number > 0 {
                let reset = self.netlab(&["exercise", "reset"], "")?;
                going_on()?;
                if !reset.status.success() {
                    return Err(Error::refused(String::from_utf8_lossy(&reset.stderr).trim().to_owned()));
                }
            }
            let came = match self.types(way)? {
                Ok(()) => self.accepted()?,
                Err(said) => Err(said),
            };
            going_on()?;
            tell(&Attempt { what, why: way.why.clone(), wanted, came })?;
        }
        Ok(())
    }

    /// Types the commands into the lab's shell, up to the first that fails: what it says then.
    fn types(&self, way: &Way) -> Result<std::result::Result<(), String>> {
        let ran = self.netlab(&["shell"], &format!("set -e\n{}\n", way.commands))?;
        Ok(match ran.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&ran.stderr).trim().to_owned()),
        })
    }

    /// Whether the exercise counts as solved.
    fn accepted(&self) -> Result<std::result::Result<bool, String>> {
        let ran = self.netlab(&["exercise", "check"], "")?;
        Ok(match ran.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(String::from_utf8_lossy(&ran.stderr).trim().to_owned()),
        })
    }

    fn netlab(&self, words: &[&str], input: &str) -> Result<Output> {
        let failed = |e: std::io::Error| Error::refused(format!("cannot start netlab: {e}"));
        let mut command = Command::new("/proc/self/exe");
        command.args(["--lab", self.lab.name.as_str()]).args(words).env("SHELL", "/bin/sh").env("PATH", search_path());
        command.env_remove("NETLAB_RESULTS");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read to its end has said why.
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output().map_err(failed)
    }
}
