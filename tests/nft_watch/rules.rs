//! IP packets through, to and from the router.

use netlab::kernel::nft::Watch;
use netlab::kernel::nft::watch::{Breadcrumb, Event, Hook, Kind, Mark, Verdict};
use netlab::network::ruleset::Family;

use crate::common::row::{deliver, in_a_row, nft, receive, sh, socket};
use crate::oracle::Oracle;
use crate::{COOKIE, mark, read_until, shorts};

fn is_late(hook: Hook) -> impl Fn(&Event) -> bool {
    move |event| event.breadcrumb() == Some(Breadcrumb { hook, late: true })
}

fn is_dropped(event: &Event) -> bool {
    event.verdict == Verdict::Drop
}

/// Sends a cookie from the client to the server through this ruleset, until an event is as wished.
fn through(ruleset: &str, wished: impl Fn(&Event) -> bool + Send) -> Vec<Event> {
    in_a_row(|| {
        nft(ruleset);
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let watch = Watch::open(&[mark()]).unwrap();
        let oracle = Oracle::listen(&[mark()]);
        client.send_to(COOKIE, server.local_addr().unwrap()).unwrap();
        let events = read_until(&watch, wished);
        oracle.compare(&events);
        events
    })
}

#[test]
fn a_packet_leaves_crumbs_on_its_way() {
    let events = through("", is_late(Hook::Postrouting));
    let all = [
        "inet prerouting-early: marked",
        "inet prerouting-late",
        "inet forward-early",
        "inet forward-late",
        "inet postrouting-early",
        "inet postrouting-late",
    ];
    assert_eq!(shorts(&events), all);
    let ids: std::collections::BTreeSet<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(events[0].network_header[12..20], [10, 244, 1, 2, 10, 244, 2, 2]);
    assert_eq!(events[0].transport_header[8..16], *COOKIE);
    assert_eq!(events[0].link_header[12..14], [8, 0]);
    assert!(events[0].iif.is_some() && events[0].oif.is_none());
    // What it looks like at each place: here the TTL.
    assert_eq!((events[1].network_header[8], events[2].network_header[8]), (64, 63));
    assert!(events[2].iif.is_some() && events[2].oif.is_some());
    assert!(events[5].oif == events[2].oif && events[0].iif == events[2].iif);
}

#[test]
fn rules_tell_what_they_do() {
    let ruleset = "
        table ip t {
            chain inner {
                ip ttl 1 drop
                counter
                ip daddr 10.244.2.2 return
                drop
            }
            chain empty {
            }
            chain last {
                meta mark set 7
                udp dport 99 counter packets 0 bytes 0 accept comment \"that way\"
            }
            chain forward {
                type filter hook forward priority 0; policy drop;
                ip saddr 10.244.1.0/24 jump inner
                jump empty
                udp dport 99 goto last
                drop
            }
        }";
    let events = through(ruleset, is_late(Hook::Postrouting));
    let between = [
        "ip t forward: jump inner",
        "ip t inner: continue",
        "ip t inner: return",
        "ip t forward: jump empty",
        "ip t empty: return continue",
        "ip t forward: goto last",
        "ip t last: continue",
        "ip t last: accept",
    ];
    assert_eq!(shorts(&events)[3..11], between);
    assert_eq!(events[10].mark, Some(7));
    assert_eq!(events[11].mark, Some(7));
}

#[test]
fn a_rule_drops() {
    let ruleset = "
        table inet t {
            chain no {
                ip saddr 10.244.1.0/24 drop
            }
            chain forward {
                type filter hook forward priority 0; policy accept;
                ct state established accept
                jump no
            }
        }";
    let events = through(ruleset, is_dropped);
    assert_eq!(shorts(&events)[2..], ["inet forward-early", "inet t forward: jump no", "inet t no: drop"]);
    assert_eq!(events.last().unwrap().family, Family::Inet);
}

#[test]
fn a_policy_drops() {
    let ruleset = "
        table ip t {
            chain forward {
                type filter hook forward priority 0; policy drop;
                tcp dport 99 accept
            }
        }";
    let events = through(ruleset, is_dropped);
    assert_eq!(
        shorts(&events)[2..],
        ["inet forward-early", "ip t forward: return continue", "ip t forward: policy drop"]
    );
    assert_eq!(events.last().unwrap().kind, Kind::Policy);
}

/// The error quotes the packet, cookie and all: it has a mark at another place.
#[test]
fn a_reject_and_its_error_are_told() {
    let ruleset = "
        table ip t {
            chain forward {
                type filter hook forward priority 0;
                udp dport 99 reject
            }
        }";
    let events = in_a_row(|| {
        nft(ruleset);
        let marks = [mark(), Mark { offset: 56, bytes: COOKIE.to_vec() }];
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        client.connect(server.local_addr().unwrap()).unwrap();
        let watch = Watch::open(&marks).unwrap();
        client.send(COOKIE).unwrap();
        read_until(&watch, is_dropped)
    });
    let crumbs = [
        "inet prerouting-early: marked",
        "inet prerouting-late",
        "inet forward-early",
        "inet output-early: marked",
        "inet output-late",
        "inet postrouting-early",
        "inet postrouting-late",
        "ip t forward: drop",
    ];
    assert_eq!(shorts(&events), crumbs);
    // The error is another packet, and its journey is told before the end of the one that caused it.
    assert_ne!(events[2].id, events[3].id);
    assert_eq!(events[2].id, events[7].id);
    assert_eq!(events[3].network_header[9], 1);
}

#[test]
fn masquerading_shows_before_and_after() {
    let ruleset = "
        table ip t {
            chain post {
                type nat hook postrouting priority srcnat;
                oifname right masquerade
            }
        }";
    in_a_row(|| {
        nft(ruleset);
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let watch = Watch::open(&[mark()]).unwrap();
        let oracle = Oracle::listen(&[mark()]);
        let from = deliver(&client, &server, COOKIE);
        assert_eq!(from.ip().to_string(), "10.244.2.1");
        let mut events = read_until(&watch, is_late(Hook::Postrouting));
        let source = |event: &Event| event.network_header[12..16].to_vec();
        let at = |chain: &str| events.iter().find(|event| event.chain == chain).unwrap();
        assert_eq!(source(at("postrouting-early")), [10, 244, 1, 2]);
        assert_eq!(source(at("postrouting-late")), [10, 244, 2, 1]);
        assert!(shorts(&events).contains(&"ip t post: accept".to_owned()), "{events:?}");

        server.send_to(COOKIE, from).unwrap();
        receive(&client, COOKIE);
        let answer = read_until(&watch, is_late(Hook::Postrouting));
        let destinations: Vec<_> = answer.iter().filter_map(|event| event.network_header.get(16..20)).collect();
        assert_eq!((destinations[0], destinations[1]), (&[10, 244, 2, 1][..], &[10, 244, 1, 2][..]));
        events.extend(answer);
        oracle.compare(&events);
    });
}

#[test]
fn ipv6_is_told_too() {
    let ruleset = "
        table ip6 t {
            chain forward {
                type filter hook forward priority 0;
                ip6 daddr 2001:db8:2::2 udp dport 99 drop
            }
        }";
    in_a_row(|| {
        nft(ruleset);
        let marks = [Mark { offset: 48, bytes: COOKIE.to_vec() }];
        let (client, server) = (socket("client", "[2001:db8:1::2]:40000"), socket("server", "[2001:db8:2::2]:99"));
        let watch = Watch::open(&marks).unwrap();
        let oracle = Oracle::listen(&marks);
        client.send_to(COOKIE, server.local_addr().unwrap()).unwrap();
        let events = read_until(&watch, is_dropped);
        oracle.compare(&events);
        assert_eq!(shorts(&events)[2..], ["inet forward-early", "ip6 t forward: drop"]);
        assert_eq!(events[0].network_header.len(), 40);
    });
}

#[test]
fn what_comes_from_here_and_what_is_for_here() {
    in_a_row(|| {
        let (client, router) = (socket("client", "10.244.1.2:40000"), socket("router", "10.244.1.1:99"));
        let watch = Watch::open(&[mark()]).unwrap();
        let oracle = Oracle::listen(&[mark()]);
        deliver(&client, &router, COOKIE);
        let mut events = read_until(&watch, is_late(Hook::Input));
        let way = ["inet prerouting-early: marked", "inet prerouting-late", "inet input-early", "inet input-late"];
        assert_eq!(shorts(&events), way);
        deliver(&router, &client, COOKIE);
        let out = read_until(&watch, is_late(Hook::Postrouting));
        let way = ["inet output-early: marked", "inet output-late", "inet postrouting-early", "inet postrouting-late"];
        assert_eq!(shorts(&out), way);
        events.extend(out);
        oracle.compare(&events);
    });
}

#[test]
fn who_has_no_cookie_is_not_told_of() {
    in_a_row(|| {
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let watch = Watch::open(&[mark()]).unwrap();
        let mut other = COOKIE.to_vec();
        for i in 0..COOKIE.len() {
            other[i] ^= 1;
            deliver(&client, &server, &other);
            other[i] ^= 1;
        }
        deliver(&client, &server, &COOKIE[..7]);
        deliver(&client, &server, b"");
        assert_eq!(watch.read().unwrap(), (vec![], false));
        // Behind the cookie there may be anything; it must stand at its place.
        deliver(&client, &server, &[&[0], COOKIE].concat());
        assert_eq!(watch.read().unwrap(), (vec![], false));
        deliver(&client, &server, &[COOKIE, b"and more"].concat());
        assert!(!watch.read().unwrap().0.is_empty());
    });
}

#[test]
fn a_mark_has_as_many_bytes_as_a_register() {
    in_a_row(|| {
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let long: Vec<u8> = (0..16).collect();
        for bytes in [&long[..1], &long[..3], &long[..15], &long[..]] {
            let watch = Watch::open(&[Mark { offset: 28, bytes: bytes.to_vec() }]).unwrap();
            deliver(&client, &server, bytes);
            assert_eq!(shorts(&watch.read().unwrap().0)[0], "inet prerouting-early: marked");
        }
        for bytes in [vec![], vec![0; 17]] {
            let refused = Watch::open(&[mark(), Mark { offset: 0, bytes }]).unwrap_err();
            assert_eq!(refused.to_string(), "a mark has 1 to 16 bytes");
        }
        // At the end of what an offset can be, where these packets have no bytes; and no mark at all.
        let far = Watch::open(&[Mark { offset: 255, bytes: vec![0; 16] }]).unwrap();
        deliver(&client, &server, &long);
        assert_eq!(far.read().unwrap(), (vec![], false));
        drop(far);
        Watch::open(&[]).unwrap();
        assert_eq!(sh("nft list ruleset"), "");
    });
}
