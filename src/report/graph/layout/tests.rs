//! What holds for every picture: boxes do not overlap, texts stay in their boxes and beside one another, and nothing is
//! outside of the paper.

use proptest::prelude::*;

use super::super::samples;
use super::shape::{Anchor, Rect, Shape, Style};
use super::width::width;
use super::*;
use crate::names::MachineName;
use crate::report::graph::drift;

/// What a picture has, flat: the boxes of machines, with that of the machine around them, and the texts.
#[derive(Default)]
struct Flat {
    boxes: Vec<(MachineName, Rect, Option<Rect>)>,
    texts: Vec<(String, Rect, Option<Rect>)>,
    bars: Vec<Rect>,
}

impl Flat {
    fn of(picture: &Picture) -> Flat {
        let mut flat = Flat::default();
        picture.shapes.iter().for_each(|shape| flat.take(shape, None));
        flat
    }

    fn take(&mut self, shape: &Shape, within: Option<Rect>) {
        match shape {
            Shape::Group { machine, shapes, class, .. } => {
                let edge = shapes.iter().find_map(|shape| match shape {
                    Shape::Rect { rect, class, .. } if class == "box" || class.starts_with("square") => Some(*rect),
                    _ => None,
                });
                let edge = edge.filter(|_| class.starts_with("machine"));
                if let (Some(machine), Some(edge)) = (machine, edge) {
                    self.boxes.push((machine.clone(), edge, within));
                }
                shapes.iter().for_each(|shape| self.take(shape, edge.or(within)));
            }
            Shape::Text { at, text, style, anchor, .. } => {
                let w = width(text, *style);
                let x = match anchor {
                    Anchor::Start => at.x,
                    Anchor::Middle => at.x - w / 2.0,
                };
                // Numbers sit in circles, which may sit on an edge.
                if *style != Style::Number {
                    // Of the letters' height, so that lines may stand close to one another.
                    self.texts.push((
                        text.clone(),
                        Rect { x, y: at.y - style.size() * 0.75, w, h: style.size() * 0.8 },
                        within,
                    ));
                }
            }
            Shape::Rect { rect, class, .. } if class.starts_with("bar ") || class.starts_with("bridge") => {
                self.bars.push(*rect);
            }
            Shape::Rect { .. } | Shape::Line { .. } | Shape::Circle { .. } => {}
        }
    }
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.w - 0.5 && b.x < a.x + a.w - 0.5 && a.y < b.y + b.h - 0.5 && b.y < a.y + a.h - 0.5
}

fn inside(a: &Rect, b: &Rect) -> bool {
    a.x >= b.x - 0.5 && a.y >= b.y - 0.5 && a.x + a.w <= b.x + b.w + 0.5 && a.y + a.h <= b.y + b.h + 0.5
}

/// What must hold.
fn check(name: &str, graph: &Graph, picture: &Picture) {
    let flat = Flat::of(picture);
    let paper = Rect { x: 0.0, y: 0.0, w: picture.w, h: picture.h };
    for machine in &graph.machines {
        let drawn = flat.boxes.iter().filter(|(drawn, ..)| *drawn == machine.name).count();
        assert_eq!(drawn, 1, "{name}: {} is drawn {drawn} times", machine.name);
    }
    for (i, (machine, edge, within)) in flat.boxes.iter().enumerate() {
        assert!(inside(edge, &paper), "{name}: {machine} leaves the paper");
        assert!(within.is_none_or(|around| inside(edge, &around)), "{name}: {machine} leaves its home");
        let alike = flat.boxes.iter().skip(i + 1).filter(|(_, _, other)| other.is_some() == within.is_some());
        for (other, there, _) in alike {
            assert!(!overlap(edge, there), "{name}: {machine} and {other} overlap");
        }
    }
    for (i, (text, place, within)) in flat.texts.iter().enumerate() {
        assert!(inside(place, &paper), "{name}: {text:?} leaves the paper: {place:?}");
        assert!(
            within.is_none_or(|around| inside(place, &around)),
            "{name}: {text:?} leaves its box: {place:?} {within:?}"
        );
        let bar = flat.bars.iter().find(|bar| overlap(place, bar));
        assert!(bar.is_none(), "{name}: {text:?} at {place:?} lies on {bar:?}");
        for (other, there, _) in flat.texts.iter().skip(i + 1) {
            assert!(!overlap(place, there), "{name}: {text:?} at {place:?} and {other:?} at {there:?} overlap");
        }
    }
}

/// A way that leads nowhere: room is made for it all the same.
fn nowhere() -> Way {
    Way { class: "there".into(), places: Vec::new(), stations: Vec::new(), lost: None }
}

#[test]
fn nothing_overlaps_and_nothing_is_lost() {
    for (name, graph) in samples::all() {
        check(name, &graph, &picture(&graph, &[], &drift(&graph)));
        check(name, &graph, &picture(&graph, &[nowhere()], &drift(&graph)));
    }
}

/// What is wrong is never cut short.
#[test]
fn what_is_broken_is_told_in_full() {
    for graph in [samples::broken(), samples::drifted()] {
        let flat = Flat::of(&picture(&graph, &[], &Notes::default()));
        for word in ["other end down", "port blocking", "in no bridge"] {
            assert!(flat.texts.iter().any(|(text, ..)| text == word), "{word}");
        }
    }
}

#[test]
fn twenty_nodes_are_as_large_on_a_slide_as_can_be_read() {
    let graph = samples::planned(&crate::topology::generate(20, 5));
    let Picture { w, h, .. } = picture(&graph, &[], &Notes::default());
    let scale = (SLIDE.0 / w).min(SLIDE.1 / h);
    let smallest = Style::Address.size() * scale;
    assert!(smallest > 9.0, "addresses are {smallest} pixels high on a slide of 1280 by 720");
    let Picture { w, h, .. } = picture(&samples::planned(samples::THREE_NODES), &[], &Notes::default());
    assert!(Style::Address.size() * (SLIDE.0 / w).min(SLIDE.1 / h) > 12.5);
}

/// A topology of some size: nodes with pods, of one family or both, on some networks, and hosts on several of them.
fn topology(nodes: usize, pods: usize, hosts: usize, networks: usize, dual: bool) -> String {
    let mut text = "lab: some\nnetworks:\n".to_owned();
    let addresses = |network: usize, last: usize| match dual {
        true => format!("[192.168.{network}.{last}/24, \"fd00:192:168:{network}::{last}/64\"]"),
        false => format!("[192.168.{network}.{last}/24]"),
    };
    for network in 0..networks {
        text.push_str(&format!("  net{network}: {{}}\n"));
    }
    let blocks = if dual { "[10.0.0.0/8, \"fd00:10::/48\"]" } else { "10.0.0.0/8" };
    text.push_str(&format!("cluster: {{ clusterCIDR: {blocks}, masquerade: true, routing: none }}\nnodes:\n"));
    for node in 0..nodes {
        let network = node % networks;
        let pods: Vec<String> = (0..pods * (node % 3) / 2).map(|pod| format!("n{node}-p{pod}: {{}}")).collect();
        text.push_str(&format!(
            "  n{node}: {{ interfaces: {{ eth0: {{ network: net{network}, addresses: {} }} }}, pods: {{ {} }} }}\n",
            addresses(network, node + 1),
            pods.join(", ")
        ));
    }
    if hosts > 0 {
        text.push_str("hosts:\n");
    }
    for host in 0..hosts {
        let cards: Vec<String> = (0..=host % networks)
            .map(|card| format!("eth{card}: {{ network: net{card}, addresses: {} }}", addresses(card, 200 + host)))
            .collect();
        text.push_str(&format!("  host{host}: {{ interfaces: {{ {} }} }}\n", cards.join(", ")));
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_overlaps_whatever_the_size(
        nodes in 1_usize..26, pods in 0_usize..30, hosts in 0_usize..4, networks in 1_usize..4, dual: bool
    ) {
        let text = topology(nodes, pods, hosts, networks, dual);
        let graph = samples::planned(&text);
        check(&text, &graph, &picture(&graph, &[], &Notes::default()));
        check(&text, &graph, &picture(&graph, &[nowhere()], &Notes::default()));
    }
}
