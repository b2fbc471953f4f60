//! What clients and servers say, and the bytes for it.
//!
//! ```text
//! question(Discover, xid, mac, "pod-a")     op 1 · xid · chaddr · 53 DISCOVER · 61 00 "pod-a" · 55 1 3 51 54 58 59
//! Terms::of(&offer)                         10.244.1.2/24 · router 10.244.1.1 · server 10.244.1.1 · 3600 s
//! ```

use std::net::Ipv4Addr;

use dhcproto::v4::{DhcpOption, Flags, Message, MessageType, Opcode, OptionCode};
use dhcproto::{Decodable, Decoder, Encodable};
use ipnetwork::Ipv4Network;

use crate::network::Mac;

/// Where a message's options begin: behind the fixed fields (RFC 2131, section 2) and the cookie (RFC 1497).
const COOKIE_AT: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];

/// The longest hardware address, and where its length stands.
const LONGEST_ADDRESS: u8 = 16;
const LENGTH_AT: usize = 2;

/// Old relays and servers drop what is shorter (BOOTP, RFC 951).
const SHORTEST: usize = 300;

/// What a client asks to be told: mask, router, times, and by whom.
const WANTED: [OptionCode; 6] = [
    OptionCode::SubnetMask,
    OptionCode::Router,
    OptionCode::AddressLeaseTime,
    OptionCode::ServerIdentifier,
    OptionCode::Renewal,
    OptionCode::Rebinding,
];

/// The longest client identifier: as many bytes as an option has room for. (Several options of one kind are one that is
/// longer, RFC 3396; as an identifier nobody needs that, and it would stand in every line and answer.)
pub const LONGEST_ID: usize = 255;

/// A client's identifier: what it calls itself (option 61), or else its hardware address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(pub Vec<u8>);

impl ClientId {
    /// That of a client with a name. The first byte says that it is no hardware address (RFC 2132, section 9.14).
    pub fn named(name: &str) -> Self {
        ClientId([&[0], name.as_bytes()].concat())
    }

    /// That of who sent a message; none, if it is too long.
    pub fn of(message: &Message) -> Option<Self> {
        match message.opts().get(OptionCode::ClientIdentifier) {
            Some(DhcpOption::ClientIdentifier(id)) if id.len() > LONGEST_ID => None,
            Some(DhcpOption::ClientIdentifier(id)) if !id.is_empty() => Some(ClientId(id.clone())),
            // Type 1 is Ethernet.
            _ => Some(ClientId([&[1], message.chaddr()].concat())),
        }
    }

    /// The name in it, if it is one that a file could bear.
    pub fn name(&self) -> Option<&str> {
        let bytes = self.0.strip_prefix(&[0]).unwrap_or(&self.0);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        std::str::from_utf8(bytes).ok().filter(|name| !name.is_empty() && name.chars().all(plain))
    }
}

/// In hexadecimal, with colons between: as dnsmasq writes it.
impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes: Vec<String> = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        f.write_str(&bytes.join(":"))
    }
}

/// Reads a message. What is none is passed over, as everything that is sent to an open port may be.
pub fn read(bytes: &[u8]) -> Option<Message> {
    let has_cookie = bytes.get(COOKIE_AT..).is_some_and(|rest| rest.starts_with(&COOKIE));
    let fits = bytes.get(LENGTH_AT).is_some_and(|length| *length <= LONGEST_ADDRESS);
    if has_cookie && fits { Message::decode(&mut Decoder::new(bytes)).ok() } else { None }
}

/// The bytes of a message.
pub fn bytes(message: &Message) -> Vec<u8> {
    // What is made here has no option that is too long.
    let mut bytes = message.to_vec().unwrap_or_default();
    bytes.resize(bytes.len().max(SHORTEST), 0);
    bytes
}

/// What kind of message it is.
pub fn kind(message: &Message) -> Option<MessageType> {
    message.opts().msg_type()
}

/// A client's message, to be completed.
pub fn question(kind: MessageType, xid: u32, mac: Mac, client: &ClientId) -> Message {
    let none = Ipv4Addr::UNSPECIFIED;
    let mut message = Message::new_with_id(xid, none, none, none, none, &mac.0);
    let options = message.opts_mut();
    options.insert(DhcpOption::MessageType(kind));
    options.insert(DhcpOption::ClientIdentifier(client.0.clone()));
    if kind != MessageType::Release {
        options.insert(DhcpOption::ParameterRequestList(WANTED.to_vec()));
    }
    if let Some(name) = client.name() {
        options.insert(DhcpOption::Hostname(name.to_owned()));
    }
    message
}

/// Asks that answers go to everybody: who has no address yet cannot hear what is sent to it alone.
pub fn shout(message: &mut Message) {
    message.set_flags(Flags::default().set_broadcast());
}

/// A server's message, to be completed.
pub fn reply(kind: MessageType, to: &Message, server: Ipv4Addr) -> Message {
    let none = Ipv4Addr::UNSPECIFIED;
    let mut message = Message::new_with_id(to.xid(), none, none, none, to.giaddr(), to.chaddr());
    message.set_opcode(Opcode::BootReply).set_flags(to.flags());
    let options = message.opts_mut();
    options.insert(DhcpOption::MessageType(kind));
    options.insert(DhcpOption::ServerIdentifier(server));
    // RFC 6842: whoever shares a hardware address with others knows by it what is its own.
    if let Some(id) = to.opts().get(OptionCode::ClientIdentifier) {
        options.insert(id.clone());
    }
    message
}

/// The address that a client asks for (option 50), or has already.
pub fn wanted(message: &Message) -> Option<Ipv4Addr> {
    match message.opts().get(OptionCode::RequestedIpAddress) {
        Some(DhcpOption::RequestedIpAddress(address)) => Some(*address),
        _ => Some(message.ciaddr()).filter(|address| !address.is_unspecified()),
    }
}

/// The server that a message names.
pub fn server(message: &Message) -> Option<Ipv4Addr> {
    match message.opts().get(OptionCode::ServerIdentifier) {
        Some(DhcpOption::ServerIdentifier(server)) => Some(*server),
        _ => None,
    }
}

/// What a server offers, or grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The address, with the prefix length of its subnet.
    pub address: Ipv4Network,
    /// The gateway.
    pub router: Option<Ipv4Addr>,
    /// Who grants it.
    pub server: Ipv4Addr,
    /// For how long, in seconds.
    pub lease: u32,
    /// When to ask that server for longer, in seconds from the grant.
    pub renewal: u32,
    /// When to ask any server.
    pub rebinding: u32,
}

impl Terms {
    /// The terms in an offer or a grant; none, if it lacks what a client needs.
    pub fn of(message: &Message) -> Option<Terms> {
        let option = |code| message.opts().get(code);
        let mask = match option(OptionCode::SubnetMask) {
            Some(DhcpOption::SubnetMask(mask)) => *mask,
            _ => return None,
        };
        let Some(DhcpOption::AddressLeaseTime(lease)) = option(OptionCode::AddressLeaseTime) else { return None };
        let address = Ipv4Network::with_netmask(message.yiaddr(), mask).ok()?;
        let router = match option(OptionCode::Router) {
            Some(DhcpOption::Router(routers)) => routers.first().copied(),
            _ => None,
        };
        let usable = *lease > 0 && !message.yiaddr().is_unspecified() && !message.yiaddr().is_broadcast();
        // Never at once: a client that renews without a pause would do nothing else.
        let (half, most) = ((lease / 2).max(1), lease - lease / 8);
        let renewal = match option(OptionCode::Renewal) {
            Some(DhcpOption::Renewal(time)) if (1..*lease).contains(time) => *time,
            _ => half,
        };
        let rebinding = match option(OptionCode::Rebinding) {
            Some(DhcpOption::Rebinding(time)) if (renewal..=*lease).contains(time) => *time,
            _ => most.max(renewal),
        };
        let server = server(message)?;
        usable.then_some(Terms { address, router, server, lease: *lease, renewal, rebinding })
    }

    /// Writes them into an offer or a grant.
    pub fn put(&self, message: &mut Message) {
        message.set_yiaddr(self.address.ip());
        let options = message.opts_mut();
        options.insert(DhcpOption::SubnetMask(self.address.mask()));
        if let Some(router) = self.router {
            options.insert(DhcpOption::Router(vec![router]));
        }
        options.insert(DhcpOption::AddressLeaseTime(self.lease));
        options.insert(DhcpOption::Renewal(self.renewal));
        options.insert(DhcpOption::Rebinding(self.rebinding));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);

    #[test]
    fn what_is_written_is_read() {
        let mut message = question(MessageType::Discover, 7, MAC, &ClientId::named("pod-a"));
        shout(&mut message);
        let written = bytes(&message);
        assert!(written.len() >= SHORTEST);
        let back = read(&written).unwrap();
        assert_eq!((kind(&back), back.xid(), back.flags().broadcast()), (Some(MessageType::Discover), 7, true));
        assert_eq!((ClientId::of(&back), back.chaddr()), (Some(ClientId::named("pod-a")), &MAC.0[..]));
    }

    #[test]
    fn nothing_that_is_sent_does_harm() {
        let written = bytes(&question(MessageType::Request, 7, MAC, &ClientId::named("pod-a")));
        for length in 0..written.len() {
            _ = read(&written[..length]).map(|message| (Terms::of(&message), ClientId::of(&message)));
        }
        for place in 0..written.len() {
            for value in [0, 1, 17, 255] {
                let mut wrong = written.clone();
                wrong[place] = value;
                _ = read(&wrong).map(|message| (Terms::of(&message), ClientId::of(&message), wanted(&message)));
            }
        }
    }

    #[test]
    fn an_identifier_is_no_longer_than_an_option() {
        let mut message = question(MessageType::Discover, 7, MAC, &ClientId::named("pod-a"));
        let mut sent = |length: usize| {
            message.opts_mut().insert(DhcpOption::ClientIdentifier(vec![7; length]));
            read(&bytes(&message)).unwrap()
        };
        assert_eq!(ClientId::of(&sent(0)), Some(ClientId(vec![1, 2, 0, 0, 0, 0, 1])), "its hardware address");
        assert_eq!(ClientId::of(&sent(LONGEST_ID)), Some(ClientId(vec![7; LONGEST_ID])));
        // Two options, one behind the other, that are one (RFC 3396).
        let long = sent(LONGEST_ID + 1);
        let put_together = long.opts().get(OptionCode::ClientIdentifier);
        assert_eq!(put_together, Some(&DhcpOption::ClientIdentifier(vec![7; LONGEST_ID + 1])));
        assert_eq!(ClientId::of(&long), None);
    }

    #[test]
    fn terms_that_make_no_sense_are_put_right_or_refused() {
        let asked = question(MessageType::Discover, 7, MAC, &ClientId::named("pod-a"));
        let server = Ipv4Addr::new(10, 244, 1, 1);
        let terms = Terms {
            address: "10.244.1.2/24".parse().unwrap(),
            router: Some(server),
            server,
            lease: 80,
            renewal: 40,
            rebinding: 70,
        };
        let told = |terms: Terms| {
            let mut message = reply(MessageType::Offer, &asked, server);
            terms.put(&mut message);
            Terms::of(&read(&bytes(&message)).unwrap())
        };
        assert_eq!(told(terms), Some(terms));
        assert_eq!(told(Terms { renewal: 90, rebinding: 95, ..terms }), Some(terms));
        assert_eq!(told(Terms { address: "0.0.0.0/24".parse().unwrap(), ..terms }), None);
    }
}
