//! Rules and policies of nftables in every family and at every hook.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    // On the way through node-1.
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c ip daddr 10.244.2.2 drop'",
        "firewall there underway node-1 cni0",
    )
    .says(&["ip daddr 10.244.2.2"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; policy drop; }'",
        "firewall there underway node-1 cni0",
    )
    .says(&["policy"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table inet f; add chain inet f guests; add rule inet f guests counter drop; \
         add chain inet f c { type filter hook forward priority 0; }; add rule inet f c iifname cni0 jump guests'",
        "firewall there underway node-1 cni0",
    )
    .says(&["drop"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table inet f; add chain inet f out; add chain inet f more; \
         add rule inet f more goto out; add rule inet f out oifname eth0 counter drop comment \"why not\"; \
         add chain inet f c { type filter hook postrouting priority 0; }; add rule inet f c jump more'",
        "firewall there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook prerouting priority raw; }; \
         add rule ip f c iifname cni0 drop'",
        "firewall there underway node-1 cni0|veth-pod-a",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table inet f; add set inet f bad { type ipv4_addr; flags interval; elements = { 10.244.2.0/24 }; }; \
         add chain inet f c { type filter hook forward priority 0; }; add rule inet f c ip daddr @bad drop'",
        "firewall there underway node-1 cni0",
    )
    .says(&["@bad"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip f; \
         add chain ip f c { type filter hook forward priority 0; }; add rule ip f c ip daddr vmap { 10.244.2.2 : drop }'",
        "firewall there underway node-1 cni0",
    ),
    // At the frames' hooks.
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table bridge f; add chain bridge f c { type filter hook prerouting priority 0; }; \
         add rule bridge f c iifname veth-pod-a drop'",
        "firewall there underway node-1 veth-pod-a",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table bridge f; add chain bridge f c { type filter hook input priority 0; }; \
         add rule bridge f c ip daddr 10.244.2.2 drop'",
        "firewall there underway node-1 veth-pod-a",
    ),
    lost(
        "pod-a pod-b",
        "ip netns exec node-1 nft 'add table bridge f; add chain bridge f c { type filter hook forward priority 0; }; \
         add rule bridge f c ip saddr 10.244.1.2 drop'",
        "firewall there underway node-1 veth-pod-a",
    ),
    lost(
        "pod-a pod-c",
        "nft 'add table bridge f; add chain bridge f c { type filter hook forward priority 0; policy drop; }'",
        "firewall there underway fabric node-1-eth0|underlay",
    ),
    lost(
        "pod-a pod-c",
        "nft 'add table bridge f; add chain bridge f c { type filter hook forward priority 0; }; \
         add rule bridge f c ip protocol icmp icmp type echo-reply drop'",
        "firewall back underway fabric node-2-eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 nft 'add table bridge f; add chain bridge f c { type filter hook output priority 0; }; \
         add rule bridge f c ip daddr 10.244.2.2 drop'",
        "firewall there underway node-2 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table netdev f; \
         add chain netdev f c { type filter hook ingress device veth-pod-a priority 0; }; add rule netdev f c ip daddr 10.244.2.2 drop'",
        "firewall there underway node-1 veth-pod-a",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 nft 'add table netdev f; \
         add chain netdev f c { type filter hook ingress device eth0 priority 0; policy drop; }'",
        "firewall there underway node-2 eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table netdev f; \
         add chain netdev f c { type filter hook egress device eth0 priority 0; }; add rule netdev f c ip daddr 10.244.2.2 drop'",
        "firewall there underway node-1 cni0|eth0",
    ),
    lost(
        "pod-a pod-c",
        "nft 'add table netdev f; \
         add chain netdev f c { type filter hook ingress device node-2-eth0 priority 0; }; add rule netdev f c ip saddr 10.244.2.2 drop'",
        "firewall back underway fabric node-2-eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a nft 'add table netdev f; \
         add chain netdev f c { type filter hook egress device eth0 priority 0; }; add rule netdev f c meta protocol ip drop'",
        "firewall there neverSent|underway pod-a",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a nft 'add table inet f; \
         add chain inet f c { type filter hook ingress device eth0 priority 0; }; add rule inet f c meta protocol ip drop'",
        "firewall back underway|unanswered pod-a eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c nft 'add table arp f; add chain arp f c { type filter hook input priority 0; policy drop; }'",
        "firewall there underway pod-c eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a nft 'add table arp f; add chain arp f c { type filter hook output priority 0; }; \
         add rule arp f c arp operation request drop'",
        "firewall there * pod-a",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table arp f; add chain arp f c { type filter hook input priority 0; }; \
         add rule arp f c iifname cni0 drop'",
        // When node-1 asks for pod-a, pod-a learns who node-1 is, and node-1 does not hear the answer.
        "firewall there underway node-1 cni0 or firewall back underway node-1 cni0",
    ),
    // At the ends.
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c nft 'add table ip f; add chain ip f c { type filter hook input priority 0; policy drop; }'",
        "firewall there underway|unanswered pod-c eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c nft 'add table inet f; add chain inet f c { type filter hook input priority 0; }; \
         add rule inet f c icmp type echo-request drop'",
        "firewall there underway|unanswered pod-c eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c nft 'add table ip f; add chain ip f c { type filter hook output priority 0; policy drop; }'",
        "firewall back|there * pod-c",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a nft 'add table ip f; add chain ip f c { type filter hook output priority 0; policy drop; }'",
        "firewall there neverSent pod-a",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a nft 'add table ip f; add chain ip f c { type filter hook input priority 0; }; \
         add rule ip f c icmp type echo-reply drop'",
        "firewall back underway|unanswered pod-a eth0",
    ),
    // On the way back.
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 nft 'add table inet f; add chain inet f c { type filter hook forward priority 0; }; \
         add rule inet f c ct state established drop'",
        "firewall back underway node-2 cni0",
    )
    .says(&["established"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c icmp type echo-reply reject with icmp type admin-prohibited'",
        "firewall back underway node-1 eth0",
    ),
    lost(
        "pod-a outside",
        "ip netns exec outside nft 'add table ip f; add chain ip f c { type filter hook input priority 0; }; \
         add rule ip f c ip saddr 192.168.1.11 drop'",
        "firewall there underway|unanswered outside eth0",
    ),
    // Rejected.
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c ip daddr 10.244.2.2 reject'",
        "firewall there underway node-1 cni0",
    )
    .says(&["reject"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c ip daddr 10.244.2.2 reject with icmp type host-unreachable'",
        "firewall there underway node-2 eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c nft 'add table ip f; add chain ip f c { type filter hook input priority 0; }; \
         add rule ip f c ip protocol icmp reject with icmp type net-prohibited'",
        "firewall there underway|unanswered pod-c eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a nft 'add table inet f; add chain inet f c { type filter hook output priority 0; }; \
         add rule inet f c ip daddr 10.244.2.2 reject with icmpx type admin-prohibited'",
        "firewall there neverSent pod-a",
    ),
    lost(
        "pod-a pod-c --tcp 80",
        "ip netns exec node-2 nft 'add table inet f; add chain inet f c { type filter hook forward priority 0; }; \
         add rule inet f c tcp dport 80 reject with tcp reset'",
        "firewall there underway node-2 eth0",
    )
    .listens("tcp pod-c 80")
    .says(&["tcp reset"]),
    lost(
        "pod-a pod-c --tcp 80",
        "ip netns exec pod-c nft 'add table inet f; add chain inet f c { type filter hook input priority 0; }; \
         add rule inet f c tcp dport 80 reject with tcp reset'",
        "firewall there underway|unanswered pod-c eth0",
    )
    .listens("tcp pod-c 80"),
    lost(
        "pod-a pod-c --udp 53 --timeout 1",
        "ip netns exec pod-c nft 'add table inet f; add chain inet f c { type filter hook input priority 0; }; \
         add rule inet f c udp dport 53 reject'",
        "firewall there underway|unanswered pod-c eth0",
    )
    .listens("udp pod-c 53"),
    // By port, and by what else a packet has.
    lost(
        "pod-a pod-c --tcp 80",
        "ip netns exec pod-c nft 'add table inet f; add chain inet f c { type filter hook input priority 0; }; \
         add rule inet f c tcp dport { 80, 443 } drop'",
        "firewall there underway|unanswered pod-c eth0",
    )
    .listens("tcp pod-c 80"),
    lost(
        "pod-a pod-c --tcp 80",
        "ip netns exec node-2 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c tcp flags & (syn | ack) == syn | ack drop'",
        "firewall back underway node-2 cni0",
    )
    .listens("tcp pod-c 80"),
    lost(
        "pod-a pod-c --udp 53 --timeout 1",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c udp sport 53 drop'",
        "firewall back underway node-1 eth0",
    )
    .listens("udp pod-c 53"),
    sound(
        "pod-a pod-c",
        "ip netns exec pod-c nft 'add table inet f; add chain inet f c { type filter hook input priority 0; }; \
         add rule inet f c tcp dport 80 drop'",
    ),
    sound(
        "pod-a pod-c --tcp 81",
        "ip netns exec pod-c nft 'add table inet f; add chain inet f c { type filter hook input priority 0; }; \
         add rule inet f c tcp dport 80 drop'",
    )
    .listens("tcp pod-c 81"),
    lost(
        "pod-a pod-c --size 1000",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c ip length > 900 drop'",
        "firewall there underway node-1 cni0",
    ),
    sound(
        "pod-a pod-c --size 800",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c ip length > 900 drop'",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c ip ttl < 63 drop'",
        "firewall there underway node-2 eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c meta mark 7 drop; add chain ip f m { type filter hook prerouting priority mangle; }; \
         add rule ip f m meta mark set 7'",
        "firewall there underway node-1 cni0",
    ),
    // Frames in a bridge pass the hooks of IP, where the bridge asks for it.
    lost(
        "pod-a pod-b",
        "ip netns exec node-1 sysctl -qw net.bridge.bridge-nf-call-iptables=1; \
         ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; policy drop; }'",
        "firewall there underway node-1 veth-pod-a",
    ),
    sound(
        "pod-a pod-b",
        "ip netns exec node-1 sysctl -qw net.bridge.bridge-nf-call-iptables=0; \
         ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; policy drop; }'",
    )
    .undo("ip netns exec node-1 sysctl -qw net.bridge.bridge-nf-call-iptables=1"),
    // Who is not translated is not answered.
    lost("pod-a outside", "ip netns exec node-1 nft flush chain ip netlab postrouting", "no-masquerade * unanswered outside eth0"),
    lost("pod-a outside", "ip netns exec node-1 nft delete table ip netlab", "no-masquerade * unanswered outside eth0"),
    lost(
        "pod-a outside",
        "ip netns exec node-1 nft insert rule ip netlab postrouting oifname eth0 accept",
        "no-masquerade * unanswered outside eth0",
    ),
    lost(
        "pod-a outside --tcp 80",
        "ip netns exec node-1 nft flush chain ip netlab postrouting",
        "no-masquerade * unanswered outside eth0",
    )
    .listens("tcp outside 80"),
    lost(
        "pod-a outside",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook prerouting priority raw; }; \
         add rule ip f c ip daddr 192.168.1.100 notrack'",
        "no-masquerade * unanswered outside eth0",
    ),
    lost(
        "pod-a outside",
        "ip netns exec node-1 nft 'add table ip n; add chain ip n c { type nat hook postrouting priority srcnat - 5; }; \
         add rule ip n c oifname eth0 snat to 192.168.1.77'",
        "firewall|no-masquerade|neighbour-unanswered|no-address back|* * outside",
    )
    .without_fix(),
    sound("pod-a outside", "ip netns exec node-1 nft flush chain ip netlab postrouting; ip -n outside route add default via 192.168.1.13"),
    sound("pod-a pod-c", "ip netns exec node-1 nft delete table ip netlab"),
];

/// On two stacks.
pub const DUAL: &[Fault] = &[
    lost(
        "pod-a pod-c -6",
        "ip netns exec node-1 nft 'add table ip6 f; add chain ip6 f c { type filter hook forward priority 0; }; \
         add rule ip6 f c ip6 daddr fd00:10:244:1::2 drop'",
        "firewall there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c -6",
        "ip netns exec node-2 nft 'add table ip6 f; add chain ip6 f c { type filter hook forward priority 0; }; \
         add rule ip6 f c icmpv6 type echo-reply reject with icmpv6 type admin-prohibited'",
        "firewall back underway node-2 cni0",
    ),
    lost(
        "pod-a pod-c -6",
        "ip netns exec pod-c nft 'add table inet f; add chain inet f c { type filter hook input priority 0; }; \
         add rule inet f c meta nfproto ipv6 meta l4proto ipv6-icmp icmpv6 type echo-request drop'",
        "firewall there underway|unanswered pod-c eth0",
    ),
    lost(
        "pod-a pod-c -6 --tcp 80",
        "ip netns exec pod-c nft 'add table inet f; add chain inet f c { type filter hook input priority 0; }; \
         add rule inet f c tcp dport 80 reject with icmpx type port-unreachable'",
        "firewall there underway|unanswered pod-c eth0",
    )
    .listens("tcp pod-c 80"),
    lost(
        "pod-a pod-c -6",
        "ip netns exec pod-a nft 'add table inet f; add chain inet f c { type filter hook output priority 0; policy drop; }; \
         add rule inet f c icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept'",
        "firewall there neverSent pod-a",
    ),
    lost(
        "pod-a pod-c -6",
        "nft 'add table bridge f; add chain bridge f c { type filter hook forward priority 0; }; add rule bridge f c ether type ip6 drop'",
        "firewall there underway fabric node-1-eth0|underlay",
    ),
    sound(
        "pod-a pod-c -4",
        "nft 'add table bridge f; add chain bridge f c { type filter hook forward priority 0; }; add rule bridge f c ether type ip6 drop'",
    ),
    lost(
        "pod-a outside -6",
        "ip netns exec node-1 nft delete table ip6 netlab",
        "no-masquerade * unanswered outside eth0",
    ),
    lost(
        "pod-a outside -4",
        "ip netns exec node-1 nft delete table ip netlab",
        "no-masquerade * unanswered outside eth0",
    ),
    sound("pod-a outside -4", "ip netns exec node-1 nft delete table ip6 netlab"),
];
