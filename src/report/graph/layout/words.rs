//! What is said of machines and links, in the picture and on demand.

use super::shape::Style;
use super::width::{fit, width, wrap};
use crate::diff::Sort;
use crate::graph::{Entry, Graph, Link, Machine, Role};

/// The widest that a name may be, and a line of a table, in pixels.
pub const NAME: f64 = 210.0;
const LINE: f64 = 340.0;
/// From where on a route or a rule takes a second line.
const CAPTION: f64 = 240.0;

/// A line of text in a box.
#[derive(Debug, Clone)]
pub struct Line {
    /// What.
    pub text: String,
    /// How it is set.
    pub style: Style,
    /// What it is, beside its style.
    pub class: String,
}

impl Line {
    /// A line that fits, whatever it says.
    pub fn new(text: &str, style: Style, class: impl Into<String>) -> Line {
        let most = if style.bold() { NAME } else { LINE };
        Line { text: fit(text, style, most), style, class: class.into() }
    }

    /// Its width.
    pub fn width(&self) -> f64 {
        width(&self.text, self.style)
    }
}

/// What the style sheet calls something that differs, in front of which there is a blank.
pub fn class(mark: Option<Sort>) -> String {
    mark.map(|sort| format!(" {}", sort.word())).unwrap_or_default()
}

/// The same of a link, which may also be broken.
pub fn link_class(link: &Link) -> String {
    class(link.mark) + if link.trouble.is_some() { " broken" } else { "" }
}

/// The addresses of a link, a line each.
pub fn addresses(link: &Link) -> Vec<Line> {
    let line = |entry: &Entry| Line::new(&entry.said(), Style::Address, class(entry.mark).trim_start());
    link.addresses.iter().map(line).collect()
}

/// What is wrong with a link, in a line: `down`, `missing`.
pub fn trouble(link: &Link) -> Option<Line> {
    let class = if link.trouble.is_some() { "bad".into() } else { class(link.mark) };
    link.odd().map(|words| Line::new(&words, Style::Label, class.trim_start()))
}

/// The routes and rules that are worth a place in the picture, each in lines of at most this width.
pub fn captions(machine: &Machine, most: f64) -> Vec<Vec<Line>> {
    let most = most.max(CAPTION);
    let all = machine.routes.iter().chain(&machine.rules).filter(|entry| entry.brief.is_some());
    all.map(|one| {
        // Who is spared stands below who is masqueraded.
        let parts = one.said().replacen(" except ", "\nexcept ", 1);
        let lines = parts.split('\n').flat_map(|part| wrap(part, Style::Caption, most));
        // Plain blanks at a beginning are nothing in SVG.
        let text = |(i, text): (usize, String)| if i == 0 { text } else { format!("\u{a0}\u{a0}{text}") };
        let class = class(one.mark).trim_start().to_owned();
        let line = |line| Line { text: text(line), style: Style::Caption, class: class.clone() };
        lines.enumerate().map(line).collect()
    })
    .collect()
}

/// The links of a guest that are not drawn as a line: `net1 192.0.2.5/24 → storage`.
pub fn further(graph: &Graph, guest: &Machine) -> Vec<Line> {
    let pin = guest.pin().map(|(link, _)| link.name.as_str());
    let others = guest.links.iter().filter(|link| Some(link.name.as_str()) != pin);
    let line = |link: &Link| {
        let mut words = vec![link.name.clone()];
        words.extend(link.addresses.iter().map(|address| address.text.clone()));
        words.extend(link.tag());
        if let Role::Plug(segment) = link.role {
            words.extend(graph.segments.get(segment).map(|segment| format!("→ {}", segment.name)));
        }
        words.extend(link.odd());
        Line::new(&words.join(" "), Style::Label, link_class(link).trim_start())
    };
    others.map(line).collect()
}

/// Everything about a machine, for whoever points at it.
pub fn title(machine: &Machine) -> String {
    let mut lines = vec![format!("{} ({})", machine.name, machine.kind.word())];
    for link in &machine.links {
        let addresses = link.addresses.iter().map(|address| address.text.as_str());
        let mut words: Vec<&str> = std::iter::once(link.name.as_str()).chain(addresses).collect();
        words.extend(link.trouble.as_deref());
        lines.push(words.join(" "));
    }
    lines.extend(machine.routes.iter().filter(|route| route.brief.is_some()).map(|route| route.text.clone()));
    lines.extend(machine.rules.iter().map(|rule| rule.text.clone()));
    lines.join("\n")
}
