//! Why does nobody tell the next machine's hardware address?
//!
//! ```text
//! node-1 eth0 asks: who has 192.168.1.12?
//!   was it asked at all?                      arp off, mcast_solicit 0, a chain of the family arp
//!   did the question come to who has it?      else an obstacle on the way there           obstacle
//!   did they answer?                          else why not
//!   did the answer come back?                 else an obstacle on the way back            obstacle
//! ```

use std::net::IpAddr;

use super::layer2::{Cast, Travelling, loose, unplugged, words};
use super::obstacle::{obstacle, setting_or};
use super::{Finding, Spot, Victim, detour, firewall, overlay, routing};
use crate::kernel::capture::Direction;
use crate::names::MachineName;
use crate::network::Neighbour;
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan};
use crate::trace::frame::Content;
use crate::trace::names::Place;
use crate::trace::outcome::{Fact, Point, Sighting};
use crate::trace::scene::Scene;

/// Why this address could not be resolved; none when it was.
pub fn why(scene: &Scene, victim: &Victim, machine: &MachineName, dev: &str, next: IpAddr) -> Option<Finding> {
    let entry = scene.neighbour(machine, dev, next);
    let unresolved = |entry: &Neighbour| entry.mac.is_none() || matches!(entry.state.as_str(), "incomplete" | "failed");
    if entry.is_some_and(|entry| !unresolved(entry)) {
        return None;
    }
    let state = entry.map_or("none", |entry| entry.state.as_str());
    let known = Fact::explained("neighbour", format!("ip neigh: {next} dev {dev} {state}")).at(machine);
    let questions = scene.questions(machine, dev, next);
    let me = (machine.clone(), dev.to_owned());
    if questions.is_empty() {
        return Some(not_asked(scene, machine, dev, next).fact(known));
    }
    let asked =
        Fact::observed("arp", format!("{machine} asked {}at {dev}: who has {next}?", times(count(&questions, &me))));
    if let Some(finding) = overlay::asks_nobody(scene, machine, dev, next) {
        return Some(finding.fact(asked).fact(known));
    }
    let reachable = |place: &&Place| place.0 != *machine && scene.wiring().path_across(&me, place).is_some();
    let owners = scene.names.with_address(next);
    let planned = scene.planned_owners(next);
    let finding = if let Some(owner) = owners.iter().find(reachable) {
        asked_of(scene, victim, &questions, &me, owner, next)
    } else if let Some(owner) = planned.iter().find(reachable) {
        let path = scene.wiring().path_across(&me, owner).unwrap_or_default();
        let place = furthest(&path, &questions);
        match obstacle(scene, &path[place.min(path.len())..], travelling(&questions)).filter(|_| place + 1 < path.len())
        {
            Some(finding) => finding,
            None => lacks_address(scene, owner, next),
        }
    } else {
        nobody(scene, victim, &me, next, owners)
    };
    Some(finding.fact(asked).fact(known))
}

/// How often it was asked where it was asked first.
pub fn count(questions: &[&Sighting], (machine, dev): &Place) -> usize {
    questions.iter().filter(|q| q.machine == *machine && q.interface == *dev).count().max(1)
}

pub fn times(count: usize) -> String {
    if count == 1 { String::new() } else { format!("{count} times ") }
}

/// The question as a frame.
pub fn travelling(questions: &[&Sighting]) -> Travelling {
    questions.first().map_or(Travelling { cast: Cast::Broadcast, length: 28 }, |question| Travelling::of(question))
}

/// How far along a path somebody's frames were seen: the last place of it.
pub fn furthest(path: &[Place], frames: &[&Sighting]) -> usize {
    let seen = |place: &Place| frames.iter().any(|frame| frame.machine == place.0 && frame.interface == place.1);
    // What is for everybody comes to a bridge itself, too, whether or not it comes out of the right port.
    let is_passed = |index: usize| {
        let (here, next) = (path.get(index), path.get(index + 1));
        here.zip(next).is_some_and(|(here, next)| index > 0 && here.0 == next.0 && path[index - 1].0 == here.0)
    };
    (0..path.len()).rev().find(|index| !is_passed(*index) && seen(&path[*index])).unwrap_or(0)
}

/// It has an owner who could be asked.
pub fn asked_of(
    scene: &Scene,
    victim: &Victim,
    questions: &[&Sighting],
    me: &Place,
    owner: &Place,
    next: IpAddr,
) -> Finding {
    let path = scene.wiring().path_across(me, owner).unwrap_or_default();
    let place = furthest(&path, questions);
    let here = |place: &Place| Spot {
        point: Point::Underway,
        machine: place.0.clone(),
        after: Some(place.1.clone()),
        before: None,
    };
    if place + 1 < path.len() {
        return obstacle(scene, &path[place..], travelling(questions)).unwrap_or_else(|| {
            let why =
                format!("the question for {next} got as far as {}, and not to {}", words(&path[place]), words(owner));
            Finding::new(Cause::NeighbourUnanswered, why).at(here(&path[place]))
        });
    }
    let answers: Vec<&Sighting> = scene.answers(next).into_iter().filter(|a| from_or_to(a, scene, me)).collect();
    let back: Vec<Place> = path.iter().rev().cloned().collect();
    if !answers.is_empty() {
        let place = furthest(&back, &answers);
        if let Some(finding) =
            obstacle(scene, &back[place..], Travelling::of(answers[0])).filter(|_| place + 1 < back.len())
        {
            return finding.fact(Fact::observed("arp", format!("{} answered", owner.0)));
        }
        let why = format!("{} answered for {next}, and the answer was seen last at {}", owner.0, words(&back[place]));
        return firewall::of_arp(scene, &me.0, "input")
            .unwrap_or_else(|| Finding::new(Cause::NeighbourUnanswered, why))
            .at(here(&back[place]));
    }
    silent(scene, victim, questions, owner, next).at(here(owner))
}

/// Whether an answer is one to this asker.
pub fn from_or_to(answer: &Sighting, scene: &Scene, me: &Place) -> bool {
    let mac = scene.link(&me.0, &me.1).and_then(|link| link.mac);
    answer.frame.link.is_some_and(|link| Some(link.destination) == mac)
}

/// The question came to who has the address, and they say nothing.
pub fn silent(scene: &Scene, victim: &Victim, questions: &[&Sighting], owner: &Place, next: IpAddr) -> Finding {
    let (machine, dev) = owner;
    let unanswered = |why: String| Finding::new(Cause::NeighbourUnanswered, why);
    let ipv6 = next.is_ipv6();
    if let Some(link) = scene.link(machine, dev)
        && !ipv6
        && setting_or(link, "arp", 1) == 0
    {
        return unanswered(format!("{} has {next} and answers no ARP: arp is off there", words(owner)))
            .fact(Fact::explained("link", format!("{dev}: NOARP")).at(machine))
            .fix([
                by_plan(scene, machine, &[About::Link(dev)]),
                vec![format!("{} link set dev {dev} arp on", crate::step::Ip(machine))],
            ]);
    }
    let chains = match ipv6 {
        false => firewall::of_arp(scene, machine, "input").or_else(|| firewall::of_arp(scene, machine, "output")),
        true => firewall::at_hook(scene, machine, "input")
            .or_else(|| firewall::at_hook(scene, machine, "prerouting"))
            .or_else(|| firewall::at_hook(scene, machine, "output")),
    };
    let chains = chains.or_else(|| firewall::on_link(scene, machine, dev, "ingress"));
    if let Some(finding) = chains.or_else(|| firewall::on_link(scene, machine, dev, "egress")) {
        return finding;
    }
    let tentative = scene.ns(machine).and_then(|ns| ns.addresses.iter().find(|a| a.address.ip() == next));
    if let Some(address) = tentative.filter(|a| a.tentative || a.unusual.iter().any(|word| word == "dadfailed")) {
        let failed = address.unusual.iter().any(|word| word == "dadfailed");
        let cause = if failed { Cause::DuplicateAddress } else { Cause::NoAddress };
        let why = format!(
            "{next} on {} cannot be used: {}",
            words(owner),
            if failed { "somebody else has it (dadfailed)" } else { "it is tentative" }
        );
        return Finding::new(cause, why).fix([by_plan(scene, machine, &[About::Link(dev)])]);
    }
    for (name, meaning) in
        [("arp_ignore", "it does not answer for this address there"), ("arp_filter", "it answers by one link only")]
    {
        let set = ["all", dev].into_iter().find_map(|link| {
            let key = format!("net.ipv4.conf.{}.{name}", link.replace('.', "/"));
            scene.sysctl(machine, &key).filter(|value| *value != "0").map(|value| (key.clone(), value.to_owned()))
        });
        if let Some((key, value)) = set.filter(|_| !ipv6) {
            let generic = vec![crate::step::sysctl_command(machine, &key, "0")];
            return unanswered(format!("{} has {next} and does not answer: {key} is {value}: {meaning}", words(owner)))
                .fact(Fact::explained("sysctl", format!("{key} = {value}")).at(machine))
                .fix([by_plan(scene, machine, &[About::Sysctl(name)]), generic]);
        }
    }
    // Who asks is checked as if it were a packet (`arp_process`, `net/ipv4/arp.c`).
    let asker = questions.iter().find_map(|question| match &question.frame.content {
        Content::Arp(arp) => Some(arp.sender.1),
        _ => None,
    });
    if let Some(asker) = asker {
        let packet = crate::trace::frame::Packet { source: asker, destination: next, ..victim.packet.clone() };
        let question = Victim { packet, ..victim.clone() };
        if let Some(finding) = routing::by_route(scene, &question, machine, Some(dev)) {
            return finding.fact(Fact::observed(
                "arp",
                format!("{machine} does not answer {asker}, whom it takes for impossible there"),
            ));
        }
    }
    unanswered(format!("the question for {next} came to {}, who has it, and was not answered", words(owner)))
}

/// Who should have the address does not have it.
pub fn lacks_address(scene: &Scene, owner: &Place, next: IpAddr) -> Finding {
    let (machine, dev) = owner;
    let fact = Fact::explained("address", format!("ip addr show dev {dev}: no {next}")).at(machine);
    let about = [About::Link(dev), About::Addresses, About::Routes];
    let spot = Spot { point: Point::Underway, machine: machine.clone(), after: Some(dev.clone()), before: None };
    Finding::new(Cause::NoAddress, format!("{} lacks the address {next}, which it should have", words(owner)))
        .fact(fact)
        .fix([by_plan(scene, machine, &about)])
        .at(spot)
}

/// Nobody on this link has the address.
pub fn nobody(scene: &Scene, victim: &Victim, me: &Place, next: IpAddr, owners: &[Place]) -> Finding {
    let (machine, dev) = me;
    let spot = Spot {
        point: if victim.hops.is_empty() { Point::NeverSent } else { Point::Underway },
        machine: machine.clone(),
        after: victim.hops.last().map(|hop| hop.sighting.interface.clone()),
        before: Some(me.clone()),
    };
    let elsewhere = owners.iter().find(|(other, _)| other != machine);
    if let Some(finding) = elsewhere.and_then(|place| overlay::mismatch(scene, me, place)) {
        return finding.at(spot);
    }
    let whose = match elsewhere {
        Some(place) => format!("{next} is on {}, which is not on this link", words(place)),
        None => format!("nobody has {next}"),
    };
    let is_gateway = next != victim.packet.destination;
    let about = [About::Routes, About::Link(dev), About::Addresses];
    if let Some(finding) = detour::turn(scene, victim, machine, victim.packet.destination) {
        let cause = if is_gateway { finding.cause } else { Cause::NeighbourUnanswered };
        let why = format!("{machine} asks for {next} at {dev}, and {whose}: {}", finding.why);
        return Finding { cause, why, ..finding }.fix([by_plan(scene, machine, &about)]).at(spot);
    }
    // An end of a pipe that hears the question, belongs to no bridge and has no address of its own.
    let heard = scene.questions(machine, dev, next);
    let ends = heard.iter().filter(|question| question.direction == Direction::In);
    let loose = ends.map(|q| (q.machine.clone(), q.interface.clone())).find_map(|end| loose(scene, &end));
    // Or one that would lead to who has it, where the question was heard.
    if let Some(finding) = loose.or_else(|| heard.iter().find_map(|q| unplugged(scene, &q.machine, owners))) {
        return finding;
    }
    let (cause, why) = match is_gateway {
        true => (Cause::WrongGateway, format!("{machine} sends it by way of {next}, and {whose}")),
        false => (Cause::NeighbourUnanswered, format!("{machine} asks for {next} at {dev}, and {whose}")),
    };
    Finding::new(cause, why).fix([by_plan(scene, machine, &about)]).at(spot)
}

/// It was not even asked.
pub fn not_asked(scene: &Scene, machine: &MachineName, dev: &str, next: IpAddr) -> Finding {
    let family = if next.is_ipv6() { "ipv6" } else { "ipv4" };
    let key = format!("net.{family}.neigh.{}.mcast_solicit", dev.replace('.', "/"));
    if scene.sysctl(machine, &key) == Some("0") {
        let generic = vec![crate::step::sysctl_command(machine, &key, "3")];
        return Finding::new(
            Cause::NeighbourUnanswered,
            format!("{machine} does not ask for neighbours at {dev}: {key} is 0"),
        )
        .fact(Fact::explained("sysctl", format!("{key} = 0")).at(machine))
        .fix([by_plan(scene, machine, &[About::Sysctl("mcast_solicit")]), generic]);
    }
    if next.is_ipv4()
        && let Some(finding) = firewall::of_arp(scene, machine, "output")
    {
        return finding;
    }
    if let Some(finding) = firewall::on_link(scene, machine, dev, "egress") {
        return finding;
    }
    let mute = scene.ns(machine).is_some_and(|ns| !ns.addresses_of(dev).any(|a| a.is_link_local() && !a.tentative));
    if next.is_ipv6() && mute {
        let about = [About::Link(dev), About::Sysctl("addr_gen_mode"), About::Sysctl("disable_ipv6")];
        return Finding::new(Cause::NoAddress, format!("{dev} of {machine} has no link-local address to ask from"))
            .fact(Fact::explained("address", format!("ip -6 addr show dev {dev}: no usable fe80::")).at(machine))
            .fix([by_plan(scene, machine, &about)]);
    }
    if next.is_ipv6()
        && let Some(finding) = firewall::at_hook(scene, machine, "output")
    {
        return finding;
    }
    Finding::new(
        Cause::NeighbourUnanswered,
        format!("{machine} does not know {next} at {dev}, and was not seen to ask"),
    )
}
