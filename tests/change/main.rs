//! A running lab is changed by `up` with another file: afterwards it is as one that was brought up with that file, what
//! stays is not disturbed, and whoever is interrupted can go on or back.
//!
//! ```text
//! up A ─ up B ─ up C ─ …        the walker        after each:   ip, bridge, nft, sysctl  ═══  those of a fresh lab
//! fresh: up B,  up C, …                                         netlab diff: nothing
//! ```

#[path = "../common/mod.rs"]
mod common;

mod draw;
mod manners;
mod pairs;
mod trouble;
