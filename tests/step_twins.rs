//! Every kind of step, one step at a time: netlab's requests, the printed commands and the prediction agree, and back
//! leads to where it was before.
//!
//! ```text
//!           netlab next             the command that it prints            Plan::predict(n ≤ N)
//!               │                        │ typed                               │
//!          a lab of netlab's  ═══  namespaces of somebody else's  ═══  values    at every N from 0 to the end,
//!               │                        │                                     │  and at every N from there to 0
//!           netlab back             the command that it prints
//! ```
//!
//! Where a sample adds kinds of steps to those before it, it is looked at both ends and on either side of these.

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use common::facts::{self, NUMBERS, differences};
use common::program::OF_ALL_KINDS;
use common::state::{LOOK, State};
use common::typist::{Typist, script_of};
use common::wait::SETTLING;
use common::{Directory, Lab, topologies, topology};
use netlab::plan::Plan;
use netlab::step::Action;
use netlab::topology::parse;

/// Two families, two cables, a pod, sysctls of every sort that others write through to, two rules in each chain.
const DUAL_STACK: &str = r#"
networks:
  lan: { subnets: [198.51.100.0/24, "2001:db8:1::/64"] }
  wan: { subnets: [203.0.113.0/24, "2001:db8:2::/64"] }
nodes:
  n1:
    interfaces:
      eth0: { network: lan, addresses: [198.51.100.1/24, "2001:db8:1::1/64"] }
      eth1.5: { network: wan, addresses: [203.0.113.1/24, 203.0.113.7/24] }
    sysctls:
      net.ipv4.conf.all.accept_redirects: 1
      net.ipv4.conf.default.rp_filter: 2
      net.ipv4.conf.default.forwarding: 0
      net.ipv4.conf.eth1/5.rp_filter: 1
      net.ipv4.conf.eth0.forwarding: 1
      net.ipv6.conf.eth0.accept_ra: 0
      net.ipv6.conf.cni0.forwarding: 0
      net.ipv4.ip_local_reserved_ports: 30000-32767
      net.ipv4.ip_local_port_range: 40000 50000
    bridge: { name: cni0, addresses: [10.244.1.1/24, "fd00:10:244:1::1/64"] }
    pods:
      red: { sysctls: { net.ipv6.conf.lo.use_tempaddr: 0, net.ipv4.neigh.eth0.gc_stale_time: 30 } }
    routes:
      - { to: 10.244.2.0/24, via: 198.51.100.2 }
      - { to: "fd00:10:244:2::/64", via: "2001:db8:1::2" }
    masquerade:
      - { from: 10.244.1.0/24, except: [10.244.0.0/16] }
      - { from: 10.244.2.0/24 }
      - { from: "fd00:10:244:1::/64", except: ["fd00::/8"] }
      - { from: "fd00:10:244:2::/64" }
"#;

/// IPv4 alone: silent links, a host that routes, addresses that stand alone, a link without any.
const IPV4: &str = r#"
networks: { lan: {}, idle: {} }
nodes:
  n1:
    interfaces: { eth0: { network: lan, addresses: [198.51.100.1/24, 10.244.9.1/32] }, eth1: { network: idle } }
    bridge: { name: br0, addresses: [10.244.1.1/25, 10.244.1.129/25] }
    pods: { red: { addresses: [10.244.1.2/25, 10.244.1.130/25] } }
    sysctls: { net.ipv4.conf.all.rp_filter: 1, net.ipv4.conf.br0.rp_filter: 2 }
hosts:
  out:
    forwarding: true
    interfaces: { eth0: { network: lan, addresses: [198.51.100.9/24] } }
    routes: [{ to: default, via: 198.51.100.1 }, { to: 10.244.1.0/24, via: 198.51.100.1 }]
    masquerade: [{ from: 203.0.113.0/24 }]
    sysctls: { net.ipv6.conf.all.disable_ipv6: 1, net.ipv4.conf.eth0.rp_filter: 2 }
"#;

/// IPv6 alone, with a host that sets the defaults of its links itself.
const IPV6: &str = r#"
networks: { lan: {} }
nodes:
  n1:
    interfaces: { eth0: { network: lan, addresses: ["2001:db8:1::1/64", "2001:db8:3::7/128"] } }
    bridge: { name: cni0, addresses: ["fd00:10:244:1::1/64"] }
    pods: { red: {} }
    masquerade: [{ from: "fd00:10:244:1::/64" }]
hosts:
  out:
    interfaces: { eth0: { network: lan, addresses: ["2001:db8:1::9/64"] } }
    sysctls: { net.ipv6.conf.default.accept_ra: 0, net.ipv6.conf.all.accept_ra: 0 }
    routes: [{ to: "fd00:10:244::/48", via: "2001:db8:1::1" }, { to: "2001:db8:2::/64", via: "2001:db8:1::1" }]
"#;

/// Overlays over both families, learning and not, one a port of the bridge; an MTU that each link gets; a route by way of
/// a link that is said; and addresses that leave.
const OVERLAY: &str = r#"
networks: { lan: { subnets: [198.51.100.0/24, "2001:db8:1::/64"], mtu: 1600 }, wan: { mtu: 1400 } }
nodes:
  n1:
    interfaces:
      eth0: { network: lan, addresses: [198.51.100.1/24, "2001:db8:1::1/64"] }
      eth1: { network: wan, addresses: [203.0.113.1/24] }
    bridge: { name: cni0, addresses: [10.244.1.1/24, "fd00:10:244:1::1/64"], mtu: 1500 }
    pods: { red: {} }
    vxlan:
      flannel.1: { id: 1, local: 198.51.100.1, dev: eth0, mac: "66:2a:00:00:04:01", mtu: 1550, addresses: 10.244.1.0/32,
                   peers: [{ vtep: 198.51.100.2, mac: "66:2a:00:00:04:02", addresses: 10.244.2.0 },
                           { vtep: 198.51.100.3, mac: "66:2a:00:00:04:03", addresses: [10.244.3.0, 10.244.4.0] }] }
      flannel-v6.1: { id: 1, port: 4789, local: "2001:db8:1::1", dev: eth0, mac: "66:2a:00:00:06:01", mtu: 1530,
                      addresses: "fd00:10:244:1::/128",
                      peers: [{ vtep: "2001:db8:1::2", mac: "66:2a:00:00:06:02", addresses: "fd00:10:244:2::" }],
                      flood: ["2001:db8:1::2", "2001:db8:1::3"] }
      weave: { id: 7, local: 198.51.100.1, dev: eth0, mac: "66:2a:00:00:07:01", mtu: 1500, learning: true, master: cni0,
               flood: [198.51.100.2, 198.51.100.3] }
    routes:
      - { to: 10.244.2.0/24, via: 10.244.2.0, dev: flannel.1, onlink: true }
      - { to: "fd00:10:244:2::/64", via: "fd00:10:244:2::", dev: flannel-v6.1, onlink: true }
      - { to: 10.244.5.0/24, via: 198.51.100.5, dev: eth0 }
      - { to: "fd00:10:244:5::/64", via: "2001:db8:1::5", dev: eth0 }
      - { to: default, via: 192.0.2.1, dev: eth1, onlink: true }
    masquerade:
      - { from: 10.244.1.0/24, except: [10.244.0.0/16], to: 198.51.100.1 }
      - { from: 10.244.9.0/24 }
      - { from: "fd00:10:244:1::/64", to: "2001:db8:1::1" }
"#;

/// Addresses that are written down as they are given out, in both families.
const HOST_LOCAL: &str = r#"
cluster: { ipam: host-local, allocateNodeCIDRs: false, routing: none }
nodes:
  n1:
    bridge: { name: cni0, addresses: [10.244.1.1/24, "fd00:10:244:1::1/64"] }
    pods: { red: {} }
"#;

/// Addresses that are asked for: one with its default route, one without.
const DHCP: &str = r#"
cluster: { ipam: dhcp, leaseTime: 600, allocateNodeCIDRs: false, routing: none }
nodes:
  n1:
    bridge: { name: cni0, addresses: [10.244.1.1/24] }
    pods:
      red: {}
      blue: { addresses: [10.244.1.9/24], routes: [{ to: default, via: 10.244.1.2 }] }
"#;

/// Every kind of step by its name. The match has no wildcard: a new kind does not compile without a line here, and has
/// no twin until it occurs in a sample. Those of changes occur in no plan: `tests/change/` tries them.
macro_rules! kinds {
    ($($kind:ident)*) => {
        const KINDS: &[&str] = &[$(stringify!($kind)),*];
        fn kind(action: &Action) -> &'static str {
            match action {
                $(Action::$kind(_) => stringify!($kind),)*
                // Of no plan: what a change of a running lab does beside (tests/change).
                Action::KeepMac(_) | Action::ReplaceRules(_) => "",
            }
        }
    };
}
kinds! {
    AddNamespace SetSysctl AddBridge AddVeth AddVxlan MoveLink SetMtu AttachPort QuietLink SetUp AddAddress AddNeighbour
    AddFdbEntry AddRoute AddTable AddChain AddRule MakeLeaseDirectory ReserveAddress StartDhcpServer ReserveHost LeaseAddress
}

fn text(lab: &str, sample: &str) -> String {
    format!("lab: {lab}{sample}")
}

fn plan(lab: &str, sample: &str) -> Plan {
    Plan::of(&parse("sample.yaml", &text(lab, sample)).unwrap_or_else(|failure| panic!("\n{failure}")))
}

#[test]
fn every_kind_of_step_has_its_twin() {
    let samples = [DUAL_STACK, IPV4, IPV6, OVERLAY, HOST_LOCAL, DHCP];
    let steps = samples.into_iter().flat_map(|sample| plan("x", sample).steps);
    let found: BTreeSet<&str> = steps.map(|step| kind(&step.action)).collect();
    assert_eq!(found, KINDS.iter().copied().collect(), "the kinds of step that occur in the samples");
}

/// Where not all topologies that are shipped can be tried, those are which have everything.
#[test]
fn some_topologies_have_every_kind_of_step_in_each_family() {
    let steps = |name: &str| {
        let text = std::fs::read_to_string(topology(name)).expect("the file");
        let plan = Plan::of(&parse(name, &text).unwrap_or_else(|failure| panic!("\n{failure}")));
        let of = |step: &netlab::step::Step| {
            let command = step.command().unwrap_or_default();
            (kind(&step.action), command.contains("::"), command.contains(" ip6 ") || command.contains("net.ipv6"))
        };
        plan.steps.iter().map(of).collect::<BTreeSet<_>>()
    };
    let of_all: BTreeSet<_> = OF_ALL_KINDS.into_iter().flat_map(steps).collect();
    for name in topologies() {
        let missing: Vec<_> = steps(&name).difference(&of_all).cloned().collect();
        assert!(missing.is_empty(), "{name} adds {missing:?}");
    }
}

#[test]
fn dual_stack_twins_agree_at_every_step_there_and_back() {
    there_and_back(DUAL_STACK, KINDS);
}

#[test]
fn ipv4_twins_agree_at_every_step_there_and_back() {
    there_and_back(IPV4, KINDS);
}

#[test]
fn ipv6_twins_agree_at_every_step_there_and_back() {
    there_and_back(IPV6, KINDS);
}

#[test]
fn overlay_twins_agree_at_every_step_there_and_back() {
    there_and_back(OVERLAY, &["AddVxlan", "SetMtu", "AddNeighbour", "AddFdbEntry", "AddRoute", "AddRule"]);
}

#[test]
fn twins_whose_addresses_are_written_down_agree_at_every_step_there_and_back() {
    there_and_back(HOST_LOCAL, &["MakeLeaseDirectory", "ReserveAddress"]);
}

#[test]
fn twins_whose_addresses_are_leased_agree_at_every_step_there_and_back() {
    there_and_back(DHCP, &["MakeLeaseDirectory", "StartDhcpServer", "ReserveHost", "LeaseAddress"]);
}

/// The three roads.
struct Roads {
    lab: Lab,
    typist: Typist,
    plan: Plan,
    /// Whether they lead back.
    back: bool,
}

/// Goes to the end and back, and looks at both ends and on either side of each step of these kinds.
fn there_and_back(sample: &str, kinds: &[&str]) {
    let (lab, directory) = (Lab::place(), Directory::new());
    let file = directory.file("sample.yaml", text(&lab.name, sample));
    let typist = Typist::new(&script_of(&lab, &file));
    lab.run(&["up", "--empty", &file]).success();
    let plan = plan(&lab.name, sample);
    let mut roads = Roads { lab, typist, plan, back: false };
    let total = roads.plan.len();
    let is_of = |step: Option<&netlab::step::Step>| step.is_some_and(|step| kinds.contains(&kind(&step.action)));
    let looked: Vec<bool> = (0..=total)
        .map(|n| n == 0 || n == total || is_of(roads.plan.step(n)) || is_of(roads.plan.step(n + 1)))
        .collect();
    let agree = |roads: &mut Roads, number: u32| looked[number as usize].then(|| roads.agree(number));
    let mut states = vec![agree(&mut roads, 0)];
    for number in 1..=total {
        let command = roads.go("next", number);
        assert_eq!(Some(command), roads.plan.step(number).and_then(netlab::step::Step::command), "printed is done");
        states.push(agree(&mut roads, number));
    }
    roads.back = true;
    for number in (1..=total).rev() {
        states.pop();
        let command = roads.go("back", number);
        let Some(state) = agree(&mut roads, number - 1) else { continue };
        let before = states.last().and_then(Option::as_ref).expect("the state before the step").without_what_follows();
        before.assert_same(&state.without_what_follows(), &format!("before step {number} (-), after `{command}` (+)"));
    }
}

impl Roads {
    /// Moves the cursor of netlab's lab by one, and has typed what it printed.
    #[track_caller]
    fn go(&mut self, way: &str, number: u32) -> String {
        let told = self.lab.run(&[way, "--json"]).json();
        let moved = &told["moves"][0];
        assert_eq!(moved["step"], number, "{told}");
        let command = moved["command"].as_str().unwrap_or_else(|| panic!("a command: {told}")).to_owned();
        self.typist.types(&command);
        command
    }

    /// Whether to look at the sysctls, too, when the first `number` steps are in force: at both ends, and on either side
    /// of each step that sets one. There are a thousand in each namespace.
    fn is_about_sysctls(&self, number: u32) -> bool {
        let sets = |n: u32| matches!(self.plan.step(n).map(|step| &step.action), Some(Action::SetSysctl(_)));
        sets(number) || sets(number + 1) || number == 0 || number == self.plan.len()
    }

    /// Looks at the lab and at what was typed until both have settled and agree with each other and the prediction, when
    /// the first `number` steps are in force. Returns the state of netlab's lab.
    #[track_caller]
    fn agree(&mut self, number: u32) -> State {
        let net = self.plan.predict(|n| n <= number);
        let past = |facts| if self.back { facts::without_the_past(facts) } else { facts };
        let mut predicted = past(facts::predicted(&net));
        let sysctls = facts::sysctls(&net);
        let hurried = if self.is_about_sysctls(number) { "" } else { "1" };
        if !hurried.is_empty() {
            predicted.retain(|fact| !fact.contains(" sysctl "));
        }
        let look = format!("export unsettled=1 hurried={hurried}\n{NUMBERS}echo '@@ look'\n{LOOK}");
        let end = Instant::now() + SETTLING;
        loop {
            let (ours, typed) = (self.lab.script("fabric", &look).success(), self.typist.asks(&look));
            let (our_facts, typed_facts) = (past(facts::seen(&ours, &sysctls)), past(facts::seen(&typed, &sysctls)));
            let (our_state, typed_state) = (state(&ours), state(&typed));
            if our_facts == predicted && typed_facts == predicted && our_state == typed_state {
                return our_state;
            }
            if Instant::now() > end {
                let last = self.plan.step(number).map_or("nothing done".into(), |step| step.sentence());
                let what = format!("step {number} ({last})");
                let differ = differences(&predicted, &our_facts);
                assert!(differ.is_empty(), "{what}: predicted (-), netlab's (+)\n{differ}");
                let differ = differences(&predicted, &typed_facts);
                assert!(differ.is_empty(), "{what}: predicted (-), typed (+)\n{differ}");
                our_state.assert_same(&typed_state, &format!("{what}: netlab's (-), typed (+)"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The state from an answer to a look, without the word for a link's state, which a bridge gets up to a second late.
#[track_caller]
fn state(told: &str) -> State {
    State::parse(told.split_once("@@ look\n").expect("a look").1).without_operstate()
}
