//! What every document of `netlab trace --json` is like, whatever it tells.

use serde_json::Value;

use crate::common::Ran;

/// The causes that are documented.
pub const SLUGS: [&str; 24] = [
    "no-route",
    "no-return-route",
    "forwarding-off",
    "rp-filter",
    "martian-source",
    "blackhole-route",
    "link-down",
    "port-blocked",
    "not-in-bridge",
    "neighbour-unanswered",
    "no-address",
    "wrong-gateway",
    "duplicate-address",
    "firewall",
    "no-masquerade",
    "mtu",
    "fdb-missing",
    "wrong-vtep",
    "vni-mismatch",
    "port-mismatch",
    "ttl-exceeded",
    "no-listener",
    "hairpin",
    "unknown",
];

/// The words for how something is known.
const EVIDENCE: [&str; 2] = ["observed", "explained"];

/// The document is made as it is described, and says what the exit status says.
#[track_caller]
pub fn assert_shape(ran: &Ran, document: &Value) {
    let wrong = wrong(ran, document);
    assert!(wrong.is_empty(), "{wrong:#?}\n{ran}");
}

fn wrong(ran: &Ran, document: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |so: bool, what: &str| {
        if !so {
            wrong.push(what.to_owned());
        }
    };
    let lost = match document["result"].as_str() {
        Some("delivered") => false,
        Some("lost") => true,
        _ => return vec!["result is delivered or lost".to_owned()],
    };
    must(ran.status == Some(i32::from(lost)), "the exit status is 0 for delivered and 1 for lost");
    must(document["lost"].is_object() == lost, "lost is there exactly if it is lost");
    must(document["lab"].is_string() && document["source"].is_string(), "lab and source are texts");
    must(document["probe"].is_object(), "probe is there");
    must(document["notes"].is_array(), "notes are a list");
    let (sent, answered) = (document["sent"].as_u64(), document["answered"].as_u64());
    must(sent.is_some() && answered <= sent, "so many are answered as are sent, at most");
    must(lost || (answered == sent && sent > Some(0)), "what is delivered is answered");
    let hops = document["hops"].as_array().cloned().unwrap_or_default();
    must(lost || !hops.is_empty(), "there are hops");
    let mut came_back = false;
    for hop in &hops {
        let text = |key: &str| hop[key].as_str().is_some_and(|text| !text.is_empty());
        must(text("machine") && text("interface") && text("src") && text("dst"), "a hop's texts");
        must(matches!(hop["direction"].as_str(), Some("in" | "out")), "a hop goes in or out");
        must(matches!(hop["leg"].as_str(), Some("there" | "back")), "a hop is there or back");
        must(hop["ttl"].as_u64().is_some_and(|ttl| ttl <= 255), "a hop has a ttl");
        must(hop["evidence"] == "observed", "a hop is observed");
        must(hop["rewritten"].is_array(), "a hop says what was rewritten");
        must(hop["at"].is_number() || hop["at"].is_string(), "a hop says when");
        must(!came_back || hop["leg"] == "back", "the way back is after the way there");
        came_back |= hop["leg"] == "back";
        facts(&hop["facts"], &mut must);
    }
    if let (Some(first), false) = (hops.first(), lost) {
        must(first["machine"] == document["source"] && first["direction"] == "out", "it begins at its source");
        let last = hops.last().unwrap_or(first);
        // Nobody need answer a datagram.
        let back = came_back || document["probe"]["protocol"] != "udp";
        must(!back || last["machine"] == document["source"] && last["direction"] == "in", "it ends at its source");
        must(!back || came_back, "it comes back");
    }
    if lost {
        let lost = &document["lost"];
        let text = |key: &str| lost[key].as_str().is_some_and(|text| !text.is_empty());
        must(matches!(lost["leg"].as_str(), Some("there" | "back")), "lost on the way there or back");
        must(matches!(lost["point"].as_str(), Some("neverSent" | "underway" | "unanswered")), "a point");
        must(text("machine") && text("why"), "machine and why");
        must(lost["cause"].as_str().is_some_and(|cause| SLUGS.contains(&cause)), "a documented cause");
        must(lost["commands"].is_array(), "commands are a list");
        let commands = lost["commands"].as_array().map_or(0, Vec::len);
        must(text("fix") == (commands > 0) && text("fixPlain") == (commands > 0), "a fix is commands, and fixPlain");
        must(lost["evidence"].as_array().is_some_and(|facts| !facts.is_empty()), "there is evidence");
        facts(&lost["evidence"], &mut must);
        let there = hops.iter().any(|hop| hop["leg"] == lost["leg"]);
        must(lost["point"] != "neverSent" || !there, "what was never sent crossed nothing");
    }
    wrong
}

fn facts(facts: &Value, must: &mut impl FnMut(bool, &str)) {
    let Some(facts) = facts.as_array() else { return must(false, "facts are a list") };
    for fact in facts {
        let text = |key: &str| fact[key].as_str().is_some_and(|text| !text.is_empty());
        must(text("kind") && text("text"), "a fact has a kind and a text");
        must(fact["evidence"].as_str().is_some_and(|word| EVIDENCE.contains(&word)), "a fact is observed or explained");
    }
}
