//! A change that is under way: the lab is neither what it was any more, nor yet what it is to be.
//!
//! ```text
//! topology.yaml, journal      what it was; untouched until the change is over
//! change                      {"to":…,"from":[…],…}     what it is to be, and from where: written whole, or not at all
//!                             begin 31-43               and the journal of the change, in the numbers of the united plan
//!                             done 31-34
//! ```
//!
//! As long as the file is there it counts, and the other two do not. So a change begins and ends with one rename and one
//! removal, and whoever is killed in between leaves a lab of which everybody knows what may be there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Lab, Lock};
use crate::change::United;
use crate::error::{Error, Result};
use crate::journal;
use crate::plan::Plan;
use crate::topology::{self, Failure, model::Topology};

/// A change that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Underway {
    /// What it is for.
    pub goal: Goal,
    /// The new topology's text.
    pub to: String,
    /// The texts of those whose steps may still be in force.
    pub from: Vec<String>,
    /// The commands that would have mended what differed from the plan before: that is nothing to do with the change.
    pub drift: Vec<String>,
    /// The machines that were touched so far, or are about to be: in all others nothing has followed from it.
    pub touched: BTreeSet<String>,
    /// What is done on the way, if it is gone step by step.
    pub legs: Option<Vec<SavedLeg>>,
}

/// What a change is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// `netlab up FILE`
    File,
    /// `netlab pod add NAME`
    AddPod(String),
    /// `netlab pod delete NAME`
    DeletePod(String),
}

/// One thing to do on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SavedLeg {
    /// A step of the united plan.
    Do(u32),
    /// Its undoing, and the numbers of those that fall with it.
    Undo(u32, Vec<u32>),
    /// A bridge keeps its hardware address: the machine, the bridge, the address.
    Keep(String, String, [u8; 6]),
}

/// The file.
pub(super) const CHANGE: &str = "change";

/// The file of the addresses that were given out last.
const ADDRESSES: &str = "addresses";

/// The addresses that were given out last, by node and subnet: `node-1 10.244.1.0/24`.
pub type Last = BTreeMap<String, IpAddr>;

impl Lab {
    /// The change that is under way, if there is one.
    ///
    /// # Errors
    /// When it cannot be read: nobody knows then what may be there.
    pub fn underway(&self) -> Result<Option<Underway>> {
        Ok(self.change_with_journal()?.map(|(underway, _)| underway))
    }

    /// The same, and what was done on the way.
    pub(super) fn change_with_journal(&self) -> Result<Option<(Underway, Vec<u8>)>> {
        let path = self.file(CHANGE);
        let unreadable = |why: &dyn fmt::Display| {
            Error::refused(format!(
                "cannot read {}, where it is kept what the lab is being changed to: {why}",
                path.display()
            ))
            .with("expected", "a line of JSON, as `netlab up` and `netlab pod` write it, and a journal behind it")
            .help(format!(
                "`netlab down {0}` removes lab {0} all the same; `netlab up FILE` builds it again",
                self.name
            ))
        };
        let written = match fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            written => written.map_err(|e| unreadable(&e))?,
        };
        let (head, journal) =
            written.split_at(written.iter().position(|byte| *byte == b'\n').map_or(written.len(), |end| end + 1));
        let underway = serde_json::from_slice(head).map_err(|e| unreadable(&e))?;
        Ok(Some((underway, journal.to_vec())))
    }

    /// Begins a change, under the lab's lock, or another one in place of the one that is under way.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin_change(&self, _lock: &Lock, underway: &Underway, in_force: &[u32]) -> Result<()> {
        let head = serde_json::to_string(underway).map_err(|e| Error::refused(format!("cannot write JSON: {e}")))?;
        self.write(CHANGE, &format!("{head}\n{}", journal::record_of(in_force)))
    }

    /// Ends the change that is under way: the lab is what it was to be, and these of its steps are in force.
    ///
    /// # Errors
    /// When it cannot be written; then it is still under way.
    pub fn end_change(&self, lock: &Lock, text: &str, in_force: &[u32]) -> Result<()> {
        // Neither is looked at before the file of the change is gone.
        self.write("topology.yaml", text)?;
        self.write("journal", &journal::record_of(in_force))?;
        self.call_off_change(lock)
    }

    /// Calls off the change that is under way, of which nothing is in force: the lab is what it was before.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn call_off_change(&self, _lock: &Lock) -> Result<()> {
        match fs::remove_file(self.file(CHANGE)) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(self.unwritable(&self.file(CHANGE), &e)),
            _ => Ok(()),
        }
    }

    /// Keeps another text of the same plan, under the lab's lock: other comments, other expectations.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_topology(&self, _lock: &Lock, text: &str) -> Result<()> {
        self.write("topology.yaml", text)
    }

    /// The text of the topology that it was brought up with, before the change that may be under way.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn base_text(&self) -> Result<String> {
        let path = self.file("topology.yaml");
        fs::read_to_string(&path).map_err(|e| {
            Error::refused(format!("cannot read {}: {e}", path.display()))
                .help(format!("the lab's state is damaged: `netlab down {}` removes the lab", self.name))
        })
    }

    /// Which addresses pods were given last.
    pub fn last_addresses(&self) -> Last {
        let text = fs::read_to_string(self.file(ADDRESSES)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Keeps which addresses pods were given last, under the lab's lock.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_last_addresses(&self, _lock: &Lock, last: &Last) -> Result<()> {
        let text = serde_json::to_string(last).map_err(|e| Error::refused(format!("cannot write JSON: {e}")))?;
        self.write(ADDRESSES, &text)
    }

    /// A text of its own as a topology.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(&self, text: &str) -> std::result::Result<Topology, Failure> {
        let mut topology = topology::parse(&self.file("topology.yaml").to_string_lossy(), text)?;
        // `up --lab` may have given it another name than the file did.
        topology.lab = self.name.clone();
        Ok(topology)
    }

    /// Its plan; in the midst of a change the new one, and behind it what is left over.
    ///
    /// # Errors
    /// When its topology cannot be read.
    pub fn united(&self) -> Result<United> {
        match self.underway()? {
            None => Ok(United::of(self.base_plan()?, &[])),
            Some(underway) => self.unite(&underway),
        }
    }

    /// The plan of a change: the new one, and behind it what is left over.
    pub(super) fn unite(&self, Underway { to, from, .. }: &Underway) -> Result<United> {
        let former = from.iter().map(|text| self.plan_of(text)).collect::<Result<Vec<_>>>()?;
        Ok(United::of(self.plan_of(to)?, &former))
    }

    /// The plan that it was brought up with, before the change that may be under way.
    ///
    /// # Errors
    /// When its topology cannot be read.
    pub fn base_plan(&self) -> Result<Plan> {
        self.plan_of(&self.base_text()?)
    }

    fn plan_of(&self, text: &str) -> Result<Plan> {
        Ok(Plan::of(&self.parse(text)?))
    }

    /// The steps that may be in force: see [`Lab::united`].
    ///
    /// # Errors
    /// When its topology cannot be read.
    pub fn plan(&self) -> Result<Plan> {
        Ok(self.united()?.plan)
    }

    /// Says so if this is not the lab's plan any more: it was changed since it was looked at.
    ///
    /// # Errors
    /// When it was, or its topology cannot be read.
    pub fn still_has(&self, plan: &Plan) -> Result<()> {
        match self.plan()? == *plan {
            true => Ok(()),
            false => Err(self.changed_meanwhile()),
        }
    }

    /// The error that its plan is not the one any more that somebody has in hand.
    pub fn changed_meanwhile(&self) -> Error {
        Error::refused(format!("lab {} was changed by another netlab meanwhile", self.name))
            .help("type the command again: it looks at the lab as it is now")
    }
}
