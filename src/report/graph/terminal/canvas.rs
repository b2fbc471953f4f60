//! A sheet of characters, on which is drawn before anything is printed.

use crate::report::Paint;

/// A sheet of so many columns, as long as it has to be.
#[derive(Debug)]
pub struct Canvas {
    columns: usize,
    rows: Vec<Vec<Cell>>,
}

/// A character and its colour (ECMA-48, SGR); none is the terminal's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    letter: char,
    code: &'static str,
}

const BLANK: Cell = Cell { letter: ' ', code: "" };

impl Canvas {
    /// An empty sheet.
    pub fn new(columns: usize) -> Self {
        Canvas { columns, rows: Vec::new() }
    }

    /// How wide it is.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Writes a text; what would stand beyond the right edge is left out.
    pub fn put(&mut self, x: usize, y: usize, text: &str, code: &'static str) {
        for (i, letter) in text.chars().enumerate() {
            self.set(x + i, y, letter, code);
        }
    }

    /// Writes a character.
    pub fn set(&mut self, x: usize, y: usize, letter: char, code: &'static str) {
        if x >= self.columns {
            return;
        }
        if self.rows.len() <= y {
            self.rows.resize(y + 1, Vec::new());
        }
        if let Some(row) = self.rows.get_mut(y) {
            if row.len() <= x {
                row.resize(x + 1, BLANK);
            }
            if let Some(cell) = row.get_mut(x) {
                *cell = Cell { letter, code };
            }
        }
    }

    /// What stands at a place.
    pub fn get(&self, x: usize, y: usize) -> char {
        self.rows.get(y).and_then(|row| row.get(x)).map_or(' ', |cell| cell.letter)
    }

    /// The sheet as lines, without the blanks at their ends.
    pub fn text(&self, color: bool) -> String {
        let paint = Paint(color);
        let line = |row: &Vec<Cell>| {
            let last = row.iter().rposition(|cell| cell.letter != ' ').map_or(0, |last| last + 1);
            let cells = row.get(..last).unwrap_or_default();
            let pieces = cells.chunk_by(|a, b| a.code == b.code).map(|piece| {
                let text: String = piece.iter().map(|cell| cell.letter).collect();
                match piece.first() {
                    Some(Cell { code, .. }) if !code.is_empty() => paint.with(code, &text),
                    _ => text,
                }
            });
            pieces.collect::<String>() + "\n"
        };
        self.rows.iter().map(line).collect()
    }
}
