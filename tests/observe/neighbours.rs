//! Neighbours, proxies and forwarding entries that a person made: told apart from the kernel's, and deleted.

use netlab::kernel::observe::View;
use netlab::kernel::request::Request;
use serde_json::Value;

use super::{ask, json, sandbox, see, sh};

fn view() -> View {
    View { neighbours: true, proxies: true, ..View::LINKS }
}

const MADE: &str = "ip link set lo up; ip link add cni0 type bridge; ip link set cni0 up
    ip link add veth-a type veth peer name eth0; ip link set veth-a master cni0
    ip link set veth-a up; ip link set eth0 up; ip addr add 10.244.1.1/24 dev cni0
    ip netns add pod; ip link set eth0 netns pod; ip -n pod link set eth0 up; ip -n pod addr add 10.244.1.2/24 dev eth0
    sleep 0.1; ip netns exec pod ping -qc1 -W2 10.244.1.1";

/// All entries, without what changes by itself.
fn told(command: &str) -> Value {
    let mut all = json(command);
    let entries = all.as_array_mut().expect("entries");
    // The pod's entry and link-local ones come and go.
    let passing = |entry: &Value| entry["dst"].as_str().is_some_and(|dst| dst == "10.244.1.2" || dst.starts_with('f'));
    entries.retain(|entry| !passing(entry) || entry["dst"].to_string().contains("fd00"));
    entries.iter_mut().filter_map(Value::as_object_mut).for_each(|entry| {
        entry.retain(|key, _| !matches!(key.as_str(), "used" | "updated" | "confirmed" | "probes" | "refcnt"));
    });
    all
}

#[test]
fn neighbours_made_by_hand() {
    sandbox(|kernel| {
        sh(MADE);
        let told = || {
            [
                "ip -j neigh show nud all",
                "ip -j -6 neigh show nud all",
                "ip -j neigh show proxy",
                "ip -j -6 neigh show proxy",
            ]
            .map(told)
        };
        assert!(see(kernel, &view()).neighbours.iter().all(|neighbour| !neighbour.by_hand()));
        let before = told();
        for text in [
            "10.244.1.9 lladdr 02:00:00:00:00:09 dev cni0",
            "10.244.1.8 lladdr 02:00:00:00:00:08 nud noarp dev cni0",
            "fd00:1::9 lladdr 02:00:00:00:00:09 dev cni0",
            "proxy 10.244.1.7 dev cni0",
            "proxy fd00:1::7 dev cni0",
        ] {
            for typed in [false, true] {
                sh(&format!("ip neigh add {text}"));
                let seen = see(kernel, &view()).neighbours;
                let found: Vec<_> = seen.iter().filter(|neighbour| neighbour.by_hand()).collect();
                assert_eq!(found.len(), 1, "{text}: {seen:?}");
                assert_ne!(told(), before, "{text}");
                let neighbour = found[0].clone();
                match typed {
                    true => drop(sh(&format!("ip neigh delete {neighbour}"))),
                    false => ask(kernel, vec![Request::NeighbourDelete { neighbour }]),
                }
                assert!(see(kernel, &view()).neighbours.iter().all(|neighbour| !neighbour.by_hand()), "{text}");
            }
        }
    });
}

#[test]
fn forwarding_entries_made_by_hand() {
    sandbox(|kernel| {
        sh(MADE);
        let by_hand = || see(kernel, &view()).fdb.into_iter().filter(|entry| entry.by_hand).collect::<Vec<_>>();
        assert_eq!(by_hand(), []);
        assert!(see(kernel, &view()).fdb.iter().any(|entry| !entry.permanent), "the pod's address was learned");
        let before = told("bridge -j fdb");
        for text in [
            "02:00:00:00:00:09 dev veth-a master static",
            "02:00:00:00:00:09 dev veth-a master permanent",
            "02:00:00:00:00:09 dev veth-a self permanent",
            "02:00:00:00:00:09 dev cni0 self permanent",
        ] {
            for typed in [false, true] {
                sh(&format!("bridge fdb add {text}"));
                let found = by_hand();
                assert_eq!(found.len(), 1, "{text}: {found:?}");
                let entry = found[0].clone();
                match typed {
                    true => drop(sh(&format!("bridge fdb delete {entry}"))),
                    false => ask(kernel, vec![Request::FdbDelete { entry }]),
                }
                assert_eq!(by_hand(), [], "{text}");
                assert_eq!(told("bridge -j fdb"), before, "{text}");
            }
        }
    });
}
