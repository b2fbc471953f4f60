//! What can go wrong with nftables.
//!
//! ```text
//! the kernel refused: File exists (EEXIST)
//! ```
//!
//! Which change it was is in the value, not in the text: the caller has that change, and its command, to show.

use std::fmt;

use nix::errno::Errno;

use super::encode::Unencodable;

/// Why a transaction or a dump failed. Of a failed transaction, nothing has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A change could not be put into bytes; nothing was sent.
    Unencodable(Unencodable),
    /// The kernel refused.
    Refused {
        /// The first change that it refused, from 0; `None` when it refused all of them together (no permission, no
        /// memory).
        change: Option<usize>,
        /// The error number.
        errno: Errno,
        /// The kernel's extended error text, where it gave one.
        detail: Option<String>,
    },
    /// The socket failed.
    Socket {
        /// At what: `send`, `receive`.
        doing: &'static str,
        /// The error number.
        errno: Errno,
    },
    /// The kernel did not answer in full.
    NoAnswer,
    /// The ruleset changed again and again while it was read.
    Restless,
}

/// The result of asking for something of nftables.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unencodable(error) => error.fmt(f),
            Error::Refused { errno, detail: None, .. } => {
                write!(f, "the kernel refused: {} ({errno:?})", errno.desc())
            }
            Error::Refused { errno, detail: Some(detail), .. } => {
                write!(f, "the kernel refused: {detail}: {} ({errno:?})", errno.desc())
            }
            Error::Socket { doing, errno } => {
                write!(f, "cannot {doing} on the nftables socket: {} ({errno:?})", errno.desc())
            }
            Error::NoAnswer => f.write_str("the kernel did not answer in full on the nftables socket"),
            Error::Restless => f.write_str("the ruleset changed again and again while it was read"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Unencodable> for Error {
    fn from(error: Unencodable) -> Self {
        Error::Unencodable(error)
    }
}

impl Error {
    /// The change that failed, from 0, where it was one.
    pub fn change(&self) -> Option<usize> {
        match self {
            Error::Unencodable(error) => Some(error.change),
            Error::Refused { change, .. } => *change,
            Error::Socket { .. } | Error::NoAnswer | Error::Restless => None,
        }
    }
}
