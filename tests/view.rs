//! The view of `up --step`, drawn without a terminal: at 80×24 and at 120×40, at every step of every topology.

mod common;

use std::collections::BTreeSet;

use netlab::journal::Record;
use netlab::plan::Plan;
use netlab::report::explain;
use netlab::report::view::{Doing, Model, command, draw, rows};
use netlab::step::Way;
use netlab::topology;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use ratatui::style::Color;

const SIZES: [Size; 2] = [Size { width: 80, height: 24 }, Size { width: 120, height: 40 }];

fn plans() -> Vec<Plan> {
    let read = |name: String| topology::load(common::topology(&name).as_ref()).expect("a topology").topology;
    common::topologies().into_iter().map(|name| Plan::of(&read(name))).collect()
}

/// Calls something with the model of a lab whose first steps are in force.
fn with_model<T>(plan: &Plan, done: u32, way: Way, color: bool, then: impl FnOnce(&Model<'_>) -> T) -> T {
    let record = Record { done: (1..=done).collect::<BTreeSet<u32>>(), ..Record::default() };
    let next = match way {
        Way::Do => plan.step(done + 1).map(|step| (done + 1, step.clone())),
        Way::Undo => plan.step(done).map(|step| (done, step.inverse())),
    };
    let target = if way == Way::Do { plan.len() } else { 0 };
    then(&Model { plan, record: &record, way, target, next, doing: Doing::Asks, color })
}

/// The rows of the drawn view.
fn drawn(model: &Model<'_>, size: Size) -> Vec<String> {
    let height = rows(model, size);
    let mut terminal = Terminal::new(TestBackend::new(size.width, height)).expect("a terminal");
    let done = terminal.draw(|frame| draw(model, frame.area(), frame.buffer_mut())).expect("a view");
    let cells: Vec<&str> = done.buffer.content().iter().map(|cell| cell.symbol()).collect();
    cells.chunks(usize::from(size.width)).map(|row| row.concat().trim_end().to_owned()).collect()
}

#[test]
fn every_step_fits_and_its_command_is_whole() {
    for plan in plans() {
        for (done, way) in (0..plan.len()).map(|n| (n, Way::Do)).chain((1..=plan.len()).map(|n| (n, Way::Undo))) {
            for size in SIZES {
                with_model(&plan, done, way, true, |model| {
                    let view = drawn(model, size);
                    let (number, step) = model.next.as_ref().expect("a step");
                    assert!(view.len() + 3 <= usize::from(size.height), "room for what changed: {view:#?}");
                    assert!(view[0].contains(&format!("{done} of {} steps", plan.len())), "{view:#?}");
                    assert!(view.last().expect("rows").ends_with("? keys"), "{view:#?}");
                    let focus = format!("    ▶ {number:>4}  ");
                    assert!(view.iter().any(|row| row.starts_with(&focus)), "{view:#?}");
                    let Some(whole) = step.command() else { return };
                    let lines = command::lines(&whole, usize::from(size.width) - 3);
                    let shown: Vec<&str> = view.iter().filter_map(|row| row.strip_prefix("   ")).collect();
                    let place = shown.windows(lines.len()).any(|rows| rows == lines);
                    assert!(place, "{whole} is not whole in {view:#?}");
                });
            }
        }
    }
}

#[test]
fn the_view_of_a_first_step() {
    let plans = plans();
    let plan = plans.iter().find(|plan| plan.lab.as_str() == "one-node").expect("one-node");
    let view = with_model(plan, 11, Way::Do, false, |model| drawn(model, SIZES[0])).join("\n");
    let expected = " \
one-node  ━━━━━━━━━━━━━━━━━━━━────────────────────────────────  11 of 29 steps
 ✓ red: namespace                                                           2/2
 ▶ red: veth pipe                                                           2/9
    ✓   10  Create a veth pipe with the ends veth-red and peer-red
    ✓   11  Move peer-red into red, where it is called eth0
    ▶   12  Attach veth-red to the bridge cni0
    ·   13  Let veth-red have no IPv6 link-local address
    ·   14  Set veth-red up
    ·   15  Let eth0 have no IPv6 link-local address
    ·   16  Give eth0 the address 10.244.1.2/24
 next: step 12 · red: veth pipe
 Attach veth-red to the bridge cni0: the other end is plugged into the switch.
   ip -n node-1 link set veth-red master cni0
 Enter next  c chapter  r rest  b back  e explain  s shell  q quit  ? keys";
    let drawn: Vec<&str> = view.lines().collect();
    let place = drawn.len() - 3 - 1;
    assert_eq!(drawn[0], expected.lines().next().expect("a title"));
    assert_eq!(drawn[place..], expected.lines().collect::<Vec<_>>()[10..]);
    for line in expected.lines() {
        assert!(drawn.contains(&line), "{line:?} is missing in\n{view}");
    }
}

#[test]
fn without_colour_there_is_none_and_with_it_kinds_differ() {
    let plans = plans();
    let plan = plans.iter().find(|plan| plan.lab.as_str() == "one-node").expect("one-node");
    let colours = |color: bool| {
        with_model(plan, 5, Way::Do, color, |model| {
            let mut terminal = Terminal::new(TestBackend::new(80, 16)).expect("a terminal");
            let done = terminal.draw(|frame| draw(model, frame.area(), frame.buffer_mut())).expect("a view");
            done.buffer.content().iter().map(|cell| format!("{:?}", cell.fg)).collect::<BTreeSet<String>>()
        })
    };
    assert_eq!(colours(false), BTreeSet::from([format!("{:?}", Color::Reset)]));
    for colour in [Color::LightBlue, Color::LightMagenta, Color::LightGreen, Color::Cyan] {
        assert!(colours(true).contains(&format!("{colour:?}")), "{colour:?}");
    }
}

#[test]
fn any_size_is_drawn_without_a_panic() {
    let plans = plans();
    for size in (1..60).step_by(3).flat_map(|width| (1..20).map(move |height| Size { width, height })) {
        with_model(&plans[0], 5, Way::Do, true, |model| drawn(model, size));
    }
}

/// At 80×24 the view makes room of 21 rows, of which one stays empty.
#[test]
fn every_explanation_can_be_read_at_once() {
    for plan in plans() {
        for (number, step) in plan.numbered() {
            let text = explain::behind(step, 80, false);
            let rows: usize = text.lines().map(|line| line.chars().count().div_ceil(80).max(1)).sum();
            assert!(rows <= 20, "step {number} takes {rows} rows:\n{text}");
        }
    }
}
