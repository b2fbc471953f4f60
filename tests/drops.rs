//! The kernel tells root which packets it dropped, where and why, and everybody else that they may not be told.
//!
//! ```text
//! a namespace of the test's own:  a packet to a closed port, into a firewall, …  ─▶  NO_SOCKET, NETFILTER_DROP, …
//! ```
//!
//! Every test runs as root and as an ordinary user, and says what must be the case for each; also where the kernel
//! is too old.

use std::fs;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use netlab::kernel::drops::{Dropped, Drops, MOST_BYTES, Unavailable, symbols};
use netlab::kernel::mark::Mark;
use netlab::kernel::sandbox;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// `CAP_SYS_ADMIN`, `CAP_PERFMON` and `CAP_BPF`.
const ADMIN: u64 = 1 << 21;
const PERFMON_AND_BPF: u64 = 1 << 38 | 1 << 39;

/// How long the kernel may take to tell.
const PATIENCE: Duration = Duration::from_secs(10);

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const ARP: u16 = 0x0806;

/// Whether this process may load programs: it has the powers, and outside of any user namespace.
fn may() -> bool {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let powers = status.lines().find_map(|line| line.strip_prefix("CapEff:")).expect("powers");
    let powers = u64::from_str_radix(powers.trim(), 16).expect("hexadecimal");
    let users = fs::read_to_string("/proc/self/uid_map").expect("uid_map");
    let outside = users.split_whitespace().eq(["0", "0", "4294967295"]);
    outside && (powers & ADMIN != 0 || powers & PERFMON_AND_BPF == PERFMON_AND_BPF)
}

/// Whether this kernel gives reasons.
fn gives_reasons() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("a version");
    let numbers: Vec<u32> = release.split(['.', '-']).map_while(|number| number.parse().ok()).collect();
    numbers >= vec![5, 17]
}

/// Listens, and does something in a namespace whose loopback is up. Who may not listen must be told so.
/// Words of 32 bits, so many bytes behind the network header, as marks.
fn marks(words: &[(u16, u32)]) -> Vec<Mark> {
    let mark = |(offset, word): &(u16, u32)| Mark {
        offset: u8::try_from(*offset).expect("an offset"),
        bytes: word.to_be_bytes().into(),
    };
    words.iter().map(mark).collect()
}

fn listening(words: &[(u16, u32)], work: impl FnOnce(&mut Here) + Send) {
    let drops = match (may(), Drops::attach(&marks(words)).expect("nothing unexpected")) {
        (true, Ok(drops)) => drops,
        (_, Err(why)) if !gives_reasons() => return assert!(why.to_string().contains("Linux 5.17"), "{why}"),
        (false, Err(why)) => {
            assert_eq!(why, Unavailable::Forbidden);
            assert_eq!(why.to_string(), "only root may ask the kernel why it drops packets");
            return;
        }
        (may, attached) => panic!("may listen: {may}; but {attached:?}"),
    };
    let run = || {
        run("ip link set lo up");
        let namespace = fs::metadata("/proc/thread-self/ns/net").expect("a namespace").ino() as u32;
        work(&mut Here { drops, namespace });
    };
    sandbox::briefly(|_| run()).expect("a sandbox");
}

#[track_caller]
fn run(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().expect("sh");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Somebody who listens, in a namespace.
struct Here {
    drops: Drops,
    namespace: u32,
}

impl Here {
    /// The packets dropped in this namespace that fit, once there is one.
    #[track_caller]
    fn wait(&mut self, mut fits: impl FnMut(&Dropped) -> bool) -> Vec<Dropped> {
        let end = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        loop {
            let here = |dropped: &Dropped| dropped.namespace == self.namespace;
            let (dropped, other): (Vec<_>, Vec<_>) = self.drops.read().into_iter().partition(|d| here(d) && fits(d));
            if !dropped.is_empty() {
                return dropped;
            }
            others.extend(other.into_iter().map(|d| (d.reason, d.namespace, d.interface, d.protocol, d.bytes.len())));
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "nothing is dropped that fits, in {}: {others:?}", self.namespace);
            let mut fds = [PollFd::new(self.drops.as_fd(), PollFlags::POLLIN)];
            poll(&mut fds, PollTimeout::try_from(left).expect("a time")).expect("poll");
        }
    }

    #[track_caller]
    fn wait_for(&mut self, reason: &str) -> Dropped {
        self.wait(|dropped| dropped.reason == reason).remove(0)
    }
}

fn send(to: &str, payload: &[u8]) {
    let from = if to.starts_with('[') { "[::1]:0" } else { "127.0.0.1:0" };
    let socket = UdpSocket::bind(from).expect("a socket");
    // A firewall that drops what leaves says so (EPERM), and a closed port that was told of by ICMP too.
    let _ = socket.send_to(payload, to);
}

/// Packets whose payload begins so, over UDP and either of these. Everybody else's drops would fill the ring: those of the
/// other tests, too.
fn saying(payload: &[u8; 4]) -> [(u16, u32); 2] {
    let word = u32::from_be_bytes(*payload);
    [(20 + 8, word), (40 + 8, word)]
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64
}

#[test]
fn a_closed_port_is_no_socket() {
    listening(&saying(b"to n"), |here| {
        let before = now();
        send("127.0.0.1:9", b"to nobody");
        let dropped = here.wait_for("NO_SOCKET");
        // The two clocks are compared to within some microseconds.
        assert!((before - 1_000_000..now() + 1_000_000).contains(&dropped.at), "{before} {dropped:?}");
        assert_eq!((dropped.interface, dropped.protocol), (1, IPV4));
        assert_eq!(dropped.bytes.len(), 20 + 8 + 9);
        assert_eq!((dropped.bytes[0], &dropped.bytes[28..]), (0x45, &b"to nobody"[..]));
        let hidden = fs::read_to_string("/proc/sys/kernel/kptr_restrict").expect("a setting").trim() == "2";
        let named = symbols(&[dropped.location, 1]);
        assert_eq!(named.len(), usize::from(!hidden), "{named:?}");
        assert!(named.values().all(|name| name.contains("udp") && name.contains("+0x")), "{named:?}");

        send("[::1]:9", &b"to nobody, ".repeat(100));
        // Older kernels have no reason here.
        let dropped = here.wait(|dropped| dropped.protocol == IPV6).remove(0);
        assert_eq!((dropped.interface, dropped.bytes.len()), (1, MOST_BYTES));
        assert_eq!((dropped.bytes[0], &dropped.bytes[48..59]), (0x60, &b"to nobody, "[..]));
    });
}

#[test]
fn a_firewall_drops_before_there_is_an_interface_and_after() {
    listening(&saying(b"stop"), |here| {
        run(
            "nft add table inet lesson && nft add chain inet lesson out '{ type filter hook output priority 0; policy drop; }'",
        );
        send("127.0.0.1:9", b"stop here");
        let dropped = here.wait_for("NETFILTER_DROP");
        assert_eq!(&dropped.bytes[28..], b"stop here");
        send("[::1]:9", b"stop here");
        here.wait(|dropped| dropped.reason == "NETFILTER_DROP" && dropped.protocol == IPV6);

        run(
            "nft flush ruleset && nft add table ip lesson && nft add chain ip lesson in '{ type filter hook input priority 0; policy drop; }'",
        );
        send("127.0.0.1:9", b"stop there");
        let dropped = here.wait(|dropped| dropped.bytes.ends_with(b"stop there")).remove(0);
        assert_eq!((dropped.reason.as_str(), dropped.interface), ("NETFILTER_DROP", 1));
    });
}

#[test]
fn a_socket_that_is_full_drops_where_it_is() {
    listening(&saying(b"full"), |here| {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        nix::sys::socket::setsockopt(&receiver, nix::sys::socket::sockopt::RcvBuf, &1).expect("a small buffer");
        let to = receiver.local_addr().expect("an address").to_string();
        (0..20).for_each(|_| send(&to, &b"full".repeat(250)));
        here.wait_for("SOCKET_RCVBUFF");
    });
}

/// Two machines on a pipe, the far one with a namespace of its own.
const PIPE: &str = "ip netns add far && ip link add near0 type veth peer name far0 netns far
    ip addr add 10.244.9.1/24 dev near0 && ip addr add 2001:db8::1/64 dev near0 nodad && ip link set near0 up
    ip -n far addr add 10.244.9.2/24 dev far0 && ip -n far addr add 2001:db8::2/64 dev far0 nodad && ip -n far link set far0 up";

#[test]
fn a_router_drops_in_its_own_namespace_at_its_own_interface() {
    listening(&saying(b"lost"), |here| {
        run(PIPE);
        run("ip route add 198.51.100.0/24 via 10.244.9.2
            ip -n far route add 10.244.9.7 dev far0; ip netns exec far sysctl -qw net.ipv4.ip_forward=1");
        let far = fs::metadata("/run/netns/far").expect("a namespace").ino() as u32;
        let index = |text: String| text.trim().parse::<u32>().expect("a number");
        let output = Command::new("ip").args(["netns", "exec", "far", "cat", "/sys/class/net/far0/ifindex"]).output();
        let far0 = index(String::from_utf8(output.expect("ip").stdout).expect("UTF-8"));

        let near = std::mem::replace(&mut here.namespace, far);
        let socket = UdpSocket::bind("10.244.9.1:0").expect("a socket");
        socket.send_to(b"lost", "198.51.100.7:9").expect("sent");
        assert_eq!(here.wait_for("IP_INNOROUTES").interface, far0);

        run("ip netns exec far sysctl -qw net.ipv4.conf.all.rp_filter=1
            ip -n far link set lo up && ip -n far route add 203.0.113.0/24 dev lo
            ip addr add 203.0.113.1/32 dev near0");
        let socket = UdpSocket::bind("203.0.113.1:0").expect("a socket");
        socket.send_to(b"lost, from elsewhere", "10.244.9.2:9").expect("sent");
        let dropped = here.wait_for("IP_RPFILTER");
        assert_eq!(dropped.interface, far0);
        assert!(dropped.bytes.ends_with(b"lost, from elsewhere"), "{dropped:?}");
        assert_ne!(near, far);
    });
}

/// What is told with words: packets that have one, wherever it stands, and no others.
#[test]
fn words_choose_among_packets() {
    // Behind 20 bytes of IPv4 and 8 of UDP.
    let words: Vec<(u16, u32)> = (28..32).map(|at| (at, 0xa1b2_c3d0 + u32::from(at))).collect();
    listening(&words, |here| {
        let payload = |at: u16, word: u32| {
            let mut payload = [0_u8; 40];
            let at = usize::from(at - 28);
            payload[at..at + 4].copy_from_slice(&word.to_be_bytes());
            payload
        };
        for (at, word) in &words {
            for bit in [0, 7, 8, 15, 16, 23, 24, 31] {
                send("127.0.0.1:9", &payload(*at, word ^ 1 << bit));
            }
            send("127.0.0.1:9", &payload(at + 4, *word));
            send("127.0.0.1:9", &payload(*at, *word));
        }
        let mut told: Vec<Dropped> = Vec::new();
        while told.len() < words.len() {
            told.extend(here.wait(|dropped| dropped.reason == "NO_SOCKET"));
        }
        let told: Vec<&[u8]> = told.iter().map(|dropped| &dropped.bytes[28..]).collect();
        let expected: Vec<[u8; 40]> = words.iter().map(|(at, word)| payload(*at, *word)).collect();
        assert_eq!(told, expected);
    });
}

#[test]
fn many_words_anywhere_are_verified() {
    let last = MOST_BYTES as u16 - 4;
    let words: Vec<(u16, u32)> = (0..=last).map(|at| (at, 0x5a5a_0000 + u32::from(at))).collect();
    listening(&words, |here| {
        let mut payload = [0_u8; MOST_BYTES - 28];
        payload[MOST_BYTES - 28 - 4..].copy_from_slice(&(0x5a5a_0000 + u32::from(last)).to_be_bytes());
        send("127.0.0.1:9", &payload);
        here.wait_for("NO_SOCKET");
    });
    let beyond = Drops::attach(&marks(&[(last + 1, 7)])).expect_err("behind what is copied");
    assert_eq!(beyond.errno, Errno::EINVAL);
}

#[test]
fn what_is_not_chosen_takes_no_room() {
    listening(&[(28, 0x1234_5678)], |here| {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let flood = || (0..10_000).for_each(|_| drop(socket.send_to(b"others'", "127.0.0.1:9")));
        flood();
        send("127.0.0.1:9", &[0x12, 0x34, 0x56, 0x78]);
        assert_eq!(here.wait(|dropped| dropped.reason == "NO_SOCKET").len(), 1);
        assert!(!here.drops.overflowed());

        here.drops = Drops::attach(&[]).expect("nothing unexpected").expect("root");
        flood();
        let told = here.wait(|dropped| dropped.reason == "NO_SOCKET").len();
        assert!((1_000..10_000).contains(&told), "{told}");
        assert!(here.drops.overflowed());
        // There is room again.
        send("127.0.0.1:9", b"afterwards");
        here.wait(|dropped| dropped.bytes.ends_with(b"afterwards"));
    });
}

#[test]
fn arp_and_neighbour_discovery_are_told_of_whatever_the_words() {
    listening(&[(28, 0x1234_5678)], |here| {
        run(PIPE);
        run("ip netns exec far nft add table arp lesson
            ip netns exec far nft add chain arp lesson in '{ type filter hook input priority 0; policy drop; }'
            ip netns exec far nft add table ip6 lesson
            ip netns exec far nft add chain ip6 lesson in '{ type filter hook input priority 0; policy drop; }'");
        here.namespace = fs::metadata("/run/netns/far").expect("a namespace").ino() as u32;
        let socket = UdpSocket::bind("10.244.9.1:0").expect("a socket");
        socket.send_to(b"who has", "10.244.9.2:9").expect("sent");
        let dropped = here.wait(|dropped| dropped.protocol == ARP).remove(0);
        // A request: the addresses asked by and for.
        assert_eq!((&dropped.bytes[6..8], &dropped.bytes[14..18]), (&[0, 1][..], &[10, 244, 9, 1][..]), "{dropped:?}");
        assert_eq!(&dropped.bytes[24..28], [10, 244, 9, 2]);

        let socket = UdpSocket::bind("[2001:db8::1]:0").expect("a socket");
        socket.send_to(b"who has", "[2001:db8::2]:9").expect("sent");
        let asks = |dropped: &Dropped| dropped.protocol == IPV6 && dropped.bytes[40] == 135;
        here.wait(|dropped| asks(dropped) && dropped.reason == "NETFILTER_DROP");
    });
}

/// Powers within a user namespace are none here.
#[test]
fn root_of_a_user_namespace_only_may_not() {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--"]).arg(std::env::current_exe().expect("this program"));
    let output = command.args(["--exact", "a_closed_port_is_no_socket"]).output().expect("unshare");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
