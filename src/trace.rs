//! `netlab trace`: a probe's true journey there and back, and why it died if it did.
//!
//! ```text
//! Request ─ask─▶ Question ─stations, run─▶ sightings, rules that acted, drops, errors     what was observed
//!                                           │
//!                                        journey   which interface follows which          there, back
//!                                           │
//!                                        decide    route, neighbour, port, rule           explained, hop by hop
//!                                           │
//!                                        death     where it ended, and why                cause, evidence, fix
//! ```
//!
//! Everything is real: a program's packet, the kernel's path, listened to at every interface. Tables are read afterwards,
//! to explain what was seen; [`outcome::Evidence`] keeps the two apart.

pub mod ask;
pub mod cause;
mod death;
mod decide;
mod fix;
pub mod frame;
mod gather;
pub mod hooks;
pub mod icmp;
pub mod journey;
pub mod legs;
pub mod names;
pub mod outcome;
pub mod run;
pub mod scene;
pub mod stations;
pub mod wiring;

pub use ask::{Family, Request, Target};
pub use cause::{CAUSES, Cause};
pub use names::Names;
pub use outcome::{Asked, Death, Evidence, Fact, Hop, Leg, Outcome, Point, Rewrite, Sighting, Timing};

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::diff::{Expected, Mend};
use crate::error::Result;
use crate::kernel::netns::within;
use crate::kernel::observe::{View, observe};
use crate::kernel::probe::Protocol;
use crate::kernel::{Kernel, listeners};
use crate::names::MachineName;
use crate::network::{Namespaces, watched};
use crate::plan::Plan;
use crate::{repair, run as steps};
use gather::{Gathered, gather};
use hooks::{Act, Hook, Passage};
use legs::Role;
use run::Fate;
use scene::Scene;

/// Sends probes and tells of their journey. `in_force` are the steps of the plan that should be.
///
/// # Errors
/// When the request names something that is not there, or the machine refuses to listen.
pub fn trace(kernel: &Kernel, plan: &Plan, in_force: &BTreeSet<u32>, request: &Request) -> Result<Outcome> {
    let mut gathered = gather(kernel, plan, request)?;
    let mut outcome = tell(kernel, plan, in_force, request, &gathered)?;
    if gathered.fates.iter().all(|fate| *fate == Fate::Answered) {
        let (frames, known) = gathered.time()?;
        let (there, back) = (&mut outcome.there, &mut outcome.back);
        outcome.timing = known.and_then(|known| journey::time(there, back, &frames, &known, &gathered.before));
    }
    gathered.stations.close();
    Ok(outcome)
}

/// What the observations mean.
fn tell(kernel: &Kernel, plan: &Plan, in_force: &BTreeSet<u32>, request: &Request, seen: &Gathered) -> Result<Outcome> {
    let (mut there, mut back) = ways(request, seen);
    let arrived = there.last().map_or(&request.source, |hop| &hop.sighting.machine).clone();
    let asked = arrived_as(request.protocol, &there);
    let listeners = within(&arrived, || Ok(listeners::of(asked)))?;

    let fate = seen.fates.iter().find(|fate| **fate != Fate::Answered).unwrap_or(&Fate::Answered);
    let suspect = *fate != Fate::Answered || came_elsewhere(seen, &there);
    let net = look_again(kernel, plan, seen, &there, &back, suspect)?;
    let planned = plan.predict(|number| in_force.contains(&number));
    let mends = if suspect { mends(kernel, plan, in_force, &net)? } else { Vec::new() };
    let ends: Vec<&MachineName> = std::iter::once(&request.source).chain(&seen.destination).collect();
    let names = Names::between(&merged(&seen.before, &net), &plan.realms, &ends);
    let acts = acts(seen, &net, &there, &back);
    let scene = Scene {
        plan,
        planned: &planned,
        net: &net,
        names: &names,
        source: &request.source,
        destination: seen.destination.as_ref(),
        question: seen.question,
        there: &there.clone(),
        back: &back.clone(),
        fate,
        frames: &seen.frames,
        acts: &acts,
        watched: seen.stations.are_watched(),
        drops: seen.drops.as_deref(),
        moved: &seen.moved,
        listeners: &listeners,
        arrived: asked,
        mends: &mends,
        stations: &seen.stations,
    };
    let mut notes = seen.notes.clone();
    let lost = match fate {
        Fate::Answered if suspect => death::answered_by_another(&scene),
        Fate::Answered => None,
        Fate::Silence if taken_in_silence(&scene) => {
            notes.push("nothing came back: the datagram went to a socket, and UDP owes no answer".into());
            None
        }
        _ => Some(death::death(&scene)),
    };
    if lost.is_none() {
        notes.extend(death::oddities(&scene));
    }
    decide::decide(&scene, Leg::There, &mut there);
    decide::decide(&scene, Leg::Back, &mut back);
    if suspect {
        forget(seen, &net);
    }
    if back.is_empty() {
        let mut errors = journey::of_role(&seen.frames, &seen.known, |role| role == Role::Error(seen.told, Leg::There));
        // What a machine tells itself goes nowhere.
        errors.retain(|sighting| sighting.interface != "lo");
        back = journey::hops(journey::way(&errors, &seen.before, Some(&request.source)).0);
    }
    let from = there.first().and_then(|hop| hop.sighting.frame.packet()).map(|packet| packet.source);
    let silent = lost.is_none() && *fate == Fate::Silence;
    let answered = seen.fates.iter().filter(|fate| **fate == Fate::Answered || silent).count();
    let asked = Asked {
        lab: plan.lab.clone(),
        source: request.source.clone(),
        destination: seen.destination.clone().or_else(|| owner(&names, seen.question.to)),
        to: seen.question.to,
        from,
        protocol: request.protocol,
        size: request.size,
        ttl: request.ttl,
        dont_fragment: request.dont_fragment,
    };
    let (sent, answered) = (request.count, u32::try_from(answered).unwrap_or(u32::MAX));
    let frames = seen.frames.clone();
    Ok(Outcome { asked, sent, answered, there, back, timing: None, lost, names, notes, frames })
}

/// The ways there and back of the probe that is told of: back, of its answer or else of the error that came back.
fn ways(request: &Request, seen: &Gathered) -> (Vec<Hop>, Vec<Hop>) {
    let of = |wanted: Role| journey::of_role(&seen.frames, &seen.known, |role| role == wanted);
    let way = |wanted, towards| journey::hops(journey::way(&of(wanted), &seen.before, towards).0);
    let there = way(Role::Probe(seen.told), seen.destination.as_ref());
    let back = way(Role::Answer(seen.told), Some(&request.source));
    (there, back)
}

/// What was asked for where it came to: the port may have been translated on the way.
fn arrived_as(protocol: Protocol, there: &[Hop]) -> Protocol {
    let port = there.last().and_then(|hop| hop.sighting.frame.packet()?.ports()).map(|(_, port)| port);
    match (protocol, port) {
        (Protocol::Tcp(_), Some(port)) => Protocol::Tcp(port),
        (Protocol::Udp(_), Some(port)) => Protocol::Udp(port),
        _ => protocol,
    }
}

/// Whether it was answered in a machine that was not meant.
fn came_elsewhere(seen: &Gathered, there: &[Hop]) -> bool {
    let Some(last) = there.last().map(|hop| &hop.sighting) else { return false };
    let meant = seen.destination.as_ref().is_none_or(|meant| *meant == last.machine);
    let same = last.frame.packet().is_some_and(|packet| packet.destination == seen.question.to);
    !meant && same
}

/// A datagram that a socket took, which answered nothing.
fn taken_in_silence(scene: &Scene) -> bool {
    let Some(last) = scene.there.last().map(|hop| &hop.sighting) else { return false };
    let passage = Passage::new(scene.acts, &last.machine, Leg::There, false);
    let taken = passage.reached(Hook::Input, true) || !scene.watched;
    let meant = scene.destination.is_none_or(|meant| *meant == last.machine);
    let answered = scene.acts.iter().any(|act| act.leg == Leg::Back) || !scene.back.is_empty();
    matches!(scene.question.protocol, Protocol::Udp(_)) && !scene.listeners.is_empty() && taken && meant && !answered
}

/// The machine that has an address.
fn owner(names: &Names, address: IpAddr) -> Option<MachineName> {
    names.with_address(address).first().map(|(machine, _)| machine.clone())
}

/// What there is now: all of it where something has to be explained, else what the hops decided by.
fn look_again(
    kernel: &Kernel,
    plan: &Plan,
    seen: &Gathered,
    there: &[Hop],
    back: &[Hop],
    suspect: bool,
) -> Result<Namespaces> {
    let hops = there.iter().chain(back).map(|hop| hop.sighting.machine.clone());
    let mut machines: BTreeSet<MachineName> = hops.collect();
    let mut view = View { policy_rules: true, peers: true, ..View::ALL };
    if suspect {
        let few = seen.stations.0.len() <= stations::FEW;
        machines.extend(seen.stations.0.keys().filter(|_| few).cloned());
        machines.extend(seen.destination.clone());
        machines.insert(MachineName::fabric());
        view = View { sysctls: sysctls(plan, seen, &machines), watched: false, ..View::WHOLE };
    }
    Ok(observe(kernel, &machines, &view)?)
}

/// The sysctls that can have to do with it: those that the plan sets, and the watched ones of the machines and of the
/// links that frames were seen at, or that are nobody's port. A node has a port for each of its pods.
fn sysctls(plan: &Plan, seen: &Gathered, machines: &BTreeSet<MachineName>) -> BTreeMap<MachineName, Vec<String>> {
    let crossed: BTreeSet<(&MachineName, &str)> =
        seen.frames.iter().map(|frame| (&frame.machine, frame.interface.as_str())).collect();
    let mut keys = steps::sysctls(plan);
    for (machine, ns) in seen.before.iter().filter(|(machine, _)| machines.contains(*machine)) {
        let links = ns.links.iter().filter(|link| link.master.is_none() || crossed.contains(&(machine, &link.name)));
        keys.entry(machine.clone()).or_default().extend(watched::keys(links.map(|link| link.name.as_str())));
    }
    keys
}

/// What there was, and what there is where somebody has looked again.
fn merged(before: &Namespaces, now: &Namespaces) -> Namespaces {
    let mut all = before.clone();
    all.extend(now.iter().map(|(machine, ns)| (machine.clone(), ns.clone())));
    all
}

/// What would mend all that differs from the plan, in the machines that were looked at.
fn mends(kernel: &Kernel, plan: &Plan, in_force: &BTreeSet<u32>, net: &Namespaces) -> Result<Vec<Mend>> {
    let fresh = repair::fresh(kernel, net)?;
    let excerpt = plan.excerpt(&net.keys().cloned().collect(), in_force);
    Ok(Expected::new(&excerpt.plan, &excerpt.in_force, fresh).mends(&excerpt.of(net)))
}

/// What nftables did with the packets of the probe that is told of.
fn acts(seen: &Gathered, net: &Namespaces, there: &[Hop], back: &[Hop]) -> Vec<Act> {
    let outer = |leg: Leg, hops: &[Hop]| -> Vec<(Leg, [IpAddr; 2])> {
        let around = hops.iter().flat_map(|hop| &hop.sighting.frame.outer);
        let around = around.map(|outer| [outer.packet.source, outer.packet.destination]);
        let unseen = hops.last().and_then(|hop| death::would_be_around(net, &hop.sighting));
        around.chain(unseen).map(|addresses| (leg, addresses)).collect()
    };
    let outer = [outer(Leg::There, there), outer(Leg::Back, back)].concat();
    let of = |(machine, events): (&MachineName, &Vec<_>)| {
        let tables = net.get(machine).map_or(&[][..], |ns| ns.tables.as_slice());
        hooks::acts(machine, events, tables, (&seen.known, seen.told), &outer)
    };
    seen.events.iter().flat_map(of).collect()
}

/// Has machines forget the neighbours that they asked for in vain because of the probe: otherwise the next packet would
/// wait for the next question, up to a second.
fn forget(seen: &Gathered, net: &Namespaces) {
    let vain = |state: &str| matches!(state, "incomplete" | "failed");
    for (machine, ns) in net {
        let before = seen.before.get(machine).map_or(&[][..], |ns| ns.neighbours.as_slice());
        for entry in ns.neighbours.iter().filter(|entry| vain(&entry.state)) {
            let new =
                !before.iter().any(|old| old.address == entry.address && old.link == entry.link && vain(&old.state));
            if let Some(link) = ns.link(&entry.link).filter(|_| new) {
                seen.stations.forget(machine, link.index, entry);
            }
        }
    }
}
