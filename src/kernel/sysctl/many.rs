//! Many sysctls at once.
//!
//! ```text
//! net.ipv4.conf.eth0.rp_filter   /proc/sys/net/ipv4/conf/eth0   opened once
//! net.ipv4.conf.eth0.proxy_arp   └─ rp_filter, proxy_arp        opened in it
//! ```
//!
//! The way to a file is longer the more namespaces there are: the kernel keeps what different namespaces call the same
//! in one chain. So every directory is walked to once.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use nix::fcntl::{OFlag, open, openat};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::Mode;
use nix::unistd::read;

use super::path;
use crate::kernel::netns::limits;
use crate::kernel::refusal::{Refusal, Result};
use crate::kernel::sandbox::Kernel;
use crate::network::watched;

/// The longest value: the kernel writes each of those that are numbers or names in one go.
const LONGEST: usize = 4096;

/// Reads sysctls of the calling thread's namespace. A key that is not there, or cannot be read, is left out. It is
/// faster when keys of one directory follow one another.
pub fn read_many<'a>(keys: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // The last directory and the one that it is in.
    let (mut outer, mut inner) = (Opened::default(), Opened::default());
    let mut buffer = [0; LONGEST];
    for key in keys {
        let Some(path) = path(key) else { continue };
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { continue };
        if inner.path != parent {
            let (Some(above), Some(last)) = (parent.parent(), parent.file_name()) else { continue };
            if outer.path != above {
                outer = Opened { path: above.to_owned(), directory: open(above, DIRECTORY, Mode::empty()).ok() };
            }
            let directory =
                outer.directory.as_ref().and_then(|outer| openat(outer, last, DIRECTORY, Mode::empty()).ok());
            inner = Opened { path: parent.to_owned(), directory };
        }
        let Some(directory) = &inner.directory else { continue };
        let Ok(file) = openat(directory, name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()) else { continue };
        if let Ok(length) = read(&file, &mut buffer) {
            let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
            found.insert(key.to_owned(), text.trim_end().to_owned());
        }
    }
    found
}

const DIRECTORY: OFlag = OFlag::O_PATH.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);

/// A directory, open if there is one.
#[derive(Default)]
struct Opened {
    path: PathBuf,
    directory: Option<OwnedFd>,
}

/// What a new namespace of this kernel has for these keys, and a new link in it: the kernel's defaults, or what the host
/// hands down to new namespaces (`net.core.devconf_inherit_init_net`).
///
/// # Errors
/// When no more namespaces can be made.
pub fn baseline<'a>(_kernel: &Kernel, keys: impl IntoIterator<Item = &'a str>) -> Result<BTreeMap<String, String>> {
    let keys: Vec<(&str, String)> = keys.into_iter().map(|key| (key, watched::of_a_new_link(key))).collect();
    let sources: std::collections::BTreeSet<&str> = keys.iter().map(|(_, source)| source.as_str()).collect();
    let doing = "make a namespace for the moment";
    let look = || {
        unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| limits(Refusal::new(doing, errno)))?;
        Ok(read_many(sources))
    };
    // A thread's own namespace ends with it.
    let values = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, look);
        let thread = thread.map_err(|error| Refusal::from_io("start a thread", &error))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let of = |(key, source): (&str, String)| Some((key.to_owned(), values.get(&source)?.clone()));
    Ok(keys.into_iter().filter_map(of).collect())
}
