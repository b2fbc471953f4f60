//! `cluster`: from what a node's block, bridge, routes and masquerading are derived.
//!
//! ```yaml
//! cluster:
//!   clusterCIDR: [10.244.0.0/16, "fd00:10:244::/56"]   # one of each family at most
//!   nodeCIDRMaskSizeIPv4: 24                           # 256 blocks of 254 hosts
//!   nodeCIDRMaskSizeIPv6: 64                           # 256 blocks
//! ```

use ipnetwork::IpNetwork;

use super::decode::{list, one_or_many};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::fields::Fields;
use super::model::{ClusterKind, Ipam};
use super::span::{Span, Spanned};
use super::spec::{ClusterCidr, ClusterSpec, PoolSpec, Routing};
use super::subnet::{Family, Subnet};
use super::tree::Tree;
use super::{keys, underlay, values, vxlan, weave};
use crate::names::ClusterName;

/// Reads one cluster, which stands at `owner`.
pub fn decode(
    name: Option<Spanned<ClusterName>>,
    tree: &Tree<'_>,
    owner: Span,
    diagnostics: &mut Diagnostics,
) -> Option<ClusterSpec> {
    let fields = Fields::open(tree, &keys::CLUSTER, owner, diagnostics)?;
    let kind = choice(&fields, "kind", "a kind of cluster", keys::KINDS, diagnostics).and_then(kind);
    let pools = list(fields.get("ipPools"), "pools", diagnostics, pool);
    let ipam = choice(&fields, "ipam", "a way to give addresses", keys::IPAMS, diagnostics).and_then(ipam);
    let shared = ipam.as_ref().is_some_and(|ipam| ipam.value == Ipam::Weave);
    let cidrs = ranges(&fields, &pools, diagnostics);
    let cidrs = match shared {
        true => weave::ranges(cidrs, masks(&fields, diagnostics), owner, diagnostics),
        false => blocks(cidrs, masks(&fields, diagnostics), diagnostics),
    };
    let routing = choice(&fields, "routing", "a kind of routing", keys::ROUTING, diagnostics).map(routing);
    let router = fields.present("router").and_then(|tree| values::name(tree, "the name of a host", diagnostics));
    let derived = if shared { Routing::Vxlan } else { Routing::NodeRoutes };
    let allocator = choice(&fields, "CIDRAllocatorType", "an allocator", keys::ALLOCATORS, diagnostics);
    let by_cloud = allocator.is_some_and(|word| word.value == "CloudAllocator");
    let mut switch =
        |key| fields.present(key).and_then(|tree| values::boolean(tree, diagnostics)).map(|switch| switch.value);
    let allocate = switch("allocateNodeCIDRs").unwrap_or(true) && !by_cloud;
    let cloud_routes = switch("configureCloudRoutes").unwrap_or(true);
    let masquerade = switch("masquerade");
    let mut vxlan = fields.present("vxlan").and_then(|tree| vxlan::options(tree, diagnostics)).unwrap_or_default();
    if shared {
        weave::default_device(&mut vxlan, owner);
    }
    let lease_time = fields.present("leaseTime").and_then(|tree| values::lease_time(tree, diagnostics));
    diagnostics.extend(idle_lease_time(lease_time.as_ref(), ipam.as_ref()));
    let autodetect = fields.present("underlay").and_then(|tree| underlay::decode(tree, diagnostics));
    Some(ClusterSpec {
        name,
        span: owner,
        kind,
        cidrs,
        allocate,
        routing: routing.unwrap_or(Spanned::new(derived, owner)),
        router,
        cloud_routes,
        vxlan,
        autodetect: autodetect.unwrap_or_default(),
        pools,
        ipam,
        lease_time,
        masquerade,
    })
}

/// The complaint about a time for leases where nobody leases anything.
fn idle_lease_time(time: Option<&Spanned<u32>>, ipam: Option<&Spanned<Ipam>>) -> Option<Diagnostic> {
    let idle = time.filter(|_| ipam.is_none_or(|ipam| ipam.value != Ipam::Dhcp))?;
    Some(
        Diagnostic::new(idle.span, "`leaseTime` is for `ipam: dhcp`")
            .label("nobody leases addresses here")
            .help("add `ipam: dhcp`, or leave `leaseTime` out"),
    )
}

/// One of a few words.
fn choice(
    fields: &Fields<'_, '_>,
    key: &'static str,
    noun: &'static str,
    words: &'static [&'static str],
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<&'static str>> {
    let tree = fields.present(key)?;
    Some(Spanned::new(values::choice(tree, noun, words, diagnostics)?, tree.span))
}

fn kind(word: Spanned<&str>) -> Option<Spanned<ClusterKind>> {
    let kind = ClusterKind::ALL.into_iter().find(|kind| kind.word() == word.value)?;
    Some(Spanned::new(kind, word.span))
}

fn ipam(word: Spanned<&str>) -> Option<Spanned<Ipam>> {
    let ipam = Ipam::ALL.into_iter().find(|ipam| ipam.word() == word.value)?;
    Some(Spanned::new(ipam, word.span))
}

fn routing(word: Spanned<&str>) -> Spanned<Routing> {
    let routing = match word.value {
        "router" => Routing::Router,
        "vxlan" => Routing::Vxlan,
        "none" => Routing::None,
        _ => Routing::NodeRoutes,
    };
    Spanned::new(routing, word.span)
}

fn pool(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<PoolSpec> {
    let fields = Fields::open(tree, &keys::POOL, tree.span, diagnostics)?;
    let cidr = fields.get("cidr").and_then(|tree| values::subnet(tree, diagnostics));
    let mut switch =
        |key| fields.present(key).and_then(|tree| values::boolean(tree, diagnostics)).is_some_and(|on| on.value);
    let (nat_outgoing, disabled) = (switch("natOutgoing"), switch("disabled"));
    Some(PoolSpec { cidr: cidr?, nat_outgoing, disabled })
}

/// The ranges that nodes' blocks are cut from: `clusterCIDR`, or else the first pool of each family that is in use.
fn ranges(fields: &Fields<'_, '_>, pools: &[PoolSpec], diagnostics: &mut Diagnostics) -> Vec<Spanned<IpNetwork>> {
    let before = diagnostics.count();
    let mut cidrs = one_or_many(fields.get("clusterCIDR"), diagnostics, values::subnet);
    if let Some(tree) = fields.get("clusterCIDR")
        && cidrs.is_empty()
        && diagnostics.count() == before
    {
        let diagnostic = Diagnostic::new(fields.key_span("clusterCIDR").unwrap_or(tree.span), "clusterCIDR is empty");
        diagnostics.push(diagnostic.label("expected a subnet, such as 10.244.0.0/16"));
    }
    if cidrs.is_empty() {
        let in_use = pools.iter().filter(|pool| !pool.disabled).map(|pool| &pool.cidr);
        for family in [Family::V4, Family::V6] {
            cidrs.extend(in_use.clone().find(|cidr| cidr.family() == family).cloned());
        }
    }
    one_of_each_family(cidrs, diagnostics)
}

/// How large nodes' blocks are to be.
fn masks(fields: &Fields<'_, '_>, diagnostics: &mut Diagnostics) -> Masks {
    let mut mask = |key| fields.present(key).and_then(|tree| values::prefix_length(tree, diagnostics));
    Masks { any: mask("nodeCIDRMaskSize"), v4: mask("nodeCIDRMaskSizeIPv4"), v6: mask("nodeCIDRMaskSizeIPv6") }
}

/// The ranges, and how they are cut into blocks.
fn blocks(cidrs: Vec<Spanned<IpNetwork>>, mut masks: Masks, diagnostics: &mut Diagnostics) -> Vec<ClusterCidr> {
    masks.check(&cidrs, diagnostics);
    cidrs.into_iter().filter_map(|cidr| masks.cut(cidr, diagnostics)).collect()
}

fn one_of_each_family(cidrs: Vec<Spanned<IpNetwork>>, diagnostics: &mut Diagnostics) -> Vec<Spanned<IpNetwork>> {
    let mut kept: Vec<Spanned<IpNetwork>> = Vec::new();
    for cidr in cidrs {
        match kept.iter().find(|earlier| earlier.family() == cidr.family()) {
            Some(earlier) => diagnostics.push(
                Diagnostic::new(cidr.span, format!("clusterCIDR has two {} ranges", cidr.family()))
                    .label("expected at most one of each family")
                    .also(earlier.span, "the first")
                    .help("take one range that is large enough for all nodes"),
            ),
            None => kept.push(cidr),
        }
    }
    kept
}

/// The three keys that say how large a node's block is.
pub struct Masks {
    any: Option<Spanned<u8>>,
    v4: Option<Spanned<u8>>,
    v6: Option<Spanned<u8>>,
}

impl Masks {
    /// One that is written, if any is.
    pub fn first(&self) -> Option<&Spanned<u8>> {
        self.any.as_ref().or(self.v4.as_ref()).or(self.v6.as_ref())
    }

    /// Checks that the keys go together with the families, as kube-controller-manager demands. A key that does not is
    /// passed over afterwards.
    fn check(&mut self, cidrs: &[Spanned<IpNetwork>], diagnostics: &mut Diagnostics) {
        let Some(any) = self.any.take() else { return };
        if let Some(other) = self.v4.as_ref().or(self.v6.as_ref()) {
            diagnostics.push(
                Diagnostic::new(any.span, "nodeCIDRMaskSize and a key that names its family exclude each other")
                    .label("for every family")
                    .also(other.span, "for one family")
                    .help("keep the one that names its family"),
            );
        } else if cidrs.len() > 1 {
            diagnostics.push(
                Diagnostic::new(any.span, "nodeCIDRMaskSize does not say of which family it is")
                    .label("clusterCIDR has both IPv4 and IPv6")
                    .help("write nodeCIDRMaskSizeIPv4 or nodeCIDRMaskSizeIPv6"),
            );
        } else {
            self.any = Some(any);
        }
    }

    /// Decides how `cidr` is cut into blocks.
    fn cut(&self, cidr: Spanned<IpNetwork>, diagnostics: &mut Diagnostics) -> Option<ClusterCidr> {
        let family = cidr.family();
        let (named, default, longest) = match family {
            Family::V4 => (&self.v4, 24, 30),
            Family::V6 => (&self.v6, 64, 126),
        };
        let written = named.as_ref().or(self.any.as_ref());
        let node_mask = written.map_or(default, |mask| mask.value);
        if (cidr.prefix()..=longest).contains(&node_mask) {
            return Some(ClusterCidr { cidr, node_mask });
        }
        let span = written.map_or(cidr.span, |mask| mask.span);
        let diagnostic = if node_mask < cidr.prefix() {
            Diagnostic::new(span, format!("{} is too small for blocks of /{node_mask}", cidr.value))
                .label(format!("a node's block is a part of it: expected /{} to /{longest}", cidr.prefix()))
                .help(format!("take a longer nodeCIDRMaskSize{family} or a larger clusterCIDR"))
        } else {
            Diagnostic::new(span, format!("a block of /{node_mask} has no room for a gateway and a pod"))
                .label(format!("expected at most /{longest}"))
        };
        diagnostics.push(diagnostic);
        None
    }
}
