//! The sysctls that decide whether packets get through: those that are worth a look when they do not.
//!
//! ```text
//! net.ipv4.ip_forward          one for each machine
//! net.ipv4.conf.*.rp_filter    net.ipv4.conf.all.rp_filter, …default…, …lo…, …eth0…
//! ```
//!
//! Left out are those that only root of the host can write (`nf_conntrack_max`), that netlink shows as well
//! (`addr_gen_mode`), that follow a link's own settings (`net.ipv6.conf.*.mtu`), and that make connections slower or
//! faster, but neither lose nor pass a packet.

/// A sysctl, or with `*` one for each link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// Its key; `*` stands for `all`, `default` and each link.
    pub key: &'static str,
    /// What it decides about packets.
    pub decides: &'static str,
}

const fn watch(key: &'static str, decides: &'static str) -> Watched {
    Watched { key, decides }
}

/// All of them. Those of one directory stand together.
pub static WATCHED: [Watched; 63] = [
    watch(
        "net.ipv4.ip_forward",
        "whether IPv4 packets for others are forwarded; writing it writes all forwarding below",
    ),
    watch("net.ipv4.ip_default_ttl", "how many routers a packet from here may pass"),
    watch("net.ipv4.ip_no_pmtu_disc", "whether packets that are too large are refused or cut up on the way"),
    watch("net.ipv4.ip_forward_use_pmtu", "whether what is forwarded keeps to an MTU learned from others' complaints"),
    watch("net.ipv4.ip_nonlocal_bind", "whether programs may send from addresses that are not this machine's"),
    watch("net.ipv4.icmp_echo_ignore_all", "whether pings are left unanswered"),
    watch("net.ipv4.icmp_echo_ignore_broadcasts", "whether pings to everybody are left unanswered"),
    watch("net.ipv4.icmp_ratelimit", "how often an error (unreachable, TTL exceeded) is told to the same peer"),
    watch("net.ipv4.icmp_ratemask", "which errors are counted for that"),
    watch("net.ipv4.icmp_errors_use_inbound_ifaddr", "which source address errors bear"),
    watch(
        "net.ipv4.fwmark_reflect",
        "whether answers of the kernel bear the mark of what they answer, and are routed by it",
    ),
    watch("net.ipv4.fib_multipath_hash_policy", "which way a packet takes where there are several"),
    watch("net.ipv4.conf.*.forwarding", "whether what comes in here may be forwarded"),
    watch(
        "net.ipv4.conf.*.rp_filter",
        "whether a packet is dropped whose answer would leave by another link (the larger of all and link)",
    ),
    watch("net.ipv4.conf.*.proxy_arp", "whether ARP is answered for addresses that are reached by another link"),
    watch("net.ipv4.conf.*.proxy_arp_pvlan", "whether it is for addresses on the same link"),
    watch("net.ipv4.conf.*.arp_ignore", "for which of its addresses a machine answers ARP"),
    watch("net.ipv4.conf.*.arp_announce", "which source address ARP requests bear"),
    watch("net.ipv4.conf.*.arp_filter", "whether only the link answers ARP by which the answer would be routed"),
    watch("net.ipv4.conf.*.arp_accept", "whether neighbours are believed who announce themselves unasked"),
    watch("net.ipv4.conf.*.drop_gratuitous_arp", "whether such announcements are dropped"),
    watch("net.ipv4.conf.*.accept_local", "whether packets are taken whose source is an address of this machine"),
    watch("net.ipv4.conf.*.route_localnet", "whether 127.0.0.0/8 may be routed"),
    watch("net.ipv4.conf.*.src_valid_mark", "whether the reverse path is looked up with the packet's mark"),
    watch("net.ipv4.conf.*.accept_source_route", "whether a packet may choose its own way"),
    watch("net.ipv4.conf.*.accept_redirects", "whether routers may send this machine by another way"),
    watch("net.ipv4.conf.*.secure_redirects", "whether only its gateways may"),
    watch("net.ipv4.conf.*.send_redirects", "whether a router sends others by another way"),
    watch("net.ipv4.conf.*.shared_media", "whether redirects may lead to other subnets on the same wire"),
    watch("net.ipv4.conf.*.bc_forwarding", "whether broadcasts to a subnet are forwarded"),
    watch("net.ipv4.conf.*.drop_unicast_in_l2_multicast", "whether unicast in a broadcast frame is dropped"),
    watch("net.ipv4.conf.*.ignore_routes_with_linkdown", "whether routes by a link without carrier are passed over"),
    watch("net.ipv4.conf.*.disable_policy", "whether IPsec policies are not looked at"),
    watch("net.ipv4.conf.*.disable_xfrm", "whether IPsec is not applied"),
    watch("net.ipv4.neigh.*.mcast_solicit", "how often a neighbour's hardware address is asked for; never, with 0"),
    watch("net.ipv4.neigh.*.unres_qlen_bytes", "how many bytes wait for the answer; what is more is lost"),
    watch("net.ipv6.bindv6only", "whether servers on `::` do without IPv4"),
    watch("net.ipv6.ip_nonlocal_bind", "whether programs may send from addresses that are not this machine's"),
    watch("net.ipv6.fwmark_reflect", "whether answers of the kernel bear the mark of what they answer"),
    watch("net.ipv6.fib_multipath_hash_policy", "which way a packet takes where there are several"),
    watch("net.ipv6.icmp.echo_ignore_all", "whether pings are left unanswered"),
    watch("net.ipv6.icmp.echo_ignore_multicast", "whether pings to groups are"),
    watch("net.ipv6.icmp.ratelimit", "how often an error is told to the same peer"),
    watch("net.ipv6.conf.*.disable_ipv6", "whether the link does without IPv6"),
    watch("net.ipv6.conf.*.forwarding", "whether IPv6 packets are forwarded (all), and whether the link is a router's"),
    watch("net.ipv6.conf.*.force_forwarding", "whether what comes in here is forwarded even so"),
    watch("net.ipv6.conf.*.proxy_ndp", "whether neighbours' questions are answered for proxy entries"),
    watch("net.ipv6.conf.*.accept_ra", "whether routers' advertisements make addresses and routes"),
    watch("net.ipv6.conf.*.accept_ra_defrtr", "whether they make default routes"),
    watch("net.ipv6.conf.*.autoconf", "whether they make addresses"),
    watch("net.ipv6.conf.*.accept_redirects", "whether routers may send this machine by another way"),
    watch("net.ipv6.conf.*.accept_source_route", "whether a packet may choose its own way"),
    watch(
        "net.ipv6.conf.*.accept_dad",
        "whether an address is tried before it is used, and the link is off when it is taken",
    ),
    watch("net.ipv6.conf.*.dad_transmits", "how often it is tried"),
    watch("net.ipv6.conf.*.hop_limit", "how many routers a packet from here may pass"),
    watch("net.ipv6.conf.*.drop_unicast_in_l2_multicast", "whether unicast in a multicast frame is dropped"),
    watch("net.ipv6.conf.*.ignore_routes_with_linkdown", "whether routes by a link without carrier are passed over"),
    watch("net.ipv6.conf.*.disable_policy", "whether IPsec policies are not looked at"),
    watch("net.ipv6.conf.*.seg6_enabled", "whether packets with a segment routing header are taken"),
    watch("net.ipv6.neigh.*.mcast_solicit", "how often a neighbour's hardware address is asked for; never, with 0"),
    watch("net.bridge.bridge-nf-call-iptables", "whether bridged IPv4 packets pass the IP hooks, and a `drop` there"),
    watch("net.bridge.bridge-nf-call-ip6tables", "whether bridged IPv6 packets do"),
    watch("net.bridge.bridge-nf-call-arptables", "whether bridged ARP passes the ARP hooks"),
];

/// What stands for `*` beside the links. Of `neigh` there is neither in a namespace that is not the first.
const EVERY: [&str; 2] = ["all", "default"];

/// The keys of a machine with these links, those of one directory one after the other.
pub fn keys<'a>(links: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    // In a key a slash stands for a dot within a name, as sysctl(8) has it.
    let links: Vec<String> = links.into_iter().map(|link| link.replace('.', "/")).collect();
    let mut all = Vec::new();
    let mut rest = &WATCHED[..];
    while let Some(first) = rest.first() {
        let (group, later) =
            rest.split_at(rest.iter().take_while(|other| directory(other) == directory(first)).count());
        rest = later;
        match first.key.split_once('*') {
            None => all.extend(group.iter().map(|watched| watched.key.to_owned())),
            Some((before, _)) => {
                let every = EVERY.into_iter().filter(|_| before.ends_with(".conf."));
                for link in every.chain(links.iter().map(String::as_str)) {
                    all.extend(group.iter().map(|watched| watched.key.replace('*', link)));
                }
            }
        }
    }
    all
}

fn directory(watched: &Watched) -> &'static str {
    watched.key.rsplit_once('.').map_or(watched.key, |(directory, _)| directory)
}

/// What a key decides about packets.
pub fn decides(key: &str) -> Option<&'static str> {
    let fits = |watched: &&Watched| match watched.key.split_once('*') {
        None => watched.key == key,
        Some((before, after)) => {
            let link = key.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            link.is_some_and(|link| !link.contains('.'))
        }
    };
    WATCHED.iter().find(fits).map(|watched| watched.decides)
}

/// The key that says what a new link gets: `net.ipv4.conf.default.rp_filter` for `net.ipv4.conf.eth0.rp_filter`, and
/// of `neigh`, which has no `default`, what `lo` has. A key that is not a link's is its own, and so is one of `lo`, which
/// a namespace is born with.
pub fn of_a_new_link(key: &str) -> String {
    let trees = [
        ("net.ipv4.conf.", "default"),
        ("net.ipv6.conf.", "default"),
        ("net.ipv4.neigh.", "lo"),
        ("net.ipv6.neigh.", "lo"),
    ];
    for (tree, new) in trees {
        let Some((link, name)) = key.strip_prefix(tree).and_then(|rest| rest.split_once('.')) else { continue };
        if !matches!(link, "all" | "default" | "lo") {
            return format!("{tree}{new}.{name}");
        }
    }
    key.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_link_has_its_keys() {
        let keys = keys(["lo", "eth0.100"]);
        let has = |key: &str| keys.iter().filter(|other| *other == key).count() == 1;
        assert!(has("net.ipv4.ip_forward") && has("net.ipv4.conf.all.rp_filter"));
        assert!(has("net.ipv4.conf.eth0/100.rp_filter") && has("net.ipv6.neigh.lo.mcast_solicit"));
        assert!(!has("net.ipv6.neigh.all.mcast_solicit"));
        assert!(keys.iter().all(|key| decides(key).is_some()));
        assert_eq!(decides("net.ipv4.conf.all.log_martians"), None);
    }

    #[test]
    fn a_link_begins_with_the_default() {
        assert_eq!(of_a_new_link("net.ipv4.conf.eth0/100.rp_filter"), "net.ipv4.conf.default.rp_filter");
        assert_eq!(of_a_new_link("net.ipv4.neigh.eth0.mcast_solicit"), "net.ipv4.neigh.lo.mcast_solicit");
        for own in ["net.ipv4.conf.lo.rp_filter", "net.ipv4.conf.all.rp_filter", "net.ipv4.ip_forward"] {
            assert_eq!(of_a_new_link(own), own);
        }
    }
}
