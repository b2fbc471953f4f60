//! Names that cannot be wrong once made.
//!
//! ```
//! use netlab::names::{LinkName, MachineName};
//!
//! assert!("eth0".parse::<LinkName>().is_ok());
//! assert!("a-name-of-16-byt".parse::<LinkName>().is_err()); // IFNAMSIZ is 16, with the closing NUL
//! assert!("../etc".parse::<MachineName>().is_err());
//! ```
//!
//! Names come from files that somebody else wrote, and end in paths (`/run/netns/NAME`), in netlink requests and in
//! commands that a person pastes into a shell. So every name is checked once, here, and is plain afterwards: ASCII
//! letters, digits, `-`, `_` and `.`, beginning with a letter, a digit or `_`.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

/// The longest name of a link in bytes: `IFNAMSIZ` (16, `include/uapi/linux/if.h`) without its closing NUL.
pub const LINK_NAME_MAX: usize = 15;

/// The longest name of a machine or a lab in bytes: a Kubernetes name is a DNS label or subdomain of at most 63 here,
/// and a file name is shorter than 255.
pub const MACHINE_NAME_MAX: usize = 63;

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameError {
    /// The text is empty.
    Empty,
    /// The text is `.` or `..`, which are directories.
    Dots,
    /// The text is longer than `max` bytes.
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The longest that is allowed.
        max: usize,
    },
    /// The text begins with something other than a letter, a digit or `_`.
    Start(char),
    /// The text has a character that is not a letter, a digit, `-`, `_` or `.`.
    Character(char),
    /// The text means something else already.
    Reserved(&'static str),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Empty => write!(f, "a name cannot be empty"),
            NameError::Dots => write!(f, "`.` and `..` are directories, not names"),
            NameError::TooLong { len, max } => write!(f, "a name of {len} bytes is too long: at most {max} fit"),
            NameError::Start(c) => write!(f, "a name begins with a letter, a digit or `_`, not with {c:?}"),
            NameError::Character(c) => {
                write!(f, "{c:?} cannot stand in a name: letters, digits, `-`, `_` and `.` can")
            }
            NameError::Reserved(why) => write!(f, "this name is taken: {why}"),
        }
    }
}

impl std::error::Error for NameError {}

/// What all names have in common.
fn check(text: &str, max: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text == "." || text == ".." {
        return Err(NameError::Dots);
    }
    if let Some(c) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.".contains(*c))) {
        return Err(NameError::Character(c));
    }
    match text.chars().next() {
        Some(c) if !(c.is_ascii_alphanumeric() || c == '_') => return Err(NameError::Start(c)),
        _ => {}
    }
    if text.len() > max {
        return Err(NameError::TooLong { len: text.len(), max });
    }
    Ok(())
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> Result<(), NameError> = $check;
                check(text)?;
                Ok($name(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

    };
}

name_type!(
    /// The name of a lab: also the name of its state directory.
    LabName,
    |text| check(text, MACHINE_NAME_MAX)
);

name_type!(
    /// The name of a cluster, where a lab has several.
    ClusterName,
    |text| check(text, MACHINE_NAME_MAX)
);

name_type!(
    /// The name of a machine (a node, a pod or a host): also the name of its network namespace in `/run/netns`.
    MachineName,
    |text| {
        check(text, MACHINE_NAME_MAX)?;
        if text == FABRIC {
            return Err(NameError::Reserved("`fabric` is the lab's base namespace, where the networks' bridges stand"));
        }
        Ok(())
    }
);

name_type!(
    /// The name of a link, or of a network (whose bridge in the fabric bears it).
    LinkName,
    |text| {
        check(text, LINK_NAME_MAX)?;
        // `all` and `default` are directories beside the links' own in /proc/sys/net/*/conf.
        match text {
            "all" | "default" => Err(NameError::Reserved("`all` and `default` stand for every link in sysctl")),
            _ => Ok(()),
        }
    }
);

/// What the lab's base namespace is called where a machine's name is expected.
pub const FABRIC: &str = "fabric";

impl MachineName {
    /// The fabric: the one machine whose name a file cannot give.
    pub fn fabric() -> Self {
        MachineName(FABRIC.into())
    }

    /// Whether this is the fabric.
    pub fn is_fabric(&self) -> bool {
        &*self.0 == FABRIC
    }
}

impl LinkName {
    /// The loopback link, which every namespace is born with.
    pub fn loopback() -> Self {
        LinkName("lo".into())
    }

    /// A name for a link that nobody named: `prefix` + `rest` where that fits, else `prefix` without its dash and
    /// eight hexadecimal digits that depend on `rest` alone, as the CNI plugins name their veths.
    ///
    /// `prefix` and `rest` are made of legal characters already; `prefix` is at most seven bytes long.
    pub fn derived(prefix: &str, rest: &str) -> Self {
        let plain = format!("{prefix}{rest}");
        if plain.len() <= LINK_NAME_MAX {
            return LinkName(plain.into());
        }
        // FNV-1a, 32 bits: short, well spread, and the same on every machine and in every release.
        let hash = rest.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
        LinkName(format!("{}{hash:08x}", prefix.trim_end_matches('-')).into())
    }
}

/// What links are called that nobody named: one end of a pod's pipe, and of a cable, each with what its other end is
/// called before it is moved to its machine.
///
/// ```text
/// node-1:  cni0 ═ veth-pod-a ───────── (peer-pod-a, then) eth0  :pod-a
/// fabric:  underlay ═ node-1-eth0 ──── (peer-node-1-eth0, then) eth0  :node-1
/// ```
impl LinkName {
    /// A pod's interface on its node's bridge, as every container runtime calls it.
    pub fn of_pod() -> Self {
        LinkName("eth0".into())
    }

    /// The node's end of a pod's pipe.
    pub fn pod_port(pod: &MachineName) -> Self {
        Self::derived("veth-", pod.as_str())
    }

    /// The pod's end before it is moved.
    pub fn pod_peer(pod: &MachineName) -> Self {
        Self::derived("peer-", pod.as_str())
    }

    /// The fabric's end of an interface's cable.
    pub fn cable_port(machine: &MachineName, interface: &LinkName) -> Self {
        Self::derived("", &format!("{machine}-{interface}"))
    }

    /// The machine's end before it is moved.
    pub fn cable_peer(machine: &MachineName, interface: &LinkName) -> Self {
        Self::derived("peer-", Self::cable_port(machine, interface).as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_name_fits_in_ifnamsiz() {
        assert!("x".repeat(15).parse::<LinkName>().is_ok());
        assert_eq!("x".repeat(16).parse::<LinkName>(), Err(NameError::TooLong { len: 16, max: 15 }));
    }

    #[test]
    fn names_that_paths_or_shells_would_misread_are_refused() {
        for bad in ["", ".", "..", "a/b", "a b", "a\tb", "-rf", ".hidden", "a;b", "a$b", "ä", "a\0b", "a:b", "a@b"] {
            assert!(bad.parse::<MachineName>().is_err(), "{bad:?}");
            assert!(bad.parse::<LinkName>().is_err(), "{bad:?}");
            assert!(bad.parse::<LabName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn reserved_names_are_refused() {
        assert!("fabric".parse::<MachineName>().is_err());
        assert!("all".parse::<LinkName>().is_err());
    }

    #[test]
    fn derived_names_are_readable_where_they_fit_and_legal_always() {
        assert_eq!(LinkName::derived("veth-", "pod-a").as_str(), "veth-pod-a");
        let long = LinkName::derived("veth-", "coredns-5d78c9869d-abcde");
        assert_eq!(long.as_str().len(), 12);
        assert!(long.as_str().parse::<LinkName>().is_ok());
        assert_ne!(long, LinkName::derived("veth-", "coredns-5d78c9869d-abcdf"));
    }
}
