//! Why does nobody tell the next machine's hardware address?
//!
//! ```text
//! node-1 eth0 asks: who has 192.168.1.12?
//!   was it asked at all?                      arp off, mcast_solicit 0, a chain of the family arp
//!   did the question come to who has it?      else an obstacle on the way there           layer2
//!   did they answer?                          else why not
//!   did the answer come back?                 else an obstacle on the way back            layer2
//! ```

use std::net::IpAddr;

use super::layer2::{Cast, Travelling, both_ends, loose, obstacle, setting_or, unplugged, words};
use super::{Finding, Spot, Victim, detour, firewall, input, overlay};
use crate::kernel::capture::Direction;
use crate::kernel::netns;
use crate::names::MachineName;
use crate::network::{Mac, Neighbour};
use crate::trace::cause::Cause;
use crate::trace::fix::{About, ask_anew, by_plan, by_plan_in, without_neighbour};
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
fn count(questions: &[&Sighting], (machine, dev): &Place) -> usize {
    questions.iter().filter(|q| q.machine == *machine && q.interface == *dev).count().max(1)
}

fn times(count: usize) -> String {
    if count == 1 { String::new() } else { format!("{count} times ") }
}

/// The question as a frame.
fn travelling(questions: &[&Sighting]) -> Travelling {
    questions.first().map_or(Travelling { cast: Cast::Broadcast, length: 28 }, |question| Travelling::of(question))
}

/// How far along a path somebody's frames were seen: the last place of it.
fn furthest(path: &[Place], frames: &[&Sighting]) -> usize {
    let seen = |place: &Place| frames.iter().any(|frame| frame.machine == place.0 && frame.interface == place.1);
    // What is for everybody comes to a bridge itself, too, whether or not it comes out of the right port.
    let is_passed = |index: usize| {
        let (here, next) = (path.get(index), path.get(index + 1));
        here.zip(next).is_some_and(|(here, next)| index > 0 && here.0 == next.0 && path[index - 1].0 == here.0)
    };
    (0..path.len()).rev().find(|index| !is_passed(*index) && seen(&path[*index])).unwrap_or(0)
}

/// It has an owner who could be asked.
fn asked_of(
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
fn from_or_to(answer: &Sighting, scene: &Scene, me: &Place) -> bool {
    let mac = scene.link(&me.0, &me.1).and_then(|link| link.mac);
    answer.frame.link.is_some_and(|link| Some(link.destination) == mac)
}

/// The question came to who has the address, and they say nothing.
fn silent(scene: &Scene, victim: &Victim, questions: &[&Sighting], owner: &Place, next: IpAddr) -> Finding {
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
        if let Some(finding) = input::by_route(scene, &question, machine, Some(dev)) {
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
fn nobody(scene: &Scene, victim: &Victim, me: &Place, next: IpAddr, owners: &[Place]) -> Finding {
    let (machine, dev) = me;
    let spot = Spot {
        point: if victim.hops.is_empty() { Point::NeverSent } else { Point::Underway },
        machine: machine.clone(),
        after: victim.hops.last().map(|hop| hop.sighting.interface.clone()),
        before: Some(me.clone()),
    };
    let elsewhere = owners.iter().find(|(other, _)| other != machine);
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
fn not_asked(scene: &Scene, machine: &MachineName, dev: &str, next: IpAddr) -> Finding {
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

/// A hardware address that nobody has, or not the one who is meant: what the last router believes of its neighbour.
pub fn wrong_mac(scene: &Scene, victim: &Victim, mac: Mac) -> Option<Finding> {
    let (machine, dev, next) = sender(scene, victim)?;
    let link = scene.link(&machine, &dev)?;
    if setting_or(link, "arp", 1) == 0 {
        let why = format!(
            "{machine} asks nobody for hardware addresses at {dev}, where arp is off: it sent it to {mac}, which nobody has"
        );
        return Some(
            Finding::new(Cause::NeighbourUnanswered, why)
                .fact(Fact::explained("link", format!("{dev}: NOARP")).at(&machine))
                .fix([by_plan(scene, &machine, &[About::Link(&dev)])]),
        );
    }
    let entry = scene.neighbour(&machine, &dev, next)?;
    if let Some((gone, _)) = scene.planned_owners(next).iter().find(|(owner, _)| is_gone(owner)) {
        let why = format!("{gone}, which should have {next}, does not exist any more");
        let spot = Spot { point: Point::Underway, machine: machine.clone(), after: Some(dev.clone()), before: None };
        return Some(Finding::new(Cause::LinkDown, why).at(spot));
    }
    let named = scene.names.mac(mac).unwrap_or_else(|| "nobody's".to_owned());
    let by = if entry.by_hand() { "somebody has told it so" } else { "it has not noticed that this is out of date" };
    let why = format!("{machine} takes {next} to be at {mac}, which is {named}: {by}");
    let fact =
        Fact::explained("neighbour", format!("ip neigh: {next} dev {dev} lladdr {mac} {}", entry.state)).at(&machine);
    let own = if entry.by_hand() { without_neighbour(&machine, entry) } else { ask_anew(&machine, next, &dev) };
    let planned = by_plan(scene, &machine, &[About::Neighbours]);
    Some(Finding::new(Cause::NeighbourUnanswered, why).fact(fact).fix([planned, vec![own]]))
}

/// Whether there is no such machine.
fn is_gone(machine: &MachineName) -> bool {
    netns::list().is_ok_and(|there| !there.contains(machine) && !machine.is_fabric())
}

/// The same, where somebody has the hardware address, and not the one for whom the packet was.
pub fn misbelieved(scene: &Scene, victim: &Victim, mac: Mac) -> Option<Finding> {
    let (_, _, next) = sender(scene, victim)?;
    let right = scene.names.with_address(next).iter().any(|(owner, link)| {
        scene.ns(owner).is_some_and(|ns| ns.links.iter().any(|other| other.mac == Some(mac) && other.name == *link))
    });
    if right { None } else { wrong_mac(scene, victim, mac) }
}

/// The next machine should have the address on a link that is gone: what is believed of it is no matter.
pub fn whose_link_is_gone(scene: &Scene, victim: &Victim) -> Option<Finding> {
    let (_, _, next) = sender(scene, victim)?;
    let places = scene.planned_owners(next);
    let place = places.iter().find(|place| scene.link(&place.0, &place.1).is_none())?;
    Some(
        Finding::new(Cause::LinkDown, format!("{} is gone", words(place)))
            .fact(Fact::explained("link", format!("ip link: no {}", place.1)).at(&place.0))
            .fix([by_plan_in(scene, &both_ends(scene, place))]),
    )
}

/// Who gave the packet its last hardware addresses: the machine, its link, and the neighbour that it was for.
fn sender(scene: &Scene, victim: &Victim) -> Option<(MachineName, String, IpAddr)> {
    let routed = |sighting: &Sighting| {
        let link = scene.link(&sighting.machine, &sighting.interface);
        sighting.direction == Direction::Out && link.is_some_and(|link| link.master.is_none())
    };
    let mut last = victim.hops.iter().rposition(|hop| routed(&hop.sighting))?;
    // The neighbour is one of the link that was chosen, which may stand on the one that the packet left by.
    let stands_on = |upper: &Sighting, lower: &Sighting| {
        let link = scene.link(&upper.machine, &upper.interface);
        let stacked = link.is_some_and(|link| link.over.is_some() && link.vxlan.is_none());
        upper.direction == Direction::Out && stacked && upper.frame.link == lower.frame.link
    };
    while last > 0 && stands_on(&victim.hops[last - 1].sighting, &victim.hops[last].sighting) {
        last -= 1;
    }
    let sighting = &victim.hops[last].sighting;
    let packet = sighting.frame.outermost()?;
    let traveller = scene.traveller(&sighting.machine, packet, None);
    let traveller = crate::kernel::lookup::Traveller { from: None, ports: None, ..traveller };
    let way = scene.way(&sighting.machine, &traveller).ok()?;
    Some((sighting.machine.clone(), sighting.interface.clone(), way.via.unwrap_or(packet.destination)))
}

/// A packet that came to a machine which does not have the address that it was sent by way of: two have it, or a
/// neighbour entry is wrong.
pub fn misled(scene: &Scene, victim: &Victim, machine: &MachineName) -> Option<Finding> {
    let (from, dev, next) = sender(scene, victim)?;
    let owners = scene.names.with_address(next);
    if from == *machine {
        return None;
    }
    if owners.iter().any(|(owner, _)| owner == machine) {
        // One of two, and not the one who should have it.
        let planned = scene.planned_owners(next);
        let strange = !planned.is_empty() && !planned.iter().any(|(owner, _)| owner == machine);
        return strange.then(|| twice(scene, next, None)).flatten();
    }
    // Who should have the address, and lacks it, is the right one all the same.
    if scene.planned_owners(next).iter().any(|(owner, _)| owner == machine) {
        return None;
    }
    let mac = victim.hops.last()?.sighting.frame.link?.destination;
    let entry = scene.neighbour(&from, &dev, next).filter(|entry| entry.mac == Some(mac))?;
    // What nobody has and nobody should, and this machine has answered for.
    if owners.is_empty() && scene.planned_owners(next).is_empty() && !entry.by_hand() {
        let why = format!("{machine} has told {from} that it has {next}, and has it no longer");
        let fact = format!("ip neigh: {next} dev {dev} lladdr {mac} {}", entry.state);
        return Some(Finding::new(Cause::NoAddress, why).fact(Fact::explained("neighbour", fact).at(&from)));
    }
    wrong_mac(scene, victim, mac)
}

/// Two machines with an address that decided where the packet went.
pub fn twice(scene: &Scene, address: IpAddr, right: Option<&MachineName>) -> Option<Finding> {
    let owners = scene.names.with_address(address);
    let planned = scene.planned_owners(address);
    let is_right = |place: &&Place| match right {
        Some(right) => place.0 == *right,
        None => planned.contains(place),
    };
    let keeper = owners.iter().find(is_right)?;
    // In another network it may be used again. An address of any link is answered for at all of them.
    let meets = |machine: &MachineName| {
        let links = scene.ns(machine).map_or(&[][..], |ns| ns.links.as_slice());
        links.iter().any(|link| scene.wiring().path_across(keeper, &(machine.clone(), link.name.clone())).is_some())
    };
    // One that the plan does not have, in a machine that took the packet, is one too many wherever it is.
    let took = scene.there.last().map(|hop| &hop.sighting.machine);
    let strange = |place: &Place| Some(&place.0) == took && !planned.contains(place);
    let wrong = owners.iter().find(|place| place.0 != keeper.0 && (meets(&place.0) || strange(place)))?;
    let why = format!("{address} is on {}, and on {} too", words(keeper), words(wrong));
    let own = scene.ns(&wrong.0).and_then(|ns| {
        let address = ns.addresses_of(&wrong.1).find(|a| a.address.ip() == address)?;
        Some(format!("{} addr delete {} dev {}", crate::step::Ip(&wrong.0), address.address, wrong.1))
    });
    let mut fix = by_plan(scene, &wrong.0, &[About::Link(&wrong.1)]);
    if fix.is_empty() {
        fix.extend(own);
    }
    // Whoever believed the wrong one goes on believing it for a while.
    let macs: Vec<Option<Mac>> = owners
        .iter()
        .filter(|place| place.0 != keeper.0)
        .map(|place| scene.link(&place.0, &place.1).and_then(|link| link.mac))
        .collect();
    for (machine, ns) in scene.net {
        let believers = ns.neighbours.iter().filter(|entry| entry.address == address && macs.contains(&entry.mac));
        fix.extend(believers.map(|entry| ask_anew(machine, address, &entry.link)));
    }
    let answers = scene.answers(address);
    let mut seen: Vec<Mac> = answers.iter().filter_map(|answer| answer.frame.link.map(|link| link.source)).collect();
    seen.sort_unstable();
    seen.dedup();
    let facts = (seen.len() > 1)
        .then(|| Fact::observed("arp", format!("{} hardware addresses answered for {address}", seen.len())));
    let both = owners.iter().map(|place| Fact::explained("address", format!("{address} on {}", place.1)).at(&place.0));
    Some(Finding::new(Cause::DuplicateAddress, why).facts(facts).facts(both).fix([fix]))
}
