//! When a client has to ask again (RFC 2131, section 4.4.5).
//!
//! ```text
//! granted ├──────────── T1 ──────────┬───────── T2 ────┬── end
//!         │ nothing to do            │ ask the server  │ ask everybody   the address is gone
//! ```
//!
//! Where nobody answers, it asks again when half of the rest is over, but not more often than once a second: the RFC's
//! minute is made for leases of hours.

use std::time::{Duration, Instant};

use super::message::Terms;

/// How often to ask at most.
const PAUSE: Duration = Duration::from_secs(1);

/// The times of one lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// T1: from here on its server is asked for longer.
    pub renewal: Instant,
    /// T2: from here on any.
    pub rebinding: Instant,
    /// Until here the address may be used; for ever without.
    pub end: Option<Instant>,
}

/// Whom a client has to ask, and when to ask again if there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nobody before then.
    Rest(Option<Instant>),
    /// The server that granted the lease.
    Renew(Instant),
    /// Everybody.
    Rebind(Instant),
    /// The lease is over.
    Over,
}

impl Times {
    /// The times of a lease that was asked for at `start` and granted on these terms.
    pub fn new(start: Instant, terms: &Terms) -> Self {
        let after = |seconds: u32| start + Duration::from_secs(seconds.into());
        // 0xffffffff is for ever (RFC 2131, section 3.3).
        let end = (terms.lease != u32::MAX).then(|| after(terms.lease));
        Times { renewal: after(terms.renewal), rebinding: after(terms.rebinding), end }
    }

    /// What to do now.
    pub fn turn(&self, now: Instant) -> Turn {
        let Some(end) = self.end else { return Turn::Rest(None) };
        let again = |limit: Instant| now + (limit.saturating_duration_since(now) / 2).max(PAUSE);
        match now {
            now if now >= end => Turn::Over,
            now if now >= self.rebinding => Turn::Rebind(again(end).min(end)),
            now if now >= self.renewal => Turn::Renew(again(self.rebinding).min(self.rebinding)),
            _ => Turn::Rest(Some(self.renewal)),
        }
    }
}

/// How long to wait for an offer: a quarter of a second at first, as long as a switch in the same machine may need, and
/// twice as long each time, up to four seconds.
pub fn patience(tries: u32) -> Duration {
    Duration::from_millis(250 << tries.min(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_goes_through_its_times() {
        let server = std::net::Ipv4Addr::new(10, 244, 1, 1);
        let address = "10.244.1.2/24".parse().unwrap();
        let terms = Terms { address, router: None, server, lease: 80, renewal: 40, rebinding: 70 };
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let times = Times::new(start, &terms);
        assert_eq!(times.turn(at(0)), Turn::Rest(Some(at(40))));
        assert_eq!(times.turn(at(40)), Turn::Renew(at(55)));
        assert_eq!(times.turn(at(55)), Turn::Renew(start + Duration::from_millis(62_500)));
        assert_eq!(times.turn(start + Duration::from_millis(69_500)), Turn::Renew(at(70)));
        assert_eq!(times.turn(at(70)), Turn::Rebind(at(75)));
        assert_eq!(times.turn(at(79)), Turn::Rebind(at(80)));
        assert_eq!(times.turn(at(80)), Turn::Over);
        let for_ever = Times::new(start, &Terms { lease: u32::MAX, ..terms });
        assert_eq!(for_ever.turn(at(1000)), Turn::Rest(None));
    }
}
