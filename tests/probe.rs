//! Probes, and what packet sockets see of them, against real machines in a row.
//!
//! ```text
//! client ── router ── server      echo, UDP, TCP; answered, refused, and errors of every kind; seen at every interface
//! ```

mod common;

use std::net::{IpAddr, TcpListener};

use common::row::{at, in_a_row, nft, sh, socket};
use common::until;
use netlab::kernel::capture::{Capture, Captured, Direction};
use netlab::kernel::lookup::{Traveller, way};
use netlab::kernel::netlink::Socket;
use netlab::kernel::probe::{Cookie, Heard, Prober, Protocol, Question};
use netlab::trace::frame::{Frame, Transport};
use netlab::trace::legs::{Known, Role};
use nix::errno::Errno;

fn question(protocol: Protocol, to: &str) -> Question {
    Question { protocol, to: to.parse().unwrap(), scope: 0, size: 56, ttl: None, dont_fragment: false }
}

fn prober(question: Question, cookie: Cookie) -> Prober {
    at("client", || Prober::open(question, cookie).unwrap())
}

/// Sends probe 0 and waits for what is heard of it.
fn ask(question: Question) -> Heard {
    let mut prober = prober(question, Cookie::draw().unwrap());
    at("client", || prober.send(0)).expect("sent");
    until("something is heard", || prober.hear().into_iter().next())
}

/// The errno with which the kernel refuses to send it.
fn refused(question: Question) -> Errno {
    let mut prober = prober(question, Cookie::draw().unwrap());
    at("client", || prober.send(0)).expect_err("not sent")
}

fn icmp_error(heard: Heard) -> (Errno, (u8, u8), IpAddr) {
    match heard {
        Heard::Error { errno, icmp: Some(icmp), from: Some(from), .. } => (errno, icmp, from),
        other => panic!("an ICMP error was expected: {other:?}"),
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn an_answer_is_heard_with_every_protocol() {
    in_a_row(|| {
        let servers = [socket("server", "10.244.2.2:7"), socket("server", "[2001:db8:2::2]:7")];
        let listener = at("server", || TcpListener::bind("[::]:80").unwrap());
        std::thread::scope(|scope| {
            for server in &servers {
                scope.spawn(move || {
                    let mut buffer = [0; 2048];
                    let (_, from) = server.recv_from(&mut buffer).unwrap();
                    // An answer that does not repeat the question.
                    server.send_to(b"hello", from).unwrap();
                });
            }
            for to in ["10.244.2.2", "2001:db8:2::2"] {
                for protocol in [Protocol::Icmp, Protocol::Udp(7), Protocol::Tcp(80)] {
                    let heard = ask(question(protocol, to));
                    assert_eq!(heard, Heard::Answer { number: 0, from: ip(to) }, "{protocol:?}");
                }
            }
        });
        drop(listener);
    });
}

#[test]
fn a_tcp_probe_is_a_whole_handshake_and_leaves_nothing_half_open() {
    in_a_row(|| {
        let listener = at("server", || TcpListener::bind("10.244.2.2:80").unwrap());
        let mut prober = prober(question(Protocol::Tcp(80), "10.244.2.2"), Cookie::draw().unwrap());
        at("client", || prober.send(0)).unwrap();
        until("the connection", || prober.hear().into_iter().next());
        let (_connection, from) = listener.accept().unwrap();
        assert_eq!(from.ip(), ip("10.244.1.2"));
        drop(prober);
        // Both sides forget it: the prober resets what it does not need any more.
        let sockets = |machine: &str| at(machine, || sh("ss -Htan state all | grep -v LISTEN || true"));
        until("no socket is left in client", || sockets("client").trim().is_empty().then_some(()));
        until("none waits in server", || (!sockets("server").contains("SYN-RECV")).then_some(()));
    });
}

#[test]
fn what_comes_back_in_place_of_an_answer_is_heard() {
    in_a_row(|| {
        assert_eq!(ask(question(Protocol::Tcp(81), "10.244.2.2")), Heard::Refused { number: 0 });
        let unheard = icmp_error(ask(question(Protocol::Udp(81), "10.244.2.2")));
        assert_eq!(unheard, (Errno::ECONNREFUSED, (3, 3), ip("10.244.2.2")));
        let unheard = icmp_error(ask(question(Protocol::Udp(81), "2001:db8:2::2")));
        assert_eq!(unheard, (Errno::ECONNREFUSED, (1, 4), ip("2001:db8:2::2")));
        // The router knows no way.
        let unknown = icmp_error(ask(question(Protocol::Icmp, "198.51.100.1")));
        assert_eq!((unknown.1, unknown.2), ((3, 0), ip("10.244.1.1")));
        let unknown = icmp_error(ask(question(Protocol::Icmp, "2001:db8:9::1")));
        assert_eq!((unknown.1, unknown.2), ((1, 0), ip("2001:db8:1::1")));
        // It may pass no router.
        let tired = icmp_error(ask(Question { ttl: Some(1), ..question(Protocol::Icmp, "10.244.2.2") }));
        assert_eq!((tired.1, tired.2), ((11, 0), ip("10.244.1.1")));
        // It does not fit, and must not be cut up: the router says how much would.
        sh("ip link set right mtu 1000");
        let large = Question { size: 1400, dont_fragment: true, ..question(Protocol::Icmp, "10.244.2.2") };
        match ask(large) {
            Heard::Error { errno: Errno::EMSGSIZE, icmp: Some((3, 4)), mtu: 1000, .. } => {}
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn what_the_kernel_refuses_to_send_is_told_with_its_errno() {
    in_a_row(|| {
        at("client", || sh("ip route add blackhole 198.51.100.1; ip route add unreachable 198.51.100.2"));
        let to = |address| question(Protocol::Icmp, address);
        assert_eq!(refused(to("198.51.100.1")), Errno::EINVAL);
        assert_eq!(refused(to("198.51.100.2")), Errno::EHOSTUNREACH);
        assert_eq!(refused(Question { size: 2000, dont_fragment: true, ..to("10.244.2.2") }), Errno::EMSGSIZE);
        at("client", || {
            nft("table ip t {\nchain c {\ntype filter hook output priority 0;\nip daddr 198.51.100.3 drop\n}\n}");
        });
        assert_eq!(refused(to("198.51.100.3")), Errno::EPERM);
        at("client", || sh("ip route delete default"));
        assert_eq!(refused(to("10.244.2.2")), Errno::ENETUNREACH);
        assert_eq!(refused(question(Protocol::Udp(9), "10.244.2.2")), Errno::ENETUNREACH);
        assert_eq!(refused(question(Protocol::Tcp(9), "10.244.2.2")), Errno::ENETUNREACH);
    });
}

/// What a packet socket in the router sees of a probe, in order.
fn seen(capture: &Capture, known: &Known, many: usize) -> Vec<(Captured, Role)> {
    let mut found = Vec::new();
    until("all of it is seen", || {
        let new = capture.read().unwrap().into_iter().filter_map(|captured| {
            let role = known.role(Frame::of_ethernet(&captured.bytes).packet()?)?;
            Some((captured, role))
        });
        found.extend(new);
        (found.len() >= many).then_some(())
    });
    found
}

#[test]
fn every_interface_tells_of_a_probe_and_its_answer() {
    in_a_row(|| {
        let listener = at("server", || TcpListener::bind("[::]:80").unwrap());
        for protocol in [Protocol::Icmp, Protocol::Tcp(80)] {
            for to in ["10.244.2.2", "2001:db8:2::2"] {
                let cookie = Cookie::draw().unwrap();
                let mut prober = prober(question(protocol, to), cookie);
                let capture = Capture::open(&prober.marks()).unwrap();
                at("client", || prober.send(3)).unwrap();
                until("the answer", || prober.hear().into_iter().next());
                let seen = seen(&capture, &Known { cookie, udp_port: None }, 4);
                let way: Vec<(Direction, Role)> = seen.iter().map(|(c, role)| (c.direction, *role)).collect();
                let (there, back) = (Role::Probe(3), Role::Answer(3));
                let expected =
                    [(Direction::In, there), (Direction::Out, there), (Direction::In, back), (Direction::Out, back)];
                assert_eq!(way, expected, "{protocol:?} {to}");
                assert!(seen.windows(2).all(|two| two[0].0.at <= two[1].0.at), "in the order of time");
                let interfaces: Vec<u32> = seen.iter().map(|(c, _)| c.interface).collect();
                assert_eq!((interfaces[0], interfaces[1]), (interfaces[3], interfaces[2]));
                assert_ne!(interfaces[0], interfaces[1]);
            }
        }
        drop(listener);
    });
}

#[test]
fn other_peoples_packets_are_not_seen_but_their_questions_for_neighbours_are() {
    in_a_row(|| {
        let (mine, theirs) = (Cookie::draw().unwrap(), Cookie::draw().unwrap());
        let mut stranger = prober(question(Protocol::Icmp, "10.244.2.2"), theirs);
        let prober = prober(question(Protocol::Icmp, "10.244.2.2"), mine);
        let capture = Capture::open(&prober.marks()).unwrap();
        at("client", || sh("ip neigh flush all"));
        at("client", || stranger.send(0)).unwrap();
        until("the stranger's answer", || stranger.hear().into_iter().next());
        let frames: Vec<Frame> = capture.read().unwrap().iter().map(|c| Frame::of_ethernet(&c.bytes)).collect();
        assert!(!frames.is_empty());
        assert!(frames.iter().all(|frame| frame.packet().is_none()), "{frames:?}");
        assert_eq!(capture.overflowed(), 0);
    });
}

#[test]
fn a_probe_that_is_cut_up_is_known_by_its_first_piece() {
    in_a_row(|| {
        let cookie = Cookie::draw().unwrap();
        let mut prober = prober(Question { size: 3000, ..question(Protocol::Icmp, "10.244.2.2") }, cookie);
        let capture = Capture::open(&prober.marks()).unwrap();
        at("client", || prober.send(0)).unwrap();
        until("the answer", || prober.hear().into_iter().next());
        for (captured, _) in seen(&capture, &Known { cookie, udp_port: None }, 4) {
            let frame = Frame::of_ethernet(&captured.bytes);
            let packet = frame.packet().unwrap();
            assert!(packet.fragment && matches!(packet.transport, Transport::Echo { .. }));
        }
    });
}

#[test]
fn the_way_is_that_of_ip_route_get() {
    in_a_row(|| {
        let socket = Socket::open().unwrap();
        let ask = |to: &str, from: Option<&str>, came_in: Option<u32>| {
            let protocol = libc::IPPROTO_ICMP as u8;
            let from = from.map(ip);
            let traveller = Traveller { to: ip(to), from, came_in, must_leave: None, protocol, ports: None, mark: 0 };
            way(&socket, &[], &traveller)
        };
        let index = |name: &str| nix::net::if_::if_nametoindex(name).unwrap();
        let found = ask("10.244.2.2", Some("10.244.1.2"), Some(index("left"))).unwrap();
        assert_eq!(found.route.unwrap().to, "10.244.2.0/24".parse().unwrap());
        assert_eq!(ask("10.244.2.1", Some("10.244.1.2"), Some(index("left"))).unwrap().kind, "local");
        assert_eq!(ask("198.51.100.1", None, None).unwrap_err(), Errno::ENETUNREACH);
        sh("ip route add prohibit 198.51.100.0/24; ip route add 203.0.113.0/24 via 10.244.2.2");
        assert_eq!(ask("198.51.100.1", None, None).unwrap_err(), Errno::EACCES);
        let via = ask("203.0.113.9", None, None).unwrap();
        assert_eq!((via.via, via.source), (Some(ip("10.244.2.2")), Some(ip("10.244.2.1"))));
        // With an interface it is asked as for a packet that came in there.
        sh("sysctl -qw net.ipv4.conf.all.rp_filter=1");
        assert_eq!(ask("10.244.2.2", Some("10.244.2.9"), Some(index("left"))).unwrap_err(), Errno::EINVAL);
        sh("sysctl -qw net.ipv4.ip_forward=0");
        assert_eq!(ask("10.244.2.2", Some("10.244.1.2"), Some(index("left"))).unwrap_err(), Errno::EHOSTUNREACH);
    });
}

#[test]
fn many_sockets_are_closed_at_once() {
    in_a_row(|| {
        let many: Vec<Capture> = (0..50).map(|_| Capture::open(&[]).unwrap()).collect();
        netlab::kernel::capture::close_all(many);
        // `/proc/net/packet` follows the main thread's namespace, this one the thread's own.
        let open = || std::fs::read_to_string("/proc/thread-self/net/packet").unwrap().lines().count() - 1;
        until("all of them are gone", || (open() == 0).then_some(()));
    });
}
