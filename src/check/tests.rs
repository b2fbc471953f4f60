use super::*;
use crate::fault::Site;
use crate::network::Namespaces;
use crate::topology::{generate, parse};

fn census(text: &str) -> Census {
    Census::of(&parse("test.yaml", text).unwrap())
}

const DUAL: &str = "
lab: x
networks: { lan: { subnets: [192.168.1.0/24, 'fd01::/64'] }, far: { subnets: [198.51.100.0/24] } }
cluster: { clusterCIDR: [10.244.0.0/16, 'fd00::/56'], masquerade: true }
nodes:
  node-1: { address: [192.168.1.11, 'fd01::11'], pods: { a: , b: } }
  node-2: { address: [192.168.1.12, 'fd01::12'], pods: { c: } }
hosts:
  router:
    interfaces:
      eth0: { network: lan, addresses: [192.168.1.1/24] }
      eth1: { network: far, addresses: [198.51.100.1/24] }
    masquerade: [{ from: 192.168.1.0/24 }]
  server: { interfaces: { eth0: { network: far, addresses: [198.51.100.80/24] } } }
";

/// What is demanded of these two, as text: the rule, the address, and under which addresses it may arrive.
fn demanded(all: &[Demand], census: &Census, from: &str, to: &str) -> Vec<String> {
    let of = all.iter().filter(|d| census.name(d.from) == from && d.to.is_some_and(|to_| census.name(to_) == to));
    of.map(|d| format!("{} {} as {:?} {}", d.rule.slug(), d.address, d.seen_as, d.reachable)).collect()
}

#[test]
fn the_model_demands_what_kubernetes_does() {
    let census = census(DUAL);
    let all = demand::demands(&census, &[], None, Pick::All);
    let of = |from: &str, to: &str| demanded(&all, &census, from, to);
    assert_eq!(
        of("a", "c"),
        ["pod-to-pod 10.244.1.2 as [10.244.0.2] true", "pod-to-pod fd00:0:0:1::2 as [fd00::2] true"]
    );
    assert_eq!(of("a", "a").len(), 2);
    assert_eq!(
        of("node-1", "c"),
        [
            "node-to-pod 10.244.1.2 as [192.168.1.11, 10.244.0.1] true",
            "node-to-pod fd00:0:0:1::2 as [fd01::11, fd00::1] true"
        ]
    );
    // Masqueraded by its node, and behind the router by the router, too: with the address by which it leaves.
    assert_eq!(of("a", "router"), ["pod-to-host 192.168.1.1 as [192.168.1.11] true"]);
    assert_eq!(of("a", "server"), ["pod-to-host 198.51.100.80 as [192.168.1.11, 198.51.100.1] true"]);
    assert_eq!((of("a", "node-1"), of("router", "a"), of("node-1", "router")), (vec![], vec![], vec![]));
    assert_eq!(demand::count(&census, None), all.len());
    let v6 = demand::demands(&census, &[], Some(Family::V6), Pick::All);
    assert!(v6.iter().all(|demand| demand.address.is_ipv6()));
}

#[test]
fn what_the_file_says_of_a_pair_goes_before_the_model() {
    let text = format!("{DUAL}expect:\n  - {{ from: a, to: [server, c], reachable: false, family: IPv4 }}\n");
    let topology = parse("test.yaml", &text).unwrap();
    let census = Census::of(&topology);
    let all = demand::demands(&census, &topology.expect, None, Pick::All);
    assert_eq!(demanded(&all, &census, "a", "server"), ["expected 198.51.100.80 as [] false"]);
    assert_eq!(
        demanded(&all, &census, "a", "c"),
        ["pod-to-pod fd00:0:0:1::2 as [fd00::2] true", "expected 10.244.1.2 as [] false"]
    );
}

#[test]
fn a_sample_sends_to_every_pod_and_between_all_nodes_whatever_the_seed() {
    for (nodes, pods) in [(20, 50), (3, 2), (1, 1), (1, 7), (2, 9)] {
        let census = census(&generate(nodes, pods));
        for seed in [0, 1, 2, 77, u64::MAX] {
            let all = demand::demands(&census, &[], None, Pick::Sample(seed));
            let pods_of = |end: fn(&Demand) -> Option<Number>| -> BTreeSet<Number> {
                all.iter().filter_map(end).filter(|n| matches!(census.people[*n].role, Role::Pod(_))).collect()
            };
            let every: BTreeSet<Number> = census.all(|role| matches!(role, Role::Pod(_))).into_iter().collect();
            assert_eq!(pods_of(|demand| Some(demand.from)), every, "{nodes} × {pods}, {seed}");
            assert_eq!(pods_of(|demand| demand.to), every, "{nodes} × {pods}, {seed}");
            let between: BTreeSet<(Number, Number)> =
                all.iter().map(|d| (census.node_of(d.from), census.node_of(d.to.unwrap()))).collect();
            assert_eq!(between.len(), nodes * nodes, "{nodes} × {pods}, {seed}");
            let twice: BTreeSet<_> = all.iter().map(|d| (d.from, d.address)).collect();
            assert_eq!(twice.len(), all.len(), "{nodes} × {pods}, {seed}: no pair twice");
        }
    }
}

#[test]
fn blocks_hold_every_demand_once_and_meet_few_neighbours() {
    for (nodes, pods) in [(1, 100), (10, 10), (3, 2)] {
        let census = census(&generate(nodes, pods));
        let mut all = demand::demands(&census, &[], None, Pick::All);
        let count = all.len();
        let blocks = blocks::cut(&census, &mut all);
        assert_eq!(blocks.iter().map(std::ops::Range::len).sum::<usize>(), count);
        assert!(blocks.windows(2).all(|pair| pair[0].end == pair[1].start));
        for block in blocks {
            let some = &all[block];
            let machines: BTreeSet<Number> = some.iter().flat_map(|d| [d.from, d.to.unwrap()]).collect();
            let same = |d: &&Demand| census.node_of(d.from) == census.node_of(d.to.unwrap()) && Some(d.from) != d.to;
            let pairs: BTreeSet<_> =
                some.iter().filter(same).map(|d| (d.from.min(d.to.unwrap()), d.from.max(d.to.unwrap()))).collect();
            assert!(2 * (machines.len() + pairs.len()) <= 410, "{nodes} × {pods}");
        }
    }
}

/// `netlab break` says whose packets its faults meet: it has to think of the same pairs.
#[test]
fn faults_are_told_of_by_the_pairs_that_are_demanded() {
    let file = |name: &str| std::fs::read_to_string(format!("topologies/{name}.yaml")).unwrap();
    let forbidding = file("dual-stack")
        + "expect:\n  - { from: pod-a, to: pods, reachable: false, family: IPv6 }\n  - { from: outside, to: [nodes, pod-a] }\n  \
           - { from: pod-b, to: pod-a, tcp: 80, reachable: false }\n";
    let shipped = std::fs::read_dir("topologies").unwrap().map(|entry| entry.unwrap().path());
    // A thousand pods have a million pairs.
    let shipped = shipped.filter(|path| !path.ends_with("large.yaml"));
    let shipped: Vec<String> = shipped.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let parties =
        file("isolated") + "  - { from: pods of west, to: [nodes of west, pods of west, 10.244.1.2, 192.168.1.11] }\n";
    for text in shipped.into_iter().chain([forbidding, parties]) {
        let topology = parse("test.yaml", &text).unwrap();
        let (census, nothing) = (Census::of(&topology), Namespaces::new());
        let demands = demand::demands(&census, &topology.expect, None, Pick::All);
        let wanted: BTreeSet<(String, String, bool)> = demands
            .iter()
            .filter(|demand| demand.reachable)
            .map(|demand| {
                let (from, to) = (census.name(demand.from), census.name(demand.to.unwrap()));
                (from.to_owned(), to.to_owned(), demand.address.is_ipv6())
            })
            .collect();
        let site = Site::new(&topology, &nothing);
        let mut tried = BTreeSet::new();
        for (from, to) in site.stations.iter().flat_map(|from| site.stations.iter().map(move |to| (from, to))) {
            for ipv6 in [false, true] {
                let have = from.address(ipv6).and(to.address(ipv6)).is_some();
                if have && site.is_tried(from, to, ipv6) {
                    tried.insert((from.name().to_string(), to.name().to_string(), ipv6));
                }
            }
        }
        assert_eq!(tried, wanted, "{text}");
    }
}

/// Each kind of cluster beside each other one, with a host.
fn kinds(one: &str, other: &str) -> String {
    format!(
        "
lab: x
networks: {{ lan: {{ subnets: [192.168.1.0/24, 'fd01::/64'] }} }}
clusters:
  east: {{ {one} clusterCIDR: [10.1.0.0/16, 'fd00:1::/56'] }}
  west: {{ {other} clusterCIDR: 10.2.0.0/16 }}
nodes:
  e1: {{ cluster: east, address: [192.168.1.11, 'fd01::11'], pods: {{ a: , b: }} }}
  e2: {{ cluster: east, address: [192.168.1.12, 'fd01::12'], pods: {{ c: }} }}
  w1: {{ cluster: west, address: 192.168.1.21, pods: {{ x: }} }}
  w2: {{ cluster: west, address: 192.168.1.22, pods: {{ y: , z: }} }}
hosts:
  host: {{ interfaces: {{ eth0: {{ network: lan, addresses: [192.168.1.100/24, 'fd01::100/64'] }} }} }}
"
    )
}

#[test]
fn pairs_are_counted_as_they_are_demanded_and_a_sample_asks_every_cluster() {
    for one in ["", "kind: flat,", "kind: island,", "kind: isolated,"] {
        for other in ["", "kind: flat,", "kind: island,", "kind: isolated,"] {
            let census = census(&kinds(one, other));
            for family in [None, Some(Family::V4), Some(Family::V6)] {
                let all = demand::demands(&census, &[], family, Pick::All);
                assert_eq!(demand::count(&census, family), all.len(), "{one} {other} {family:?}");
            }
            let all = demand::demands(&census, &[], None, Pick::All);
            let rules = |all: &[Demand]| all.iter().map(|demand| demand.rule).collect::<BTreeSet<_>>();
            for seed in [0, 5, u64::MAX] {
                let some = demand::demands(&census, &[], None, Pick::Sample(seed));
                assert_eq!(rules(&some), rules(&all), "{one} {other} {seed}");
                assert!(some.iter().all(|demand| all.contains(demand)), "{one} {other} {seed}");
            }
        }
    }
}

#[test]
fn what_crosses_clusters_has_the_identity_that_the_kinds_give_it() {
    let census = census(&kinds("kind: island,", "kind: flat,"));
    let all = demand::demands(&census, &[], Some(Family::V4), Pick::All);
    let of = |from: &str, to: &str| demanded(&all, &census, from, to);
    assert_eq!(of("a", "x"), ["to-other-cluster 10.2.0.2 as [192.168.1.11] true"]);
    assert_eq!(of("e1", "x"), ["to-other-cluster 10.2.0.2 as [192.168.1.11, 10.1.0.1] true"]);
    assert_eq!(of("x", "a"), ["not-to-other-cluster 10.1.0.2 as [] false"]);
    assert_eq!(of("host", "x"), ["host-to-pod 10.2.0.2 as [192.168.1.100] true"]);
    assert_eq!(of("host", "a"), ["host-not-to-pod 10.1.0.2 as [] false"]);
    assert_eq!(of("host", "e1"), ["host-to-node 192.168.1.11 as [192.168.1.100] true"]);
    assert_eq!(of("x", "host"), ["pod-to-host 192.168.1.100 as [10.2.0.2] true"]);
    assert_eq!(of("a", "host"), ["pod-to-host 192.168.1.100 as [192.168.1.11] true"]);
}
