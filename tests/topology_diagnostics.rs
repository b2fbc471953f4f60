//! One case for each mistake: where it is found, and what is said about it.
//!
//! In each file `«` marks the place where the caret must begin; it is taken out before reading.

mod common;

use netlab::topology::{parse, source};

/// Checks that `marked` has exactly one mistake, at its mark, whose drawing has all of `parts`.
#[track_caller]
fn case(marked: &str, parts: &[&str]) {
    let (failure, expected) = fail(marked);
    let json = failure.to_json();
    let found: Vec<(u64, u64)> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_u64().unwrap_or(0), one["column"].as_u64().unwrap_or(0)))
        .collect();
    assert_eq!(found, [expected], "\n{failure}");
    for part in parts {
        assert!(failure.to_string().contains(part), "{part:?} is not in\n{failure}");
    }
}

#[track_caller]
fn fail(marked: &str) -> (netlab::topology::Failure, (u64, u64)) {
    let before = marked.split('«').next().unwrap();
    let expected = if before.len() == marked.len() {
        (0, 0)
    } else {
        let line = before.rsplit('\n').next().unwrap();
        (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
    };
    let failure = parse("topology.yaml", &marked.replace('«', "")).expect_err("this file has a mistake");
    (failure, expected)
}

/// A file whose only node is `node-1`, with these keys.
fn node(keys: &str) -> String {
    format!(
        "lab: x
networks:
  lan: {{ subnets: [192.168.1.0/24, \"fd00:1::/64\"] }}
nodes:
  node-1:
    interfaces: {{ eth0: {{ network: lan, addresses: [192.168.1.11/24] }} }}
    bridge: {{ addresses: [10.244.1.1/24] }}
    {keys}
"
    )
}

mod yaml {
    use super::*;

    #[test]
    fn empty() {
        case("", &["the file is empty", "the smallest topology"]);
        case("# only a comment\n", &["the file is empty"]);
        case("---\n", &["the file is empty"]);
    }

    #[test]
    fn not_a_mapping() {
        case("«hello", &["expected a topology as a mapping, found the text `hello`"]);
        case("«[a]", &["found a list"]);
    }

    #[test]
    fn broken() {
        case("lab: x\nnodes: {«", &["this is not YAML"]);
        case("lab: x\nnodes:\n«\ta: {}\n", &["this is not YAML", "replace each tab"]);
        case("lab: x\nnodes: «\"ä", &["this is not YAML", "never closed"]);
        case("lab: x\nnodes: «*a\n", &["this is not YAML", "needs an anchor `&name` before it"]);
    }

    #[test]
    fn duplicate_keys() {
        case("lab: x\n«lab: y\nnodes: {}\n", &["the key `lab` is given twice", "the first time"]);
        case("lab: x\nnodes: { a: {}, «\"a\": {} }\n", &["the key `a` is given twice"]);
    }

    #[test]
    fn things_that_yaml_has_and_topologies_have_not() {
        case("lab: x\nnodes: {}\n«---\nlab: y\n", &["more than one YAML document"]);
        case("lab: «!!str x\nnodes: {}\n", &["no YAML tags"]);
        case("lab: x\nnodes: { «[a]: {} }\n", &["cannot be a key"]);
        case("lab: x\nnodes:\n  a: &a {}\n  b:\n    «<<: *a\n", &["`<<` does not merge", "no merge key"]);
        case("lab: x\nnodes: &a [«*a]\n", &["stands inside what it stands for"]);
    }

    #[test]
    fn bombs() {
        let mut bomb = "lab: x\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..20 {
            let before = level - 1;
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", format!("*a{before},").repeat(10)));
        }
        let (failure, _) = fail(&bomb);
        assert!(failure.to_string().contains("more than a million values"), "{failure}");

        for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
            let deep = format!("{}{}", open.repeat(20_000), close.repeat(20_000));
            let (failure, _) = fail(&deep);
            assert!(failure.to_string().contains("more than 64 levels deep"), "{failure}");
        }
        // Each alias adds a level to what is deep already.
        let mut tower = "lab: x\na0: &a0 [x]\n".to_owned();
        for level in 1..1_000 {
            tower.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        let (failure, _) = fail(&tower);
        assert!(failure.to_string().contains("levels deep"), "{failure}");
    }

    #[test]
    fn columns_are_characters_and_lines_may_end_in_crlf() {
        case("lab: x # ä€🦀\r\nnodes: { «\"ä€🦀\": {} }\r\n", &["'ä' cannot stand in a name"]);
        case("lab: x # ä€🦀\r\nhosts: # 🦀\r\nnodes: { \"a\": «\"ä€🦀\" }\r\n", &["found the text `ä€🦀`"]);
    }
}

mod keys_and_types {
    use super::*;

    #[test]
    fn unknown_keys() {
        case("lab: x\nnodes: {}\n«netwroks: {}\n", &["a topology has no key `netwroks`", "did you mean `networks`?"]);
        case(&node("«podz: {}"), &["a node has no key `podz`", "did you mean `pods`?", "a node has the keys address"]);
        case(&node("pods: { a: { «masquerade: [] } }"), &["a pod has no key `masquerade`", "unknown key"]);
        case("lab: x\nnodes: {}\n«\"\\e[31m\": {}\n", &["`\\u{1b}[31m`"]);
    }

    #[test]
    fn missing_keys() {
        case("«nodes: {}\n", &["a topology needs the key `lab`"]);
        case("«lab: x\n", &["a topology needs the key `nodes`"]);
        case(&node("routes: [«{ to: 10.0.0.0/8 }]"), &["a route needs the key `via`"]);
        case(&node("pods: { a: { interfaces: { «eth1: {} } } }"), &["an interface needs the key `network`"]);
        case("lab: x\n«cluster: {}\nnodes: {}\n", &[]);
    }

    #[test]
    fn wrong_types() {
        case("lab: «[x]\nnodes: {}\n", &["expected the name of a lab, found a list"]);
        case("lab: «12\nnodes: {}\n", &["found the number `12`", "quote it: \"12\""]);
        case("lab: x\nnodes: «[node-1]\n", &["expected nodes by their names, found a list", "instead of `- …`"]);
        case("lab: x\nnodes: { a: «7 }\n", &["expected a node as a mapping, found the number `7`"]);
        case(&node("routes: «{ to: default, via: 192.168.1.1 }"), &["expected a list of routes, found a mapping"]);
        case(&node("forwarding: «yes"), &["found the text `yes`", "in YAML 1.2 `yes` is text: write true"]);
        case(&node("forwarding: «\"true\""), &["quotes make it text"]);
        case(&node("forwarding: «1"), &["expected true or false, found the number `1`"]);
    }

    #[test]
    fn names() {
        case("lab: «\"\"\nnodes: {}\n", &["`` cannot be the name of a lab", "at least one letter"]);
        case("lab: x\nnodes: { «..: {} }\n", &["are directories"]);
        case("lab: x\nnodes: { «a/b: {} }\n", &["'/' cannot stand in a name"]);
        case("lab: x\nnodes: { «fabric: {} }\n", &["base namespace"]);
        case(
            "lab: x\nnodes: {}\nnetworks: { «a-name-of-16-byt: {} }\n",
            &["expected at most 15 bytes, found 16", "IFNAMSIZ"],
        );
        case("lab: x\nnodes: {}\nnetworks: { «all: {} }\n", &["stand for every link"]);
    }

    #[test]
    fn sysctls() {
        case(&node("sysctls: { «kernel.hostname: x }"), &["not a sysctl of a network namespace", "begins with `net.`"]);
        case(&node("sysctls: { «net.a..b: 1 }"), &["is not the key of a sysctl"]);
        case(&node("sysctls: { «net.a;b: 1 }"), &["';' cannot stand in it"]);
        case(&node("sysctls: { «net.ipv4.ip_forward: 1 }"), &["`forwarding` sets it"]);
        case(&node("sysctls: { net.a.b: «true }"), &["the kernel wants numbers: write 1"]);
        case(&node("sysctls: { net.a.b: «[1] }"), &["expected a sysctl's value, found a list"]);
        case(&node("sysctls: { net.a.b: «\"a\\nb\" }"), &["cannot hold '\\n'"]);
    }

    #[test]
    fn cluster() {
        let cluster = |keys: &str| format!("lab: x\ncluster: {{ {keys} }}\nnodes: {{}}\n");
        case(
            &cluster("clusterCIDR: 10.0.0.0/8, routing: «vxlan"),
            &["this version of netlab knows `nodeRoutes` and `none`"],
        );
        case(&cluster("clusterCIDR: 10.0.0.0/8, routing: «noderoutes"), &["did you mean `nodeRoutes`?"]);
        case(&cluster("clusterCIDR: 10.0.0.0/16, nodeCIDRMaskSize: «12"), &["too small for blocks of /12"]);
        case(&cluster("clusterCIDR: 10.0.0.0/16, nodeCIDRMaskSize: «31"), &["no room for a gateway and a pod"]);
        case(
            &cluster("clusterCIDR: 10.0.0.0/16, nodeCIDRMaskSize: «x"),
            &["expected a prefix length, found the text `x`"],
        );
        case(&cluster("clusterCIDR: «10.0.0.0/28"), &["too small for blocks of /24"]);
        case(&cluster("clusterCIDR: [10.0.0.0/16, «10.1.0.0/16]"), &["two IPv4 ranges"]);
        case(&cluster("«clusterCIDR: []"), &["clusterCIDR is empty"]);
        case(
            &cluster("clusterCIDR: [10.0.0.0/16, 'fd00::/56'], nodeCIDRMaskSize: «24"),
            &["does not say of which family", "nodeCIDRMaskSizeIPv4"],
        );
        case(
            &cluster("clusterCIDR: 10.0.0.0/16, nodeCIDRMaskSize: «24, nodeCIDRMaskSizeIPv4: 24"),
            &["exclude each other"],
        );
    }
}

mod addresses {
    use super::*;

    #[test]
    fn spelling() {
        let pod = |address: &str| node(&format!("pods: {{ a: {{ addresses: [{address}] }} }}"));
        case(&pod("«10.244.1.300/24"), &["`10.244.1.300/24` is not an address with its prefix length"]);
        case(&pod("«10.244.1.2"), &["the prefix length is missing: write for instance 10.244.1.2/24"]);
        case(&pod("«10.244.1.2/33"), &["IPv4 prefix lengths go up to 32"]);
        case(&pod("«10.244.1.2/024"), &["what follows the slash is a number from 0 to 32"]);
        case(&pod("«10.244.01.2/24"), &["is not an address with its prefix length"]);
        case(&pod("«24"), &["found the number `24`"]);
        case(
            &node("routes: [{ to: 10.9.0.0/16, via: «192.168.1.1/24 }]"),
            &["leave the prefix length out: 192.168.1.1"],
        );
    }

    #[test]
    fn host_bits() {
        case("lab: x\ncluster: { clusterCIDR: «10.244.1.0/16 }\nnodes: {}\n", &["expected the subnet 10.244.0.0/16"]);
        case(&node("routes: [{ to: «10.9.0.1/16, via: 192.168.1.1 }]"), &["write 10.9.0.0/16"]);
    }

    #[test]
    fn special_addresses() {
        let host = |address: &str| {
            format!(
                "lab: x\nnetworks: {{ lan: }}\nnodes: {{}}\nhosts: {{ h: {{ interfaces: {{ e: {{ network: lan, addresses: «{address} }} }} }} }}\n"
            )
        };
        case(&host("127.0.0.1/8"), &["loopback address"]);
        case(&host("224.0.0.5/24"), &["multicast address"]);
        case(&host("\"::/64\""), &["unspecified address"]);
        case(&host("255.255.255.255/24"), &["broadcast address of every link"]);
        case(&host("\"::ffff:10.0.0.1/120\""), &["this is an IPv4 address"]);
        case(
            &host("10.0.0.0/24"),
            &["10.0.0.0 is the network address of 10.0.0.0/24", "hosts are 10.0.0.1 to 10.0.0.254"],
        );
        case(&host("10.0.0.255/24"), &["10.0.0.255 is the broadcast address"]);
        case(&host("\"fd00::/64\""), &["subnet-router anycast address"]);
        case("lab: x\nnetworks: { lan: { subnets: «127.0.0.0/8 } }\nnodes: {}\n", &["overlaps the loopback addresses"]);
    }

    #[test]
    fn outside_the_subnet() {
        case(
            &node("pods: { a: { addresses: [«10.244.2.2/24] } }"),
            &["10.244.2.2 is outside the subnets of node-1's bridge", "in 10.244.1.0/24"],
        );
        case(
            &node("pods: { a: { addresses: [«10.244.1.2/25] } }"),
            &["another prefix length", "expected 10.244.1.2/24"],
        );
        case(
            &node("pods: { a: { interfaces: { eth1: { network: lan, addresses: [«192.168.2.1/24] } } } }"),
            &["outside the subnets of network lan"],
        );
        case(&node("pods: { a: { addresses: [«\"fd00::2/64\"] } }"), &["expected an IPv6 address in"]);
    }

    #[test]
    fn given_twice() {
        case(
            &node("pods: { a: { addresses: [10.244.1.2/24] }, b: { addresses: [«10.244.1.2/24] } }"),
            &["10.244.1.2 is given twice", "to a", "to b"],
        );
        case(
            &node("pods: { a: { addresses: [«10.244.1.1/24] } }"),
            &["10.244.1.1 is the gateway: node-1's bridge has it"],
        );
        case(
            &node("pods: { a: { interfaces: { eth1: { network: lan, addresses: «192.168.1.11/24 } } } }"),
            &["192.168.1.11 is given twice", "to node-1's eth0"],
        );
    }

    #[test]
    fn short_addresses() {
        case("lab: x\nnodes: { a: { address: «192.168.1.1 } }\n", &["no network has a subnet that holds 192.168.1.1"]);
        let file = |keys: &str| {
            format!(
                "lab: x\nnetworks: {{ lan: {{ subnets: [10.0.0.0/24] }}, wan: {{ subnets: [10.0.1.0/24] }} }}\nnodes: {{ a: {{ {keys} }} }}\n"
            )
        };
        case(&file("address: «10.0.2.1"), &["the networks have 10.0.0.0/24 and 10.0.1.0/24"]);
        case(&file("address: «10.0.0.255"), &["broadcast address"]);
        case(&file("address: [10.0.0.1, «10.0.1.1]"), &["10.0.1.1 is on network wan, not on lan"]);
        case(
            &file("address: «10.0.0.1, interfaces: { eth0: { network: lan } }"),
            &["both `address` and an interface eth0"],
        );
    }

    #[test]
    fn overlaps() {
        case(
            "lab: x\nnodes: {}\nnetworks: { a: { subnets: 10.0.0.0/8 }, b: { subnets: «10.1.0.0/16 } }\n",
            &["10.1.0.0/16 and 10.0.0.0/8 overlap", "of network a"],
        );
        case(
            "lab: x\nnodes: {}\nnetworks: { a: { subnets: 10.1.0.0/16 }, b: { subnets: «10.0.0.0/8 } }\n",
            &["overlap"],
        );
        case(
            "lab: x\nnodes: { a: { podCIDR: 10.0.0.0/24 }, b: { podCIDR: «10.0.0.0/24 } }\n",
            &["the subnet 10.0.0.0/24 is used twice", "of a's bridge"],
        );
        case(
            "lab: x\nnetworks: { n: { subnets: 10.0.0.0/8 } }\nnodes: { b: { bridge: { addresses: «10.0.0.1/24 } } }\n",
            &["overlap", "of b's bridge"],
        );
        case(
            "lab: x\nnetworks: { n: { subnets: 10.0.0.0/24 } }\ncluster: { clusterCIDR: «10.0.0.0/8 }\nnodes: {}\n",
            &["clusterCIDR 10.0.0.0/8 overlaps 10.0.0.0/24 of network n"],
        );
    }
}

mod derivation {
    use super::*;

    #[test]
    fn too_many_pods() {
        case(
            "lab: x\nnodes: { n: { podCIDR: 10.0.0.0/30, pods: { a: , «b: } } }\n",
            &["10.0.0.0/30 holds 1 pod beside its gateway, and n has 2", "from b on"],
        );
        let pods: String = (1..=254).map(|pod| format!("p{pod}: , ")).collect();
        let file = format!(
            "lab: x\nnodes: {{ n: {{ bridge: {{ addresses: 10.0.0.1/24 }}, pods: {{ {} }} }} }}\n",
            pods.replace("p254", "«p254")
        );
        case(&file, &["10.0.0.0/24 holds 253 pods beside its gateway, and n has 254"]);
    }

    #[test]
    fn too_many_nodes() {
        case(
            "lab: x\ncluster: { clusterCIDR: 10.0.0.0/23, routing: none }\nnodes: { a: , b: , «c: , d: }\n",
            &["10.0.0.0/23 has 2 free blocks of /24 for 4 nodes", "from c on"],
        );
    }

    #[test]
    fn too_many_ports() {
        let pods: String = (1..=1_024).map(|pod| format!("p{pod}: , ")).collect();
        let file = format!(
            "lab: x\nnodes: {{ n: {{ podCIDR: 10.0.0.0/16, pods: {{ {} }} }} }}\n",
            pods.replace("p1024", "«p1024")
        );
        case(&file, &["n has 1024 pods, and a bridge takes 1023 ports"]);
    }

    #[test]
    fn pods_without_a_bridge() {
        case("lab: x\nnodes: { «n: { pods: { a: } } }\n", &["n has pods, but no addresses for them"]);
    }

    #[test]
    fn blocks() {
        case(
            "lab: x\nnodes: { n: { podCIDR: 10.0.0.0/24, bridge: { addresses: «10.1.0.1/24 } } }\n",
            &["not of the node's podCIDR"],
        );
        case("lab: x\nnodes: { n: { podCIDR: [10.0.0.0/24, «10.1.0.0/24] } }\n", &["two IPv4 blocks"]);
        case(
            "lab: x\ncluster: { clusterCIDR: 10.0.0.0/16 }\nnodes: { n: { podCIDR: «10.1.0.0/24 } }\n",
            &["not a part of clusterCIDR"],
        );
    }

    #[test]
    fn nodes_that_share_no_network() {
        let file = "lab: x\ncluster: { clusterCIDR: 10.0.0.0/16 }\nnodes: { a: , b: }\n";
        let (failure, _) = fail(file);
        assert!(failure.to_string().contains("a has no way to b's pods in 10.0.1.0/24"), "{failure}");
        assert_eq!(failure.diagnostics().len(), 2);
    }
}

mod routes_and_names {
    use super::*;

    #[test]
    fn gateways() {
        let route = |to: &str, via: &str| node(&format!("routes: [{{ to: {to}, via: {via} }}]"));
        case(
            &route("10.9.0.0/16", "«192.168.2.1"),
            &["on no subnet that node-1 is connected to", "10.244.1.0/24 and 192.168.1.0/24"],
        );
        case(&route("10.9.0.0/16", "«192.168.1.11"), &["the gateway 192.168.1.11 is node-1 itself"]);
        case(&route("10.9.0.0/16", "«192.168.1.255"), &["is no host of 192.168.1.0/24"]);
        case(&route("10.9.0.0/16", "«\"fd00:1::1\""), &["is IPv6, but 10.9.0.0/16 is IPv4"]);
        case(&route("10.9.0.0/16", "«127.0.0.1"), &["loopback"]);
        case(&route("«192.168.1.0/24", "192.168.1.1"), &["is connected to 192.168.1.0/24 itself"]);
        case(
            &node("routes: [{ to: default, via: 192.168.1.1 }, { to: «0.0.0.0/0, via: 192.168.1.2 }]"),
            &["the route to default (IPv4) is given twice"],
        );
        case(
            "lab: x\nnodes: {}\nhosts: { h: { routes: [{ to: default, via: «10.0.0.1 }] } }\n",
            &["it has no addresses"],
        );
    }

    #[test]
    fn masquerade() {
        case(
            &node("masquerade: [{ from: 10.0.0.0/8, except: «\"fd00::/8\" }]"),
            &["fd00::/8 is IPv6, but 10.0.0.0/8 is IPv4"],
        );
    }

    #[test]
    fn machines_of_one_name() {
        case(
            &node("pods: { «node-1: {} }"),
            &["two machines have the name node-1", "a pod of node-1 here", "a node here"],
        );
        case("lab: x\nnodes: { a: }\nhosts: { «a: }\n", &["a host here"]);
    }

    #[test]
    fn networks() {
        case(
            "lab: x\nnetworks: { underlay: }\nnodes: { a: { interfaces: { eth0: { network: «underlai } } } }\n",
            &["there is no network underlai", "did you mean underlay?"],
        );
    }

    #[test]
    fn links_of_one_name() {
        case(
            &node("pods: { a: { interfaces: { «eth0: { network: lan } } } }"),
            &["a pod's eth0 is on its node's bridge"],
        );
        case(
            "lab: x\nnetworks: { lan: }\nnodes: {}\nhosts: { h: { interfaces: { «lo: { network: lan } } } }\n",
            &["`lo` is the loopback link"],
        );
        case(
            "lab: x\nnetworks: { lan: }\nnodes: { n: { interfaces: { cni0: { network: lan } }, bridge: { name: «cni0 } } }\n",
            &["two links in n would have the name cni0", "the bridge"],
        );
        case(
            "lab: x\nnetworks: { lan: }\nnodes: { n: { podCIDR: 10.0.0.0/24, interfaces: { veth-a: { network: lan } }, pods: { «a: } } }\n",
            &["two links in n would have the name veth-a"],
        );
        case(
            "lab: x\nnetworks: { lan: , h-e: }\nnodes: {}\nhosts: { h: { interfaces: { «e: { network: lan } } } }\n",
            &["two links in the fabric would have the name h-e", "a network's bridge"],
        );
        case(
            "lab: x\nnetworks: { lan: }\nnodes: {}\nhosts: { a-b: { interfaces: { c: { network: lan } } }, a: { interfaces: { «b-c: { network: lan } } } }\n",
            &["the port of a-b's c", "the port of a's b-c"],
        );
    }
}

mod files {
    use super::*;
    use crate::common::Directory;
    use std::path::{Path, PathBuf};

    #[track_caller]
    fn refused(path: &Path, part: &str) {
        let failure = netlab::topology::load(path).expect_err("this is no topology");
        assert!(failure.to_string().contains(part), "{part:?} is not in\n{failure}");
        assert!(failure.diagnostics()[0].help.is_some());
    }

    #[test]
    fn files_that_are_none() {
        let directory = Directory::new();
        let file = |name: &str, bytes: &[u8]| PathBuf::from(directory.file(name, bytes));
        refused(Path::new("no/such/file"), "no/such/file does not exist");
        refused(Path::new("topology.yaml"), "netlab up topologies/three-nodes.yaml");
        refused(&std::env::temp_dir(), "is a directory, not a file");
        refused(Path::new("/dev/zero"), "too large: more than 8 MiB");
        refused(&file("binary", b"\x7fELF\0\0"), "is not a text file: byte 4 is NUL");
        refused(&file("latin1", b"lab: x\n# \xe4\n"), "is not UTF-8: byte 9 is 0xe4");
        refused(&file("latin1", b"lab: x\n# \xe4\n"), "latin1:2:3");
        refused(&file("utf16", b"\xff\xfel\0"), "is UTF-16");
    }

    #[test]
    fn a_large_file_is_refused_by_its_size() {
        let directory = Directory::new();
        let path = PathBuf::from(directory.file("large", b""));
        std::fs::File::options().write(true).open(&path).unwrap().set_len(50_000_000).unwrap();
        refused(&path, "too large: 47.7 MiB, and a topology has at most 8 MiB");
        assert_eq!(source::LARGEST, 8 << 20);
    }

    #[test]
    fn a_byte_order_mark_is_left_out() {
        let directory = Directory::new();
        let path = PathBuf::from(directory.file("bom", b"\xef\xbb\xbflab: x\nnodes: {}\n"));
        assert_eq!(netlab::topology::load(&path).unwrap().text, "lab: x\nnodes: {}\n");
    }
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let file = "lab: three nodes
networks: { lan: { subnets: [10.0.0.0/24] } }
nodes:
  a: { interfaces: { eth0: { network: lan, addresses: [10.0.0.1/24] } }, podz: {} }
  b: { interfaces: { eth0: { network: lam, addresses: [10.0.0.1/24] } } }
  c: { interfaces: { eth0: { network: lan, addresses: [10.0.1.1/24] } }, routes: [{ to: default, via: 10.9.9.9 }] }
";
    let (failure, _) = fail(file);
    let titles: Vec<&str> = failure.diagnostics().iter().map(|one| one.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "`three nodes` cannot be the name of a lab",
            "a node has no key `podz`",
            "there is no network lam",
            "10.0.0.1 is given twice",
            "10.0.1.1 is outside the subnets of network lan",
            "the gateway 10.9.9.9 is on no subnet that c is connected to",
        ]
    );
}

#[test]
fn a_mistake_is_drawn_with_its_line_and_with_what_it_clashes_with() {
    let file = "lab: x\nnodes:\n  n:\n    bridge: { addresses: 10.0.0.1/24 }\n    pods:\n      a: { addresses: 10.0.0.2/24 }\n      b: { addresses: 10.0.0.2/24 }\n";
    let drawn = "\
error: 10.0.0.2 is given twice
 --> topology.yaml:7:23
  |
6 |       a: { addresses: 10.0.0.2/24 }
  |                       ----------- to a
7 |       b: { addresses: 10.0.0.2/24 }
  |                       ^^^^^^^^^^^ to b
  |
  = help: leave the pod's `addresses` out: it gets the next free one";
    let (failure, _) = fail(file);
    assert_eq!(failure.to_string(), drawn);
    assert!(failure.render(true).contains("\u{1b}["));
    assert_eq!(failure.to_json()[0]["line"], 7);
    assert_eq!(failure.to_json()[0]["help"], "leave the pod's `addresses` out: it gets the next free one");
}

#[test]
fn a_hundred_mistakes_are_shown_and_the_rest_are_counted() {
    let nodes: String = (0..150).map(|node| format!("  n{node}: {{ x: }}\n")).collect();
    let (failure, _) = fail(&format!("lab: x\nnodes:\n{nodes}"));
    assert_eq!(failure.diagnostics().len(), 100);
    assert!(failure.to_string().ends_with("50 more mistakes are not shown"), "{failure}");
}

#[test]
fn a_very_long_line_is_cut_and_its_column_is_right() {
    let pods: String = (0..3_000).map(|pod| format!("p{pod}: {{ addresses: 1.2.3.4/40 }}, ")).collect();
    let text = format!("lab: x\nnodes: {{ n: {{ pods: {{ {pods} }} }} }}\n");
    let failure = parse("t", &text).unwrap_err();
    let column = text.lines().nth(1).unwrap().match_indices("1.2.3.4/40").nth(50).unwrap().0 + 1;
    assert_eq!(failure.to_json()[50]["column"], column);
    let drawn = failure.to_string();
    assert!(drawn.contains(&format!("t:2:{column}")), "{drawn}");
    assert!(drawn.lines().all(|line| line.len() < 400));
}
