//! Settings of links: what fresh ones have, that every change is seen, and is put back.

use netlab::kernel::observe::View;
use netlab::kernel::request::{Home, Request};
use netlab::names::MachineName;
use netlab::network::setting::{Owner, SETTINGS, Setting, Typed};
use netlab::network::{Link, Namespace};

use super::{ask, json, sandbox, see, send, settle, sh};

fn view() -> View {
    View { settings: true, ..View::LINKS }
}

const MADE: &str = "ip link add cni0 type bridge; ip link set cni0 up
    ip link add veth-a type veth peer name eth0; ip link set veth-a master cni0
    ip link set veth-a up; ip link set eth0 up";

/// What differs from a fresh link, as typed.
fn changed(link: &Link) -> Vec<String> {
    let differ = link.settings.iter().filter(|v| v.value != v.setting.fresh(link));
    differ.map(|v| v.setting.arguments(&link.name, v.value)).collect()
}

fn assert_fresh(ns: &Namespace) {
    for link in &ns.links {
        assert_eq!(changed(link), [""; 0], "{link:?}");
    }
}

#[test]
fn fresh_links_have_what_the_table_says() {
    sandbox(|kernel| {
        sh(MADE);
        settle(kernel, &[MachineName::fabric()]);
        let seen = see(kernel, &view());
        assert_fresh(&seen);
        let of = |name: &str| seen.link(name).unwrap().settings.iter().map(|v| v.setting.owner).collect::<Vec<_>>();
        let count = |owner| SETTINGS.iter().filter(|setting| setting.owner == owner).count();
        let counts = |name: &str, owner| of(name).iter().filter(|other| **other == owner).count();
        assert_eq!(counts("cni0", Owner::Link), count(Owner::Link));
        // A kernel without VLAN filtering lacks one of them.
        let vlans = usize::from(!filters_vlans(&seen));
        assert_eq!(counts("cni0", Owner::Bridge), count(Owner::Bridge) - vlans);
        assert_eq!(counts("veth-a", Owner::Port), count(Owner::Port));
        assert_eq!(counts("eth0", Owner::Link), of("eth0").len());
    });
}

/// Whether this kernel is built with VLAN filtering.
fn filters_vlans(ns: &Namespace) -> bool {
    ns.link("cni0").unwrap().settings.iter().any(|value| value.setting.word == "vlan_default_pvid")
}

#[test]
fn links_of_netlabs_making_are_fresh() {
    sandbox(|kernel| {
        let name = |text: &str| text.parse().unwrap();
        let up = |text: &str| Request::LinkUp { name: name(text), up: true };
        let node: MachineName = "node-1".parse().unwrap();
        let home = Home { machine: node.clone(), master: Some(name("cni0")), mtu: [None; 2] };
        send(kernel, &node, vec![Request::NetnsAdd, Request::BridgeAdd { name: name("cni0") }, up("cni0")]).unwrap();
        let veth = Request::VethAdd { name: name("veth-a"), peer: name("eth0"), home: Some(home) };
        let pod: MachineName = "pod-a".parse().unwrap();
        send(kernel, &pod, vec![Request::NetnsAdd, veth, up("eth0"), up("lo")]).unwrap();
        send(kernel, &node, vec![up("veth-a")]).unwrap();
        settle(kernel, &[node.clone(), pod.clone()]);
        let seen = netlab::kernel::observe::observe(kernel, [&node, &pod], &view()).unwrap();
        assert_eq!(seen.len(), 2);
        seen.values().for_each(assert_fresh);
    });
}

/// Another value than a fresh link's.
fn another(setting: &Setting, fresh: u64) -> u64 {
    match (setting.owner, setting.word) {
        _ if setting.typed == Typed::Switch => 1 - fresh,
        (Owner::Link, "mtu") => 1400,
        (Owner::Bridge, "priority") => 4096,
        (Owner::Bridge, "forward_delay" | "max_age") => 700,
        (Owner::Bridge, "hello_time") => 100,
        (_, "group_fwd_mask") => 8,
        (Owner::Port, "state") => 1,
        (Owner::Port, "priority") => 16,
        (_, "mcast_router" | "mcast_snooping") => 0,
        (_, "vlan_default_pvid") => 0,
        (_, "ageing_time" | "txqueuelen" | "cost") => 500,
        _ => 1,
    }
}

#[test]
fn every_change_of_a_setting_is_seen_and_put_back() {
    sandbox(|kernel| {
        sh(MADE);
        settle(kernel, &[MachineName::fabric()]);
        let vlans = filters_vlans(&see(kernel, &view()));
        let before = json("ip -j -d link");
        for setting in &SETTINGS {
            // Not every kernel filters VLANs.
            if matches!(setting.word, "vlan_filtering" | "vlan_default_pvid") && !vlans {
                continue;
            }
            let link = match setting.owner {
                Owner::Link => "eth0",
                Owner::Bridge => "cni0",
                Owner::Port => "veth-a",
            };
            let fresh = setting.fresh(see(kernel, &view()).link(link).unwrap());
            let other = another(setting, fresh);
            let typed = format!("ip {}", setting.arguments(link, other));
            sh(&typed);
            let seen = see(kernel, &view());
            let found = seen.link(link).unwrap();
            assert_eq!(changed(found), [setting.arguments(link, other)]);
            assert_ne!(json("ip -j -d link"), before, "{typed}");
            let value = fresh;
            ask(kernel, vec![Request::LinkSetting { link: link.parse().unwrap(), setting, value }]);
            assert_eq!(json("ip -j -d link"), before, "{typed}, and back by request");

            sh(&typed);
            sh(&format!("ip {}", setting.arguments(link, value)));
            assert_eq!(json("ip -j -d link"), before, "{typed}, and back by command");
        }
    });
}
