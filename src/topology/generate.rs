//! Large topologies for measuring, in the short form.
//!
//! ```
//! let file = netlab::topology::generate(50, 100);
//! let topology = netlab::topology::parse("large", &file).unwrap();
//! assert_eq!(topology.nodes.iter().map(|node| node.pods.len()).sum::<usize>(), 5_000);
//! ```

use std::fmt::Write;
use std::net::Ipv4Addr;

/// How many pods stand in one line.
const PER_LINE: usize = 6;

/// A file with this many nodes, each with this many pods, on one network. `topologies/large.yaml` is `generate(20, 50)`.
///
/// Up to 1,023 nodes and 1,023 pods on each make a valid topology: a bridge takes no more ports.
pub fn generate(nodes: usize, pods: usize) -> String {
    // A node's block has a network address, a broadcast address and a gateway beside its pods.
    let host_bits = (usize::BITS - (pods + 2).leading_zeros()).clamp(8, 24);
    let cluster_cidr = if host_bits == 8 && nodes <= 256 { "10.244.0.0/16" } else { "10.0.0.0/8" };
    let mut file = picture(nodes, pods);
    // Writing to a String cannot fail.
    let _ = write!(
        file,
        "lab: large

networks:
  underlay: {{ subnets: [192.168.0.0/16] }}

cluster:
  clusterCIDR: {cluster_cidr}
  nodeCIDRMaskSize: {}
  masquerade: true

nodes:
",
        32 - host_bits
    );
    for node in 1..=nodes {
        let number = u32::try_from(node).unwrap_or(u32::MAX);
        let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(192, 168, 0, 0)).saturating_add(number));
        let _ = write!(file, "  n{node}:\n    address: {address}\n    pods: {{");
        for pod in 1..=pods {
            file.push_str(if pod % PER_LINE == 1 { "\n      " } else { " " });
            let _ = write!(file, "n{node}-p{pod}: {{}},");
        }
        file.push_str(" }\n");
    }
    file
}

fn picture(nodes: usize, pods: usize) -> String {
    format!(
        "# {nodes} nodes with {pods} pods each, in the short form: how fast is netlab?
#
#      n1-p1 … n1-p{pods}       n2-p1 … n2-p{pods}             n{nodes}-p1 … n{nodes}-p{pods}
#        │        │           │        │                 │         │
#      ──┴─ cni0 ─┴──       ──┴─ cni0 ─┴──       …     ──┴─ cni0 ──┴──
#           n1                   n2                         n{nodes}
#      eth0 │              eth0 │                      eth0 │
#   ────────┴───────────────────┴───────────────────────────┴────────
#                     underlay 192.168.0.0/16
#
# This file is made by a program: netlab::topology::generate({nodes}, {pods}).

"
    )
}
