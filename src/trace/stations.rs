//! Where to listen: the machines that can be on the path, and what is open in each of them.
//!
//! ```text
//! pod-a      ┐
//! node-1     │ each: a packet socket · nftrace · a socket to ask for routes · the counters as they were
//! fabric     │
//! pod-c      ┘
//! ```
//!
//! A lab of a few dozen machines is listened to as a whole. In a larger one, packets between two machines can meet nodes,
//! hosts and the fabric, and no other pods than the two.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::Kernel;
use crate::kernel::capture::{Capture, close_all};
use crate::kernel::counters::{self, Counters};
use crate::kernel::mark::Mark;
use crate::kernel::message;
use crate::kernel::netlink::{Bundle, Socket};
use crate::kernel::netns::{self, Netns, within};
use crate::kernel::nft::watch::{Event, Watch};
use crate::kernel::refusal::{Refusal, Result};
use crate::names::MachineName;
use crate::network::{Namespaces, Neighbour};
use crate::plan::{Kind, Plan};

use super::frame::Frame;
use super::outcome::Sighting;

/// Up to how many machines are all listened to.
pub const FEW: usize = 40;

/// One machine that is listened to.
#[derive(Debug)]
pub struct Station {
    capture: Capture,
    /// What nftables does with marked packets; none where the kernel cannot tell.
    watch: Option<Watch>,
    /// To ask for routes there.
    pub routes: Socket,
    /// What was counted before the probe.
    pub counted: Counters,
    /// The inode of its namespace, by which the kernel's drops name it.
    pub namespace: u64,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Stations(pub BTreeMap<MachineName, Station>);

/// The machines that a packet between these can meet, of those that there are.
///
/// # Errors
/// When the namespaces cannot be listed.
pub fn on_the_path(plan: &Plan, ends: &[&MachineName]) -> Result<Vec<MachineName>> {
    let there = netns::list()?;
    let few = there.len() <= FEW;
    let inner = |name: &MachineName| {
        !matches!(plan.member(name.as_str()).map(|member| &member.kind), Some(Kind::Pod { .. })) || ends.contains(&name)
    };
    let mut chosen: BTreeSet<MachineName> = there.into_iter().filter(|name| few || inner(name)).collect();
    chosen.insert(MachineName::fabric());
    Ok(chosen.into_iter().collect())
}

impl Stations {
    /// Opens them: frames with any of these marks are heard, and packets with those that are `traced` are followed
    /// through the rules.
    ///
    /// # Errors
    /// When no more files can be opened, or packets may not be listened to.
    pub fn open(_kernel: &Kernel, machines: &[MachineName], marks: &[Mark], traced: &[Mark]) -> Result<Self> {
        let mut stations = BTreeMap::new();
        for machine in machines {
            let open = || {
                let routes = Socket::open().map_err(|errno| Refusal::new("open a netlink socket", errno))?;
                let namespace = Netns::current()?.inode()?;
                let capture = Capture::open(marks)?;
                // A kernel before 5.12 has no tables that vanish with their owner: it is done without.
                let watch = Watch::open(traced).ok();
                Ok(Station { capture, watch, routes, counted: counters::read(), namespace })
            };
            stations.insert(machine.clone(), within(machine, open)?);
        }
        Ok(Stations(stations))
    }

    /// What was seen since the last call, each with the name of its machine and interface; not in order.
    ///
    /// # Errors
    /// When a socket cannot be read.
    pub fn read(&self, seen: &Namespaces) -> Result<Vec<Sighting>> {
        let mut found = Vec::new();
        for (machine, station) in &self.0 {
            for captured in station.capture.read()? {
                let links = seen.get(machine).map_or(&[][..], |ns| ns.links.as_slice());
                let link = links.iter().find(|link| link.index == captured.interface);
                found.push(Sighting {
                    at: captured.at,
                    machine: machine.clone(),
                    interface: link.map_or_else(|| format!("if{}", captured.interface), |link| link.name.clone()),
                    direction: captured.direction,
                    for_another: captured.for_another,
                    frame: Frame::of_ethernet(&captured.bytes),
                    bytes: captured.bytes,
                    length: captured.length,
                });
            }
        }
        Ok(found)
    }

    /// Whether nftables can be watched in all of them.
    pub fn are_watched(&self) -> bool {
        self.0.values().all(|station| station.watch.is_some())
    }

    /// What nftables was told to have done since the last call, by machine, and whether some of it was lost.
    pub fn events(&self) -> (BTreeMap<MachineName, Vec<Event>>, bool) {
        let mut lost = false;
        let mut read = |(machine, station): (&MachineName, &Station)| {
            let (events, missed) = station.watch.as_ref()?.read().ok()?;
            lost |= missed;
            Some((machine.clone(), events))
        };
        let events = self.0.iter().filter_map(&mut read).collect();
        (events, lost)
    }

    /// Takes the temporary rules away, so that packets pass as if nobody watched.
    pub fn stop_watching(&self) {
        self.0.values().filter_map(|station| station.watch.as_ref()).for_each(Watch::stop);
    }

    /// Has a machine forget neighbours that it asked for in vain.
    pub fn forget(&self, machine: &MachineName, index: u32, neighbour: &Neighbour) {
        let Some(station) = self.0.get(machine) else { return };
        let mut bundle = Bundle::default();
        let (message, flags) = message::neighbour_delete(index, neighbour);
        bundle.push(message, flags);
        // What it has forgotten meanwhile is as well.
        let _ = station.routes.send(&mut bundle);
    }

    /// The machine of a namespace's inode.
    pub fn machine_of(&self, namespace: u64) -> Option<&MachineName> {
        self.0.iter().find(|(_, station)| station.namespace == namespace).map(|(machine, _)| machine)
    }

    /// What to wait on.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.0.values().map(|station| &station.capture)
    }

    /// How many frames were lost for want of reading.
    pub fn overflowed(&self) -> u32 {
        self.captures().map(Capture::overflowed).sum()
    }

    /// Closes all of them at once.
    pub fn close(self) {
        close_all(self.0.into_values().collect());
    }
}

/// What is counted now, in these machines.
///
/// # Errors
/// When one cannot be entered.
pub fn count(machines: impl IntoIterator<Item = MachineName>) -> Result<BTreeMap<MachineName, Counters>> {
    machines.into_iter().map(|machine| Ok((machine.clone(), within(&machine, || Ok(counters::read()))?))).collect()
}
