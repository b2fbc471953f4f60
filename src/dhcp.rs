//! DHCP as plain values (RFC 2131): what is said, who gets which address, and until when.
//!
//! ```text
//! pod-a                                                node-1
//!   │ ── DISCOVER  who is there? I am pod-a ────────────▶ │
//!   │ ◀─ OFFER     10.244.1.2/24, router 10.244.1.1 ───── │   book: reserved, had before, wanted, or free?
//!   │ ── REQUEST   I take 10.244.1.2 of 10.244.1.1 ─────▶ │
//!   │ ◀─ ACK       it is yours for 3600 s ─────────────── │   book: 10.244.1.2 pod-a until …
//!   │                                                     │
//!   │ ── REQUEST   10.244.1.2 for longer (T1: 1800 s) ──▶ │   … and again, as long as it lives
//!   │ ── RELEASE   I need it no more ───────────────────▶ │
//! ```
//!
//! `message` puts words into bytes and back (the bytes are dhcproto's), `book` is what a server knows, `answer` is what it
//! says, `times` is when a client has to ask again. The sockets are in [`crate::kernel::dhcp`].

pub mod answer;
pub mod book;
pub mod message;
pub mod times;

/// The port of servers.
pub const SERVER: u16 = 67;

/// The port of clients.
pub const CLIENT: u16 = 68;
