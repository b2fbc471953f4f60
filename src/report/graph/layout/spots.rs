//! Where on the plane each link is, and how one comes from one to another along what is drawn.
//!
//! ```text
//!   pod-a          pod-b
//!     │ eth0         │
//!   ══╪══ cni0 ══════╧══   every place knows its way to its machine's hub (○); from one to another it is the one way
//!     ○                    and the other one backwards, without the part that they have in common
//!     │ eth0
//! ```

use std::collections::HashMap;

use super::shape::Point;
use crate::names::MachineName;
use crate::network::Peer;

/// Where things are.
#[derive(Debug, Clone, Default)]
pub struct Spots {
    links: HashMap<Peer, Vec<Point>>,
    hubs: HashMap<MachineName, Point>,
}

impl Spots {
    /// A link is at the first of these places, the last of which is its hub.
    pub fn put(&mut self, machine: &MachineName, link: &str, way: Vec<Point>) {
        self.links.insert(Peer { machine: machine.clone(), link: link.to_owned() }, way);
    }

    /// A machine's hub.
    pub fn put_hub(&mut self, machine: &MachineName, at: Point) {
        self.hubs.insert(machine.clone(), at);
    }

    /// The place of a link.
    pub fn of(&self, link: &Peer) -> Option<Point> {
        self.links.get(link).and_then(|way| way.first()).copied()
    }

    /// The hub of a machine.
    pub fn hub(&self, machine: &MachineName) -> Option<Point> {
        self.hubs.get(machine).copied()
    }

    /// From a link to its machine's hub.
    pub fn inwards(&self, link: &Peer) -> Option<Vec<Point>> {
        self.links.get(link).map(|way| simple(way.clone()))
    }

    /// From one link to another one, both included.
    pub fn between(&self, from: &Peer, to: &Peer) -> Option<Vec<Point>> {
        let (one, other) = (self.links.get(from)?, self.links.get(to)?);
        if from.machine != to.machine || one.last() != other.last() {
            let (a, b) = (*one.first()?, *other.first()?);
            // What is drawn as one straight line is one; else round a corner.
            return Some(simple(vec![a, Point { x: a.x, y: b.y }, b]));
        }
        Some(simple(one.iter().chain(other.iter().rev()).copied().collect()))
    }

    /// Moves everything.
    pub fn shift(&mut self, dx: f64, dy: f64) {
        self.links.values_mut().flatten().for_each(|point| *point = point.by(dx, dy));
        self.hubs.values_mut().for_each(|point| *point = point.by(dx, dy));
    }

    /// Takes in those of another one.
    pub fn extend(&mut self, other: Spots) {
        self.links.extend(other.links);
        self.hubs.extend(other.hubs);
    }
}

/// A way without what leads to and fro on one line.
fn simple(points: Vec<Point>) -> Vec<Point> {
    let mut way: Vec<Point> = Vec::new();
    for point in points {
        way.push(point);
        while let [.., a, b, c] = way[..] {
            let straight = (same(a.x, b.x) && same(b.x, c.x)) || (same(a.y, b.y) && same(b.y, c.y));
            if !straight {
                break;
            }
            way.truncate(way.len() - 2);
            way.push(c);
        }
        if matches!(way[..], [.., a, b] if same(a.x, b.x) && same(a.y, b.y)) {
            way.pop();
        }
    }
    way
}

/// Whether two coordinates are one: a hundredth of a pixel is nothing.
pub fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.01
}

#[cfg(test)]
mod tests {
    use super::super::shape::at;
    use super::*;

    #[test]
    fn the_way_between_two_ports_stays_on_the_bridge() {
        let machine: MachineName = "node-1".parse().unwrap();
        let mut spots = Spots::default();
        let hub = [at(10.0, 50.0), at(10.0, 80.0)];
        spots.put(&machine, "veth-a", [vec![at(40.0, 50.0)], hub.to_vec()].concat());
        spots.put(&machine, "veth-b", [vec![at(90.0, 50.0)], hub.to_vec()].concat());
        spots.put(&machine, "eth0", vec![at(10.0, 120.0), at(10.0, 80.0)]);
        let end = |link: &str| Peer { machine: machine.clone(), link: link.into() };
        assert_eq!(spots.between(&end("veth-a"), &end("veth-b")), Some(vec![at(40.0, 50.0), at(90.0, 50.0)]));
        let out = vec![at(40.0, 50.0), at(10.0, 50.0), at(10.0, 120.0)];
        assert_eq!(spots.between(&end("veth-a"), &end("eth0")), Some(out));
    }
}
