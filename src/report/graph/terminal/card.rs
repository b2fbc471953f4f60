//! A machine as lines in a box.
//!
//! ```text
//! ┌ node-1 ──────────────────┐
//! │ cni0 10.244.1.1/24       │
//! │ ╟ pod-a 10.244.1.2/24    │
//! │ ╙ pod-b 10.244.1.3/24    │
//! │ eth0 192.168.1.11/24     │
//! └─┬────────────────────────┘
//! ```

use crate::diff::Sort;
use crate::graph::{Entry, Graph, Link, Machine, Role, summary};

/// From how many guests on a bridge on they are counted, and not listed.
const MANY: usize = 12;

pub const BOLD: &str = "1";
pub const RED: &str = "31";
const DIM: &str = "2";

/// A machine's box.
#[derive(Debug)]
pub struct Card {
    /// The machine's name, with the numbers of what differs.
    pub head: Vec<Span>,
    /// What stands in it.
    pub lines: Vec<Vec<Span>>,
    /// The cables that leave it downwards.
    pub drops: Vec<Drop>,
}

/// A cable that leaves a box.
#[derive(Debug, Clone)]
pub struct Drop {
    /// How far from the box's left edge.
    pub x: usize,
    /// In which of its lines it begins.
    pub line: usize,
    /// Where it leads; to nothing, if its other end does.
    pub segment: Option<usize>,
    /// Its colour.
    pub code: &'static str,
}

/// A piece of text in one colour.
pub type Span = (String, &'static str);

impl Card {
    /// Lays out a machine.
    pub fn of(graph: &Graph, machine: &Machine, captions: bool) -> Card {
        let mut head = vec![(machine.name.to_string(), code(machine.mark).unwrap_or(BOLD))];
        head.extend(numbers(machine));
        let mut card = Card { head, lines: Vec::new(), drops: Vec::new() };
        card.bridges(graph, machine);
        if captions {
            let all = machine.routes.iter().chain(&machine.rules);
            for entry in all.filter(|entry| entry.brief.is_some()) {
                card.lines.push(vec![("┊ ".into(), DIM), span(entry, DIM)]);
            }
        }
        card.cards(machine);
        card
    }

    fn bridges(&mut self, graph: &Graph, machine: &Machine) {
        let mut loose: Vec<&Machine> = graph.guests(&machine.name).collect();
        for bridge in machine.bridges() {
            let is_its = |guest: &Machine| {
                let socket = guest.pin().and_then(|(_, peer)| machine.link(&peer.link));
                socket.is_some_and(|socket| socket.master.as_ref() == Some(&bridge.name))
            };
            let (guests, others): (Vec<&Machine>, Vec<&Machine>) = loose.into_iter().partition(|guest| is_its(guest));
            loose = others;
            self.lines.extend(link(bridge));
            let (listed, counted) = machine.crowd(&guests, MANY);
            let count = listed.len() + usize::from(!counted.is_empty());
            for (place, guest) in listed.iter().enumerate() {
                let last = place + 1 == count;
                self.guest(graph, machine, guest, if last { ["╙ ", "  "] } else { ["╟ ", "║ "] });
            }
            self.summary(&counted, "╙ ");
        }
        let (listed, counted) = machine.crowd(&loose, MANY);
        for guest in &listed {
            self.guest(graph, machine, guest, ["╳ ", "  "]);
        }
        self.summary(&counted, "╳ ");
    }

    fn guest(&mut self, graph: &Graph, home: &Machine, guest: &Machine, [first, next]: [&str; 2]) {
        let name = guest.name.to_string();
        let blank = " ".repeat(name.chars().count().min(14));
        let mut head = vec![(first.to_owned(), ""), (name, code(guest.mark).unwrap_or(BOLD))];
        head.extend(numbers(guest));
        let mut rest: Vec<Vec<Span>> = Vec::new();
        let pin = guest.pin();
        if let Some((pin, peer)) = pin {
            for (i, address) in pin.addresses.iter().enumerate() {
                let one = (format!(" {}", span(address, "").0), code(address.mark).unwrap_or_default());
                if i == 0 { head.push(one) } else { rest.push(vec![(next.to_owned(), ""), (blank.clone(), ""), one]) }
            }
            let socket = home.link(&peer.link);
            head.extend(odd(pin).or_else(|| socket.and_then(odd)).map(|(text, code)| (format!(" {text}"), code)));
        }
        self.lines.push(head);
        self.lines.extend(rest);
        let pin = pin.map(|(link, _)| link.name.as_str());
        for further in guest.links.iter().filter(|link| Some(link.name.as_str()) != pin) {
            let mut lines = link(further);
            if let Role::Plug(segment) = further.role {
                let to = graph.segments.get(segment).map(|segment| (format!(" → {}", segment.name), DIM));
                lines.last_mut().into_iter().for_each(|line| line.extend(to.clone()));
            }
            for line in lines {
                self.lines.push([vec![(next.to_owned(), ""), ("  ".into(), "")], line].concat());
            }
        }
    }

    /// `50 pods`, and below the first and the last address.
    fn summary(&mut self, guests: &[&Machine], lead: &str) {
        if guests.is_empty() {
            return;
        }
        let (count, addresses) = summary(guests);
        self.lines.push(vec![(lead.into(), ""), (count, BOLD)]);
        for (first, last) in addresses {
            self.lines.push(vec![(format!("  {first} …"), "")]);
            self.lines.push(vec![(format!("  {last}"), "")]);
        }
    }

    fn cards(&mut self, machine: &Machine) {
        let mut wires: Vec<&'static str> = Vec::new();
        for card in machine.cards() {
            let x = wires.len() * 3;
            // The cables of those above pass by.
            let lead: Vec<Span> = wires.iter().map(|code| ("│  ".to_owned(), *code)).collect();
            let segment = match card.role {
                Role::Plug(segment) => Some(segment),
                _ => None,
            };
            let odd = card.trouble.is_some() || card.mark.is_some();
            let colour = if odd { RED } else { "" };
            self.lines.extend(link(card).into_iter().map(|line| [lead.clone(), line].concat()));
            if segment.is_some() || (card.kind == "veth" && card.trouble.is_some()) {
                self.drops.push(Drop { x: x + 2, line: self.lines.len(), segment, code: colour });
                wires.push(colour);
            }
        }
    }

    /// How wide the box is, with its edges.
    pub fn width(&self) -> usize {
        let of = |line: &Vec<Span>| line.iter().map(|(text, _)| text.chars().count()).sum::<usize>();
        self.lines.iter().map(of).chain([of(&self.head) + 1]).max().unwrap_or(0) + 4
    }

    /// How high.
    pub fn height(&self) -> usize {
        self.lines.len() + 2
    }
}

/// Whether a machine is missing or foreign, and the numbers of what differs in it.
fn numbers(machine: &Machine) -> Vec<Span> {
    let mark = machine.mark.map(|mark| (format!(" {}", mark.word()), code(machine.mark).unwrap_or_default()));
    let numbers: Vec<String> = machine.marks.iter().take(4).map(ToString::to_string).collect();
    let more = if machine.marks.len() > numbers.len() { ",…" } else { "" };
    let numbers = (!numbers.is_empty()).then(|| (format!(" [{}{more}]", numbers.join(",")), RED));
    mark.into_iter().chain(numbers).collect()
}

/// The colour of something that differs.
pub fn code(mark: Option<Sort>) -> Option<&'static str> {
    mark.map(|sort| match sort {
        Sort::Missing => RED,
        Sort::Changed => "33",
        Sort::Foreign => "35",
    })
}

fn span(entry: &Entry, plain: &'static str) -> Span {
    (entry.said(), code(entry.mark).unwrap_or(plain))
}

/// What is wrong with a link.
fn odd(link: &Link) -> Option<Span> {
    let colour = if link.trouble.is_some() { RED } else { code(link.mark).unwrap_or(RED) };
    link.odd().map(|words| (words, colour))
}

/// `eth0 192.168.1.11/24`, further addresses below, and what is wrong with it.
fn link(link: &Link) -> Vec<Vec<Span>> {
    let name = link.name.clone();
    let blank = " ".repeat(name.chars().count().min(8));
    let mut lines = vec![vec![(name, code(link.mark).unwrap_or_default())]];
    for (i, address) in link.addresses.iter().enumerate() {
        let one = (format!(" {}", span(address, "").0), code(address.mark).unwrap_or_default());
        match lines.first_mut().filter(|_| i == 0) {
            Some(first) => first.push(one),
            None => lines.push(vec![(blank.clone(), ""), one]),
        }
    }
    lines.extend(link.tag().map(|tag| vec![(blank, ""), (format!(" {tag}"), DIM)]));
    if let (Some(first), Some((text, code))) = (lines.first_mut(), odd(link)) {
        first.push((format!(" {text}"), code));
    }
    lines
}
