//! Sysctls: what is watched begins as the baseline says, and every change is seen and put back.

use netlab::kernel::observe::View;
use netlab::kernel::request::Request;
use netlab::kernel::sysctl;
use netlab::network::watched::WATCHED;

use super::{ask, sandbox, see, sh};

fn view() -> View {
    View { watched: true, ..View::LINKS }
}

const MADE: &str = "ip link set lo up; ip link add cni0 type bridge; ip link set cni0 up
    ip link add veth.a type veth peer name eth0; ip link set veth.a master cni0
    ip link set veth.a up; ip link set eth0 up; ip addr add 10.244.1.2/24 dev eth0";

#[test]
fn new_machines_have_the_baseline() {
    sandbox(|kernel| {
        sh(MADE);
        let seen = see(kernel, &view()).sysctls;
        let baseline = sysctl::baseline(kernel, seen.keys().map(String::as_str)).unwrap();
        let differ: Vec<_> = seen.iter().filter(|(key, value)| baseline.get(*key) != Some(value)).collect();
        assert!(differ.is_empty(), "{differ:#?}");
        // Not every kernel has all.
        let has = |key: &str| seen.contains_key(key);
        assert!(
            has("net.ipv4.ip_forward") && has("net.ipv4.conf.veth/a.rp_filter") && has("net.ipv6.conf.lo.disable_ipv6")
        );
        assert!(seen.len() > 3 * WATCHED.len(), "{}", seen.len());
        // The caller's namespace is the one that it was.
        assert!(see(kernel, &View::LINKS).link("cni0").is_some());
    });
}

#[test]
fn every_change_is_seen_and_put_back() {
    sandbox(|kernel| {
        sh(MADE);
        let before = see(kernel, &view()).sysctls;
        // One of each kind; `all` and `default` of forwarding write others.
        let keys = before.keys().filter(|key| !key.contains(".conf.") || key.contains(".eth0."));
        for key in keys.filter(|key| !key.contains("ip_forward") && !key.contains("fb_")) {
            let other = if before[key] == "0" { "1" } else { "0" };
            if sysctl::write(key, other).is_err() {
                sysctl::write(key, "7").unwrap();
            }
            let seen = see(kernel, &view()).sysctls;
            let changed: Vec<_> = seen.iter().filter(|(key, value)| before.get(*key) != Some(value)).collect();
            assert_eq!(changed.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [key]);
            ask(kernel, vec![Request::Sysctl { key: key.clone(), value: before[key].clone() }]);
            assert_eq!(see(kernel, &view()).sysctls, before);
        }
    });
}
