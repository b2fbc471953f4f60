//! [`Topology`] → YAML: what `netlab expand` prints. Reading it again gives the same topology.
//!
//! ```yaml
//! lab: one-node
//! nodes:
//!   node-1:
//!     forwarding: true
//! ```

use serde_yaml::{Mapping, Value};

use super::model::{Expectation, Interface, Machine, Masquerade, Network, Node, Pod, Port, Route, Topology};

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

fn put_list<T: ToString>(mapping: &mut Mapping, key: &str, values: &[T]) {
    if !values.is_empty() {
        put(mapping, key, texts(values));
    }
}

fn network(network: &Network) -> Entry {
    let mut mapping = Mapping::new();
    put_list(&mut mapping, "subnets", &network.subnets);
    (text(&network.name), Value::Mapping(mapping))
}

fn node(node: &Node) -> Entry {
    let mut mapping = machine(&node.machine);
    if let Some(bridge) = &node.bridge {
        let mut inner = Mapping::new();
        put(&mut inner, "name", text(&bridge.name));
        put_list(&mut inner, "addresses", &bridge.addresses);
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
    (text(&interface.name), Value::Mapping(mapping))
}

fn route(route: &Route) -> Value {
    let mut mapping = Mapping::new();
    let to = if route.to.prefix() == 0 { Value::from("default") } else { text(&route.to) };
    put(&mut mapping, "to", to);
    put(&mut mapping, "via", text(&route.via));
    Value::Mapping(mapping)
}

fn masquerade(entry: &Masquerade) -> Value {
    let mut mapping = Mapping::new();
    put(&mut mapping, "from", text(&entry.from));
    put_list(&mut mapping, "except", &entry.except);
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
