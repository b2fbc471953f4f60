//! netlab's look at conntrack against that of the program of this name, in a router with NAT.
//!
//! ```text
//! client ── router ── server      real connections; each line of `conntrack -L` is found by either of its tuples
//! ```

mod common;

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};

use common::row::{at, deliver, in_a_row, nft, receive, sh, socket};
use common::until;
use netlab::kernel::conntrack::{self, Connection, Tuple, TupleId};
use netlab::kernel::nft::Watch;
use netlab::kernel::nft::watch::Mark;

const RULES: &str = "
    table inet t {
        chain pre {
            type nat hook prerouting priority dstnat;
            ip daddr 10.244.1.1 tcp dport 80 dnat ip to 10.244.2.2:8080
            ip6 daddr 2001:db8:1::1 tcp dport 80 dnat ip6 to [2001:db8:2::2]:8080
        }
        chain post {
            type nat hook postrouting priority srcnat;
            oifname right udp dport 99 masquerade
        }
        chain forward {
            type filter hook forward priority 0;
            udp dport 98 ct mark set 7
        }
    }";

fn look(tuple: &Tuple) -> Option<Connection> {
    conntrack::find(&conntrack::open().unwrap(), tuple).unwrap()
}

fn tuple(source: &str, destination: &str, protocol: u8, ports: (u16, u16)) -> Tuple {
    let id = TupleId::Ports { source: ports.0, destination: ports.1 };
    Tuple { source: source.parse().unwrap(), destination: destination.parse().unwrap(), protocol, id }
}

/// What the program lists: `udp 17 29 src=10.244.1.2 dst=… sport=40000 dport=99 [UNREPLIED] src=… mark=0 use=1`.
fn listed() -> Vec<Connection> {
    let mut text = sh("conntrack -L -f ipv4 2>/dev/null");
    text += &sh("conntrack -L -f ipv6 2>/dev/null");
    text.lines().map(line).collect()
}

fn line(line: &str) -> Connection {
    let protocol = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    // The second `src=` begins the reply; what stands there once is the connection's.
    let mut sides = [BTreeMap::new(), BTreeMap::new()];
    let mut side = 0;
    for (key, value) in line.split_whitespace().filter_map(|word| word.split_once('=')) {
        if sides[side].contains_key(key) {
            side = 1;
        }
        sides[side].insert(key, value);
    }
    let tuple = |side: &BTreeMap<&str, &str>| {
        let number = |key| side[key].parse().unwrap();
        let byte = |key| u8::try_from(number(key)).unwrap();
        let id = match side.contains_key("sport") {
            true => TupleId::Ports { source: number("sport"), destination: number("dport") },
            false => TupleId::Icmp { kind: byte("type"), code: byte("code"), id: number("id") },
        };
        Tuple { source: side["src"].parse().unwrap(), destination: side["dst"].parse().unwrap(), protocol, id }
    };
    let status = u32::from(!line.contains("[UNREPLIED]")) << 1 | u32::from(line.contains("[ASSURED]")) << 2;
    let mark = sides[1]["mark"].parse().unwrap();
    Connection { original: tuple(&sides[0]), reply: tuple(&sides[1]), status, mark }
}

/// Has netlab look for each listed connection, in either direction, and says them all.
fn compare() -> Vec<Connection> {
    let listed = listed();
    for expected in &listed {
        let found = look(&expected.original).unwrap_or_else(|| panic!("{expected:?}"));
        assert_eq!((found.original, found.reply, found.mark), (expected.original, expected.reply, expected.mark));
        assert_eq!(found.is_answered(), expected.is_answered(), "{expected:?}");
        assert_eq!(found.is_assured(), expected.is_assured(), "{expected:?}");
        assert_eq!(look(&expected.reply), Some(found));
    }
    listed
}

#[test]
fn a_masqueraded_connection() {
    in_a_row(|| {
        nft(RULES);
        let original = tuple("10.244.1.2", "10.244.2.2", 17, (40000, 99));
        assert_eq!(look(&original), None);
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let from = deliver(&client, &server, b"hello");

        let found = look(&original).unwrap();
        assert_eq!(found.original, original);
        assert_eq!(found.reply, tuple("10.244.2.2", "10.244.2.1", 17, (99, from.port())));
        assert!(found.is_source_translated() && !found.is_destination_translated() && !found.is_answered());
        server.send_to(b"hello yourself", from).unwrap();
        receive(&client, b"hello yourself");
        assert!(look(&original).unwrap().is_answered());
        assert_eq!(compare().len(), 1);
        // Where nothing asks for it, nothing is kept, whoever looks.
        assert_eq!(at("client", || look(&original)), None);
        assert_eq!(at("client", || sh("conntrack -C")).trim(), "0");
    });
}

#[test]
fn connections_with_a_translated_destination() {
    in_a_row(|| {
        nft(RULES);
        for (router, server, client) in
            [("10.244.1.1", "10.244.2.2", "10.244.1.2"), ("2001:db8:1::1", "2001:db8:2::2", "2001:db8:1::2")]
        {
            let server_address: std::net::IpAddr = server.parse().unwrap();
            let router_address: std::net::IpAddr = router.parse().unwrap();
            let _listener = at("server", || TcpListener::bind((server_address, 8080)).unwrap());
            let stream = at("client", || TcpStream::connect((router_address, 80)).unwrap());
            let port = stream.local_addr().unwrap().port();
            // The last packet of the handshake may still be on its way.
            let assured = || look(&tuple(client, router, 6, (port, 80))).filter(Connection::is_assured);
            let found = until("the handshake is complete", assured);
            assert_eq!(found.reply, tuple(server, client, 6, (8080, port)));
            assert!(found.is_destination_translated() && !found.is_source_translated());
            assert!(found.is_answered());
            // The packet as it is behind the router belongs to none: it is found by its answer.
            assert_eq!(look(&tuple(client, server, 6, (port, 8080))), None);
            assert!(look(&tuple(server, client, 6, (8080, port))).is_some());
        }
        assert_eq!(compare().len(), 2);
    });
}

#[test]
fn every_protocol_that_a_probe_can_have() {
    in_a_row(|| {
        nft(RULES);
        for (protocol, client, server) in [(1, "10.244.1.2", "10.244.2.2"), (58, "2001:db8:1::2", "2001:db8:2::2")] {
            at("client", || sh(&format!("ping -c 1 -w 60 {server}")));
            let pinged = listed().into_iter().find(|c| c.original.protocol == protocol).expect("an echo");
            assert_eq!(pinged.original.source.to_string(), client);
        }
        for (client, server) in [("10.244.1.2:40000", "10.244.2.2:98"), ("[2001:db8:1::2]:40000", "[2001:db8:2::2]:98")]
        {
            let (client, server) = (socket("client", client), socket("server", server));
            let from = deliver(&client, &server, b"hello");
            assert_eq!(from, client.local_addr().unwrap());
        }
        for server in ["10.244.2.2", "2001:db8:2::2"] {
            let address: std::net::IpAddr = server.parse().unwrap();
            at("client", || TcpStream::connect((address, 9)).unwrap_err());
        }
        let all = compare();
        assert_eq!(all.iter().filter(|connection| connection.mark == 7).count(), 2);
        let mut protocols: Vec<_> = all.iter().map(|connection| connection.original.protocol).collect();
        protocols.sort_unstable();
        // IPv6 neighbours are not tracked; a refused TCP connection is gone after a while.
        protocols.retain(|protocol| *protocol != 6);
        assert_eq!(protocols, [1, 17, 17, 58]);
    });
}

#[test]
fn what_conntrack_never_keeps_is_not_there() {
    in_a_row(|| {
        nft(RULES);
        let echo = |kind| TupleId::Icmp { kind, code: 0, id: 1 };
        let with = |protocol, id| Tuple { id, ..tuple("10.244.1.2", "10.244.2.2", protocol, (1, 2)) };
        for (protocol, id) in [(1, echo(3)), (1, echo(255)), (6, TupleId::None), (6, echo(8)), (253, TupleId::None)] {
            assert_eq!(look(&with(protocol, id)), None, "{protocol} {id:?}");
        }
        let mixed = tuple("10.244.1.2", "2001:db8:2::2", 6, (1, 2));
        assert_eq!(look(&mixed), None);
    });
}

/// One socket answers any number of questions.
#[test]
fn a_socket_is_clean_after_each_question() {
    in_a_row(|| {
        nft(RULES);
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        deliver(&client, &server, b"hello");
        let looking = conntrack::open().unwrap();
        let there = tuple("10.244.1.2", "10.244.2.2", 17, (40000, 99));
        for i in 0..200 {
            let found = conntrack::find(&looking, &there).unwrap();
            assert!(found.is_some_and(|connection| connection.original == there));
            let other = tuple("10.244.1.2", "10.244.2.2", 17, (i, 99));
            assert_eq!(conntrack::find(&looking, &other).unwrap(), None);
        }
    });
}

/// A watch of nftables marks packets, and has none of them tracked.
#[test]
fn to_watch_is_not_to_track() {
    in_a_row(|| {
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let watch = Watch::open(&[Mark { offset: 28, bytes: b"hello".to_vec() }]).unwrap();
        deliver(&client, &server, b"hello");
        assert_eq!(watch.read().unwrap().0.len(), 6);
        assert_eq!(sh("conntrack -C").trim(), "0");
        assert_eq!(look(&tuple("10.244.1.2", "10.244.2.2", 17, (40000, 99))), None);
    });
}
