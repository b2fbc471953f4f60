//! The view, drawn: cells of a terminal from a model, and nothing else.
//!
//! ```text
//! title and progress      1 row
//! outline                 what is left of the rows
//! next step               its heading, sentence and command: as many rows as they need
//! keys                    1 row
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::Widget;

use super::outline::{self, State};
use super::{Doing, Model, command, keys};
use crate::prose::wrap;
use crate::report::tint::{Tint, Words};
use crate::step::Way;

/// The rows that title and keys take.
const FRAME: u16 = 2;
/// The outline's rows, at least.
const OUTLINE: u16 = 4;
/// The next step's rows, usually.
const NEXT: u16 = 5;
/// How far the next step's command stands in.
const MARGIN: &str = "   ";

/// How many rows the view takes of a terminal of this size: about three fifths, more where a long command needs it, and
/// never so many that what a step changed could not be read above it.
pub fn rows(model: &Model<'_>, size: Size) -> u16 {
    let usual = match model.doing {
        Doing::MakesRoom => FRAME + 1,
        _ => {
            let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
            let longest = model.plan.chapters.iter().map(|chapter| chapter.steps.len()).max().unwrap_or(0);
            let all = small(model.plan.chapters.len() + longest).saturating_add(FRAME + NEXT);
            let next = small(next(model, size.width).len());
            (size.height * 3 / 5 + 1).min(all).max(next.saturating_add(FRAME + OUTLINE))
        }
    };
    usual.min(size.height.saturating_sub(3)).max(1)
}

/// Draws the view into an area.
pub fn draw(model: &Model<'_>, area: Rect, buffer: &mut Buffer) {
    let mut rows = vec![title(model, area.width)];
    let next = next(model, area.width);
    if model.doing == Doing::MakesRoom {
        rows.push(next.into_iter().next().unwrap_or_default());
    } else {
        let room = usize::from(area.height.saturating_sub(FRAME)).saturating_sub(next.len());
        let outline = outline::lines(model, room);
        let missing = room.saturating_sub(outline.len());
        rows.extend(outline.iter().map(|line| outlined(line, area.width)));
        rows.extend(std::iter::repeat_n(Row::default(), missing));
        rows.extend(next);
    }
    // Where there is no room for all, the keys stay.
    rows.truncate(usize::from(area.height.saturating_sub(1)));
    rows.push(keys_row(model, area.width));
    for (row, y) in rows.into_iter().zip(area.top()..area.bottom()) {
        row.render(Rect { y, height: 1, ..area }, buffer);
    }
    if !model.color {
        for position in area.positions() {
            if let Some(cell) = buffer.cell_mut(Position::new(position.x, position.y)) {
                cell.fg = Color::Reset;
            }
        }
    }
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn color(tint: Tint) -> Color {
    match tint {
        Tint::Machine => Color::LightBlue,
        Tint::Link => Color::LightMagenta,
        Tint::Address => Color::LightGreen,
        Tint::Route => Color::LightYellow,
        Tint::Rule => Color::LightRed,
        Tint::Setting => Color::LightCyan,
    }
}

/// The lab, how far it is, and where it is to go.
fn title(model: &Model<'_>, columns: u16) -> Row<'static> {
    let (done, total) = (model.record.done.len(), model.plan.len());
    let whole = if model.way == Way::Do { total } else { 0 };
    let to = if model.target == whole { String::new() } else { format!(", to {}", model.target) };
    let count = format!("{done} of {total} steps{to}");
    let name = model.plan.lab.to_string();
    let around = name.chars().count() + count.chars().count() + 6;
    let length = usize::from(columns).saturating_sub(around);
    let full = match usize::try_from(total) {
        Ok(total) if total > 0 => (length * done).div_ceil(total).min(length),
        _ => length,
    };
    Row::from(vec![
        Span::raw(" "),
        Span::styled(name, bold()),
        Span::raw("  "),
        Span::styled("━".repeat(full), Style::new().fg(Color::LightGreen)),
        Span::styled("─".repeat(length - full), dim()),
        Span::raw("  "),
        Span::raw(count),
    ])
}

fn outlined(line: &outline::Line, columns: u16) -> Row<'static> {
    let columns = usize::from(columns);
    match line {
        outline::Line::Chapter(state, title, done, total) => {
            let count = format!("{done}/{total}");
            let title = shortened(title, columns.saturating_sub(count.len() + 6));
            let gap = columns.saturating_sub(title.chars().count() + count.len() + 4);
            let (mark, text) = styles(*state);
            let gap = " ".repeat(gap);
            Row::from(vec![
                Span::styled(format!(" {} ", state.sign()), mark),
                Span::styled(title, text),
                Span::styled(format!("{gap}{count}"), dim()),
            ])
        }
        outline::Line::Step(state, number, what) => {
            let (mark, text) = styles(*state);
            let what = shortened(what, columns.saturating_sub(13));
            Row::from(vec![Span::styled(format!("    {} {number:>4}  ", state.sign()), mark), Span::styled(what, text)])
        }
    }
}

/// Those of the sign and of the text.
fn styles(state: State) -> (Style, Style) {
    match state {
        State::Done => (Style::new().fg(Color::LightGreen), Style::new()),
        State::Next => (bold().fg(Color::LightYellow), bold()),
        State::ToCome => (dim(), dim()),
    }
}

/// A text that is cut where a line ends. Commands never are.
fn shortened(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
}

/// The next step: number and chapter, sentence, command.
fn next(model: &Model<'_>, columns: u16) -> Vec<Row<'static>> {
    let columns = usize::from(columns);
    let Some((number, step)) = &model.next else {
        let text = match model.way {
            Way::Do if model.target == model.plan.len() => "all steps are done: the lab is complete".to_owned(),
            Way::Do => format!("step {} is where you wanted to stop", model.target),
            Way::Undo => "no step is left to be undone".to_owned(),
        };
        return vec![Row::from(Span::styled(format!(" {text}"), bold()))];
    };
    let chapter = model.plan.chapter_of(*number).map_or("", |chapter| &chapter.title);
    let word = match (model.doing, model.way) {
        (Doing::Works, _) => "at work: step",
        (_, Way::Do) => "next: step",
        (_, Way::Undo) => "next, undo step",
    };
    let heading = format!("{word} {number} · {chapter}");
    let mut rows =
        vec![Row::from(Span::styled(format!(" {}", shortened(&heading, columns.saturating_sub(2))), bold()))];
    let words = Words::of(step);
    let tinted = |margin: &str, text: &str, base: Style| {
        let mut spans = vec![Span::raw(margin.to_owned())];
        spans.extend(words.pieces(text).map(|(tint, piece)| {
            let style = tint.map_or(base, |tint| base.fg(color(tint)));
            Span::styled(piece.to_owned(), style)
        }));
        Row::from(spans)
    };
    rows.extend(wrap(&step.sentence(), columns.saturating_sub(2)).iter().map(|line| tinted(" ", line, Style::new())));
    let cyan = Style::new().fg(Color::Cyan);
    if let Some(text) = step.command() {
        let lines = command::lines(&text, columns.saturating_sub(MARGIN.len()));
        rows.extend(lines.iter().map(|line| tinted(MARGIN, line, cyan)));
    } else {
        rows.push(Row::from(Span::styled(format!("{MARGIN}(its command is known when it is done)"), dim())));
    }
    rows
}

fn keys_row(model: &Model<'_>, columns: u16) -> Row<'static> {
    let words: Vec<(&str, &str)> = match model.doing {
        Doing::Works => vec![("any key", "stops after this step")],
        Doing::MakesRoom => vec![("Enter", "back to the steps"), ("s", "shell"), ("q", "quit")],
        _ if model.next.is_none() => vec![("b", "back"), ("s", "shell"), ("Enter", "leave")],
        _ => keys::all(model.way).into_iter().map(|(_, key, word, _)| (key, word)).collect(),
    };
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    for (key, word) in words {
        let width = key.len() + 1 + word.len() + 2;
        if used + width > usize::from(columns) + 2 {
            break;
        }
        used += width;
        spans.push(Span::styled(key.to_owned(), bold().fg(Color::LightYellow)));
        spans.push(Span::raw(format!(" {word}  ")));
    }
    Row::from(spans)
}
