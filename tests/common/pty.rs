//! A program on a terminal of its own.
//!
//! ```text
//! keys ──▶ pty ──▶ netlab up --step ──▶ pty ──▶ everything that it wrote, bytes of colours and all
//! ```

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;

use super::program::start;
use super::wait::PATIENCE;

/// A running program and its terminal.
pub struct Pty {
    child: Child,
    keys: File,
    terminal: OwnedFd,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Pty {
    /// Starts a program on a terminal of this size.
    #[track_caller]
    pub fn start(command: &mut Command, columns: u16, rows: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("a pty");
        let end = || pty.slave.try_clone().expect("a descriptor");
        let child = start(command.env("TERM", "xterm-256color").stdin(end()).stdout(end()).stderr(end()));
        let written = Arc::new(Mutex::new(Vec::new()));
        let mut reader = File::from(pty.master.try_clone().expect("a descriptor"));
        let heard = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                heard.lock().expect("the text").extend_from_slice(&buffer[..length]);
            }
        });
        Pty { child, keys: pty.master.into(), terminal: pty.slave, written }
    }

    /// Types keys.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys");
    }

    /// What it wrote so far. Where it moved the cursor to another column, as over a blank, there is a blank.
    pub fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.written.lock().expect("the text")).into_owned();
        let mut pieces = text.split("\x1b[");
        let mut plain = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let end = piece.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
            match piece.as_bytes().get(end) {
                Some(b'H') => plain.push_str(&format!(" {}", &piece[end + 1..])),
                _ => plain.push_str(&format!("\x1b[{piece}")),
            }
        }
        plain
    }

    /// Waits until it has written this, so many times.
    #[track_caller]
    pub fn shows(&self, what: &str, times: usize) {
        let end = Instant::now() + PATIENCE;
        while self.text().matches(what).count() < times {
            assert!(Instant::now() < end, "it never wrote {what:?} {times} times: {:?}", self.text());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Whether the terminal shows what is typed by itself: a shell that edits lines has it not do so.
    pub fn echoes(&self) -> bool {
        tcgetattr(&self.terminal).expect("its settings").local_flags.contains(LocalFlags::ECHO | LocalFlags::ICANON)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("a signal");
    }

    /// Waits for its end, and looks whether it left the terminal as it was. Returns how it ended, and all it wrote.
    #[track_caller]
    pub fn ends(mut self) -> (ExitStatus, String) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                break status;
            }
            assert!(Instant::now() < end, "it does not end: {:?}", self.text());
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        assert!(self.echoes(), "the terminal is still raw");
        // What was written last may not have been read yet.
        std::thread::sleep(std::time::Duration::from_millis(50));
        let text = self.text();
        let (hidden, shown) = (text.rfind("\x1b[?25l"), text.rfind("\x1b[?25h"));
        assert!(hidden <= shown, "the cursor is still hidden: {text:?}");
        (status, text)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Its own child, not waited for or ended already: no other process can be meant.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
