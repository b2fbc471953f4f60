//! `underlay.autodetect` on nodes with two interfaces: which network carries what pods send, as the counters of the kernel
//! have it.

use crate::common::{Lab, topology};

/// How many packets have left a link so far.
fn sent(lab: &Lab, machine: &str, link: &str) -> u64 {
    lab.ip(machine, &["-s", "link", "show", link])[0]["stats64"]["tx"]["packets"].as_u64().expect("a count")
}

/// Whether twenty pings went by eth0 and by eth1.
fn carried(lab: &Lab) -> [bool; 2] {
    let links = ["eth0", "eth1"];
    let before = links.map(|link| sent(lab, "node-1", link));
    lab.exec("pod-a", &["ping", "-q", "-c", "20", "-i", "0.01", "-s", "500", "10.244.1.2"]).success();
    let after = links.map(|link| sent(lab, "node-1", link));
    // Beside them there is the noise of neighbours that are asked for.
    [0, 1].map(|at| after[at] - before[at] >= 20)
}

#[test]
fn a_method_puts_the_overlay_on_the_network_that_it_finds() {
    let text = std::fs::read_to_string(topology("underlay-autodetect.yaml")).expect("the file");
    let (management, data) = ([true, false], [false, true]);
    // (What each method finds is tried without a kernel.)
    for (method, wanted) in [("first-found", management), ("interface=eth1", data)] {
        for routing in ["vxlan", "nodeRoutes", "router"] {
            let text = text
                .replace("interface=eth1 }", &format!("'{method}' }}"))
                .replace("routing: vxlan", &format!("routing: {routing}"));
            let (lab, _) = Lab::of(&text);
            assert_eq!(carried(&lab), wanted, "{method}, {routing}");
            if routing == "vxlan" {
                // And it is wrapped up there: `trace` sees it at that interface.
                let hops = lab.run(&["trace", "pod-a", "pod-b", "--json"]).json();
                let within = hops["hops"].as_array().expect("hops").iter().filter(|hop| hop.get("outer").is_some());
                let links: Vec<_> =
                    within.filter(|hop| hop["machine"] == "node-1").map(|hop| &hop["interface"]).collect();
                assert_eq!(links, [if wanted == data { "eth1" } else { "eth0" }; 2], "{method}");
            }
        }
    }
}

/// Each node's first interface leads to a network where no other node is, so that nothing can go there.
#[test]
fn everybody_reaches_everybody_by_the_interface_that_is_named_and_the_first_one_stays_idle() {
    for (keys, families) in [
        ("routing: router, masquerade: true", 1),
        ("routing: router, kind: flat", 2),
        ("routing: nodeRoutes, kind: flat", 2),
        ("routing: vxlan, masquerade: true", 2),
    ] {
        let of = |v4: &str, v6: &str| if families == 1 { format!("[{v4}]") } else { format!("[{v4}, '{v6}']") };
        let node = |number: u32| {
            format!(
                "  node-{number}:
    interfaces:
      eth0: {{ network: bmc-{number}, addresses: {} }}
      eth1: {{ network: data, addresses: {} }}
    pods: {{ {} }}
",
                of(&format!("172.16.{number}.1/24"), &format!("fd16:{number}::1/64")),
                of(&format!("192.168.1.1{number}/24"), &format!("fd01::1{number}/64")),
                if number == 1 { "pod-a: , pod-c:" } else { "pod-b:" },
            )
        };
        let (lab, _) = Lab::of(&format!(
            "lab: x
networks: {{ bmc-1: , bmc-2: , data: {{ subnets: {} }} }}
cluster: {{ clusterCIDR: {}, underlay: {{ autodetect: interface=eth1 }}, {keys} }}
nodes:
{}{}hosts:
  office:
    interfaces:
      eth0: {{ network: data, addresses: {} }}
      eth1: {{ network: bmc-1, addresses: {} }}
",
            of("192.168.1.0/24", "fd01::/64"),
            of("10.244.0.0/16", "fd00::/56"),
            node(1),
            node(2),
            of("192.168.1.100/24", "fd01::100/64"),
            of("172.16.1.100/24", "fd16:1::100/64"),
        ));
        let told = lab.run(&["check"]);
        assert_eq!(told.status, Some(0), "{keys}: {told}");
        assert_eq!(carried(&lab), [false, true], "{keys}");
    }
}
