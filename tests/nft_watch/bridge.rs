//! Packets from port to port of a bridge.

use netlab::kernel::nft::Watch;
use netlab::kernel::nft::watch::{Breadcrumb, Hook, Verdict};
use netlab::kernel::sandbox;
use netlab::network::ruleset::Family;

use crate::common::row::{at, nft, sh, socket};
use crate::oracle::Oracle;
use crate::{COOKIE, mark, read_until, shorts};

/// client ─ p1 ─ br0 ─ p2 ─ server, and br0 itself is 10.244.1.1. The calling thread of `work` is in the switch.
fn at_a_bridge<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let run = |_: &_| {
        sh("for machine in client switch server; do ip netns add $machine; done
            ip -n switch link add br0 type bridge
            ip -n switch addr add 10.244.1.1/24 dev br0
            ip -n switch link set br0 up
            ip -n client link add eth0 type veth peer name p1 netns switch
            ip -n server link add eth0 type veth peer name p2 netns switch
            ip -n client addr add 10.244.1.2/24 dev eth0
            ip -n server addr add 10.244.1.3/24 dev eth0
            for link in p1 p2; do ip -n switch link set $link master br0 up; done
            for machine in client server; do ip -n $machine link set eth0 up; done");
        at("switch", || {
            // Where the module is there, bridged packets would pass the IP hooks too.
            sh("[ ! -e /proc/sys/net/bridge ] || sysctl -qw net.bridge.bridge-nf-call-iptables=0");
            work()
        })
    };
    sandbox::briefly(run).expect("a sandbox: run the tests as root, or under `unshare -Urn`")
}

/// Sends a word until it arrives: the ports take a moment to forward.
fn warm_up(from: &std::net::UdpSocket, to: &std::net::UdpSocket) {
    to.set_read_timeout(Some(std::time::Duration::from_millis(20))).unwrap();
    crate::common::until("the bridge forwards", || {
        from.send_to(b"hello", to.local_addr().unwrap()).unwrap();
        to.recv_from(&mut [0; 16]).ok()
    });
}

#[test]
fn from_port_to_port() {
    at_a_bridge(|| {
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.1.3:99"));
        warm_up(&client, &server);
        let watch = Watch::open(&[mark()]).unwrap();
        let oracle = Oracle::listen(&[mark()]);
        client.send_to(COOKIE, server.local_addr().unwrap()).unwrap();
        let late = Some(Breadcrumb { hook: Hook::Postrouting, late: true });
        let mut events = read_until(&watch, |event| event.breadcrumb() == late);
        let way = [
            "bridge prerouting-early: marked",
            "bridge prerouting-late",
            "bridge forward-early",
            "bridge forward-late",
            "bridge postrouting-early",
            "bridge postrouting-late",
        ];
        assert_eq!(shorts(&events), way);

        drop(oracle);
        nft("
            table bridge t {
                chain forward {
                    type filter hook forward priority filter;
                    udp dport 99 drop
                }
            }");
        let oracle = Oracle::listen(&[mark()]);
        client.send_to(COOKIE, server.local_addr().unwrap()).unwrap();
        events = read_until(&watch, |event| event.verdict == Verdict::Drop);
        assert_eq!(shorts(&events)[2..], ["bridge forward-early", "bridge t forward: drop"]);
        assert_eq!(events.last().unwrap().family, Family::Bridge);
        oracle.compare(&events);
    });
}

/// A packet for the bridge itself passes the bridge's hooks, then those of IP.
#[test]
fn to_the_bridge_and_from_it() {
    at_a_bridge(|| {
        let (client, switch) = (socket("client", "10.244.1.2:40000"), socket("switch", "10.244.1.1:99"));
        warm_up(&client, &switch);
        let watch = Watch::open(&[mark()]).unwrap();
        let oracle = Oracle::listen(&[mark()]);
        client.send_to(COOKIE, switch.local_addr().unwrap()).unwrap();
        let late = |hook| Some(Breadcrumb { hook, late: true });
        let mut events =
            read_until(&watch, |event| event.family == Family::Inet && event.breadcrumb() == late(Hook::Input));
        let way = [
            "bridge prerouting-early: marked",
            "bridge prerouting-late",
            "bridge input-early",
            "bridge input-late",
            "inet prerouting-early: marked",
            "inet prerouting-late",
            "inet input-early",
            "inet input-late",
        ];
        assert_eq!(shorts(&events), way);

        switch.send_to(COOKIE, client.local_addr().unwrap()).unwrap();
        let out =
            read_until(&watch, |event| event.family == Family::Bridge && event.breadcrumb() == late(Hook::Postrouting));
        let way = [
            "inet output-early: marked",
            "inet output-late",
            "inet postrouting-early",
            "inet postrouting-late",
            "bridge output-early: marked",
            "bridge output-late",
            "bridge postrouting-early",
            "bridge postrouting-late",
        ];
        assert_eq!(shorts(&out), way);
        events.extend(out);
        oracle.compare(&events);
    });
}
