//! Network namespaces by name, as `ip netns` keeps them.
//!
//! ```text
//! /run/netns/pod-a   an empty file, on which the namespace itself is bind-mounted: that holds it open
//! ```
//!
//! Opening is netns-rs's. Making is our own: a new namespace is made on the thread that goes on to build in it, which
//! takes a third of the time of netns-rs's thread for each (and a fiftieth of rtnetlink's, which forks).

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use netns_rs::{Env, NetNs};
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::statfs::{FsType, fstatfs, statfs};

use super::refusal::{Refusal, Result};
use crate::names::MachineName;

/// Where `ip netns` looks. Inside a lab's sandbox this directory is the lab's own.
pub const DIRECTORY: &str = "/run/netns";

/// The calling thread's namespace.
const CURRENT: &str = "/proc/thread-self/ns/net";

/// `NSFS_MAGIC`, `include/uapi/linux/magic.h`: what statfs(2) says of a namespace.
const NSFS: FsType = FsType(0x6e73_6673);

/// netns-rs's idea of a place, without its shared self-bind mount, which would show on the host.
#[derive(Debug, Clone, Copy)]
struct LabEnv;

impl Env for LabEnv {
    fn persist_dir(&self) -> PathBuf {
        DIRECTORY.into()
    }

    fn init(&self) -> netns_rs::Result<()> {
        Ok(())
    }
}

/// An open namespace.
#[derive(Debug)]
pub struct Netns(File);

impl AsFd for Netns {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn path(machine: &MachineName) -> PathBuf {
    Path::new(DIRECTORY).join(machine.as_str())
}

/// Whether this file is a namespace, and not the empty file that a killed maker left.
fn is_namespace(path: &Path) -> bool {
    statfs(path).is_ok_and(|fs| fs.filesystem_type() == NSFS)
}

impl Netns {
    /// The namespace that the calling thread is in.
    ///
    /// # Errors
    /// When no more files can be opened.
    pub fn current() -> Result<Self> {
        File::open(CURRENT).map(Netns).map_err(|e| Refusal::from_io("open the current namespace", &e))
    }

    /// The namespace of a machine.
    ///
    /// # Errors
    /// `ENOENT` when there is none.
    pub fn open(machine: &MachineName) -> Result<Self> {
        let doing = || format!("enter the namespace of {machine}");
        let missing =
            || Refusal::new(doing(), Errno::ENOENT).with_hint("`netlab status` lists the machines that exist so far");
        let open = NetNs::get_from_env(machine, LabEnv).map_err(|error| match error {
            netns_rs::Error::OpenNsError(_, e) if e.kind() != ErrorKind::NotFound => Refusal::from_io(doing(), &e),
            _ => missing(),
        })?;
        // The empty file that a killed maker left is no namespace.
        if fstatfs(open.file()).is_ok_and(|fs| fs.filesystem_type() != NSFS) {
            return Err(missing());
        }
        open.file().try_clone().map(Netns).map_err(|e| Refusal::from_io(doing(), &e))
    }

    /// Makes a machine's namespace. Afterwards the calling thread is in it.
    ///
    /// # Errors
    /// `EEXIST` when there is one already; `ENOSPC` when no more may be made.
    pub fn create(machine: &MachineName) -> Result<Self> {
        let path = path(machine);
        let doing = || format!("make the namespace {machine}");
        match OpenOptions::new().write(true).create_new(true).mode(0o444).open(&path) {
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists && !is_namespace(&path) => {}
            Err(e) => return Err(Refusal::from_io(doing(), &e)),
        }
        let made = unshare(CloneFlags::CLONE_NEWNET)
            .and_then(|()| mount(Some(CURRENT), &path, Some("none"), MsFlags::MS_BIND, None::<&str>));
        if let Err(errno) = made {
            // Best effort: the error to report is the one above.
            let _ = std::fs::remove_file(&path);
            return Err(limits(Refusal::new(doing(), errno)));
        }
        Netns::current()
    }

    /// Releases a machine's namespace. The kernel takes it apart once nobody uses it.
    ///
    /// # Errors
    /// `EINVAL` when there is none.
    pub fn delete(machine: &MachineName) -> Result<()> {
        let path = path(machine);
        let doing = || format!("delete the namespace {machine}");
        umount2(&path, MntFlags::MNT_DETACH).map_err(|errno| Refusal::new(doing(), errno))?;
        std::fs::remove_file(&path).map_err(|e| Refusal::from_io(doing(), &e))
    }

    /// Its inode number, by which the kernel tells namespaces apart.
    ///
    /// # Errors
    /// As fstat(2).
    pub fn inode(&self) -> Result<u64> {
        self.0
            .metadata()
            .map(|metadata| metadata.ino())
            .map_err(|e| Refusal::from_io("ask for a namespace's number", &e))
    }

    /// Takes the calling thread into this namespace.
    ///
    /// # Errors
    /// `EPERM` outside the sandbox.
    pub fn enter(&self) -> Result<()> {
        setns(self.as_fd(), CloneFlags::CLONE_NEWNET).map_err(|errno| Refusal::new("enter a network namespace", errno))
    }
}

/// Takes the calling thread from the fabric into a machine.
///
/// # Errors
/// `ENOENT` when there is none of this name.
pub fn enter(machine: &MachineName) -> Result<()> {
    if machine.is_fabric() { Ok(()) } else { Netns::open(machine)?.enter() }
}

/// Takes the calling thread from the fabric into a machine for one piece of work, and home again.
///
/// # Errors
/// When there is no such machine, or the work's own.
pub fn within<T>(machine: &MachineName, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let home = Netns::current()?;
    enter(machine)?;
    let done = work();
    // In any case: what follows takes this thread to be at home.
    home.enter()?;
    done
}

/// The machines whose namespaces there are.
///
/// # Errors
/// When the directory cannot be read.
pub fn list() -> Result<Vec<MachineName>> {
    let unreadable = |e: std::io::Error| Refusal::from_io(format!("read {DIRECTORY}"), &e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(DIRECTORY).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A name that no file could have given is somebody's own `ip netns add`: not a machine of ours.
        let Some(machine) = entry.file_name().to_str().and_then(|name| name.parse::<MachineName>().ok()) else {
            continue;
        };
        if is_namespace(&entry.path()) {
            found.push(machine);
        }
    }
    Ok(found)
}

/// Removes the empty files of these names that somebody left who was killed while they made or deleted a namespace: `ip
/// netns` would list them, and could enter none of them.
pub fn sweep<'m>(machines: impl Iterator<Item = &'m MachineName>) {
    for path in machines.map(path) {
        if path.is_file() && !is_namespace(&path) {
            // Best effort: it is in nobody's way.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Adds the numbers to a refusal to make one more namespace.
pub(super) fn limits(refusal: Refusal) -> Refusal {
    if !matches!(refusal.errno, Errno::ENOSPC | Errno::EUSERS) {
        return refusal;
    }
    let limit = |name: &str| std::fs::read_to_string(format!("/proc/sys/user/{name}")).unwrap_or_default();
    let hint = format!(
        "a limit is reached: /proc/sys/user/max_net_namespaces is {} here (and /proc/sys/fs/mount-max limits mounts); \
         a smaller topology fits, or root can raise it",
        limit("max_net_namespaces").trim()
    );
    refusal.with_hint(hint)
}
