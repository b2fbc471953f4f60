//! How the devices of a cluster are made: which family carries which, their names and their MTU.
//!
//! ```text
//! inner   nodes have            outer   device         headers             MTU on 1500
//! IPv4    IPv4 addresses        IPv4    flannel.1      20 + 8 + 8 + 14     1450
//! IPv6    IPv6 addresses        IPv6    flannel-v6.1   40 + 8 + 8 + 14     1430
//! IPv6    IPv4 addresses only   IPv4    flannel.1      20 + 8 + 8 + 14     1450
//! ```
//!
//! The headers are the outer IP packet's, UDP's, VXLAN's, and the Ethernet header of the frame that travels inside
//! (`vxlan_headroom` in the kernel).

use crate::names::LinkName;
use crate::network::setting::{ETHERNET_MTU, IPV6_MIN_MTU};
use crate::topology::autodetect::{self, Underlay};
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::spec::{ClusterSpec, NodeSpec};
use crate::topology::subnet::{Family, Subnet};
use crate::topology::validate::vxlan::headroom;

/// A VXLAN device on each node.
#[derive(Debug)]
pub struct Tunnel {
    /// The family of the packets outside.
    pub outer: Family,
    /// The families of those inside.
    pub inner: Vec<Family>,
    /// The devices' name.
    pub name: LinkName,
    /// The largest packet that they take.
    pub mtu: u32,
}

/// The tunnels that a cluster needs: one for each family outside. None if there is a complaint.
pub fn plan(
    cluster: &ClusterSpec,
    nodes: &[&mut NodeSpec],
    underlays: &[Underlay<'_>],
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Tunnel>> {
    let families = [Family::V4, Family::V6];
    let has_blocks = |family: &Family| nodes.iter().any(|node| node.pod_cidr.iter().any(|b| b.family() == *family));
    let mut tunnels: Vec<Tunnel> = Vec::new();
    for inner in families.into_iter().filter(has_blocks) {
        let outer = carried_by(cluster, nodes, underlays, inner, diagnostics)?;
        match tunnels.iter_mut().find(|tunnel| tunnel.outer == outer) {
            Some(tunnel) => tunnel.inner.push(inner),
            None => {
                let (name, mtu) = (name(cluster, outer, diagnostics)?, 0);
                tunnels.push(Tunnel { outer, inner: vec![inner], name, mtu });
            }
        }
    }
    for tunnel in &mut tunnels {
        tunnel.mtu = mtu(cluster, tunnel, nodes, underlays, diagnostics)?;
    }
    Some(tunnels)
}

/// The family that carries `inner`: itself, if all nodes have an address of it, or else the other one.
fn carried_by(
    cluster: &ClusterSpec,
    nodes: &[&mut NodeSpec],
    underlays: &[Underlay<'_>],
    inner: Family,
    diagnostics: &mut Diagnostics,
) -> Option<Family> {
    let without = |family| underlays.iter().position(|underlay| underlay.carrier(family).is_none());
    let order = if inner == Family::V4 { [Family::V4, Family::V6] } else { [Family::V6, Family::V4] };
    let found = order.into_iter().find(|family| without(*family).is_none());
    if found.is_none() {
        // What most nodes have is what the others lack.
        let count = |family| underlays.iter().filter(|underlay| underlay.carrier(family).is_some()).count();
        let wanted = if count(order[1]) > count(order[0]) { order[1] } else { order[0] };
        let node = without(wanted).and_then(|index| nodes.get(index));
        diagnostics.extend(node.map(|node| autodetect::nothing_found(node, &cluster.autodetect, wanted)));
    }
    found
}

/// `flannel.1`, and `flannel-v6.1` where IPv6 carries it, as flannel and Calico call them.
fn name(cluster: &ClusterSpec, outer: Family, diagnostics: &mut Diagnostics) -> Option<LinkName> {
    let options = &cluster.vxlan;
    let id = options.id.as_ref().map_or(super::ID, |id| id.value);
    let plain = options.name.as_ref().map_or_else(|| format!("flannel.{id}"), |name| name.value.to_string());
    let name = match (outer, plain.split_once('.')) {
        (Family::V4, _) => plain,
        (Family::V6, Some((stem, rest))) => format!("{stem}-v6.{rest}"),
        (Family::V6, None) => format!("{plain}-v6"),
    };
    name.parse()
        .map_err(|error| {
            let written = options.name.as_ref().map(|name| name.span).or(options.id.as_ref().map(|id| id.span));
            let title = format!("a VXLAN device cannot be called {name}: {error}");
            let diagnostic = Diagnostic::new(written.unwrap_or(cluster.routing.span), title);
            diagnostics.push(
                diagnostic
                    .label(format!("its devices would be called {name}"))
                    .help("give a shorter name: `vxlan: { name: vx1 }`; where IPv6 carries it, `-v6` is added"),
            );
        })
        .ok()
}

/// The largest packet: what the smallest interface that carries it leaves, unless it is written.
fn mtu(
    cluster: &ClusterSpec,
    tunnel: &Tunnel,
    nodes: &[&mut NodeSpec],
    underlays: &[Underlay<'_>],
    diagnostics: &mut Diagnostics,
) -> Option<u32> {
    let carriers = nodes.iter().zip(underlays).filter_map(|(node, underlay)| {
        let carrier = underlay.carrier(tunnel.outer)?;
        Some((carrier.interface.mtu.unwrap_or(ETHERNET_MTU), node, carrier))
    });
    let (underlay, node, carrier) = carriers.min_by_key(|(mtu, ..)| *mtu)?;
    let whose = format!("{} of {}", carrier.interface.name.value, node.machine.name.value);
    let (most, outer) = (underlay.saturating_sub(headroom(tunnel.outer)), tunnel.outer);
    let written = cluster.vxlan.mtu.as_ref();
    let mtu = written.map_or(most, |mtu| mtu.value);
    let span = written.map_or(cluster.routing.span, |mtu| mtu.span);
    if mtu > most {
        diagnostics.push(
            Diagnostic::new(
                span,
                format!("a packet of {mtu} bytes does not fit into one of {underlay} with its headers"),
            )
            .label(format!("expected at most {most}"))
            .also(carrier.interface.name.span, format!("{whose} takes {underlay} bytes"))
            .help(format!(
                "VXLAN over {outer} adds {} bytes: leave `mtu` out, or give the underlay a larger one",
                headroom(outer)
            )),
        );
        return None;
    }
    if mtu < IPV6_MIN_MTU {
        diagnostics.push(
            Diagnostic::new(span, format!("an overlay on an underlay of {underlay} bytes has an MTU of {mtu}"))
                .label(format!("expected at least {IPV6_MIN_MTU}, which IPv6 needs"))
                .also(carrier.interface.name.span, format!("{whose} takes {underlay} bytes"))
                .help(format!("the underlay has to take {} bytes or more", IPV6_MIN_MTU + headroom(outer))),
        );
        return None;
    }
    Some(mtu)
}
