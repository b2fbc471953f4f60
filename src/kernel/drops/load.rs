//! The system call bpf(2): a ring, a program, and a program at a tracepoint. Each is a descriptor, and gone when it is
//! closed or the process ends.
//!
//! ```text
//! BPF_MAP_CREATE ─▶ ring        BPF_PROG_LOAD ─▶ program        BPF_RAW_TRACEPOINT_OPEN ─▶ link
//! ```
//!
//! What each takes is a part of `union bpf_attr`, `include/uapi/linux/bpf.h`; what follows the part counts as 0.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

/// `enum bpf_cmd`.
const MAP_CREATE: libc::c_int = 0;
const PROG_LOAD: libc::c_int = 5;
const RAW_TRACEPOINT_OPEN: libc::c_int = 17;

/// `BPF_MAP_TYPE_RINGBUF` and `BPF_PROG_TYPE_RAW_TRACEPOINT`.
const RINGBUF: u32 = 27;
const RAW_TRACEPOINT: u32 = 17;

/// The functions that read the kernel's memory are for programs under the GPL only. The kernel takes this for such.
const LICENSE: &[u8] = b"Dual MIT/GPL\0";

/// How others see it: `bpftool prog`.
const NAME: [u8; 16] = *b"netlab_drops\0\0\0\0";

/// How much the verifier may say.
const LOG: usize = 1 << 16;

#[repr(C)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: u32,
    inner_map_fd: u32,
    numa_node: u32,
    map_name: [u8; 16],
}

#[repr(C)]
struct ProgLoad {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; 16],
}

#[repr(C)]
struct RawTracepointOpen {
    name: u64,
    prog_fd: u32,
    padding: u32,
}

/// Makes a ring of so many bytes.
///
/// # Errors
/// `EPERM` where this process may not, `ENOSYS` where the kernel has no bpf(2), `EINVAL` where it knows no rings.
pub fn ring(size: u32) -> nix::Result<OwnedFd> {
    let attributes = MapCreate {
        map_type: RINGBUF,
        key_size: 0,
        value_size: 0,
        max_entries: size,
        map_flags: 0,
        inner_map_fd: 0,
        numa_node: 0,
        map_name: NAME,
    };
    // SAFETY: it has no pointers.
    unsafe { bpf(MAP_CREATE, &attributes) }
}

/// Has the kernel verify and translate a program for a raw tracepoint.
///
/// # Errors
/// The errno, and what the verifier said to it.
pub fn program(instructions: &[u64]) -> Result<OwnedFd, (Errno, String)> {
    // Without a log it goes faster.
    match program_with(instructions, &mut []) {
        Err(errno) if errno != Errno::EPERM => {
            let mut log = vec![0; LOG];
            let again = program_with(instructions, &mut log);
            let said = || CStr::from_bytes_until_nul(&log).unwrap_or_default().to_string_lossy().into_owned();
            again.map_err(|errno| (errno, said()))
        }
        other => other.map_err(|errno| (errno, String::new())),
    }
}

fn program_with(instructions: &[u64], log: &mut [u8]) -> nix::Result<OwnedFd> {
    let attributes = ProgLoad {
        prog_type: RAW_TRACEPOINT,
        insn_cnt: u32::try_from(instructions.len()).map_err(|_| Errno::E2BIG)?,
        insns: instructions.as_ptr() as u64,
        license: LICENSE.as_ptr() as u64,
        log_level: u32::from(!log.is_empty()),
        log_size: log.len() as u32,
        log_buf: if log.is_empty() { 0 } else { log.as_mut_ptr() as u64 },
        kern_version: 0,
        prog_flags: 0,
        prog_name: NAME,
    };
    // SAFETY: the instructions, the license with its zero byte and the log live through the call, with these lengths.
    unsafe { bpf(PROG_LOAD, &attributes) }
}

/// Runs a program whenever this tracepoint is passed, until the descriptor is closed.
///
/// # Errors
/// `ENOENT` where there is no such tracepoint; `EINVAL` where the program takes more than it tells.
pub fn attach(tracepoint: &CStr, program: BorrowedFd<'_>) -> nix::Result<OwnedFd> {
    let attributes =
        RawTracepointOpen { name: tracepoint.as_ptr() as u64, prog_fd: program.as_raw_fd() as u32, padding: 0 };
    // SAFETY: the name lives through the call.
    unsafe { bpf(RAW_TRACEPOINT_OPEN, &attributes) }
}

/// bpf(2) for a command that gives back a descriptor.
///
/// # Safety
/// `T` is the command's part of `union bpf_attr`, and what it points to is there with the lengths that it says.
unsafe fn bpf<T>(command: libc::c_int, attributes: &T) -> nix::Result<OwnedFd> {
    // SAFETY: the caller's promise; the size is given.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, &raw const *attributes, size_of::<T>()) };
    let descriptor = Errno::result(result).and_then(|number| i32::try_from(number).map_err(|_| Errno::EBADF))?;
    // SAFETY: the kernel has just made it, close-on-exec, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
