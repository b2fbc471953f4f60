//! Which address each pod has: what the CNI plugin `host-local` does on each node.
//!
//! ```text
//! bridge cni0 10.244.1.1/24
//!   pod-a  (nothing)        → 10.244.1.2/24
//!   pod-b  10.244.1.3/24      as written
//!   pod-c  (nothing)        → 10.244.1.4/24
//! ```
//!
//! In file order, the next free host address of each of the bridge's subnets; written ones are taken from the start.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::span::Spanned;
use super::spec::NodeSpec;
use super::subnet::{Family, Subnet, number};

/// Gives every pod of `node` that has no addresses its addresses.
pub fn give_addresses(node: &mut NodeSpec, diagnostics: &mut Diagnostics) {
    let Some(bridge) = &node.bridge else { return };
    let pods = node.pods.iter().flat_map(|pod| &pod.addresses);
    let taken: HashSet<IpAddr> = bridge.addresses.iter().chain(pods).map(|address| address.ip()).collect();
    let mut pools: Vec<Pool> = Vec::new();
    for gateway in &bridge.addresses {
        if !pools.iter().any(|pool| pool.subnet == gateway.subnet()) {
            pools.push(Pool::new(gateway));
        }
    }
    let count = node.pods.len();
    for pod in node.pods.iter_mut().filter(|pod| pod.addresses.is_empty()) {
        let span = pod.machine.name.span;
        for pool in &mut pools {
            match pool.next(&taken) {
                Some(address) => pod.addresses.push(Spanned::new(address, span)),
                None => {
                    let holds = pool.holds(&taken);
                    let pods = if holds == 1 { "1 pod".to_owned() } else { format!("{holds} pods") };
                    let node = &node.machine.name.value;
                    let title = format!("{} holds {pods} beside its gateway, and {node} has {count}", pool.subnet);
                    diagnostics.push(
                        Diagnostic::new(span, title)
                            .label(format!("from {} on there is no address left", pod.machine.name.value))
                            .also(pool.gateway.span, "the subnet comes from here")
                            .help("take a larger subnet, or move pods to another node"),
                    );
                    return;
                }
            }
        }
    }
}

/// The addresses of one of a bridge's subnets.
struct Pool {
    gateway: Spanned<IpNetwork>,
    subnet: IpNetwork,
    next: u128,
    last: u128,
}

impl Pool {
    fn new(gateway: &Spanned<IpNetwork>) -> Self {
        let (next, last) = gateway.hosts();
        Pool { gateway: gateway.clone(), subnet: gateway.subnet(), next, last }
    }

    fn next(&mut self, taken: &HashSet<IpAddr>) -> Option<IpNetwork> {
        let family: Family = self.subnet.family();
        while self.next <= self.last {
            let ip = family.address(self.next);
            self.next = self.next.saturating_add(1);
            if !taken.contains(&ip) {
                return IpNetwork::new(ip, self.subnet.prefix()).ok();
            }
        }
        None
    }

    /// How many pods the subnet holds: its hosts but for the bridge itself, which is one at least.
    fn holds(&self, taken: &HashSet<IpAddr>) -> u128 {
        let (first, last) = self.subnet.hosts();
        let gateway = number(self.gateway.ip());
        let hosts = (last - first).saturating_add(1);
        hosts - u128::from((first..=last).contains(&gateway) && taken.contains(&self.gateway.ip()))
    }
}
