//! Three machines in a row, in a sandbox of their own, and real packets between them.
//!
//! ```text
//! client ── 10.244.1.0/24 ── router ── 10.244.2.0/24 ── server
//!      .2  2001:db8:1::/64  .1    .1  2001:db8:2::/64  .2
//! ```
//!
//! It takes root, or a user namespace in which the caller is root.

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;

use netlab::kernel::netns::Netns;
use netlab::kernel::sandbox;

use super::wait::PATIENCE;

/// Makes the row, and does this in it. The calling thread of `work` is in the router.
pub fn in_a_row<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let run = |_: &_| {
        sh("for machine in client router server; do ip netns add $machine; ip -n $machine link set lo up; done
            ip -n client link add eth0 type veth peer name left netns router
            ip -n server link add eth0 type veth peer name right netns router
            ip -n client addr add 10.244.1.2/24 dev eth0
            ip -n router addr add 10.244.1.1/24 dev left
            ip -n router addr add 10.244.2.1/24 dev right
            ip -n server addr add 10.244.2.2/24 dev eth0
            ip -n client addr add 2001:db8:1::2/64 dev eth0 nodad
            ip -n router addr add 2001:db8:1::1/64 dev left nodad
            ip -n router addr add 2001:db8:2::1/64 dev right nodad
            ip -n server addr add 2001:db8:2::2/64 dev eth0 nodad
            for link in client/eth0 router/left router/right server/eth0; do
                ip -n ${link%/*} link set ${link#*/} up
            done
            ip -n client route add default via 10.244.1.1
            ip -n server route add 10.244.1.0/24 via 10.244.2.1
            ip -n client -6 route add default via 2001:db8:1::1
            ip -n server -6 route add default via 2001:db8:2::1");
        at("router", || {
            sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
            work()
        })
    };
    sandbox::briefly(run).expect("a sandbox: run the tests as root, or under `unshare -Urn`")
}

/// Does something in this machine.
pub fn at<T: Send>(machine: &str, work: impl FnOnce() -> T + Send) -> T {
    let run = || {
        Netns::open(&machine.parse().unwrap()).and_then(|netns| netns.enter()).unwrap();
        work()
    };
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs a shell script in the calling thread's namespaces. Every command must end well.
#[track_caller]
pub fn sh(script: &str) -> String {
    let search = format!("{}:/usr/local/sbin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh").args(["-ec", script]).env("PATH", search).output().expect("sh");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {error}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Makes this ruleset in the calling thread's namespace.
#[track_caller]
pub fn nft(ruleset: &str) {
    sh(&format!("nft -f - <<'END'\n{ruleset}\nEND\n"));
}

/// A UDP socket in this machine; the kernel takes care of neighbours.
pub fn socket(machine: &str, address: &str) -> UdpSocket {
    let address: SocketAddr = address.parse().unwrap();
    at(machine, || {
        let socket = UdpSocket::bind(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    })
}

/// Sends these bytes from one socket to the other, until they arrive there: the first packets of all may be lost to
/// neighbours that do not answer yet. Says where they come from.
pub fn deliver(from: &UdpSocket, to: &UdpSocket, bytes: &[u8]) -> SocketAddr {
    from.send_to(bytes, to.local_addr().unwrap()).unwrap();
    receive(to, bytes)
}

/// Waits until these bytes arrive; says where they come from.
pub fn receive(at: &UdpSocket, bytes: &[u8]) -> SocketAddr {
    let mut buffer = [0; 2048];
    let (length, from) = at.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], bytes);
    from
}
