//! What is kept of an exercise beside its lab's state.
//!
//! ```text
//! topology.yaml   begins with MARK: the lab is an exercise's, also before the rest is written
//! exercise.yaml   the exercise as it was read
//! session         what was done so far; written last
//! ```

use std::fs;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use super::{Lab, Lock};
use crate::error::Result;

/// The first line of the topology of an exercise's lab.
pub const MARK: &str = "# The lab of an exercise: `netlab exercise` has made it.";

/// How long others may take to change a lab before one gives up.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

impl Lab {
    /// Whether the lab is an exercise's, be it one that was interrupted at its start.
    pub fn is_of_an_exercise(&self) -> bool {
        let first = fs::File::open(self.file("topology.yaml")).ok().and_then(|file| {
            let mut line = String::new();
            BufReader::new(file).read_line(&mut line).ok().map(|_| line)
        });
        first.is_some_and(|line| line.trim_end() == MARK) || self.file("exercise.yaml").is_file()
    }

    /// Whether nothing of a lab is there but its lock, as somebody leaves it who was interrupted early.
    pub fn is_empty(&self) -> bool {
        !["topology.yaml", "pause", "exercise.yaml"].iter().any(|name| self.file(name).exists())
    }

    /// The exercise's file as it was read.
    pub fn exercise(&self) -> Option<String> {
        fs::read_to_string(self.file("exercise.yaml")).ok()
    }

    /// What was done so far.
    pub fn session(&self) -> Option<String> {
        fs::read_to_string(self.file("session")).ok()
    }

    /// Keeps the exercise's file, under the lab's lock.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_exercise(&self, _lock: &Lock, text: &str) -> Result<()> {
        self.write("exercise.yaml", text)
    }

    /// Keeps what was done so far, under the lab's lock.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_session(&self, _lock: &Lock, text: &str) -> Result<()> {
        self.write("session", text)
    }

    /// Takes the lab's lock, and waits a moment for whoever holds it.
    ///
    /// # Errors
    /// As [`Lab::lock`].
    pub fn patient_lock(&self) -> Result<Lock> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.lock() {
                Err(error) if error.is_busy() && Instant::now() < end => std::thread::sleep(PAUSE),
                other => return other,
            }
        }
    }
}
