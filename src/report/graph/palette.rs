//! The colours of a picture, light and dark, as a style sheet.
//!
//! A sheet has its colours in it, without variables: programs that put pictures on slides know no more than that. One that
//! follows its reader's preference says them twice.

use std::fmt::Write;

use super::layout::shape::Style;

/// Which colours a picture has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Light, or dark where the reader prefers that.
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The colours.
#[derive(Debug)]
struct Palette {
    paper: &'static str,
    ink: &'static str,
    muted: &'static str,
    cable: &'static str,
    network: &'static str,
    node: [&'static str; 2],
    host: [&'static str; 2],
    guest: [&'static str; 2],
    foreign: [&'static str; 2],
    bridge: &'static str,
    missing: &'static str,
    changed: &'static str,
    there: &'static str,
    back: &'static str,
    on_badge: &'static str,
}

const LIGHT: Palette = Palette {
    paper: "#ffffff",
    ink: "#16202c",
    muted: "#55616f",
    cable: "#56677a",
    network: "#2f3e4f",
    node: ["#eef3f9", "#6b87a6"],
    host: ["#eff6ee", "#6f9a70"],
    guest: ["#ffffff", "#6b87a6"],
    foreign: ["#f7f0fb", "#7d3fae"],
    bridge: "#5779a0",
    missing: "#c4221f",
    changed: "#9a5b00",
    there: "#0b6fd6",
    back: "#c9540a",
    on_badge: "#ffffff",
};

const DARK: Palette = Palette {
    paper: "#11161d",
    ink: "#e8edf3",
    muted: "#a3afbd",
    cable: "#8ea0b4",
    network: "#c3cfdc",
    node: ["#1a2430", "#5f7f9f"],
    host: ["#18261d", "#5e8f66"],
    guest: ["#243140", "#6d8cac"],
    foreign: ["#281d33", "#b98be6"],
    bridge: "#84a7cf",
    missing: "#ff7a70",
    changed: "#f2b04a",
    there: "#58b5ff",
    back: "#ff9d57",
    on_badge: "#0d1117",
};

/// The style sheet of a picture.
pub fn sheet(theme: Theme) -> String {
    let shared = shared();
    match theme {
        Theme::Light => shared + &colours(&LIGHT),
        Theme::Dark => shared + &colours(&DARK),
        Theme::Auto => {
            format!("{shared}{}@media (prefers-color-scheme: dark) {{\n{}}}\n", colours(&LIGHT), colours(&DARK))
        }
    }
}

/// The colours that a page around a picture has: paper, ink, muted, edges, and what is pointed at.
pub fn variables(theme: Theme) -> String {
    let of = |palette: &Palette, scheme: &str| {
        let Palette { paper, ink, muted, node, there, .. } = palette;
        format!(
            ":root {{ color-scheme: {scheme}; --paper: {paper}; --ink: {ink}; --muted: {muted}; --panel: {}; --edge: {}; --accent: {there} }}\n",
            node[0], node[1]
        )
    };
    match theme {
        Theme::Light => of(&LIGHT, "light"),
        Theme::Dark => of(&DARK, "dark"),
        Theme::Auto => {
            format!("{}@media (prefers-color-scheme: dark) {{\n{}}}\n", of(&LIGHT, "light"), of(&DARK, "dark"))
        }
    }
}

fn shared() -> String {
    let sans = "'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";
    let mono = "Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace";
    let mut sheet = String::new();
    for style in Style::ALL {
        let family = if style.mono() { mono } else { sans };
        let weight = if style.bold() { "; font-weight: bold" } else { "" };
        let (class, size) = (style.class(), style.size());
        // Writing to a String cannot fail.
        let _ = writeln!(sheet, ".{class} {{ font-family: {family}; font-size: {size}px{weight} }}");
    }
    sheet.push_str(
        ".box, .frame { stroke-width: 1.5px }
.cable, .tunnel, .lane, .way, .halo, .arrow, .cross { fill: none }
.cable { stroke-width: 2px }
.thick { stroke-width: 4px }
.tunnel { stroke-width: 2px; stroke-dasharray: 7 5 }
.lane { stroke-width: 1.5px; stroke-dasharray: 2 4 }
.frame { stroke-dasharray: 4 3 }
.cable.missing, .cable.broken, .missing > .box { stroke-dasharray: 5 4 }
.way { stroke-width: 3px; stroke-linejoin: round; stroke-linecap: round }
.halo { stroke-width: 6px; stroke-linejoin: round }
.arrow { stroke-width: 3px; stroke-linejoin: round; stroke-linecap: round }
.cross { stroke-width: 3px; stroke-linecap: round }
",
    );
    sheet
}

fn colours(palette: &Palette) -> String {
    let Palette { paper, ink, muted, cable, network, node, host, guest, foreign, bridge, .. } = palette;
    let Palette { missing, changed, there, back, on_badge, .. } = palette;
    let violet = foreign[1];
    let mut sheet = format!(
        ".paper {{ fill: {paper} }}
text {{ fill: {ink} }}
.subtitle, .label, .caption, .muted {{ fill: {muted} }}
.node > .box {{ fill: {}; stroke: {} }}
.host > .box {{ fill: {}; stroke: {} }}
.guest > .box {{ fill: {}; stroke: {} }}
.foreign > .box {{ fill: {}; stroke: {violet} }}
.frame {{ fill: {}; stroke: {} }}
.square {{ fill: {} }}
.bridge {{ fill: {bridge} }}
.bar {{ fill: {network} }}
.plug {{ fill: {paper}; stroke: {cable}; stroke-width: 2px }}
.cable, .tunnel, .lane {{ stroke: {cable} }}
.halo {{ stroke: {paper} }}
.number.on-badge {{ fill: {on_badge} }}
.cross {{ stroke: {missing} }}
.lost {{ fill: {missing}; stroke: {paper}; stroke-width: 2px }}
.lost ~ .cross {{ stroke: {on_badge} }}
",
        node[0], node[1], host[0], host[1], guest[0], guest[1], foreign[0], node[0], node[1], node[1]
    );
    for (class, colour) in [("missing", *missing), ("changed", *changed), ("foreign", violet)] {
        let _ = write!(
            sheet,
            "text.{class} {{ fill: {colour} }}
.{class} > .box, .cable.{class}, .tunnel.{class} {{ stroke: {colour} }}
.bridge.{class}, .bar.{class}, .badge.{class} {{ fill: {colour} }}
"
        );
    }
    for (class, colour) in [("there", *there), ("back", *back)] {
        let _ = write!(
            sheet,
            ".way.{class}, .arrow.{class} {{ stroke: {colour} }}
text.{class}, .badge.{class} {{ fill: {colour} }}
"
        );
    }
    let _ = write!(
        sheet,
        "text.bad {{ fill: {missing} }}
.cable.broken {{ stroke: {missing} }}
.bridge.broken, .bar.broken, .square.broken {{ fill: {missing} }}
.missing > .box {{ fill: none }}
"
    );
    sheet
}
