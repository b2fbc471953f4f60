//! What is lost because it is meant to be: it would enter or leave a cluster that keeps to itself.
//!
//! ```text
//! outside → pod-a     no-route: outside has no route to 10.244.1.2
//!                     pod-a's cluster is an island: nobody outside is to have a way to its pods
//! ```
//!
//! The cause stays what it is. No command is named that would make an island of it no more; what differs from the plan is
//! mended first.

use super::Finding;
use crate::names::MachineName;
use crate::reach::{self, Rule, Standing};
use crate::topology::model::ClusterKind;
use crate::trace::cause::Cause;
use crate::trace::outcome::{Death, Fact};
use crate::trace::scene::Scene;

/// Says so, where it is meant.
pub fn tell(scene: &Scene, mut death: Death) -> Death {
    let Some(text) = why(scene) else { return death };
    death.evidence.insert(0, Fact::explained("cluster", text));
    death.fix.retain(|command| scene.repair_does(command));
    death
}

/// Why one of the two is not to reach the other, if so.
fn why(scene: &Scene) -> Option<String> {
    let owner = scene.names.with_address(scene.question.to).first().map(|(machine, _)| machine);
    let to = scene.destination.or(owner)?;
    let of = |machine: &MachineName| scene.plan.standings.get(machine);
    let (from, from_of, to_of) = (scene.source, of(scene.source), of(to));
    let text = match reach::rule(&from_of, &to_of, from == to)? {
        Rule::PodNotToHost => format!("{}: its pods do not leave it", cluster(from, &from_of)),
        Rule::HostNotToPod => format!("{}: nobody outside is to have a way to its pods", cluster(to, &to_of)),
        Rule::NotToOtherCluster if to_of.kind == Some(ClusterKind::Flat) => {
            format!("{}: its pods do not leave it", cluster(from, &from_of))
        }
        Rule::NotToOtherCluster => format!("{}: no other cluster is to have a way to its pods", cluster(to, &to_of)),
        _ => return None,
    };
    Some(text)
}

/// `pod-a's cluster east is isolated`
fn cluster(machine: &MachineName, standing: &Standing) -> String {
    let name = standing.name.as_ref().map_or(String::new(), |name| format!(" {name}"));
    let kind = match standing.kind {
        Some(ClusterKind::Island) => "an island",
        Some(kind) => kind.word(),
        None => "apart",
    };
    format!("{machine}'s cluster{name} is {kind}")
}

/// Two machines with the same address, each in a cluster of its own that keeps to itself: it came to the one at hand.
pub fn namesake(scene: &Scene, machine: &MachineName) -> Option<Finding> {
    let (meant, to) = (scene.destination?, scene.question.to);
    let realms = &scene.plan.realms;
    let has = |machine: &MachineName| {
        scene.planned.get(machine).is_some_and(|ns| ns.addresses.iter().any(|address| address.address.ip() == to))
    };
    let apart = !realms.of_machine(machine).meets(realms.of_machine(meant));
    (apart && has(machine) && has(meant)).then(|| {
        let why = format!("{to} is {meant}'s in its own cluster alone, and in this one it is {machine}'s");
        Finding::new(Cause::DuplicateAddress, why)
    })
}
