//! Faults: which there are, what was broken, who is cut off, and what of it is still there.
//!
//! ```text
//! missing-route on node-1, towards node-2 (IPv4)
//! A node's route to another node's pods is deleted.
//!   netlab exec node-1 -- ip route delete 10.244.2.0/24 via 192.168.1.12
//!   expect  pod-a, pod-b ⇎ pod-c, pod-d
//!           node-1 ⇏ pod-c, pod-d
//!   trace   no-route, no-return-route
//! ```

mod cells;
mod document;

use comfy_table::ColumnConstraint;

use crate::fault::{Aspect, Deed, Site, Strike, broken, is_sampled, kinds, ways_about};
use crate::inject::Revealed;
use crate::names::LabName;
use crate::network::Namespaces;
use crate::prose::wrap;
use crate::topology::model::Topology;

use super::trace::in_netlab;
use super::{Paint, lines, table};

pub use document::{document, list_document, reveal_document};

/// How a text is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// How many columns there are.
    pub columns: usize,
    /// Whether in colour.
    pub color: bool,
    /// The lab, where its commands must name it.
    pub lab: Option<&'a LabName>,
}

/// Every kind of fault.
pub fn list(columns: usize) -> String {
    let mut all = table(columns, ["FAULT", "IPV", "WHAT IS DONE, AND WHAT TRACE SAYS"]);
    for kind in kinds() {
        let causes: Vec<&str> = kind.causes.iter().map(|cause| cause.slug()).collect();
        let says = if causes.is_empty() { String::new() } else { format!("\n→ {}", causes.join(", ")) };
        all.add_row([kind.slug, kind.families.words(), &format!("{}{says}", kind.does)]);
    }
    for column in all.column_iter_mut().take(2) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    let end = format!(
        "{} kinds. `netlab break KIND [MACHINE [OTHER]]` does one, `netlab break --random` draws one; `netlab repair` takes \
         all of them back.",
        kinds().count()
    );
    format!("{}\n{}\n", lines(&all), wrap(&end, columns).join("\n"))
}

/// `missing-route on node-1, towards node-2 (IPv4)`
fn title(strike: &Strike) -> String {
    let towards = strike.other.as_ref().map(|other| format!(", towards {other}")).unwrap_or_default();
    let family = strike.ipv6.map_or("", |ipv6| if ipv6 { " (IPv6)" } else { " (IPv4)" });
    format!("{} on {}{towards}{family}", strike.kind.slug, strike.machine)
}

/// What is broken, by which commands, whom it cuts off, and what `netlab trace` will say.
pub fn text(topology: &Topology, seed: Option<u64>, strikes: &[Strike], style: Style<'_>) -> String {
    let Style { columns, color, lab } = style;
    let paint = Paint(color);
    let none = Namespaces::new();
    let site = Site::new(topology, &none);
    let mut text = String::new();
    for strike in strikes {
        text.push_str(&format!("{}\n{}\n", paint.bold(&title(strike)), wrap(strike.kind.does, columns).join("\n")));
        for command in strike.deeds.iter().map(Deed::command) {
            text.push_str(&format!("  {}\n", paint.command(&in_netlab(&command, lab))));
        }
        let mut row = |word: &str, content: &str| {
            let mut head = format!("  {word:<8}");
            for line in wrap(content, columns.saturating_sub(head.len())) {
                text.push_str(&format!("{head}{line}\n"));
                head = " ".repeat(10);
            }
        };
        let ways = ways_about(&site, &[strike]);
        let groups = cells::groups(broken(strike, &ways), &ways);
        for (number, group) in groups.iter().enumerate() {
            row(if number == 0 { word(strike.kind.spoils) } else { "" }, group);
        }
        if is_sampled(&site) {
            row("", "(in a lab of this size, some machines stand for all others)");
        }
        let causes: Vec<&str> = strike.kind.causes.iter().map(|cause| cause.slug()).collect();
        if !causes.is_empty() {
            row("trace", &causes.join(" or "));
        }
        text.push('\n');
    }
    if let Some(seed) = seed {
        text.push_str(&format!("seed {seed}\n"));
    }
    let end = "`netlab check` shows who is cut off, `netlab trace` why, `netlab repair` takes it back";
    text + &wrap(end, columns).join("\n") + "\n"
}

/// What stands before the pairs of machines that a fault concerns.
fn word(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Reach | Aspect::Address => "expect",
        Aspect::Source => "source",
        Aspect::Size => "large",
    }
}

/// That something was broken, and no more.
pub fn secret(lab: &LabName, seed: u64, count: usize) -> String {
    let what = if count == 1 { "something is broken".to_owned() } else { format!("{count} things are broken") };
    format!(
        "lab {lab}: {what} (seed {seed})\n  \
         netlab check              who reaches whom no more\n  \
         netlab trace SRC DST      where a packet dies, and why\n  \
         netlab diff               what is not as the plan says\n  \
         netlab repair             take it back\n  \
         netlab break --reveal     give up: what it was\n"
    )
}

/// The commands that would be run.
pub fn commands(strikes: &[Strike], color: bool) -> String {
    let deeds = strikes.iter().flat_map(|strike| &strike.deeds);
    deeds.map(|deed| format!("{}\n", Paint(color).command(&deed.command()))).collect()
}

/// What was broken so far.
pub fn reveal(lab: &LabName, revealed: &[Revealed], columns: usize, color: bool) -> String {
    if revealed.is_empty() {
        return format!("lab {lab}: `netlab break` has broken nothing since it is up\n");
    }
    let paint = Paint(color);
    let mut text = String::new();
    for (number, Revealed { note, is_broken }) in revealed.iter().enumerate() {
        let (code, state) = if *is_broken { ("31", "broken") } else { ("32", "mended") };
        let other = note.other.as_ref().map(|other| format!(", towards {other}")).unwrap_or_default();
        let family = note.ipv6.map_or("", |ipv6| if ipv6 { " (IPv6)" } else { " (IPv4)" });
        let head = format!("{}  {} on {}{other}{family}", number + 1, note.fault, note.machine);
        text.push_str(&format!("{}  {head}\n", paint.with(code, state)));
        for (place, command) in note.commands.iter().enumerate() {
            let undone = if place < note.done { "" } else { "   (refused, or not come to)" };
            text.push_str(&format!("           {}{undone}\n", paint.command(command)));
        }
    }
    let broken = revealed.iter().filter(|one| one.is_broken).count();
    let end = match broken {
        0 => format!("lab {lab}: all of it is mended"),
        _ => format!("lab {lab}: {broken} of {} still broken; `netlab repair` mends it", revealed.len()),
    };
    text + "\n" + &wrap(&end, columns).join("\n") + "\n"
}
