//! The same packet without netlab: `ping` and `nc` are the witnesses of whether it arrives and is answered.
//!
//! ```text
//! pod-a pod-c --size 1400 --df   ─▶   ping -c 1 -s 1400 -M do 10.244.2.2
//! pod-a pod-c --tcp 80           ─▶   nc -z 10.244.2.2 80
//! pod-a pod-c --udp 53           ─▶   echo … | nc -u 10.244.2.2 53
//! ```

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::{Child, Stdio};

use crate::common::program::start;
use crate::common::{Lab, run, run_with_input, until};

/// The arguments of a trace, read.
#[derive(Debug)]
pub struct Packet<'a> {
    pub source: &'a str,
    pub destination: &'a str,
    pub ipv6: Option<bool>,
    pub tcp: Option<&'a str>,
    pub udp: Option<&'a str>,
    pub size: Option<&'a str>,
    pub ttl: Option<&'a str>,
    pub count: Option<&'a str>,
    pub df: bool,
}

impl<'a> Packet<'a> {
    /// Reads what `netlab trace` is given.
    pub fn of(trace: &'a str) -> Self {
        let mut words = trace.split(' ');
        let source = words.next().expect("a source");
        let destination = words.next().expect("a destination");
        let (ipv6, tcp, udp, size, ttl, count, df) = (None, None, None, None, None, None, false);
        let mut packet = Packet { source, destination, ipv6, tcp, udp, size, ttl, count, df };
        while let Some(word) = words.next() {
            match word {
                "-4" => packet.ipv6 = Some(false),
                "-6" => packet.ipv6 = Some(true),
                "--df" => packet.df = true,
                "--tcp" => packet.tcp = words.next(),
                "--udp" => packet.udp = words.next(),
                "--size" => packet.size = words.next(),
                "--ttl" => packet.ttl = words.next(),
                "--count" => packet.count = words.next(),
                "--timeout" => _ = words.next(),
                other => panic!("{other}: no such word"),
            }
        }
        packet
    }

    /// The address that is meant.
    pub fn address(&self, addresses: &BTreeMap<String, Vec<String>>) -> String {
        let Some(all) = addresses.get(self.destination) else { return self.destination.to_owned() };
        let is_ipv6 = |address: &String| address.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6());
        let fits = |address: &&String| self.ipv6.is_none_or(|ipv6| ipv6 == is_ipv6(address));
        all.iter().find(fits).expect("an address of that family").clone()
    }

    /// Sends it, waits so many seconds at most, and tells whether it was answered.
    #[track_caller]
    pub fn arrives(&self, lab: &Lab, address: &str, seconds: &str) -> bool {
        match (self.tcp, self.udp) {
            (Some(port), _) => lab.exec(self.source, &["nc", "-z", "-w", "1", address, port]).status == Some(0),
            (_, Some(port)) => {
                let mut command = lab.netlab(&["exec", self.source, "--", "nc", "-u", "-w", "1", address, port]);
                let size = self.size.map_or(6, |size| size.parse().expect("a size"));
                let said = format!("{:size$}", "hello");
                run_with_input(&mut command, said.as_bytes()).stdout == said
            }
            _ => {
                let count = self.count.unwrap_or("1");
                let words = ["exec", self.source, "--", "ping", "-nq", "-c", count, "-i", "0.01", "-W", seconds];
                let mut command = lab.netlab(&words);
                self.size.iter().for_each(|size| _ = command.args(["-s", size]));
                self.ttl.iter().for_each(|ttl| _ = command.args(["-t", ttl]));
                command.args(["-M", if self.df { "do" } else { "dont" }]);
                run(command.arg(address)).stdout.contains(&format!(" {count} received"))
            }
        }
    }
}

/// Somebody who answers on a port, of IPv4 and IPv6, until this is dropped.
#[derive(Debug)]
pub struct Listener(Option<Child>);

/// Takes connections (`tcp`; `local`: from the machine itself), echoes datagrams (`udp`), or only takes them (`mute`).
const SERVER: &str = r#"
    use Socket qw(:all);
    my ($kind, $port) = @ARGV;
    my $tcp = $kind eq "tcp" || $kind eq "local";
    socket(my $s, AF_INET6, $tcp ? SOCK_STREAM : SOCK_DGRAM, 0) or die "socket: $!";
    setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($s, pack_sockaddr_in6($port, $kind eq "local" ? IN6ADDR_LOOPBACK : IN6ADDR_ANY)) or die "bind: $!";
    if ($tcp) { listen($s, 64) or die "listen: $!" }
    $| = 1;
    print "ready\n";
    while (1) {
        if ($tcp) { accept(my $c, $s); close $c if $c }
        elsif ($kind eq "udp") { my $from = recv($s, my $b, 65536, 0); send($s, $b, 0, $from) if $from }
        else { recv($s, my $b, 65536, 0) }
    }
"#;

impl Listener {
    /// Begins to listen: `tcp pod-c 80`. `mute pod-c 53` takes datagrams and says nothing.
    #[track_caller]
    pub fn start(lab: &Lab, what: &str) -> Self {
        let [kind, machine, port] = what.split(' ').collect::<Vec<_>>()[..] else { return Listener(None) };
        let mut command = lab.netlab(&["exec", machine, "--", "perl", "-e", SERVER, kind, port]);
        let mut child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()));
        let mut heard = child.stdout.take().expect("its output");
        let mut ready = [0; 6];
        let read = std::io::Read::read_exact(&mut heard, &mut ready);
        assert!(read.is_ok() && &ready == b"ready\n", "{what}: nobody listens");
        Listener(Some(child))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // Its own child, not yet waited for.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until the packet arrives: what a fault left behind in a neighbour's memory may take a moment to go.
#[track_caller]
pub fn until_it_arrives(lab: &Lab, packet: &Packet<'_>, address: &str, what: &str) {
    until(&format!("{what}: {packet:?} arrives"), || packet.arrives(lab, address, "1").then_some(()));
}
