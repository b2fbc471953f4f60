//! What is remembered of faults, and what of them is still in force.
//!
//! ```text
//! {"fault":"missing-route","machine":"node-1",…,"done":1,"ended":false}      a line before its first command
//! {"fault":"missing-route","machine":"node-1",…,"done":1,"ended":true}       another one behind its last, in its place
//! ```
//!
//! A fault is there as long as one of its deeds is in force: as long as doing it again would change nothing. So it does
//! not matter what else differs, nor who did it: a route is missing, too, if its link was set down meanwhile. The deeds
//! are those that its kind has on this lab, told from each other by their commands. Where none of them can be found again
//! (the hardware address in it was another one), what `netlab diff` found then, and finds still, decides.
//!
//! Where `netlab diff` finds nothing on a machine, nothing is broken on it: nor what the lab's cursor has taken back.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Victim;
use crate::error::{Error, Result};
use crate::fault::{self, Deed, Site, Strike, Wish};
use crate::lab::Lab;
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::repair;

/// What is remembered of a fault: a line of JSON in the lab's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its kind.
    pub fault: String,
    /// The machine.
    pub machine: String,
    /// The one at the other end.
    pub other: Option<String>,
    /// Its family, where it is of one.
    pub ipv6: Option<bool>,
    /// Its commands.
    pub commands: Vec<String>,
    /// How many of them were done; all of them may have been, if nobody came to write it down.
    pub done: usize,
    /// Whether it was not told.
    pub secret: bool,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Whether it was written behind the last command.
    pub ended: bool,
    /// What `netlab diff` has found since: the machine, and what.
    pub differs: Vec<(String, String)>,
}

/// A fault of before, and whether it is still there.
#[derive(Debug, Clone)]
pub struct Revealed {
    /// What was done.
    pub note: Note,
    /// Whether any of it is in force.
    pub is_broken: bool,
}

impl Note {
    /// Before its first command.
    pub(super) fn begun(strike: &Strike, secret: bool) -> Self {
        let commands: Vec<String> = strike.deeds.iter().map(Deed::command).collect();
        Note {
            fault: strike.kind.slug.into(),
            machine: strike.machine.to_string(),
            other: strike.other.as_ref().map(ToString::to_string),
            ipv6: strike.ipv6,
            done: commands.len(),
            commands,
            secret,
            at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            ended: false,
            differs: Vec::new(),
        }
    }

    /// Behind its last one.
    pub(super) fn ended(self, done: usize, differs: Vec<(String, String)>) -> Self {
        Note { done, ended: true, differs, ..self }
    }

    pub(super) fn write(&self, lab: &Lab) -> Result<()> {
        let line = serde_json::to_string(self).map_err(|e| Error::refused(format!("cannot write JSON: {e}")))?;
        lab.add_fault(&format!("{line}\n"))
    }

    /// The commands that were done.
    fn done(&self) -> &[String] {
        self.commands.get(..self.done).unwrap_or(&self.commands)
    }

    /// Those of its deeds that can be found again: on a lab that is as it was seen, or on one that is new. Without those that
    /// only put back what another of them took away, which are in force in a lab that is as `planned`.
    fn deeds(&self, sites: &[Site<'_>], planned: &Namespaces) -> Vec<Deed> {
        let Some(kind) = fault::find(&self.fault) else { return Vec::new() };
        let other = self.other.as_ref().and_then(|name| name.parse().ok());
        let wish = Wish { machine: self.machine.parse().ok(), other, ipv6: self.ipv6 };
        let strikes = sites.iter().flat_map(|site| kind.possible(site, &wish));
        let deeds = strikes.flat_map(|strike| strike.deeds);
        let was_done = |deed: &Deed| !deed.may_be_gone() && self.done().contains(&deed.command());
        deeds.filter(|deed| was_done(deed) && !deed.is_in_force(planned)).collect()
    }
}

/// The faults that were noted, each once.
fn notes(lab: &Lab) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    // A line that was not written to its end says nothing.
    for note in lab.faults().lines().filter_map(|line| serde_json::from_str::<Note>(line).ok()) {
        notes.pop_if(|last| note.ended && !last.ended);
        notes.push(note);
    }
    // What the kernel refused at once was never there.
    notes.retain(|note| note.done > 0);
    notes
}

/// What was broken in this lab since it is up, and what of it is still there.
///
/// # Errors
/// When the lab cannot be looked at.
pub fn reveal(victim: Victim<'_>) -> Result<Vec<Revealed>> {
    let seen = repair::look(victim.kernel, victim.plan)?;
    let found = repair::compare(victim.kernel, victim.lab, victim.plan, &seen)?.differences;
    let differing: HashSet<&MachineName> = found.iter().map(|one| &one.machine).collect();
    let now: HashSet<(&str, &str)> = found.iter().map(|one| (one.machine.as_str(), one.what.as_str())).collect();
    let none = Namespaces::new();
    let sites = [Site::new(victim.topology, &seen), Site::new(victim.topology, &none)];
    let planned = victim.plan.predict(|_| true);
    let notes = notes(victim.lab);
    let is_broken = |(place, note): (usize, &Note)| {
        // What a later fault could do once more, was mended in between.
        let later = || notes.iter().skip(place + 1);
        let is_again = |deed: &Deed| later().any(|note| note.done().contains(&deed.command()));
        let is_left = |(machine, what): &(String, String)| now.contains(&(machine.as_str(), what.as_str()));
        let deeds = note.deeds(&sites, &planned);
        match deeds.is_empty() {
            false => {
                deeds.iter().any(|deed| differing.contains(&deed.machine) && deed.is_in_force(&seen) && !is_again(deed))
            }
            true => note.differs.iter().any(|one| is_left(one) && !later().any(|note| note.differs.contains(one))),
        }
    };
    let broken: Vec<bool> = notes.iter().enumerate().map(is_broken).collect();
    Ok(notes.into_iter().zip(broken).map(|(note, is_broken)| Revealed { note, is_broken }).collect())
}
