//! To begin an exercise, and to begin it again.
//!
//! ```text
//! netlab exercise start ─▶ up, without a word of what is wrong ─▶ the fault, typed in the lab's shell ─▶ a session
//! netlab exercise reset ─▶ down ─▶ the same; the clock, hints and failed checks go on
//! ```
//!
//! A start that was interrupted leaves a lab without a session: the next start takes it away and begins anew.

use std::fs::File;
use std::io::{Read as _, Seek};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use nix::sys::memfd::{MFdFlags, memfd_create};

use super::catalogue::Read;
use super::results::{self, Record};
use super::session::{Ongoing, Session};
use crate::down;
use crate::error::{Error, Result, Status};
use crate::kernel::{Kernel, signal};
use crate::lab::exercise::MARK;
use crate::lab::{Lab, Lock, Store};
use crate::names::LabName;
use crate::run::Manner;
use crate::topology::Loaded;
use crate::up;

/// Where administrators' programs are, which an ordinary user of Debian does not have in the path.
const PROGRAMS: &str = "/usr/local/sbin:/usr/sbin:/sbin";

/// How often to look whether the fault is done.
const PAUSE: Duration = Duration::from_millis(5);

/// How much of what it says is passed on, in bytes.
const MOST_SAID: u64 = 4096;

/// What was begun.
#[derive(Debug)]
pub struct Started {
    /// The exercise.
    pub ongoing: Ongoing,
    /// Whether it went on already.
    pub before: bool,
}

/// Begins an exercise, in a lab of its name or of another one.
///
/// # Errors
/// When a lab of that name is somebody else's, or the machine refuses.
pub fn start(store: &Store, read: &Read, name: Option<&LabName>, session: Session, manner: &Manner) -> Result<Started> {
    let name = name.unwrap_or(&read.exercise.name);
    let lab = store.lab(name);
    signal::remember_requests_to_stop();
    if lab.exists() && !lab.is_empty() {
        match Ongoing::of(lab.clone()) {
            Ok(Some(ongoing)) if ongoing.session.unfinished && ongoing.exercise.name == read.exercise.name => {
                return Ok(Started { ongoing: reset(store, ongoing, manner)?, before: true });
            }
            Ok(Some(ongoing)) if lab.sandbox().is_some() && ongoing.exercise.name == read.exercise.name => {
                return Ok(Started { ongoing, before: true });
            }
            _ if lab.is_of_an_exercise() => _ = down::down(&lab)?,
            _ => {
                return Err(Error::usage(format!("there is a lab {name} already, and it is not an exercise's"))
                    .help(format!("`netlab down {name}` takes it away; --lab NAME gives the exercise another name")));
            }
        }
    }
    let mut session = session;
    if let Some(path) = &session.results {
        // What was read once stays read.
        let earlier = results::read(path)?;
        let same =
            |record: &&Record| record.student == session.student && record.exercise == read.exercise.name.as_str();
        session.hints = earlier.iter().filter(same).map(|record| record.hints).max().unwrap_or(0);
        session.solution_shown = earlier.iter().filter(same).any(|record| record.solution_shown);
    }
    let begun = begin(store, lab.clone(), read, session, manner);
    let ongoing = begun.map_err(|error| half_made(error, &lab, "netlab exercise start"))?;
    Ok(Started { ongoing, before: false })
}

/// Makes the lab anew, as at the start. What is known of the exercise outlasts an interruption.
///
/// # Errors
/// When the machine refuses, or somebody asks to stop.
pub fn reset(store: &Store, ongoing: Ongoing, manner: &Manner) -> Result<Ongoing> {
    let Ongoing { lab, exercise, mut session } = ongoing;
    let text = lab.exercise().ok_or_else(|| lab.gone())?;
    signal::remember_requests_to_stop();
    down::down(&lab)?;
    session.unfinished = false;
    let read = Read { text, exercise };
    begin(store, lab.clone(), &read, session.clone(), manner).map_err(|error| {
        session.unfinished = true;
        // Best effort: the error to report is the one above.
        let _ = lab.patient_lock().and_then(|lock| keep(&lab, &lock, &read, &session));
        half_made(error, &lab, &format!("netlab exercise reset {}", lab.name))
    })
}

/// The error that says how to begin again where somebody asked to stop; another one as it is.
fn half_made(error: Error, lab: &Lab, again: &str) -> Error {
    match error.status {
        Status::Stopped => {
            Error::stopped(format!("stopped: lab {} is half made", lab.name)).help(format!("`{again}` makes it anew"))
        }
        _ => error,
    }
}

fn begin(store: &Store, lab: Lab, read: &Read, session: Session, manner: &Manner) -> Result<Ongoing> {
    let mut exercise = read.exercise.clone();
    exercise.topology.lab = lab.name.clone();
    let text = format!("{MARK}\n{}", exercise.topology.to_yaml());
    let loaded = Loaded { text, topology: exercise.topology.clone() };
    let done = up::up(store, &loaded, None, manner, |_| Box::new(|_, _| {}))?;
    let lock = lab.patient_lock()?;
    if let Some(fault) = &exercise.fault {
        break_it(&done.kernel, fault)?;
    }
    keep(&lab, &lock, read, &session)?;
    drop(lock);
    Ok(Ongoing { lab, exercise, session })
}

fn keep(lab: &Lab, lock: &Lock, read: &Read, session: &Session) -> Result<()> {
    lab.keep_exercise(lock, &read.text)?;
    lab.keep_session(lock, &serde_json::json!(session).to_string())
}

/// Where `ip`, `nft` and `sysctl` are found, whoever asks.
pub(super) fn search_path() -> String {
    format!("{}:{PROGRAMS}", std::env::var("PATH").unwrap_or_default())
}

/// Types the fault in the lab's shell, and waits for the shell: what it leaves in the background goes on.
fn break_it(_kernel: &Kernel, fault: &str) -> Result<()> {
    let failed = |e| Error::refused(format!("cannot start sh: {e}"));
    // A file, because a pipe ends only with the last process that holds it.
    let mut said = memfd_create("said", MFdFlags::MFD_CLOEXEC).map(File::from).map_err(|errno| failed(errno.into()))?;
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", fault]).env("PATH", search_path());
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said.try_clone().map_err(failed)?);
    let mut shell = shell.spawn().map_err(failed)?;
    let ended = loop {
        match shell.try_wait().map_err(failed)? {
            Some(ended) => break ended,
            None if signal::asked_to_stop() => {
                let _ = shell.kill();
                break shell.wait().map_err(failed)?;
            }
            None => sleep(PAUSE),
        }
    };
    if signal::asked_to_stop() {
        return Err(Error::stopped("stopped"));
    }
    if ended.success() {
        return Ok(());
    }
    let mut text = Vec::new();
    // What cannot be read was not said.
    let _ = said.rewind().and_then(|()| (&said).take(MOST_SAID).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    let how = ended.code().map_or_else(|| ended.to_string(), |code| format!("exit status {code}"));
    let error = Error::refused(format!("the exercise cannot be prepared: its `break` ended with {how}"));
    let error = match text.trim() {
        "" => error,
        text => error.with("it wrote", text),
    };
    Err(match ended.code() {
        Some(127) => error.help(
            "it takes the programs ip, nft and sysctl: `apt install iproute2 nftables procps`; then begin it again",
        ),
        _ => error,
    })
}
