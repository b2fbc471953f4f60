//! What happens in a lab, as the kernel tells it: which machines have changed since somebody looked.
//!
//! ```text
//! a learner types                     the kernel notifies            who waits hears
//! ip -n red addr add 10.244.1.2/24 …  red: RTNLGRP_IPV4_IFADDR   ─▶  [red]
//! sysctl -w net.ipv4.ip_forward=1     node-1: …_IPV4_NETCONF     ─▶  [node-1]
//! nft add table ip nat                node-1: NFNLGRP_NFTABLES   ─▶  [node-1]
//! ip netns add green                  a mount in /run/netns      ─▶  [green], and green is listened to from here on
//! ```
//!
//! The notifications are counted, not read: whoever hears of a machine looks at it again with
//! [`observe`](super::observe::observe). So one that the kernel drops because there are too many (`ENOBUFS`) costs
//! nothing. **Listen first, then look, then wait**: what changes while one looks is heard afterwards.
//!
//! The kernel says nothing of most sysctls. It does of forwarding, `rp_filter`, `proxy_arp`,
//! `ignore_routes_with_linkdown` and the like (`NETCONFA_*`, `include/uapi/linux/netconf.h`); for the others look now and
//! then. It does say that a neighbour has grown stale, which nobody did.

mod ear;
pub(super) mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;

use self::ear::Ear;
use self::names::{Mounts, identity};
use super::host;
use super::netns::Netns;
use super::refusal::{Refusal, Result};
use super::sandbox::Kernel;
use crate::names::MachineName;

/// How long to leave the names alone after a look at them: each mount calls for one, and a large lab that is being
/// brought up makes thousands of mounts.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// How long to sleep at most in one go: ppoll(2) takes no longer time than fits into its numbers.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Somebody who listens to all namespaces of a lab, also to those that are yet to come.
///
/// It holds two sockets in each. A socket keeps its namespace alive: one that somebody deletes is let go the next time
/// that [`Listener::wait`] runs.
#[derive(Debug)]
pub struct Listener {
    fabric: Netns,
    epoll: Epoll,
    mounts: Mounts,
    ears: BTreeMap<MachineName, Listened>,
    /// Whose sockets epoll means.
    tokens: BTreeMap<u64, MachineName>,
    next_token: u64,
    /// Where something has changed that nobody has been told of yet.
    changed: BTreeSet<MachineName>,
    looked: Instant,
    /// When to look at the names again, if there is a reason to.
    look_at: Option<Instant>,
}

/// A machine's ear, and which namespace it is in: a name may come to mean another.
#[derive(Debug)]
struct Listened {
    ear: Ear,
    token: u64,
    namespace: Option<names::Identity>,
}

/// What was heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// The machines in which something has changed, each once and in order of their names. One whose namespace was made
    /// or deleted has changed too.
    pub machines: Vec<MachineName>,
    /// Whether the other descriptor can be read, or is at its end.
    pub called: bool,
}

impl Listener {
    /// Listens from here on, in the fabric and in every namespace that there is. The calling thread is in the fabric,
    /// here and in [`Listener::wait`].
    ///
    /// # Errors
    /// `EMFILE` where so many files cannot be opened.
    pub fn new(_kernel: &Kernel) -> Result<Self> {
        host::allow_many_files();
        let refused = |errno| Refusal::new("make an epoll descriptor", errno);
        let mut listener = Listener {
            fabric: Netns::current()?,
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(refused)?,
            mounts: Mounts::watch()?,
            ears: BTreeMap::new(),
            tokens: BTreeMap::new(),
            next_token: 0,
            changed: BTreeSet::new(),
            looked: Instant::now(),
            look_at: None,
        };
        listener.listen_here(MachineName::fabric(), None)?;
        listener.look_at_names()?;
        listener.changed.clear();
        Ok(listener)
    }

    /// Waits until something has changed, `also` can be read (a terminal, an eventfd), or the time is over; what has
    /// changed since the last time counts. A signal ends the wait too: then, as when the time is over, nothing was heard.
    ///
    /// # Errors
    /// `EMFILE` where the sockets for one more namespace cannot be opened; waiting again tries again.
    pub fn wait(&mut self, timeout: Duration, also: Option<BorrowedFd<'_>>) -> Result<Heard> {
        let start = Instant::now();
        loop {
            let now = Instant::now();
            let left = timeout.saturating_sub(now - start).min(LONGEST);
            let rest = self.look_at.map_or(left, |at| left.min(at.saturating_duration_since(now)));
            let Some(called) = self.sleep(rest, also)? else { return Ok(Heard::default()) };
            self.drain()?;
            if self.look_at.is_some_and(|at| at <= Instant::now()) {
                self.look_at_names()?;
            }
            if called || !self.changed.is_empty() || start.elapsed() >= timeout {
                return Ok(Heard { machines: mem::take(&mut self.changed).into_iter().collect(), called });
            }
        }
    }

    /// Sleeps until there is news. Says whether `also` can be read; nothing when a signal came.
    fn sleep(&mut self, timeout: Duration, also: Option<BorrowedFd<'_>>) -> Result<Option<bool>> {
        // The mounts are not among what epoll waits for: they are changed for the first who asks only, and whoever polls
        // an epoll descriptor has it ask.
        let mut fds = vec![
            PollFd::new(self.mounts.as_fd(), PollFlags::POLLPRI),
            PollFd::new(self.epoll.0.as_fd(), PollFlags::POLLIN),
        ];
        fds.extend(also.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        match ppoll(&mut fds, Some(TimeSpec::from_duration(timeout)), None) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(None),
            Err(errno) => return Err(Refusal::new("wait for news of the lab", errno)),
        }
        let told = |index: usize| fds.get(index).is_some_and(|fd| fd.any().unwrap_or(true));
        if told(0) {
            self.look_at.get_or_insert(self.looked + BETWEEN_LOOKS);
        }
        Ok(Some(told(2)))
    }

    /// Empties all sockets, and remembers whose were not empty.
    fn drain(&mut self) -> Result<()> {
        let refused = |errno| Refusal::new("hear the news of the lab", errno);
        let mut events = vec![EpollEvent::empty(); 2 * self.ears.len()];
        let ready = match self.epoll.wait(&mut events, EpollTimeout::ZERO) {
            Err(Errno::EINTR) => 0,
            other => other.map_err(refused)?,
        };
        for event in events.iter().take(ready) {
            let Some(machine) = self.tokens.get(&event.data()) else { continue };
            if let Some(listened) = self.ears.get(machine)
                && listened.ear.drain().map_err(refused)?
            {
                self.changed.insert(machine.clone());
            }
        }
        Ok(())
    }

    /// Compares the names with those listened to: lets go of what is gone, listens to what is new. Both have changed.
    fn look_at_names(&mut self) -> Result<()> {
        self.looked = Instant::now();
        self.look_at = None;
        let there = names::look()?;
        self.ears.retain(|name, listened| {
            let same = listened.namespace.is_some() && there.get(name).copied() == listened.namespace;
            let stays = same || name.is_fabric();
            if !stays {
                self.tokens.remove(&listened.token);
                self.changed.insert(name.clone());
            }
            stays
        });
        let new: Vec<MachineName> = there.into_keys().filter(|name| !self.ears.contains_key(name)).collect();
        let mut failed = None;
        for name in new {
            if let Err(refusal) = self.listen_in(&name) {
                failed = Some(refusal);
                break;
            }
        }
        // Come home in any case: what follows takes this thread to be in the fabric.
        self.fabric.enter()?;
        let Some(refusal) = failed else { return Ok(()) };
        self.look_at = Some(self.looked + BETWEEN_LOOKS);
        Err(refusal)
    }

    /// Goes into a machine's namespace and listens there. Where there is none, it has gone meanwhile, or somebody has put
    /// something else in its place.
    fn listen_in(&mut self, machine: &MachineName) -> Result<()> {
        let open = || {
            let netns = Netns::open(machine)?;
            netns.enter().map(|()| netns)
        };
        match open() {
            Ok(netns) => {
                self.listen_here(machine.clone(), identity(&netns))?;
                self.changed.insert(machine.clone());
                Ok(())
            }
            Err(refusal) if matches!(refusal.errno, Errno::ENOENT | Errno::EINVAL) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    /// Listens in the namespace that the calling thread is in.
    fn listen_here(&mut self, machine: MachineName, namespace: Option<names::Identity>) -> Result<()> {
        let refused = |errno| Refusal::new(format!("listen to what changes in {machine}"), errno);
        let (ear, token) = (Ear::open().map_err(refused)?, self.next_token);
        self.next_token += 1;
        for socket in ear.sockets() {
            self.epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, token)).map_err(refused)?;
        }
        self.tokens.insert(token, machine.clone());
        self.ears.insert(machine, Listened { ear, token, namespace });
        Ok(())
    }
}
