//! Many nodes: what each of them has to know, and that everybody reaches everybody.

use netlab::topology::generate;

use crate::common::Lab;

const NODES: usize = 30;

#[test]
fn thirty_nodes_reach_each_other_over_an_overlay_of_which_the_underlay_knows_nothing() {
    let text = generate(NODES, 1).replace("masquerade: true", "masquerade: true\n  routing: vxlan");
    let (lab, _) = Lab::of(&text);
    let found = lab.run(&["check", "--json"]).json();
    assert_eq!(
        (&found["passed"], found["tried"].as_u64()),
        (&true.into(), Some((NODES * NODES + NODES * NODES) as u64))
    );
    // One route, one neighbour and one entry for each other node; that is what flannel writes, too.
    let lines = |words: &[&str]| lab.exec("n7", words).success().lines().count();
    assert_eq!(lines(&["ip", "route", "show", "dev", "flannel.1"]), NODES - 1);
    assert_eq!(lines(&["ip", "neigh", "show", "dev", "flannel.1", "nud", "permanent"]), NODES - 1);
    assert_eq!(lines(&["bridge", "fdb", "show", "dev", "flannel.1"]), NODES - 1);
    // Beside the nodes' own addresses nobody on the underlay is spoken to.
    let neighbours = lab.exec("n7", &["ip", "neigh", "show", "dev", "eth0"]).success();
    assert!(neighbours.lines().all(|line| line.starts_with("192.168.")), "{neighbours}");
}
