//! A machine that stands for itself: its name, its bridges with those that are plugged into them, its routes and rules, and
//! at its lower edge its network cards.
//!
//! ```text
//! ┌ node-1 ──────────────────────┐
//! │  ┌ pod-a ────┐ ┌ pod-b ────┐ │
//! │  └────┬──────┘ └────┬──────┘ │
//! │  ═════╧═════════════╧═══════ │
//! │  ┊ cni0 10.244.1.1/24        │  ┊ the lane: where the node itself passes packets on
//! │  ┊ 10.244.2.0/24 via …       │
//! │  ┊ eth0 192.168.1.11/24      │
//! └──┬───────────────────────────┘
//! ```

use super::Detail;
use super::block::{Block, Drop};
use super::guests::{Drawn, GAP, Guest, MANY, Standing, boxes, list, squares};
use super::shape::{Point, Rect, Shape, Style, at};
use super::width::width;
use super::words::{Line, addresses, captions, class, link_class, title, trouble};
use crate::graph::{Graph, Link, Machine, Role};

/// The room inside the edges.
const PAD: f64 = 15.0;
/// How thick a bridge is.
const BAR: f64 = 8.0;
/// Where the lane is, from the left.
const LANE: f64 = PAD + 5.0;
/// Where texts beside it begin.
const BESIDE: f64 = LANE + 14.0;
/// How many routes and rules there is room for.
const CAPTIONS: usize = 8;

/// Lays out a machine.
pub fn block<'a>(graph: &'a Graph, machine: &'a Machine, detail: Detail, traced: bool) -> Block {
    let mut page = Page::new(machine, detail, traced);
    page.head(graph);
    page.bridges(graph);
    if detail == Detail::Roomy {
        page.captions();
    }
    page.cards();
    page.finish()
}

/// A machine that is being laid out, from top to bottom.
struct Page<'a> {
    machine: &'a Machine,
    detail: Detail,
    /// Whether ways are drawn along the cables.
    traced: bool,
    block: Block,
    /// How far down it is filled.
    y: f64,
    /// Links that are on the way to the hub, which is only known later, and where they join the lane.
    inner: Vec<(String, Vec<Point>)>,
    /// Where the lane begins, if there is a bridge.
    lane: Option<f64>,
}

impl<'a> Page<'a> {
    fn new(machine: &'a Machine, detail: Detail, traced: bool) -> Self {
        Page { machine, detail, traced, block: Block::default(), y: 0.0, inner: Vec::new(), lane: None }
    }

    fn widen(&mut self, right: f64) {
        let room = if self.detail == Detail::Roomy { PAD + 3.0 } else { PAD - 4.0 };
        self.block.w = self.block.w.max(right + room);
    }

    fn head(&mut self, graph: &Graph) {
        let line = Line::new(self.machine.name.as_str(), Style::Name, class(self.machine.mark).trim_start());
        self.block.shapes.push(Shape::text(at(PAD, 25.0), &line.text, line.style, &line.class));
        let mut right = PAD + line.width();
        // Numbers of what differs stand behind the name.
        for number in &self.machine.marks {
            let mark = graph.drift.iter().flatten().find(|mark| mark.number == *number);
            let class = mark.map(|mark| mark.sort.word()).unwrap_or_default();
            if right > 300.0 {
                self.block.shapes.push(Shape::text(at(right + 6.0, 25.0), "…", Style::Name, class));
                break;
            }
            let center = at(right + 20.0, 19.5);
            self.block.shapes.push(Shape::Circle { at: center, r: 9.5, class: format!("badge {class}") });
            self.block.shapes.push(Shape::centred(center.by(0.0, 4.0), number.to_string(), Style::Number, "on-badge"));
            right += 23.0;
        }
        self.widen(right + 12.0);
        self.y = 40.0;
    }

    fn bridges(&mut self, graph: &'a Graph) {
        let machine = self.machine;
        let guests: Vec<Guest<'a>> = graph
            .machines
            .iter()
            .filter(|m| m.home.as_ref() == Some(&machine.name))
            .map(|m| Guest::of(graph, machine, m))
            .collect();
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
            groups.iter().map(|(_, guests)| boxes(guests, Standing { plugged: true, traced: self.traced })).collect();
        let loose = boxes(loose, Standing { plugged: false, traced: self.traced });
        let high = drawn.iter().map(|drawn| drawn.h).fold(loose.h, f64::max);
        let bar = top + high;
        let (mut x, mut below) = (PAD, bar);
        for ((bridge, _), drawn) in groups.iter().zip(drawn) {
            let label = card(bridge);
            let wide = drawn.w.max(card_width(bridge, &label) + BESIDE - PAD).max(90.0);
            let (dx, dy) = (x + (wide - drawn.w) / 2.0, bar - drawn.h);
            let joint = at(x + LANE - PAD, bar + BAR / 2.0);
            self.put(drawn, dx, dy, |port| vec![at(port.x, joint.y), joint]);
            self.bar(bridge, Rect { x, y: bar, w: wide, h: BAR });
            self.inner.push((bridge.name.clone(), vec![joint]));
            let end = self.card(bridge, &label, x + BESIDE - PAD, bar + BAR + 6.0);
            below = below.max(end);
            self.lane.get_or_insert(joint.y);
            self.widen(x + wide);
            x += wide + 2.0 * GAP;
        }
        if loose.w > 0.0 {
            let w = loose.w;
            let dy = if groups.is_empty() { top } else { bar - high };
            below = below.max(dy + loose.h);
            self.put(loose, x, dy, |port| vec![port]);
            self.widen(x + w);
        }
        // Bridges beside the first one meet the lane below all of them.
        self.y = below;
        if groups.len() > 1 {
            let meet = below + 6.0;
            for (_, way) in &mut self.inner {
                if let Some(joint) = way.last().copied().filter(|joint| joint.x > LANE + 1.0) {
                    way.extend([at(joint.x, meet), at(LANE, meet)]);
                }
            }
            let stubs: Vec<Vec<Point>> =
                self.inner.iter().map(|(_, way)| way.clone()).filter(|way| way.len() > 2).collect();
            let stubs = stubs.into_iter().filter_map(|way| way.get(way.len() - 3..).map(<[Point]>::to_vec));
            self.block.shapes.extend(stubs.map(|way| Shape::line(way, "lane")).collect::<Vec<_>>());
            self.y = meet;
        }
    }

    /// Each bridge upright, with its guests as a list beside it.
    fn one_below_the_other(&mut self, groups: &[(&Link, Vec<Guest<'a>>)], loose: &[Guest<'a>]) {
        for (bridge, guests) in groups {
            self.y = self.card(bridge, &card(bridge), PAD, self.y - 6.0) + 2.0;
            let (shown, squared) = crowd(guests);
            let (top, list, squares) = (self.y, list(&shown, true), squares(&squared));
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
            let (shown, squared) = crowd(loose);
            for drawn in [list(&shown, false), squares(&squared)] {
                if drawn.h > 0.0 && drawn.w > 30.0 {
                    let (w, h) = (drawn.w, drawn.h);
                    self.put(drawn, LANE, self.y, |port| vec![port]);
                    self.widen(LANE + w);
                    self.y += h + 4.0;
                }
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

    /// Lines of text from a place on downwards; the result is where they end.
    fn lines(&mut self, lines: &[Line], x: f64, top: f64) -> f64 {
        let mut y = top;
        for line in lines {
            y += 16.0;
            self.block.shapes.push(Shape::text(at(x, y - 3.0), &line.text, line.style, &line.class));
            self.widen(x + line.width());
        }
        y
    }

    /// Routes and rules, as far as there is room.
    fn captions(&mut self) {
        let mut all = captions(self.machine, self.block.w - BESIDE - PAD);
        // What differs is not what is left out.
        all.sort_by_key(|lines| lines.iter().all(|line| line.class.is_empty()));
        if all.len() > CAPTIONS {
            let more = all.split_off(CAPTIONS - 1).len();
            all.push(vec![Line::new(&format!("… and {more} more"), Style::Caption, "")]);
        }
        if !all.is_empty() {
            self.y = self.lines(&all.concat(), BESIDE, self.y + 4.0);
        }
    }

    /// A link's name and addresses: those behind the first stand below it.
    fn card(&mut self, link: &Link, lines: &[Line], x: f64, top: f64) -> f64 {
        let indent = indent(link, lines);
        let end = self.lines(lines.get(..1).unwrap_or_default(), x, top);
        self.lines(lines.get(1..).unwrap_or_default(), x + indent, end)
    }

    fn cards(&mut self) {
        let cards: Vec<&Link> = self.machine.cards().collect();
        if cards.is_empty() {
            self.y += 4.0;
            return;
        }
        self.y += match (self.detail, cards.len()) {
            (Detail::Roomy, 1) => 8.0,
            (Detail::Roomy, _) => 16.0,
            (Detail::Dense, _) => 2.0,
        };
        let hub = at(LANE, self.y);
        let blocks: Vec<Vec<Line>> = cards.iter().map(|link| card(link)).collect();
        let most = blocks.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let bottom = self.y + most * 16.0 + 14.0;
        let mut x = LANE;
        let mut last = LANE;
        for (link, lines) in cards.iter().zip(&blocks) {
            let top = bottom - 12.0 - lines.len() as f64 * 16.0;
            self.card(link, lines, x + 14.0, top);
            let edge = at(x, bottom);
            self.inner.push((link.name.clone(), vec![edge, at(x, hub.y)]));
            if self.lane.is_some() || cards.len() > 1 {
                self.block.shapes.push(Shape::line([at(x, hub.y), edge], "lane"));
                last = x;
            }
            self.drop(link, edge);
            x += card_width(link, lines) + 14.0 + 2.0 * GAP;
        }
        if last > LANE {
            self.block.shapes.push(Shape::line([hub, at(last, hub.y)], "lane"));
        }
        self.y = bottom;
    }

    fn drop(&mut self, link: &Link, edge: Point) {
        let segment = match link.role {
            Role::Plug(segment) => Some(segment),
            _ => None,
        };
        // A veth that leads nowhere has a cable; what was never meant to have one has none.
        if segment.is_none() && !(link.kind == "veth" && link.trouble.is_some()) {
            return;
        }
        let class = link_class(link);
        let (port, trouble) = (link.peer.clone(), link.trouble.clone());
        self.block.drops.push(Drop { segment, port, at: edge, class, trouble });
    }

    fn finish(mut self) -> Block {
        let machine = self.machine;
        let cards = machine.cards().next().is_some();
        let bottom = if cards { self.y } else { self.y + 8.0 };
        let hub = at(
            LANE,
            if cards {
                self.inner.last().map_or(bottom, |(_, way)| way.last().map_or(bottom, |p| p.y))
            } else {
                bottom - 6.0
            },
        );
        if let Some(top) = self.lane.filter(|_| cards) {
            self.block.shapes.push(Shape::line([at(LANE, top + BAR / 2.0), hub], "lane"));
        }
        for (link, mut way) in std::mem::take(&mut self.inner) {
            if let Some(last) = way.last().copied() {
                way.extend([at(LANE, last.y), hub]);
            }
            self.block.spots.put(&machine.name, &link, way);
        }
        self.block.spots.put_hub(&machine.name, hub);
        let Block { w, spots, shapes, drops, .. } = self.block;
        let rect = Rect { x: 0.0, y: 0.0, w: w.max(110.0), h: bottom };
        let mut all = vec![Shape::rect(rect, 10.0, "box")];
        all.extend(shapes);
        all.extend(drops.iter().map(|drop| Shape::rect(Rect::around(drop.at, 10.0), 2.0, "plug")));
        let class = format!("machine outer {}{}", machine.kind.word(), class(machine.mark));
        let group = Shape::Group { machine: Some(machine.name.clone()), title: title(machine), class, shapes: all };
        Block { w: rect.w, h: bottom, shapes: vec![group], spots, drops }
    }
}

/// Those that are named, and those that are squares: with a crowd, only what differs or is broken is named.
fn crowd<'a>(guests: &[Guest<'a>]) -> (Vec<Guest<'a>>, Vec<Guest<'a>>) {
    if guests.len() <= MANY {
        return (guests.to_vec(), Vec::new());
    }
    let odd = |guest: &&Guest<'a>| {
        let links = guest.pin.iter().chain(&guest.socket);
        guest.machine.mark.is_some()
            || !guest.machine.marks.is_empty()
            || links.into_iter().any(|link| trouble(link).is_some())
    };
    let (mut named, mut rest): (Vec<_>, Vec<_>) = guests.iter().cloned().partition(|guest| odd(&guest));
    if named.len() > MANY {
        let spilled = named.split_off(MANY);
        rest.splice(0..0, spilled);
    }
    (named, rest)
}

/// How far the addresses of a link stand behind its name.
fn indent(link: &Link, lines: &[Line]) -> f64 {
    let short = lines.len() > 1 && link.name.chars().count() < 8;
    if short { width(&format!("{} ", link.name), Style::Address) } else { 14.0 }
}

fn card_width(link: &Link, lines: &[Line]) -> f64 {
    let rest = lines.iter().skip(1).map(|line| line.width() + indent(link, lines));
    rest.chain(lines.first().map(Line::width)).fold(0.0, f64::max)
}

/// `eth0 192.168.1.11/24`, further addresses, what it leads to, and what is wrong with it.
fn card(link: &Link) -> Vec<Line> {
    let mut rest = addresses(link);
    rest.extend(link.tag().map(|tag| Line::new(&tag, Style::Label, "")));
    match link.role {
        // What is wrong with a cable stands beside it.
        Role::Plug(_) => rest.extend(link.mark.map(|sort| Line::new(sort.word(), Style::Label, sort.word()))),
        _ => rest.extend(trouble(link)),
    }
    let mark = class(link.mark);
    if rest.is_empty() {
        return vec![Line::new(&link.name, Style::Address, mark.trim_start())];
    }
    let first = rest.remove(0);
    let text = format!("{} {}", link.name, first.text);
    let class = if mark.is_empty() { first.class } else { mark.trim_start().to_owned() };
    let mut lines = vec![Line::new(&text, Style::Address, class)];
    lines.extend(rest);
    lines
}
