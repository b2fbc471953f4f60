//! The client: it asks for an address, sets it, and keeps it as long as it can.
//!
//! ```text
//! acquire:  DISCOVER ─▶ OFFER ─▶ REQUEST ─▶ ACK ─▶ address and route
//! keep:     rest until T1 · renew with the server · T2: ask everybody · the end: the address goes, acquire again
//! release:  SIGTERM ─▶ RELEASE, the address goes
//! ```

use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use dhcproto::v4::{DhcpOption, Message, MessageType};

use super::daemon::{self, Watch, Woken};
use super::ground::Ground;
use super::interface::Interface;
use super::packet::Packets;
use super::socket::Socket;
use crate::dhcp::message::{self, ClientId, Terms};
use crate::dhcp::times::{Times, Turn, patience};
use crate::dhcp::{CLIENT, SERVER};
use crate::kernel::refusal::Result;
use crate::kernel::sandbox::Surroundings;
use crate::names::LinkName;

/// A client of one link.
#[derive(Debug)]
pub struct Client {
    interface: Interface,
    id: ClientId,
    /// Whether it takes the default route from the server.
    routes: bool,
    socket: Socket,
    watch: Watch,
}

/// What has become of an attempt to get an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was granted, and is set.
    Granted(Terms),
    /// Nobody granted one in time.
    Unanswered,
    /// Somebody asked to stop, or the namespace or the link is gone.
    Stopped,
}

/// A lease that is in force.
#[derive(Debug, Clone, Copy)]
struct Held {
    terms: Terms,
    times: Times,
}

impl Client {
    /// Opens a client. One that runs in this namespace already makes way for it, and gives back what it has.
    ///
    /// # Errors
    /// `ENODEV` when there is no such link.
    pub fn open(around: &Surroundings, link: &LinkName, name: &str, routes: bool) -> Result<Self> {
        let interface = Interface::find(link)?;
        daemon::stop(daemon::CLIENT)?;
        let socket = Socket::bind(link, Ipv4Addr::UNSPECIFIED, CLIENT)?;
        daemon::be_called(daemon::CLIENT);
        let watch = Watch::begin(around, Ground::watch(&interface, None)?)?;
        Ok(Client { interface, id: ClientId::named(name), routes, socket, watch })
    }

    /// Gets an address within a time, or tries for ever.
    ///
    /// # Errors
    /// When the link is down, or the address cannot be set.
    pub fn acquire(&self, limit: Option<Duration>) -> Result<Outcome> {
        let end = limit.map(|limit| Instant::now() + limit);
        let packets = Packets::open(&self.interface)?;
        for tries in 0.. {
            let until =
                |patience: Duration| end.map_or(Instant::now() + patience, |end| end.min(Instant::now() + patience));
            match self.exchange(&packets, until(patience(tries)))? {
                Some(Outcome::Unanswered) | None => {}
                Some(other) => return Ok(other),
            }
            if end.is_some_and(|end| end <= Instant::now()) {
                break;
            }
        }
        Ok(Outcome::Unanswered)
    }

    /// DISCOVER, OFFER, REQUEST, ACK, and the address is set with its route. Nothing, if it was refused or not answered.
    fn exchange(&self, packets: &Packets, until: Instant) -> Result<Option<Outcome>> {
        let mut discover = self.ask(MessageType::Discover);
        message::shout(&mut discover);
        packets.shout(&message::bytes(&discover))?;
        let offer = loop {
            match self.hear(Some(packets), discover.xid(), until)? {
                Ok(heard) if message::kind(&heard) == Some(MessageType::Offer) => {
                    if let Some(terms) = Terms::of(&heard) {
                        break terms;
                    }
                }
                Ok(_) => {}
                Err(outcome) => return Ok(Some(outcome)),
            }
        };
        let start = Instant::now();
        let mut request = self.ask(MessageType::Request);
        message::shout(&mut request);
        request.set_xid(discover.xid());
        request.opts_mut().insert(DhcpOption::RequestedIpAddress(offer.address.ip()));
        request.opts_mut().insert(DhcpOption::ServerIdentifier(offer.server));
        packets.shout(&message::bytes(&request))?;
        let until = until.max(start + patience(0));
        loop {
            match self.hear(Some(packets), request.xid(), until)? {
                Ok(heard) => match (message::kind(&heard), Terms::of(&heard)) {
                    (Some(MessageType::Ack), Some(terms)) => {
                        self.take(&terms)?;
                        return Ok(Some(Outcome::Granted(terms)));
                    }
                    (Some(MessageType::Nak), _) => return Ok(None),
                    _ => {}
                },
                Err(outcome) => return Ok(Some(outcome)),
            }
        }
    }

    /// Sets what was granted: the address with its route, or else neither, and it is given back.
    fn take(&self, terms: &Terms) -> Result<()> {
        self.interface.set(terms)?;
        let routed = self.router(terms).map_or(Ok(()), |router| self.interface.set_route(router));
        routed.inspect_err(|_| self.release(terms))
    }

    /// The gateway to take the default route by.
    fn router(&self, terms: &Terms) -> Option<Ipv4Addr> {
        terms.router.filter(|_| self.routes)
    }

    /// Goes into the background with an address, and keeps it there until somebody asks to stop.
    ///
    /// # Errors
    /// When it cannot go on; nobody hears that but who traces it.
    pub fn keep(&self, granted: Terms) -> Result<()> {
        daemon::detach()?;
        let mut held = Held { terms: granted, times: Times::new(Instant::now(), &granted) };
        loop {
            let Held { terms, times } = held;
            let (ask, until) = match times.turn(Instant::now()) {
                Turn::Rest(until) => (None, until),
                Turn::Renew(until) => (Some(terms.server), Some(until)),
                Turn::Rebind(until) => (Some(Ipv4Addr::BROADCAST), Some(until)),
                Turn::Over => match self.start_over(&terms)? {
                    Some(next) => {
                        held = next;
                        continue;
                    }
                    None => return Ok(()),
                },
            };
            let Some(to) = ask else {
                match self.watch.wait(&[], until)? {
                    Woken::Asked => {
                        self.release(&terms);
                        return Ok(());
                    }
                    Woken::Orphaned => return Ok(()),
                    Woken::Message | Woken::Time => continue,
                }
            };
            match self.renew(&terms, to, until.unwrap_or_else(Instant::now))? {
                Renewal::Granted(next) => held = next,
                Renewal::Refused => match self.start_over(&terms)? {
                    Some(next) => held = next,
                    None => return Ok(()),
                },
                Renewal::Unanswered => {}
                Renewal::Stopped => {
                    self.release(&terms);
                    return Ok(());
                }
                Renewal::Orphaned => return Ok(()),
            }
        }
    }

    /// Asks for more time.
    fn renew(&self, terms: &Terms, to: Ipv4Addr, until: Instant) -> Result<Renewal> {
        // What came late for somebody else's question is not to be taken for an answer to this one.
        while self.socket.receive().is_some() {}
        let start = Instant::now();
        let mut request = self.ask(MessageType::Request);
        request.set_ciaddr(terms.address.ip());
        // Where there is no way to the server just now, there may be one later.
        let _ = self.socket.send(&message::bytes(&request), to, SERVER);
        loop {
            match self.watch.wait(&[self.socket.as_fd()], Some(until))? {
                Woken::Time => return Ok(Renewal::Unanswered),
                Woken::Asked => return Ok(Renewal::Stopped),
                Woken::Orphaned => return Ok(Renewal::Orphaned),
                Woken::Message => {}
            }
            let Some(heard) = self.next_of(None, request.xid()) else { continue };
            match (message::kind(&heard), Terms::of(&heard)) {
                (Some(MessageType::Ack), Some(next)) => {
                    if next.address != terms.address {
                        self.clear(terms);
                    } else if next.router != terms.router {
                        self.clear_route(terms);
                    }
                    // What cannot be set just now is asked for again.
                    if self.interface.set(&next).is_err() {
                        continue;
                    }
                    // Where somebody has set another default route meanwhile, it is that one that counts.
                    let _ = self.router(&next).map(|router| self.interface.set_route(router));
                    return Ok(Renewal::Granted(Held { terms: next, times: Times::new(start, &next) }));
                }
                (Some(MessageType::Nak), _) => return Ok(Renewal::Refused),
                _ => {}
            }
        }
    }

    /// Begins anew when a lease is over, or was refused. Nothing, when it is asked to stop meanwhile.
    fn start_over(&self, terms: &Terms) -> Result<Option<Held>> {
        self.clear(terms);
        loop {
            let start = Instant::now();
            match self.acquire(None) {
                // It may have asked for longer than a lease lasts.
                Ok(Outcome::Granted(terms)) => {
                    return Ok(Some(Held { terms, times: Times::new(Instant::now(), &terms) }));
                }
                Ok(Outcome::Stopped) => return Ok(None),
                Ok(Outcome::Unanswered) => {}
                // The link may be down for a while.
                Err(_) => match self.watch.wait(&[], Some(start + patience(2)))? {
                    Woken::Asked | Woken::Orphaned => return Ok(None),
                    Woken::Message | Woken::Time => {}
                },
            }
        }
    }

    /// Gives the address back.
    fn release(&self, terms: &Terms) {
        let mut message = self.ask(MessageType::Release);
        message.set_ciaddr(terms.address.ip());
        message.opts_mut().insert(DhcpOption::ServerIdentifier(terms.server));
        // The server may be gone; the address goes all the same.
        let _ = self.socket.send(&message::bytes(&message), terms.server, SERVER);
        self.clear(terms);
    }

    fn clear(&self, terms: &Terms) {
        self.interface.clear(terms.address);
        self.clear_route(terms);
    }

    fn clear_route(&self, terms: &Terms) {
        if let Some(router) = self.router(terms) {
            self.interface.clear_route(router);
        }
    }

    /// A message with a number of its own.
    fn ask(&self, kind: MessageType) -> Message {
        message::question(kind, Message::default().xid(), self.interface.mac, &self.id)
    }

    /// The next answer to the question of this number; what came of waiting, if there is none.
    fn hear(
        &self,
        packets: Option<&Packets>,
        xid: u32,
        until: Instant,
    ) -> Result<std::result::Result<Message, Outcome>> {
        loop {
            if let Some(message) = self.next_of(packets, xid) {
                return Ok(Ok(message));
            }
            let file = packets.map_or(self.socket.as_fd(), AsFd::as_fd);
            match self.watch.wait(&[file], Some(until))? {
                Woken::Message => {}
                Woken::Time => return Ok(Err(Outcome::Unanswered)),
                Woken::Asked | Woken::Orphaned => return Ok(Err(Outcome::Stopped)),
            }
        }
    }

    /// The next answer that is there already.
    fn next_of(&self, packets: Option<&Packets>, xid: u32) -> Option<Message> {
        let receive = || packets.map_or_else(|| self.socket.receive(), Packets::receive);
        let messages = std::iter::from_fn(receive).filter_map(|bytes| message::read(&bytes));
        let mine = |message: &Message| message.xid() == xid && message.chaddr() == self.interface.mac.0;
        messages.filter(mine).find(|message| message.opcode() == dhcproto::v4::Opcode::BootReply)
    }
}

/// What has become of asking for more time.
enum Renewal {
    Granted(Held),
    Refused,
    Unanswered,
    Stopped,
    Orphaned,
}
