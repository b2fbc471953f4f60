//! The sandbox's view of the file system: the host's, with a `/run/netns` of its own.
//!
//! ```text
//! /run           tmpfs of the lab's own
//! /run/netns     empty: the lab's namespaces are mounted here, and `netlab shell` sees the same ones
//! /run/.host     the host's /run
//! /run/cni       not there at first: the leases of the lab's nodes (`crate::network::ipam`)
//! /run/X    ──▶  .host/X, for every other X that the host's /run holds
//! ```
//!
//! The host may have no `/run/netns`, and an ordinary user could not make one; root could, but netlab leaves the host
//! as it is. So the lab gets a `/run` of its own. The links keep sockets and runtime files of the host within reach.
//!
//! A shell has a mount namespace of its own, for its `/sys`. `/run/netns` is a shared mount (mount_namespaces(7)), the
//! only one: what is mounted there in one of them is mounted in all.

use std::ffi::CStr;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

use crate::kernel::netns::DIRECTORY;
use crate::kernel::refusal::{Refusal, Result};

const RUN: &str = "/run";
const HOST: &str = ".host";
/// What the lab has of its own: the host's namespaces, and the leases of its CNI plugins, are none of the lab's.
const OWN: [&str; 3] = ["netns", "cni", HOST];
const NOTHING: Option<&str> = None;

/// Gives the calling process, which has a mount namespace of its own, the sandbox's view. `mark` is what the tmpfs
/// calls its source.
pub fn arrange(mark: &str) -> Result<()> {
    let refused = |doing: &str| {
        let doing = doing.to_owned();
        move |errno| Refusal::new(doing, errno)
    };
    // Nothing that is mounted from here on is seen by the host. The other way round it may be: a disk that the host
    // unmounts must not be kept busy by a lab.
    let apart = MsFlags::MS_REC | MsFlags::MS_SLAVE;
    mount(NOTHING, "/", NOTHING, apart, NOTHING).map_err(refused("keep the lab's mounts apart"))?;

    let names: Vec<_> = fs::read_dir(RUN)
        .map_err(|e| Refusal::from_io("read /run", &e))?
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| !OWN.iter().any(|own| name == own))
        .collect();
    let host = clone_tree(c"/run").map_err(refused("copy the mounts of /run"))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some(mark), RUN, Some("tmpfs"), flags, Some("mode=755")).map_err(refused("mount a tmpfs on /run"))?;

    let here = |e: std::io::Error| Refusal::from_io("arrange /run", &e);
    let back = Path::new(RUN).join(HOST);
    fs::create_dir(&back).map_err(here)?;
    attach_tree(host.as_fd(), c"/run/.host").map_err(refused("keep the host's /run within reach"))?;
    fs::create_dir(DIRECTORY).map_err(here)?;
    // Only a mount can be shared, so the directory is mounted on itself; `ip netns add` would do the same.
    let bind = mount(Some(DIRECTORY), DIRECTORY, NOTHING, MsFlags::MS_BIND, NOTHING);
    bind.and_then(|()| mount(NOTHING, DIRECTORY, NOTHING, MsFlags::MS_SHARED, NOTHING))
        .map_err(refused("share the names of namespaces with the lab's shells"))?;
    for name in names {
        symlink(Path::new(HOST).join(&name), Path::new(RUN).join(&name)).map_err(here)?;
    }
    Ok(())
}

/// `OPEN_TREE_CLONE` and `AT_RECURSIVE`, `include/uapi/linux/mount.h`: a copy of a mount and of those in it, that is
/// mounted nowhere yet. (A bind mount by name would, after the tmpfs, find the tmpfs.)
const CLONE_RECURSIVE: u32 = 1 | 0x8000;
/// `MOVE_MOUNT_F_EMPTY_PATH`: the source is the descriptor itself.
const FROM_DESCRIPTOR: u32 = 4;

fn clone_tree(path: &CStr) -> nix::Result<OwnedFd> {
    let flags = CLONE_RECURSIVE | libc::O_CLOEXEC as u32;
    // SAFETY: open_tree(2) reads a path and returns a new descriptor or an error.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) })?;
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn attach_tree(tree: BorrowedFd<'_>, path: &CStr) -> nix::Result<()> {
    let (from, at) = (tree.as_raw_fd(), libc::AT_FDCWD);
    // SAFETY: move_mount(2) reads two paths, the first of which is empty.
    let moved = unsafe { libc::syscall(libc::SYS_move_mount, from, c"".as_ptr(), at, path.as_ptr(), FROM_DESCRIPTOR) };
    Errno::result(moved).map(drop)
}
