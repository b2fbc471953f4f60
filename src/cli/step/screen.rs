//! A terminal whose last rows are drawn, and whose others scroll as ever.
//!
//! ```text
//! $ netlab up --step       ┐
//! step 1 of 29 · …         │ ordinary text: it scrolls into the terminal's memory, commands in one piece
//!   + node-1: link lo      ┘
//! ▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔
//!  one-node ━━──────       ┐ the view: cells, of which only those that change are sent
//!  Enter next  c chapter   ┘
//! ```
//!
//! No alternate screen: what was done is what a learner wants to scroll back to, copy, and keep after the end. Text goes
//! into a scrolling region (DECSTBM) above the view, which so is never cleared: nothing flickers. The terminal is not
//! asked where its cursor is, because not every terminal answers.

use std::collections::VecDeque;
use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::terminal::{self, BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::crossterm::{cursor, queue};
use ratatui::layout::{Rect, Size};
use ratatui::text::Span;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use crate::error::{Error, Result};

/// The least that the view needs; smaller terminals get plain lines.
const LEAST: Size = Size { width: 60, height: 16 };
/// How many lines are kept, to be written again when the terminal has another size.
const MEMORY: usize = 200;

type Drawing = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// Whether there is a screen to be put right.
static OPEN: AtomicBool = AtomicBool::new(false);

/// The screen. Dropping it puts the terminal right.
pub struct Screen {
    size: Size,
    /// The rows of the view; none before it was drawn.
    height: u16,
    /// The empty rows between the text and the view.
    free: u16,
    /// Whether the terminal has another size than when it was last written to.
    resized: bool,
    drawing: Option<Drawing>,
    told: VecDeque<String>,
}

/// Whether the terminal is large enough for a view.
pub fn is_large_enough() -> bool {
    terminal::size().is_ok_and(|(width, height)| width >= LEAST.width && height >= LEAST.height)
}

fn failed(error: io::Error) -> Error {
    Error::refused(format!("cannot draw on the terminal: {error}"))
}

impl Screen {
    /// Takes the terminal: keys come one by one, and are not echoed.
    pub fn open() -> Result<Self> {
        put_right_on_panic();
        let size = Size { width: 0, height: 0 };
        let mut screen = Screen { size, height: 0, free: 0, resized: false, drawing: None, told: VecDeque::new() };
        screen.take()?;
        Ok(screen)
    }

    /// Takes the terminal again, after [`Screen::close`].
    pub fn take(&mut self) -> Result<()> {
        let (width, height) = terminal::size().map_err(failed)?;
        terminal::enable_raw_mode().map_err(failed)?;
        OPEN.store(true, Ordering::Relaxed);
        (self.size, self.height, self.free) = (Size { width, height }, 0, 0);
        Ok(())
    }

    /// How large the terminal is.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Draws the view into the last rows.
    pub fn draw(&mut self, height: u16, render: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        self.try_draw(height, render).map_err(failed)
    }

    fn try_draw(&mut self, height: u16, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let mut out = BufWriter::new(stdout().lock());
        queue!(out, BeginSynchronizedUpdate, cursor::Hide)?;
        if self.resized {
            self.write_anew(&mut out, height)?;
        } else if height != self.height {
            self.make_place(&mut out, height)?;
        }
        if self.drawing.is_none() {
            let first = self.size.height - height;
            queue!(out, cursor::MoveTo(0, first), terminal::Clear(terminal::ClearType::FromCursorDown))?;
        }
        out.flush()?;
        drop(out);
        if self.drawing.is_none() {
            let viewport = Viewport::Fixed(Rect::new(0, self.size.height - height, self.size.width, height));
            let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout()));
            self.drawing = Some(Terminal::with_options(backend, TerminalOptions { viewport })?);
        }
        if let Some(drawing) = &mut self.drawing {
            drawing.draw(render)?;
        }
        let mut out = stdout().lock();
        queue!(out, EndSynchronizedUpdate)?;
        out.flush()
    }

    /// Gives the view so many rows: the text moves up where it must.
    fn make_place(&mut self, out: &mut impl Write, height: u16) -> io::Result<()> {
        let rows = self.size.height;
        if self.height == 0 {
            // Wherever the cursor is: after so many new lines, the last rows are empty.
            write!(out, "{}", "\r\n".repeat(usize::from(height)))?;
        } else {
            queue!(out, cursor::MoveTo(0, rows - self.height), terminal::Clear(terminal::ClearType::FromCursorDown))?;
            let more = height.saturating_sub(self.height);
            let scrolled = more.saturating_sub(self.free);
            queue!(out, cursor::MoveTo(0, rows - 1))?;
            write!(out, "{}", "\n".repeat(usize::from(scrolled)))?;
            self.free = (self.free + self.height.saturating_sub(height)).saturating_sub(more);
        }
        self.height = height;
        self.drawing = None;
        Ok(())
    }

    /// Writes text above the view.
    pub fn say(&mut self, text: &str) -> Result<()> {
        self.told.extend(text.lines().map(str::to_owned));
        self.told.drain(..self.told.len().saturating_sub(MEMORY));
        let mut out = BufWriter::new(stdout().lock());
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let said = queue!(out, BeginSynchronizedUpdate)
            .and_then(|()| self.scroll(&mut out, &lines))
            .and_then(|()| queue!(out, EndSynchronizedUpdate))
            .and_then(|()| out.flush());
        said.map_err(failed)
    }

    /// Writes lines below the text, which moves up where it must.
    fn scroll(&mut self, out: &mut impl Write, lines: &[String]) -> io::Result<()> {
        let bottom = self.size.height - self.height;
        // DECSTBM: rows 1 to `bottom` scroll by themselves.
        write!(out, "\x1b[1;{bottom}r")?;
        queue!(out, cursor::MoveTo(0, (bottom - self.free).saturating_sub(1)))?;
        for line in lines {
            write!(out, "\r\n{line}")?;
            self.free = self.free.saturating_sub(self.rows_of(line));
        }
        write!(out, "\x1b[r")
    }

    /// How many rows a line takes.
    fn rows_of(&self, line: &str) -> u16 {
        let width = Span::raw(without_colors(line)).width();
        u16::try_from(width.div_ceil(usize::from(self.size.width.max(1)))).unwrap_or(u16::MAX).max(1)
    }

    /// The terminal has another size.
    pub fn resized(&mut self) -> Result<()> {
        let (width, height) = terminal::size().map_err(failed)?;
        self.size = Size { width, height };
        self.resized = true;
        Ok(())
    }

    /// What a terminal of another size made of the old rows cannot be known, so they are written anew.
    fn write_anew(&mut self, out: &mut impl Write, height: u16) -> io::Result<()> {
        // Row by row: to clear the screen as a whole moves it into the memory of some terminals.
        for row in 0..self.size.height {
            queue!(out, cursor::MoveTo(0, row), terminal::Clear(terminal::ClearType::CurrentLine))?;
        }
        (self.resized, self.drawing, self.height) = (false, None, height);
        self.free = (self.size.height - height).saturating_sub(1);
        let mut room = self.free;
        let fits = |line: &&String| {
            let rows = self.rows_of(line);
            let fits = rows <= room;
            room = room.saturating_sub(rows);
            fits
        };
        let mut last: Vec<String> = self.told.iter().rev().take_while(fits).cloned().collect();
        last.reverse();
        self.scroll(out, &last)
    }

    /// Gives the terminal back: the view is gone, the cursor stands below the text.
    pub fn close(&mut self) {
        if !OPEN.swap(false, Ordering::Relaxed) {
            return;
        }
        self.drawing = None;
        let row = self.size.height.saturating_sub(self.height + self.free);
        let mut out = stdout().lock();
        // Nothing can be done about a terminal that is gone.
        let _ = queue!(out, cursor::MoveTo(0, row), terminal::Clear(terminal::ClearType::FromCursorDown), cursor::Show);
        let _ = out.flush();
        let _ = terminal::disable_raw_mode();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.close();
    }
}

/// A line without what colours it.
fn without_colors(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// A panic is told on a terminal that is as it was.
fn put_right_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if OPEN.swap(false, Ordering::Relaxed) {
                let _ = write!(stdout(), "\x1b[r\x1b[999;1H\r\n\x1b[?25h");
                let _ = stdout().flush();
                let _ = terminal::disable_raw_mode();
            }
            tell(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_take_no_room() {
        assert_eq!(without_colors("\x1b[1mstep\x1b[0m 4 \x1b[36mip\x1b[0m"), "step 4 ip");
    }
}
