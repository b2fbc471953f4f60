//! Everything that is observed: the probes and what the lab does with them.
//!
//! ```text
//! open sockets everywhere ─▶ look at links and neighbours ─▶ probes ─▶ rules and drops are read ─▶ probes for their times
//! ```

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::ask::{Request, Target};
use super::legs::Known;
use super::outcome::{Leg, Sighting};
use super::run::{Fate, Run};
use super::scene::Drop;
use super::stations::{Stations, count, on_the_path};
use crate::error::{Error, Result};
use crate::kernel::counters::moved;
use crate::kernel::drops::{Dropped, Drops, Unavailable, symbols};
use crate::kernel::mark::Mark;
use crate::kernel::netns::within;
use crate::kernel::nft::watch::Event;
use crate::kernel::observe::{View, observe};
use crate::kernel::probe::{Cookie, Prober, Question};
use crate::kernel::{Kernel, ready};
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::plan::Plan;

use super::frame::Frame;
use super::legs::Role;

/// How long the kernel mostly takes to begin with time stamps on frames, once somebody asks for them. Where it takes longer,
/// the first probe shows it, and is sent again.
const STAMPS: Duration = Duration::from_millis(5);

/// How many probes are sent for their times alone.
const TIMED: u32 = 3;

/// How long links may take to come to rest before the probe: a port forwards a second after its link is up, at most.
const REST: Duration = Duration::from_millis(2500);

/// What was observed.
#[derive(Debug)]
pub struct Gathered {
    /// Who sent.
    pub source: MachineName,
    /// What was sent.
    pub question: Question,
    /// Who is meant.
    pub destination: Option<MachineName>,
    /// Where it was listened, still open.
    pub stations: Stations,
    /// Links, addresses and neighbours before the probe.
    pub before: Namespaces,
    /// How the packets are known.
    pub known: Known,
    /// All frames, in order.
    pub frames: Vec<Sighting>,
    /// What became of each probe.
    pub fates: Vec<Fate>,
    /// The probe that is told of, by its number: the first one that was lost, or the first one.
    pub told: u32,
    /// What nftables did, by machine.
    pub events: BTreeMap<MachineName, Vec<Event>>,
    /// The kernel's drops of the probe that is told of; none where it may not be asked.
    pub drops: Option<Vec<Drop>>,
    /// The counters that moved.
    pub moved: BTreeMap<MachineName, Vec<(String, u64)>>,
    /// What sends probes for their times alone, and how they are known.
    timer: Option<(Prober, Known)>,
    /// What could not be observed.
    pub notes: Vec<String>,
}

/// Sends the probes, and observes.
///
/// # Errors
/// When the request names something that is not there, or the machine refuses to listen.
pub fn gather(kernel: &Kernel, plan: &Plan, request: &Request) -> Result<Gathered> {
    let destination = match &request.target {
        Target::Machine(machine) => Some(machine.clone()),
        Target::Address(..) => None,
    };
    let ends: Vec<&MachineName> = std::iter::once(&request.source).chain(&destination).collect();
    let machines = on_the_path(plan, &ends)?;
    if !machines.contains(&request.source) {
        return Err(Error::usage(format!("{} does not exist yet, or not any more", request.source))
            .help("`netlab status` shows how far the lab has come; `netlab up` does what is missing"));
    }
    let question = request.question(kernel, plan)?;
    let open = |cookie| within(&request.source, || Prober::open(question, cookie));
    let (cookie, for_time) = (Cookie::draw()?, Cookie::draw()?);
    let (mut prober, timer) = (open(cookie)?, open(for_time)?);
    let known = Known { cookie, udp_port: prober.port() };
    let timed = Known { cookie: for_time, udp_port: timer.port() };

    let traced = prober.marks();
    let marks: Vec<_> = traced.iter().cloned().chain(timer.marks()).collect();
    let mut notes = Vec::new();
    let mut drops = attach(&traced, &mut notes);
    let stations = Stations::open(kernel, &machines, &marks, &traced)?;
    let listening = Instant::now();
    let before = look(kernel, &machines)?;
    std::thread::sleep(STAMPS.saturating_sub(listening.elapsed()));

    let (source, patience) = (&request.source, request.patience);
    let run = Run { source, stations: &stations, net: &before, known, patience };
    let mut frames = Vec::new();
    let mut sent: Vec<(u32, Fate)> = Vec::new();
    let (mut events, mut missed) = (BTreeMap::<MachineName, Vec<Event>>::new(), false);
    for number in 0..request.count {
        sent.push(run.fair_probe(&mut prober, number, &mut frames)?);
        // An ordinary user's sockets hold a few hundred events.
        let (new, lost) = stations.events();
        new.into_iter().for_each(|(machine, new)| events.entry(machine).or_default().extend(new));
        missed |= lost;
    }
    let lost = sent.iter().find(|(_, fate)| *fate != Fate::Answered);
    let told = lost.or(sent.first()).map_or(0, |(number, _)| *number);
    let fates = sent.into_iter().map(|(_, fate)| fate).collect();
    let dropped = drops.as_mut().map(Drops::read);
    let dropped = dropped.map(|all| locate(all, |d| ours(d, &stations, &before, &known, told)));
    if missed || drops.as_ref().is_some_and(Drops::overflowed) {
        notes.push("the kernel told more than could be heard: rules or drops may be missing".into());
    }
    if !stations.are_watched() {
        notes.push("this kernel's nftables cannot be watched (Linux 5.12): rules are read, and not seen to act".into());
    }

    let counted = count(stations.0.keys().cloned())?;
    let moved = counted
        .iter()
        .filter_map(|(machine, now)| Some((machine.clone(), moved(&stations.0.get(machine)?.counted, now))));
    let moved = moved.collect();
    if stations.overflowed() > 0 {
        notes.push("more frames came than could be heard: the journey may have gaps".into());
    }
    frames.sort_by_key(|sighting| sighting.at);
    Ok(Gathered {
        source: request.source.clone(),
        question,
        destination,
        stations,
        before,
        known,
        frames,
        fates,
        told,
        events,
        drops: dropped,
        moved,
        timer: Some((timer, timed)),
        notes,
    })
}

impl Gathered {
    /// Sends probes for their times alone, which no rule follows; all their frames, in order, and how they are known. Once
    /// it is done, no netfilter socket should be closed here: each would wait until the temporary rules are gone for good.
    ///
    /// # Errors
    /// When the sockets cannot be read.
    pub fn time(&mut self) -> Result<(Vec<Sighting>, Option<Known>)> {
        let Some((mut timer, known)) = self.timer.take() else { return Ok((Vec::new(), None)) };
        self.stations.stop_watching();
        let source = &self.source;
        let run = Run { source, stations: &self.stations, net: &self.before, known, patience: None };
        let mut frames = Vec::new();
        for number in 0..TIMED {
            run.probe(&mut timer, number, &mut frames)?;
        }
        frames.sort_by_key(|sighting| sighting.at);
        Ok((frames, Some(known)))
    }
}

/// Begins to hear of drops, where that is allowed.
fn attach(marks: &[Mark], notes: &mut Vec<String>) -> Option<Drops> {
    match Drops::attach(marks) {
        Ok(Ok(drops)) => Some(drops),
        // That of an ordinary user is no news: everything else is observed.
        Ok(Err(Unavailable::Forbidden)) => None,
        Ok(Err(why)) => {
            notes.push(why.to_string());
            None
        }
        // It is one witness among others.
        Err(refusal) => {
            notes.push(format!("the kernel does not tell why it drops packets: {refusal}"));
            None
        }
    }
}

/// Links and neighbours, once links have come to rest: what was set up just now may take a moment.
fn look(kernel: &Kernel, machines: &[MachineName]) -> Result<Namespaces> {
    let view = View { neighbours: true, peers: true, ..View::LINKS };
    let seen = observe(kernel, machines, &view)?;
    if seen.values().all(ready::is_settled) {
        return Ok(seen);
    }
    ready::settle(kernel, machines, REST)?;
    Ok(observe(kernel, machines, &view)?)
}

/// The drops that are of interest, with their place in the kernel's code where the reason says nothing.
fn locate(all: Vec<Dropped>, ours: impl Fn(Dropped) -> Option<Drop>) -> Vec<Drop> {
    let found: Vec<(u64, Drop)> = all.into_iter().filter_map(|d| Some((d.location, ours(d)?))).collect();
    let unclear = |(_, drop): &&(u64, Drop)| drop.leg.is_some() && drop.reason == UNCLEAR;
    let places: Vec<u64> = found.iter().filter(unclear).map(|(place, _)| *place).collect();
    let names = if places.is_empty() { BTreeMap::new() } else { symbols(&places) };
    let named = |(place, drop): (u64, Drop)| Drop { code: names.get(&place).cloned(), ..drop };
    found.into_iter().map(named).collect()
}

/// The reason of code that gives none (`SKB_DROP_REASON_NOT_SPECIFIED`).
const UNCLEAR: &str = "NOT_SPECIFIED";

/// A drop of the probe that is told of, or of a question for a neighbour, in a machine that is listened to.
fn ours(dropped: Dropped, stations: &Stations, net: &Namespaces, known: &Known, told: u32) -> Option<Drop> {
    let machine = stations.machine_of(dropped.namespace.into())?.clone();
    let links = &net.get(&machine)?.links;
    let interface = links.iter().find(|link| link.index == dropped.interface).map(|link| link.name.clone());
    let role = Frame::of_packet(&dropped.bytes).packet().and_then(|packet| known.role(packet));
    let leg = match role {
        Some(Role::Probe(number)) if number == told => Some(Leg::There),
        Some(Role::Answer(number)) if number == told => Some(Leg::Back),
        Some(_) => return None,
        None => None,
    };
    Some(Drop { at: dropped.at, machine, interface, reason: dropped.reason, code: None, leg })
}
