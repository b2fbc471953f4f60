//! Faults of sysctls.

use crate::fault::{Fault, fault};

/// On `one-node.yaml`.
pub const ONE: &[Fault] = &[
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv4.ip_forward=0",
        1,
        &["changed node-1 | net.ipv4.ip_forward is 0 | ip_forward=1"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.forwarding=0",
        1,
        &["changed node-1 | net.ipv4.conf.cni0.forwarding is 0"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.all.forwarding=0",
        1,
        &["changed node-1 | net.ipv4.ip_forward is 0 | ip_forward=1"],
    ),
    fault(
        "ip netns exec red sysctl -qw net.ipv4.conf.all.rp_filter=2",
        1,
        &["changed red | net.ipv4.conf.all.rp_filter is 2"],
    ),
    fault(
        "ip netns exec red sysctl -qw net.ipv4.conf.eth0.rp_filter=2",
        1,
        &["changed red | net.ipv4.conf.eth0.rp_filter is 2"],
    ),
    fault(
        "ip netns exec red sysctl -qw net.ipv4.conf.eth0.arp_ignore=8",
        1,
        &["changed red | net.ipv4.conf.eth0.arp_ignore is 8"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.proxy_arp=1",
        1,
        &["changed node-1 | cni0.proxy_arp is 1"],
    ),
    fault(
        "ip netns exec red sysctl -qw net.ipv4.icmp_echo_ignore_all=1",
        1,
        &["changed red | icmp_echo_ignore_all is 1"],
    ),
    fault("ip netns exec red sysctl -qw net.ipv4.ip_default_ttl=1", 1, &["changed red | ip_default_ttl is 1"]),
    fault("ip netns exec red sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=0", 1, &["changed red | mcast_solicit is 0"]),
    fault(
        "ip netns exec red sysctl -qw net.ipv4.conf.default.rp_filter=2",
        1,
        &["changed red | default.rp_filter is 2"],
    ),
    fault(
        "v=$(ip netns exec red sysctl -n net.ipv4.ip_forward); ip netns exec red sysctl -qw net.ipv4.ip_forward=$((1 - v))",
        1,
        &["changed red | net.ipv4.ip_forward is"],
    ),
    fault(
        "ip netns exec red sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
        1,
        &["changed red | net.ipv6.conf.all.disable_ipv6 is 1"],
    ),
    fault(
        "ip netns exec red sysctl -qw net.ipv6.conf.lo.disable_ipv6=1",
        1,
        &["changed red | net.ipv6.conf.lo.disable_ipv6 is 1"],
    ),
    fault(
        "v=$(sysctl -n net.ipv4.ip_forward); sysctl -qw net.ipv4.ip_forward=$((1 - v)) net.ipv4.conf.all.shared_media=0",
        2,
        &["changed fabric | net.ipv4.ip_forward is", "changed fabric | net.ipv4.conf.all.shared_media is 0"],
    ),
];

/// On `dual-stack.yaml`.
pub const DUAL: &[Fault] = &[
    fault(
        "ip netns exec pod-a sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1",
        3,
        &["changed pod-a | net.ipv6.conf.eth0.disable_ipv6 is 1"],
    ),
    fault(
        "ip netns exec pod-a sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
        3,
        &["changed pod-a | net.ipv6.conf.all.disable_ipv6 is 1"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv6.conf.all.forwarding=0",
        1,
        &["changed node-1 | net.ipv6.conf.all.forwarding is 0 | all.forwarding=1"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv6.conf.eth0.forwarding=0",
        1,
        &["changed node-1 | net.ipv6.conf.eth0.forwarding is 0"],
    ),
    fault(
        "ip netns exec pod-a sysctl -qw net.ipv6.conf.default.accept_dad=1",
        1,
        &["changed pod-a | default.accept_dad is 1 | accept_dad=0"],
    ),
];

/// On `ipv6-only.yaml`.
pub const SIX: &[Fault] = &[
    fault("ip netns exec pod-a sysctl -qw net.ipv6.conf.eth0.accept_ra=2", 1, &["changed pod-a | eth0.accept_ra is 2"]),
    fault("ip netns exec pod-a sysctl -qw net.ipv6.conf.eth0.hop_limit=1", 1, &["changed pod-a | eth0.hop_limit is 1"]),
    fault(
        "ip netns exec pod-a sysctl -qw net.ipv6.icmp.echo_ignore_all=1",
        1,
        &["changed pod-a | echo_ignore_all is 1"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv6.conf.cni0.proxy_ndp=1",
        1,
        &["changed node-1 | cni0.proxy_ndp is 1"],
    ),
    fault(
        "ip netns exec pod-a sysctl -qw net.ipv6.conf.eth0.accept_dad=2",
        1,
        &["changed pod-a | eth0.accept_dad is 2"],
    ),
    fault(
        "ip netns exec pod-a sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=0",
        1,
        &["changed pod-a | eth0.keep_addr_on_down is 0"],
    ),
    fault(
        "ip netns exec pod-a sysctl -qw net.ipv6.conf.eth0.addr_gen_mode=3",
        2,
        &["changed pod-a | addr_gen_mode is 3", "foreign pod-a | address fe80::"],
    ),
    fault(
        "ip netns exec pod-a sysctl -qw net.ipv6.conf.lo.disable_ipv6=1",
        1,
        &["changed pod-a | lo.disable_ipv6 is 1"],
    ),
];
