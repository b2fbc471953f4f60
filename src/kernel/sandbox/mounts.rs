//! The sandbox's view of the file system: the host's, with a `/run/netns` of its own.
//!
//! ```text
//! /run           tmpfs of the lab's own
//! /run/netns     empty: the lab's namespaces are mounted here
//! /run/.host     the host's /run
//! /run/X    ──▶  .host/X, for every X that the host's /run holds
//! ```
//!
//! The host may have no `/run/netns`, and an ordinary user could not make one; root could, but netlab leaves the host
//! as it is. So the lab gets a `/run` of its own. The links keep sockets and runtime files of the host within reach.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sys::stat::Mode;

use crate::kernel::refusal::{Refusal, Result};

const RUN: &str = "/run";
const HOST: &str = ".host";
const NOTHING: Option<&str> = None;

/// Gives the calling process, which has a mount namespace of its own, the sandbox's view.
pub fn arrange() -> Result<()> {
    let refused = |doing: &str| {
        let doing = doing.to_owned();
        move |errno| Refusal::new(doing, errno)
    };
    // Nothing that is mounted from here on may be seen by the host, nor the other way round.
    mount(NOTHING, "/", NOTHING, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NOTHING)
        .map_err(refused("make mounts private"))?;

    let names: Vec<_> = fs::read_dir(RUN)
        .map_err(|e| Refusal::from_io("read /run", &e))?
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name != "netns" && name != HOST)
        .collect();
    let host = open(RUN, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()).map_err(refused("open /run"))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("netlab"), RUN, Some("tmpfs"), flags, Some("mode=755")).map_err(refused("mount a tmpfs on /run"))?;

    let here = |e: std::io::Error| Refusal::from_io("arrange /run", &e);
    let back = Path::new(RUN).join(HOST);
    fs::create_dir(&back).map_err(here)?;
    // The handle still means the directory under the new mount.
    let under = format!("/proc/self/fd/{}", host.as_raw_fd());
    mount(Some(under.as_str()), &back, NOTHING, MsFlags::MS_BIND | MsFlags::MS_REC, NOTHING)
        .map_err(refused("keep the host's /run within reach"))?;
    fs::create_dir(Path::new(RUN).join("netns")).map_err(here)?;
    for name in names {
        symlink(Path::new(HOST).join(&name), Path::new(RUN).join(&name)).map_err(here)?;
    }
    Ok(())
}
