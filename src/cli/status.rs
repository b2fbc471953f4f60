//! `netlab status`

use clap::Args;

use super::{Common, Inside, print, print_json, width};
use crate::course::Course;
use crate::error::Result;
use crate::kernel::observe::{View, observe};
use crate::report::status;

/// Show a lab's machines and their addresses, as the kernel has them
#[derive(Debug, Args)]
#[command(after_help = "\
JSON: {lab, cursor: {done, total}, machines: [{name, kind, node?,
      interfaces: [{name, addresses, mtu, up}]}]}
      and, while steps are to be done,
      cursor.next: {step, chapter, sentence, command?};
      after a step has failed, failed: {step, why};
      while a change is under way, change: {what, command, cursor?}")]
pub struct Status {}

impl Status {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let inside = Inside::enter(common)?;
        let seen = observe(&inside.kernel, inside.plan.machines.iter().map(|member| &member.name), &View::LINKS)?;
        let record = inside.lab.record(&inside.plan)?;
        let underway = inside.lab.underway()?.map(|underway| {
            let cursor_of = |course: Course| {
                let record = course.record(&inside.lab).ok()?;
                Some(status::Cursor::of(&course.plan, &record))
            };
            // A change that was interrupted is not gone step by step.
            let cursor = Course::of(&inside.lab).ok().and_then(cursor_of);
            let (what, command) = (underway.goal.what(), underway.goal.command().trim_matches('`').to_owned());
            status::Underway { what, command, cursor }
        });
        let document = status::document(&inside.plan, &record, &seen, underway);
        match common.json {
            true => print_json(&document),
            false => print(&status::text(&document, &inside.plan, &record, inside.pause, width())),
        }
    }
}
