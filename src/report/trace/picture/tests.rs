//! A journey's lines, numbers and cross are where its packet was.

use super::super::samples::{self, all};
use super::picture;
use crate::network::Peer;
use crate::report::graph::layout::shape::{Anchor, Shape, Style};
use crate::report::graph::layout::width::width;
use crate::report::graph::layout::{Picture, picture as laid_out};
use crate::report::graph::{Theme, samples as graphs, svg};

/// Centres of circles, and the edges of machines.
type Found = (Vec<(f64, f64)>, Vec<(String, [f64; 4])>);

/// The places of all circles of a class, and the edges of all machines.
fn circles_and_boxes(picture: &Picture, class: &str) -> Found {
    fn walk(shapes: &[Shape], class: &str, found: &mut Found) {
        for shape in shapes {
            match shape {
                Shape::Circle { at, class: of, .. } if of == class => found.0.push((at.x, at.y)),
                Shape::Group { machine, shapes, .. } => {
                    if let (Some(machine), Some(Shape::Rect { rect, .. })) = (machine, shapes.first()) {
                        found.1.push((machine.to_string(), [rect.x, rect.y, rect.x + rect.w, rect.y + rect.h]));
                    }
                    walk(shapes, class, found);
                }
                _ => {}
            }
        }
    }
    let mut found = Found::default();
    walk(&picture.shapes, class, &mut found);
    found
}

/// The texts that a circle lies on.
fn below<'a>(shapes: &'a [Shape], circle: (f64, f64), radius: f64) -> Vec<&'a str> {
    let of = |shape: &'a Shape| -> Vec<&'a str> {
        match shape {
            Shape::Group { shapes, .. } => below(shapes, circle, radius),
            Shape::Text { at, text, style, anchor, .. } if *style != Style::Number => {
                let w = width(text, *style);
                let left = if *anchor == Anchor::Middle { at.x - w / 2.0 } else { at.x };
                let dx = (left - circle.0).max(circle.0 - left - w).max(0.0);
                let dy = (at.y - style.size() * 0.7 - circle.1).max(circle.1 - at.y).max(0.0);
                if dx.hypot(dy) < radius { vec![text] } else { Vec::new() }
            }
            _ => Vec::new(),
        }
    };
    shapes.iter().flat_map(of).collect()
}

#[test]
fn on_a_picture_each_machine_has_its_number_and_a_lost_packet_its_cross() {
    // The machines of that one are not in the lab.
    for (name, outcome) in all().into_iter().filter(|(name, _)| *name != "unusual") {
        let journey = picture(&outcome, graphs::planned(graphs::THREE_NODES), None);
        let picture = laid_out(&journey.graph, &journey.ways, &journey.notes);
        roxmltree::Document::parse(&svg(&picture, Theme::Light)).unwrap_or_else(|e| panic!("{name}: {e}"));
        for way in &journey.ways {
            let (circles, _) = circles_and_boxes(&picture, &format!("badge {}", way.class));
            // Each once on the way and once below.
            assert_eq!(circles.len(), 2 * way.stations.len(), "{name}, {}", way.class);
        }
        let (crosses, boxes) = circles_and_boxes(&picture, "lost");
        let Some(death) = &outcome.lost else {
            assert!(crosses.is_empty(), "{name}");
            continue;
        };
        assert_eq!(crosses.len(), 2, "{name}");
        let (x, y) = crosses[0];
        assert_eq!(below(&picture.shapes, (x, y), 12.0), [""; 0], "{name}: the cross hides text");
        let within = boxes.iter().filter(|(_, [left, top, right, bottom])| {
            // Ways lie beside the middle of a cable.
            (left - 9.0..=right + 9.0).contains(&x) && (top - 9.0..=bottom + 9.0).contains(&y)
        });
        let within: Vec<&str> = within.map(|(machine, _)| machine.as_str()).collect();
        assert!(
            within.contains(&death.machine.as_str()),
            "{name}: the cross at {x}, {y} is in {within:?}, not {}",
            death.machine
        );
        let said: Vec<&str> =
            journey.notes.columns.iter().flat_map(|column| &column.notes).map(|note| note.text.as_str()).collect();
        assert!(
            said.contains(&death.why.as_str()) && said.iter().any(|text| text.starts_with(death.cause.slug())),
            "{said:?}"
        );
    }
}

/// A way goes along cables and bridges, each piece of it straight down or straight across.
#[test]
fn a_way_turns_at_right_angles_and_ends_where_the_packet_did() {
    let journey = picture(&samples::delivered(), graphs::planned(graphs::THREE_NODES), None);
    let places: Vec<&Peer> = journey.ways.iter().flat_map(|way| &way.places).collect();
    assert!(places.iter().any(|place| place.machine.as_str() == "pod-c" && place.link == "eth0"), "{places:?}");
    let picture = laid_out(&journey.graph, &journey.ways, &journey.notes);
    let lines = picture.shapes.iter().filter_map(|shape| match shape {
        Shape::Line { points, class } if class.starts_with("way ") => Some(points),
        _ => None,
    });
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 2);
    for points in lines {
        for (a, b) in points.iter().zip(points.iter().skip(1)) {
            assert!((a.x - b.x).abs() < 0.01 || (a.y - b.y).abs() < 0.01, "{a:?} {b:?}");
        }
    }
}

#[test]
fn of_a_large_lab_only_the_machines_on_the_way_are_drawn() {
    let mut outcome = samples::delivered();
    for hop in outcome.there.iter_mut().chain(&mut outcome.back) {
        let name = hop.sighting.machine.as_str();
        let name = match name.split_once('-') {
            Some(("pod", "a")) => "n1-p1".to_owned(),
            Some(("pod", _)) => "n2-p1".to_owned(),
            Some(("node", number)) => format!("n{number}"),
            _ => continue,
        };
        hop.sighting.machine = name.parse().unwrap();
    }
    let graph = graphs::planned(&crate::topology::generate(20, 50));
    let journey = picture(&outcome, graph, None);
    let drawn: Vec<&str> = journey.graph.machines.iter().map(|machine| machine.name.as_str()).collect();
    assert_eq!(drawn, ["n1", "n1-p1", "n2", "n2-p1"]);
    assert!(
        journey
            .notes
            .subtitle
            .is_some_and(|text| text.ends_with("1016 machines that are not on the way are not drawn"))
    );
}
