//! One cluster, and how its nodes are connected: by routes of their own, by a router, by an overlay.
//!
//! ```text
//! routing: nodeRoutes  ┐
//! routing: router      ├─ one line is changed, and `netlab check` finds the same
//! routing: vxlan       ┘
//! ```
//!
//! What an overlay puts on the wire is held against what `tcpdump` makes of it, and sizes against `ping -M do`.

#[path = "../common/mod.rs"]
mod common;

mod autodetect;
mod kinds;
mod many;
mod same;
mod sizes;
mod wire;
