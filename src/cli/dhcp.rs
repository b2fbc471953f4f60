//! `netlab dhcp`: what the steps of a lab with `ipam: dhcp` run, to be typed inside it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use ipnetwork::Ipv4Network;

use super::{print, seconds};
use crate::dhcp::message::LONGEST_ID;
use crate::error::{Error, Result};
use crate::kernel::dhcp::{CLIENT, Client, Outcome, SERVER, Server, stop};
use crate::kernel::sandbox;
use crate::names::LinkName;

/// Serve or lease addresses by DHCP, inside a lab
///
/// These are the commands that the plan of a lab with `ipam: dhcp` prints. Each works in the machine that it is typed in,
/// and leaves a program in the background, which ends with the lab. (In namespaces that were made by hand, it ends with
/// the shell that started it.)
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ip netns exec node-1 netlab dhcp serve cni0 --address 10.244.0.1/24 \\
    --files /run/cni/node-1/dhcp --lease-time 3600
  ip netns exec pod-a netlab dhcp client eth0 --id pod-a
  ip netns exec pod-a netlab dhcp release

From outside: who has which address and until when, and the exchange itself
  netlab exec node-1 -- cat /run/cni/node-1/dhcp/leases
  netlab exec node-1 -- tcpdump -vlni cni0 port 67")]
pub struct Dhcp {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Give the addresses of a link's IPv4 subnet to whoever asks on it, until the link or its address goes
    Serve {
        /// The link
        #[arg(value_name = "LINK")]
        link: LinkName,
        /// Which of the link's addresses to serve from, with the prefix length of the subnet [default: the first]
        #[arg(long, value_name = "ADDRESS/LENGTH")]
        address: Option<Ipv4Network>,
        /// The directory with `hosts`, which says who is to have which address, and `leases`, which says who has it
        #[arg(long, value_name = "DIRECTORY")]
        files: PathBuf,
        /// For how many seconds addresses are leased
        #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(2..=31_536_000))]
        lease_time: u32,
    },
    /// Stop the server of this machine
    Stop,
    /// Lease an address for a link, set it with the default route, and renew it in time
    Client {
        /// The link
        #[arg(value_name = "LINK")]
        link: LinkName,
        /// What the client calls itself (its client identifier)
        #[arg(long, value_name = "NAME", value_parser = client_name)]
        id: String,
        /// Set no default route
        #[arg(long)]
        no_route: bool,
        /// How long to wait for an address
        #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
        timeout: Duration,
    },
    /// Give the address of this machine's client back
    Release,
}

impl Dhcp {
    pub(super) fn run(self) -> Result<()> {
        let Some(around) = sandbox::around() else {
            return Err(Error::usage("`netlab dhcp` works inside a lab only")
                .help("`netlab shell pod-a` opens a shell in a machine of a running lab"));
        };
        match self.what {
            What::Serve { link, address, files, lease_time } => {
                Ok(Server::open(&around, &link, address, &files, lease_time).and_then(Server::run)?)
            }
            What::Client { link, id, no_route, timeout } => {
                let client = Client::open(&around, &link, &id, !no_route)?;
                match client.acquire(Some(timeout))? {
                    Outcome::Granted(terms) => {
                        let times = format!("for {} s; it is renewed after {} s", terms.lease, terms.renewal);
                        print(&format!("{link}: {} from {} {times}", terms.address, terms.server))?;
                        Ok(client.keep(terms)?)
                    }
                    Outcome::Stopped => Err(Error::stopped("stopped: no address was leased")),
                    Outcome::Unanswered => Err(Error::refused(format!("no DHCP server grants an address on {link}"))
                        .with("waited", format!("{} s", timeout.as_secs_f64()))
                        .help(
                            "is one running on the node (`ss -uln` there lists port 67), and does the link reach it?",
                        )),
                }
            }
            What::Stop => ended(stop(SERVER)?, "DHCP server"),
            What::Release => ended(stop(CLIENT)?, "DHCP client"),
        }
    }
}

/// A name that fits into a client identifier, behind the byte that says that it is one.
fn client_name(text: &str) -> std::result::Result<String, String> {
    match text.len() {
        1..LONGEST_ID => Ok(text.to_owned()),
        length => Err(format!("a name of 1 to {} bytes is wanted, and this one has {length}", LONGEST_ID - 1)),
    }
}

/// There was one to end, or not.
fn ended(there_was: bool, what: &str) -> Result<()> {
    match there_was {
        true => Ok(()),
        false => Err(Error::usage(format!("no {what} runs in this machine"))),
    }
}
