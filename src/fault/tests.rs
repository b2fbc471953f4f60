mod fabrics;

use std::collections::BTreeSet;

use super::way::round_trip;
use super::*;
use crate::network::{Mac, Namespaces};
use crate::plan::Plan;
use crate::topology::model::Topology;
use crate::topology::parse;
use crate::trace::cause::CAUSES;

/// A lab as its plan predicts it, with a hardware address for each link.
fn lab(file: &str) -> (Topology, Namespaces) {
    lab_of(&std::fs::read_to_string(format!("topologies/{file}.yaml")).unwrap())
}

fn lab_of(text: &str) -> (Topology, Namespaces) {
    let topology = parse("test.yaml", text).unwrap();
    let mut net = Plan::of(&topology).predict(|_| true);
    for (number, link) in (1_u8..).zip(net.values_mut().flat_map(|ns| &mut ns.links)) {
        link.mac.get_or_insert(Mac([2, 0, 0, 0, 0, number]));
    }
    (topology, net)
}

fn cells(strike: &Strike, site: &Site<'_>) -> BTreeSet<String> {
    let ways = ways(site, |_, _| true);
    let text = |cell: &Cell| format!("{} {}", cell.source, cell.destination);
    broken(strike, &ways).map(text).collect()
}

fn named(name: &str) -> Option<MachineName> {
    name.parse().ok()
}

#[test]
fn kinds_have_names_sentences_and_causes() {
    let slugs: BTreeSet<&str> = kinds().map(|kind| kind.slug).collect();
    assert_eq!(slugs.len(), kinds().count(), "no name twice");
    assert!(slugs.len() >= 25, "{}", slugs.len());
    for kind in kinds() {
        assert!(kind.slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", kind.slug);
        assert!(kind.does.ends_with('.') && kind.does.len() < 120, "{}: {}", kind.slug, kind.does);
        assert_eq!(kind.causes.is_empty(), kind.spoils == Aspect::Source, "{}", kind.slug);
        assert_eq!(find(kind.slug).map(|found| found.slug), Some(kind.slug));
    }
}

/// All causes but those that no fault of a network brings about, and the one for none of them.
#[test]
fn faults_cover_the_causes_of_traces() {
    let covered: BTreeSet<&str> = kinds().flat_map(|kind| kind.causes).map(|cause| cause.slug()).collect();
    for (_, slug, _) in CAUSES {
        let needs_more = ["no-listener", "unknown"].contains(&slug);
        assert_eq!(covered.contains(slug), !needs_more, "{slug}");
    }
}

/// Whether a kind needs no overlay.
fn plain_is_enough(kind: &'static Kind, plain: &Site<'_>) -> bool {
    !kind.possible(plain, &Wish::default()).is_empty()
}

#[test]
fn every_kind_is_possible_in_each_of_its_families_and_breaks_something() {
    let labs = ["dual-stack", "overlay-dual-stack"].map(lab);
    let [plain, overlay] = labs.each_ref().map(|(topology, net)| Site::new(topology, net));
    for kind in kinds() {
        let site = if plain_is_enough(kind, &plain) { &plain } else { &overlay };
        let families: &[Option<bool>] = match kind.families {
            Families::Either => &[Some(false), Some(true)],
            Families::All => &[None],
            Families::Ipv4 => &[Some(false)],
            Families::Ipv6 => &[Some(true)],
        };
        for ipv6 in families {
            let strikes = kind.candidates(site, &Wish { ipv6: *ipv6, ..Wish::default() });
            assert!(!strikes.is_empty(), "{} {ipv6:?}", kind.slug);
            for strike in strikes {
                assert_eq!(strike.ipv6, *ipv6, "{}", kind.slug);
                assert!(!cells(&strike, site).is_empty(), "{}: {strike:#?}", kind.slug);
                for deed in &strike.deeds {
                    assert!(!deed.requests().is_empty() && !deed.command().is_empty(), "{}: {deed:?}", kind.slug);
                }
            }
        }
        let other = kind.families == Families::Ipv6;
        if matches!(kind.families, Families::Ipv4 | Families::Ipv6) {
            assert!(kind.candidates(site, &Wish { ipv6: Some(!other), ..Wish::default() }).is_empty(), "{}", kind.slug);
        }
    }
}

/// What is asked for is what is chosen.
#[test]
fn a_wish_is_kept() {
    let labs = ["three-nodes", "overlay"].map(lab);
    let sites = labs.each_ref().map(|(topology, net)| Site::new(topology, net));
    for (kind, site) in kinds().flat_map(|kind| sites.iter().map(move |site| (kind, site))) {
        for strike in kind.possible(site, &Wish::default()) {
            let wish = Wish { machine: Some(strike.machine.clone()), other: strike.other.clone(), ipv6: strike.ipv6 };
            let again = kind.possible(site, &wish);
            assert!(!again.is_empty(), "{}: {wish:?}", kind.slug);
            let kept = |one: &Strike| one.machine == strike.machine && one.other == strike.other;
            assert!(again.iter().all(kept), "{}: {wish:?}", kind.slug);
        }
        let nobody = Wish { machine: named("nobody"), ..Wish::default() };
        assert!(kind.possible(site, &nobody).is_empty(), "{}", kind.slug);
    }
}

#[test]
fn a_missing_route_cuts_off_those_who_use_it() {
    let (topology, net) = lab("three-nodes");
    let site = Site::new(&topology, &net);
    let wish = Wish { machine: named("node-1"), other: named("node-2"), ipv6: None };
    let strikes = find("missing-route").unwrap().candidates(&site, &wish);
    let [strike] = &strikes[..] else { panic!("{strikes:#?}") };
    assert_eq!(strike.deeds[0].command(), "ip -n node-1 route delete 10.244.2.0/24 via 192.168.1.12");
    let mut expected = BTreeSet::new();
    for own in ["pod-a", "pod-b"] {
        for far in ["pod-c", "pod-d"] {
            expected.extend([format!("{own} {far}"), format!("{far} {own}")]);
        }
    }
    expected.extend(["node-1 pod-c".to_owned(), "node-1 pod-d".to_owned()]);
    assert_eq!(cells(strike, &site), expected);
}

/// A packet to a host comes back to the node that masqueraded it, and from there to the pod.
#[test]
fn the_way_there_and_back() {
    let (topology, net) = lab("three-nodes");
    let site = Site::new(&topology, &net);
    let station = |name: &str| site.station(name).unwrap();
    let way = |from: &str, to: &str| round_trip(&site, station(from), station(to), false);
    let text: Vec<String> = way("pod-a", "outside")
        .unwrap()
        .iter()
        .map(|passage| format!("{} {:?} {} → {}", passage.machine, passage.role, passage.from, passage.to))
        .collect();
    let expected = [
        "pod-a Sent 10.244.1.2 → 192.168.1.100",
        "node-1 Forwarded 10.244.1.2 → 192.168.1.100",
        "fabric Bridged 192.168.1.11 → 192.168.1.100",
        "outside Delivered 192.168.1.11 → 192.168.1.100",
        "outside Sent 192.168.1.100 → 192.168.1.11",
        "fabric Bridged 192.168.1.100 → 192.168.1.11",
        "node-1 Forwarded 192.168.1.100 → 10.244.1.2",
        "pod-a Delivered 192.168.1.100 → 10.244.1.2",
    ];
    assert_eq!(text, expected);
    assert_eq!(way("outside", "pod-a"), None, "outside knows nothing of pods");
    let itself = way("pod-a", "pod-a").unwrap();
    assert!(itself.iter().all(|passage| passage.role == Role::Itself));
    let crossing = way("pod-a", "pod-b").unwrap();
    assert_eq!(crossing[1].role, Role::Bridged);
    assert_eq!(crossing[1].enters.iter().map(ToString::to_string).collect::<Vec<_>>(), ["veth-pod-a", "cni0"]);
}

#[test]
fn the_same_seed_draws_the_same() {
    let (topology, net) = lab("dual-stack");
    let told = |seed: u64| {
        let mut draw = Draw::new(&topology, &net, Seed(seed));
        draw.draw(3, &Wish::default()).unwrap();
        let text = |strike: &Strike| format!("{} {} {:?}", strike.kind.slug, strike.machine, strike.ipv6);
        draw.strikes.iter().map(text).collect::<Vec<_>>()
    };
    for seed in 0..20 {
        assert_eq!(told(seed), told(seed));
    }
    let different: BTreeSet<Vec<String>> = (0..20).map(told).collect();
    assert!(different.len() > 15, "{different:#?}");
}

#[test]
fn what_is_drawn_can_be_found_one_by_one() {
    let (topology, net) = lab("three-nodes");
    let site = Site::new(&topology, &net);
    for seed in 0..40 {
        let mut draw = Draw::new(&topology, &net, Seed(seed));
        draw.draw(4, &Wish::default()).unwrap();
        let kinds: BTreeSet<&str> = draw.strikes.iter().map(|strike| strike.kind.slug).collect();
        assert_eq!(kinds.len(), 4, "different kinds");
        let all: Vec<BTreeSet<String>> = draw.strikes.iter().map(|strike| cells(strike, &site)).collect();
        for (place, own) in all.iter().enumerate() {
            let others: BTreeSet<&String> =
                all.iter().enumerate().filter(|(other, _)| *other != place).flat_map(|(_, cells)| cells).collect();
            assert!(own.iter().any(|cell| !others.contains(cell)), "seed {seed}: {:#?}", draw.strikes[place].kind);
        }
    }
}

#[test]
fn there_are_not_as_many_as_one_likes() {
    let (topology, net) = lab("one-node");
    let mut draw = Draw::new(&topology, &net, Seed(1));
    assert!(matches!(draw.draw(50, &Wish::default()), Err(Lack::TooFew { found }) if found > 1));
    let mut draw = Draw::new(&topology, &net, Seed(1));
    let order = Order { kind: find("missing-route").unwrap(), wish: Wish::default() };
    let lack = draw.order(&order);
    assert!(matches!(lack, Err(Lack::Impossible { ref machines, why: Why::NoSuchThing, .. }) if machines.is_empty()));
}

/// Who deletes all rules of a chain deletes the one that another fault has put there.
#[test]
fn no_fault_of_a_draw_undoes_another_one() {
    let (topology, net) = lab("three-nodes");
    let mut together = 0;
    for seed in 0..300 {
        let mut draw = Draw::new(&topology, &net, Seed(seed));
        let wish = Wish { machine: named("node-1"), ..Wish::default() };
        draw.order(&Order { kind: find("masquerade-pods").unwrap(), wish: wish.clone() }).unwrap();
        draw.draw(3, &wish).unwrap();
        let slugs: Vec<&str> = draw.strikes.iter().map(|strike| strike.kind.slug).collect();
        assert!(!slugs.contains(&"missing-masquerade"), "seed {seed}: {slugs:?}");
        together += usize::from(slugs.contains(&"forward-reject"));
    }
    assert!(together > 0, "others go with it");
}

/// On a single node nobody needs a way out.
#[test]
fn what_nobody_needs_is_not_broken() {
    let (topology, net) = lab("one-node");
    let mut draw = Draw::new(&topology, &net, Seed(1));
    let lack = draw.order(&Order { kind: find("missing-default-route").unwrap(), wish: Wish::default() });
    assert!(matches!(lack, Err(Lack::Impossible { why: Why::Unused, .. })), "{lack:?}");
}

/// The second one of a kind finds another place, until there is none.
#[test]
fn a_fault_is_not_done_twice_at_one_place() {
    let (topology, net) = lab("three-nodes");
    let mut draw = Draw::new(&topology, &net, Seed(3));
    let wish = Wish { machine: named("node-1"), ..Wish::default() };
    let order = Order { kind: find("missing-route").unwrap(), wish };
    draw.order(&order).unwrap();
    draw.order(&order).unwrap();
    assert_ne!(draw.strikes[0].other, draw.strikes[1].other);
    assert!(matches!(draw.order(&order), Err(Lack::Impossible { why: Why::Broken, .. })));
    // Rules of two faults share a table.
    let node = Wish { machine: named("node-2"), ..Wish::default() };
    for slug in ["forward-drop", "forward-reject"] {
        draw.order(&Order { kind: find(slug).unwrap(), wish: node.clone() }).unwrap();
    }
    let commands: Vec<String> = draw.strikes[2..].iter().flat_map(|s| &s.deeds).map(Deed::command).collect();
    assert_eq!(commands.iter().filter(|command| command.contains("add table")).count(), 1, "{commands:#?}");
}
