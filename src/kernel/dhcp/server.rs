//! The server: it answers whoever asks on its link, and writes down what it grants.
//!
//! ```text
//! $ ss -Huln
//! UNCONN 0 0        10.244.1.1%cni0:67  0.0.0.0:*       who knows it asks for longer, and it speaks from here
//! UNCONN 0 0   255.255.255.255%cni0:67  0.0.0.0:*       who knows nobody asks everybody
//! ```
//!
//! So everybody can see from where it serves.

use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use dhcproto::v4::{Message, MessageType};
use ipnetwork::Ipv4Network;
use nix::errno::Errno;

use super::daemon::{self, Watch, Woken};
use super::files::Files;
use super::ground::Ground;
use super::interface::Interface;
use super::socket::Socket;
use crate::dhcp::answer::{Answer, answer};
use crate::dhcp::book::Book;
use crate::dhcp::{self, message};
use crate::kernel::refusal::{Refusal, Result};
use crate::kernel::sandbox::Surroundings;
use crate::names::LinkName;

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    /// What is said to it alone; it speaks here, too.
    socket: Socket,
    /// What is said to everybody.
    shouted: Socket,
    files: Files,
    book: Book,
    watch: Watch,
}

impl Server {
    /// Opens a server for the subnet of one of a link's IPv4 addresses: this one, or else the first. It knows the leases
    /// that an earlier one wrote down. One that runs in this namespace already makes way for it.
    ///
    /// # Errors
    /// `EADDRNOTAVAIL` when the link has no such address, `EADDRINUSE` when somebody else's server runs.
    pub fn open(
        around: &Surroundings,
        link: &LinkName,
        address: Option<Ipv4Network>,
        directory: &Path,
        lease_time: u32,
    ) -> Result<Self> {
        let interface = Interface::find(link)?;
        let there = interface.addresses()?;
        let meant = |there: &Ipv4Network| address.is_none_or(|address| address == *there);
        let gateway = there.iter().copied().find(meant).ok_or_else(|| no_address(link, address, &there))?;
        daemon::stop(daemon::SERVER)?;
        let socket = Socket::bind(link, gateway.ip(), dhcp::SERVER)?;
        let shouted = Socket::bind(link, Ipv4Addr::BROADCAST, dhcp::SERVER)?;
        let files = Files::open(directory)?;
        let mut book = Book::new(gateway, lease_time);
        book.read(&files.leases()?);
        daemon::be_called(daemon::SERVER);
        let watch = Watch::begin(around, Ground::watch(&interface, Some(gateway))?)?;
        Ok(Server { socket, shouted, files, book, watch })
    }

    /// Goes into the background and serves there, until it is asked to end.
    ///
    /// # Errors
    /// When it cannot go on; nobody hears that but who traces it.
    pub fn run(mut self) -> Result<()> {
        daemon::detach()?;
        loop {
            match self.watch.wait(&[self.socket.as_fd(), self.shouted.as_fd()], None)? {
                Woken::Message => {}
                Woken::Asked | Woken::Orphaned => return Ok(()),
                Woken::Time => continue,
            }
            while let Some(bytes) = self.socket.receive().or_else(|| self.shouted.receive()) {
                if let Some(asked) = message::read(&bytes) {
                    self.serve(&asked);
                }
            }
        }
    }

    /// Answers one message.
    fn serve(&mut self, asked: &Message) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let Answer { message: reply, changed } = answer(&mut self.book, &self.files.reserved(), asked, now);
        if changed && self.files.write(&self.book.text()).is_err() {
            // What is not written down is not granted: what stands in the file is what counts, and the client asks again.
            if let Ok(written) = self.files.leases() {
                self.book.read(&written);
            }
            return;
        }
        let Some(reply) = reply else { return };
        // Nothing is lost by an answer that is not delivered: the client asks again.
        let _ = self.socket.send(&message::bytes(&reply), whom(asked, &reply), dhcp::CLIENT);
    }
}

/// The link has not the address to serve from.
fn no_address(link: &LinkName, wanted: Option<Ipv4Network>, there: &[Ipv4Network]) -> Refusal {
    let from = wanted.map(|address| format!(" from {address}")).unwrap_or_default();
    let there: Vec<String> = there.iter().map(ToString::to_string).collect();
    let there = if there.is_empty() { "no IPv4 address".into() } else { there.join(", ") };
    Refusal::new(format!("serve {link} by DHCP{from}"), Errno::EADDRNOTAVAIL)
        .with_hint(format!("the server gives addresses of the link's own IPv4 subnet, and {link} has {there}"))
}

/// Where an answer goes (RFC 2131, section 4.1): to the client's address, if it has one, and else to everybody on the link.
/// (To its new address alone it could go only past ARP, which the client cannot answer yet.)
fn whom(asked: &Message, reply: &Message) -> Ipv4Addr {
    let refused = message::kind(reply) == Some(MessageType::Nak);
    match asked.ciaddr() {
        address if !refused && !address.is_unspecified() => address,
        _ => Ipv4Addr::BROADCAST,
    }
}
