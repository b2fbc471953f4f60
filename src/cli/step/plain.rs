//! Step by step in lines: for a script, a dumb terminal, and whoever reads with the ears.
//!
//! ```text
//! step 4 of 29 · node-1: bridge cni0
//! Create the bridge cni0: a switch inside the node, …
//!   ip -n node-1 link add cni0 type bridge
//! > n
//!   + node-1: link cni0 (bridge, down)
//! ```
//!
//! An answer is a line; an empty one means the next step, the end of the input means to leave.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::time::Duration;

use nix::errno::Errno;

use super::{Left, look, shell};
use crate::cli::{colors, print, width};
use crate::cursor::Move;
use crate::error::{Error, Result};
use crate::journal::Record;
use crate::kernel::apart::readable;
use crate::kernel::signal;
use crate::lab::Store;
use crate::report::view::keys::{self, Answer};
use crate::report::{explain, moved};
use crate::step::Way;
use crate::stepping::{Progress, Stepping, Telling};

/// How often to look whether another terminal moved the cursor.
const GLANCE: Duration = Duration::from_millis(250);

/// Asks line by line, until there is nothing left to do.
pub fn run(stepping: &Stepping, store: &Store) -> Result<Left> {
    let telling = Telling { columns: width(), color: colors(&std::io::stdout()) };
    let mut answers = Answers::default();
    let prompted = std::io::stdin().is_terminal();
    if prompted {
        print(&format!("Type a key and Enter:\n{}", keys::text(stepping.way)))?;
    }
    loop {
        let Some(record) = look(stepping)? else { return Ok(Left::TakenAway) };
        let Some(next) = stepping.next(&record) else { return Ok(Left::Here(record)) };
        announce(stepping, next, telling)?;
        // The same step stays announced while it is talked about.
        loop {
            if prompted {
                prompt()?;
            }
            let moves = match answers.next(stepping)? {
                Heard::Moved => {
                    print("another terminal moved the cursor")?;
                    break;
                }
                Heard::End => return Ok(Left::Here(record)),
                Heard::Stop => return Ok(Left::Stopped(record)),
                Heard::Answer(Answer::Quit) => return Ok(Left::Here(record)),
                Heard::Answer(Answer::Explain) => {
                    let step = stepping.plan().step(next.number);
                    print(
                        &step.map_or_else(String::new, |step| explain::behind(step, telling.columns, telling.color)),
                    )?;
                    continue;
                }
                Heard::Answer(Answer::Keys) => {
                    print(&keys::text(stepping.way))?;
                    continue;
                }
                Heard::Answer(Answer::Shell) => {
                    shell(stepping, &record, store)?;
                    break;
                }
                Heard::Unknown(line) => {
                    print(&format!("there is no key {line:?}:\n{}", keys::text(stepping.way)))?;
                    continue;
                }
                Heard::Answer(Answer::Next) => vec![next],
                Heard::Answer(Answer::Chapter) => stepping.chapter(&record),
                Heard::Answer(Answer::Rest) => stepping.rest(&record),
                Heard::Answer(Answer::Back) => stepping.other(&record).into_iter().collect(),
            };
            if moves.is_empty() {
                print(if stepping.way == Way::Do { "no step is done" } else { "all steps are done" })?;
                continue;
            }
            make(stepping, &record, &moves, next, telling)?;
            break;
        }
    }
}

fn prompt() -> Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout();
    let written = out.write_all(b"> ").and_then(|()| out.flush());
    written.map_err(|e| Error::refused(format!("cannot write to standard output: {e}")))
}

/// Says which step is next, before it is done.
fn announce(stepping: &Stepping, next: Move, telling: Telling) -> Result<()> {
    let Some(step) = stepping.step(next) else { return Ok(()) };
    print(&moved::announced(stepping.plan(), next.number, &step, telling.columns, telling.color))
}

/// Makes moves, and prints what each one changed. The first was announced, if it is the next one.
fn make(stepping: &Stepping, record: &Record, moves: &[Move], announced: Move, telling: Telling) -> Result<()> {
    let mut work = stepping.start(record, moves, telling)?;
    let mut first = moves.first() == Some(&announced);
    loop {
        match work.hear(GLANCE) {
            Progress::Nothing => {}
            Progress::Told(told) => {
                let known = stepping.step(announced).and_then(|step| step.command());
                match (first, told.command) {
                    (true, Some(command)) if known.is_none() => print(&format!("  {command}\n{}\n", told.changed))?,
                    (true, _) => print(&format!("{}\n", told.changed))?,
                    (false, _) => print(&format!("{}{}\n", told.announced, told.changed))?,
                }
                first = false;
            }
            Progress::Done => return Ok(()),
            Progress::Moved => return print("another terminal moved the cursor"),
            Progress::Failed(error) => return Err(error),
        }
    }
}

/// What comes from standard input, or from elsewhere meanwhile.
enum Heard {
    Answer(Answer),
    Unknown(String),
    Moved,
    Stop,
    End,
}

/// Lines of standard input, as they come.
#[derive(Default)]
struct Answers {
    read: VecDeque<u8>,
    ended: bool,
}

impl Answers {
    /// The next answer, or what happened before it came.
    fn next(&mut self, stepping: &Stepping) -> Result<Heard> {
        let mark = stepping.mark();
        loop {
            if let Some(line) = self.line() {
                return Ok(Answer::of_line(&line).map_or(Heard::Unknown(line), Heard::Answer));
            }
            if signal::asked_to_stop() {
                return Ok(Heard::Stop);
            }
            if self.ended {
                return Ok(Heard::End);
            }
            if readable(&std::io::stdin(), GLANCE) {
                self.fill()?;
            } else if stepping.mark() != mark {
                return Ok(Heard::Moved);
            }
        }
    }

    /// A whole line, or what stands before the end.
    fn line(&mut self) -> Option<String> {
        let end = self.read.iter().position(|byte| *byte == b'\n').map(|place| place + 1);
        let length = end.or((self.ended && !self.read.is_empty()).then_some(self.read.len()))?;
        let line: Vec<u8> = self.read.drain(..length).collect();
        Some(String::from_utf8_lossy(&line).trim().to_owned())
    }

    fn fill(&mut self) -> Result<()> {
        let mut buffer = [0; 1024];
        // Not by way of `Stdin`, whose buffer `readable` does not see.
        match nix::unistd::read(std::io::stdin(), &mut buffer) {
            Ok(0) => self.ended = true,
            Ok(length) => self.read.extend(buffer.get(..length).unwrap_or_default()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(Error::refused(format!("cannot read standard input: {errno}"))),
        }
        Ok(())
    }
}
