//! Addresses and subnets that cannot be.

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
    case(&node("routes: [{ to: 10.9.0.0/16, via: «192.168.1.1/24 }]"), &["leave the prefix length out: 192.168.1.1"]);
}

#[test]
fn host_bits() {
    case("lab: x\ncluster: { clusterCIDR: «10.244.1.0/16 }\nnodes: {}\n", &["expected the subnet 10.244.0.0/16"]);
    case(&node("routes: [{ to: «10.9.0.1/16, via: 192.168.1.1 }]"), &["write 10.9.0.0/16"]);
    // Nobody who writes a private address means a subnet with public ones.
    for (written, meant) in [
        ("192.168.1.0/8", "192.168.1.0/24"),
        ("192.168.1.77/8", "192.168.1.0/24"),
        ("192.168.0.0/8", "192.168.0.0/16"),
        ("172.16.0.0/8", "172.16.0.0/12"),
        ("172.20.5.0/11", "172.20.5.0/24"),
        ("192.168.128.0/9", "192.168.128.0/17"),
        ("'fd00:10::/4'", "fd00:10::/28"),
    ] {
        let file = format!("lab: x\nnetworks: {{ lan: {{ subnets: «{written} }} }}\nnodes: {{}}\n");
        case(&file, &[&format!("expected the subnet {meant}"), &format!("write {meant}: "), "of the internet in it"]);
    }
    case("lab: x\nnetworks: { lan: { subnets: «8.8.8.8/16 } }\nnodes: {}\n", &["write 8.8.0.0/16, or a longer"]);
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
    case(&host("10.0.0.0/24"), &["10.0.0.0 is the network address of 10.0.0.0/24", "hosts are 10.0.0.1 to 10.0.0.254"]);
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
    case(&node("pods: { a: { addresses: [«10.244.1.2/25] } }"), &["another prefix length", "expected 10.244.1.2/24"]);
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
    case(&node("pods: { a: { addresses: [«10.244.1.1/24] } }"), &["10.244.1.1 is the gateway: node-1's bridge has it"]);
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
    case("lab: x\nnodes: {}\nnetworks: { a: { subnets: 10.1.0.0/16 }, b: { subnets: «10.0.0.0/8 } }\n", &["overlap"]);
    case(
        "lab: x\nnodes: { a: { podCIDR: 10.0.0.0/24 }, b: { podCIDR: «10.0.0.0/24 } }\n",
        &["the subnet 10.0.0.0/24 is used twice", "of a's bridge"],
    );
    // The addresses in it are not told of, too; but within one node they are.
    case(
        "lab: x\nnodes: { a: { podCIDR: 10.0.0.0/24, pods: { p: } }, b: { podCIDR: «10.0.0.0/24, pods: { q: } } }\n",
        &["the subnet 10.0.0.0/24 is used twice"],
    );
    let twice = "lab: x
nodes:
  a: { podCIDR: 10.0.0.0/24, pods: { p: } }
  b: { podCIDR: 10.0.0.0/24, pods: { q: { addresses: 10.0.0.9/24 }, r: { addresses: 10.0.0.9/24 } } }
";
    let titles: Vec<String> = fail(twice).0.diagnostics().iter().map(|one| one.title.clone()).collect();
    assert_eq!(titles, ["the subnet 10.0.0.0/24 is used twice", "10.0.0.9 is given twice"]);
    case(
        "lab: x\nnetworks: { n: { subnets: 10.0.0.0/8 } }\nnodes: { b: { bridge: { addresses: «10.0.0.1/24 } } }\n",
        &["overlap", "of b's bridge"],
    );
    case(
        "lab: x\nnetworks: { n: { subnets: 10.0.0.0/24 } }\ncluster: { clusterCIDR: «10.0.0.0/8 }\nnodes: {}\n",
        &["clusterCIDR 10.0.0.0/8 overlaps 10.0.0.0/24 of network n"],
    );
}
