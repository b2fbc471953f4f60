//! VXLAN devices that cannot be made, others that they cannot reach, and routes over links.

use super::*;

/// A file whose only node has one VXLAN device, with these keys in the place of those that are good.
fn device(keys: &[(&str, &str)]) -> String {
    let good = [
        ("id", "1"),
        ("local", "192.168.1.11"),
        ("dev", "eth0"),
        ("mac", "\"66:2a:00:00:00:01\""),
        ("mtu", "1450"),
        ("addresses", "10.244.1.0/32"),
    ];
    let mut all: Vec<(&str, &str)> = good.into_iter().filter(|(key, _)| keys.iter().all(|(k, _)| k != key)).collect();
    all.extend(keys.iter().copied().filter(|(key, _)| !key.starts_with('«')));
    let all: Vec<String> = all.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let mark = if keys.iter().any(|(key, _)| key.starts_with('«')) { "«" } else { "" };
    node(&format!("vxlan: {{ {mark}flannel.1: {{ {} }} }}", all.join(", ")))
}

#[test]
fn what_it_sends_by() {
    parse("good.yaml", &device(&[])).unwrap_or_else(|failure| panic!("\n{failure}"));
    case(&device(&[("dev", "«eth1")]), &["node-1 has no interface eth1", "did you mean eth0?"]);
    case(&device(&[("dev", "«wlan")]), &["node-1 has no interface wlan", "expected one of eth0"]);
    // The bridge is no interface on a network.
    case(&device(&[("dev", "«cni0")]), &["node-1 has no interface cni0"]);
    case(&device(&[("local", "«192.168.1.12")]), &["192.168.1.12 is no address of node-1's", "one of 192.168.1.11"]);
    case(&device(&[("local", "«10.244.1.1")]), &["10.244.1.1 is no address of node-1's"]);
    case(&device(&[("master", "«br0")]), &["br0 is not node-1's bridge", "expected cni0"]);
    case(
        "lab: x\nnetworks: { lan: }\nnodes: {}\nhosts: { h: { interfaces: { eth0: { network: lan, addresses: 10.0.0.1/24 } }, \
         vxlan: { v: { id: 1, local: 10.0.0.1, dev: eth0, mac: \"66:2a:00:00:00:01\", mtu: 1450, master: «cni0 } } } }\n",
        &["h has no bridge that v could be a port of"],
    );
}

#[test]
fn the_size_of_packets() {
    case(
        &device(&[("«", ""), ("mtu", "1451")]),
        &["flannel.1 takes packets of 1451 bytes, and eth0 has room for 1450", "has 50 bytes over IPv4"],
    );
    case(&device(&[("mtu", "«1200")]), &["an MTU is a number from 1280, which IPv6 needs"]);
    let over_ipv6 = |mtu: &str, of_eth0: u32| {
        format!(
            "lab: x\nnetworks: {{ lan: {{ mtu: {of_eth0} }} }}\nnodes: {{ n: {{ interfaces: {{ eth0: {{ network: lan, addresses: \
             \"fd00::1/64\" }} }}, vxlan: {{ {}v: {{ id: 1, local: \"fd00::1\", dev: eth0, mac: \"66:2a:00:00:00:01\", mtu: {} }} }} }} }}\n",
            if mtu.starts_with('«') { "«" } else { "" },
            mtu.trim_start_matches('«'),
        )
    };
    parse("good.yaml", &over_ipv6("1430", 1500)).unwrap_or_else(|failure| panic!("\n{failure}"));
    parse("good.yaml", &over_ipv6("8930", 9000)).unwrap_or_else(|failure| panic!("\n{failure}"));
    case(&over_ipv6("«1431", 1500), &["eth0 has room for 1430", "70 bytes over IPv6", "write `mtu: 1430`"]);
    case(&over_ipv6("«1280", 1300), &["eth0 has room for 1230", "give eth0 a larger `mtu`"]);
}

#[test]
fn two_of_them() {
    let two = |other: &str| {
        node(&format!(
            "vxlan: {{ a: {{ id: 1, local: 192.168.1.11, dev: eth0, mac: \"66:2a:00:00:00:01\", mtu: 1450 }}, \
             b: {{ local: 192.168.1.11, dev: eth0, mac: \"66:2a:00:00:00:02\", mtu: 1450, {other} }} }}"
        ))
    };
    case(
        &two("id: «1, port: 8472"),
        &["two devices of node-1 have the identifier 1 on port 8472", "b here", "a here", "another `id` or `port`"],
    );
    for good in ["id: 1, port: 4789", "id: 2"] {
        parse("good.yaml", &two(good)).unwrap_or_else(|failure| panic!("\n{failure}"));
    }
    case(
        &node("vxlan: { «cni0: { id: 1, local: 192.168.1.11, dev: eth0, mac: \"66:2a:00:00:00:01\", mtu: 1450 } }"),
        &["two links in node-1 would have the name cni0", "a VXLAN device"],
    );
    case(&device(&[("addresses", "«10.244.1.1/32")]), &["10.244.1.1 is given twice", "to node-1's flannel.1"]);
}

#[test]
fn who_is_behind_it() {
    let peers = |peers: &str| device(&[("peers", &format!("[{peers}]"))]);
    let mac = "mac: \"66:2a:00:00:00:02\"";
    case(
        &peers(&format!("{{ vtep: «\"fd00:1::2\", {mac} }}")),
        &["fd00:1::2 is IPv6, but flannel.1 sends over IPv4", "the address that it sends from"],
    );
    case(&peers(&format!("{{ vtep: «192.168.1.11, {mac} }}")), &["flannel.1 would send to itself"]);
    case(
        &peers("{ vtep: «192.168.1.12, mac: \"66:2a:00:00:00:01\" }"),
        &["66:2a:00:00:00:01 is flannel.1's own hardware address"],
    );
    case(
        &peers(&format!("{{ vtep: 192.168.1.12, {mac} }}, {{ vtep: «192.168.1.13, {mac} }}")),
        &["two peers have the hardware address 66:2a:00:00:00:02"],
    );
    case(
        &peers(&format!(
            "{{ vtep: 192.168.1.12, {mac}, addresses: 10.244.2.0 }}, \
             {{ vtep: 192.168.1.13, mac: \"66:2a:00:00:00:03\", addresses: «10.244.2.0 }}"
        )),
        &["two peers have the address 10.244.2.0"],
    );
    let flood = |flood: &str| device(&[("flood", flood)]);
    case(&flood("[192.168.1.12, «192.168.1.12]"), &["what is for everybody is sent twice to 192.168.1.12"]);
    case(&flood("«\"fd00:1::2\""), &["expected an IPv4 address"]);
}

#[test]
fn routes_over_links() {
    let route = |keys: &str| node(&format!("routes: [{{ to: 10.9.0.0/16, {keys} }}]"));
    for good in ["via: 10.9.0.0, dev: eth0, onlink: true", "via: 192.168.1.12, dev: eth0", "via: 10.244.1.9, dev: cni0"]
    {
        parse("good.yaml", &route(good)).unwrap_or_else(|failure| panic!("\n{failure}"));
    }
    case(&route("via: 192.168.1.12, dev: «eth1"), &["node-1 has no link eth1", "did you mean eth0?"]);
    case(&route("via: «192.168.1.12, onlink: true"), &["`onlink` without `dev`"]);
    case(
        &route("via: «192.168.1.12, dev: cni0"),
        &["the gateway 192.168.1.12 is on no subnet of cni0", "10.244.1.0/24", "`onlink: true` says"],
    );
    case(&route("via: «192.168.1.11, dev: eth0, onlink: true"), &["is node-1 itself"]);
    case(&route("via: «\"fd00:9::\", dev: eth0, onlink: true"), &["is IPv6, but 10.9.0.0/16 is IPv4"]);
}

#[test]
fn an_address_to_leave_with() {
    parse("good.yaml", &node("masquerade: [{ from: 10.0.0.0/8, to: 198.51.100.7 }]")).unwrap();
    case(
        &node("masquerade: [{ from: 10.0.0.0/8, to: «\"2001:db8::7\" }]"),
        &["2001:db8::7 is IPv6, but 10.0.0.0/8 is IPv4"],
    );
}

#[test]
fn bridges_that_an_overlay_makes_one_may_share_a_subnet() {
    let two = |id: u8, mark: &str| {
        let node = |n: u8, id: u8, mark: &str| {
            format!(
                "  n{n}:\n    interfaces: {{ eth0: {{ network: lan, addresses: 192.168.1.{n}/24 }} }}\n    bridge: {{ addresses: {mark}10.32.0.{n}/12 }}\n    \
                 vxlan: {{ v: {{ id: {id}, local: 192.168.1.{n}, dev: eth0, mac: \"66:2a:00:00:00:0{n}\", mtu: 1450, master: cni0 }} }}\n"
            )
        };
        format!("lab: x\nnetworks: {{ lan: }}\nnodes:\n{}{}", node(1, 1, ""), node(2, id, mark))
    };
    parse("good.yaml", &two(1, "")).unwrap_or_else(|failure| panic!("\n{failure}"));
    case(&two(2, "«"), &["the subnet 10.32.0.0/12 is used twice"]);
}
