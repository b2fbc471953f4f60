//! What a change leaves to be set right: what follows from its steps, and no step speaks of.
//!
//! ```text
//! net.ipv4.conf.default.rp_filter is set back to 0      eth0 has copied 2 when it was made; made now, it would have 0
//! pod-f is deleted                                      node-3 still believes in its hardware address
//! nobody speaks IPv6 on cni0 any more                   it still has a link-local address
//! ```
//!
//! It is found as `netlab diff` finds what differs from a plan: in the network that the change is predicted to lead to,
//! compared with the new plan. What differed before belongs to whoever made it so, and is left alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Change, United};
use crate::diff::{Deed, Expected, Mend, forget_the_gone};
use crate::journal::Record;
use crate::network::Namespaces;
use crate::plan::Plan;

/// One thing that is set right.
#[derive(Debug, Clone)]
pub struct Trail {
    /// What is done.
    pub mend: Mend,
    /// Why.
    pub why: String,
}

/// What mends what differs already, but for these machines.
pub fn drift(
    plan: &Plan,
    record: &Record,
    seen: &Namespaces,
    fresh: &BTreeMap<String, String>,
    but_for: &BTreeSet<String>,
) -> Vec<String> {
    let before = Expected::new(plan, &record.done, fresh.clone());
    before.mends(seen).iter().filter(|mend| !but_for.contains(mend.machine.as_str())).map(name).collect()
}

/// What is to be set right once the steps of a change are made.
pub fn find(united: &United, change: &Change, fresh: &BTreeMap<String, String>, drift: &[String]) -> Vec<Trail> {
    let in_force: BTreeSet<u32> = change.after.clone();
    let after = Expected::new(&united.plan, &in_force, fresh.clone());
    let drift: BTreeSet<&String> = drift.iter().collect();
    let known = after.differences(&change.net);
    let why = |mend: &Mend| {
        let difference = known.iter().find(|difference| difference.mends.contains(mend));
        difference.map_or_else(|| "it follows from the others".to_owned(), |difference| difference.what.clone())
    };
    let mends = after.mends(&change.net).into_iter();
    // Steps are done by the change itself, or somebody undid them beyond the step that was asked for.
    let mends = mends.filter(|mend| !matches!(mend.deed, Deed::Redo { .. }) && !drift.contains(&name(mend)));
    mends.map(|mend| Trail { why: why(&mend), mend }).collect()
}

/// What would have machines forget the neighbours that are gone already.
pub fn gone(seen: &Namespaces) -> Vec<String> {
    forget_the_gone(seen).iter().map(name).collect()
}

/// What machines are to forget: neighbours at hardware addresses that go with a change, and no others.
pub fn neighbours(after: &Namespaces, drift: &[String]) -> Vec<Trail> {
    let gone = forget_the_gone(after).into_iter().filter(|mend| !drift.contains(&name(mend)));
    gone.map(|mend| Trail { mend, why: "its hardware address goes with the pod".into() }).collect()
}

fn name(mend: &Mend) -> String {
    format!("{}: {}", mend.machine, mend.command())
}
