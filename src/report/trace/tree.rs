//! One way as a tree: machines, below them the interfaces, below those what was decided.
//!
//! ```text
//! ● node-1
//! ●   → cni0
//! ○       route         10.244.2.0/24 via 192.168.1.12 dev eth0
//! ●     eth0 →          ttl 64 → 63
//! ●                     MAC …:2f:0b node-1's eth0 → …:2f:0c node-2's eth0
//! ```
//!
//! A packet's headers are told where it is first seen, and afterwards where they change.

use std::time::Duration;

use super::headers::{addresses, became, encapsulation, kind, macs, wrapped};
use super::headline::microseconds;
use super::layout::{Left, Piece, Row};
use super::passages::{circles, passages, unseen};
use crate::kernel::capture::Direction;
use crate::names::MachineName;
use crate::trace::frame::{Frame, Outer};
use crate::trace::{Death, Evidence, Fact, Hop, Leg, Names, Point, Rewrite};

/// The rows of a way, at whose end the packet may have died.
pub(super) fn rows<'a>(hops: &'a [Hop], death: Option<&'a Death>, names: &Names) -> Vec<Row<'a>> {
    let passages = passages(hops);
    let mut rows = Vec::new();
    let mut before: Option<&Hop> = None;
    for circle in circles(&passages) {
        let told = passages.iter().skip(circle.at).take(circle.length * circle.times);
        let (once, again): (Vec<_>, Vec<_>) = told.enumerate().partition(|(place, _)| *place < circle.length);
        for (_, passage) in once {
            rows.push(row(Left::Machine(passage.machine.as_str())));
            for hop in passage.hops {
                rows.push(crossing(hop, before, names));
                rows.extend(hop.facts.iter().map(|fact| self::fact(fact, Some(passage.machine))));
                before = Some(hop);
            }
        }
        if let Some(last) = again.last().and_then(|(_, passage)| passage.hops.last()) {
            let ttl = last.sighting.frame.packet().map(|packet| format!(", down to ttl {}", packet.ttl));
            let times = format!("the same way {} times more{}", circle.times - 1, ttl.unwrap_or_default());
            rows.push(Row { pieces: vec![Piece::new(times)], ..row(Left::Again) });
            before = Some(last);
        }
    }
    if let Some(death) = death {
        let unseen = unseen(&passages, Some(death));
        // Where it was not seen, its death there is a conclusion.
        let concluded = death.point == Point::Underway && unseen.is_some();
        let mark = if concluded { Evidence::Explained } else { Evidence::Observed };
        rows.extend(unseen.map(|machine| Row { mark, ..row(Left::Machine(machine.as_str())) }));
        rows.push(Row { mark, ..row(Left::End(end(death, concluded))) });
    }
    rows
}

fn row(left: Left<'_>) -> Row<'_> {
    Row { mark: Evidence::Observed, left, pieces: Vec::new(), time: None }
}

/// How it ends.
fn end(death: &Death, concluded: bool) -> &'static str {
    match (death.point, death.leg) {
        (Point::NeverSent, Leg::There) => "never sent: seen at no interface",
        (Point::NeverSent, Leg::Back) => "no answer sent: seen at no interface",
        (Point::Underway, _) if concluded => "lost here",
        (Point::Underway, _) => "not seen any further",
        (Point::Unanswered, Leg::There) => "not answered",
        (Point::Unanswered, Leg::Back) => "not taken by who waited for it",
    }
}

/// The tables that are looked up where nobody has made a policy rule, as facts end with them.
const USUAL: [&str; 2] = [" (main, rule 32766)", " (local, rule 0)"];

/// A fact, told where the packet is at this machine.
pub(super) fn fact<'a>(fact: &Fact, here: Option<&MachineName>) -> Row<'a> {
    let text = match &fact.machine {
        Some(machine) if Some(machine) != here => format!("{machine}: {}", fact.text),
        _ => fact.text.clone(),
    };
    // The tables that everybody begins with need no mention: a document has them.
    let usual = |usual: &&&str| text.ends_with(**usual) && fact.kind == "route";
    let text = USUAL.iter().find(usual).map_or(text.as_str(), |usual| text.trim_end_matches(usual)).to_owned();
    Row { mark: fact.evidence, pieces: vec![Piece::new(text)], ..row(Left::Kind(fact.kind)) }
}

fn crossing<'a>(hop: &'a Hop, before: Option<&Hop>, names: &Names) -> Row<'a> {
    let name = hop.sighting.interface.as_str();
    let left = match hop.sighting.direction {
        Direction::In => Left::In(name),
        Direction::Out => Left::Out(name),
    };
    // A bridge hands on what its port took in: the kernel stamps it once.
    let since = hop.since.filter(|since| !since.is_zero());
    let time = since.map(|since: Duration| format!("+{}", microseconds(since)));
    Row { pieces: headers(hop, before, names), time, ..row(left) }
}

/// What is new about a packet's headers.
fn headers(hop: &Hop, before: Option<&Hop>, names: &Names) -> Vec<Piece> {
    let (frame, before) = (&hop.sighting.frame, before.map(|before| &before.sighting.frame));
    let mut pieces = wrapping(frame, before);
    let encapsulated = !pieces.is_empty() && !frame.outer.is_empty();
    pieces.extend(innermost(hop, before, encapsulated));
    for rewrite in &hop.rewritten {
        // Hardware addresses and encapsulation are told from the frames themselves.
        let told = match rewrite.what {
            "source MAC" | "destination MAC" => before.is_some_and(|before| before.link != frame.link),
            "encapsulated" | "decapsulated" => before.is_some_and(|before| before.outer != frame.outer),
            _ => false,
        };
        if !told {
            pieces.push(rewritten(rewrite, names));
        }
    }
    let new_link = frame.link.filter(|link| before.and_then(|before| before.link) != Some(*link));
    if let Some(both) = new_link.and_then(|link| macs(link, names)) {
        pieces.push(Piece { choices: both.map(|macs| format!("MAC {macs}")).into(), ..Piece::new("") });
    }
    pieces
}

/// The packets around it, where they are not as before.
fn wrapping(frame: &Frame, before: Option<&Frame>) -> Vec<Piece> {
    let ends = |frame: &Frame| -> Vec<_> {
        frame.outer.iter().map(|outer| (outer.packet.source, outer.packet.destination, outer.vni)).collect()
    };
    let (was, is) = (before.map(ends).unwrap_or_default(), ends(frame));
    let told = |outer: &Outer| {
        let text = format!("outer {}  ttl {}", addresses(&outer.packet), outer.packet.ttl);
        Piece::new(text).alone()
    };
    let kinds: Vec<String> = frame.outer.iter().map(encapsulation).collect();
    match (was.is_empty(), is.is_empty()) {
        (true, true) => Vec::new(),
        (false, true) => vec![Piece::changed("decapsulated", [String::new()])],
        (_, false) if was == is => {
            let inside = Piece::new(format!("in {}", kinds.join(", in ")));
            std::iter::once(inside).chain(outer_ttl(frame, before)).collect()
        }
        (_, false) => {
            let changed = Piece::changed("encapsulated", [format!("in {}", kinds.join(", in "))]);
            let bytes = wrapped(frame).map(|bytes| Piece::new(bytes).alone());
            std::iter::once(changed).chain(frame.outer.iter().map(told)).chain(bytes).collect()
        }
    }
}

/// `outer ttl 64 → 63`, where a router passed on what is around the packet.
fn outer_ttl(frame: &Frame, before: Option<&Frame>) -> Option<Piece> {
    let (was, is) = (before?.outer.first()?.packet.ttl, frame.outer.first()?.packet.ttl);
    (was != is).then(|| Piece::changed("outer ttl", [format!("{was} → {is}")]))
}

/// Addresses, TTL and kind of the innermost packet, where they are not as before and nothing else tells so.
fn innermost(hop: &Hop, before: Option<&Frame>, encapsulated: bool) -> Vec<Piece> {
    let frame = &hop.sighting.frame;
    let Some(packet) = frame.packet() else { return Vec::new() };
    let was = before.and_then(Frame::packet);
    let just_encapsulated = encapsulated && before.is_none_or(|before| before.outer.len() != frame.outer.len());
    let ends = |packet: &crate::trace::frame::Packet| (packet.source, packet.destination, packet.ports());
    let is_new = was.is_none();
    let mut pieces = Vec::new();
    if just_encapsulated {
        pieces.push(Piece::new(format!("inner {}  ttl {}", addresses(packet), packet.ttl)).alone());
    } else if was.map(ends) != Some(ends(packet)) {
        pieces.push(Piece::new(addresses(packet)));
    }
    let rewrites = |what| hop.rewritten.iter().any(|rewrite| rewrite.what == what);
    if !just_encapsulated && was.map(|was| was.ttl) != Some(packet.ttl) && !rewrites("ttl") {
        pieces.push(Piece::new(format!("ttl {}", packet.ttl)));
    }
    pieces.extend(kind(packet).filter(|_| is_new).map(Piece::new));
    if packet.fragment && !was.is_some_and(|was| was.fragment) {
        pieces.push(Piece::new("a fragment"));
    }
    pieces
}

/// `source 10.244.1.2 → 192.168.1.11 (node-1's eth0)`
fn rewritten(rewrite: &Rewrite, names: &Names) -> Piece {
    let how = became(rewrite);
    let whose = rewrite.to.parse().ok().and_then(|address| names.address(address));
    Piece::changed(rewrite.what, whose.map(|whose| format!("{how} ({whose})")).into_iter().chain([how]))
}
