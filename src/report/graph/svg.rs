//! A picture as SVG: one file, without scripts, fonts or anything else from elsewhere.
//!
//! ```xml
//! <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1148 430" role="img" aria-labelledby="title description">
//!   <style>…</style>
//!   <g class="machine outer node"><title>node-1 (node) …</title><rect …/><text …>node-1</text> … </g>
//! </svg>
//! ```

use std::fmt::Write;

use super::layout::Picture;
use super::layout::shape::{Anchor, Point, Rect, Shape};
use super::palette::{Theme, sheet};

/// The picture as a file.
pub fn svg(picture: &Picture, theme: Theme) -> String {
    let Picture { w, h, .. } = picture;
    let size = format!(" width=\"{}\" height=\"{}\"", number(*w), number(*h));
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&element(picture, theme, &size, false));
    text
}

/// The `svg` element, with these attributes too. Where somebody can walk around in it, machines can be reached by keyboard.
pub(super) fn element(picture: &Picture, theme: Theme, attributes: &str, interactive: bool) -> String {
    let Picture { w, h, shapes, title, description } = picture;
    let role = if interactive { "group" } else { "img" };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"{attributes} viewBox=\"0 0 {} {}\" role=\"{role}\" aria-labelledby=\"title description\">\n\
         <title id=\"title\">{}</title>\n<desc id=\"description\">{}</desc>\n<style>\n{}</style>\n",
        number(*w),
        number(*h),
        escape(title),
        escape(description),
        sheet(theme)
    );
    shapes.iter().for_each(|shape| write(&mut text, shape, interactive));
    text.push_str("</svg>\n");
    text
}

/// A coordinate: no more than two places behind the point, and no trailing zeros.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_owned() }
}

/// Text as it stands between tags or within double quotes. What XML cannot hold at all (control characters, which the
/// kernel allows in names of links) becomes U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

fn class_of(class: &str) -> String {
    let class = class.trim();
    if class.is_empty() { String::new() } else { format!(" class=\"{}\"", escape(class)) }
}

fn write(out: &mut String, shape: &Shape, interactive: bool) {
    // Writing to a String cannot fail.
    let _ = match shape {
        Shape::Rect { rect: Rect { x, y, w, h }, radius, class } => {
            let round = if *radius > 0.0 { format!(" rx=\"{}\"", number(*radius)) } else { String::new() };
            let [x, y, w, h] = [x, y, w, h].map(|value| number(*value));
            writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{round}{}/>", class_of(class))
        }
        Shape::Line { points, class } => {
            let pair = |point: &Point| format!("{},{}", number(point.x), number(point.y));
            let points: Vec<String> = points.iter().map(pair).collect();
            writeln!(out, "<polyline points=\"{}\"{}/>", points.join(" "), class_of(class))
        }
        Shape::Circle { at, r, class } => {
            let [x, y, r] = [at.x, at.y, *r].map(number);
            writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{}/>", class_of(class))
        }
        Shape::Text { at, text, style, anchor, class } => {
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => " text-anchor=\"middle\"",
            };
            let class = class_of(&format!("{} {class}", style.class()));
            let [x, y] = [at.x, at.y].map(number);
            writeln!(out, "<text x=\"{x}\" y=\"{y}\"{anchor}{class}>{}</text>", escape(text))
        }
        Shape::Group { machine, title, class, shapes } => {
            let reached = machine.as_ref().filter(|_| interactive).map(|name| {
                let name = escape(name.as_str());
                format!(" data-machine=\"{name}\" tabindex=\"0\" role=\"button\" aria-label=\"{name}\"")
            });
            let _ = writeln!(out, "<g{}{}>", class_of(class), reached.unwrap_or_default());
            // Who points at a machine in the page sees it in the panel.
            if (!interactive || machine.is_none()) && !title.is_empty() {
                let _ = writeln!(out, "<title>{}</title>", escape(title));
            }
            shapes.iter().for_each(|shape| write(out, shape, interactive));
            writeln!(out, "</g>")
        }
    };
}
