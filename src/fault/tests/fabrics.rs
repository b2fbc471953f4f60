//! The ways of packets over routers and overlays, and out of a cluster under another address.

use super::*;

/// The way from one to another and back as text: machine, role, links, and the port of a packet around another one.
fn way(site: &Site<'_>, from: &str, to: &str, ipv6: bool) -> Option<Vec<String>> {
    let station = |name: &str| site.station(name).unwrap();
    let links = |links: &[crate::names::LinkName]| links.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let text = |passage: &Passage| {
        let role = format!("{:?}", passage.role).to_lowercase();
        let around = passage.outer.map_or_else(String::new, |port| format!(" around, {port}"));
        let (enters, leaves) = (links(&passage.enters), links(&passage.leaves));
        format!("{} {role}: {enters} → {leaves}{around}", passage.machine)
    };
    Some(round_trip(site, station(from), station(to), ipv6)?.iter().map(text).collect())
}

/// Those of the way there alone.
fn there(site: &Site<'_>, from: &str, to: &str, ipv6: bool) -> Vec<String> {
    let way = way(site, from, to, ipv6).unwrap();
    way[..way.len() / 2].to_vec()
}

fn text(file: &str) -> String {
    std::fs::read_to_string(format!("topologies/{file}.yaml")).unwrap()
}

#[test]
fn by_way_of_a_router() {
    let (topology, net) = lab("router");
    let site = Site::new(&topology, &net);
    let expected = [
        "pod-a sent:  → eth0",
        "node-1 forwarded: veth-pod-a cni0 → eth0",
        "fabric bridged: node-1-eth0 underlay → underlay router-eth0",
        "router forwarded: eth0 → eth0",
        "fabric bridged: router-eth0 underlay → underlay node-2-eth0",
        "node-2 forwarded: eth0 → cni0 veth-pod-c",
        "pod-c delivered: eth0 → ",
    ];
    assert_eq!(there(&site, "pod-a", "pod-c", false), expected);
}

/// Each family in packets of its own, as the file has it.
#[test]
fn over_vxlan_lies_the_way_of_the_packet_around_it() {
    let (topology, net) = lab("overlay-by-hand");
    let site = Site::new(&topology, &net);
    for (ipv6, device) in [(false, "flannel.1"), (true, "flannel-v6.1")] {
        let expected = [
            "pod-a sent:  → eth0".to_owned(),
            format!("node-1 forwarded: veth-pod-a cni0 → {device}"),
            "node-1 sent:  → eth0 around, 8472".to_owned(),
            "fabric bridged: node-1-eth0 underlay → underlay node-2-eth0 around, 8472".to_owned(),
            "node-2 delivered: eth0 →  around, 8472".to_owned(),
            format!("node-2 forwarded: {device} → cni0 veth-pod-b"),
            "pod-b delivered: eth0 → ".to_owned(),
        ];
        assert_eq!(there(&site, "pod-a", "pod-b", ipv6), expected);
        let round = round_trip(&site, site.station("node-1").unwrap(), site.station("pod-b").unwrap(), ipv6).unwrap();
        assert_eq!(round[0].from, site.station("node-1").unwrap().tunnels[usize::from(ipv6)].port.addresses[0].ip());
        assert!(round.iter().filter(|passage| passage.outer.is_some()).all(|outer| outer.to.is_ipv6() == ipv6));
    }
}

/// IPv6 in packets of IPv4.
#[test]
fn the_packet_around_another_one_is_of_the_family_of_the_underlay() {
    let v4_only = text("overlay-dual-stack").replace(", \"fd00:192:168:1::", " ] #");
    let (topology, net) = lab_of(&v4_only);
    let site = Site::new(&topology, &net);
    let round = round_trip(&site, site.station("pod-a").unwrap(), site.station("pod-b").unwrap(), true).unwrap();
    let (outer, inner): (Vec<&Passage>, Vec<&Passage>) = round.iter().partition(|passage| passage.outer.is_some());
    assert_eq!((outer.len(), inner.len()), (6, 8));
    assert!(outer.iter().all(|passage| passage.to.is_ipv4()) && inner.iter().all(|passage| passage.to.is_ipv6()));
    let wish = Wish { machine: named("node-1"), ..Wish::default() };
    let strikes = find("underlay-filtered").unwrap().candidates(&site, &wish);
    let [strike] = &strikes[..] else { panic!("{strikes:#?}") };
    assert_eq!(strike.ipv6, Some(false));
    let ways = ways(&site, |_, _| true);
    assert!(broken(strike, &ways).any(|cell| cell.ipv6) && broken(strike, &ways).any(|cell| !cell.ipv6));
}

/// Some by way of each other, others over VXLAN and a router that knows no pods.
#[test]
fn across_subnets() {
    let (topology, net) = lab("overlay-cross-subnet");
    let site = Site::new(&topology, &net);
    assert!(there(&site, "pod-a", "pod-b", false).iter().all(|passage| !passage.contains("around")));
    let expected = [
        "node-1 sent:  → eth0 around, 8472",
        "fabric bridged: node-1-eth0 rack-a → rack-a router-eth0 around, 8472",
        "router forwarded: eth0 → eth1 around, 8472",
        "fabric bridged: router-eth1 rack-b → rack-b node-3-eth0 around, 8472",
        "node-3 delivered: eth0 →  around, 8472",
    ];
    assert_eq!(there(&site, "pod-a", "pod-c", false)[2..7], expected);
    // The default route would lead there only if the router knew of pods.
    let wish = Wish { machine: named("node-1"), other: named("node-2"), ipv6: None };
    assert_eq!(find("missing-route").unwrap().candidates(&site, &wish).len(), 1);
    let knows = "hosts:\n  router:\n    routes: [{ to: 10.244.2.0/24, via: 192.168.1.12 }]\n";
    let (topology, net) = lab_of(&text("overlay-cross-subnet").replace("hosts:\n  router:\n", knows));
    assert!(find("missing-route").unwrap().candidates(&Site::new(&topology, &net), &wish).is_empty());
}

/// What is asked for is found, and entries that could be missing are not there.
#[test]
fn devices_that_learn_ask_everybody() {
    let (topology, net) = lab("overlay-learning");
    let site = Site::new(&topology, &net);
    assert!(there(&site, "pod-a", "pod-c", false).iter().any(|passage| passage.contains("around, 4789")));
    let possible = |slug: &str| find(slug).unwrap().candidates(&site, &Wish::default()).len();
    assert_eq!(["missing-fdb", "missing-vtep-neighbour"].map(possible), [0, 0]);
    assert_eq!(["wrong-vtep", "vni-mismatch"].map(possible), [6, 3]);
    let deaf = text("overlay-by-hand").replace("{ vtep: 192.168.1.12, mac", "{ vtep: 192.168.1.13, mac");
    let (topology, net) = lab_of(&deaf);
    assert_eq!(way(&Site::new(&topology, &net), "pod-a", "pod-b", false), None, "nobody is there");
}

/// As weave does it: the bridges of all nodes are one.
const ONE_WIRE: &str = "
lab: x
networks: { underlay: { subnets: [192.168.1.0/24] } }
nodes:
  node-1:
    interfaces: { eth0: { network: underlay, addresses: [192.168.1.11/24] } }
    bridge: { name: weave, addresses: [10.32.0.1/12], mtu: 1450 }
    pods: { pod-a: { addresses: [10.32.0.2/12] } }
    vxlan:
      vxlan-6784: { id: 1, port: 6784, local: 192.168.1.11, dev: eth0, mac: '66:2a:00:00:00:01', mtu: 1450, learning: true,
                    master: weave, flood: [192.168.1.12] }
  node-2:
    interfaces: { eth0: { network: underlay, addresses: [192.168.1.12/24] } }
    bridge: { name: weave, addresses: [10.40.0.1/12], mtu: 1450 }
    pods: { pod-b: { addresses: [10.40.0.2/12] } }
    vxlan:
      vxlan-6784: { id: 1, port: 6784, local: 192.168.1.12, dev: eth0, mac: '66:2a:00:00:00:02', mtu: 1450, learning: true,
                    master: weave, flood: [192.168.1.11] }
";

#[test]
fn a_device_that_is_a_port_of_a_bridge() {
    let (topology, net) = lab_of(ONE_WIRE);
    let site = Site::new(&topology, &net);
    let expected = [
        "pod-a sent:  → eth0",
        "node-1 bridged: veth-pod-a weave → weave vxlan-6784",
        "node-1 sent:  → eth0 around, 6784",
        "fabric bridged: node-1-eth0 underlay → underlay node-2-eth0 around, 6784",
        "node-2 delivered: eth0 →  around, 6784",
        "node-2 bridged: vxlan-6784 weave → weave veth-pod-b",
        "pod-b delivered: eth0 → ",
    ];
    assert_eq!(there(&site, "pod-a", "pod-b", false), expected);
    assert_eq!(there(&site, "node-1", "pod-b", false)[0], "node-1 sent:  → weave vxlan-6784");
    // Where all hear each other, two that have one address are not told from each other by routes.
    for slug in ["duplicate-address", "martian-source", "wrong-prefix-length", "wrong-vtep"] {
        assert!(find(slug).unwrap().candidates(&site, &Wish::default()).is_empty(), "{slug}");
    }
}

/// Out of a cluster under an address of the node's choice, and back.
#[test]
fn an_address_to_leave_with() {
    let (topology, net) = lab("egress");
    let site = Site::new(&topology, &net);
    let seen_as = |pod: &str| {
        let (pod, server) = (site.station(pod).unwrap(), site.station("server").unwrap());
        let way = round_trip(&site, pod, server, false).unwrap();
        let arrives = way.iter().find(|passage| passage.role == Role::Delivered).unwrap();
        arrives.from.to_string()
    };
    assert_eq!(["pod-a", "pod-c"].map(seen_as), ["203.0.113.11", "203.0.113.7"]);
}

/// Two clusters with the same addresses: no fault is about pods that cannot be meant.
#[test]
fn nobody_means_a_pod_of_another_cluster_that_keeps_to_itself() {
    let (topology, net) = lab("isolated");
    let site = Site::new(&topology, &net);
    let mut about = 0;
    for strike in kinds().flat_map(|kind| kind.candidates(&site, &Wish::default())) {
        let of = |name: &MachineName| site.station(name.as_str()).map(|station| station.realm);
        let (Some(one), Some(other)) = (of(&strike.machine), strike.other.as_ref().and_then(of)) else { continue };
        // Those on one switch hear each other.
        let on_the_wire = ["isolated-ports", "wrong-fdb"].contains(&strike.kind.slug);
        assert!(on_the_wire || one.meets(other), "{strike:#?}");
        about += 1;
    }
    assert!(about > 20, "{about}");
}

/// With a device that is made anew, all comes back that was on it: one thing differs.
#[test]
fn a_device_made_anew_differs_in_one_thing() {
    let (topology, mut net) = lab("overlay");
    let before = net.clone();
    let site = Site::new(&topology, &before);
    let wish = Wish { machine: named("node-1"), ..Wish::default() };
    let strikes = find("vni-mismatch").unwrap().candidates(&site, &wish);
    let [strike] = &strikes[..] else { panic!("{strikes:#?}") };
    strike.deeds.iter().for_each(|deed| deed.effect(&mut net));
    let (was, is) = (&before[&strike.machine], &net[&strike.machine]);
    let device = |ns: &crate::network::Namespace| ns.link("flannel.1").unwrap().vxlan.clone().unwrap();
    assert_eq!((device(was).vni, device(is).vni), (1, 2));
    assert_eq!(crate::network::Vxlan { vni: 1, ..device(is) }, device(was));
    let counts =
        |ns: &crate::network::Namespace| [ns.addresses.len(), ns.routes.len(), ns.neighbours.len(), ns.fdb.len()];
    assert_eq!(counts(was), counts(is));
}
