//! `netlab list`

use clap::Args;

use super::{Common, print, print_json, width};
use crate::error::Result;
use crate::lab::Store;
use crate::list::gather;
use crate::report::list;

/// List the labs on this machine
///
/// A lab whose pause process was killed is listed as gone: nothing of it is left but its name.
#[derive(Debug, Args)]
pub struct List {}

impl List {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let labs = gather(&Store::of_this_user()?);
        match common.json {
            true => print_json(&serde_json::json!({ "labs": labs })),
            false => print(&list::text(&labs, width())),
        }
    }
}
