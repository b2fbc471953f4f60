//! `routing: vxlan`: what derives from it.

use std::collections::HashSet;

use netlab::topology::model::{Machine, Topology, Vxlan};

use super::*;

/// Three nodes in a cluster of these keys; `two` are the addresses of each, with `#` for 1, 2 and 3.
fn cluster(keys: &str, addresses: &str) -> Topology {
    let nodes: String = (1..=3)
        .map(|node| {
            format!(
                "  node-{node}: {{ address: [{}], pods: {{ pod-{node}: }} }}\n",
                addresses.replace('#', &node.to_string())
            )
        })
        .collect();
    read(&format!(
        "lab: x
networks: {{ underlay: {{ subnets: [192.168.1.0/24, 'fd00:1::/64'] }} }}
cluster: {{ routing: vxlan, {keys} }}
nodes:
{nodes}"
    ))
}

fn machine<'t>(topology: &'t Topology, name: &str) -> &'t Machine {
    let nodes = topology.nodes.iter().map(|node| &node.machine);
    nodes.chain(&topology.hosts).find(|machine| machine.name.as_str() == name).unwrap()
}

fn devices<'t>(topology: &'t Topology, name: &str) -> &'t [Vxlan] {
    &machine(topology, name).vxlan
}

/// `10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink`
fn routes(topology: &Topology, name: &str) -> Vec<String> {
    let routes = machine(topology, name).routes.iter();
    routes
        .map(|route| {
            let dev = route.dev.as_ref().map(|dev| format!(" dev {dev}")).unwrap_or_default();
            format!("{} via {}{dev}{}", route.to, route.via, if route.onlink { " onlink" } else { "" })
        })
        .collect()
}

/// What is to be seen of a device in one line, but for hardware addresses.
fn seen(device: &Vxlan) -> String {
    let list = |addresses: Vec<String>| addresses.join(" ");
    let peers = device
        .peers
        .iter()
        .map(|peer| format!("{}={}", peer.vtep, list(peer.addresses.iter().map(ToString::to_string).collect())));
    format!(
        "{} id {} port {} local {} dev {} mtu {}{} [{}] peers [{}] flood [{}]",
        device.name,
        device.id,
        device.port,
        device.local,
        device.dev,
        device.mtu,
        if device.learning { " learning" } else { "" },
        list(device.addresses.iter().map(ToString::to_string).collect()),
        list(peers.collect()),
        list(device.flood.iter().map(ToString::to_string).collect()),
    )
}

fn pods_mtu(topology: &Topology, node: usize) -> Option<u32> {
    topology.nodes[node].bridge.as_ref().unwrap().mtu
}

#[test]
fn a_device_on_each_node_with_entries_for_the_others_as_flannel_writes_them() {
    let topology = cluster("clusterCIDR: 10.244.0.0/16", "192.168.1.1#");
    let [device] = devices(&topology, "node-2") else { panic!() };
    assert_eq!(
        seen(device),
        "flannel.1 id 1 port 8472 local 192.168.1.12 dev eth0 mtu 1450 [10.244.1.0/32] \
         peers [192.168.1.11=10.244.0.0 192.168.1.13=10.244.2.0] flood []"
    );
    assert_eq!(
        routes(&topology, "node-2"),
        ["10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink", "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink"]
    );
    assert_eq!(pods_mtu(&topology, 1), Some(1450));
    // Each knows the others by the hardware address that they have.
    let macs: Vec<_> = ["node-1", "node-2", "node-3"].map(|name| devices(&topology, name)[0].mac).into();
    assert_eq!(device.peers.iter().map(|peer| peer.mac).collect::<Vec<_>>(), [macs[0], macs[2]]);
    assert_eq!(macs.iter().collect::<HashSet<_>>().len(), 3);
    assert!(macs.iter().all(|mac| mac.0[0] == 0x66));
}

#[test]
fn each_family_is_carried_by_itself_where_all_nodes_have_it_and_else_by_the_other_one() {
    let (v4, v6) = ("clusterCIDR: 10.244.0.0/16", "clusterCIDR: 'fd00:10::/56'");
    let both = "clusterCIDR: [10.244.0.0/16, 'fd00:10::/56']";
    let (on_v4, on_v6, on_both) = ("192.168.1.1#", "'fd00:1::1#'", "192.168.1.1#, 'fd00:1::1#'");
    for (keys, addresses, wanted, mtu) in [
        (v4, on_v4, vec!["flannel.1 192.168.1.11 10.244.0.0/32 1450"], 1450),
        (v4, on_both, vec!["flannel.1 192.168.1.11 10.244.0.0/32 1450"], 1450),
        (v4, on_v6, vec!["flannel-v6.1 fd00:1::11 10.244.0.0/32 1430"], 1430),
        (v6, on_v4, vec!["flannel.1 192.168.1.11 fd00:10::/128 1450"], 1450),
        (v6, on_v6, vec!["flannel-v6.1 fd00:1::11 fd00:10::/128 1430"], 1430),
        (both, on_v4, vec!["flannel.1 192.168.1.11 10.244.0.0/32 fd00:10::/128 1450"], 1450),
        (both, on_v6, vec!["flannel-v6.1 fd00:1::11 10.244.0.0/32 fd00:10::/128 1430"], 1430),
        (
            both,
            on_both,
            vec!["flannel.1 192.168.1.11 10.244.0.0/32 1450", "flannel-v6.1 fd00:1::11 fd00:10::/128 1430"],
            1430,
        ),
    ] {
        let topology = cluster(keys, addresses);
        let found: Vec<String> = devices(&topology, "node-1")
            .iter()
            .map(|device| {
                let addresses: Vec<String> = device.addresses.iter().map(ToString::to_string).collect();
                format!("{} {} {} {}", device.name, device.local, addresses.join(" "), device.mtu)
            })
            .collect();
        assert_eq!(
            (found, pods_mtu(&topology, 0)),
            (wanted.iter().map(ToString::to_string).collect(), Some(mtu)),
            "{keys} {addresses}"
        );
    }
}

#[test]
fn devices_that_learn_have_a_flood_list_and_no_entries() {
    let keys = "clusterCIDR: 10.244.0.0/16, vxlan: { learning: true, id: 42, port: 4789, name: vx, mtu: 1400 }";
    let topology = cluster(keys, "192.168.1.1#");
    assert_eq!(
        seen(&devices(&topology, "node-1")[0]),
        "vx id 42 port 4789 local 192.168.1.11 dev eth0 mtu 1400 learning [10.244.0.0/32] peers [] \
         flood [192.168.1.12 192.168.1.13]"
    );
    assert_eq!(routes(&topology, "node-1").len(), 2);
    assert_eq!(pods_mtu(&topology, 0), Some(1400));
}

#[test]
fn an_overlay_of_weave_is_the_same_whether_it_is_written_or_derives() {
    let text = std::fs::read_to_string(directory().join("weave.yaml")).unwrap();
    let written = text.replace("  ipam: weave\n", "  ipam: weave\n  routing: vxlan\n");
    assert_ne!(text, written);
    assert_eq!(read(&written), read(&text));
}

#[test]
fn nodes_that_share_a_subnet_send_to_each_other_directly_with_cross_subnet() {
    let topology = ship("overlay-cross-subnet.yaml");
    assert_eq!(
        routes(&topology, "node-1"),
        [
            "0.0.0.0/0 via 192.168.1.1",
            "10.244.2.0/24 via 192.168.1.12",
            "10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink",
            "10.244.4.0/24 via 10.244.4.0 dev flannel.1 onlink",
        ]
    );
    let [device] = devices(&topology, "node-1") else { panic!() };
    let vteps: Vec<String> = device.peers.iter().map(|peer| peer.vtep.to_string()).collect();
    assert_eq!(vteps, ["192.168.2.13", "192.168.2.14"]);

    // Where IPv4 carries IPv6, too, only IPv4 can go directly.
    let keys = "clusterCIDR: [10.244.0.0/16, 'fd00:10::/56'], vxlan: { crossSubnet: true }";
    let topology = cluster(keys, "192.168.1.1#");
    assert_eq!(
        routes(&topology, "node-1")[..2],
        ["10.244.1.0/24 via 192.168.1.12", "fd00:10:0:1::/64 via fd00:10:0:1:: dev flannel.1 onlink"]
    );
    let peers = &devices(&topology, "node-1")[0].peers;
    assert_eq!(peers[0].addresses, ["fd00:10:0:1::".parse::<std::net::IpAddr>().unwrap()]);
}

/// Two nodes on one network with unequal prefix lengths: a's subnet holds b's address, and b's does not hold a's.
#[test]
fn what_only_one_of_two_nodes_takes_for_its_subnet_goes_by_the_tunnel_in_both_directions() {
    let node = |address: &str, rest: &str| {
        format!("{{ interfaces: {{ eth0: {{ network: lan, addresses: {address} }} }}, {rest} }}")
    };
    for (cidr, one, [other, near], gateway) in [
        ("10.244.0.0/16", "192.168.1.11/16", ["192.168.2.12/24", "192.168.2.12/16"], "192.168.2.1"),
        ("'fd00::/56'", "'fd01::1:11/64'", ["'fd01::2:12/112'", "'fd01::2:12/64'"], "'fd01::2:1'"),
    ] {
        for (address, overlay) in [(other, 1), (near, 0)] {
            let topology = read(&format!(
                "lab: x
networks: {{ lan: {{}} }}
cluster: {{ clusterCIDR: {cidr}, routing: vxlan, vxlan: {{ crossSubnet: true }} }}
nodes:
  a: {}
  b: {}
",
                node(one, "pods: { p: }"),
                node(address, &format!("pods: {{ q: }}, routes: [{{ to: default, via: {gateway} }}]")),
            ));
            for name in ["a", "b"] {
                let tunnelled = routes(&topology, name).iter().filter(|route| route.contains(" dev flannel")).count();
                let peers = devices(&topology, name)[0].peers.len();
                assert_eq!((tunnelled, peers), (overlay, overlay), "{name}, {address}: {:?}", routes(&topology, name));
            }
        }
    }
}

#[test]
fn the_smallest_underlay_decides_about_the_mtu() {
    let file = |mtu: &str| {
        format!(
            "lab: x
networks: {{ lan: {{ subnets: 192.168.1.0/24, mtu: 9000 }} }}
cluster: {{ clusterCIDR: 10.244.0.0/16, routing: vxlan }}
nodes:
  a: {{ address: 192.168.1.1, pods: {{ p: }} }}
  b: {{ interfaces: {{ eth0: {{ network: lan, addresses: 192.168.1.2/24{mtu} }} }}, bridge: {{ mtu: 1300 }} }}
"
        )
    };
    let jumbo = read(&file(""));
    assert_eq!((devices(&jumbo, "a")[0].mtu, pods_mtu(&jumbo, 0), pods_mtu(&jumbo, 1)), (8950, Some(8950), Some(1300)));
    let narrow = read(&file(", mtu: 4000"));
    assert_eq!((devices(&narrow, "a")[0].mtu, devices(&narrow, "b")[0].mtu), (3950, 3950));
}

#[test]
fn what_is_written_wins_over_what_an_overlay_would_derive() {
    let topology = read(
        "lab: x
networks: { lan: { subnets: 192.168.1.0/24 } }
cluster: { clusterCIDR: 10.244.0.0/16, routing: vxlan }
nodes:
  a:
    address: 192.168.1.1
    vxlan: { flannel.1: { id: 1, local: 192.168.1.1, dev: eth0, mac: '02:00:00:00:00:0a', mtu: 1300 } }
    pods: { p: }
  b:
    address: 192.168.1.2
    routes: [{ to: 10.244.0.0/24, via: 192.168.1.1 }]
    pods: { q: }
",
    );
    let [device] = devices(&topology, "a") else { panic!() };
    assert!(device.peers.is_empty() && device.addresses.is_empty());
    assert_eq!(devices(&topology, "b")[0].peers[0].mac.to_string(), "02:00:00:00:00:0a");
    assert_eq!(routes(&topology, "b"), ["10.244.0.0/24 via 192.168.1.1"]);
    assert_eq!((pods_mtu(&topology, 0), pods_mtu(&topology, 1)), (Some(1300), Some(1450)));
}

#[test]
fn two_clusters_side_by_side_have_hardware_addresses_of_their_own() {
    let mut topology = read(
        "lab: x
networks: { lan: { subnets: 192.168.1.0/24 } }
clusters:
  east: { clusterCIDR: 10.244.0.0/16, routing: vxlan, vxlan: { id: 1 } }
  west: { clusterCIDR: 10.245.0.0/16, routing: vxlan, vxlan: { id: 2 } }
nodes:
  a: { cluster: east, address: 192.168.1.1, pods: { p: } }
  b: { cluster: east, address: 192.168.1.2, pods: { q: } }
  c: { cluster: west, address: 192.168.1.3, pods: { r: } }
  d: { cluster: west, address: 192.168.1.4, pods: { s: } }
",
    );
    let all: Vec<Vxlan> = topology.nodes.drain(..).flat_map(|node| node.machine.vxlan).collect();
    assert_eq!(
        all.iter().map(|device| device.name.as_str()).collect::<Vec<_>>(),
        ["flannel.1", "flannel.1", "flannel.2", "flannel.2"]
    );
    assert!(all.iter().all(|device| device.peers.len() == 1));
    assert_eq!(all.iter().map(|device| device.mac).collect::<HashSet<_>>().len(), 4);
}

/// The nodes of a file with two interfaces each, and which addresses a method finds there.
fn found(method: &str) -> Vec<String> {
    let topology = read(&format!(
        "lab: x
networks:
  management: {{ subnets: [172.16.0.0/24, 'fd00:16::/64'] }}
  data: {{ subnets: [192.168.1.0/24, 'fd00:1::/64'] }}
  far: {{ subnets: [10.9.0.0/24] }}
cluster:
  clusterCIDR: [10.244.0.0/16, 'fd00:10::/56']
  routing: vxlan
  underlay: {{ autodetect: '{method}' }}
nodes:
  a:
    interfaces:
      docker0: {{ network: far, addresses: 10.9.0.1/24 }}
      eth0: {{ network: management, addresses: [172.16.0.1/24, 'fd00:16::1/64'] }}
      eth1: {{ network: data, addresses: ['fe80::1/64', 192.168.1.1/24, 'fd00:1::1/64'] }}
    routes:
      - {{ to: 10.9.0.0/16, via: 192.168.1.99 }}
      - {{ to: default, via: 172.16.0.99 }}
    pods: {{ p: }}
"
    ));
    devices(&topology, "a").iter().map(|device| format!("{} {}", device.dev, device.local)).collect()
}

#[test]
fn each_method_finds_its_address() {
    let (management, data) = (["eth0 172.16.0.1", "eth0 fd00:16::1"], ["eth1 192.168.1.1", "eth1 fd00:1::1"]);
    for (method, wanted) in [
        ("first-found", management),
        ("can-reach=192.168.1.77", data),
        ("can-reach=fd00:1::77", data),
        // By a route that is written, and of two the longer one; by the default route; its own address.
        ("can-reach=10.9.7.7", data),
        ("can-reach=8.8.8.8", management),
        ("can-reach=192.168.1.1", data),
        ("interface=eth1", data),
        ("interface=eth.*", management),
        ("interface=ens.*, ^eth1$", data),
        ("cidr=192.168.0.0/16", data),
        ("cidr=10.0.0.0/8,192.168.1.0/30", data),
        ("cidr=fd00:1::/64", data),
        ("cidr=172.16.0.0/12,fd00:1::/64", [management[0], data[1]]),
    ] {
        assert_eq!(found(method), wanted, "{method}");
    }
    // What container runtimes make is passed over, unless it is asked for.
    assert_eq!(found("can-reach=10.9.0.7")[0], "docker0 10.9.0.1");
}

#[test]
fn a_router_and_the_world_speak_to_the_address_that_is_found() {
    let text = std::fs::read_to_string(directory().join("underlay-autodetect.yaml")).unwrap();
    let text = text
        .replace("[172.16.0.1/24] }", "[172.16.0.1/24] }\n      eth1: { network: data, addresses: [192.168.1.1/24] }");
    let of = |method: &str, rest: &str| {
        let text = text.replace("routing: vxlan", rest).replace("interface=eth1", method);
        read(&if rest.contains("flat") { text.replace("  masquerade: true\n", "") } else { text })
    };
    let (management, data) = ("172.16.0", "192.168.1");
    for (method, net) in [("first-found", management), ("interface=eth1", data), ("cidr=192.168.1.0/24", data)] {
        // The router that derives stands there and nowhere else, with the first address that is free.
        let derived = of(method, "routing: router");
        let router = machine(&derived, "router");
        let addresses: Vec<String> = router.interfaces.iter().map(|one| one.addresses[0].to_string()).collect();
        assert_eq!(addresses, [format!("{net}.2/24")], "{method}");
        assert_eq!(routes(&derived, "router")[1], format!("10.244.1.0/24 via {net}.12"), "{method}");
        assert_eq!(routes(&derived, "node-1"), [format!("0.0.0.0/0 via {net}.2")], "{method}");
        // One that is named is on both networks, and is spoken to there.
        let named = of(method, "routing: router\n  router: admin");
        assert_eq!(routes(&named, "admin")[1], format!("10.244.1.0/24 via {net}.12"), "{method}");
        assert_eq!(routes(&named, "node-1"), [format!("0.0.0.0/0 via {net}.1")], "{method}");
        // And so does a host that is on both networks of a flat cluster's nodes.
        let flat = of(method, "kind: flat");
        assert_eq!(routes(&flat, "admin")[1], format!("10.244.1.0/24 via {net}.12"), "{method}");
    }
}

#[test]
fn node_routes_lead_to_the_address_that_is_found() {
    let via = |method: &str| {
        let text = std::fs::read_to_string(directory().join("underlay-autodetect.yaml")).unwrap();
        let text = text.replace("routing: vxlan", "routing: nodeRoutes").replace("interface=eth1", method);
        let topology = read(&text);
        routes(&topology, "node-1").join(", ")
    };
    assert_eq!(via("first-found"), "10.244.1.0/24 via 172.16.0.12");
    for method in ["interface=eth1", "cidr=192.168.1.0/24", "can-reach=192.168.1.99"] {
        assert_eq!(via(method), "10.244.1.0/24 via 192.168.1.12", "{method}");
    }
}
