//! [`Topology`] → YAML: what `netlab expand` prints. Reading it again gives the same topology.
//!
//! ```yaml
//! lab: one-node
//! nodes:
//!   node-1:
//!     forwarding: true
//! ```

use serde_yaml::{Mapping, Value};

use super::model::{
    Cluster, Expectation, Family, Interface, Ipam, Machine, Masquerade, Network, Node, Pod, Pool, Port, Route,
    Topology, Vxlan, VxlanPeer,
};
use super::subnet::Subnet;

impl Topology {
    /// The topology as a file that is spelled out.
    ///
    /// ```
    /// let topology = netlab::topology::parse("x", "lab: x\nnodes: { n: { podCIDR: 10.1.0.0/24 } }").unwrap();
    /// assert_eq!(netlab::topology::parse("y", &topology.to_yaml()).unwrap(), topology);
    /// ```
    pub fn to_yaml(&self) -> String {
        let mut file = Mapping::new();
        put(&mut file, "lab", text(&self.lab));
        put_unless_empty(&mut file, "networks", self.networks.iter().map(network).collect());
        match &self.clusters[..] {
            [only] if only.name.is_none() => put(&mut file, "cluster", Value::Mapping(cluster(only))),
            several => {
                let named =
                    several.iter().filter_map(|one| Some((text(one.name.as_ref()?), Value::Mapping(cluster(one)))));
                put_unless_empty(&mut file, "clusters", named.collect());
            }
        }
        put(&mut file, "nodes", Value::Mapping(self.nodes.iter().map(node).collect()));
        let hosts = self.hosts.iter().map(|host| (text(&host.name), Value::Mapping(machine(host))));
        put_unless_empty(&mut file, "hosts", hosts.collect());
        if !self.expect.is_empty() {
            put(&mut file, "expect", Value::Sequence(self.expect.iter().map(expectation).collect()));
        }
        // Writing plain values to a string cannot fail.
        serde_yaml::to_string(&file).unwrap_or_default()
    }
}

type Entry = (Value, Value);

fn text(value: &impl ToString) -> Value {
    Value::String(value.to_string())
}

fn texts<T: ToString>(values: &[T]) -> Value {
    Value::Sequence(values.iter().map(text).collect())
}

fn put(mapping: &mut Mapping, key: &str, value: Value) {
    mapping.insert(Value::from(key), value);
}

fn put_unless_empty(mapping: &mut Mapping, key: &str, value: Mapping) {
    if !value.is_empty() {
        put(mapping, key, Value::Mapping(value));
    }
}

fn put_some<T: Into<Value>>(mapping: &mut Mapping, key: &str, value: Option<T>) {
    if let Some(value) = value {
        put(mapping, key, value.into());
    }
}

fn put_list<T: ToString>(mapping: &mut Mapping, key: &str, values: &[T]) {
    if !values.is_empty() {
        put(mapping, key, texts(values));
    }
}

fn network(network: &Network) -> Entry {
    let mut mapping = Mapping::new();
    put_list(&mut mapping, "subnets", &network.subnets);
    put_some(&mut mapping, "mtu", network.mtu);
    (text(&network.name), Value::Mapping(mapping))
}

/// What derived from it is written down elsewhere, and is not to be derived again.
fn cluster(cluster: &Cluster) -> Mapping {
    let mut mapping = Mapping::new();
    if let Some(kind) = cluster.kind {
        put(&mut mapping, "kind", kind.word().into());
    }
    let ranges: Vec<_> = cluster.ranges.iter().map(|range| range.cidr).collect();
    put_list(&mut mapping, "clusterCIDR", &ranges);
    // Weave Net cuts no blocks.
    for range in cluster.ranges.iter().filter(|_| cluster.ipam != Some(Ipam::Weave)) {
        let key = match range.cidr.family() {
            Family::V4 => "nodeCIDRMaskSizeIPv4",
            Family::V6 => "nodeCIDRMaskSizeIPv6",
        };
        put(&mut mapping, key, range.node_mask.into());
    }
    put(&mut mapping, "allocateNodeCIDRs", false.into());
    put(&mut mapping, "routing", "none".into());
    put_some(&mut mapping, "router", cluster.router.as_ref().map(text));
    if !cluster.pools.is_empty() {
        put(&mut mapping, "ipPools", Value::Sequence(cluster.pools.iter().map(pool).collect()));
    }
    if let Some(ipam) = cluster.ipam {
        put(&mut mapping, "ipam", ipam.word().into());
    }
    put_some(&mut mapping, "leaseTime", cluster.lease_time);
    put(&mut mapping, "masquerade", false.into());
    mapping
}

fn pool(pool: &Pool) -> Value {
    let mut mapping = Mapping::new();
    put(&mut mapping, "cidr", text(&pool.cidr));
    if pool.disabled {
        put(&mut mapping, "disabled", true.into());
    }
    Value::Mapping(mapping)
}

fn node(node: &Node) -> Entry {
    let mut mapping = machine(&node.machine);
    put_some(&mut mapping, "cluster", node.cluster.as_ref().map(text));
    if let Some(bridge) = &node.bridge {
        let mut inner = Mapping::new();
        put(&mut inner, "name", text(&bridge.name));
        put_list(&mut inner, "addresses", &bridge.addresses);
        put_some(&mut inner, "mtu", bridge.mtu);
        put(&mut mapping, "bridge", Value::Mapping(inner));
    }
    put_unless_empty(&mut mapping, "pods", node.pods.iter().map(pod).collect());
    (text(&node.machine.name), Value::Mapping(mapping))
}

fn pod(pod: &Pod) -> Entry {
    let mut mapping = Mapping::new();
    put_list(&mut mapping, "addresses", &pod.addresses);
    mapping.extend(machine(&pod.machine));
    (text(&pod.machine.name), Value::Mapping(mapping))
}

fn machine(machine: &Machine) -> Mapping {
    let mut mapping = Mapping::new();
    if let Some(forwarding) = machine.forwarding {
        put(&mut mapping, "forwarding", forwarding.into());
    }
    let sysctls = machine.sysctls.iter().map(|(key, value)| (text(key), setting(value)));
    put_unless_empty(&mut mapping, "sysctls", sysctls.collect());
    put_unless_empty(&mut mapping, "interfaces", machine.interfaces.iter().map(interface).collect());
    if !machine.routes.is_empty() {
        put(&mut mapping, "routes", Value::Sequence(machine.routes.iter().map(route).collect()));
    }
    if !machine.masquerade.is_empty() {
        put(&mut mapping, "masquerade", Value::Sequence(machine.masquerade.iter().map(masquerade).collect()));
    }
    put_unless_empty(&mut mapping, "vxlan", machine.vxlan.iter().map(vxlan).collect());
    mapping
}

/// Small whole numbers look better without the quotes that other text needs.
fn setting(value: &str) -> Value {
    match value.parse::<u32>() {
        Ok(number) if number.to_string() == value => number.into(),
        _ => Value::from(value),
    }
}

fn interface(interface: &Interface) -> Entry {
    let mut mapping = Mapping::new();
    put(&mut mapping, "network", text(&interface.network));
    put_list(&mut mapping, "addresses", &interface.addresses);
    put_some(&mut mapping, "mtu", interface.mtu);
    (text(&interface.name), Value::Mapping(mapping))
}

fn route(route: &Route) -> Value {
    let mut mapping = Mapping::new();
    let to = if route.to.prefix() == 0 { Value::from("default") } else { text(&route.to) };
    put(&mut mapping, "to", to);
    put(&mut mapping, "via", text(&route.via));
    put_some(&mut mapping, "dev", route.dev.as_ref().map(text));
    if route.onlink {
        put(&mut mapping, "onlink", true.into());
    }
    Value::Mapping(mapping)
}

fn masquerade(entry: &Masquerade) -> Value {
    let mut mapping = Mapping::new();
    put(&mut mapping, "from", text(&entry.from));
    put_list(&mut mapping, "except", &entry.except);
    put_some(&mut mapping, "to", entry.to.as_ref().map(text));
    Value::Mapping(mapping)
}

fn vxlan(device: &Vxlan) -> Entry {
    let mut mapping = Mapping::new();
    put(&mut mapping, "id", device.id.into());
    put(&mut mapping, "port", device.port.into());
    put(&mut mapping, "local", text(&device.local));
    put(&mut mapping, "dev", text(&device.dev));
    put(&mut mapping, "mac", text(&device.mac));
    put(&mut mapping, "mtu", device.mtu.into());
    if device.learning {
        put(&mut mapping, "learning", true.into());
    }
    put_some(&mut mapping, "master", device.master.as_ref().map(text));
    put_list(&mut mapping, "addresses", &device.addresses);
    if !device.peers.is_empty() {
        put(&mut mapping, "peers", Value::Sequence(device.peers.iter().map(vxlan_peer).collect()));
    }
    put_list(&mut mapping, "flood", &device.flood);
    (text(&device.name), Value::Mapping(mapping))
}

fn vxlan_peer(peer: &VxlanPeer) -> Value {
    let mut mapping = Mapping::new();
    put(&mut mapping, "vtep", text(&peer.vtep));
    put(&mut mapping, "mac", text(&peer.mac));
    put_list(&mut mapping, "addresses", &peer.addresses);
    Value::Mapping(mapping)
}

fn expectation(expectation: &Expectation) -> Value {
    let mut mapping = Mapping::new();
    put_list(&mut mapping, "from", &expectation.from);
    put_list(&mut mapping, "to", &expectation.to);
    if !expectation.reachable {
        put(&mut mapping, "reachable", false.into());
    }
    put_list(&mut mapping, "as", &expectation.seen_as);
    match expectation.port {
        Some(Port::Tcp(port)) => put(&mut mapping, "tcp", port.into()),
        Some(Port::Udp(port)) => put(&mut mapping, "udp", port.into()),
        None => {}
    }
    if let Some(family) = expectation.family {
        put(&mut mapping, "family", text(&family));
    }
    Value::Mapping(mapping)
}
