//! The keys of a cluster, and of what stands in it.

use super::{Object, Shape, key, required};

/// The cluster.
pub static CLUSTER: Object = Object {
    name: "a cluster",
    about: "What a Kubernetes cluster derives for its nodes, with the names of kube-controller-manager and kube-proxy.",
    tables: &[&[
        key(
            "kind",
            Shape::Choice(KINDS),
            "How pods and the world outside reach each other: `flat` (the world has routes to pods), `island` (pods leave \
             under their node's address) or `isolated` (nodes are reached, pods are not).",
        ),
        key(
            "clusterCIDR",
            Shape::OneOrMany(&Shape::Subnet),
            "The range of pod addresses, one for each family. Nodes get consecutive blocks of it in file order. Unless \
             written, the first pool of each family in ipPools that is not disabled.",
        ),
        key("allocateNodeCIDRs", Shape::Bool, "Whether nodes that have no podCIDR get one: true unless written."),
        key(
            "CIDRAllocatorType",
            Shape::Choice(ALLOCATORS),
            "Who gives nodes their blocks: `RangeAllocator` (unless written) cuts them from clusterCIDR, \
             `CloudAllocator` leaves that to a cloud, so that each node's podCIDR has to be written.",
        ),
        key(
            "nodeCIDRMaskSize",
            Shape::PrefixLength,
            "The prefix length of a node's block: 24 for IPv4 and 64 for IPv6 unless written. With both families, use \
             the two keys that name one.",
        ),
        key(
            "nodeCIDRMaskSizeIPv4",
            Shape::PrefixLength,
            "The prefix length of a node's IPv4 block: 24 unless written.",
        ),
        key(
            "nodeCIDRMaskSizeIPv6",
            Shape::PrefixLength,
            "The prefix length of a node's IPv6 block: 64 unless written.",
        ),
        key(
            "routing",
            Shape::Choice(ROUTING),
            "How pods on different nodes reach each other: `nodeRoutes` (unless written) gives each node a route to \
             each other node's block, `router` gives them to a router and each node a default route there, `vxlan` \
             gives each node a VXLAN device and routes over it, `none` gives none.",
        ),
        key(
            "router",
            Shape::MachineName,
            "With `routing: router`, the host that is the router. Unless written, the one that forwards, or a new one.",
        ),
        key(
            "configureCloudRoutes",
            Shape::Bool,
            "With `routing: router`, whether the routes to the nodes' blocks are put there: true unless written.",
        ),
        key("vxlan", Shape::Object(&OVERLAY), "With `routing: vxlan`, how the VXLAN devices are made."),
        key("underlay", Shape::Object(&UNDERLAY), "Which of a node's addresses carries traffic between nodes."),
        key(
            "ipPools",
            Shape::List(&Shape::Object(&POOL)),
            "Ranges of pod addresses, and what becomes of packets that leave them, as Calico's IPPools say it.",
        ),
        key(
            "ipam",
            Shape::Choice(IPAMS),
            "Who gives pods their addresses: `host-local` keeps a file for each lease on each node, `weave` shares one \
             range out among the nodes, `dhcp` asks a server in the node. Unless written, they are worked out \
             beforehand, as host-local would.",
        ),
        key(
            "leaseTime",
            Shape::Seconds,
            "With `ipam: dhcp`, for how many seconds an address is leased: 3600 unless written.",
        ),
        key(
            "masquerade",
            Shape::Bool,
            "Whether packets from pods that leave clusterCIDR get their node's address: true for an island, else false \
             unless written.",
        ),
    ]],
};

/// The words that `routing` knows.
pub const ROUTING: &[&str] = &["nodeRoutes", "router", "vxlan", "none"];

/// The words that `kind` knows.
pub const KINDS: &[&str] = &["flat", "island", "isolated"];

/// The words that `ipam` knows.
pub const IPAMS: &[&str] = &["host-local", "weave", "dhcp"];

/// The words that `CIDRAllocatorType` knows.
pub const ALLOCATORS: &[&str] = &["RangeAllocator", "CloudAllocator"];

/// How VXLAN devices are made.
pub static OVERLAY: Object = Object {
    name: "an overlay",
    about: "How the nodes' VXLAN devices are made.",
    tables: &[&[
        key("name", Shape::LinkName, "The name of the devices: `flannel.` and the network identifier unless written."),
        key("id", Shape::Vni, "The network identifier (VNI): 1 unless written."),
        key("port", Shape::Port, "The UDP port: 8472, which Linux and flannel use, unless written; IANA's is 4789."),
        key(
            "learning",
            Shape::Bool,
            "Whether the devices learn who is where from what comes in, and send what they do not know to everybody. \
             Unless written, they have entries for all others, as flannel writes them.",
        ),
        key(
            "crossSubnet",
            Shape::Bool,
            "Whether nodes that share a subnet send to each other without encapsulation, as Calico's CrossSubnet does.",
        ),
        key("mtu", Shape::Mtu, "The largest packet of pods: that of the underlay less the headers unless written."),
    ]],
};

/// Which address carries traffic between nodes.
pub static UNDERLAY: Object = Object {
    name: "an underlay",
    about: "Which of a node's addresses carries traffic between nodes.",
    tables: &[&[key(
        "autodetect",
        Shape::Method,
        "How it is found, as Calico's IP_AUTODETECTION_METHOD says it: `first-found` (unless written), \
         `can-reach=ADDRESS`, `interface=REGEX,…` or `cidr=SUBNET,…`.",
    )]],
};

/// A range of pod addresses.
pub static POOL: Object = Object {
    name: "a pool",
    about: "A range of pod addresses, and what becomes of packets that leave it.",
    tables: &[&[
        required("cidr", Shape::Subnet, "The range."),
        key(
            "natOutgoing",
            Shape::Bool,
            "Whether packets from it get their node's address when their destination is in none of the pools.",
        ),
        key(
            "disabled",
            Shape::Bool,
            "Whether no pod gets an address from it. Packets to it keep their addresses all the same.",
        ),
    ]],
};
