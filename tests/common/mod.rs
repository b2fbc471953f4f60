//! What the tests that need a kernel stand on.
//!
//! ```text
//! program    run a program, wait for it with patience, look at what it said      wait   until something is so
//! lab        one lab with a state directory of its own, gone at the end          host   what must not change
//! lot        numbers by lot, from a seed
//! row        three machines in a row, and packets between them
//! one_node   the lab of one node, somewhere along its steps
//! found      what a check found                              ping     one that goes on while something else is done
//! examples   the console blocks of a Markdown text, typed by a reader        aside  a command in another terminal
//! shell      an open `netlab shell`, into which a test types
//! pty        a program on a terminal of its own, and what it draws
//! typist     a person who types the printed commands
//! facts      what a step can lead to, as seen in JSON and as predicted
//! witness    `nft` in a machine, which keeps the addresses that pings arrive from
//! state      everything the kernel knows of a lab, as `ip`, `bridge`, `nft` and `sysctl` tell it
//! ```
//!
//! The tests run at the same time and in any order: each has its own labs in its own state directory. They run as root
//! and as an ordinary user. None skips itself: where a program is missing the test fails and names the Debian package.
//! netlab carries the witnesses into the machines (`netlab exec`), but never is a witness itself.

// Each test file uses its part of this.
#![allow(dead_code, unused_imports)]

pub mod aside;
pub mod examples;
pub mod facts;
pub mod found;
pub mod host;
pub mod lab;
pub mod lot;
pub mod one_node;
pub mod ping;
pub mod program;
pub mod pty;
pub mod row;
pub mod shell;
pub mod state;
pub mod tcpdump;
pub mod typist;
pub mod wait;
pub mod witness;

pub use lab::Lab;
pub use program::{Directory, Ran, run, run_with_input, tool, topologies, topology};
pub use shell::Shell;
pub use wait::until;
