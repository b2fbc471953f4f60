//! What was demanded, a line for each, and how many trials hold.
//!
//! ```text
//! ✓  every pod reaches every other pod, without NAT    30 of 30
//! ✗  full-size packets get through                     58 of 60   path MTU 1500
//! ```

use comfy_table::{Table, presets};

use crate::check::{Finding, PathMtu, Report, Rule};
use crate::prose::wrap;
use crate::report::{Paint, lines};

/// One of them.
pub struct Line {
    /// Its slug, for programs.
    pub slug: &'static str,
    /// What it says.
    pub text: String,
    /// How often it was tried.
    pub tried: usize,
    /// How often it holds.
    pub held: usize,
    /// What to know beside.
    pub note: String,
}

/// All that were tried.
pub fn all(report: &Report) -> Vec<Line> {
    let of_rule = |rule: Rule| {
        let of: Vec<&Finding> = report.findings.iter().filter(|f| f.trial.demand.rule == rule).collect();
        // That large packets vanish has a line of its own.
        let held = of.iter().filter(|f| f.failure.as_ref().is_none_or(|f| f.slug() == "mtu-black-hole")).count();
        Line { slug: rule.slug(), text: sentence(rule), tried: of.len(), held, note: String::new() }
    };
    let mut all: Vec<Line> = Rule::ALL.into_iter().map(of_rule).filter(|line| line.tried > 0).collect();
    all.extend(path_mtu(report));
    let twice = report.duplicates.len();
    all.push(Line {
        slug: "unique-addresses",
        text: "no address is there twice".into(),
        tried: report.addresses,
        held: report.addresses - twice,
        note: String::new(),
    });
    all
}

fn sentence(rule: Rule) -> String {
    let text = match rule {
        Rule::PodToItself => "every pod reaches itself",
        Rule::PodToPod => "every pod reaches every other pod, without NAT",
        Rule::NodeToPod => "every node reaches every pod, without NAT",
        Rule::PodToHost => "pods reach hosts, translated as the plan says",
        Rule::PodNotToHost => "no pod of an isolated cluster reaches a host",
        Rule::HostToNode => "every host reaches every node",
        Rule::HostToPod => "every host reaches every pod of a flat cluster",
        Rule::HostNotToPod => "no host reaches a pod of an island or isolated cluster",
        Rule::ToOtherCluster => "other clusters reach the pods of a flat one, translated as the plan says",
        Rule::NotToOtherCluster => "clusters that are apart do not reach each other's pods",
        Rule::Expected => "what the file expects",
    };
    text.into()
}

fn path_mtu(report: &Report) -> Option<Line> {
    let all: Vec<PathMtu> = report.findings.iter().filter_map(|finding| finding.trial.path_mtu).collect();
    let fitting = all.iter().filter_map(|one| match one {
        PathMtu::Fits(mtu) => Some(*mtu),
        PathMtu::BlackHole(_) => None,
    });
    let (least, most) = (fitting.clone().min(), fitting.clone().max());
    let note = match (least, most) {
        (Some(least), Some(most)) if least == most => format!("path MTU {least}"),
        (Some(least), Some(most)) => format!("MTU {least}–{most}"),
        _ => String::new(),
    };
    let text = "full-size packets fit, or the sender is told".into();
    (!all.is_empty()).then(|| Line { slug: "path-mtu", text, tried: all.len(), held: fitting.count(), note })
}

/// The lines for people.
pub fn text(report: &Report, columns: usize, paint: Paint) -> String {
    let all = all(report);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let count = |line: &Line| match line.slug {
        "unique-addresses" if line.held == line.tried && line.tried == 1 => "1 address".into(),
        "unique-addresses" if line.held == line.tried => format!("{} addresses", line.tried),
        _ => format!("{} of {}", line.held, line.tried),
    };
    let longest = |text: &dyn Fn(&Line) -> String| all.iter().map(|line| text(line).chars().count()).max().unwrap_or(0);
    // Beside the sign, and two blanks for each of the others.
    let rest = 3 + longest(&count) + 2 + longest(&|line| line.note.clone()) + 2;
    let widest = columns.saturating_sub(rest + 2).max(20);
    for line in &all {
        let sign = if line.held == line.tried { "✓" } else { "✗" };
        table.add_row([sign.to_owned(), wrap(&line.text, widest).join("\n"), count(line), line.note.clone()]);
    }
    let text = lines(&table);
    text.replace('✓', &paint.with("32", "✓")).replace('✗', &paint.with("31", "✗"))
}
