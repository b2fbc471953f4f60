//! `netlab exercise list`

use std::path::PathBuf;

use clap::Args;

use super::super::{Common, print, print_json, width};
use crate::error::Result;
use crate::exercise::catalogue;
use crate::exercise::results::{self, Record};
use crate::exercise::session::Ongoing;
use crate::lab::Store;
use crate::report::exercise as report;

/// List the exercises, from easy to hard, and how you stand
#[derive(Debug, Args)]
pub struct List {}

impl List {
    pub(super) fn run(self, common: &Common, results: Option<PathBuf>) -> Result<()> {
        let exercises = catalogue::all()?;
        let records = records(&Store::of_this_user()?, results)?;
        match common.json {
            true => print_json(&report::list_document(&exercises, &records)),
            false => print(&report::list(&exercises, &records, width())),
        }
    }
}

/// What is kept in the file, and what goes on, which is newer. In the order in which they were begun.
pub(super) fn records(store: &Store, results: Option<PathBuf>) -> Result<Vec<Record>> {
    let mut records = results.as_deref().map(results::read).transpose()?.unwrap_or_default();
    for ongoing in Ongoing::all(store) {
        let record = Record::of(&ongoing.exercise, &ongoing.session);
        records.retain(|known| !known.is_same_run(&record));
        records.push(record);
    }
    records.sort_by(|a, b| a.started_at.cmp(&b.started_at));
    Ok(records)
}
