//! Who reaches whom, as a matrix: machine by machine, or node by node where that would be too wide.
//!
//! ```text
//! IPv4    pod-a  pod-b  outside        IPv4, pods on   node-1  node-2  outside
//! pod-a   ✓      ✗      ✓              pods on node-1  ✓       3✗      ✓
//! pod-b   ✓      ✓      ≠              node-1          ✓       ✓
//! ```

use std::collections::BTreeMap;

use comfy_table::{Table, presets};

use super::family;
use crate::check::{Failure, Finding, Number, Report, Role};
use crate::report::{Paint, lines};
use crate::topology::model::Family;

/// A matrix may have so many columns of text, however wide the terminal is.
const WIDEST: usize = 120;

/// The matrix of a family; none if no machine of the lab was sent to, or it would be too wide even node by node.
pub fn text(report: &Report, of: Family, columns: usize, paint: Paint) -> Option<String> {
    let all: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| {
            let demand = &finding.trial.demand;
            demand.is_ping() && demand.family() == of && demand.to.is_some()
        })
        .collect();
    if all.is_empty() {
        return None;
    }
    let columns = columns.min(WIDEST);
    let single = Matrix::of(report, &all, Line::Machine);
    let grouped = || Matrix::of(report, &all, |number| Line::of(report, number));
    let matrix = if single.width() <= columns { single } else { grouped() };
    Some(match matrix.width() <= columns {
        true => matrix.text(&family(of), paint),
        false => format!(" (the matrix of {} would be {} columns wide)\n", family(of), matrix.width()),
    })
}

/// What a row or a column stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Machine(Number),
    /// All pods of a node.
    PodsOn(Number),
}

impl Line {
    fn of(report: &Report, number: Number) -> Self {
        match report.census.person(number).map(|person| person.role) {
            Some(Role::Pod(node)) => Line::PodsOn(node),
            _ => Line::Machine(number),
        }
    }

    fn name(self, report: &Report, is_column: bool) -> String {
        match self {
            Line::Machine(number) => report.census.name(number).to_owned(),
            // The corner says that they are pods.
            Line::PodsOn(node) if is_column => report.census.name(node).to_owned(),
            Line::PodsOn(node) => format!("pods on {}", report.census.name(node)),
        }
    }
}

struct Matrix {
    /// Rows and columns: what they stand for and how they are called, in the order of the machines.
    rows: Vec<(Line, String)>,
    columns: Vec<(Line, String)>,
    cells: BTreeMap<(Line, Line), Cell>,
}

/// What becomes of those that meet in one place.
#[derive(Default)]
struct Cell {
    count: usize,
    failed: usize,
    symbol: Option<&'static str>,
}

const GOOD: &str = "✓";
const UNREACHABLE: &str = "–";

/// The sign for what is wrong.
fn symbol(failure: &Failure) -> &'static str {
    match failure {
        Failure::WrongSource(_) => "≠",
        Failure::BlackHole(_) => "▪",
        Failure::WrongMachine(_) => "!",
        Failure::Reachable => "+",
        Failure::NoMachine(_) => "·",
        _ => "✗",
    }
}

const LEGEND: [(&str, &str); 7] = [
    ("✗", "lost"),
    ("·", "not there"),
    ("≠", "arrives under a wrong address"),
    ("▪", "small packets only"),
    ("!", "arrives at a wrong machine"),
    ("+", "reachable, and should not be"),
    ("–", "not reachable, as expected"),
];

impl Matrix {
    fn of(report: &Report, findings: &[&Finding], line: impl Fn(Number) -> Line) -> Self {
        let mut cells: BTreeMap<(Line, Line), Cell> = BTreeMap::new();
        let (mut rows, mut columns) = (Vec::new(), Vec::new());
        for finding in findings {
            let demand = &finding.trial.demand;
            let Some(to) = demand.to else { continue };
            let (row, column) = (line(demand.from), line(to));
            rows.push((demand.from, row));
            columns.push((to, column));
            let cell = cells.entry((row, column)).or_default();
            cell.count += 1;
            cell.failed += usize::from(finding.failure.is_some());
            let sign = match &finding.failure {
                Some(failure) => symbol(failure),
                None if !demand.reachable => UNREACHABLE,
                None => GOOD,
            };
            // What is wrong is seen before what is right.
            if cell.symbol.is_none_or(|symbol| symbol == GOOD || (symbol == UNREACHABLE && sign != GOOD)) {
                cell.symbol = Some(sign);
            }
        }
        let named = |mut all: Vec<(Number, Line)>, is_column: bool| {
            all.sort_unstable();
            let mut known = std::collections::HashSet::new();
            all.retain(|(_, line)| known.insert(format!("{line:?}")));
            all.into_iter().map(|(_, line)| (line, line.name(report, is_column))).collect()
        };
        Matrix { rows: named(rows, false), columns: named(columns, true), cells }
    }

    fn cell(&self, row: Line, column: Line) -> String {
        let Some(cell) = self.cells.get(&(row, column)) else { return String::new() };
        let symbol = cell.symbol.unwrap_or_default();
        match (cell.failed, cell.count) {
            (0, _) | (_, 1) => symbol.to_owned(),
            (failed, count) if failed == count => symbol.to_owned(),
            (failed, _) => format!("{failed}{symbol}"),
        }
    }

    fn width(&self) -> usize {
        let count = |text: &str| text.chars().count() + 2;
        let first = self.rows.iter().map(|(_, name)| count(name)).max().unwrap_or(0).max(count(self.corner()) + 4);
        let rest = self.columns.iter().map(|(column, name)| {
            self.rows.iter().map(|(row, _)| count(&self.cell(*row, *column))).max().unwrap_or(0).max(count(name))
        });
        first + rest.sum::<usize>()
    }

    /// What the corner says beside the family.
    fn corner(&self) -> &'static str {
        let grouped = self.columns.iter().any(|(line, _)| matches!(line, Line::PodsOn(_)));
        if grouped { ", pods on" } else { "" }
    }

    fn text(&self, family: &str, paint: Paint) -> String {
        let mut table = Table::new();
        let names = self.columns.iter().map(|(_, name)| name.clone());
        let corner = format!("{family}{}", self.corner());
        table.load_style(presets::NOTHING).set_header(std::iter::once(corner).chain(names));
        let mut used = Vec::new();
        for (row, name) in &self.rows {
            let cells: Vec<String> = self.columns.iter().map(|(column, _)| self.cell(*row, *column)).collect();
            used.extend(cells.iter().filter_map(|cell| cell.chars().last()));
            table.add_row(std::iter::once(name.clone()).chain(cells));
        }
        let legend: Vec<String> = LEGEND
            .iter()
            .filter(|(sign, _)| sign.chars().all(|sign| used.contains(&sign)))
            .map(|(sign, meaning)| format!("{sign} {meaning}"))
            .collect();
        let mut text = colored(&lines(&table), paint);
        if !legend.is_empty() {
            text += &format!(" {}\n", legend.join("   "));
        }
        text
    }
}

/// The signs in their colours: afterwards, so that columns stay as wide as they look.
fn colored(text: &str, paint: Paint) -> String {
    let mut lines = text.lines();
    let header = lines.next().map(|line| paint.bold(line) + "\n").unwrap_or_default();
    let rest = lines.map(|line| {
        let line = line.replace(GOOD, &paint.with("32", GOOD));
        ["✗", "≠", "▪", "+"].iter().fold(line, |line, sign| line.replace(sign, &paint.with("31", sign))) + "\n"
    });
    header + &rest.collect::<String>()
}
