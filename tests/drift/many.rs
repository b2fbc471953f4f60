//! Faults where a lab has several interfaces, sysctls, rules, and both families.

use crate::fault::{Fault, fault};

/// Two networks, a router between them, two masquerade rules, a bridge with a dot in its name.
pub const FILE: &str = r#"
lab: many
networks:
  lan: { subnets: [10.1.0.0/24, "fd00:1::/64"] }
  wan: { subnets: [198.51.100.0/24, "2001:db8:1::/64"] }
nodes:
  node-1:
    interfaces:
      eth0: { network: lan, addresses: [10.1.0.11/24, "fd00:1::11/64"] }
      eth1: { network: wan, addresses: [198.51.100.11/24] }
    bridge: { name: br.pods, addresses: [10.244.1.1/24, "fd00:10:244:1::1/64"] }
    pods: { pod-a: {}, pod-b: {} }
    routes:
      - { to: 10.244.2.0/24, via: 10.1.0.12 }
      - { to: "fd00:10:244:2::/64", via: "fd00:1::12" }
      - { to: default, via: 198.51.100.1 }
    sysctls:
      net.ipv4.conf.all.rp_filter: 2
      net.ipv4.conf.eth0.arp_ignore: 1
      net.ipv4.conf.br/pods.proxy_arp: 1
      net.ipv4.ip_local_port_range: "20000 30000"
      net.ipv4.tcp_syncookies: 0
    masquerade:
      - { from: 10.244.1.0/24, except: [10.244.0.0/16, 10.1.0.0/24] }
      - { from: 10.244.2.0/24, except: [10.244.0.0/16] }
      - { from: "fd00:10:244:1::/64", except: ["fd00:10:244::/48"] }
      - { from: "fd00:10:244:2::/64" }
  node-2:
    interfaces:
      eth0: { network: lan, addresses: [10.1.0.12/24, "fd00:1::12/64"] }
    bridge: { name: cni0, addresses: [10.244.2.1/24, "fd00:10:244:2::1/64"] }
    pods:
      pod-c:
        forwarding: true
        interfaces: { eth1: { network: wan, addresses: ["2001:db8:1::2/64"] } }
        sysctls: { net.ipv6.conf.eth1.accept_ra: 0, net.ipv4.conf.default.rp_filter: 1 }
    routes:
      - { to: 10.244.1.0/24, via: 10.1.0.11 }
      - { to: "fd00:10:244:1::/64", via: "fd00:1::11" }
hosts:
  router:
    forwarding: true
    interfaces:
      eth0: { network: lan, addresses: [10.1.0.1/24, "fd00:1::1/64"] }
      eth1: { network: wan, addresses: [198.51.100.1/24, "2001:db8:1::1/64"] }
    routes: [{ to: 10.244.0.0/16, via: 10.1.0.11 }]
"#;

const EDIT: &str = "h=$(ip netns exec node-1 nft -a list table ip netlab | sed -n 's/.*saddr 10.244.1.*handle //p'); \
                    ip netns exec node-1 nft replace rule ip netlab postrouting handle $h ip saddr 10.244.1.0/24 masquerade";

/// The faults.
pub const FAULTS: &[Fault] = &[
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.all.rp_filter=1",
        1,
        &["changed node-1 | rp_filter is 1 | rp_filter=2"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.eth0.arp_ignore=0",
        1,
        &["changed node-1 | arp_ignore is 0 | arp_ignore=1"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.br/pods.proxy_arp=0",
        1,
        &["changed node-1 | proxy_arp is 0 | proxy_arp=1"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw 'net.ipv4.ip_local_port_range=20000 40000'",
        1,
        &["changed node-1 | ip_local_port_range | ip_local_port_range"],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv4.tcp_syncookies=1",
        1,
        &["changed node-1 | tcp_syncookies is 1 | tcp_syncookies=0"],
    ),
    fault(
        "ip netns exec pod-c sysctl -qw net.ipv4.ip_forward=0",
        1,
        &["changed pod-c | ip_forward is 0 | ip_forward=1"],
    ),
    fault(
        "ip netns exec pod-c sysctl -qw net.ipv6.conf.eth1.accept_ra=1",
        1,
        &["changed pod-c | accept_ra is 1 | accept_ra=0"],
    ),
    fault(
        "ip -n node-1 link set br.pods type bridge ageing_time 100",
        1,
        &["changed node-1 | br.pods has ageing_time 100 | link add br.pods"],
    ),
    fault("ip -n node-1 link delete br.pods", 7, &["missing node-1 | bridge br.pods | link add br.pods"]),
    fault("ip -n node-1 link delete eth1", 9, &["missing fabric | veth pipe node-1-eth1 | link add node-1-eth1"]),
    fault("ip -n node-1 link set eth0 down", 3, &["missing node-1 | eth0 up | link set eth0 up"]),
    fault(
        "ip link set router-eth1 nomaster; ip link set router-eth0 master wan",
        2,
        &[
            "missing fabric | router-eth1 as a port of wan | master wan",
            "changed fabric | router-eth0 is a port of wan | master lan",
        ],
    ),
    fault(
        "ip link set lan down; ip link set wan down",
        2,
        &["missing fabric | lan up | link set lan up", "missing fabric | wan up | link set wan up"],
    ),
    fault(
        "ip -n router addr delete 198.51.100.1/24 dev eth1; ip -n router addr add 198.51.100.1/24 dev eth0",
        2,
        &[
            "missing router | address 198.51.100.1/24 on eth1 | ip -n router addr add 198.51.100.1/24 dev eth1",
            "foreign router | address 198.51.100.1/24 on eth0",
        ],
    ),
    fault(
        "ip -n node-1 route replace default via 198.51.100.7",
        2,
        &["changed node-1 | 198.51.100.7 | route add default"],
    ),
    fault(
        "ip -n node-1 route replace 10.244.2.0/24 via 198.51.100.1",
        2,
        &["changed node-1 | 198.51.100.1 | route add 10.244.2.0/24"],
    ),
    fault(
        "ip netns exec node-1 nft flush chain ip netlab postrouting",
        2,
        &[
            "missing node-1 | rule `ip saddr 10.244.1.0/24 | nft add rule",
            "missing node-1 | rule `ip saddr 10.244.2.0/24 | nft add rule",
        ],
    ),
    fault(
        EDIT,
        4,
        &[
            "missing node-1 | rule `ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 | nft add rule",
            "missing node-1 | rule `ip saddr 10.244.2.0/24 | nft add rule",
            "foreign node-1 | rule `ip saddr 10.244.1.0/24 masquerade`",
            "foreign node-1 | rule `ip saddr 10.244.2.0/24",
        ],
    ),
    fault(
        "h=$(ip netns exec node-1 nft -a list table ip netlab | sed -n 's/.*saddr 10.244.1.*handle //p'); \
           ip netns exec node-1 nft delete rule ip netlab postrouting handle $h",
        3,
        &[
            "missing node-1 | rule `ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 ip daddr != 10.1.0.0/24 masquerade` in postrouting | ip netns exec node-1 nft add rule ip netlab postrouting ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 ip daddr != 10.1.0.0/24 masquerade comment '\"netlab: masquerade\"'",
            "missing node-1 | rule `ip saddr 10.244.2.0/24 ip daddr != 10.244.0.0/16 masquerade` in postrouting | ip netns exec node-1 nft add rule ip netlab postrouting ip saddr 10.244.2.0/24 ip daddr != 10.244.0.0/16 masquerade comment '\"netlab: masquerade\"'",
            "foreign node-1 | rule `ip saddr 10.244.2.0/24 ip daddr != 10.244.0.0/16 masquerade comment \"netlab",
        ],
    ),
    fault(
        "ip netns exec node-1 nft 'flush chain ip6 netlab postrouting; \
           add rule ip6 netlab postrouting ip6 saddr fd00:10:244:2::/64 masquerade comment \"netlab: masquerade\"; \
           add rule ip6 netlab postrouting ip6 saddr fd00:10:244:1::/64 ip6 daddr != fd00:10:244::/48 masquerade comment \"netlab: masquerade\"'",
        2,
        &[
            "missing node-1 | rule `ip6 saddr fd00:10:244:2::/64 masquerade` in postrouting | ip netns exec node-1 nft add rule ip6 netlab postrouting ip6 saddr fd00:10:244:2::/64 masquerade comment '\"netlab: masquerade\"'",
            "foreign node-1 | rule `ip6 saddr fd00:10:244:2::/64 masquerade comment \"netlab",
        ],
    ),
    fault(
        "ip netns exec node-1 nft insert rule ip netlab postrouting accept; \
           ip netns exec node-1 nft add rule ip netlab postrouting drop; ip netns exec node-1 nft add table ip6 netlab '{ flags dormant; }'",
        3,
        &["foreign node-1 | rule `accept`", "foreign node-1 | rule `drop`", "changed node-1 | dormant"],
    ),
    fault(
        "ip netns delete router; ip netns delete node-2",
        53,
        &[
            "missing router | namespace router | netns add router",
            "missing node-2 | namespace node-2 | netns add node-2",
        ],
    ),
    fault(
        "ip -n pod-c link set eth1 netns pod-a",
        9,
        &[
            "missing fabric | eth1 in pod-c, the other end of pod-c-eth1 | ip link set peer-pod-c-eth1 netns pod-c name eth1",
            "foreign pod-a | link eth1, the other end of pod-c-eth1 in fabric",
        ],
    ),
    fault(
        "ip netns exec node-1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
        4,
        &["changed node-1 | net.ipv6.conf.all.disable_ipv6 is 1"],
    ),
];
