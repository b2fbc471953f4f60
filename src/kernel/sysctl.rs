//! Sysctls of the namespace that the calling thread is in.
//!
//! ```text
//! net.ipv4.ip_forward                → /proc/sys/net/ipv4/ip_forward
//! net.ipv4.conf.eth0/100.rp_filter   → /proc/sys/net/ipv4/conf/eth0.100/rp_filter
//! ```
//!
//! `/proc/sys/net` follows the calling *thread* (unlike `/proc/net`, which follows the main one).

use std::fs;
use std::path::PathBuf;

use nix::errno::Errno;

use super::refusal::{Refusal, Result};

/// The file behind a dotted key: dots separate, and a slash stands for a dot inside a component, as sysctl(8) has it.
/// A key whose first separator is a slash is a path already.
fn path(key: &str) -> PathBuf {
    let slashes_first = key.find('/').unwrap_or(usize::MAX) < key.find('.').unwrap_or(usize::MAX);
    let relative: String = match slashes_first {
        true => key.into(),
        false => key
            .chars()
            .map(|c| {
                if c == '.' {
                    '/'
                } else if c == '/' {
                    '.'
                } else {
                    c
                }
            })
            .collect(),
    };
    PathBuf::from("/proc/sys").join(relative)
}

/// Writes a sysctl.
///
/// # Errors
/// What the kernel says: `ENOENT` for an unknown key, `EINVAL` for a value that it cannot take.
pub fn write(key: &str, value: &str) -> Result<()> {
    fs::write(path(key), value).map_err(|error| {
        let refusal = Refusal::from_io(format!("set {key} to {value}"), &error);
        match refusal.errno {
            Errno::ENOENT => refusal.with_hint("this kernel has no such sysctl: `sysctl -a` lists those it has"),
            Errno::EINVAL => refusal.with_hint("the kernel does not take this value"),
            Errno::EACCES | Errno::EPERM => refusal.with_hint("this sysctl can only be read, or only root can set it"),
            _ => refusal,
        }
    })
}

/// Reads a sysctl as sysctl(8) prints it (tabs stay), without the newline.
///
/// # Errors
/// `ENOENT` for an unknown key.
pub fn read(key: &str) -> Result<String> {
    fs::read_to_string(path(key))
        .map(|text| text.trim_end().to_owned())
        .map_err(|error| Refusal::from_io(format!("read {key}"), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_separate_and_slashes_stand_for_dots() {
        assert_eq!(path("net.ipv4.ip_forward"), PathBuf::from("/proc/sys/net/ipv4/ip_forward"));
        assert_eq!(
            path("net.ipv4.conf.eth0/100.rp_filter"),
            PathBuf::from("/proc/sys/net/ipv4/conf/eth0.100/rp_filter")
        );
        assert_eq!(
            path("net/ipv4/conf/eth0.100/rp_filter"),
            PathBuf::from("/proc/sys/net/ipv4/conf/eth0.100/rp_filter")
        );
    }
}
