//! `bridge:` – the first three of the CNI bridge plugin's nine steps: create the bridge, bring it up, give it an
//! address, which is the pods' gateway.

use crate::feature::finish_link;
use crate::names::MachineName;
use crate::step::{Action, AddBridge, Step};
use crate::topology::model::Bridge;

/// The steps that make a node's bridge.
pub fn steps(node: &MachineName, bridge: &Bridge) -> Vec<Step> {
    let why = "a switch inside the node, which its pods will be plugged into";
    let mut steps = vec![Step::new(node, Action::AddBridge(AddBridge { name: bridge.name.clone() }), why)];
    let why_address = "the pods' gateway, by which they leave their subnet";
    steps.extend(finish_link(
        node,
        &bridge.name,
        &bridge.addresses,
        why_address,
        "a bridge that is down carries nothing",
    ));
    steps
}
