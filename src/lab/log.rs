//! What is written down of a lab's steps: its journal, or, while a change is under way, that of the change.
//!
//! ```text
//! journal      done 1-140                 in the numbers of the plan that the lab was brought up with
//! change       {"to":…,"from":[…],…}      in those of the change: the new plan, and behind it what is left over
//!              done 1-30,32-140
//! ```
//!
//! So a journal says something about a plan only if it is the plan that its numbers are of.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::time::SystemTime;

use super::Lab;
use super::change::CHANGE;
use crate::error::Result;
use crate::journal::{Journal, Record};
use crate::plan::Plan;

impl Lab {
    /// The file in which it is written down what is done: the lab's journal, or that of the change that is under way.
    fn log(&self) -> PathBuf {
        let change = self.file(CHANGE);
        if change.exists() { change } else { self.file("journal") }
    }

    /// Its journal, to be written, by whoever holds the lock.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn journal(&self) -> Result<Journal> {
        let path = self.log();
        let open = OpenOptions::new().create(true).append(true).open(&path);
        open.and_then(|file| {
            // What a full disk left of a line was never said: the next line is not to be appended to it.
            let written = fs::read(&path)?;
            let whole = written.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            if whole < written.len() {
                file.set_len(whole as u64)?;
            }
            Ok(Journal::new(file))
        })
        .map_err(|e| self.unwritable(&path, &e))
    }

    /// How much was written to its journal, and when: as long as that stays the same, the journal does.
    pub fn journal_mark(&self) -> Option<(u64, SystemTime)> {
        let metadata = fs::metadata(self.log()).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    }

    /// What its journal says of the steps of its plan; one that is not there says nothing. In the midst of a change, a plan
    /// of before it is told of before it, too.
    ///
    /// # Errors
    /// When the lab is being changed, and this is neither its plan nor that of before; or that cannot be read.
    pub fn record(&self, plan: &Plan) -> Result<Record> {
        let written = match self.change_with_journal()? {
            Some((underway, journal)) if plan.steps.starts_with(&self.unite(&underway)?.plan.steps) => journal,
            Some(_) if plan.steps != self.base_plan()?.steps => return Err(self.changed_meanwhile()),
            _ => fs::read(self.file("journal")).unwrap_or_default(),
        };
        Ok(Record::parse(&String::from_utf8_lossy(&written), plan.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Lock;
    use crate::lab::change::{Goal, Underway};

    fn text(pods: &str) -> String {
        format!("lab: x\nnodes: {{ n: {{ podCIDR: 10.1.0.0/24, pods: {{ {pods} }} }} }}\n")
    }

    /// A lab of two pods of which the first 20 steps are done, for as long as somebody looks at it.
    fn with_a_lab(look: impl FnOnce(&Lab, &Lock)) {
        let store = std::env::temp_dir().join(format!("netlab-log-{}", std::process::id()));
        let lab = Lab { name: "x".parse().unwrap(), directory: store.join("x") };
        let lock = lab.lock().unwrap();
        lab.write("topology.yaml", &text("a: {}, b: {}")).unwrap();
        lab.write("journal", "done 1-20\n").unwrap();
        look(&lab, &lock);
        lab.forget(lock).unwrap();
    }

    /// Whoever has read the lab's plan just before a change begins, knows no numbers but the old ones; and the plan of the
    /// change may be as long as the old one.
    #[test]
    fn each_plan_is_told_of_in_its_own_numbers() {
        with_a_lab(|lab, lock| {
            let before = lab.plan().unwrap();
            let (to, from) = (text("b: { addresses: 10.1.0.3/24 }"), vec![text("a: {}, b: {}")]);
            let underway = Underway {
                goal: Goal::DeletePod("a".into()),
                to,
                from,
                drift: Vec::new(),
                touched: [].into(),
                legs: None,
            };
            lab.begin_change(lock, &underway, &[7]).unwrap();
            let during = lab.plan().unwrap();
            assert!(before.len() == during.len() && before.steps != during.steps);
            let done = |plan: &Plan| lab.record(plan).unwrap().done.into_iter().collect::<Vec<_>>();
            assert_eq!(done(&before), (1..=20).collect::<Vec<_>>());
            assert_eq!(done(&during), [7]);
            // A plan that is neither has no numbers here.
            let other = Plan::of(&lab.parse(&text("c: {}")).unwrap());
            assert!(lab.record(&other).unwrap_err().to_string().contains("was changed by another netlab meanwhile"));
            lab.end_change(lock, &underway.to, &[1]).unwrap();
            assert_eq!(lab.record(&lab.plan().unwrap()).unwrap(), Record { done: [1].into(), ..Record::default() });
        });
    }
}
