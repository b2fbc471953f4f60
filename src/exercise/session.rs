//! What a student has done with an exercise so far, kept with its lab: `netlab down` forgets it.
//!
//! ```text
//! /run/netlab/red-cannot-ping-blue/exercise.yaml   the exercise as it was read
//!                                  session         {"student": "ada", "startedAt": …, "hints": 1, "failed": 2, …}
//! ```

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::clock::{Moment, now};
use super::decode;
use super::model::Exercise;
use super::score::points;
use crate::error::{Error, Result};
use crate::kernel::Sandbox;
use crate::lab::{Lab, Lock, Store};
use crate::names::LabName;

/// What a student has done so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Who.
    pub student: String,
    /// When it began.
    pub started_at: Moment,
    /// When it was solved first.
    pub solved_at: Option<Moment>,
    /// How many hints were given.
    pub hints: usize,
    /// How many checks were made before it was solved.
    pub checks: u32,
    /// How many of them failed.
    pub failed: u32,
    /// Whether the solution was shown before it was solved.
    pub solution_shown: bool,
    /// Where the result is kept beside, if somewhere.
    pub results: Option<PathBuf>,
    /// Whether making the lab anew was interrupted, so that only the rest of this is worth anything.
    #[serde(default)]
    pub unfinished: bool,
}

impl Session {
    /// One that begins now.
    pub fn begin(student: &str, results: Option<PathBuf>) -> Self {
        Session {
            student: student.to_owned(),
            started_at: now(),
            solved_at: None,
            hints: 0,
            checks: 0,
            failed: 0,
            solution_shown: false,
            results,
            unfinished: false,
        }
    }

    /// Counts a check. What comes after the first success counts no more.
    pub fn checked(&mut self, passed: bool) {
        if self.solved_at.is_some() {
            return;
        }
        self.checks += 1;
        match passed {
            true => self.solved_at = Some(now()),
            false => self.failed += 1,
        }
    }

    /// Gives the next of so many hints, and says which one it is, from 0. Once it is solved, hints cost nothing.
    pub fn hint(&mut self, of: usize) -> Option<usize> {
        let next = self.hints;
        (next < of).then(|| {
            self.hints += usize::from(self.solved_at.is_none());
            next
        })
    }

    /// The points: none while it is not solved.
    pub fn points(&self) -> u32 {
        self.solved_at.map_or(0, |_| points(self.hints, self.failed, self.solution_shown))
    }

    /// What it would be worth if it were solved now.
    pub fn worth(&self) -> u32 {
        points(self.hints, self.failed, self.solution_shown)
    }

    /// How long it took, or takes so far, in seconds.
    pub fn seconds(&self) -> u64 {
        self.solved_at.unwrap_or_else(now).saturating_sub(self.started_at) / 1000
    }

    /// The word for how it stands.
    pub fn state(&self) -> &'static str {
        match self.solved_at {
            Some(_) => "solved",
            None => "inProgress",
        }
    }
}

/// An exercise that goes on: its lab, and what was done so far.
#[derive(Debug)]
pub struct Ongoing {
    /// The lab.
    pub lab: Lab,
    /// The exercise, as it was when it began.
    pub exercise: Exercise,
    /// What was done so far.
    pub session: Session,
}

impl Ongoing {
    /// That of a lab, if one goes on there.
    ///
    /// # Errors
    /// When what is kept of it is damaged.
    pub fn of(lab: Lab) -> Result<Option<Self>> {
        let (Some(text), Some(session)) = (lab.exercise(), lab.session()) else { return Ok(None) };
        let session = serde_json::from_str(&session).map_err(|e| {
            Error::refused(format!("what is kept of the exercise {} is damaged: {e}", lab.name))
                .help(format!("`netlab down {}` removes it", lab.name))
        })?;
        let mut exercise = decode::parse(&format!("the exercise of lab {}", lab.name), &text)?;
        // `start --lab` may have given the lab another name.
        exercise.topology.lab = lab.name.clone();
        Ok(Some(Ongoing { lab, exercise, session }))
    }

    /// All that go on, by the names of their labs. What is damaged is left out.
    pub fn all(store: &Store) -> Vec<Self> {
        store.labs().into_iter().filter_map(|lab| Ongoing::of(lab).ok().flatten()).collect()
    }

    /// The one that a command means: that of this lab or exercise, or the only one.
    ///
    /// # Errors
    /// When there is none, or several and none was named.
    pub fn choose(store: &Store, named: Option<&LabName>) -> Result<Self> {
        let none = || {
            Error::usage("no exercise goes on")
                .help("`netlab exercise list` lists them, `netlab exercise start NAME` begins one")
        };
        if let Some(name) = named {
            let direct = Ongoing::of(store.lab(name))?;
            let all = || Ongoing::all(store).into_iter().find(|ongoing| ongoing.exercise.name == *name);
            return direct.or_else(all).ok_or_else(|| {
                Error::usage(format!("the exercise {name} was not started"))
                    .help(format!("`netlab exercise start {name}` begins it"))
            });
        }
        let mut all = Ongoing::all(store);
        match (all.pop(), all.is_empty()) {
            (Some(one), true) => Ok(one),
            (Some(last), false) => {
                let names: Vec<&str> = all.iter().chain([&last]).map(|one| one.lab.name.as_str()).collect();
                Err(Error::usage(format!("several exercises go on: {}", names.join(", "))).help("name one of them"))
            }
            (None, _) => Err(none()),
        }
    }

    /// Its lab, if it is as the exercise wants it and runs.
    ///
    /// # Errors
    /// When it does not.
    pub fn sandbox(&self) -> Result<Sandbox> {
        let name = &self.lab.name;
        match self.session.unfinished {
            true => Err(Error::usage(format!("lab {name} is half made: its reset was interrupted"))
                .help(format!("`netlab exercise reset {name}` makes it anew; the clock goes on"))),
            false => self.lab.sandbox().ok_or_else(|| self.lab.gone()),
        }
    }

    /// Reads again what was done so far, changes it, and keeps it, so that two commands at once lose nothing.
    ///
    /// # Errors
    /// When it cannot be written, or somebody else changes the lab just now.
    pub fn update<T>(&mut self, change: impl FnOnce(&mut Session) -> T) -> Result<T> {
        let lock = self.lab.patient_lock()?;
        let Some(written) = self.lab.session() else {
            // The lab was taken away meanwhile, and the lock has made its directory anew.
            self.lab.forget(lock)?;
            return Err(Error::usage(format!("the lab {} was taken away meanwhile", self.lab.name)));
        };
        if let Ok(session) = serde_json::from_str(&written) {
            self.session = session;
        }
        let changed = change(&mut self.session);
        self.keep(&lock)?;
        Ok(changed)
    }

    fn keep(&self, lock: &Lock) -> Result<()> {
        self.lab.keep_session(lock, &serde_json::json!(self.session).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_success_counts_no_more() {
        let mut session = Session::begin("ada", None);
        assert_eq!((session.points(), session.worth(), session.state()), (0, 100, "inProgress"));
        session.checked(false);
        assert_eq!(session.hint(2), Some(0));
        session.checked(true);
        session.checked(false);
        assert_eq!((session.hint(2), session.hint(2)), (Some(1), Some(1)));
        assert_eq!((session.points(), session.checks, session.failed, session.state()), (80, 2, 1, "solved"));
    }

    #[test]
    fn there_are_only_so_many_hints() {
        let mut session = Session::begin("ada", None);
        assert_eq!((session.hint(1), session.hint(1), session.hints), (Some(0), None, 1));
    }
}
