//! The machines within another one: as boxes on their bridge, as a list beside it, or, where there are many, as squares.
//!
//! ```text
//! ┌ pod-a ─────┐  ┌ pod-b ─────┐       ║─[pod-a  10.244.1.2/24]       ║─ 50 pods 10.244.1.2 – .51
//! └────┬───────┘  └────┬───────┘       ║─[pod-b  10.244.1.3/24]       ║  ▪▪▪▪▪▪▪▪▪▪▪▪▪
//! ═════╧═════ cni0 ════╧════════       cni0                           cni0
//! ```

use std::collections::BTreeMap;

use super::shape::{Point, Rect, Shape, Style, at};
use super::spots::Spots;
use super::width::{fit, width};
use super::words::{Line, addresses, class, further, link_class, title, trouble};
use crate::graph::{Graph, Kind, Link, Machine};
use crate::network::Peer;

/// How guests are drawn side by side.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Whether their cables end in a bridge.
    pub plugged: bool,
    /// Whether ways are drawn along the cables, which takes room beside them.
    pub traced: bool,
}

/// The height of a line, and the room around the lines of a box.
const LINE: f64 = 17.0;
const PAD: f64 = 10.0;
/// The length of a cable between a box and the bridge.
pub const CABLE: f64 = 46.0;
/// From a cable to the words beside it, where ways are drawn too, and the room that these have beyond the box.
const BESIDE: f64 = 8.0;
const BESIDE_WAYS: f64 = 25.0;
const ROOM: f64 = 14.0;
/// Between boxes.
pub const GAP: f64 = 14.0;
/// The side of a square that stands for a machine.
const SQUARE: f64 = 12.0;
/// From how many on they are squares, and how many squares there are in a line.
pub const MANY: usize = 12;
const A_LINE: usize = 10;

/// A guest and what it is plugged into.
#[derive(Debug, Clone)]
pub struct Guest<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// Its end of the cable.
    pub pin: Option<&'a Link>,
    /// The other end, in the machine that it is at home in.
    pub socket: Option<&'a Link>,
    lines: Vec<Line>,
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
    fn trouble(&self) -> Option<Line> {
        self.pin.and_then(trouble).or_else(|| self.socket.and_then(trouble))
    }

    fn cable_class(&self) -> String {
        let both = [self.pin, self.socket].map(|link| link.map(link_class).unwrap_or_default());
        format!("cable{}", if both[0].is_empty() { &both[1] } else { &both[0] })
    }

    /// The numbers of what differs, leftwards from a place.
    fn badges(&self, from: Point) -> Vec<Shape> {
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

    fn group(&self, shapes: Vec<Shape>) -> Shape {
        let kind = self.machine.kind.word();
        let class = format!("machine guest {kind}{}", class(self.machine.mark));
        Shape::Group { machine: Some(self.machine.name.clone()), title: title(self.machine), class, shapes }
    }

    fn peers(&self) -> (Option<Peer>, Option<Peer>) {
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

/// The size of boxes that all of these fit into, with the words beside their cables.
fn box_size(guests: &[Guest<'_>], beside: f64) -> (f64, f64) {
    let lines = guests.iter().flat_map(|guest| &guest.lines);
    let widest = lines.map(Line::width).fold(64.0, f64::max);
    let most = guests.iter().map(|guest| guest.lines.len()).max().unwrap_or(1);
    let troubles = guests.iter().filter_map(Guest::trouble).map(|line| line.width());
    // Beside a way there is room for a name of usual length.
    let label = troubles.fold(if beside > BESIDE { 68.0 } else { 0.0 }, f64::max);
    ((widest + 2.0 * PAD).max(2.0 * (label + beside - ROOM)), most as f64 * LINE + 12.0)
}

/// As boxes side by side, with cables down to a bridge at the height of the result.
pub fn boxes(guests: &[Guest<'_>], standing: Standing) -> Drawn {
    let Standing { plugged, traced } = standing;
    let beside = if traced { BESIDE_WAYS } else { BESIDE };
    if guests.is_empty() {
        return Drawn { h: if plugged { 8.0 } else { 0.0 }, ..Drawn::default() };
    }
    let (w, h) = box_size(guests, beside);
    let mut drawn = Drawn { h: h + if plugged { CABLE } else { 0.0 }, ..Drawn::default() };
    for (place, guest) in guests.iter().enumerate() {
        let x = place as f64 * (w + GAP);
        let (middle, edge) = (x + w / 2.0, h);
        let (pin, socket) = guest.peers();
        if plugged || guest.pin.is_some() {
            // A cable that leads nowhere ends halfway.
            let end = if plugged { edge + CABLE } else { edge + 14.0 };
            drawn.shapes.push(Shape::line([at(middle, edge), at(middle, end)], guest.cable_class()));
            if !plugged {
                drawn.shapes.extend(Shape::cross(at(middle, end), 5.0));
                drawn.h = drawn.h.max(end + 22.0);
            }
            // As far as the next cable, or the edge of the machine.
            let room = if place + 1 < guests.len() { w + GAP - beside - 10.0 } else { w / 2.0 + ROOM - beside };
            drawn.shapes.extend(ends(guest, at(middle + beside, edge), room, plugged));
            drawn.ports.extend(socket.map(|socket| (socket, at(middle, end))));
        }
        let mut shapes = vec![Shape::rect(Rect { x, y: 0.0, w, h }, 6.0, "box")];
        let top = (h - guest.lines.len() as f64 * LINE) / 2.0 + 12.5;
        for (i, line) in guest.lines.iter().enumerate() {
            let place = at(middle, top + i as f64 * LINE);
            shapes.push(Shape::centred(place, &line.text, line.style, &line.class));
        }
        if guest.pin.is_some() {
            shapes.push(Shape::rect(Rect::around(at(middle, edge), 9.0), 2.0, "plug"));
        }
        shapes.extend(guest.badges(at(x + w - 2.0, 1.0)));
        drawn.shapes.push(guest.group(shapes));
        drawn.spots.put_hub(&guest.machine.name, at(middle, h / 2.0));
        if let Some(pin) = pin {
            drawn.spots.put(&pin.machine, &pin.link, vec![at(middle, edge), at(middle, h / 2.0)]);
        }
        drawn.w = x + w;
    }
    drawn
}

/// The names at both ends of a cable, and what is wrong with it.
fn ends(guest: &Guest<'_>, Point { x, y: top }: Point, room: f64, plugged: bool) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut put = |y: f64, text: &str, class: &str| {
        let text = fit(text, Style::Label, room);
        if text.chars().count() > 3 || width(&text, Style::Label) <= room {
            shapes.push(Shape::text(at(x, y), text, Style::Label, class));
        }
    };
    let trouble = guest.trouble();
    if let Some(pin) = guest.pin.filter(|_| plugged) {
        put(top + 15.0, &pin.name, "");
    }
    match (&trouble, guest.socket.filter(|_| plugged)) {
        (Some(line), _) => put(top + if plugged { 29.0 } else { 19.0 }, &line.text, &line.class),
        (None, Some(socket)) => put(top + CABLE - 7.0, &socket.name, ""),
        (None, None) => {}
    }
    shapes
}

/// As a list at the right of a bridge that stands upright at `x` = 0.
pub fn list(guests: &[Guest<'_>], plugged: bool) -> Drawn {
    let names = guests.iter().filter_map(|guest| guest.lines.first()).map(Line::width).fold(0.0, f64::max);
    let rest = guests.iter().flat_map(|guest| guest.lines.iter().skip(1)).map(Line::width).fold(0.0, f64::max);
    let left = 17.0;
    let between = if rest > 0.0 { 10.0 } else { 0.0 };
    let w = names + between + rest + 2.0 * 7.0;
    let mut drawn = Drawn { w: left + w, ..Drawn::default() };
    for guest in guests {
        let rows = guest.lines.len().saturating_sub(1).max(1) as f64;
        let rect = Rect { x: left, y: drawn.h + 2.0, w, h: rows * 15.0 + 4.0 };
        let middle = rect.y + 9.5;
        let (pin, socket) = guest.peers();
        let near = if plugged { 0.0 } else { 8.0 };
        if guest.pin.is_some() {
            drawn.shapes.push(Shape::line([at(near, middle), at(left, middle)], guest.cable_class()));
            if !plugged {
                drawn.shapes.extend(Shape::cross(at(near, middle), 4.0));
            }
            drawn.ports.extend(socket.map(|socket| (socket, at(near, middle))));
        }
        let mut shapes = vec![Shape::rect(rect, 4.0, "box")];
        for (i, line) in guest.lines.iter().enumerate() {
            let x = if i == 0 { rect.x + 7.0 } else { rect.x + 7.0 + names + between };
            let y = rect.y + 14.0 + i.saturating_sub(1) as f64 * 15.0;
            shapes.push(Shape::text(at(x, y), &line.text, line.style, &line.class));
        }
        if guest.pin.is_some() {
            shapes.push(Shape::rect(Rect::around(at(left, middle), 7.0), 2.0, "plug"));
        }
        let numbers = guest.machine.marks.len().min(3) as f64 * 19.0;
        shapes.extend(guest.badges(at(rect.x + w + numbers - 8.0, middle)));
        drawn.w = drawn.w.max(left + w + numbers + 4.0);
        drawn.shapes.push(guest.group(shapes));
        if let Some(trouble) = guest.trouble() {
            drawn.w = drawn.w.max(left + w + numbers + 12.0 + trouble.width());
            drawn.shapes.push(Shape::text(
                at(rect.x + w + numbers + 8.0, middle + 4.0),
                trouble.text,
                trouble.style,
                trouble.class,
            ));
        }
        drawn.spots.put_hub(&guest.machine.name, at(left + 20.0, middle));
        if let Some(pin) = pin {
            drawn.spots.put(&pin.machine, &pin.link, vec![at(left, middle), at(left + 20.0, middle)]);
        }
        drawn.h = rect.y + rect.h + 2.0;
    }
    drawn
}

/// As squares, of which one cable leads to the bridge.
pub fn squares(guests: &[Guest<'_>]) -> Drawn {
    let left = 20.0;
    let mut drawn = Drawn::default();
    let mut y = 14.0;
    let mut w: f64 = 0.0;
    for line in summary(guests) {
        drawn.shapes.push(Shape::text(at(left + 8.0, y), &line.text, line.style, &line.class));
        w = w.max(line.width() + 16.0);
        y += 16.0;
    }
    let top = y - 8.0;
    for (place, guest) in guests.iter().enumerate() {
        let (column, row) = ((place % A_LINE) as f64, (place / A_LINE) as f64);
        let rect = Rect { x: left + 8.0 + column * 16.0, y: top + row * 16.0, w: SQUARE, h: SQUARE };
        let broken = if guest.trouble().is_some() { " broken" } else { "" };
        drawn.shapes.push(guest.group(vec![Shape::rect(rect, 2.0, format!("square{broken}"))]));
        let middle = at(rect.x + SQUARE / 2.0, rect.y + SQUARE / 2.0);
        drawn.spots.put_hub(&guest.machine.name, middle);
        let (pin, socket) = guest.peers();
        if let Some(pin) = pin {
            drawn.spots.put(&pin.machine, &pin.link, vec![middle]);
        }
        drawn.ports.extend(socket.map(|socket| (socket, at(0.0, 10.0))));
    }
    let rows = guests.len().div_ceil(A_LINE) as f64;
    drawn.h = top + rows * 16.0 + 6.0;
    drawn.w = left + w.max(8.0 + guests.len().min(A_LINE) as f64 * 16.0 + 4.0);
    let frame = Rect { x: left, y: 0.0, w: drawn.w - left, h: drawn.h - 2.0 };
    let mut shapes = vec![
        Shape::line([at(0.0, 10.0), at(left, 10.0)], "cable thick"),
        Shape::rect(frame, 4.0, "frame"),
        Shape::rect(Rect::around(at(left, 10.0), 9.0), 2.0, "plug"),
    ];
    shapes.append(&mut drawn.shapes);
    drawn.shapes = shapes;
    drawn
}

/// `50 pods`, `10.244.1.2 … 10.244.1.51`
fn summary(guests: &[Guest<'_>]) -> Vec<Line> {
    let pods = guests.iter().all(|guest| guest.machine.kind == Kind::Pod);
    let word = if pods { "pods" } else { "machines" };
    let mut lines = vec![Line::new(&format!("{} {word}", guests.len()), Style::Guest, "")];
    let addresses: Vec<Vec<&str>> = guests
        .iter()
        .filter_map(|guest| guest.pin)
        .map(|pin| pin.addresses.iter().map(|entry| entry.text.split('/').next().unwrap_or_default()).collect())
        .collect();
    if let (Some(first), Some(last)) = (addresses.first(), addresses.last()) {
        for (from, to) in first.iter().zip(last) {
            lines.push(Line::new(&format!("{from} … {to}"), Style::Label, ""));
        }
    }
    lines
}
