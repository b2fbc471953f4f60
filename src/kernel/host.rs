//! What the host allows: the facts behind `netlab doctor` and behind the hints of a refusal.
//!
//! ```text
//! /proc/sys/kernel/apparmor_restrict_unprivileged_userns = 1   → Ubuntu 24.04: user namespaces without powers
//! ```

use std::fs;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// `CAP_NET_ADMIN` and `CAP_SYS_ADMIN`, `include/uapi/linux/capability.h`.
const NETWORK_POWERS: u64 = (1 << 12) | (1 << 21);

/// Whether this process may make and configure namespaces as it is.
pub fn has_network_powers() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    bits & NETWORK_POWERS == NETWORK_POWERS
}

/// A number from a file of the kernel's, where it has that file.
pub fn setting(path: &str) -> Option<i64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// The settings that can forbid user namespaces to an ordinary user: the file, the value that forbids, the command
/// that allows.
const GATES: [(&str, i64, &str); 4] = [
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        1,
        "AppArmor restricts user namespaces (Ubuntu 24.04's default): \
         `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` allows them until the next boot",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        0,
        "user namespaces are switched off: `sudo sysctl -w kernel.unprivileged_userns_clone=1` allows them",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        0,
        "no user namespaces may be made: `sudo sysctl -w user.max_user_namespaces=10000` allows them",
    ),
    (
        "/proc/sys/user/max_net_namespaces",
        0,
        "no network namespaces may be made: `sudo sysctl -w user.max_net_namespaces=10000` allows them",
    ),
];

/// What keeps an ordinary user from making a sandbox, given what the kernel said, and what to do about it.
pub fn why_no_sandbox(errno: Errno) -> Option<String> {
    let closed = GATES.iter().find(|(path, forbids, _)| setting(path) == Some(*forbids));
    let why = match (closed, errno) {
        (Some((_, _, hint)), _) => hint,
        (None, Errno::ENOSPC | Errno::EUSERS) => {
            "a limit is reached: /proc/sys/user/max_user_namespaces, or another one beside it"
        }
        (None, Errno::EPERM | Errno::EACCES) => {
            "a security module or a container runtime (its seccomp profile) forbids user namespaces"
        }
        (None, _) => return None,
    };
    Some(format!("{why}; `sudo netlab` works either way"))
}

/// Raises the soft limit of open files to the hard one, for labs of thousands of machines. (The hard limit stays: to
/// raise it takes CAP_SYS_RESOURCE, which root may lack.)
pub fn allow_many_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // Best effort: a small lab needs no more than the soft limit.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
