//! Routes of all tables and kinds: each is seen, and exactly it is deleted or added.

use netlab::kernel::observe::View;
use netlab::kernel::request::Request;
use netlab::network::Route;
use serde_json::Value;

use super::{ask, json, sandbox, see, sh};

fn view() -> View {
    View { all_tables: true, ..View::ROUTES }
}

const MADE: &str = "ip link add eth0 type veth peer name other
    ip link set lo up; ip link set eth0 addrgenmode none; ip link set other addrgenmode none
    ip link set eth0 up; ip link set other up
    ip addr add 10.244.1.2/24 dev eth0; ip addr add fd00:1::2/64 dev eth0 nodad
    sleep 0.1";

/// All routes, as `ip` tells them.
fn told() -> (Value, Value) {
    (sorted(json("ip -j -d route show table all")), sorted(json("ip -j -d -6 route show table all")))
}

/// Where several routes differ in their links alone, their order says who came first.
fn sorted(mut routes: Value) -> Value {
    routes.as_array_mut().expect("routes").sort_by_key(ToString::to_string);
    routes
}

/// What `ip route add` is given. Each is told apart from a route that is like it but for one thing.
const BY_HAND: [&str; 22] = [
    "10.244.2.0/24 via 10.244.1.1 dev eth0",
    "10.244.2.0/24 via 10.244.1.1 dev eth0 metric 7",
    "10.244.2.0/24 via 10.244.1.3 dev eth0 metric 8",
    "10.244.2.0/24 via 10.244.1.1 dev eth0 table 100",
    "10.244.2.0/24 via 10.244.1.1 dev eth0 table 1000 proto static",
    "10.244.2.0/24 tos 0x10 dev eth0 scope link",
    "default via 10.244.1.1 dev eth0",
    "blackhole 10.244.3.0/24",
    "unreachable 10.244.3.0/24 metric 3",
    "prohibit default metric 4",
    "throw 10.244.4.0/24 table 100",
    "local 10.244.9.9 dev lo table local scope host",
    "198.51.100.1 via 203.0.113.1 dev eth0 onlink",
    "10.244.5.0/24 via 10.244.1.1 dev eth0 src 10.244.1.2 mtu 1300",
    "10.244.6.0/24 nexthop via 10.244.1.1 dev eth0 weight 1 nexthop via 10.244.1.3 dev eth0 weight 3",
    "10.244.7.0/24 via inet6 fd00:1::1 dev eth0",
    "fd00:2::/64 via fd00:1::1 dev eth0 metric 1024",
    "fd00:2::/64 via fd00:1::1 dev eth0 metric 7",
    "fd00:2::/64 dev eth0 table 100 metric 1024",
    "default via fd00:1::1 dev eth0 metric 1024",
    "unreachable fd00:3::/64 dev lo metric 1024",
    "fd00:6::/64 metric 1024 nexthop via fd00:1::1 dev eth0 weight 1 nexthop via fd00:1::3 dev eth0 weight 1",
];

fn ip(route: &str) -> &'static str {
    if route.contains("fd00") && !route.contains("inet6") { "ip -6" } else { "ip" }
}

#[test]
fn what_is_added_by_hand_is_seen_and_exactly_it_is_deleted() {
    sandbox(|kernel| {
        sh(MADE);
        let pristine = told();
        let mut before = see(kernel, &view()).routes;
        let mut made: Vec<Route> = Vec::new();
        for text in BY_HAND {
            sh(&format!("{} route add {text}", ip(text)));
            let seen = see(kernel, &view()).routes;
            let new: Vec<_> = seen.iter().filter(|route| !before.contains(route)).cloned().collect();
            assert_eq!(new.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
            made.extend(new);
            before = seen;
        }
        // One by one out of the middle of all others: gone is that one, and it comes back as it was.
        let all = told();
        for route in &made {
            let (text, ip) = (route.to_string(), ip(&route.to_string()));
            let request = |add| vec![Request::ExactRoute { route: route.clone(), add }];
            ask(kernel, request(false));
            let without = told();
            assert_ne!(without, all, "{text}");
            assert!(!see(kernel, &view()).routes.contains(route), "{text}");
            ask(kernel, request(true));
            assert_eq!(told(), all, "{text} added by request");
            sh(&format!("{ip} route delete {text}"));
            assert_eq!(told(), without, "{text} deleted by command");
            sh(&format!("{ip} route add {text}"));
            assert_eq!(told(), all, "{text} added by command");
        }
        for route in made {
            ask(kernel, vec![Request::ExactRoute { route, add: false }]);
        }
        assert_eq!(told(), pristine);
    });
}

#[test]
fn what_the_kernel_made_comes_back() {
    sandbox(|kernel| {
        sh(MADE);
        let before = see(kernel, &view()).routes;
        let texts: Vec<String> = before.iter().map(ToString::to_string).collect();
        for text in [
            "10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.2",
            "local 10.244.1.2 dev eth0 table local proto kernel scope host src 10.244.1.2",
            "broadcast 10.244.1.255 dev eth0 table local proto kernel scope link src 10.244.1.2",
            "fd00:1::/64 dev eth0 proto kernel metric 256",
            "local fd00:1::2 dev eth0 table local proto kernel",
            "multicast ff00::/8 dev eth0 table local proto kernel metric 256",
        ] {
            let place = texts.iter().position(|other| other == text).unwrap_or_else(|| panic!("{text}: {texts:#?}"));
            let told_before = told();
            let (route, ip) = (&before[place], if before[place].to.is_ipv6() { "ip -6" } else { "ip" });
            for typed in [false, true] {
                sh(&format!("{ip} route delete {text}"));
                let seen = see(kernel, &view()).routes;
                assert_eq!(seen.len(), before.len() - 1);
                assert!(!seen.contains(route) && route.is_the_kernels(), "{text}");
                match typed {
                    true => drop(sh(&format!("{ip} route {} {text}", route.verb()))),
                    false => ask(kernel, vec![Request::ExactRoute { route: route.clone(), add: true }]),
                }
                if route.metric == 0 && route.to.is_ipv6() {
                    // IPv6 cannot be told 0.
                    let back = Route { metric: 1024, ..route.clone() };
                    assert!(see(kernel, &view()).routes.contains(&back));
                    ask(kernel, vec![Request::ExactRoute { route: back, add: false }]);
                    sh("ip addr delete fd00:1::2/64 dev eth0; ip addr add fd00:1::2/64 dev eth0 nodad");
                }
                assert_eq!(told(), told_before, "{text}");
            }
        }
    });
}

#[test]
fn only_who_asks_sees_other_tables() {
    sandbox(|kernel| {
        sh(MADE);
        let seen = see(kernel, &View::ROUTES);
        assert!(!seen.routes.is_empty() && seen.routes.len() == seen.main_routes().count());
        let all = see(kernel, &view());
        assert!(all.routes.len() > seen.routes.len() && all.main_routes().eq(&seen.routes));
    });
}
