//! Several commands at the same time, and what is left behind.

use std::process::Child;

use crate::bench::{trace, types};
use crate::common::program::start;
use crate::common::{Lab, topology};

/// `netlab trace` of one pod to another, begun.
fn begin(lab: &Lab, words: &[&str]) -> Child {
    let mut command = lab.netlab(&[&["trace", "--json"], words].concat());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    start(&mut command)
}

#[test]
fn many_traces_at_the_same_time_tell_each_of_its_own() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let pairs = [("pod-a", "pod-c"), ("pod-c", "pod-a"), ("pod-a", "pod-b"), ("pod-a", "pod-c"), ("outside", "node-3")];
    let traces = pairs.map(|(from, to)| (from, to, begin(&lab, &[from, to, "--count", "3"])));
    for (from, to, child) in traces {
        let output = child.wait_with_output().expect("its end");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
        assert_eq!((&document["result"], &document["answered"]), (&"delivered".into(), &3.into()), "{document:#}");
        let hops = document["hops"].as_array().expect("hops");
        assert_eq!((&hops[0]["machine"], &hops[hops.len() - 1]["machine"]), (&from.into(), &from.into()));
        assert!(hops.iter().any(|hop| hop["machine"] == to && hop["leg"] == "there"), "{document:#}");
    }
    assert_eq!(
        types(&lab, "for m in $(ip netns list | cut -d' ' -f1); do ip netns exec $m nft list tables; done | sort -u")
            .success(),
        "table ip netlab\n"
    );
}

#[test]
fn a_trace_of_a_lab_that_goes_down_ends() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let child = begin(&lab, &["pod-a", "pod-c", "--count", "250"]);
    trace(&lab, "pod-a pod-c");
    lab.down();
    child.wait_with_output().expect("its end");
}
