//! Graphs for tests: of the topologies that come with netlab, of odd ones, and of a lab in which much has gone wrong.

use crate::diff::{Difference, Sort};
use crate::graph::{Graph, Source};
use crate::names::MachineName;
use crate::network::{Address, Link, Namespaces, Peer, PortState, Route, Vxlan, effect};
use crate::plan::Plan;
use crate::topology::{generate, parse};

pub const THREE_NODES: &str = include_str!("../../../topologies/three-nodes.yaml");
pub const DUAL_STACK: &str = include_str!("../../../topologies/dual-stack.yaml");
const ONE_NODE: &str = include_str!("../../../topologies/one-node.yaml");
const IPV6_ONLY: &str = include_str!("../../../topologies/ipv6-only.yaml");

/// Two networks with a router between them, and a pod that is plugged into one of them too.
pub const ROUTER: &str = "
lab: router
networks: { blue: { subnets: [192.168.1.0/24] }, green: { subnets: [192.168.2.0/24] }, unused: {} }
nodes:
  node-1:
    interfaces: { eth0: { network: blue, addresses: [192.168.1.11/24] } }
    bridge: { name: cni0, addresses: [10.244.1.1/24] }
    pods: { pod-a: {}, pod-b: { interfaces: { net1: { network: green, addresses: [192.168.2.77/24] } } } }
    routes: [{ to: default, via: 192.168.1.1 }]
  node-2:
    interfaces: { eth0: { network: green, addresses: [192.168.2.12/24] } }
    bridge: { name: cni0, addresses: [10.244.2.1/24] }
    pods: { pod-c: {} }
hosts:
  router:
    forwarding: true
    interfaces:
      eth0: { network: blue, addresses: [192.168.1.1/24] }
      eth1: { network: green, addresses: [192.168.2.1/24] }
    routes: [{ to: 10.244.1.0/24, via: 192.168.1.11 }, { to: 10.244.2.0/24, via: 192.168.2.12 }]
";

/// Names and addresses as long as they can be, and machines with nothing in them.
const AWKWARD: &str = r#"
lab: awkward-names-that-go-on-and-on-and-on-until-they-are-63-bytes1
networks: { very-long-netwo: { subnets: ["2001:db8:1234:5678::/64", 192.168.100.0/24] } }
nodes:
  a-node-with-a-name-that-is-as-long-as-a-name-may-be-at-63-bytes:
    interfaces:
      enp0s31f6-long1:
        network: very-long-netwo
        addresses: ["2001:db8:1234:5678:9abc:def0:1234:5678/64", 192.168.100.111/24]
    bridge: { name: br-very-long-15, addresses: ["2001:db8:aaaa:bbbb:cccc:dddd:eeee:1/64", 10.111.111.1/24] }
    pods:
      a-pod-with-a-name-that-is-as-long-as-a-name-may-be-at-63-bytes1:
        addresses: ["2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff/64", 10.111.111.222/24]
      WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW: {}
      b: {}
  end: { bridge: { name: cni0, addresses: [10.9.0.1/24] } }
hosts:
  lonely: {}
"#;

/// The plan of a topology.
pub fn plan(text: &str) -> Plan {
    Plan::of(&parse("test.yaml", text).unwrap())
}

/// The graph of a topology.
pub fn planned(text: &str) -> Graph {
    let plan = plan(text);
    Graph::of(&plan, &plan.predict(|_| true), Source::Plan)
}

/// Three nodes, after somebody was there: links are down, missing, in no bridge; there are machines, a VXLAN and addresses
/// that the plan does not know, and a link whose name is one that only the kernel allows.
pub fn disturbed() -> (Plan, Namespaces) {
    let plan = plan(THREE_NODES);
    let mut net = plan.predict(|_| true);
    let name = |text: &str| text.parse::<MachineName>().unwrap();
    let (node1, node2, node3) = (name("node-1"), name("node-2"), name("node-3"));
    effect::delete_link(&mut net, &node2, "veth-pod-d");
    effect::delete_namespace(&mut net, &name("outside"));
    let link = |net: &mut Namespaces, at: &MachineName, link: &str, change: &dyn Fn(&mut Link)| {
        let links = &mut net.get_mut(at).unwrap().links;
        change(links.iter_mut().find(|there| there.name == link).unwrap());
    };
    link(&mut net, &node1, "veth-pod-b", &|link| link.up = false);
    link(&mut net, &node1, "veth-pod-a", &|link| link.port = Some(PortState::Blocking));
    link(&mut net, &node3, "veth-pod-f", &|link| (link.master, link.port) = (None, None));
    link(&mut net, &MachineName::fabric(), "node-3-eth0", &|link| (link.master, link.port) = (None, None));
    for (node, last) in [(&node1, 11), (&node2, 12)] {
        let vxlan = Some(Vxlan { vni: 1, port: 8472, local: Some([192, 168, 1, last].into()), ..Vxlan::default() });
        let ns = net.get_mut(node).unwrap();
        ns.links.push(Link { vxlan, up: true, carrier: true, ..Link::new("flannel.1", "vxlan") });
        ns.addresses.push(Address::new("flannel.1", format!("10.244.{}.0/32", last - 10).parse().unwrap()));
    }
    net.get_mut(&node2).unwrap().routes.retain(|route| route.to != "10.244.1.0/24".parse().unwrap());
    let foreign =
        Route { dev: Some("eth0".into()), kind: "blackhole".into(), ..Route::to("203.0.113.0/24".parse().unwrap()) };
    net.get_mut(&node1).unwrap().routes.push(foreign);
    net.get_mut(&node1).unwrap().tables.clear();
    net.get_mut(&name("pod-e")).unwrap().addresses.push(Address::new("eth0", "10.244.3.77/24".parse().unwrap()));
    let (red, blue) = (name("red"), name("blue"));
    let cable = "<\"&'\\\u{1}>";
    for (here, there, address) in [(&red, &blue, "198.51.100.1/24"), (&blue, &red, "198.51.100.2/24")] {
        effect::add_namespace(&mut net, here);
        let ns = net.get_mut(here).unwrap();
        let peer = Some(Peer { machine: there.clone(), link: cable.into() });
        ns.links.push(Link { peer, up: true, carrier: true, ..Link::new(cable, "veth") });
        ns.addresses.push(Address::new(cable, address.parse().unwrap()));
    }
    (plan, net)
}

/// What differs there, as far as it is of use here.
fn differences() -> Vec<Difference> {
    let different = |machine: &str, sort: Sort, what: &str| Difference {
        machine: machine.parse().unwrap(),
        sort,
        what: what.into(),
        step: None,
        follows: false,
        mends: Vec::new(),
    };
    vec![
        different("node-1", Sort::Missing, "veth-pod-b up"),
        different("node-1", Sort::Foreign, "link flannel.1, a vxlan"),
        different("node-2", Sort::Missing, "route 10.244.1.0/24 via 192.168.1.11"),
        different("node-3", Sort::Changed, "sysctl net.ipv4.ip_forward is 0; the plan says net.ipv4.ip_forward=1"),
        different("pod-e", Sort::Foreign, "address 10.244.3.77/24 on eth0"),
        different("outside", Sort::Missing, "namespace outside"),
    ]
}

/// One node, to which somebody gave a second bridge with a machine on it, and a machine that is on none.
pub fn two_bridges() -> Graph {
    let plan = plan(ONE_NODE);
    let mut net = plan.predict(|_| true);
    let node: MachineName = "node-1".parse().unwrap();
    for (machine, master) in [("green", Some("br1")), ("loose", None)] {
        let machine: MachineName = machine.parse().unwrap();
        effect::add_namespace(&mut net, &machine);
        let port = format!("veth-{machine}");
        let link = |name: &str, machine: &MachineName, link: &str| Link {
            peer: Some(Peer { machine: machine.clone(), link: link.into() }),
            up: true,
            carrier: true,
            ..Link::new(name, "veth")
        };
        net.get_mut(&machine).unwrap().links.push(link("eth0", &node, &port));
        let near = Link { master: master.map(str::to_owned), ..link(&port, &machine, "eth0") };
        net.get_mut(&node).unwrap().links.push(near);
    }
    let ns = net.get_mut(&node).unwrap();
    ns.links.push(Link { up: true, ..Link::new("br1", "bridge") });
    ns.links.push(Link { up: true, ..Link::new("dummy0", "dummy") });
    ns.addresses.push(Address::new("dummy0", "198.51.100.9/32".parse().unwrap()));
    Graph::of(&plan, &net, Source::Kernel)
}

/// The disturbed lab, as it was seen.
pub fn broken() -> Graph {
    let (plan, net) = disturbed();
    Graph::of(&plan, &net, Source::Kernel)
}

/// The same with marks.
pub fn drifted() -> Graph {
    let (plan, net) = disturbed();
    Graph::of_drift(&plan, &net, &plan.predict(|_| true), &differences())
}

/// A graph of each sort.
pub fn all() -> Vec<(&'static str, Graph)> {
    vec![
        ("three-nodes", planned(THREE_NODES)),
        ("dual-stack", planned(DUAL_STACK)),
        ("one-node", planned(ONE_NODE)),
        ("ipv6-only", planned(IPV6_ONLY)),
        ("router", planned(ROUTER)),
        ("awkward", planned(AWKWARD)),
        ("20x5", planned(&generate(20, 5))),
        ("20x50", planned(&generate(20, 50))),
        ("3x13", planned(&generate(3, 13))),
        ("nothing", planned("lab: nothing\nnodes: {}\n")),
        ("two-bridges", two_bridges()),
        ("broken", broken()),
        ("drifted", drifted()),
    ]
}
