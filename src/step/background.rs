//! What a learner may want to know about a kind of step: who knows what an IP address is, and nothing more.
//!
//! ```text
//! A bridge is an Ethernet switch inside the kernel. …            what the kernel does now
//! The CNI bridge plugin makes one for each node, …               what it is for in Kubernetes
//!   see   bridge -n node-1 fdb show br cni0                      how to see it
//!   read  man bridge · https://www.cni.dev/plugins/…             where to read on
//! ```

mod overlay_texts;
mod texts;

use super::{Action, Inside, Ip, Step};
use crate::names::LinkName;
use crate::network::ruleset::Part;
use crate::network::{Mac, ipam};
use overlay_texts::*;
use texts::*;

/// The background of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Background {
    /// What the kernel does, and what it is for.
    pub paragraphs: &'static [&'static str],
    /// Commands that show it, to be typed in the fabric once the step is done.
    pub see: Vec<String>,
    /// Manual pages and addresses.
    pub read: &'static [&'static str],
}

/// The background of a step: of its kind, and of what it is done to.
pub fn background(step: &Step) -> Background {
    let at = &step.machine;
    let (ip, inside) = (Ip(at), Inside(at));
    let bridge = if at.is_fabric() { "bridge".to_owned() } else { format!("bridge -n {at}") };
    let show = if at.is_fabric() { "netlab show fabric".to_owned() } else { format!("netlab show {at}") };
    let (paragraphs, see, read): (&[&str], Vec<String>, &[&str]) = match &step.action {
        Action::AddNamespace(_) => {
            (NAMESPACE, vec!["ip netns list".into(), format!("{ip} addr"), show], NAMESPACE_READ)
        }
        Action::SetSysctl(set) => {
            let (paragraphs, read) = sysctl(&set.key);
            (paragraphs, vec![format!("{inside}sysctl {}", set.key)], read)
        }
        Action::AddBridge(add) => {
            let name = &add.name;
            (BRIDGE, vec![format!("{ip} -d link show {name}"), format!("{bridge} fdb show br {name}")], BRIDGE_READ)
        }
        Action::AddVxlan(add) => {
            let name = &add.name;
            let see = vec![format!("{ip} -d link show {name}"), format!("{bridge} fdb show dev {name}"), show];
            (VXLAN, see, VXLAN_READ)
        }
        Action::AddVeth(_) => (VETH, vec![format!("{ip} -d link show type veth"), show], VETH_READ),
        Action::MoveLink(moved) => {
            let to = &moved.to;
            (
                MOVE,
                vec![format!("ip -n {to} link show {}", moved.rename), format!("netlab show {to}")],
                &["man ip-link (netns)", "man 7 network_namespaces", "https://www.cni.dev/docs/spec/"],
            )
        }
        Action::SetMtu(set) => (MTU, vec![format!("{ip} link show {}", set.name), show], MTU_READ),
        Action::AttachPort(attach) => {
            (PORT, vec![format!("{bridge} link"), format!("{ip} link show master {}", attach.bridge)], BRIDGE_READ)
        }
        Action::QuietLink(quiet) => (
            QUIET,
            vec![format!("{ip} -d link show {}", quiet.name), format!("{ip} -6 addr")],
            &["man ip-link (addrgenmode)", "https://www.rfc-editor.org/rfc/rfc4862"],
        ),
        Action::SetUp(up) if up.name == LinkName::loopback() => (
            LOOPBACK,
            vec![format!("{ip} addr show lo"), format!("{ip} route show table local")],
            &["man ip-link", "https://www.cni.dev/plugins/current/main/loopback/"],
        ),
        Action::SetUp(up) => (
            UP,
            vec![format!("{ip} link show {}", up.name), format!("{ip} route")],
            &["man ip-link", "https://docs.kernel.org/networking/operstates.html"],
        ),
        Action::AddAddress(add) => (
            ADDRESS,
            vec![format!("{ip} addr show {}", add.link), format!("{ip} route"), format!("{ip} route show table local")],
            &[
                "man ip-address",
                "https://kubernetes.io/docs/concepts/services-networking/",
                "https://www.cni.dev/plugins/current/ipam/host-local/",
            ],
        ),
        Action::AddNeighbour(add) => (
            NEIGHBOUR,
            vec![
                format!("{ip} neigh show dev {} nud permanent", add.link),
                format!("{bridge} fdb show dev {}", add.link),
            ],
            NEIGHBOUR_READ,
        ),
        Action::AddFdbEntry(add) => {
            let paragraphs = if add.mac == Mac::ZERO { FLOOD } else { FDB };
            (paragraphs, vec![format!("{bridge} fdb show dev {}", add.link), show], FDB_READ)
        }
        Action::AddRoute(add) if add.onlink => {
            let dev = add.dev.iter().map(|dev| format!("{ip} neigh show dev {dev} nud permanent"));
            let see = std::iter::once(format!("{ip} route get {}", add.to.ip())).chain(dev);
            (ONLINK, see.collect(), ONLINK_READ)
        }
        Action::AddRoute(add) => {
            let paragraphs = if add.to.prefix() == 0 { DEFAULT_ROUTE } else { ROUTE };
            // `ip route get 0.0.0.0` asks for the machine itself: an address from a documentation block stands for elsewhere.
            let elsewhere = if add.to.is_ipv4() { "198.51.100.1" } else { "2001:db8::1" };
            let somebody = if add.to.prefix() == 0 { elsewhere.to_owned() } else { add.to.ip().to_string() };
            let see = vec!["netlab routes".into(), format!("{ip} route get {somebody}")];
            (paragraphs, see, ROUTE_READ)
        }
        Action::AddTable(add) => {
            let see =
                vec![format!("{inside}nft list tables"), format!("{inside}nft list table {} {}", add.family, add.name)];
            (TABLE, see, NFT_READ)
        }
        Action::AddChain(add) => {
            let see = vec![format!("{inside}nft list chain {} {} {}", add.family, add.table, add.name)];
            (CHAIN, see, &["man nft (CHAINS)", "https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks"])
        }
        Action::AddRule(add) => {
            let to_one = add.rule.parts.iter().any(|part| matches!(part, Part::Snat(_)));
            let paragraphs = if to_one { SNAT } else { RULE };
            let see = vec![format!("{inside}nft list chain {} {} {}", add.family, add.table, add.chain), show];
            (paragraphs, see, RULE_READ)
        }
        Action::MakeLeaseDirectory(make) => {
            (LEASE_DIRECTORY, vec![format!("ls {}", ipam::network_directory(at, make.network.as_str()))], LEASE_READ)
        }
        Action::ReserveAddress(lease) => {
            let directory = ipam::network_directory(at, lease.network.as_str());
            (LEASE, vec![format!("head {directory}/*"), show], LEASE_READ)
        }
        Action::StartDhcpServer(_) => {
            (DHCP_SERVER, vec![format!("{inside}ss -ulnp"), format!("ls -R {}", ipam::dhcp_directory(at))], DHCP_READ)
        }
        Action::ReserveHost(_) => (DHCP_HOST, vec![format!("head {}/hosts/*", ipam::dhcp_directory(at))], DHCP_READ),
        Action::LeaseAddress(lease) => {
            let see =
                vec![format!("{ip} addr show {}", lease.link), format!("{ip} route"), format!("{inside}ss -uanp")];
            (DHCP_CLIENT, see, DHCP_READ)
        }
        Action::KeepMac(keep) => (
            KEEP_MAC,
            vec![format!("{ip} link show {}", keep.name), format!("{ip} link show master {}", keep.name)],
            BRIDGE_READ,
        ),
        Action::ReplaceRules(rules) => {
            let see = vec![format!("{inside}nft list chain {} {} {}", rules.family, rules.table, rules.chain), show];
            (REPLACE_RULES, see, RULE_READ)
        }
    };
    Background { paragraphs, see, read }
}

/// What a sysctl is about.
fn sysctl(key: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match key {
        "net.ipv4.ip_forward" => (FORWARD, FORWARD_READ),
        "net.ipv6.conf.all.forwarding" => (FORWARD_IPV6, FORWARD_READ),
        "net.ipv6.conf.default.accept_dad" => (DAD, DAD_READ),
        "net.ipv6.conf.default.keep_addr_on_down" => (KEEP, IP_SYSCTL),
        _ => (SYSCTL, SYSCTL_READ),
    }
}
