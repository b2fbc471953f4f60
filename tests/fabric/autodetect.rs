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
        for routing in ["vxlan", "nodeRoutes"] {
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
