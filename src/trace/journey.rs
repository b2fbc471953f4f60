//! From sightings to a way: which interface follows which.
//!
//! ```text
//! pod-a eth0 Out ─pipe─▶ node-1 veth-pod-a In ─port of─▶ cni0 In ─routed─▶ eth0 Out ─pipe─▶ fabric … In
//!                                                                              ╲─flooded─▶ … Out ─▶ (nobody's)
//! ```
//!
//! The kernel's time stamps give the order; what can follow what is given by how the links hang together. A bridge that
//! does not know where a hardware address is copies the frame to all ports: the way is the branch that leads on.

use std::time::Duration;

use super::legs::{Known, Role};
use super::outcome::{Hop, Leg, Rewrite, Sighting};
use crate::kernel::capture::Direction::{self, In, Out};
use crate::names::MachineName;
use crate::network::{Link, Mac, Namespaces};

/// The sightings of packets of one role, in the order of time.
pub fn of_role<'a>(all: &'a [Sighting], known: &Known, wanted: impl Fn(Role) -> bool) -> Vec<&'a Sighting> {
    let fits = |sighting: &&Sighting| {
        let role = sighting.frame.packet().and_then(|packet| known.role(packet));
        role.is_some_and(&wanted)
    };
    all.iter().filter(fits).collect()
}

/// The way that these sightings of one packet tell of, towards a machine if that is known, and how many copies of it
/// went elsewhere.
pub fn way(sightings: &[&Sighting], net: &Namespaces, towards: Option<&MachineName>) -> (Vec<Sighting>, usize) {
    let unheard = |i: usize, direction| ends_unheard(sightings[i], direction, net);
    let previous = |i: usize| {
        let follows = (0..i).rev().find(|j| follows(sightings[*j], sightings[i], net));
        // Between two pipes whose other ends nobody listens at is a machine without a name.
        follows.or_else(|| (0..i).rev().find(|j| unheard(*j, Out)).filter(|_| unheard(i, In)))
    };
    let before: Vec<Option<usize>> = (0..sightings.len()).map(previous).collect();
    let depth = |mut i: usize| {
        let mut depth = 1;
        while let Some(j) = before[i] {
            (i, depth) = (j, depth + 1);
        }
        depth
    };
    let leaves: Vec<usize> = (0..sightings.len()).filter(|i| !before.contains(&Some(*i))).collect();
    let arrived = |i: usize| {
        let last = sightings[i];
        last.direction == In && !last.for_another && towards.is_some_and(|machine| *machine == last.machine)
    };
    let best = leaves
        .iter()
        .copied()
        .max_by_key(|i| (arrived(*i), !sightings[*i].for_another, depth(*i), std::cmp::Reverse(*i)));
    let Some(best) = best else { return (Vec::new(), 0) };
    let mut chain = vec![best];
    while let Some(j) = before[chain[chain.len() - 1]] {
        chain.push(j);
    }
    chain.reverse();
    // A bridge's copy to a port behind which it does not belong is no part of the way: that ends at the bridge.
    let is_port = |i: usize| link(sightings[i], net).is_some_and(|port| port.master.is_some());
    let is_copy = |i: usize| {
        sightings[i].direction == Out && is_port(i) && before.iter().filter(|b| **b == before[i]).count() > 1
    };
    loop {
        match chain[..] {
            [.., at, out, last] if sightings[last].for_another && is_port(out) && sightings[out].direction == Out => {
                let same = sightings[at].machine == sightings[out].machine;
                chain.truncate(chain.len() - if same { 2 } else { 0 });
                if !same {
                    break;
                }
            }
            [_, .., last] if is_copy(last) => chain.truncate(chain.len() - 1),
            _ => break,
        }
    }
    let copies = leaves.len() - 1;
    (chain.into_iter().map(|i| sightings[i].clone()).collect(), copies)
}

/// Whether a packet went into a pipe, or came out of one, whose other end is in no machine that is known.
fn ends_unheard(sighting: &Sighting, direction: Direction, net: &Namespaces) -> bool {
    let link = link(sighting, net);
    sighting.direction == direction && link.is_some_and(|link| link.kind == "veth" && link.peer.is_none())
}

/// Whether a packet that was seen in one place can be seen next in the other.
fn follows(before: &Sighting, after: &Sighting, net: &Namespaces) -> bool {
    let (Some(from), Some(to)) = (link(before, net), link(after, net)) else {
        // A link that is gone by now: at least it stayed in the machine.
        return before.machine == after.machine;
    };
    let here = before.machine == after.machine;
    if let Some(stacked) = stacked(before, from, after, to).filter(|_| !here || from.kind == to.kind) {
        return stacked;
    }
    let deeper = |a: &Sighting, b: &Sighting| a.frame.outer.len() + 1 == b.frame.outer.len();
    match (before.direction, after.direction) {
        (Out, In) => {
            let piped = from.peer.as_ref().is_some_and(|peer| peer.machine == after.machine && peer.link == to.name);
            piped || (here && from.name == to.name && from.name == "lo")
        }
        (In, In) if from.name == to.name => false,
        (In, In) => {
            let up = from.master.as_ref() == Some(&to.name) || to.over == Some(from.index) && to.vxlan.is_none();
            here && (up || (to.vxlan.is_some() && deeper(after, before)))
        }
        (In, Out) => {
            let bridged = from.master.is_some() && from.master == to.master && from.name != to.name;
            let routed = from.master.is_none() && to.master.is_none();
            // A bridge whose packets pass the hooks of IP sends one itself whose destination was translated there
            // (`br_nf_pre_routing_finish`).
            let translated = from.master.as_ref() == Some(&to.name);
            here && (bridged || translated || (routed && before.frame.outer.len() == after.frame.outer.len()))
        }
        (Out, Out) => {
            let down = to.master.as_ref() == Some(&from.name) || from.over == Some(to.index) && from.vxlan.is_none();
            here && (down || (from.vxlan.is_some() && deeper(before, after)))
        }
    }
}

/// Between a link and another one that stands on it, or on the same one, and may have been moved to another machine
/// since (macvlan): the frame is the same. None where neither stands on any.
fn stacked(before: &Sighting, from: &Link, after: &Sighting, to: &Link) -> Option<bool> {
    let lower = |link: &Link| link.over.filter(|_| link.vxlan.is_none());
    let same = before.frame.link == after.frame.link;
    match (before.direction, after.direction, lower(from), lower(to)) {
        // To another one on the same link it turns round below (`macvlan_queue_xmit`).
        (Out, Out | In, Some(lower), None) => Some(same && lower == to.index),
        (In, In, None, Some(lower)) => Some(same && lower == from.index),
        (Out, In, Some(one), Some(other)) => Some(same && one == other),
        _ => None,
    }
}

/// The link of a sighting.
pub fn link<'a>(sighting: &Sighting, net: &'a Namespaces) -> Option<&'a Link> {
    net.get(&sighting.machine)?.link(&sighting.interface)
}

/// Sightings as hops: with what was rewritten since the one before.
pub fn hops(way: Vec<Sighting>) -> Vec<Hop> {
    let mut before: Option<Sighting> = None;
    let mut hops = Vec::new();
    for sighting in way {
        let rewritten = before.as_ref().map_or(Vec::new(), |before| rewritten(before, &sighting));
        before = Some(sighting.clone());
        hops.push(Hop { sighting, since: None, rewritten, facts: Vec::new() });
    }
    hops
}

/// What is not as it was.
fn rewritten(before: &Sighting, after: &Sighting) -> Vec<Rewrite> {
    let mut found = Vec::new();
    let mut compare = |what: &'static str, from: Option<String>, to: Option<String>| {
        if from != to && (from.is_some() || to.is_some()) {
            found.push(Rewrite { what, from: from.unwrap_or_default(), to: to.unwrap_or_default() });
        }
    };
    let (was, is) = (&before.frame, &after.frame);
    let outer = |frame: &super::frame::Frame| {
        frame
            .outer
            .iter()
            .map(|outer| {
                let vni = outer.vni.map_or_else(String::new, |vni| format!(" VNI {vni}"));
                format!("{} → {}{vni}", outer.packet.source, outer.packet.destination)
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    if was.outer.len() < is.outer.len() {
        compare("encapsulated", None, Some(outer(is)));
    } else if was.outer.len() > is.outer.len() {
        compare("decapsulated", Some(outer(was)), None);
    }
    if let (Some(was), Some(is)) = (was.packet(), is.packet()) {
        compare("source", Some(was.source.to_string()), Some(is.source.to_string()));
        compare("destination", Some(was.destination.to_string()), Some(is.destination.to_string()));
        let port =
            |packet: &super::frame::Packet, pick: fn((u16, u16)) -> u16| packet.ports().map(|p| pick(p).to_string());
        compare("source port", port(was, |p| p.0), port(is, |p| p.0));
        compare("destination port", port(was, |p| p.1), port(is, |p| p.1));
        compare("ttl", Some(was.ttl.to_string()), Some(is.ttl.to_string()));
    }
    if was.outer.len() == is.outer.len() {
        let mac = |frame: &super::frame::Frame, pick: fn(&super::frame::LinkHeader) -> Mac| {
            frame.link.as_ref().map(|link| pick(link).to_string())
        };
        compare("source MAC", mac(was, |l| l.source), mac(is, |l| l.source));
        compare("destination MAC", mac(was, |l| l.destination), mac(is, |l| l.destination));
    }
    found
}

/// Writes down how long each hop takes, by the median of other probes that went the same way. From the first hop of all
/// there to the last one back, and to the last one there.
pub fn time(
    there: &mut [Hop],
    back: &mut [Hop],
    all: &[Sighting],
    known: &Known,
    net: &Namespaces,
) -> Option<super::Timing> {
    let mut runs: Vec<Vec<u64>> = Vec::new();
    let place = |s: &Sighting| (s.machine.clone(), s.interface.clone(), s.direction);
    let expected: Vec<_> = there.iter().chain(back.iter()).map(|hop| place(&hop.sighting)).collect();
    for number in 0..=crate::kernel::probe::HIGHEST {
        let leg = |leg: Leg| {
            let sightings = of_role(all, known, |role| match leg {
                Leg::There => role == Role::Probe(number),
                Leg::Back => role == Role::Answer(number),
            });
            let end = if leg == Leg::There { there.last() } else { back.last() };
            way(&sightings, net, end.map(|hop| &hop.sighting.machine)).0
        };
        let (out, home) = (leg(Leg::There), leg(Leg::Back));
        if out.is_empty() {
            break;
        }
        let went: Vec<&Sighting> = out.iter().chain(&home).collect();
        if went.iter().map(|s| place(s)).eq(expected.iter().cloned()) {
            runs.push(went.iter().map(|s| s.at).collect());
        }
    }
    if runs.is_empty() {
        return None;
    }
    let median = |from: usize, to: usize| {
        let mut spans: Vec<u64> = runs.iter().map(|run| run[to].saturating_sub(run[from])).collect();
        spans.sort_unstable();
        Duration::from_nanos(spans[spans.len() / 2])
    };
    let count = there.len();
    let last = expected.len().checked_sub(1)?;
    for (place, hop) in there.iter_mut().chain(back.iter_mut()).enumerate().skip(1) {
        hop.since = Some(median(place - 1, place));
    }
    let probes = u32::try_from(runs.len()).unwrap_or(u32::MAX);
    Some(super::Timing { round_trip: median(0, last), there: median(0, count.checked_sub(1)?), probes })
}

#[cfg(test)]
mod tests;
