//! `netlab down [LAB]`

use clap::Args;
use serde_json::json;

use super::exercise::not_in_an_exercise;
use super::{Common, print, print_json, step};
use crate::down;
use crate::error::{Error, Result};
use crate::kernel::sandbox::Ended;
use crate::lab::{Lab, Store};
use crate::names::LabName;

/// Take a lab away, whatever state it is in
///
/// Ends everything that runs inside, and the lab's namespaces with all their links, addresses, routes and rules.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab down               the only lab
  netlab down three-nodes   this one
  netlab down --all         all of them
  netlab down --step        step by step, with a key for each")]
pub struct Down {
    /// Which lab; without it the only one
    #[arg(value_name = "LAB")]
    name: Option<LabName>,
    /// Every lab of yours
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// Undo one step at a time, the last one first, and show what each one changed
    #[arg(long, conflicts_with = "all")]
    step: bool,
}

impl Down {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        if self.step {
            let named = self.name.clone().map_or_else(|| common.meant(), |name| Ok(Some(name)))?;
            let lab = Store::of_this_user()?.choose(named.as_ref())?;
            not_in_an_exercise(&lab, "down --step")?;
            return step::down(lab, common);
        }
        let labs = self.labs(&Store::of_this_user()?, common)?;
        let mut report = Vec::new();
        for lab in &labs {
            let Ended { pause: ran, companions: processes } = down::down(lab)?;
            report.push(json!({"lab": lab.name, "ran": ran, "processesEnded": processes}));
            if !common.json {
                let ended = match processes {
                    0 => String::new(),
                    1 => "; 1 process that ran inside was ended".into(),
                    n => format!("; {n} processes that ran inside were ended"),
                };
                let what = if ran { "is down" } else { "was gone already, and is forgotten" };
                print(&format!("lab {} {what}{ended}", lab.name))?;
            }
        }
        match common.json {
            true => print_json(&json!({ "labs": report })),
            false if labs.is_empty() => print("no lab is up"),
            false => Ok(()),
        }
    }

    /// Those that are meant: also labs that are gone, whose state is to be forgotten.
    fn labs(&self, store: &Store, common: &Common) -> Result<Vec<Lab>> {
        let labs = store.labs();
        if self.all {
            return Ok(labs);
        }
        let named = self.name.clone().map_or_else(|| common.meant(), |name| Ok(Some(name)))?;
        if let Some(name) = named {
            let lab = store.lab(&name);
            return match lab.exists() {
                true => Ok(vec![lab]),
                false => store.choose(Some(&name)).map(|lab| vec![lab]),
            };
        }
        match labs.len() {
            0 | 1 => Ok(labs),
            _ => {
                let names: Vec<&str> = labs.iter().map(|lab| lab.name.as_str()).collect();
                Err(Error::usage(format!("there are several labs: {}", names.join(", ")))
                    .help("name one of them, or --all"))
            }
        }
    }
}
