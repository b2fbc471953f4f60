//! What each thing in the file means in steps: one file per feature, each a pure function from the spelled-out
//! topology to steps.
//!
//! ```text
//! bridge: { name: cni0, addresses: [10.244.1.1/24] }   ──bridge::steps──▶   create cni0 · address it · set it up
//! ```
//!
//! Which chapters there are, and in what order, is [`crate::plan`]'s to say.

pub mod bridge;
pub mod cable;
pub mod ipam;
pub mod machine;
pub mod masquerade;
pub mod network;
pub mod pod;
pub mod routes;
pub mod vxlan;

use ipnetwork::IpNetwork;

use crate::names::{LinkName, MachineName};
use crate::network::setting::ETHERNET_MTU;
use crate::step::{Action, AddAddress, QuietLink, SetMtu, SetUp, Step};

/// Addresses a link and sets it up: what every link gets at last.
///
/// A link that bears no IPv6 address is kept without a link-local one, which would only make noise.
fn finish_link(
    at: &MachineName,
    link: &LinkName,
    addresses: &[IpNetwork],
    why_address: &str,
    why_up: &str,
) -> Vec<Step> {
    let mut steps = Vec::new();
    if !addresses.iter().any(IpNetwork::is_ipv6) {
        steps.push(quiet(at, link, "nobody speaks IPv6 on it, and so it stays silent"));
    }
    for address in addresses {
        let action = AddAddress { link: link.clone(), address: *address };
        steps.push(Step::new(at, Action::AddAddress(action), why_address));
    }
    steps.push(up(at, link, why_up));
    steps
}

/// Sets the MTU of both ends of a veth pipe, whose far end has been moved: each end also drops what is larger when it
/// comes in. What they are born with need not be set.
fn pipe_mtu(near: (&MachineName, &LinkName), far: (&MachineName, &LinkName), mtu: u32, why: &str) -> Vec<Step> {
    if mtu == ETHERNET_MTU {
        return Vec::new();
    }
    let why_far = "and the same for the other end, which drops what comes in and is larger";
    let step = |(at, link): (&MachineName, &LinkName), why: &str| {
        Step::new(at, Action::SetMtu(SetMtu { name: link.clone(), mtu, former: ETHERNET_MTU }), why)
    };
    vec![step(near, why), step(far, why_far)]
}

fn quiet(at: &MachineName, link: &LinkName, why: &str) -> Step {
    Step::new(at, Action::QuietLink(QuietLink { name: link.clone() }), why)
}

fn up(at: &MachineName, link: &LinkName, why: &str) -> Step {
    Step::new(at, Action::SetUp(SetUp { name: link.clone() }), why)
}
