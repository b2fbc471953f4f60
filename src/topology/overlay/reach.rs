//! Whether the nodes reach each other's VTEPs: by the underlay, which an overlay cannot do without.
//!
//! ```text
//! node-1 eth0 192.168.1.11/24 ──▶ 192.168.1.12    its neighbour
//!                             ──▶ 192.168.2.13    by a route that is written: default via 192.168.1.1
//! ```

use std::net::IpAddr;

use crate::topology::autodetect::{self, Carrier, Underlay};
use crate::topology::diagnostic::Diagnostic;
use crate::topology::spec::{MachineSpec, NodeSpec};
use crate::topology::subnet::{Family, Subnet};

/// Whether the two are on one network, and the subnet of `one` holds the other's address. With unequal prefix lengths the
/// other may see it otherwise.
pub fn sees(one: Carrier<'_>, other: Carrier<'_>) -> bool {
    one.interface.network.value == other.interface.network.value && one.address.contains(other.ip())
}

/// The complaint about a node that does not reach the VTEP of another one: at most one for each node.
pub fn complaint(
    node: &NodeSpec,
    underlay: &Underlay<'_>,
    others: &[(&NodeSpec, Underlay<'_>)],
    outer: Family,
    hosts: &[MachineSpec],
) -> Option<Diagnostic> {
    let mine = underlay.carrier(outer)?;
    let unreached = others.iter().find_map(|(other, underlay)| {
        let theirs = underlay.carrier(outer)?;
        (!reaches(node, mine, theirs)).then_some((other, theirs))
    });
    let (other, theirs) = unreached?;
    let (name, other_name) = (&node.machine.name.value, &other.machine.name.value);
    let link = &mine.interface.name.value;
    // A device sends by its own interface, whatever routes there are by others.
    let title = format!("{name} has no way to {other_name}'s VTEP {} by {link}", theirs.ip());
    let gateway = gateway(mine, hosts);
    let via = gateway.map_or_else(|| "GATEWAY".to_owned(), |gateway| gateway.to_string());
    let help = match gateway {
        Some(_) => format!("give it a route there, such as `routes: [{{ to: default, via: {via} }}]`"),
        None => format!(
            "give both an {outer} address on one network, or let a host that forwards stand between their networks, and \
             write `routes: [{{ to: default, via: {via} }}]`"
        ),
    };
    let span = node.span();
    Some(
        Diagnostic::new(span, title)
            .label(format!("{link} is on network {}, in {}", mine.interface.network.value, mine.address.subnet()))
            .also(theirs.interface.name.span, format!("{other_name}'s is on {}", theirs.interface.network.value))
            .help(help),
    )
}

fn reaches(node: &NodeSpec, mine: Carrier<'_>, theirs: Carrier<'_>) -> bool {
    let dev = mine.interface.name.as_str();
    if sees(mine, theirs) {
        return true;
    }
    // In its own subnet, but on another network: no route helps.
    !mine.address.contains(theirs.ip()) && autodetect::towards(&node.machine, theirs.ip(), Some(dev)).is_some()
}

/// The address of a host that forwards and is on the same network.
fn gateway(mine: Carrier<'_>, hosts: &[MachineSpec]) -> Option<IpAddr> {
    let forwarding = hosts.iter().filter(|host| host.forwarding == Some(true));
    let interfaces = forwarding.flat_map(|host| &host.interfaces);
    let near = interfaces.filter(|interface| interface.network.value == mine.interface.network.value);
    near.flat_map(|interface| &interface.addresses).map(|a| a.ip()).find(|ip| mine.address.contains(*ip))
}
