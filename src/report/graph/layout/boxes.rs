//! Guests as boxes side by side, standing on their bridge.
//!
//! ```text
//! ┌ pod-a ─────┐  ┌ pod-b ─────┐
//! └────┬───────┘  └────┬───────┘
//!      │ eth0          │ eth0
//! ═════╧═════ cni0 ════╧════════
//! ```

use super::guest::{Drawn, Guest};
use super::shape::{Point, Rect, Shape, Style, at};
use super::width::{fit, width};
use super::words::Line;

/// How guests stand.
#[derive(Debug, Clone, Copy)]
pub struct Stand {
    /// Whether their cables end in a bridge.
    pub plugged: bool,
    /// Whether ways are drawn along the cables, which takes room beside them.
    pub traced: bool,
}

/// The height of a line, and the room around the lines of a box.
const LINE: f64 = 17.0;
const PAD: f64 = 10.0;
/// The length of a cable between a box and the bridge.
const CABLE: f64 = 46.0;
/// From a cable to the words beside it, where ways are drawn too, and the room that these have beyond the box.
const BESIDE: f64 = 8.0;
const BESIDE_WAYS: f64 = 25.0;
const ROOM: f64 = 14.0;
/// From a box to the cross of a packet that is lost in it.
const DOOR: f64 = 7.0;
/// Between boxes.
pub const GAP: f64 = 14.0;

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
pub fn boxes(guests: &[Guest<'_>], stand: Stand) -> Drawn {
    let Stand { plugged, traced } = stand;
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
            drawn.shapes.extend(ends(guest, at(middle + beside, edge), room, stand));
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
        // What never leaves it stays at its door: in it there is text.
        drawn.spots.put_hub(&guest.machine.name, at(middle, edge + DOOR));
        if let Some(pin) = pin {
            drawn.spots.put(&pin.machine, &pin.link, vec![at(middle, edge)]);
        }
        drawn.w = x + w;
    }
    drawn
}

/// The names at both ends of a cable, and what is wrong with it.
fn ends(guest: &Guest<'_>, Point { x, y: top }: Point, room: f64, stand: Stand) -> Vec<Shape> {
    let Stand { plugged, traced } = stand;
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
        (None, Some(socket)) => put(top + CABLE - if traced { 12.0 } else { 7.0 }, &socket.name, ""),
        (None, None) => {}
    }
    shapes
}
