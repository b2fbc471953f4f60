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
use super::boxes::GAP;
use super::shape::{Point, Rect, Shape, Style, at};
use super::width::width;
use super::words::{Line, addresses, captions, class, link_class, title, trouble};
use crate::graph::{Graph, Link, Machine, Role};

/// The room inside the edges.
pub const PAD: f64 = 15.0;
/// How thick a bridge is.
pub const BAR: f64 = 8.0;
/// Where the lane is, from the left.
pub const LANE: f64 = PAD + 5.0;
/// Where texts beside it begin.
const BESIDE: [f64; 2] = [LANE + 14.0, LANE + 22.0];
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
pub(super) struct Page<'a> {
    pub machine: &'a Machine,
    pub detail: Detail,
    /// Whether ways are drawn along the cables.
    pub traced: bool,
    pub block: Block,
    /// How far down it is filled.
    pub y: f64,
    /// Links that are on the way to the hub, which is only known later, and where they join the lane.
    pub inner: Vec<(String, Vec<Point>)>,
    /// Where the lane begins, if there is a bridge.
    pub lane: Option<f64>,
    /// Where all that is passed on meets, once it is known: above the cards.
    hub: Option<Point>,
}

impl<'a> Page<'a> {
    fn new(machine: &'a Machine, detail: Detail, traced: bool) -> Self {
        Page { machine, detail, traced, block: Block::default(), y: 0.0, inner: Vec::new(), lane: None, hub: None }
    }

    /// Where texts beside the lane begin: ways that are drawn along it have room, and a cross at the end of one.
    pub fn beside(&self) -> f64 {
        BESIDE[usize::from(self.traced)]
    }

    /// It reaches as far to the right as this.
    pub fn widen(&mut self, right: f64) {
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

    /// Lines of text from a place on downwards; the result is where they end.
    pub fn lines(&mut self, lines: &[Line], x: f64, top: f64) -> f64 {
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
        let mut all = captions(self.machine, self.block.w - self.beside() - PAD);
        // What differs is not what is left out.
        all.sort_by_key(|lines| lines.iter().all(|line| line.class.is_empty()));
        if all.len() > CAPTIONS {
            let more = all.split_off(CAPTIONS - 1).len();
            all.push(vec![Line::new(&format!("… and {more} more"), Style::Caption, "")]);
        }
        if !all.is_empty() {
            self.y = self.lines(&all.concat(), self.beside(), self.y + 4.0);
        }
    }

    /// A link's name and addresses: those behind the first stand below it.
    pub fn card(&mut self, link: &Link, lines: &[Line], x: f64, top: f64) -> f64 {
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
        self.hub = Some(hub);
        let blocks: Vec<Vec<Line>> = cards.iter().map(|link| card(link)).collect();
        let most = blocks.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let bottom = self.y + most * 16.0 + 14.0;
        let mut x = LANE;
        let mut last = LANE;
        for (link, lines) in cards.iter().zip(&blocks) {
            let top = bottom - 12.0 - lines.len() as f64 * 16.0;
            self.card(link, lines, x + self.beside() - LANE, top);
            let edge = at(x, bottom);
            self.inner.push((link.name.clone(), vec![edge, at(x, hub.y)]));
            if self.lane.is_some() || cards.len() > 1 {
                self.block.shapes.push(Shape::line([at(x, hub.y), edge], "lane"));
                last = x;
            }
            self.drop(link, edge);
            x += card_width(link, lines) + self.beside() - LANE + 2.0 * GAP;
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
        let bottom = if self.hub.is_some() { self.y } else { self.y + 8.0 };
        let hub = self.hub.unwrap_or(at(LANE, bottom - 6.0));
        if let Some(top) = self.lane.filter(|_| self.hub.is_some()) {
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

/// How far the addresses of a link stand behind its name.
fn indent(link: &Link, lines: &[Line]) -> f64 {
    let short = lines.len() > 1 && link.name.chars().count() < 8;
    if short { width(&format!("{} ", link.name), Style::Address) } else { 14.0 }
}

/// How wide a link's name and addresses are.
pub fn card_width(link: &Link, lines: &[Line]) -> f64 {
    let rest = lines.iter().skip(1).map(|line| line.width() + indent(link, lines));
    rest.chain(lines.first().map(Line::width)).fold(0.0, f64::max)
}

/// `eth0 192.168.1.11/24`, further addresses, what it leads to, and what is wrong with it.
pub fn card(link: &Link) -> Vec<Line> {
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
