//! To try everything that is demanded, with real packets.
//!
//! ```text
//! block ─small─▶ answered ─full size─▶ path MTU
//!          │ lost: neighbours that nobody found are forgotten, and what was lost is tried once more
//!          └────────▶ lost twice is lost
//! ports ─call─▶ answered, refused, silence
//! ```

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::blocks;
use super::census::{Census, Number, Role};
use super::demand::Demand;
use super::neighbours::Known;
use super::path_mtu::{PathMtu, Walk, walk};
use crate::kernel::calls::{Call, call};
use crate::kernel::refusal::Result;
use crate::kernel::volley::{Echo, Shot, Volley};
use crate::kernel::worker::Worker;
use crate::kernel::{Kernel, signal};
use crate::names::MachineName;
use crate::network::Namespaces;

/// Bytes behind the ICMP header: what ping sends.
const SMALL: usize = 56;

/// What became of one demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What was demanded.
    pub demand: Demand,
    /// The sender or the receiver, where that is not there.
    pub missing: Option<Number>,
    /// What was heard; nothing where there is no machine to send from.
    pub echo: Option<Echo>,
    /// Where it arrived, if anywhere, and under which address.
    pub arrived: Option<(MachineName, IpAddr)>,
    /// How large a packet fits through, if that was tried.
    pub path_mtu: Option<PathMtu>,
}

/// Tries them all in the machines that were `seen`. `progress` is told how many more are done.
///
/// # Errors
/// When the machine refuses: no more files, no sockets.
pub fn run(
    kernel: &Kernel,
    census: &Census,
    seen: &Namespaces,
    mut demands: Vec<Demand>,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<Trial>> {
    demands.sort_by_key(|demand| !demand.is_ping());
    let pings = demands.iter().filter(|demand| demand.is_ping()).count();
    let (pings, ports) = demands.split_at_mut(pings);
    let blocks = blocks::cut(census, pings);
    let mut ground = Ground::open(kernel, census, seen)?;
    let mut trials = Vec::with_capacity(pings.len() + ports.len());
    for block in blocks {
        if signal::asked_to_stop() {
            return Ok(trials);
        }
        let some = pings.get(block).unwrap_or_default();
        trials.extend(ground.pings(some)?);
        progress(some.len());
    }
    trials.extend(ground.calls(ports)?);
    progress(ports.len());
    Ok(trials)
}

/// Where it is tried.
struct Ground<'a> {
    kernel: &'a Kernel,
    census: &'a Census,
    worker: Worker,
    /// The machines that there are.
    machines: Vec<MachineName>,
    /// The place there of each that is in the plan.
    places: HashMap<Number, usize>,
    /// The MTUs of each machine's links, the largest first.
    mtus: Vec<Vec<u32>>,
    volley: Volley,
    /// The neighbours that they know.
    known: Known,
}

impl<'a> Ground<'a> {
    fn open(kernel: &'a Kernel, census: &'a Census, seen: &Namespaces) -> Result<Self> {
        let machines: Vec<MachineName> = seen.keys().cloned().collect();
        let mtus = seen.values().map(|ns| {
            let links = ns.links.iter().filter(|link| link.up && link.name != "lo");
            let mtus: BTreeSet<u32> = links.map(|link| link.mtu).collect();
            mtus.into_iter().rev().collect()
        });
        let places = machines.iter().enumerate().filter_map(|(at, name)| Some((census.number(name)?, at)));
        let mut worker = Worker::new(kernel)?;
        Ok(Ground {
            known: Known::look(kernel, &mut worker, &machines)?,
            kernel,
            census,
            worker,
            mtus: mtus.collect(),
            places: places.collect(),
            volley: Volley::open(kernel, &machines)?,
            machines,
        })
    }

    /// Pings.
    fn pings(&mut self, demands: &[Demand]) -> Result<Vec<Trial>> {
        let machines = self.concerned(demands);
        let shots: Vec<Option<Shot>> = demands.iter().map(|demand| self.shot(demand)).collect();
        let mut echoes = vec![None; demands.len()];
        self.fire(&shots, &mut echoes, |_| true)?;
        let is_lost =
            |demand: &Demand, echo: &Option<Echo>| demand.reachable && echo.as_ref().is_some_and(|echo| !echo.answered);
        let lost: Vec<bool> = demands.iter().zip(&echoes).map(|(demand, echo)| is_lost(demand, echo)).collect();
        if lost.contains(&true) {
            self.known.restore(self.kernel, &mut self.worker, &machines, true)?;
            self.fire(&shots, &mut echoes, |index| lost.get(index) == Some(&true))?;
        }
        let path_mtus = self.path_mtus(demands, &shots, &echoes)?;
        self.known.restore(self.kernel, &mut self.worker, &machines, false)?;
        let trials = demands.iter().zip(echoes).zip(path_mtus);
        Ok(trials.map(|((demand, echo), path_mtu)| self.trial(demand, echo, path_mtu)).collect())
    }

    /// Who may meet a new neighbour by these: the ends, their nodes, and the hosts, which may route.
    fn concerned(&self, demands: &[Demand]) -> Vec<MachineName> {
        let ends = demands.iter().flat_map(|demand| std::iter::once(demand.from).chain(demand.to));
        let mut numbers: BTreeSet<Number> = ends.flat_map(|end| [end, self.census.node_of(end)]).collect();
        numbers.extend(self.census.all(|role| role == Role::Host));
        numbers.into_iter().filter_map(|number| self.machines.get(*self.places.get(&number)?).cloned()).collect()
    }

    fn shot(&self, demand: &Demand) -> Option<Shot> {
        let from = *self.places.get(&demand.from)?;
        Some(Shot { from, to: demand.address, size: SMALL, dont_fragment: false })
    }

    /// Sends those that are meant.
    fn fire(
        &mut self,
        shots: &[Option<Shot>],
        echoes: &mut [Option<Echo>],
        meant: impl Fn(usize) -> bool,
    ) -> Result<()> {
        let (places, some): (Vec<usize>, Vec<Shot>) = shots
            .iter()
            .enumerate()
            .filter(|(index, _)| meant(*index))
            .filter_map(|(i, shot)| Some((i, (*shot)?)))
            .unzip();
        for (place, echo) in places.into_iter().zip(self.volley.fire(&some)?) {
            if let Some(slot) = echoes.get_mut(place) {
                *slot = Some(echo);
            }
        }
        Ok(())
    }

    /// How large packets fit through, of those that are to be answered and were.
    fn path_mtus(
        &mut self,
        demands: &[Demand],
        shots: &[Option<Shot>],
        echoes: &[Option<Echo>],
    ) -> Result<Vec<Option<PathMtu>>> {
        let mut walks = Vec::new();
        for (index, ((demand, shot), echo)) in demands.iter().zip(shots).zip(echoes).enumerate() {
            let answered = echo.as_ref().is_some_and(|echo| echo.answered);
            if let (Some(shot), true, true) = (shot, answered, demand.reachable) {
                let mtus = self.mtus.get(shot.from).cloned().unwrap_or_default();
                walks.push((index, Walk { from: shot.from, to: shot.to, mtus }));
            }
        }
        let (indexes, walks): (Vec<usize>, Vec<Walk>) = walks.into_iter().unzip();
        let mut found = vec![None; demands.len()];
        for (index, path_mtu) in indexes.into_iter().zip(walk(&mut self.volley, &walks)?) {
            if let Some(slot) = found.get_mut(index) {
                *slot = path_mtu;
            }
        }
        Ok(found)
    }

    /// Knocks at ports.
    fn calls(&mut self, demands: &[Demand]) -> Result<Vec<Trial>> {
        let place = |number: Number| self.places.get(&number).copied();
        let calls: Vec<Option<Call>> = demands
            .iter()
            .map(|demand| {
                let (to, protocol, door) = (demand.address, demand.protocol, demand.to.and_then(place));
                Some(Call { from: place(demand.from)?, to, protocol, door })
            })
            .collect();
        let some: Vec<Call> = calls.iter().flatten().copied().collect();
        let mut echoes = call(self.kernel, &self.machines, &some)?.into_iter();
        let echoes: Vec<Option<Echo>> = calls.iter().map(|call| call.and_then(|_| echoes.next())).collect();
        Ok(demands.iter().zip(echoes).map(|(demand, echo)| self.trial(demand, echo, None)).collect())
    }

    fn trial(&self, demand: &Demand, echo: Option<Echo>, path_mtu: Option<PathMtu>) -> Trial {
        let arrival = echo.as_ref().and_then(|echo| echo.arrived);
        let arrived = arrival.and_then(|arrival| Some((self.machines.get(arrival.at)?.clone(), arrival.from)));
        let missing = std::iter::once(demand.from).chain(demand.to).find(|end| !self.places.contains_key(end));
        Trial { demand: demand.clone(), missing, echo, arrived, path_mtu }
    }
}
