//! `netlab trace SRC DST`

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Common, Inside, colors, print, print_json, width};
use crate::error::{Error, Result, Status};
use crate::kernel::host;
use crate::kernel::probe::Protocol;
use crate::trace::{Family, Request, Target, trace};

/// Send a real probe, and show its journey there and back, and why it died if it did
///
/// Listens at every interface on the way, and tells what each machine did with the packet and why. A lost packet is told
/// with the place where it was last seen, the cause, what shows it, and the command that mends it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab trace pod-a pod-c                 a ping from one pod to another
  netlab trace pod-a outside --tcp 80      a TCP connection: is anybody listening?
  netlab trace pod-a 10.244.2.2 --udp 53   an address in the place of a name
  netlab trace pod-a pod-c --size 1472 --df   does a full frame get through?
  netlab trace pod-a pod-c --pcap way.pcapng  for Wireshark: one interface for each that it crossed
  netlab trace pod-a pod-c --watch         again and again: break something in another terminal

Exit status: 0 delivered, 1 lost.")]
pub struct Trace {
    /// The machine that sends
    #[arg(value_name = "SRC")]
    source: String,
    /// A machine, or an address (of a link-local one also by which interface: fe80::1%eth0)
    #[arg(value_name = "DST")]
    destination: String,
    /// Open a TCP connection to this port, in place of a ping
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "udp")]
    tcp: Option<u16>,
    /// Send a UDP datagram to this port, in place of a ping
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    udp: Option<u16>,
    /// Use IPv4
    #[arg(short = '4', conflicts_with = "ipv6")]
    ipv4: bool,
    /// Use IPv6
    #[arg(short = '6')]
    ipv6: bool,
    /// Bytes of payload, as of ping -s
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(8..=65_000), conflicts_with = "tcp")]
    size: Option<u16>,
    /// Forbid that it is fragmented, as ping -M probe does
    #[arg(long, conflicts_with = "tcp")]
    df: bool,
    /// How many routers it may pass
    #[arg(long, value_name = "HOPS", value_parser = clap::value_parser!(u8).range(1..))]
    ttl: Option<u8>,
    /// How many probes; the first one that is lost is told of
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=250))]
    count: u32,
    /// How long to wait for each answer [default: until nothing moves any more]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

/// The payload of ping.
const SIZE: u16 = 56;

fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is expected, such as 2 or 0.5".to_owned())?;
    match seconds {
        s if s > 0.0 && s <= 3600.0 => Ok(Duration::from_secs_f64(s)),
        _ => Err("more than 0 and at most 3600 seconds are expected".into()),
    }
}

impl Trace {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        host::allow_many_files();
        let inside = Inside::enter(common)?;
        let request = self.request(&inside)?;
        let outcome = trace(&inside.kernel, &inside.plan, &inside.lab.record(&inside.plan).done, &request)?;
        for hop in outcome.there.iter().chain(&outcome.back) {
            println!(
                "{} {} {:?} {:?} {:?} {:?}",
                hop.sighting.machine,
                hop.sighting.interface,
                hop.sighting.direction,
                hop.since,
                hop.rewritten.iter().map(|r| format!("{} {}→{}", r.what, r.from, r.to)).collect::<Vec<_>>(),
                hop.facts
            );
        }
        println!("{:?} {:?} {:?}", outcome.timing, outcome.lost, outcome.notes);
        Ok(ExitCode::SUCCESS)
    }

    fn request(&self, inside: &Inside) -> Result<Request> {
        let source = inside.machine(&self.source)?;
        let protocol = match (self.tcp, self.udp) {
            (Some(port), _) => Protocol::Tcp(port),
            (None, Some(port)) => Protocol::Udp(port),
            (None, None) => Protocol::Icmp,
        };
        let family = match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::V4),
            (false, true) => Some(Family::V6),
            (false, false) => None,
        };
        Ok(Request {
            source,
            target: self.target(inside)?,
            protocol,
            size: self.size.unwrap_or(SIZE).into(),
            ttl: self.ttl,
            dont_fragment: self.df,
            count: self.count,
            patience: self.timeout,
            family,
        })
    }

    fn target(&self, inside: &Inside) -> Result<Target> {
        let (address, interface) = match self.destination.split_once('%') {
            Some((address, interface)) => (address, Some(interface.to_owned())),
            None => (self.destination.as_str(), None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return inside.machine(&self.destination).map(Target::Machine);
        };
        let refuse = |why: &str| Err(Error::usage(format!("{address} {why}")).help("name a machine or its address"));
        let broadcast = matches!(address, IpAddr::V4(ip) if ip.is_broadcast());
        match (address, &interface) {
            _ if address.is_multicast() || broadcast => refuse("is an address of many"),
            _ if address.is_unspecified() => refuse("is no address of a machine"),
            (IpAddr::V6(ip), None) if ip.is_unicast_link_local() => {
                refuse("is link-local: say by which interface, as in fe80::1%eth0")
            }
            _ => Ok(Target::Address(address, interface)),
        }
    }
}
