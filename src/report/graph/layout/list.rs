//! Guests beside a bridge that stands upright: as a list, or, where there are many, as squares.
//!
//! ```text
//! ║─[pod-a  10.244.1.2/24]       ║─ 50 pods
//! ║─[pod-b  10.244.1.3/24]       ║  10.244.1.2 … 10.244.1.51
//! cni0                           ║  ▪▪▪▪▪▪▪▪▪▪
//! ```

use super::boxes::Stand;
use super::guest::{Drawn, Guest};
use super::shape::{Rect, Shape, Style, at};
use super::words::Line;
use crate::graph::{Machine, summary};

/// The length of a cable between the bridge and a guest, and of one that a way with its numbers is drawn along.
const CABLE: f64 = 17.0;
const TRACED: f64 = 62.0;
/// The side of a square that stands for a machine, and how many there are in a line.
const SQUARE: f64 = 12.0;
const A_LINE: usize = 10;

/// As a list at the right of a bridge that stands upright at `x` = 0.
pub fn list(guests: &[Guest<'_>], stand: Stand) -> Drawn {
    let Stand { plugged, traced } = stand;
    let names = guests.iter().filter_map(|guest| guest.lines.first()).map(Line::width).fold(0.0, f64::max);
    let rest = guests.iter().flat_map(|guest| guest.lines.iter().skip(1)).map(Line::width).fold(0.0, f64::max);
    let left = if traced { TRACED } else { CABLE };
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
        drawn.spots.put_hub(&guest.machine.name, at(left - 5.0, middle));
        if let Some(pin) = pin {
            drawn.spots.put(&pin.machine, &pin.link, vec![at(left, middle)]);
        }
        drawn.h = rect.y + rect.h + 2.0;
    }
    drawn
}

/// As squares, of which one cable leads to the bridge.
pub fn squares(guests: &[Guest<'_>]) -> Drawn {
    let left = CABLE;
    let mut drawn = Drawn::default();
    let mut y = 14.0;
    let mut w: f64 = 0.0;
    let machines: Vec<&Machine> = guests.iter().map(|guest| guest.machine).collect();
    let (count, addresses) = summary(&machines);
    let addresses = addresses.iter().map(|(first, last)| Line::new(&format!("{first} … {last}"), Style::Label, ""));
    for line in std::iter::once(Line::new(&count, Style::Guest, "")).chain(addresses) {
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
