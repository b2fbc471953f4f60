//! To begin an exercise, and to begin it again.
//!
//! ```text
//! netlab exercise start ─▶ up, without a word of what is wrong ─▶ the fault, typed in the lab's shell ─▶ a session
//! netlab exercise reset ─▶ down ─▶ the same; the clock, hints and failed checks go on
//! ```
//!
//! A start that was interrupted leaves a lab without a session: the next start takes it away and begins anew.

use std::process::{Command, Stdio};

use super::catalogue::Read;
use super::results::{self, Record};
use super::session::{Ongoing, Session};
use crate::down;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::lab::exercise::MARK;
use crate::lab::{Lab, Store};
use crate::names::LabName;
use crate::run::Manner;
use crate::topology::Loaded;
use crate::up;

/// Where administrators' programs are, which an ordinary user of Debian does not have in the path.
const PROGRAMS: &str = "/usr/local/sbin:/usr/sbin:/sbin";

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
    if lab.exists() {
        match Ongoing::of(lab.clone()) {
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
    let ongoing = begin(store, lab, read, session, manner)?;
    Ok(Started { ongoing, before: false })
}

/// Makes the lab anew, as at the start.
///
/// # Errors
/// When the machine refuses.
pub fn reset(store: &Store, ongoing: Ongoing, manner: &Manner) -> Result<Ongoing> {
    let Ongoing { lab, exercise, session } = ongoing;
    let text = lab.exercise().ok_or_else(|| lab.gone())?;
    down::down(&lab)?;
    begin(store, lab, &Read { text, exercise }, session, manner)
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
    lab.keep_exercise(&lock, &read.text)?;
    lab.keep_session(&lock, &serde_json::json!(session).to_string())?;
    drop(lock);
    Ok(Ongoing { lab, exercise, session })
}

/// Where `ip`, `nft` and `sysctl` are found, whoever asks.
pub(super) fn search_path() -> String {
    format!("{}:{PROGRAMS}", std::env::var("PATH").unwrap_or_default())
}

/// Types the fault in the lab's shell.
fn break_it(_kernel: &Kernel, fault: &str) -> Result<()> {
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", fault]).env("PATH", search_path());
    shell.stdin(Stdio::null()).stdout(Stdio::null());
    let ran = shell.output().map_err(|e| Error::refused(format!("cannot start sh: {e}")))?;
    if ran.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
    Err(Error::refused(format!("the exercise cannot be prepared: {said}"))
        .help("it takes the programs ip, nft and sysctl: `apt install iproute2 nftables procps`; then begin it again"))
}
