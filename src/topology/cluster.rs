//! `cluster`: from what a node's block, bridge, routes and masquerading are derived.
//!
//! ```yaml
//! cluster:
//!   clusterCIDR: [10.244.0.0/16, "fd00:10:244::/56"]   # one of each family at most
//!   nodeCIDRMaskSizeIPv4: 24                           # 256 blocks of 254 hosts
//!   nodeCIDRMaskSizeIPv6: 64                           # 256 blocks
//! ```

use ipnetwork::IpNetwork;

use super::decode::one_or_many;
use super::diagnostic::{Diagnostic, Diagnostics, quoted};
use super::fields::{Fields, nearest};
use super::keys;
use super::span::{Span, Spanned};
use super::spec::{ClusterCidr, ClusterSpec, Routing};
use super::subnet::{Family, Subnet};
use super::tree::Tree;
use super::values;

/// Reads the key `cluster`, which stands at `owner`.
pub fn decode(tree: &Tree<'_>, owner: Span, diagnostics: &mut Diagnostics) -> Option<ClusterSpec> {
    let fields = Fields::open(tree, &keys::CLUSTER, owner, diagnostics)?;
    let before = diagnostics.count();
    let cidrs = one_or_many(fields.get("clusterCIDR"), diagnostics, values::subnet);
    if let Some(tree) = fields.get("clusterCIDR")
        && cidrs.is_empty()
        && diagnostics.count() == before
    {
        let diagnostic = Diagnostic::new(fields.key_span("clusterCIDR").unwrap_or(tree.span), "clusterCIDR is empty");
        diagnostics.push(diagnostic.label("expected a subnet, such as 10.244.0.0/16"));
    }
    let cidrs = one_of_each_family(cidrs, diagnostics);
    let mut mask = |key| fields.get(key).and_then(|tree| values::prefix_length(tree, diagnostics));
    let mut masks =
        Masks { any: mask("nodeCIDRMaskSize"), v4: mask("nodeCIDRMaskSizeIPv4"), v6: mask("nodeCIDRMaskSizeIPv6") };
    masks.check(&cidrs, diagnostics);
    let cidrs = cidrs.into_iter().filter_map(|cidr| masks.cut(cidr, diagnostics)).collect();
    let routing = fields.get("routing").and_then(|tree| routing(tree, diagnostics)).unwrap_or(Routing::NodeRoutes);
    let masquerade = fields.get("masquerade").filter(|tree| !tree.is_null());
    let masquerade = masquerade.and_then(|tree| values::boolean(tree, diagnostics)).is_some_and(|on| on.value);
    Some(ClusterSpec { cidrs, routing, masquerade })
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
struct Masks {
    any: Option<Spanned<u8>>,
    v4: Option<Spanned<u8>>,
    v6: Option<Spanned<u8>>,
}

impl Masks {
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

fn routing(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<Routing> {
    match values::word(tree, "a kind of routing", "nodeRoutes", diagnostics)? {
        "nodeRoutes" => Some(Routing::NodeRoutes),
        "none" => Some(Routing::None),
        word => {
            let diagnostic = Diagnostic::new(tree.span, format!("{} is not a kind of routing", quoted(word)));
            let help = "`nodeRoutes` gives each node a route to each other node's pods, `none` gives none";
            diagnostics.push(match word {
                "router" | "vxlan" => {
                    diagnostic.label("this version of netlab knows `nodeRoutes` and `none`").help(help)
                }
                _ => match nearest(word, keys::ROUTING.iter().copied()) {
                    Some(meant) => diagnostic.label(format!("did you mean `{meant}`?")).help(help),
                    None => diagnostic.label("expected `nodeRoutes` or `none`").help(help),
                },
            });
            None
        }
    }
}
