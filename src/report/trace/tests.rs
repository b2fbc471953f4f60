//! What every trace looks like, and what holds for all of them.

use insta::assert_snapshot;

use super::samples::{self, all};
use super::*;
use crate::trace::{Outcome, Point};

#[test]
fn texts_look_like_this() {
    for (name, outcome) in all() {
        assert_snapshot!(format!("{name}-80"), text(&outcome, None, 80, false));
    }
    for (name, outcome) in [("masqueraded", samples::masqueraded()), ("tunnelled", samples::tunnelled())] {
        assert_snapshot!(format!("{name}-120"), text(&outcome, None, 120, false));
    }
}

#[test]
fn a_document_looks_like_this() {
    let outcome = samples::stranded();
    assert_snapshot!("stranded-json", serde_json::to_string_pretty(&document(&outcome, None)).unwrap());
}

#[test]
fn diagrams_look_like_this() {
    for (name, outcome) in all() {
        if ["masqueraded", "tunnelled", "stranded", "looping", "never-sent", "blocked"].contains(&name) {
            assert_snapshot!(format!("{name}-mermaid"), mermaid(&outcome));
        }
    }
}

/// The lines of a text, without the commands.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !["netlab exec ", "ip -n ", "ip netns exec "].iter().any(|command| line.contains(command)))
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (name, outcome) in all() {
        for columns in 40..200 {
            let text = text(&outcome, None, columns, false);
            for line in lines(&text) {
                assert!(line.chars().count() <= columns, "{name} in {columns}: {line}");
                assert!(!line.ends_with(' '), "{name} in {columns}: {line:?}");
            }
        }
    }
}

#[test]
fn in_brief_it_is_the_machines_and_the_death() {
    for (name, outcome) in all() {
        let text = brief(&outcome, None, 80, false);
        let head = text.lines().take_while(|line| !line.is_empty()).count();
        assert!((2..=8).contains(&head), "{name}: {text}");
        assert_eq!(text.contains("\nlost "), outcome.lost.is_some(), "{name}: {text}");
        assert!(lines(&text).all(|line| line.chars().count() <= 80), "{name}: {text}");
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    for (name, outcome) in all() {
        for columns in [40, 80, 120] {
            let colored = text(&outcome, None, columns, true);
            let mut parts = colored.split("\x1b[");
            let first = parts.next().unwrap().to_owned();
            let plain = parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1);
            assert_eq!(plain, text(&outcome, None, columns, false), "{name} in {columns}");
        }
    }
}

#[test]
fn every_line_of_the_tree_is_marked() {
    for (name, outcome) in all() {
        let text = text(&outcome, None, 80, false);
        for section in text.split("\n\n").skip(1) {
            // A section begins with a word and the text beside it; at its end there may be a fix.
            let mut lines = section.lines();
            let is_tree = ["there", "back", "lost"].contains(&lines.next().unwrap().split(' ').next().unwrap());
            let tree = lines.skip_while(|line| line.starts_with("   ")).take_while(|line| !line.starts_with("fix"));
            for line in tree.filter(|_| is_tree) {
                assert!(line.starts_with("● ") || line.starts_with("○ "), "{name}: {line}");
            }
        }
    }
}

#[test]
fn a_fact_of_several_lines_stays_within_its_columns() {
    let mut outcome = samples::stranded();
    outcome.there[0].facts = vec![crate::trace::Fact::observed("rule", "ip saddr 10.0.0.1\n\tdrop\x1b[31m")];
    let text = text(&outcome, None, 80, false);
    assert!(text.contains("●       rule        ip saddr 10.0.0.1  drop [31m\n"), "{text}");
}

#[test]
fn twenty_hops_fit_on_sixty_lines() {
    assert!(text(&samples::delivered(), None, 80, false).lines().count() <= 60);
}

#[test]
fn every_hop_is_told_in_order() {
    // Of what goes in circles, most is not told.
    for (name, outcome) in all().into_iter().filter(|(name, _)| *name != "looping") {
        let text = text(&outcome, None, 120, false);
        let mut words = text.split_whitespace();
        for hop in outcome.there.iter().chain(&outcome.back) {
            assert!(words.any(|word| word == hop.sighting.interface), "{name}: {} is missing", hop.sighting.interface);
            for fact in &hop.facts {
                let kind_and_text = words.any(|word| word == fact.kind) && words.next() == fact.text.split(' ').next();
                assert!(kind_and_text, "{name}: {fact:?} is missing");
            }
        }
    }
}

#[test]
fn outer_packets_are_in_the_document() {
    let outcome = samples::tunnelled();
    let document = serde_json::to_value(document(&outcome, None)).unwrap();
    let outer = serde_json::json!([{
        "src": "192.168.1.11", "dst": "192.168.1.12", "ttl": 64, "srcPort": 51_000, "dstPort": 4789, "length": 134,
        "vni": 1, "innerSrcMac": "7e:3a:5c:10:2f:f1", "innerDstMac": "7e:3a:5c:10:2f:f2",
    }]);
    let within: Vec<_> = (0..12).filter(|hop| document["hops"][hop].get("outer").is_some()).collect();
    assert_eq!(within, [4, 5, 6, 7]);
    let hop = &document["hops"][4];
    assert_eq!((&hop["outer"], &hop["src"], &hop["ttl"]), (&outer, &"10.244.1.2".into(), &63.into()));
    assert_eq!((&hop["srcMacName"], &hop["dstMacName"]), (&"node-1's eth0".into(), &"node-2's eth0".into()));
}

#[test]
fn an_outer_ttl_is_told_where_a_router_takes_from_it() {
    let mut outcome = samples::tunnelled();
    let wrapped = outcome.there.iter_mut().filter(|hop| !hop.sighting.frame.outer.is_empty());
    for outer in wrapped.skip(2).flat_map(|hop| &mut hop.sighting.frame.outer) {
        outer.packet.ttl -= 1;
    }
    let text = text(&outcome, None, 80, false);
    assert_eq!(text.matches("outer ttl").count(), 1, "{text}");
    assert!(text.contains("node-2-eth0 →  in VXLAN 1  outer ttl 64 → 63"), "{text}");
}

#[test]
fn every_hop_is_in_the_document() {
    for (name, outcome) in all() {
        let Outcome { there, back, lost, .. } = &outcome;
        let document = serde_json::to_value(document(&outcome, None)).unwrap();
        let hops = document["hops"].as_array().unwrap();
        assert_eq!(hops.len(), there.len() + back.len(), "{name}");
        for (place, (document, hop)) in hops.iter().zip(there.iter().chain(back)).enumerate() {
            assert_eq!(document["leg"], if place < there.len() { "there" } else { "back" }, "{name}");
            assert_eq!(document["machine"], hop.sighting.machine.as_str(), "{name}");
            assert_eq!(document["interface"], hop.sighting.interface, "{name}");
            assert_eq!(document["at"], hop.sighting.at, "{name}");
            assert_eq!(document["facts"].as_array().unwrap().len(), hop.facts.len(), "{name}");
            assert_eq!(document["rewritten"].as_array().unwrap().len(), hop.rewritten.len(), "{name}");
        }
        assert_eq!(document["result"], if lost.is_some() { "lost" } else { "delivered" }, "{name}");
        let Some(death) = lost else { continue };
        let document = &document["lost"];
        let point = match death.point {
            Point::NeverSent => "neverSent",
            Point::Underway => "underway",
            Point::Unanswered => "unanswered",
        };
        assert_eq!(document["point"], point, "{name}");
        assert_eq!(document["cause"], death.cause.slug(), "{name}");
        assert_eq!(document["commands"].as_array().unwrap().len(), death.fix.len(), "{name}");
        assert_eq!(document.get("fix").is_some(), !death.fix.is_empty(), "{name}");
        assert_eq!(document.get("fixPlain").is_some(), !death.fix.is_empty(), "{name}");
    }
}

#[test]
fn a_fix_can_be_pasted_and_names_the_lab_where_it_must() {
    let outcome = samples::reply_lost();
    let lab = "three-nodes".parse().unwrap();
    let fix = "netlab --lab three-nodes exec node-2 -- nft chain inet filter forward '{ policy accept; }'";
    let route = "netlab --lab three-nodes exec node-2 -- ip route add 10.244.1.0/24 via 192.168.1.11";
    let text = text(&outcome, Some(&lab), 80, false);
    assert!(text.contains(&format!("fix        {fix}\n           {route}\n")), "{text}");
    let document = serde_json::to_value(document(&outcome, Some(&lab))).unwrap();
    assert_eq!(document["lost"]["fix"], format!("{fix} && {route}"));
}

#[test]
fn of_many_commands_the_one_that_does_them_all_comes_first() {
    let mut outcome = samples::reply_lost();
    let death = outcome.lost.as_mut().unwrap();
    death.fix = (1..=4).map(|number| format!("ip -n node-2 link set eth{number} up")).collect();
    let lab = "three-nodes".parse().unwrap();
    let all = death.fix.clone();
    let fix = "fix        netlab --lab three-nodes repair\n           ";
    let whole = text(&outcome, Some(&lab), 80, false);
    assert!(whole.contains(&format!("{fix}or, in `netlab shell`:\n")), "{whole}");
    assert!(all.iter().all(|command| whole.matches(command.as_str()).count() == 1), "{whole}");
    let brief = brief(&outcome, Some(&lab), 80, false);
    assert!(brief.contains(&format!("{fix}does 4 commands: `netlab diff` lists them\n")), "{brief}");
    let document = serde_json::to_value(document(&outcome, Some(&lab))).unwrap();
    assert_eq!(document["lost"]["commands"].as_array().unwrap().len(), 4);
    assert_eq!(document["lost"]["fixPlain"], all.join(" && "));
    // What `netlab repair` would not do is listed, however much it is.
    outcome.lost.as_mut().unwrap().by_repair = false;
    let text = text(&outcome, None, 80, false);
    assert!(!text.contains("netlab repair") && text.contains("exec node-2 -- ip link set eth4 up\n"), "{text}");
}
