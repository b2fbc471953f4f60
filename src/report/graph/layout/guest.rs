//! A machine that is drawn within another one.

use std::collections::BTreeMap;

use super::shape::{Point, Shape, Style};
use super::spots::Spots;
use super::words::{Line, addresses, class, further, link_class, title, trouble};
use crate::graph::{Graph, Link, Machine};
use crate::network::Peer;

/// A guest and what it is plugged into.
#[derive(Debug, Clone)]
pub struct Guest<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// Its end of the cable.
    pub pin: Option<&'a Link>,
    /// The other end, in the machine that it is at home in.
    pub socket: Option<&'a Link>,
    /// Its name, its addresses, and its further links.
    pub lines: Vec<Line>,
    /// In what way the numbered things differ.
    sorts: BTreeMap<usize, &'static str>,
}

impl<'a> Guest<'a> {
    /// One of a machine's guests.
    pub fn of(graph: &Graph, home: &'a Machine, machine: &'a Machine) -> Guest<'a> {
        let pin = machine.pin();
        let mut lines = vec![Line::new(machine.name.as_str(), Style::Guest, class(machine.mark).trim_start())];
        lines.extend(pin.iter().flat_map(|(link, _)| addresses(link)));
        lines.extend(further(graph, machine));
        let socket = pin.and_then(|(_, socket)| home.link(&socket.link));
        let marks = graph.drift.iter().flatten().filter(|mark| machine.marks.contains(&mark.number));
        let sorts = marks.map(|mark| (mark.number, mark.sort.word())).collect();
        Guest { machine, pin: pin.map(|(link, _)| link), socket, lines, sorts }
    }

    /// What is wrong with its cable, if anything is.
    pub fn trouble(&self) -> Option<Line> {
        self.pin.and_then(trouble).or_else(|| self.socket.and_then(trouble))
    }

    /// What the style sheet calls its cable.
    pub fn cable_class(&self) -> String {
        let both = [self.pin, self.socket].map(|link| link.map(link_class).unwrap_or_default());
        format!("cable{}", if both[0].is_empty() { &both[1] } else { &both[0] })
    }

    /// The numbers of what differs, leftwards from a place.
    pub fn badges(&self, from: Point) -> Vec<Shape> {
        let numbers = self.machine.marks.iter().take(3).rev().enumerate();
        numbers
            .flat_map(|(place, number)| {
                let center = from.by(-19.0 * place as f64, 0.0);
                let sort = self.sorts.get(number).copied().unwrap_or_default();
                [
                    Shape::Circle { at: center, r: 9.0, class: format!("badge {sort}") },
                    Shape::centred(center.by(0.0, 4.0), number.to_string(), Style::Number, "on-badge"),
                ]
            })
            .collect()
    }

    /// All that is drawn of it.
    pub fn group(&self, shapes: Vec<Shape>) -> Shape {
        let kind = self.machine.kind.word();
        let class = format!("machine guest {kind}{}", class(self.machine.mark));
        Shape::Group { machine: Some(self.machine.name.clone()), title: title(self.machine), class, shapes }
    }

    /// Its link, and the other end of that one's cable.
    pub fn peers(&self) -> (Option<Peer>, Option<Peer>) {
        let pin = self.pin.map(|link| Peer { machine: self.machine.name.clone(), link: link.name.clone() });
        let socket = self.pin.and_then(|link| link.peer.clone());
        (pin, socket)
    }
}

/// Guests that are drawn.
#[derive(Debug, Default)]
pub struct Drawn {
    /// The room that they take.
    pub w: f64,
    /// See there.
    pub h: f64,
    /// What is drawn.
    pub shapes: Vec<Shape>,
    /// Where their own links are.
    pub spots: Spots,
    /// Where on the bridge their cables end, with the link there.
    pub ports: Vec<(Peer, Point)>,
}
