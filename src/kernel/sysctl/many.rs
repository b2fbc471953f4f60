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
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, open, openat};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::Mode;

use super::path;
use crate::kernel::netns::limits;
use crate::kernel::refusal::{Refusal, Result};
use crate::kernel::sandbox::Kernel;
use crate::network::watched;

/// Reads sysctls of the calling thread's namespace. A key that is not there, or cannot be read, is left out. It is
/// faster when keys of one directory follow one another.
pub fn read_many<'a>(keys: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut last: Option<(PathBuf, Option<OwnedFd>)> = None;
    let mut buffer = Vec::new();
    for key in keys {
        let Some(path) = path(key) else { continue };
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { continue };
        if last.as_ref().is_none_or(|(open, _)| open != parent) {
            last = Some((parent.to_owned(), directory(parent)));
        }
        let Some((_, Some(directory))) = &last else { continue };
        let Ok(file) = openat(directory, name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()) else { continue };
        buffer.clear();
        if File::from(file).read_to_end(&mut buffer).is_ok() {
            found.insert(key.to_owned(), String::from_utf8_lossy(&buffer).trim_end().to_owned());
        }
    }
    found
}

fn directory(path: &Path) -> Option<OwnedFd> {
    open(path, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty()).ok()
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
    let looked = std::thread::scope(|scope| scope.spawn(look).join());
    let values = looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let of = |(key, source): (&str, String)| Some((key.to_owned(), values.get(&source)?.clone()));
    Ok(keys.into_iter().filter_map(of).collect())
}
