//! What a server says to each message (RFC 2131, section 4.3).
//!
//! ```text
//! DISCOVER                                  OFFER, if there is an address
//! REQUEST   that names this server          ACK, or NAK if the address is not to be had
//!           that names another              nothing: that one was chosen
//!           by who has an address (renewal) ACK, or NAK if it may not have it
//!           by who once had one (reboot)    ACK or NAK; nothing, if this server knows nothing of it
//! RELEASE                                   nothing; the address is free
//! DECLINE                                   nothing; the address is in use by somebody else, and nobody gets it
//! ```

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode};

use super::book::Book;
use super::message::{self, ClientId, Terms};
use crate::network::Mac;

/// What is to be done about a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// What is said.
    pub message: Option<Message>,
    /// Whether the book has changed.
    pub changed: bool,
}

/// Answers a message. `now` is in seconds since 1970.
pub fn answer(book: &mut Book, reserved: &BTreeMap<String, Ipv4Addr>, asked: &Message, now: u64) -> Answer {
    let nothing = Answer::default();
    if asked.opcode() != Opcode::BootRequest {
        return nothing;
    }
    let Ok(mac) = asked.chaddr().try_into().map(Mac) else { return nothing };
    let Some(client) = ClientId::of(asked) else { return nothing };
    let (wanted, us) = (message::wanted(asked), book.gateway.ip());
    match message::kind(asked) {
        Some(MessageType::Discover) => {
            let chosen = book.choose(&client, wanted, reserved, now);
            let offer = chosen.map(|address| granted(book, asked, MessageType::Offer, address));
            Answer { message: offer, changed: false }
        }
        Some(MessageType::Request) => {
            let Some(wanted) = wanted else { return nothing };
            match message::server(asked) {
                // Another server was chosen.
                Some(server) if server != us => return nothing,
                // Nobody asked this one before, and it knows nothing: another may.
                None if asked.ciaddr().is_unspecified() && !knows(book, reserved, &client, wanted) => return nothing,
                _ => {}
            }
            if book.choose(&client, Some(wanted), reserved, now) != Some(wanted) {
                return Answer { message: Some(refused(book, asked)), changed: false };
            }
            book.grant(wanted, client, mac, now);
            Answer { message: Some(granted(book, asked, MessageType::Ack, wanted)), changed: true }
        }
        Some(MessageType::Release) => {
            Answer { message: None, changed: wanted.is_some_and(|address| book.release(address, &client)) }
        }
        Some(MessageType::Decline) if message::server(asked) == Some(us) => {
            Answer { message: None, changed: wanted.is_some_and(|address| book.decline(address, &client, now)) }
        }
        _ => nothing,
    }
}

/// Whether the server has anything to say about a client, or about the address that it thinks it has.
fn knows(book: &Book, reserved: &BTreeMap<String, Ipv4Addr>, client: &ClientId, wanted: Ipv4Addr) -> bool {
    let kept = client.name().is_some_and(|name| reserved.contains_key(name));
    kept || !book.may_give(wanted) || book.leases.values().any(|lease| lease.is_of(client))
}

/// An offer or a grant.
fn granted(book: &Book, asked: &Message, kind: MessageType, address: Ipv4Addr) -> Message {
    let us = book.gateway.ip();
    let mut message = message::reply(kind, asked, us);
    message.set_ciaddr(asked.ciaddr());
    let lease = book.lease_time;
    // An address of the book's subnet always has its prefix length.
    let address = ipnetwork::Ipv4Network::new(address, book.gateway.prefix()).unwrap_or(book.gateway);
    let (renewal, rebinding) = (lease / 2, lease - lease / 8);
    Terms { address, router: Some(us), server: us, lease, renewal, rebinding }.put(&mut message);
    message
}

/// A refusal. It goes to everybody: who is refused has no address that is right.
fn refused(book: &Book, asked: &Message) -> Message {
    let mut message = message::reply(MessageType::Nak, asked, book.gateway.ip());
    message::shout(&mut message);
    message.opts_mut().insert(DhcpOption::Message("that address is not yours".into()));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 244, 1, last)
    }

    fn ask(kind: MessageType, name: &str) -> Message {
        message::question(kind, 7, Mac([2, 0, 0, 0, 0, 1]), &ClientId::named(name))
    }

    fn request(name: &str, address: Ipv4Addr, server: Option<Ipv4Addr>) -> Message {
        let mut message = ask(MessageType::Request, name);
        message.opts_mut().insert(DhcpOption::RequestedIpAddress(address));
        if let Some(server) = server {
            message.opts_mut().insert(DhcpOption::ServerIdentifier(server));
        }
        message
    }

    fn told(answer: &Answer) -> Option<(MessageType, Ipv4Addr)> {
        let message = answer.message.as_ref()?;
        Some((message::kind(message)?, message.yiaddr()))
    }

    #[test]
    fn an_address_is_offered_granted_renewed_and_released() {
        let mut book = Book::new("10.244.1.1/24".parse().unwrap(), 100);
        let kept = BTreeMap::from([("pod-a".to_owned(), ip(9))]);
        let offer = answer(&mut book, &kept, &ask(MessageType::Discover, "pod-a"), 0);
        assert_eq!((told(&offer), offer.changed), (Some((MessageType::Offer, ip(9))), false));
        let grant = answer(&mut book, &kept, &request("pod-a", ip(9), Some(ip(1))), 0);
        assert_eq!((told(&grant), grant.changed), (Some((MessageType::Ack, ip(9))), true));
        assert_eq!(
            Terms::of(grant.message.as_ref().unwrap()).map(|terms| (terms.renewal, terms.rebinding)),
            Some((50, 88))
        );
        let mut renewal = ask(MessageType::Request, "pod-a");
        renewal.set_ciaddr(ip(9));
        let grant = answer(&mut book, &kept, &renewal, 50);
        assert_eq!((told(&grant), book.leases[&ip(9)].until), (Some((MessageType::Ack, ip(9))), 150));
        let mut release = ask(MessageType::Release, "pod-b");
        release.set_ciaddr(ip(9));
        assert_eq!(answer(&mut book, &kept, &release, 60), Answer::default(), "it is another's");
        let mut release = ask(MessageType::Release, "pod-a");
        release.set_ciaddr(ip(9));
        assert_eq!(answer(&mut book, &kept, &release, 60), Answer { message: None, changed: true });
        assert!(book.leases.is_empty());
    }

    #[test]
    fn an_address_that_is_declined_is_given_to_nobody_for_the_time_of_a_lease() {
        let mut book = Book::new("10.244.1.1/29".parse().unwrap(), 100);
        let kept = BTreeMap::from([("pod-a".to_owned(), ip(3))]);
        let decline = |name: &str, last: u8, server: u8| {
            let mut message = ask(MessageType::Decline, name);
            message.opts_mut().insert(DhcpOption::RequestedIpAddress(ip(last)));
            message.opts_mut().insert(DhcpOption::ServerIdentifier(ip(server)));
            message
        };
        let nothing = Answer::default();
        for (name, declined, next) in [("guest", 2, 4), ("pod-a", 3, 5)] {
            let ours = request(name, ip(declined), Some(ip(1)));
            assert_eq!(told(&answer(&mut book, &kept, &ours, 0)), Some((MessageType::Ack, ip(declined))));
            assert_eq!(answer(&mut book, &kept, &decline("other", declined, 1), 0), nothing, "it is not its");
            assert_eq!(answer(&mut book, &kept, &decline(name, declined, 9), 0), nothing, "said to another server");
            let told_so = answer(&mut book, &kept, &decline(name, declined, 1), 10);
            assert_eq!(told_so, Answer { message: None, changed: true });
            let offer = answer(&mut book, &kept, &ask(MessageType::Discover, name), 11);
            assert_eq!(told(&offer), Some((MessageType::Offer, ip(next))), "another one");
            let again = answer(&mut book, &kept, &request(name, ip(declined), Some(ip(1))), 12);
            assert_eq!(told(&again).map(|(kind, _)| kind), Some(MessageType::Nak));
            book.grant(ip(next), ClientId::named(name), Mac([2, 0, 0, 0, 0, 1]), 13);
        }
        let offer = answer(&mut book, &kept, &ask(MessageType::Discover, "pod-a"), 109);
        assert_eq!(told(&offer), Some((MessageType::Offer, ip(5))));
        let offer = answer(&mut book, &kept, &ask(MessageType::Discover, "pod-a"), 110);
        assert_eq!(told(&offer), Some((MessageType::Offer, ip(3))), "the time is over");
    }

    #[test]
    fn whoever_has_an_identifier_longer_than_an_option_gets_no_answer() {
        let mut book = Book::new("10.244.1.1/24".parse().unwrap(), 100);
        let mut message = ask(MessageType::Discover, "pod-a");
        message.opts_mut().insert(DhcpOption::ClientIdentifier(vec![7; message::LONGEST_ID + 1]));
        assert_eq!(answer(&mut book, &BTreeMap::new(), &message, 0), Answer::default());
    }

    #[test]
    fn what_cannot_be_had_is_refused_and_what_is_for_others_is_left_to_them() {
        let mut book = Book::new("10.244.1.1/24".parse().unwrap(), 100);
        let none = BTreeMap::new();
        book.grant(ip(5), ClientId::named("pod-a"), Mac([2, 0, 0, 0, 0, 1]), 0);
        let mut tell = |message: &Message| told(&answer(&mut book, &none, message, 1)).map(|(kind, _)| kind);
        assert_eq!(tell(&request("pod-b", ip(5), Some(ip(1)))), Some(MessageType::Nak));
        assert_eq!(tell(&request("pod-b", ip(6), Some(ip(77)))), None, "another server was chosen");
        assert_eq!(tell(&request("pod-b", ip(6), None)), None, "it knows nothing of pod-b");
        assert_eq!(
            tell(&request("pod-b", Ipv4Addr::new(192, 0, 2, 1), None)),
            Some(MessageType::Nak),
            "another subnet"
        );
        assert_eq!(tell(&request("pod-a", ip(5), None)), Some(MessageType::Ack));
        assert_eq!(tell(&ask(MessageType::Inform, "pod-a")), None);
    }
}
