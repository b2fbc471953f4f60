//! No two VXLAN devices have the same hardware address, by which the others know each of them.
//!
//! ```text
//! node-1 flannel.1 66:2a:00:00:00:01
//! node-2 flannel.1 66:2a:00:00:00:01    taken: who of the two is behind which VTEP?
//! ```
//!
//! (Those of other links are the kernel's choice, which is random.)

use std::collections::HashMap;

use crate::network::Mac;
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::spec::{MachineSpec, Spec, VxlanSpec};

/// Checks every device.
pub fn check(spec: &Spec, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<Mac, (&MachineSpec, &VxlanSpec)> = HashMap::new();
    for machine in spec.machines() {
        for device in &machine.vxlan {
            let Some((first_machine, first)) = seen.insert(device.mac, (machine, device)) else { continue };
            let whose = |machine: &MachineSpec, device: &VxlanSpec| {
                format!("to {} of {}", device.name.value, machine.name.value)
            };
            diagnostics.push(
                Diagnostic::new(device.name.span, format!("the hardware address {} is given twice", device.mac))
                    .label(whose(machine, device))
                    .also(first.name.span, whose(first_machine, first))
                    .help("change one of them: the others tell devices apart by it"),
            );
        }
    }
}
