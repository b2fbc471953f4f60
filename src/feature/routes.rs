//! `routes:` – which gateway leads where.

use crate::step::{Action, AddRoute, Step};
use crate::topology::model::Machine;

/// The steps that fill a machine's route table.
pub fn steps(machine: &Machine) -> Vec<Step> {
    let step = |route: &crate::topology::model::Route| {
        let why = match route.to.prefix() {
            0 => "the way to everything that is not on its own subnets".to_owned(),
            _ => format!("{} is the next hop to that subnet", route.via),
        };
        Step::new(&machine.name, Action::AddRoute(AddRoute { to: route.to, via: route.via }), why)
    };
    machine.routes.iter().map(step).collect()
}
