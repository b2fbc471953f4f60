//! What the kernel said when it said no, in words that help.
//!
//! ```text
//! cannot make a network namespace: No space left on device (ENOSPC)
//!   help: the limit on network namespaces is reached: /proc/sys/user/max_net_namespaces is 4
//! ```

use std::fmt;

use nix::errno::Errno;

use super::nft;

/// A request that the kernel refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was tried, as an infinitive: `create the bridge cni0`.
    pub doing: String,
    /// The error number.
    pub errno: Errno,
    /// The kernel's extended error text (`NLMSGERR_ATTR_MSG`), where it gave one.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The result of asking the kernel for something.
pub type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    /// A refusal with the hint that usually fits its errno.
    pub fn new(doing: impl Into<String>, errno: Errno) -> Self {
        Refusal { doing: doing.into(), errno, detail: None, hint: usual_hint(errno) }
    }

    /// From an I/O error; one without an errno counts as `EIO`.
    pub fn from_io(doing: impl Into<String>, error: &std::io::Error) -> Self {
        Self::new(doing, Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))
    }

    /// From what nftables said.
    pub fn from_nft(doing: impl Into<String>, error: nft::Error) -> Self {
        match error {
            nft::Error::Refused { errno, detail, .. } => Self::new(doing, errno).with_detail(detail),
            nft::Error::Socket { errno, .. } => Self::new(doing, errno),
            nft::Error::Unencodable(_) => Self::new(doing, Errno::EINVAL).with_detail(Some(error.to_string())),
            nft::Error::NoAnswer | nft::Error::Restless => {
                Self::new(doing, Errno::EAGAIN).with_detail(Some(error.to_string()))
            }
        }
    }

    /// The same with the kernel's extended error text.
    pub fn with_detail(mut self, detail: Option<String>) -> Self {
        self.detail = detail;
        self
    }

    /// The same with a hint of its own.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {} ({:?})", self.doing, self.errno.desc(), self.errno)?;
        match &self.detail {
            Some(detail) => write!(f, "; the kernel adds: {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// What an errno usually means for somebody who builds networks.
fn usual_hint(errno: Errno) -> Option<String> {
    let hint = match errno {
        Errno::EPERM | Errno::EACCES => "`netlab doctor` says what this machine allows",
        Errno::EEXIST => "something of this name or address is there already: `netlab show MACHINE` lists it",
        Errno::ENETUNREACH => "the gateway is on no subnet that this machine is connected to",
        Errno::ENODEV => "there is no such link: `netlab show MACHINE` lists those that are",
        Errno::EOPNOTSUPP => "this kernel lacks the feature: `netlab doctor` says which",
        Errno::ENOMEM | Errno::ENOBUFS => "the kernel ran out of memory for it",
        Errno::EMFILE | Errno::ENFILE => "too many files are open: `ulimit -n` shows the limit",
        _ => return None,
    };
    Some(hint.into())
}
