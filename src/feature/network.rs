//! `networks:` – a layer-2 segment is a bridge in the fabric, as a switch stands in a rack.

use crate::feature::{quiet, up};
use crate::names::MachineName;
use crate::step::{Action, AddBridge, Step};
use crate::topology::model::Network;

/// The steps that make a network.
pub fn steps(network: &Network) -> Vec<Step> {
    let fabric = MachineName::fabric();
    let name = network.name.clone();
    let why = "the switch that machines of this network are plugged into";
    vec![
        Step::new(&fabric, Action::AddBridge(AddBridge { name: name.clone() }), why),
        quiet(&fabric, &name, "a switch has no address of its own"),
        up(&fabric, &name, "a bridge that is down carries nothing"),
    ]
}
