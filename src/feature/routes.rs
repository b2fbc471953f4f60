//! `routes:` – which gateway leads where.

use crate::step::{Action, AddRoute, Step};
use crate::topology::model::{Machine, Route};

/// The steps that fill a machine's route table.
pub fn steps(machine: &Machine) -> Vec<Step> {
    let step = |at: &Route| {
        let why = match (at.to.prefix(), &at.dev) {
            (0, _) => "the way to everything that is not on its own subnets".to_owned(),
            (_, Some(dev)) if at.onlink => {
                format!("{} is the next hop to that subnet, at the other end of {dev}", at.via)
            }
            _ => format!("{} is the next hop to that subnet", at.via),
        };
        Step::new(&machine.name, Action::AddRoute(route(at)), why)
    };
    machine.routes.iter().map(step).collect()
}

/// What adds a route.
pub fn route(route: &Route) -> AddRoute {
    let Route { to, via, dev, onlink } = route.clone();
    AddRoute { to, via, dev, onlink }
}
