//! Step by step on a terminal: a loop that draws, waits for a key, and does what it asks for.
//!
//! ```text
//! look at the lab ─▶ draw ─▶ a key? ──yes──▶ moves in a child process, each told above the view ──┐
//!       ▲                     │ no: did the journal grow? is the lab still there?                 │
//!       └─────────────────────┴───────────────────────────────────────────────────────────────────┘
//! ```

use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use super::screen::Screen;
use super::{Left, look, shell};
use crate::cursor::Move;
use crate::error::{Error, Result};
use crate::journal::Record;
use crate::kernel::signal;
use crate::lab::Store;
use crate::prose::wrap;
use crate::report::explain;
use crate::report::view::keys::{self, Answer};
use crate::report::view::{Doing, Model, draw, rows};
use crate::stepping::{Progress, Stepping, Telling};

/// How often to look whether another terminal moved the cursor.
const GLANCE: Duration = Duration::from_millis(250);
/// How often to look for a key while steps are being done.
const BLINK: Duration = Duration::from_millis(30);

/// Asks key by key.
pub fn run(stepping: &Stepping, store: &Store, color: bool) -> Result<Left> {
    let Some(record) = look(stepping)? else { return Ok(Left::TakenAway) };
    let nothing_to_do = stepping.next(&record).is_none();
    if nothing_to_do && stepping.ends_by_itself() {
        return Ok(Left::Here(record));
    }
    let mut live = Live { stepping, store, color, screen: Screen::open()?, doing: Doing::Asks, leaving: false };
    live.asks(record)
}

struct Live<'a> {
    stepping: &'a Stepping,
    store: &'a Store,
    color: bool,
    screen: Screen,
    doing: Doing,
    /// Whether somebody asked to leave while steps were being done.
    leaving: bool,
}

/// What came instead of a key.
enum Heard {
    Key(Option<Answer>),
    Resized,
    Nothing,
}

impl Live<'_> {
    /// The loop. Whatever ends it, the screen is closed when this is dropped.
    fn asks(&mut self, mut record: Record) -> Result<Left> {
        loop {
            self.draw(&record)?;
            let mark = self.stepping.mark();
            let answer = loop {
                if signal::asked_to_stop() {
                    return Ok(Left::Stopped(record));
                }
                match self.hear(GLANCE)? {
                    Heard::Key(answer) => break answer,
                    Heard::Resized => self.draw(&record)?,
                    Heard::Nothing => {}
                }
                let Some(now) = look(self.stepping)? else { return Ok(Left::TakenAway) };
                if self.stepping.mark() != mark && now.done != record.done {
                    self.note(&moved_elsewhere(&record, &now))?;
                    break None;
                }
            };
            let Some(answer) = answer else {
                self.doing = Doing::Asks;
                let Some(now) = look(self.stepping)? else { return Ok(Left::TakenAway) };
                record = now;
                continue;
            };
            if self.doing == Doing::MakesRoom && answer == Answer::Next {
                // Whoever has read goes back to the view first, and sees what the key will do.
                self.doing = Doing::Asks;
                continue;
            }
            self.doing = Doing::Asks;
            let next = self.stepping.next(&record);
            match answer {
                Answer::Quit => return Ok(Left::Here(record)),
                Answer::Next if next.is_none() => return Ok(Left::Here(record)),
                Answer::Keys => self.make_room(&keys::text(self.stepping.way), &record)?,
                Answer::Explain => self.explain(next, &record)?,
                Answer::Shell => {
                    self.screen.close();
                    shell(self.stepping, &record, self.store)?;
                    self.screen.take()?;
                }
                Answer::Next => self.make(&next.into_iter().collect::<Vec<_>>(), &mut record)?,
                Answer::Chapter => self.make(&self.stepping.chapter(&record), &mut record)?,
                Answer::Rest => self.make(&self.stepping.rest(&record), &mut record)?,
                Answer::Back => {
                    let other: Vec<Move> = self.stepping.other(&record).into_iter().collect();
                    self.make(&other, &mut record)?;
                }
            }
            let Some(now) = look(self.stepping)? else { return Ok(Left::TakenAway) };
            record = now;
            let at_the_end = self.stepping.next(&record).is_none();
            if self.leaving {
                return Ok(Left::Here(record));
            }
            if at_the_end && self.stepping.ends_by_itself() {
                return Ok(Left::Here(record));
            }
        }
    }

    fn telling(&self) -> Telling {
        Telling { columns: usize::from(self.screen.size().width), color: self.color }
    }

    fn draw(&mut self, record: &Record) -> Result<()> {
        let next = self.stepping.next(record).and_then(|one| Some((one.number, self.stepping.step(one)?)));
        let Stepping { way, target, .. } = self.stepping;
        let plan = self.stepping.plan();
        let model = Model { plan, record, way: *way, target: *target, next, doing: self.doing, color: self.color };
        let height = rows(&model, self.screen.size());
        self.screen.draw(height, |frame| {
            let area = frame.area();
            draw(&model, area, frame.buffer_mut());
        })
    }

    /// Waits for a key.
    fn hear(&mut self, patience: Duration) -> Result<Heard> {
        let failed = |e| Error::refused(format!("cannot read the terminal: {e}"));
        if !event::poll(patience).map_err(failed)? {
            return Ok(Heard::Nothing);
        }
        match event::read().map_err(failed)? {
            Event::Key(key) if key.kind == KeyEventKind::Release => Ok(Heard::Nothing),
            Event::Key(key) => Ok(Heard::Key(answer(key.code, key.modifiers))),
            Event::Resize(..) => {
                self.screen.resized()?;
                Ok(Heard::Resized)
            }
            _ => Ok(Heard::Nothing),
        }
    }

    /// A line of netlab's own above the view.
    fn note(&mut self, text: &str) -> Result<()> {
        let lines: String = wrap(text, self.telling().columns).into_iter().map(|line| line + "\n").collect();
        self.screen.say(&format!("\n{lines}"))
    }

    /// Shows a text above a view that has become small.
    fn make_room(&mut self, text: &str, record: &Record) -> Result<()> {
        self.doing = Doing::MakesRoom;
        self.draw(record)?;
        self.screen.say(&format!("\n{text}"))
    }

    fn explain(&mut self, next: Option<Move>, record: &Record) -> Result<()> {
        let step = next.and_then(|one| self.stepping.plan().step(one.number));
        let Telling { columns, color } = self.telling();
        match step {
            Some(step) => self.make_room(&explain::behind(step, columns, color), record),
            None => Ok(()),
        }
    }

    /// Makes moves, and tells each above the view.
    fn make(&mut self, moves: &[Move], record: &mut Record) -> Result<()> {
        if moves.is_empty() {
            let nothing_done = record.done.is_empty();
            return self.note(if nothing_done { "no step is done" } else { "all steps are done" });
        }
        let mut work = self.stepping.start(record, moves, self.telling())?;
        loop {
            match work.hear(BLINK) {
                Progress::Nothing => {}
                Progress::Told(told) => {
                    self.screen.say(&format!("\n{}{}", told.announced, told.changed))?;
                    if moves.len() > 1 {
                        if let Some(now) = look(self.stepping)? {
                            *record = now;
                        }
                        self.doing = Doing::Works;
                        self.draw(record)?;
                    }
                }
                Progress::Done => break,
                Progress::Moved => {
                    self.note("another terminal moved the cursor first: nothing was done")?;
                    break;
                }
                Progress::Failed(error) => {
                    // Taken away under our hands: the loop sees it.
                    if look(self.stepping)?.is_some() {
                        let text = error.render(self.telling().columns, self.color);
                        self.screen.say(&format!("\n{text}\n"))?;
                    }
                    break;
                }
            }
            if signal::asked_to_stop() {
                work.stop();
            } else if moves.len() > 1
                && let Heard::Key(answer) = self.hear(Duration::ZERO)?
            {
                work.stop();
                self.leaving |= answer == Some(Answer::Quit);
            }
        }
        self.doing = Doing::Asks;
        Ok(())
    }
}

/// What a key asks for.
fn answer(code: KeyCode, modifiers: KeyModifiers) -> Option<Answer> {
    match code {
        KeyCode::Enter => Some(Answer::Next),
        KeyCode::Esc => Some(Answer::Quit),
        KeyCode::Char('c' | 'd') if modifiers.contains(KeyModifiers::CONTROL) => Some(Answer::Quit),
        KeyCode::Char(_) if modifiers.contains(KeyModifiers::CONTROL) => None,
        KeyCode::Char(key) => Answer::of(key),
        _ => None,
    }
}

fn moved_elsewhere(was: &Record, is: &Record) -> String {
    format!("another terminal moved the cursor from step {} to step {}", was.done.len(), is.done.len())
}
