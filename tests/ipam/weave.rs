//! One subnet across nodes, whose addresses the nodes have shared out among themselves.

use crate::common::{Directory, Lab, topology};

#[test]
fn pods_of_different_nodes_are_neighbours() {
    let lab = Lab::up(&topology("weave.yaml"));
    let found = lab.addresses(&["pod-a", "pod-b", "pod-c", "pod-d"].map(str::to_owned));
    let addresses: Vec<&str> = found.values().map(|all| all[0].as_str()).collect();
    assert_eq!(addresses, ["10.32.0.2", "10.32.0.3", "10.40.0.1", "10.44.0.1"]);
    // With a time to live of 1 no router could be on the way; what was learned tells by which nodes it went.
    lab.exec("pod-a", &["ping", "-q", "-c", "1", "-W", "5", "-t", "1", "10.44.0.1"]).success();
    let mac = lab.ip("pod-d", &["link", "show", "eth0"])[0]["address"].as_str().expect("a MAC").to_owned();
    assert_eq!(lab.ip("pod-a", &["neigh", "show", "10.44.0.1"])[0]["lladdr"], mac.as_str());
    let learned = lab.exec("node-1", &["bridge", "fdb", "show", "dev", "vxlan-6784"]).success();
    let at = |line: &&str| line.starts_with(&mac) && line.contains("dst 192.168.1.13");
    assert!(learned.lines().find(at).is_some(), "{mac} is behind node-3:\n{learned}");
    lab.run(&["check", "--no-why"]).success();
    lab.run(&["diff"]).success();
}

#[test]
fn a_pod_that_comes_gets_an_address_of_its_nodes_part_or_of_a_donation() {
    let (lab, directory) = (Lab::place(), Directory::new());
    let text = "networks: { lan: { subnets: [192.0.2.0/24] } }\n\
                cluster: { ipam: weave, clusterCIDR: 10.32.0.0/29 }\n\
                nodes:\n  n1: { address: 192.0.2.1, pods: { a: {} } }\n  n2: { address: 192.0.2.2, pods: { b: {} } }\n";
    let file = directory.file("small.yaml", format!("lab: {}\n{text}", lab.name));
    lab.run(&["up", &file]).success();
    let add = |pod: &str| {
        let told = lab.run(&["pod", "add", pod, "--node", "n1", "--json"]);
        (told.status, told)
    };
    // n1 has .1 to .3, of which the bridge and `a` have two; n2 has .4 to .6, of which two are its own.
    for (pod, address) in [("c", "10.32.0.3"), ("d", "10.32.0.6")] {
        let (status, told) = add(pod);
        assert_eq!(status, Some(0), "{told}");
        assert_eq!(lab.addresses(&[pod.to_owned()])[pod], [address]);
    }
    let (status, told) = add("e");
    assert!(status == Some(2) && told.stderr.contains("10.32.0.0/29"), "nothing is left: {told}");
    lab.exec("c", &["ping", "-q", "-c", "1", "-W", "5", "10.32.0.5"]).success();
}
