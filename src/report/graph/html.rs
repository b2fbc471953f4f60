//! A picture as a page: to drag and zoom, and to look into machines. One file, which asks nobody for anything.
//!
//! ```text
//! page.css   how it looks          svg        the picture, whose machines can be reached by mouse, finger and keyboard
//! page.js    dragging, zooming     document   what the panel shows: the graph as `netlab graph --json` prints it
//! ```

use super::document::document;
use super::layout::Picture;
use super::palette::{Theme, variables};
use super::svg::{element, escape};
use crate::graph::Graph;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// What the page may do: nothing but what is written in it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The page.
pub fn html(graph: &Graph, picture: &Picture, theme: Theme) -> String {
    let title = escape(&picture.title);
    // A document of plain values can always be written; without it the page shows the picture alone.
    let data = serde_json::to_string(&document(graph)).unwrap_or_default().replace('<', "\\u003c");
    let svg = element(picture, theme, " id=\"picture\"", true);
    let colours = variables(theme);
    format!(
        "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"generator\" content=\"netlab\">
<title>{title} – netlab</title>
<style>
{colours}{STYLE}</style>
</head>
<body>
<main id=\"stage\">
{svg}</main>
<div id=\"tools\" role=\"toolbar\" aria-label=\"View\">
<button type=\"button\" id=\"closer\" aria-label=\"Zoom in\" title=\"Zoom in (+)\">+</button>
<button type=\"button\" id=\"farther\" aria-label=\"Zoom out\" title=\"Zoom out (-)\">−</button>
<button type=\"button\" id=\"whole\" aria-label=\"Show all\" title=\"Show all (0)\">⤢</button>
</div>
<p id=\"help\">Drag to move, wheel or + and − to zoom, 0 for all. Point at a machine, tap it or reach it with Tab.</p>
<aside id=\"panel\" aria-live=\"polite\" hidden></aside>
<script type=\"application/json\" id=\"data\">{data}</script>
<script>
{SCRIPT}</script>
</body>
</html>
"
    )
}
