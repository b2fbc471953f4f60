//! What the kernel tells of a packet with a cookie, against what `nft monitor trace` shows of it.
//!
//! ```text
//! client ── router ── server      a Watch and `nft monitor trace` in the router, a ruleset of somebody's, a packet
//! ```

mod bridge;
#[path = "../common/mod.rs"]
mod common;
mod ends;
mod oracle;
mod rules;

use std::time::Instant;

use common::wait::PATIENCE;
use netlab::kernel::nft::Watch;
use netlab::kernel::nft::watch::{Event, Kind, Mark};

/// What the packets carry.
pub const COOKIE: &[u8] = &[0x0a, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77];

/// The cookie behind the header of UDP or ICMP, on IPv4.
pub fn mark() -> Mark {
    Mark { offset: 28, bytes: COOKIE.to_vec() }
}

/// Reads events until one is as wished, and says all of them up to there.
#[track_caller]
pub fn read_until(watch: &Watch, wished: impl Fn(&Event) -> bool) -> Vec<Event> {
    let end = Instant::now() + PATIENCE;
    let mut all = Vec::new();
    loop {
        let (events, lost) = watch.read().unwrap();
        assert!(!lost);
        all.extend(events);
        if all.last().is_some_and(&wished) {
            return all;
        }
        assert!(Instant::now() < end, "waited in vain; there was {:#?}", all.iter().map(short).collect::<Vec<_>>());
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// An event in few words: `ip filter forward: drop`, and for a breadcrumb just its chain.
pub fn short(event: &Event) -> String {
    let Event { family, table, chain, verdict, .. } = event;
    if let Some(crumb) = event.breadcrumb() {
        return format!("{family} {crumb}{}", if event.marks() { ": marked" } else { "" });
    }
    let what = match event.kind {
        Kind::Rule(_) => "",
        Kind::Return => "return ",
        Kind::Policy => "policy ",
    };
    format!("{family} {table} {chain}: {what}{verdict}")
}

pub fn shorts(events: &[Event]) -> Vec<String> {
    events.iter().map(short).collect()
}
