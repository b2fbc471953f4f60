//! What was asked, and how it ended, in a line each.
//!
//! ```text
//! pod-a → pod-c  ICMP echo, 10.244.1.2 → 10.244.2.2, 56 bytes
//! delivered in 0.045 ms
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use crate::kernel::probe::Protocol;
use crate::trace::{Asked, Cause, Death, Leg, Outcome, Point, Timing};

/// `pod-a → pod-c`
pub(super) fn between(asked: &Asked) -> String {
    match &asked.destination {
        Some(destination) => format!("{} → {destination}", asked.source),
        None => format!("{} → {}", asked.source, asked.to),
    }
}

/// `ICMP echo, 10.244.1.2 → 10.244.2.2, 56 bytes`
pub(super) fn question(asked: &Asked) -> String {
    let Asked { to, from, protocol, size, ttl, dont_fragment, .. } = asked;
    let kind = match protocol {
        Protocol::Icmp => "ICMP echo",
        Protocol::Tcp(_) => "TCP",
        Protocol::Udp(_) => "UDP",
    };
    let to = protocol.port().map_or(to.to_string(), |port| SocketAddr::new(*to, port).to_string());
    let ends = from.map_or(format!("to {to}"), |from| format!("{from} → {to}"));
    let mut parts = vec![kind.to_owned(), ends];
    if !matches!(protocol, Protocol::Tcp(_)) {
        parts.push(format!("{size} bytes"));
    }
    parts.extend(ttl.map(|ttl| format!("ttl {ttl}")));
    parts.extend(dont_fragment.then(|| "not to be fragmented".to_owned()));
    parts.join(", ")
}

/// `delivered in 0.045 ms`, `lost in node-1 after cni0: no-route`
pub(super) fn result(outcome: &Outcome) -> String {
    let time = outcome.timing.filter(|_| outcome.lost.is_none());
    verdict(outcome) + &time.map(|time| format!(" in {}", milliseconds(time.round_trip))).unwrap_or_default()
}

/// The same without the time.
pub(super) fn verdict(outcome: &Outcome) -> String {
    outcome.lost.as_ref().map_or("delivered".into(), lost)
}

fn lost(death: &Death) -> String {
    let Death { machine, point, leg, after, before, cause, .. } = death;
    let around = match (after, before) {
        (Some(after), _) => format!(" after {after}"),
        (None, Some((at, link))) if at == machine => format!(" before {link}"),
        (None, _) => String::new(),
    };
    let what = match (point, leg) {
        (Point::NeverSent, Leg::There) => format!("never sent by {machine}"),
        (Point::NeverSent, Leg::Back) => format!("delivered, but {machine} never sent an answer"),
        (Point::Underway, Leg::There) => format!("lost in {machine}{around}"),
        (Point::Underway, Leg::Back) => format!("delivered, but the answer was lost in {machine}{around}"),
        // A RST or an ICMP error is no answer to what was asked, but it is one.
        (Point::Unanswered, Leg::There) if cause == &Cause::NoListener => format!("delivered to {machine} and refused"),
        (Point::Unanswered, Leg::There) => format!("delivered to {machine} and not answered"),
        (Point::Unanswered, Leg::Back) => format!("delivered, and the answer came to {machine} and was not taken"),
    };
    format!("{what}: {}", cause.slug())
}

/// How many probes there were, if there was more than one.
pub(super) fn count(outcome: &Outcome) -> Option<String> {
    let Outcome { sent, answered, lost, .. } = outcome;
    let which = if lost.is_some() { "; this is the first one that was not" } else { "" };
    (*sent > 1).then(|| format!("{answered} of {sent} probes were answered{which}"))
}

/// `there 0.021 ms, there and back 0.045 ms (median of 20 untraced probes)`
pub(super) fn timing(timing: Timing) -> String {
    let (there, both) = (milliseconds(timing.there), milliseconds(timing.round_trip));
    let probes = match timing.probes {
        1 => "one untraced probe".to_owned(),
        n => format!("median of {n} untraced probes"),
    };
    format!("there {there}, there and back {both} ({probes})")
}

/// A long time: `0.045 ms`.
fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 { format!("{ms:.3} ms") } else { format!("{ms:.1} ms") }
}

/// A short time: `5.2 µs`.
pub(super) fn microseconds(time: Duration) -> String {
    let us = time.as_secs_f64() * 1e6;
    match us {
        ..9.95 => format!("{us:.1} µs"),
        ..999.5 => format!("{us:.0} µs"),
        _ => format!("{:.1} ms", us / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_is_read_with_ease() {
        let micro = |nanos| microseconds(Duration::from_nanos(nanos));
        assert_eq!(
            [0, 812, 9_949, 9_951, 999_400, 999_600].map(micro),
            ["0.0 µs", "0.8 µs", "9.9 µs", "10 µs", "999 µs", "1.0 ms"]
        );
        assert_eq!(milliseconds(Duration::from_nanos(45_400)), "0.045 ms");
        assert_eq!(milliseconds(Duration::from_millis(3_000)), "3000.0 ms");
    }
}
