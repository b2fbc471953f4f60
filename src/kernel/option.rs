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
