//! Errors that teach: what was expected, what was found, where, and what to do next.
//!
//! ```text
//! error: step 17 of 29 failed: Attach veth-red to the bridge cni0: the other end is plugged into the switch.
//!   command: ip -n node-1 link set veth-red master cni0
//!   because: cannot attach veth-red to the bridge cni0: Device or resource busy (EBUSY)
//!   help: `netlab status` shows what there is; `netlab down one-node` removes it
//! ```

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernel::Refusal;
use crate::prose::wrap;
use crate::topology::Failure;

/// The exit statuses beside 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// The finding is negative: something is not as it should be.
    Negative = 1,
    /// Bad usage or a bad file.
    Usage = 2,
    /// The machine refused: permission, kernel, disk.
    Refused = 3,
    /// The command that was to be run inside cannot be run, as shells count it.
    NotRunnable = 126,
    /// The command that was to be run inside is not found, as shells count it.
    NotFound = 127,
    /// Stopped by Ctrl-C, as shells count it (128 + SIGINT).
    Stopped = 130,
}

/// An error for the user.
#[derive(Debug)]
pub struct Error {
    /// What the process exits with.
    pub status: Status,
    message: String,
    /// Further lines: a label and a text.
    details: Vec<(Cow<'static, str>, String)>,
    /// A bad file speaks for itself.
    file: Option<Box<Failure>>,
    /// Whether trying again in a moment may help.
    busy: bool,
}

/// A result for the user.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with this exit status.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Error { status, message: message.into(), details: Vec::new(), file: None, busy: false }
    }

    /// Bad usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message)
    }

    /// Stopped by Ctrl-C.
    pub fn stopped(message: impl Into<String>) -> Self {
        Self::new(Status::Stopped, message)
    }

    /// The machine refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Status::Refused, message)
    }

    /// The same, where somebody else is at it, and trying again in a moment may help.
    pub fn busy(self) -> Self {
        Error { busy: true, ..self }
    }

    /// Whether trying again in a moment may help.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// Adds a line: a label and a text.
    pub fn with(mut self, label: &'static str, text: impl Into<String>) -> Self {
        self.details.push((label.into(), text.into()));
        self
    }

    /// Adds what to do next.
    pub fn help(self, text: impl Into<String>) -> Self {
        self.with("help", text)
    }

    /// The error as a process tells it to the one that started it.
    pub fn packed(&self) -> Packed {
        let file = self.file.as_ref().map(|file| file.render(false));
        let details = self.details.iter().map(|(label, text)| (label.to_string(), text.clone())).collect();
        Packed { status: self.status, message: file.unwrap_or_else(|| self.message.clone()), details }
    }

    /// The error as text, for a terminal of so many columns, in colour where that is wanted.
    pub fn render(&self, columns: usize, color: bool) -> String {
        if let Some(file) = &self.file {
            return file.render(color);
        }
        let paint = |code: &str, text: &str| if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
        let mut text = paint("1;31", "error") + &indented("error", &self.message, columns);
        for (label, detail) in &self.details {
            text += &format!("\n  {}", paint("1;36", label));
            // A command stays in one piece, so that it can be copied.
            text += &match label.as_ref() {
                COMMAND => format!(": {detail}"),
                _ => indented(label, detail, columns.saturating_sub(2)).replace('\n', "\n  "),
            };
        }
        text
    }
}

/// An error on its way from one process to another.
#[derive(Debug, Serialize, Deserialize)]
pub struct Packed {
    status: Status,
    message: String,
    details: Vec<(String, String)>,
}

impl From<Packed> for Error {
    fn from(Packed { status, message, details }: Packed) -> Self {
        let details = details.into_iter().map(|(label, text)| (label.into(), text)).collect();
        Error { status, message, details, file: None, busy: false }
    }
}

/// The label of a command that belongs to an error.
pub const COMMAND: &str = "command";

/// What stands behind a label: a colon and the text, whose further lines stand below its first.
fn indented(label: &str, text: &str, columns: usize) -> String {
    let margin = label.len() + 2;
    let lines = wrap(text, columns.saturating_sub(margin));
    format!(": {}", lines.join(&format!("\n{}", " ".repeat(margin))))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(usize::MAX, false))
    }
}

impl std::error::Error for Error {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error { file: Some(Box::new(failure)), ..Error::usage(String::new()) }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let error = Error::refused(refusal.to_string());
        match refusal.hint {
            Some(hint) => error.help(hint),
            None => error,
        }
    }
}
