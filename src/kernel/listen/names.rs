//! The names in `/run/netns`, and when to look at them again.
//!
//! ```text
//! ip netns add red:     /run/netns/red is an empty file · red's namespace is mounted on it      ← heard: look
//! ip netns delete red:  the namespace is unmounted ← heard: look · the file is removed
//! ```
//!
//! inotify(7) would tell of the files, which come before the mounts and go after them; and of a namespace that is merely
//! unmounted it says nothing. `/proc/…/mountinfo` tells of every mount, wherever it is: in a lab that is seldom another.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;

use nix::sys::stat::fstat;

use crate::kernel::netns::DIRECTORY;
use crate::kernel::refusal::{Refusal, Result};
use crate::names::MachineName;

/// Which namespace it is: device and inode, as long as somebody holds it open (namespaces(7)).
pub type Identity = (u64, u64);

/// Which namespace is open here.
pub fn identity(namespace: &impl AsFd) -> Option<Identity> {
    fstat(namespace).ok().map(|stat| (stat.st_dev, stat.st_ino))
}

/// The mounts of the calling thread's mount namespace: there is an error to poll for (`POLLERR`) once they have changed.
#[derive(Debug)]
pub struct Mounts(File);

impl Mounts {
    /// Begins to watch.
    pub fn watch() -> Result<Self> {
        let path = "/proc/thread-self/mountinfo";
        File::open(path).map(Mounts).map_err(|e| Refusal::from_io(format!("open {path}"), &e))
    }
}

impl AsFd for Mounts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The namespaces by name. What is no namespace, or not yet, is passed over, and so are names that no file could give.
pub fn look() -> Result<BTreeMap<MachineName, Identity>> {
    let unreadable = |e: std::io::Error| Refusal::from_io(format!("read {DIRECTORY}"), &e);
    let namespaces = fs::metadata("/proc/self/ns/net").map_err(unreadable)?.dev();
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(DIRECTORY).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_str().and_then(|name| name.parse::<MachineName>().ok());
        // One that has gone meanwhile is not there.
        if let (Some(name), Ok(file)) = (name, fs::metadata(entry.path()))
            && file.dev() == namespaces
        {
            found.insert(name, (file.dev(), file.ino()));
        }
    }
    Ok(found)
}
