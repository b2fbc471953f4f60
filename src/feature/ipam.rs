//! `ipam:` – how pods come by their addresses, where the file says who gives them.
//!
//! ```text
//! host-local   node-1: mkdir /run/cni/node-1/networks/cni0 · pod by pod: a file for its address, then the address itself
//! dhcp         node-1: a server on cni0 · pod by pod: the server is told of it, then the pod asks
//! weave        the nodes have shared the range out among themselves beforehand: nothing is to be done here
//! ```
//!
//! Without `ipam` the addresses are the same, as host-local would give them, and nobody writes them down.

use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::{IpNetwork, Ipv4Network};

use crate::names::{LinkName, MachineName};
use crate::step::{Action, LeaseAddress, MakeLeaseDirectory, ReserveAddress, ReserveHost, StartDhcpServer, Step};
use crate::topology::model::{Bridge, Cluster, Ipam, Pod};

/// For how long a DHCP server leases addresses unless the file says so, in seconds: as dnsmasq does.
pub const LEASE_TIME: u32 = 3600;

/// What a node needs before it can give addresses out.
pub fn prepare(node: &MachineName, bridge: &Bridge, cluster: Option<&Cluster>) -> Vec<Step> {
    let network = bridge.name.clone();
    match cluster.and_then(|cluster| cluster.ipam) {
        Some(Ipam::HostLocal) => {
            let action = MakeLeaseDirectory { network };
            let why = "host-local IPAM keeps a file there for each address that it gives out";
            vec![Step::new(node, Action::MakeLeaseDirectory(action), why)]
        }
        Some(Ipam::Dhcp) => {
            let lease_time = cluster.and_then(|cluster| cluster.lease_time).unwrap_or(LEASE_TIME);
            let why = "it gives the addresses of the node's block to whoever asks";
            let action = |gateway| Action::StartDhcpServer(StartDhcpServer { bridge: network, gateway, lease_time });
            served(bridge).map(|gateway| Step::new(node, action(gateway), why)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The leases that a pod gets before its addresses: one for each, as far as they are of the bridge's subnets.
pub fn reserve(node: &MachineName, bridge: &Bridge, pod: &Pod, cluster: Option<&Cluster>) -> Vec<Step> {
    if cluster.and_then(|cluster| cluster.ipam) != Some(Ipam::HostLocal) {
        return Vec::new();
    }
    let lease = |address: &IpNetwork| {
        let set = u8::try_from(range_set(bridge, address.ip())?).ok()?;
        let (network, pod) = (bridge.name.clone(), pod.machine.name.clone());
        let action = ReserveAddress { network, address: address.ip(), set, pod, interface: LinkName::of_pod() };
        let why = "whoever looks for a free address finds that this one is taken";
        Some(Step::new(node, Action::ReserveAddress(action), why))
    };
    pod.addresses.iter().filter_map(lease).collect()
}

/// The number of the range set that an address is of: each of the bridge's subnets is one, in their order.
fn range_set(bridge: &Bridge, address: IpAddr) -> Option<usize> {
    let mut subnets: Vec<(IpAddr, u8)> = Vec::new();
    for gateway in &bridge.addresses {
        let subnet = (gateway.network(), gateway.prefix());
        if !subnets.contains(&subnet) {
            subnets.push(subnet);
        }
    }
    subnets.iter().position(|(network, length)| IpNetwork::new(*network, *length).is_ok_and(|n| n.contains(address)))
}

/// What a pod gets by DHCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leased {
    /// The address, of the bridge's subnet.
    pub address: Ipv4Network,
    /// The bridge's own address in it, which the server names as the gateway.
    pub gateway: Ipv4Addr,
}

/// The address that a pod gets by DHCP, if it gets one: that in the bridge's first IPv4 subnet, which the server serves.
pub fn leased(bridge: &Bridge, pod: &Pod, cluster: Option<&Cluster>) -> Option<Leased> {
    if cluster.and_then(|cluster| cluster.ipam) != Some(Ipam::Dhcp) {
        return None;
    }
    let gateway = served(bridge)?;
    let in_it = |address: &Ipv4Network| address.prefix() == gateway.prefix() && gateway.contains(address.ip());
    let address = pod.addresses.iter().filter_map(v4).find(in_it)?;
    Some(Leased { address, gateway: gateway.ip() })
}

/// The bridge's address that its DHCP server serves from: the first one of IPv4.
fn served(bridge: &Bridge) -> Option<Ipv4Network> {
    bridge.addresses.iter().find_map(v4)
}

fn v4(network: &IpNetwork) -> Option<Ipv4Network> {
    match network {
        IpNetwork::V4(network) => Some(*network),
        IpNetwork::V6(_) => None,
    }
}

/// The steps by which a pod gets its address by DHCP, once its interface is up. `routed` tells whether its default route
/// comes with it.
pub fn lease(node: &MachineName, pod: &MachineName, leased: Leased, routed: bool) -> Vec<Step> {
    let host = ReserveHost { pod: pod.clone(), address: leased.address.ip() };
    let gateway = routed.then_some(leased.gateway);
    let client = LeaseAddress { link: LinkName::of_pod(), address: leased.address, gateway };
    let why_client = match routed {
        true => "the address, the subnet's mask and the gateway come in the answer",
        false => "the address and the subnet's mask come in the answer",
    };
    vec![
        Step::new(node, Action::ReserveHost(host), "so it is known beforehand which one it gets"),
        Step::new(pod, Action::LeaseAddress(client), why_client),
    ]
}
