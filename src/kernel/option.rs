//! Socket options that are a number.
//!
//! ```text
//! set(&socket, SOL_IP, IP_TTL, 1)  ──▶  setsockopt(2)
//! ```

use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;

/// Sets an option whose value is an int.
///
/// # Errors
/// As setsockopt(2).
pub fn set(socket: &impl AsFd, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> nix::Result<()> {
    // SAFETY: the value is an int that lives through the call, and its size is given.
    let done = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    Errno::result(done).map(drop)
}

/// Whether what a socket sends may be fragmented, and without regard to what was learned of the path before: a probe is to
/// find out for itself.
///
/// # Errors
/// As setsockopt(2).
pub fn fragmentation(socket: &impl AsFd, ipv6: bool, dont_fragment: bool) -> nix::Result<()> {
    match (ipv6, dont_fragment) {
        (false, true) => set(socket, libc::SOL_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_PROBE),
        (false, false) => set(socket, libc::SOL_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_DONT),
        (true, dont_fragment) => {
            let discover = if dont_fragment { libc::IPV6_PMTUDISC_PROBE } else { libc::IPV6_PMTUDISC_DONT };
            set(socket, libc::SOL_IPV6, libc::IPV6_MTU_DISCOVER, discover)?;
            set(socket, libc::SOL_IPV6, libc::IPV6_DONTFRAG, dont_fragment.into())
        }
    }
}
