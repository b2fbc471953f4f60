//! Faults of addresses that are given out: of host-local's files, and of DHCP's programs.

use crate::fault::{Fault, fault};

/// On `host-local.yaml`.
pub const HOST_LOCAL: &[Fault] = &[
    fault(
        "rm /run/cni/node-1/networks/cni0/10.244.0.3",
        1,
        &["missing node-1 | lease 10.244.0.3 of pod-b eth0 | /cni0/10.244.0.3 && printf"],
    ),
    fault(
        r"printf 'web\r\neth0' >/run/cni/node-1/networks/cni0/10.244.0.77",
        1,
        &["foreign node-1 | lease 10.244.0.77 of web eth0"],
    ),
    fault(
        r"printf 'web\r\neth0' >/run/cni/node-1/networks/cni0/fd00:10:244::3",
        2,
        &["changed node-1 | fd00:10:244::3 is the lease of web eth0 | /cni0/fd00:10:244::3 && printf"],
    ),
    fault(
        "rm -r /run/cni/node-2",
        3,
        &["missing node-2 | directory /run/cni/node-2/networks/cni0 | mkdir -p /run/cni/node-2/networks/cni0"],
    ),
];

/// On `dhcp.yaml`.
pub const DHCP: &[Fault] = &[
    fault(
        "ip netns exec node-1 netlab dhcp stop",
        1,
        &["missing node-1 | DHCP server on cni0 | netlab dhcp serve cni0"],
    ),
    fault(
        "ip -n node-1 addr add 10.9.0.1/24 dev cni0 && \
         ip netns exec node-1 netlab dhcp serve cni0 --address 10.9.0.1/24 --files /run/cni/node-1/dhcp",
        2,
        &[
            "changed node-1 | a DHCP server serves from 10.9.0.1; the plan says DHCP server on cni0 for 10.244.0.0/24 \
             | netlab dhcp serve cni0 --address 10.244.0.1/24",
            "foreign node-1 | address 10.9.0.1/24 on cni0",
        ],
    ),
    // It ends with its address, and with its link.
    fault(
        "ip -n node-1 addr delete 10.244.0.1/24 dev cni0",
        0,
        &["missing node-1 | address 10.244.0.1/24 on cni0 | addr add 10.244.0.1/24 dev cni0"],
    ),
    fault("ip -n node-1 link delete cni0", 7, &["missing node-1 | bridge cni0 | link add cni0 type bridge"]),
    fault("ip -n pod-b link delete eth0", 0, &["missing node-1 | pipe | link add veth-pod-b type veth"]),
    fault(
        "ip netns exec pod-a netlab dhcp release",
        1,
        &["missing pod-a | address 10.244.0.2/24 on eth0, by DHCP | netlab dhcp client eth0 --id pod-a"],
    ),
    fault(
        "ip -n pod-a addr delete 10.244.0.2/24 dev eth0",
        1,
        &["changed pod-a | a DHCP client runs, and the IPv4 address of eth0 is none | netlab dhcp client eth0"],
    ),
    fault(
        "ip -n pod-a route delete default",
        1,
        &["changed pod-a | the default route via 10.244.0.1 that came with 10.244.0.2/24 is gone | netlab dhcp client"],
    ),
    fault(
        "ip -n pod-c link set eth0 down",
        2,
        &[
            "missing pod-c | eth0 up | link set eth0 up",
            "changed pod-c | the default route via 10.244.1.1 that came with | netlab dhcp client",
        ],
    ),
    fault(
        "rm /run/cni/node-1/dhcp/hosts/pod-b",
        1,
        &["missing node-1 | DHCP reservation of 10.244.0.3 for pod-b | echo id:pod-b,10.244.0.3"],
    ),
    fault(
        "echo id:pod-b,10.244.0.33 >/run/cni/node-1/dhcp/hosts/pod-b",
        1,
        &["changed node-1 | 10.244.0.33 is kept for pod-b | echo id:pod-b,10.244.0.3"],
    ),
    // Killed, it cannot give the address back; what it has set stays until the time is over.
    fault(
        "ip netns exec pod-c sh -c 'kill -9 $(ss -Hulnp | grep -o pid=[0-9]* | cut -d= -f2); \
         while ss -Huln | grep -q :68; do sleep 0.02; done'",
        1,
        &["changed pod-c | eth0 has 10.244.1.2/24, and no DHCP client renews it | netlab dhcp client eth0 --id pod-c"],
    ),
    // Whether the node still remembers the hardware address of the old one is chance.
    fault("ip netns delete pod-a", 0, &["missing pod-a | namespace pod-a | netns add pod-a"]),
];
