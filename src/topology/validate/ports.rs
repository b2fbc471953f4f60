//! A Linux bridge takes 1,023 ports.
//!
//! ```text
//! error: node-1 has 1200 pods, and a bridge takes 1023 ports
//! ```

use std::collections::HashMap;

use crate::names::LinkName;
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::span::Span;
use crate::topology::spec::Spec;

/// `BR_MAX_PORTS` (`net/bridge/br_private.h`) without port number 0.
pub const MOST: usize = 1_023;

/// Checks every node's bridge and every network.
pub fn check(spec: &Spec, diagnostics: &mut Diagnostics) {
    for node in &spec.nodes {
        if let Some(first_too_many) = node.pods.get(MOST) {
            let title =
                format!("{} has {} pods, and a bridge takes {MOST} ports", node.machine.name.value, node.pods.len());
            diagnostics.push(too_many(title, first_too_many.machine.name.span, "move pods to another node"));
        }
    }
    let mut plugged: HashMap<&LinkName, Vec<Span>> = HashMap::new();
    for interface in spec.machines().flat_map(|machine| &machine.interfaces) {
        plugged.entry(&interface.network.value).or_default().push(interface.name.span);
    }
    for network in &spec.networks {
        if let Some(spans) = plugged.get(&network.name.value)
            && let Some(first_too_many) = spans.get(MOST)
        {
            let title = format!(
                "network {} has {} interfaces, and a bridge takes {MOST} ports",
                network.name.value,
                spans.len()
            );
            diagnostics.push(too_many(title, *first_too_many, "use several networks"));
        }
    }
}

fn too_many(title: String, span: Span, help: &str) -> Diagnostic {
    Diagnostic::new(span, title).label(format!("this would be port {}", MOST + 1)).help(help)
}
