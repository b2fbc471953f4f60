//! The journal: what was begun, what was done, what failed, one line each, written before and after.
//!
//! ```text
//! begin 1-84
//! done 1-3
//! done 4-12,16
//! failed 17 cannot attach veth-red to the bridge cni0: …
//! undo 16
//! undone 16
//! ```
//!
//! Only ever appended to, a line per write: a reader needs no lock, and a writer that is killed leaves at most one
//! unfinished line, which counts as not written, and which the next writer cuts off. The kernel stays the witness: after an interruption `up` looks at what
//! there is, not at what the journal says.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};

/// An open journal.
#[derive(Debug)]
pub struct Journal(File);

/// What a journal says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Record {
    /// The steps that were done.
    pub done: BTreeSet<u32>,
    /// The steps that were begun last.
    pub begun: BTreeSet<u32>,
    /// The steps whose undoing was begun last.
    pub undoing: BTreeSet<u32>,
    /// The step that failed, and why, if that was the last thing that happened.
    pub failed: Option<(u32, String)>,
}

impl Journal {
    /// A journal that appends to this file.
    pub fn new(file: File) -> Self {
        Journal(file)
    }

    fn write(&self, line: String) -> io::Result<()> {
        (&self.0).write_all(line.as_bytes())
    }

    /// These steps are about to be done.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn begin(&self, steps: &[u32]) -> io::Result<()> {
        self.write(format!("begin {}\n", ranges(steps)))
    }

    /// These steps are done.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn done(&self, steps: &[u32]) -> io::Result<()> {
        self.write(format!("done {}\n", ranges(steps)))
    }

    /// These steps are about to be undone.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn undo(&self, steps: &[u32]) -> io::Result<()> {
        self.write(format!("undo {}\n", ranges(steps)))
    }

    /// These steps are undone.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn undone(&self, steps: &[u32]) -> io::Result<()> {
        self.write(format!("undone {}\n", ranges(steps)))
    }

    /// This step failed.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn failed(&self, step: u32, why: &str) -> io::Result<()> {
        self.write(format!("failed {step} {}\n", why.replace('\n', " ")))
    }
}

impl Record {
    /// Reads a journal of a plan of `total` steps.
    pub fn parse(text: &str, total: u32) -> Self {
        let mut record = Record::default();
        for line in text.split_inclusive('\n') {
            let Some(line) = line.strip_suffix('\n') else { break };
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "begin" => {
                    record.begun = numbers(rest, total).collect();
                    record.undoing.clear();
                    record.failed = None;
                }
                "done" => record.done.extend(numbers(rest, total)),
                "undo" => {
                    record.undoing = numbers(rest, total).collect();
                    record.begun.clear();
                    record.failed = None;
                }
                "undone" => numbers(rest, total).for_each(|step| {
                    record.done.remove(&step);
                }),
                "failed" => {
                    let (step, why) = rest.split_once(' ').unwrap_or((rest, ""));
                    record.failed = step.parse().ok().map(|step| (step, why.to_owned()));
                }
                _ => {}
            }
        }
        record
    }

    /// Whether something was begun and neither done nor failed: by a process that still works at it, or was killed.
    pub fn is_unfinished(&self) -> bool {
        self.failed.is_none() && !(self.begun.is_subset(&self.done) && self.undoing.is_disjoint(&self.done))
    }

    /// The step to do next in a plan of `total` steps.
    pub fn next(&self, total: u32) -> Option<u32> {
        (1..=total).find(|step| !self.done.contains(step))
    }

    /// The step to undo next.
    pub fn last(&self) -> Option<u32> {
        self.done.last().copied()
    }
}

/// A journal that says that these steps are done, in order.
pub fn record_of(done: &[u32]) -> String {
    if done.is_empty() { String::new() } else { format!("done {}\n", ranges(done)) }
}

/// `3-5,9` for 3, 4, 5, 9.
fn ranges(steps: &[u32]) -> String {
    let mut text = String::new();
    for run in steps.chunk_by(|a, b| a + 1 == *b) {
        let comma = if text.is_empty() { "" } else { "," };
        match run {
            [one] => text.push_str(&format!("{comma}{one}")),
            [first, .., last] => text.push_str(&format!("{comma}{first}-{last}")),
            [] => {}
        }
    }
    text
}

fn numbers(text: &str, total: u32) -> impl Iterator<Item = u32> {
    text.split(',').flat_map(move |range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (first.parse::<u32>(), last.parse::<u32>()) {
            // A journal that somebody wrote in cannot make us count to four thousand million.
            (Ok(first), Ok(last)) => first..=last.min(total),
            #[allow(clippy::reversed_empty_ranges)]
            _ => 1..=0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_short_and_read_back() {
        let steps = [1, 2, 3, 7, 9, 10];
        assert_eq!(ranges(&steps), "1-3,7,9-10");
        assert_eq!(numbers("1-3,7,9-10", 100).collect::<Vec<_>>(), steps);
    }

    #[test]
    fn an_unfinished_line_counts_as_not_written() {
        let record = Record::parse("begin 1-5\ndone 1-2\ndone 3", 5);
        assert_eq!(record.done, BTreeSet::from([1, 2]));
        assert!(record.is_unfinished());
    }

    #[test]
    fn a_failure_is_remembered_until_something_is_begun() {
        let text = "begin 1-5\ndone 1-2\nfailed 3 cannot do it\n";
        let record = Record::parse(text, 5);
        assert_eq!(record.failed, Some((3, "cannot do it".into())));
        assert!(!record.is_unfinished());
        assert_eq!(Record::parse(&format!("{text}begin 3-5\n"), 5).failed, None);
    }

    #[test]
    fn what_is_undone_is_not_done() {
        let text = "begin 1-5\ndone 1-5\nundo 5\n";
        let record = Record::parse(text, 9);
        assert!(record.is_unfinished());
        assert_eq!((record.next(9), record.last()), (Some(6), Some(5)));
        let record = Record::parse(&format!("{text}undone 5\nundo 4\nundone 4\n"), 9);
        assert!(!record.is_unfinished());
        assert_eq!((record.next(9), record.last()), (Some(4), Some(3)));
    }

    #[test]
    fn nonsense_is_passed_over() {
        let record = Record::parse("what\ndone 1-4294967295,x,5-\nfailed\nbegin\n", 9);
        assert_eq!(record.done.len(), 9);
        assert_eq!(record.failed, None);
    }
}
