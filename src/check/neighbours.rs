//! The neighbours that a check met, and forgets again.
//!
//! ```text
//! before   node-1: 10.244.1.2 dev cni0
//! after    node-1: 10.244.1.2, 10.244.1.3 dev cni0   →   10.244.1.3 is deleted
//! ```

use std::collections::HashSet;

use crate::kernel::Kernel;
use crate::kernel::observe::{View, observe};
use crate::kernel::refusal::Result;
use crate::kernel::request::{Batch, Request, Sending};
use crate::kernel::worker::Worker;
use crate::names::MachineName;
use crate::network::{Namespaces, Neighbour};

/// What was known before.
#[derive(Debug)]
pub struct Known(HashSet<(MachineName, String)>);

/// States in which nobody knows where the neighbour is.
const LOST: [&str; 2] = ["incomplete", "failed"];

fn look(kernel: &Kernel, machines: &[MachineName]) -> Result<Namespaces> {
    observe(kernel, machines, &View { neighbours: true, ..View::LINKS })
}

impl Known {
    /// Looks at some machines. Entries of neighbours that nobody found do not count: a packet to them would wait for the
    /// answer to somebody else's question.
    pub fn look(kernel: &Kernel, worker: &mut Worker, machines: &[MachineName]) -> Result<Self> {
        let seen = look(kernel, machines)?;
        forget(worker, &seen, |_, neighbour| is_lost(neighbour));
        let known = seen.iter().flat_map(|(machine, ns)| {
            ns.neighbours.iter().filter(|entry| !is_lost(entry)).map(|entry| (machine.clone(), entry.to_string()))
        });
        Ok(Known(known.collect()))
    }

    /// Makes these machines forget whom they have met since; only those whom they have not found, if so asked.
    pub fn restore(
        &self,
        kernel: &Kernel,
        worker: &mut Worker,
        machines: &[MachineName],
        lost_only: bool,
    ) -> Result<()> {
        let seen = look(kernel, machines)?;
        forget(worker, &seen, |machine, entry| match lost_only {
            true => is_lost(entry),
            false => !self.0.contains(&(machine.clone(), entry.to_string())),
        });
        Ok(())
    }
}

fn is_lost(neighbour: &Neighbour) -> bool {
    LOST.contains(&neighbour.state.as_str())
}

fn forget(worker: &mut Worker, seen: &Namespaces, which: impl Fn(&MachineName, &Neighbour) -> bool) {
    for (machine, ns) in seen {
        let gone = ns.neighbours.iter().filter(|entry| !entry.by_hand() && which(machine, entry)).cloned();
        let sendings: Vec<Sending> =
            gone.map(|neighbour| Sending { step: 0, request: Request::NeighbourDelete { neighbour } }).collect();
        if !sendings.is_empty() {
            // One that the kernel has given up itself meanwhile is as good as deleted.
            let _ = worker.run(&Batch { at: machine.clone(), sendings, completes: Vec::new() });
        }
        worker.forget(machine);
    }
    // Whoever looks next expects this thread in the fabric; where it cannot go home, the next look says so.
    let _ = worker.come_home();
}
