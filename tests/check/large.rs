//! Many machines: samples, blocks that the kernel's neighbour tables hold, and full matrices.

use std::collections::BTreeSet;

use crate::common::found::Found;
use crate::common::{Directory, Lab, run, topology};

#[test]
fn of_a_thousand_pods_a_sample_is_tried_that_leaves_nobody_out() {
    let lab = Lab::up(&topology("large.yaml"));
    let found = Found::of(&lab, &[]).passed();
    assert_eq!(found.document["sample"]["of"], 1_020_000);
    let ends = |key: &str, rule: &str| -> BTreeSet<String> {
        let of = found.pairs().iter().filter(|pair| pair["rule"] == rule);
        of.map(|pair| pair[key].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(ends("from", "pod-to-pod").len(), 1000);
    assert_eq!(ends("to", "pod-to-pod").len(), 1000);
    assert_eq!(ends("from", "node-to-pod").len(), 20);
    let node = |name: &str| name.split('-').next().expect("a node").to_owned();
    let between = found.pairs().iter().map(|pair| {
        let name = |key: &str| node(pair[key].as_str().expect("a name"));
        (name("from"), name("to"))
    });
    assert_eq!(between.collect::<BTreeSet<_>>().len(), 400, "every node to every node");
    // The same seed, the same pairs; another seed, others.
    let pairs = |words: &[&str]| Found::of(&lab, words).passed().cells(|_| true);
    assert_eq!(pairs(&["--seed", "1"]), found.cells(|_| true));
    assert_ne!(pairs(&["--seed", "2"]), found.cells(|_| true));
    // One pod that nobody reaches is found in any sample.
    lab.exec("n7-p21", &["ip", "link", "set", "eth0", "down"]).success();
    let broken = Found::of(&lab, &[]);
    assert!(!broken.failed().is_empty());
    assert!(broken.failed().iter().all(|cell| cell.contains("n7-p21 ")), "{:?}", broken.failed());
    assert!(broken.causes().contains("link-down"), "{:?}", broken.causes());
    let text = lab.run(&["check"]).stdout;
    assert!(text.contains("a sample of 1020000 pairs, by the seed 1; --all tries all"), "{text}");
    lab.down();
}

/// All pods of one node would meet nearly ten thousand neighbours; the kernel holds a thousand in all its namespaces.
#[test]
fn a_hundred_pods_on_one_node_all_reach_each_other() {
    let lab = Lab::place();
    let text = run(&mut lab.netlab(&["generate", "1", "100"])).success();
    let directory = Directory::new();
    lab.run(&["up", &directory.file("generated.yaml", text)]).success();
    let found = Found::of(&lab, &[]).passed();
    assert_eq!(found.document["tried"], 100 * 100 + 100);
    assert!(found.document.get("sample").is_none());
    // A hundred columns do not fit: the matrix is told node by node.
    let text = lab.run(&["check"]).success();
    assert!(text.contains("IPv4, pods on  n1\n") && text.contains("\n pods on n1     ✓\n"), "{text}");
    for machine in ["n1", "n1-p1", "n1-p100"] {
        let neighbours = lab.ip(machine, &["neigh", "show"]);
        assert_eq!(neighbours.as_array().expect("a list").len(), 0, "{machine} remembers {neighbours}");
    }
    lab.down();
}
