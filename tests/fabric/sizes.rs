//! How large a packet may be in an overlay, and who is told when it is larger: `ping -M do` is the oracle.

use crate::common::{Lab, Ran, topology};
use crate::kinds::{Stack, cluster};

/// One ping of so many bytes, headers included, that nobody may cut up.
fn ping(lab: &Lab, from: &str, to: &str, bytes: u32) -> Ran {
    let payload = bytes - if to.contains(':') { 48 } else { 28 };
    lab.exec(from, &["ping", "-n", "-c", "1", "-W", "1", "-M", "do", "-s", &payload.to_string(), to])
}

#[track_caller]
fn passes(lab: &Lab, from: &str, to: &str, bytes: u32) {
    ping(lab, from, to, bytes).success();
}

/// Whether the ping is not even sent: the pod's own link takes no more.
#[track_caller]
fn is_refused(lab: &Lab, from: &str, to: &str, bytes: u32, mtu: u32) {
    let ran = ping(lab, from, to, bytes);
    let told = format!("{}{}", ran.stdout, ran.stderr).to_lowercase();
    let size = told.contains(&format!("mtu: {mtu}")) || told.contains(&format!("mtu={mtu}"));
    assert!(told.contains("message too long") && size && told.contains("0 received"), "{ran}");
}

#[test]
fn full_size_packets_of_pods_fit_and_larger_ones_are_not_sent() {
    let lab = Lab::up(&topology("overlay-dual-stack.yaml"));
    // The smaller one of two tunnels decides: 1500 less 70.
    for to in ["10.244.1.2", "fd00:10:244:1::2"] {
        passes(&lab, "pod-a", to, 1430);
        is_refused(&lab, "pod-a", to, 1431, 1430);
    }
    // On the wire it is as large as the underlay takes, and in one piece.
    let hops = lab.run(&["trace", "pod-a", "pod-b", "-6", "--df", "--size", "1382", "--json"]).json();
    let hops = hops["hops"].as_array().expect("hops");
    let outer = hops.iter().find(|hop| hop["interface"] == "eth0" && hop["machine"] == "node-1").expect("a hop");
    assert_eq!((&outer["outer"][0]["length"], &outer["length"]), (&1500.into(), &1514.into()));
}

#[test]
fn a_pod_whose_link_takes_more_is_told_what_the_overlay_takes() {
    let text = cluster(Stack::Both, Stack::Both, "routing: vxlan").replace("pods:", "bridge: { mtu: 1500 }, pods:");
    let (lab, _) = Lab::of(&text);
    for (to, mtu, word) in [("10.244.1.2", 1450, "mtu = 1450"), ("fd00:10:244:1::2", 1430, "mtu=1430")] {
        // From the pod's own node, which is the first that knows.
        let ran = ping(&lab, "pod-1a", to, 1500);
        assert!(ran.stdout.contains(word) && ran.status != Some(0), "{ran}");
        let gateway = if to.contains(':') { "fd00:10:244::1" } else { "10.244.0.1" };
        assert!(ran.stdout.contains(&format!("From {gateway} ")), "{ran}");
        passes(&lab, "pod-1a", to, mtu);
        // Within the node nothing is wrapped up.
        let beside = if to.contains(':') { "fd00:10:244::3" } else { "10.244.0.3" };
        passes(&lab, "pod-1a", beside, 1500);
        let family = if to.contains(':') { "-6" } else { "-4" };
        // (ping was told already: whoever asks anew is not.)
        let trace = lab.run(&["trace", "pod-1b", "pod-2a", family, "--df", "--size", "1452", "--json"]).document(&[1]);
        let lost = &trace["lost"];
        assert_eq!((&lost["cause"], &lost["machine"]), (&"mtu".into(), &"node-1".into()), "{lost:#}");
    }
    // Whoever is told sends less, so that nothing is wrong.
    let text = lab.run(&["check"]).success();
    assert!(text.contains("MTU 1430–1500"), "{text}");
}

#[test]
fn jumbo_frames_of_the_underlay_are_the_pods() {
    let lab = Lab::up(&topology("underlay-autodetect.yaml"));
    passes(&lab, "pod-a", "10.244.1.2", 8950);
    is_refused(&lab, "pod-a", "10.244.1.2", 8951, 8950);
}

#[test]
fn a_narrow_place_between_the_nodes_loses_what_is_wrapped_up_and_the_trace_says_so() {
    let lab = Lab::up(&topology("overlay.yaml"));
    // At the end of the cable: what is larger is dropped without a word, as by a switch.
    lab.exec("node-2", &["ip", "link", "set", "eth0", "mtu", "1400"]).success();
    let trace = lab.run(&["trace", "pod-a", "pod-c", "--df", "--size", "1422", "--json"]).document(&[1]);
    assert_eq!(trace["lost"]["cause"], "mtu", "{:#}", trace["lost"]);
    passes(&lab, "pod-a", "10.244.2.2", 1350);
}
