//! The kernel's own word on why it dropped the packet, where it may be asked: the finding has to agree with it.
//!
//! ```text
//! IP_RPFILTER       ─▶ rp-filter, and nothing else
//! IP_INNOROUTES     ─▶ no-route, or whatever took the route away
//! NOT_SPECIFIED     ─▶ says nothing
//! ```

use super::{Finding, Victim, spot};
use crate::trace::cause::Cause;
use crate::trace::scene::Scene;

/// Reasons that are clear (`enum skb_drop_reason`, `include/net/dropreason-core.h`), and the causes that fit them.
const REASONS: [(&str, &[Cause]); 9] = [
    ("IP_RPFILTER", &[Cause::RpFilter]),
    (
        "IP_INNOROUTES",
        &[
            Cause::NoRoute,
            Cause::NoReturnRoute,
            Cause::LinkDown,
            Cause::NoAddress,
            Cause::WrongGateway,
            Cause::BlackholeRoute,
            Cause::NeighbourUnanswered,
            Cause::DuplicateAddress,
        ],
    ),
    ("NETFILTER_DROP", &[Cause::Firewall]),
    ("PKT_TOO_BIG", &[Cause::Mtu]),
    ("VXLAN_VNI_NOT_FOUND", &[Cause::VniMismatch, Cause::WrongVtep]),
    ("IP_LOCAL_SOURCE", &[Cause::MartianSource]),
    ("IP_INVALID_SOURCE", &[Cause::MartianSource]),
    ("IP_LOCALNET", &[Cause::MartianSource]),
    ("BRIDGE_INGRESS_STP_STATE", &[Cause::PortBlocked, Cause::LinkDown]),
];

/// Holds a finding against what the kernel said of this packet in the same machine.
pub fn weigh(scene: &Scene, victim: &Victim, finding: Finding) -> Finding {
    let machine = match &finding.spot {
        Some(spot) => spot.machine.clone(),
        None => spot(scene, victim, victim.hops.last()).machine,
    };
    let own =
        scene.drops.unwrap_or_default().iter().filter(|drop| drop.machine == machine && drop.leg == Some(victim.leg));
    let clear = own.filter_map(|drop| REASONS.iter().find(|(reason, _)| *reason == drop.reason)).next_back();
    let Some((reason, fitting)) = clear else { return finding };
    if fitting.contains(&finding.cause) {
        return finding;
    }
    match (finding.cause, fitting) {
        (Cause::Unknown, [cause]) => {
            let why = format!("the kernel of {machine} says {reason}: {}", cause.meaning());
            Finding { cause: *cause, why, ..finding }
        }
        (Cause::Unknown, _) => finding,
        (cause, _) => {
            let why = format!("the tables say {} ({}), and the kernel says {reason}", cause.slug(), finding.why);
            Finding { cause: Cause::Unknown, why, fix: Vec::new(), ..finding }
        }
    }
}
