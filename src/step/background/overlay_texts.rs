//! The texts about packets in packets: VXLAN devices, who is behind them, how large a packet may be, and which address
//! leaves the cluster.
//!
//! ```text
//! VXLAN        paragraphs, in plain words, checked against the kernel's documentation
//! VXLAN_READ   where to read on
//! ```

pub const MTU: &[&str] = &[
    "The MTU is the largest IP packet that a link sends. What is larger is cut into fragments, or, where the sender forbids \
     that (as TCP does), refused with an ICMP error that names the size. A veth end also throws away what comes in and is \
     larger, and tells nobody: so both ends get the same. A bridge takes the MTU of its smallest port.",
    "An overlay puts each packet into another one, and the outer one must still fit the wire: with VXLAN 50 bytes are lost \
     over IPv4, 70 over IPv6. So the plugins give pods a smaller MTU than the nodes have, 1450 of 1500. One that is too large \
     is a classic: ping works, and the first large answer never comes.",
];
pub const MTU_READ: &[&str] = &[
    "man ip-link (mtu)",
    "https://www.rfc-editor.org/rfc/rfc1191",
    "https://docs.tigera.io/calico/latest/networking/configuring/mtu",
];

pub const VXLAN: &[&str] = &[
    "A VXLAN device looks like a network card, and its wire is UDP: what is sent over it is put, with its Ethernet header, \
     into a UDP packet to another machine, whose device of the same number (the VNI) takes it out again. Such a device is \
     called a VTEP. To whom it sends is in its forwarding database (FDB), which is empty at first; with `nolearning` only \
     somebody who knows fills it.",
    "The machines between the nodes see nodes' addresses only, and need no routes to pods: this is what an overlay is for. \
     flannel makes flannel.1 (VNI 1, port 8472: Linux had VXLAN before IANA gave it 4789), Calico vxlan.calico, Cilium \
     cilium_vxlan. It costs 50 bytes of each packet, and time.",
];
pub const VXLAN_READ: &[&str] = &[
    "man ip-link (type vxlan)",
    "https://docs.kernel.org/networking/vxlan.html",
    "https://www.rfc-editor.org/rfc/rfc7348",
    "https://github.com/flannel-io/flannel/blob/master/Documentation/backends.md",
];

pub const NEIGHBOUR: &[&str] = &[
    "To send a frame to an address, the kernel needs the hardware address (MAC) behind it. It usually asks (ARP, neighbour \
     discovery), and remembers the answer for a while. A permanent entry is an answer that somebody wrote down: nobody is \
     asked, and it never ages. It goes when the link is set down.",
    "Over an overlay a question to everybody would have to be copied to every node. flanneld knows the answers: each node's \
     daemon writes the MAC of its flannel.1 into an annotation of its Node object, and all others write it down here. \
     Calico does the same.",
];
pub const NEIGHBOUR_READ: &[&str] = &[
    "man ip-neighbour",
    "https://docs.kernel.org/networking/vxlan.html",
    "https://github.com/flannel-io/flannel/blob/master/pkg/backend/vxlan/vxlan_network.go",
];

pub const FDB: &[&str] = &[
    "The forwarding database of a VXLAN device says for each hardware address to which machine a frame is sent: `dst` is that \
     machine's address on the underlay, and becomes the destination of the outer packet. Without an entry for it, a frame \
     goes to those that are written down for all zeros, and if there is none, nowhere.",
    "It is the last of three questions: the route names the next hop, the neighbour entry that hop's MAC, and this entry \
     the node that has it. flanneld adds one for each other node when it appears in the cluster, and takes it away when the \
     node goes.",
];
pub const FLOOD: &[&str] = &[
    "Entries for the hardware address of all zeros are for what has no entry of its own: broadcasts, and frames to those \
     whom the device does not know yet. There may be many of them, and each machine gets a copy. Whoever answers is then \
     remembered, where the device learns.",
    "So an overlay works as a switch does, without anybody who knows it all; but each question goes to every node, which is \
     why flannel and Calico do without. Weave Net and Docker's overlay networks began like this.",
];
pub const FDB_READ: &[&str] = &[
    "man bridge (fdb)",
    "https://docs.kernel.org/networking/vxlan.html",
    "https://vincent.bernat.ch/en/blog/2017-vxlan-linux",
];

pub const ONLINK: &[&str] = &[
    "A gateway must be on a subnet at hand, or the kernel refuses the route. `onlink` says: take it to be there, behind that \
     link. Nothing else changes: the gateway's hardware address is looked up in the neighbour table as ever.",
    "Over flannel.1 the gateway is the other node's flannel.1. Its address is the first of that node's block, with a \
     prefix length of 32: it is in nobody's subnet, so that nobody looks for pods there. Route, neighbour entry and FDB \
     entry lead to the node one after the other.",
];
pub const ONLINK_READ: &[&str] =
    &["man ip-route (onlink)", "https://github.com/flannel-io/flannel/blob/master/pkg/backend/vxlan/vxlan_network.go"];

pub const SNAT: &[&str] = &[
    "A rule is read from left to right: as long as its conditions hold it goes on, and at the end stands what is done. \
     `snat to` replaces the packet's source by that address, and conntrack turns the replies back. `masquerade` is the same \
     with the address of whichever link the packet leaves by.",
    "With a fixed address the world knows who comes: a firewall elsewhere can let it in. The address must lead back to this \
     machine, or no reply finds it. Calico has natOutgoingAddress for it, and egress gateways are made of it.",
];
