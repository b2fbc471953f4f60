//! Where a packet died, why, what shows it, and what mends it.
//!
//! ```text
//! lost      in node-1, after cni0
//! ○ cause   no-route: the machine has no route to the destination
//! ○ why     node-1 has no route to 10.244.2.2.
//! ● drop    IP_INNOROUTES in ip_error
//! fix       netlab exec node-1 -- ip route add 10.244.2.0/24 via 192.168.1.12
//! ```

use super::layout::{Left, Piece, Row};
use super::tree::fact;
use crate::trace::{Cause, Death, Evidence, Fact, Leg, Point};

/// `in node-1, after cni0 and before eth0`
pub(super) fn place(death: &Death) -> String {
    let Death { machine, point, leg, after, before, .. } = death;
    let before = before.as_ref().map(|(at, link)| match at == machine {
        true => format!("before {link}"),
        false => format!("before {at}'s {link}"),
    });
    let after = after.as_ref().map(|after| format!("after {after}"));
    let around: Vec<String> = after.into_iter().chain(before).collect();
    let around = if around.is_empty() { String::new() } else { format!(", {}", around.join(" and ")) };
    match (point, leg) {
        (Point::NeverSent, Leg::There) => format!("in {machine}: it was never sent{around}"),
        (Point::NeverSent, Leg::Back) => format!("the answer, in {machine}: it was never sent{around}"),
        (Point::Underway, Leg::There) => format!("in {machine}{around}"),
        (Point::Underway, Leg::Back) => format!("the answer, in {machine}{around}"),
        (Point::Unanswered, Leg::There) if death.cause == Cause::NoListener => {
            format!("in {machine}{around}: it was delivered and refused")
        }
        (Point::Unanswered, Leg::There) => format!("in {machine}{around}: it was delivered and not answered"),
        (Point::Unanswered, Leg::Back) => format!("the answer, in {machine}{around}: it arrived and was not taken"),
    }
}

/// Cause, reason and evidence.
pub(super) fn rows(death: &Death) -> Vec<Row<'_>> {
    // A cause that rests on nothing but what was seen is as good as seen.
    let seen = |fact: &Fact| fact.evidence == Evidence::Observed;
    let mark = match !death.evidence.is_empty() && death.evidence.iter().all(seen) {
        true => Evidence::Observed,
        false => Evidence::Explained,
    };
    let row = |word, text: String| Row { mark, left: Left::Word(word), pieces: vec![Piece::new(text)], time: None };
    let meaning = match death.cause {
        Cause::Unknown => "no cause could be shown; this is all that is known",
        cause => cause.meaning(),
    };
    let cause = format!("{}: {meaning}", death.cause.slug());
    let mut rows = vec![row("cause", cause), row("why", death.why.clone())];
    let shown = |one: &Fact| Row { left: Left::Evidence(one.kind), ..fact(one, Some(&death.machine)) };
    rows.extend(death.evidence.iter().map(shown));
    rows
}
