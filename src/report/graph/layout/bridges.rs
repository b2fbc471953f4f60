//! A machine's bridges and those that are plugged into them.

use super::Detail;
use super::boxes::{GAP, Stand, boxes};
use super::guest::{Drawn, Guest};
use super::list::{list, squares};
use super::outer::{BAR, LANE, PAD, Page, card, card_width};
use super::shape::{Point, Rect, Shape, at};
use super::words::link_class;
use crate::graph::{Graph, Link, Machine};

/// From how many guests on they are squares.
const MANY: usize = 12;

impl<'a> Page<'a> {
    /// Its bridges, with those that are plugged into them.
    pub fn bridges(&mut self, graph: &'a Graph) {
        let machine = self.machine;
        let guests: Vec<Guest<'a>> =
            graph.guests(&machine.name).map(|guest| Guest::of(graph, machine, guest)).collect();
        let of = |bridge: Option<&str>| -> Vec<Guest<'a>> {
            let master = |guest: &Guest<'a>| guest.socket.and_then(|socket| socket.master.as_deref());
            let known = |name: &str| machine.bridges().any(|bridge| bridge.name == name);
            guests.iter().filter(|guest| master(guest).filter(|name| known(name)) == bridge).cloned().collect()
        };
        let groups: Vec<(&Link, Vec<Guest<'a>>)> =
            machine.bridges().map(|bridge| (bridge, of(Some(&bridge.name)))).collect();
        let loose = of(None);
        match self.detail {
            Detail::Roomy => self.side_by_side(&groups, &loose),
            Detail::Dense => self.one_below_the_other(&groups, &loose),
        }
    }

    /// Each bridge as a bar on which its guests stand.
    fn side_by_side(&mut self, groups: &[(&Link, Vec<Guest<'a>>)], loose: &[Guest<'a>]) {
        let top = self.y;
        let drawn: Vec<Drawn> =
            groups.iter().map(|(_, guests)| boxes(guests, Stand { plugged: true, traced: self.traced })).collect();
        let loose = boxes(loose, Stand { plugged: false, traced: self.traced });
        let high = drawn.iter().map(|drawn| drawn.h).fold(loose.h, f64::max);
        let bar = top + high;
        let (mut x, mut below) = (PAD, bar);
        for ((bridge, _), drawn) in groups.iter().zip(drawn) {
            let label = card(bridge);
            let wide = drawn.w.max(card_width(bridge, &label) + self.beside() - PAD).max(90.0);
            let (dx, dy) = (x + (wide - drawn.w) / 2.0, bar - drawn.h);
            let joint = at(x + LANE - PAD, bar + BAR / 2.0);
            self.put(drawn, dx, dy, |port| vec![at(port.x, joint.y), joint]);
            self.bar(bridge, Rect { x, y: bar, w: wide, h: BAR });
            self.inner.push((bridge.name.clone(), vec![joint]));
            let end = self.card(bridge, &label, x + self.beside() - PAD, bar + BAR + 6.0);
            below = below.max(end);
            self.lane.get_or_insert(joint.y);
            self.widen(x + wide);
            x += wide + 2.0 * GAP;
        }
        if loose.w > 0.0 {
            let w = loose.w;
            let dy = if groups.is_empty() { top } else { bar - high };
            below = below.max(dy + loose.h);
            self.put(loose, x, dy, |port| vec![at(LANE, port.y)]);
            self.widen(x + w);
        }
        self.y = below;
        self.join(below + 6.0);
    }

    /// Bridges beside the first one meet the lane below all of them.
    fn join(&mut self, meet: f64) {
        let mut stubs: Vec<[Point; 3]> = Vec::new();
        for (_, way) in &mut self.inner {
            if let Some(joint) = way.last().copied().filter(|joint| joint.x > LANE) {
                way.extend([at(joint.x, meet), at(LANE, meet)]);
                let stub = [joint.by(0.0, BAR / 2.0), at(joint.x, meet), at(LANE, meet)];
                if !stubs.contains(&stub) {
                    stubs.push(stub);
                }
            }
        }
        if !stubs.is_empty() {
            self.y = meet;
        }
        self.block.shapes.extend(stubs.into_iter().map(|stub| Shape::line(stub, "lane")));
    }

    /// Each bridge upright, with its guests as a list beside it.
    fn one_below_the_other(&mut self, groups: &[(&Link, Vec<Guest<'a>>)], loose: &[Guest<'a>]) {
        for (bridge, guests) in groups {
            self.y = self.card(bridge, &card(bridge), PAD, self.y - 6.0) + 2.0;
            let (shown, squared) = crowd(self.machine, guests);
            let (top, list, squares) =
                (self.y, list(&shown, Stand { plugged: true, traced: self.traced }), squares(&squared));
            let height = (list.h + if squared.is_empty() { 0.0 } else { squares.h + 4.0 }).max(12.0);
            let foot = at(LANE, top + height);
            let (w, h) = (list.w.max(squares.w), list.h);
            self.put(list, LANE, top, |port| vec![port, at(LANE, port.y), foot]);
            if !squared.is_empty() {
                self.put(squares, LANE, top + h + 4.0, |port| vec![port, at(LANE, port.y), foot]);
            }
            self.bar(bridge, Rect { x: LANE - BAR / 2.0, y: top, w: BAR, h: height });
            self.inner.push((bridge.name.clone(), vec![foot]));
            self.lane.get_or_insert(foot.y);
            self.widen(LANE + w);
            self.y = top + height + 4.0;
        }
        if !loose.is_empty() {
            let (shown, squared) = crowd(self.machine, loose);
            let list = list(&shown, Stand { plugged: false, traced: self.traced });
            let squares = (!squared.is_empty()).then(|| squares(&squared));
            for drawn in std::iter::once(list).chain(squares) {
                let (w, h) = (drawn.w, drawn.h);
                self.put(drawn, LANE, self.y, |port| vec![port]);
                self.widen(LANE + w);
                self.y += h + 4.0;
            }
        }
    }

    /// Puts guests into their place; `way` leads from a port on the bridge to the lane.
    fn put(&mut self, drawn: Drawn, dx: f64, dy: f64, way: impl Fn(Point) -> Vec<Point>) {
        let Drawn { mut shapes, mut spots, ports, .. } = drawn;
        shapes.iter_mut().for_each(|shape| shape.shift(dx, dy));
        spots.shift(dx, dy);
        self.block.shapes.extend(shapes);
        self.block.spots.extend(spots);
        self.inner.extend(ports.into_iter().map(|(socket, port)| (socket.link, way(port.by(dx, dy)))));
    }

    fn bar(&mut self, bridge: &Link, rect: Rect) {
        self.block.shapes.push(Shape::rect(rect, 2.0, format!("bridge{}", link_class(bridge))));
    }
}

/// Those that are named, and those that are squares.
fn crowd<'a>(home: &Machine, guests: &[Guest<'a>]) -> (Vec<Guest<'a>>, Vec<Guest<'a>>) {
    let machines: Vec<&Machine> = guests.iter().map(|guest| guest.machine).collect();
    let (named, _) = home.crowd(&machines, MANY);
    let is_named = |guest: &Guest<'a>| named.iter().any(|machine| machine.name == guest.machine.name);
    guests.iter().cloned().partition(is_named)
}
