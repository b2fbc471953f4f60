//! Sysctls of the namespace that the calling thread is in.
//!
//! ```text
//! net.ipv4.ip_forward                → /proc/sys/net/ipv4/ip_forward
//! net.ipv4.conf.eth0/100.rp_filter   → /proc/sys/net/ipv4/conf/eth0.100/rp_filter
//! ```
//!
//! `/proc/sys/net` follows the calling *thread* (unlike `/proc/net`, which follows the main one).

mod many;

use std::fs;
use std::path::PathBuf;

use nix::errno::Errno;

use super::refusal::{Refusal, Result};

pub use many::{baseline, read_many};

/// The file behind a dotted key: dots separate, and a slash stands for a dot inside a component, as sysctl(8) has it.
/// A key whose first separator is a slash is a path already. None for a key that would lead out of `/proc/sys`.
fn path(key: &str) -> Option<PathBuf> {
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
    let plain = relative.split('/').all(|part| !matches!(part, "" | "." | ".."));
    plain.then(|| PathBuf::from("/proc/sys").join(relative))
}

/// The file behind a key, or the refusal to touch another one.
fn file(doing: &str, key: &str) -> Result<PathBuf> {
    path(key).ok_or_else(|| Refusal::new(doing, Errno::EINVAL).with_hint(format!("{key} is not the key of a sysctl")))
}

/// Writes a sysctl.
///
/// # Errors
/// What the kernel says: `ENOENT` for an unknown key, `EINVAL` for a value that it cannot take.
pub fn write(key: &str, value: &str) -> Result<()> {
    let doing = format!("set {key} to {value}");
    // With its newline: to write nothing at all would leave a sysctl as it is, and not empty it.
    fs::write(file(&doing, key)?, format!("{value}\n")).map_err(|error| {
        let refusal = Refusal::from_io(doing, &error);
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
    let doing = format!("read {key}");
    fs::read_to_string(file(&doing, key)?)
        .map(|text| text.trim_end().to_owned())
        .map_err(|error| Refusal::from_io(doing, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_separate_and_slashes_stand_for_dots() {
        let file = |text: &str| Some(PathBuf::from(text));
        assert_eq!(path("net.ipv4.ip_forward"), file("/proc/sys/net/ipv4/ip_forward"));
        let dotted = "/proc/sys/net/ipv4/conf/eth0.100/rp_filter";
        assert_eq!(path("net.ipv4.conf.eth0/100.rp_filter"), file(dotted));
        assert_eq!(path("net/ipv4/conf/eth0.100/rp_filter"), file(dotted));
    }

    #[test]
    fn no_key_leads_out_of_proc_sys() {
        for key in ["net.ipv4.//.//.kernel.panic", "net/../kernel/panic", "/kernel/panic", "net..ipv4", "", "."] {
            assert_eq!(path(key), None, "{key}");
        }
    }
}
