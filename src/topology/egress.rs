//! Leaving the cluster: whose packets get an address of their node's, and which one.
//!
//! ```text
//! masquerade: true             from 10.244.1.0/24, except 10.244.0.0/16        all pods, but for what stays in clusterCIDR
//! ipPools                      from 10.244.1.0/24, except every pool           pods of pools with natOutgoing
//! natOutgoingAddress           … to 198.51.100.7                               not that of the interface they leave by
//! ```
//!
//! With `ipPools` it is as Calico does it (`felix`, `nat-outgoing`): what comes from a pool with `natOutgoing` is
//! translated if it goes to none of the pools. A pool that is `disabled` gives no addresses, and spares what goes to it all
//! the same. See <https://docs.tigera.io/calico/latest/reference/resources/ippool>.

use ipnetwork::IpNetwork;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::model::ClusterKind;
use super::span::Spanned;
use super::spec::{ClusterSpec, MasqueradeSpec, NodeSpec, PoolSpec};
use super::subnet::{Family, Subnet};

/// Gives every node what it masquerades, unless that is written.
pub fn give(cluster: &ClusterSpec, nodes: &mut [&mut NodeSpec], diagnostics: &mut Diagnostics) {
    let before = diagnostics.count();
    pools(cluster, nodes, diagnostics);
    contradictions(cluster, diagnostics);
    let all: Vec<Spanned<IpNetwork>> = nodes.iter().flat_map(|node| node.pod_cidr.iter().cloned()).collect();
    for node in nodes.iter_mut() {
        let leaving = node.pod_cidr.iter().filter(|block| is_translated(cluster, block.value));
        let entries: Vec<MasqueradeSpec> = leaving.map(|block| entry(cluster, node, block, &all)).collect();
        if node.machine.masquerade.is_none() && !entries.is_empty() {
            node.machine.masquerade = Some(entries);
        } else if let Some(address) = node.nat_address.first() {
            diagnostics.push(idle(cluster, node, address));
        }
        nat_address(node, diagnostics);
    }
    if diagnostics.count() == before {
        diagnostics.extend(stranded(cluster, nodes));
    }
}

/// Whether what comes from a block gets another address when it leaves the cluster.
fn is_translated(cluster: &ClusterSpec, block: IpNetwork) -> bool {
    match cluster.pools.is_empty() {
        true => cluster.masquerade.unwrap_or(kind(cluster) == Some(ClusterKind::Island)),
        false => pool_of(cluster, block).is_some_and(|pool| pool.nat_outgoing),
    }
}

fn kind(cluster: &ClusterSpec) -> Option<ClusterKind> {
    cluster.kind.as_ref().map(|kind| kind.value)
}

fn pool_of(cluster: &ClusterSpec, block: IpNetwork) -> Option<&PoolSpec> {
    cluster.pools.iter().find(|pool| pool.cidr.encloses(&block))
}

/// What is translated of a block, and what is spared: the pools, or clusterCIDR, or at least all the nodes' blocks.
fn entry(
    cluster: &ClusterSpec,
    node: &NodeSpec,
    block: &Spanned<IpNetwork>,
    all: &[Spanned<IpNetwork>],
) -> MasqueradeSpec {
    let family = block.family();
    let of_family = |cidr: &&Spanned<IpNetwork>| cidr.family() == family;
    let mut except: Vec<Spanned<IpNetwork>> = match cluster.pools.is_empty() {
        true => cluster.cidrs.iter().map(|range| &range.cidr).filter(of_family).cloned().collect(),
        false => cluster.pools.iter().map(|pool| &pool.cidr).filter(of_family).cloned().collect(),
    };
    if except.is_empty() {
        except = all.iter().filter(of_family).cloned().collect();
    }
    let to = node.nat_address.iter().find(|address| Family::of(address.value) == family).cloned();
    MasqueradeSpec { from: block.clone(), except, to }
}

/// Pools do not overlap, and pods have their addresses from one that is in use.
fn pools(cluster: &ClusterSpec, nodes: &[&mut NodeSpec], diagnostics: &mut Diagnostics) {
    for (place, pool) in cluster.pools.iter().enumerate() {
        if let Some(earlier) = cluster.pools.iter().take(place).find(|one| one.cidr.overlaps(&pool.cidr)) {
            diagnostics.push(
                Diagnostic::new(
                    pool.cidr.span,
                    format!("the pools {} and {} overlap", pool.cidr.value, earlier.cidr.value),
                )
                .label("the second one")
                .also(earlier.cidr.span, "the first one")
                .help("an address is in one pool at most, which says what becomes of its packets"),
            );
        }
    }
    if cluster.pools.is_empty() {
        return;
    }
    for node in nodes.iter().filter(|node| !node.pods.is_empty()) {
        for block in &node.pod_cidr {
            let title = |what: &str| format!("{}'s block {} is in {what}", node.machine.name.value, block.value);
            let (title, label, span) = match pool_of(cluster, block.value) {
                Some(pool) if !pool.disabled => continue,
                Some(pool) => (title("a pool that is disabled"), "no pod gets an address from it", pool.cidr.span),
                None => (title("no pool"), "the first pool", cluster.pools.first().map_or(block.span, |p| p.cidr.span)),
            };
            diagnostics.push(
                Diagnostic::new(block.span, title)
                    .label("pods get their addresses from here")
                    .also(span, label)
                    .help("take a clusterCIDR that is within a pool in use, or make the pool larger"),
            );
        }
    }
}

/// What cannot both be meant.
fn contradictions(cluster: &ClusterSpec, diagnostics: &mut Diagnostics) {
    let in_use = || cluster.pools.iter().filter(|pool| !pool.disabled);
    let outgoing = in_use().find(|pool| pool.nat_outgoing);
    if let (Some(said), Some(pool)) = (cluster.masquerade, cluster.pools.first())
        && (said || outgoing.is_some())
    {
        let title = format!("`masquerade: {said}` and ipPools both say what becomes of packets that leave");
        let pool = outgoing.unwrap_or(pool);
        let label = if pool.nat_outgoing { "with natOutgoing" } else { "without natOutgoing" };
        diagnostics.push(
            Diagnostic::new(cluster.span, title)
                .label("`masquerade` is for all pods of the cluster")
                .also(pool.cidr.span, format!("a pool {label}"))
                .help("leave `masquerade` out: natOutgoing says it for each pool"),
        );
    }
    let Some(kind) = &cluster.kind else { return };
    let translated = cluster.masquerade == Some(true) || outgoing.is_some();
    let complaint = match kind.value {
        ClusterKind::Flat if translated => {
            ("a flat cluster's pods keep their addresses", "the world has routes to them")
        }
        ClusterKind::Isolated if translated => {
            ("an isolated cluster's pods do not leave it", "with their node's address, they would")
        }
        _ => return,
    };
    let (title, label) = complaint;
    let diagnostic = Diagnostic::new(kind.span, title).label(label);
    diagnostics.push(match outgoing {
        Some(pool) => diagnostic
            .also(pool.cidr.span, "natOutgoing here gives them their node's")
            .help("`kind: island` is for pods that leave under their node's address; otherwise leave natOutgoing out"),
        None => diagnostic.help("`kind: island` is for pods that are masqueraded; otherwise leave `masquerade` out"),
    });
}

/// An island of which no node masquerades anything: with their own addresses its pods would not get an answer. `masquerade:
/// false` is no mistake where the nodes write what they masquerade, as `netlab expand` does.
fn stranded(cluster: &ClusterSpec, nodes: &[&mut NodeSpec]) -> Option<Diagnostic> {
    let island = cluster.kind.as_ref().filter(|kind| kind.value == ClusterKind::Island)?;
    let has_blocks = nodes.iter().any(|node| !node.pod_cidr.is_empty());
    let masquerades = nodes.iter().any(|node| node.machine.masquerade.iter().flatten().next().is_some());
    if masquerades || !has_blocks {
        return None;
    }
    let diagnostic = Diagnostic::new(island.span, "an island's pods leave under their node's address");
    Some(match (cluster.pools.is_empty(), cluster.masquerade) {
        (false, _) => diagnostic
            .label("no pool that is in use says natOutgoing")
            .help("write `natOutgoing: true` in the pool, or say what each node masquerades"),
        (true, Some(false)) => diagnostic.label("with `masquerade: false` they keep their own").help(
            "leave `masquerade` out: an island's nodes do it; for pods that are not to leave there is `kind: isolated`",
        ),
        (true, _) => diagnostic
            .label("no node masquerades anything")
            .help("leave `masquerade: []` out of the nodes; for pods that are not to leave there is `kind: isolated`"),
    })
}

/// An address for what leaves, where nothing that derives from the cluster leaves under another one.
fn idle(cluster: &ClusterSpec, node: &NodeSpec, address: &Spanned<std::net::IpAddr>) -> Diagnostic {
    let title = format!("natOutgoingAddress of {} would change nothing", node.machine.name.value);
    let diagnostic = Diagnostic::new(address.span, title);
    match (&node.machine.masquerade, cluster.pools.is_empty()) {
        (Some(_), _) => diagnostic
            .label("what it masquerades is written")
            .help("write the address as `to` in the entries of `masquerade`"),
        (None, true) => {
            diagnostic.label("none of its packets gets another address").help("write `masquerade: true` in the cluster")
        }
        (None, false) => {
            diagnostic.label("its pods are in no pool with natOutgoing").help("write `natOutgoing: true` in their pool")
        }
    }
}

/// Somebody has to answer for the address, or answers to it go nowhere: the node, where it is of a subnet of its own.
fn nat_address(node: &NodeSpec, diagnostics: &mut Diagnostics) {
    let interfaces = || &node.machine.interfaces;
    for wanted in &node.nat_address {
        let all = || interfaces().iter().flat_map(|interface| &interface.addresses);
        if all().any(|own| own.ip() == wanted.value) {
            continue;
        }
        let near = interfaces().iter().find(|one| one.addresses.iter().any(|own| own.contains(wanted.value)));
        if let Some(interface) = near {
            let (name, link) = (&node.machine.name.value, &interface.name.value);
            diagnostics.push(
                Diagnostic::new(wanted.span, format!("{name} does not have {}", wanted.value))
                    .label("answers to it would find nobody")
                    .also(interface.name.span, format!("it is of a subnet of {link}"))
                    .help(format!("add it to the addresses of {link}")),
            );
        }
    }
}
