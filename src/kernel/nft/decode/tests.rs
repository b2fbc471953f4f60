use proptest::prelude::*;

use super::*;
use crate::kernel::netfilter::attribute::Writer;
use crate::kernel::netfilter::message::messages;
use crate::kernel::nft::{Change, encode};
use crate::network::ruleset::{Handle, Part, Side};

/// The ruleset that these bytes say.
fn decode(bytes: &[u8]) -> Vec<Table> {
    let mut ruleset = Ruleset::default();
    for message in messages(bytes) {
        let Some((family, _, attributes)) = message.netfilter() else { continue };
        match libc::c_int::from(message.kind & 0xff) {
            libc::NFT_MSG_NEWTABLE => ruleset.table(family, attributes),
            libc::NFT_MSG_NEWCHAIN => ruleset.chain(family, attributes),
            libc::NFT_MSG_NEWRULE => ruleset.rule(family, attributes),
            _ => {}
        }
    }
    ruleset.into_tables()
}

fn address(side: Side, not: bool, network: &str) -> Part {
    Part::Address { side, not, network: network.parse().unwrap() }
}

fn sample() -> Table {
    let postrouting = Hook { kind: "nat".into(), hook: "postrouting".into(), priority: 100, policy: "accept".into() };
    let rule = |parts: Vec<Part>, comment: Option<&str>| Rule {
        parts,
        comment: comment.map(str::to_owned),
        handle: Handle::default(),
    };
    Table {
        family: Family::Inet,
        name: "netlab".into(),
        comment: Some("made by netlab for lab three-nodes".into()),
        dormant: false,
        chains: vec![
            Chain {
                name: "postrouting".into(),
                hook: Some(postrouting),
                rules: vec![
                    rule(
                        vec![
                            address(Side::Source, false, "10.244.1.0/24"),
                            address(Side::Destination, true, "10.240.0.0/12"),
                            address(Side::Destination, true, "0.0.0.0/0"),
                            Part::Masquerade,
                        ],
                        Some("why"),
                    ),
                    rule(
                        vec![
                            address(Side::Source, false, "fd00:10:244:1::/64"),
                            address(Side::Destination, true, "fd00::/9"),
                            address(Side::Destination, false, "fd00::1/128"),
                        ],
                        None,
                    ),
                ],
            },
            Chain { name: "empty".into(), hook: None, rules: vec![] },
        ],
    }
}

#[test]
fn what_was_encoded_is_decoded() {
    for family in [Family::Inet, Family::Bridge] {
        let table = Table { family, ..sample() };
        let bytes = encode(&Change::to_make(&table)).unwrap();
        assert_eq!(decode(&bytes), [table]);
    }
}

#[test]
fn a_source_that_becomes_one_address_is_decoded() {
    for (family, to) in [(Family::Ip, "198.51.100.7"), (Family::Ip6, "2001:db8::7")] {
        let mut table = Table { family, ..sample() };
        for chain in &mut table.chains {
            chain.rules.truncate(1);
            chain.rules.iter_mut().for_each(|rule| rule.parts = vec![Part::Snat(to.parse().unwrap())]);
        }
        let bytes = encode(&Change::to_make(&table)).unwrap();
        assert_eq!(decode(&bytes), [table]);
    }
}

/// A list of one expression of this name with these attributes, and of what compares its register.
fn expressions(name: &str, data: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(64);
    w.nested(uapi::list::ELEMENT, |w| {
        w.text(uapi::expression::NAME, name);
        w.put(uapi::expression::DATA, data);
    });
    w.nested(uapi::list::ELEMENT, |w| {
        w.text(uapi::expression::NAME, "cmp");
        w.nested(uapi::expression::DATA, |w| {
            w.number(uapi::cmp::FROM, 1);
            w.number(uapi::cmp::OP, 0);
            w.nested(uapi::cmp::DATA, |w| w.put(uapi::data::VALUE, &[0]));
        });
    });
    w.bytes
}

#[test]
fn what_is_unknown_stands_in_brackets() {
    let text = |name: &str| {
        let parts = expression::read(Family::Ip, Attributes(&expressions(name, &[])));
        Rule { parts, comment: None, handle: Handle::default() }.to_string()
    };
    assert_eq!(text("hash"), "[hash] [cmp]");
    assert_eq!(text("payload"), "[payload] [cmp]");
    assert_eq!(expression::read(Family::Ip, Attributes(b"\x04\0\x01\0")), [Part::Other("[]".into())]);
}

/// Attributes with small types and values, as expressions have them, sometimes nested.
fn attributes() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop::collection::vec(any::<u8>(), 0..20);
    let number = (0_u32..24).prop_map(|n| n.to_be_bytes().to_vec());
    let value = prop_oneof![leaf, number].prop_recursive(3, 12, 6, |inner| {
        prop::collection::vec((0_u16..8, inner), 0..6).prop_map(|all| {
            let mut w = Writer::with_capacity(64);
            all.iter().for_each(|(kind, value)| w.put(*kind, value));
            w.bytes
        })
    });
    prop::collection::vec((0_u16..10, value), 0..8).prop_map(|all| {
        let mut w = Writer::with_capacity(64);
        all.iter().for_each(|(kind, value)| w.put(*kind, value));
        w.bytes
    })
}

const NAMES: [&str; 20] = [
    "payload",
    "meta",
    "ct",
    "fib",
    "immediate",
    "bitwise",
    "byteorder",
    "cmp",
    "range",
    "lookup",
    "counter",
    "objref",
    "limit",
    "log",
    "reject",
    "notrack",
    "nat",
    "masq",
    "redir",
    "hash",
];

fn rule_of(list: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut w = Writer::with_capacity(256);
    for (name, data) in list {
        w.nested(uapi::list::ELEMENT, |w| {
            w.text(uapi::expression::NAME, name);
            w.put(uapi::expression::DATA, data);
        });
    }
    w.bytes
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        decode(&bytes);
        comment::decode(&bytes);
        expression::read(Family::Inet, Attributes(&bytes));
    }

    #[test]
    fn any_truncation_is_survived(cut in 0_usize..2000) {
        let bytes = encode(&Change::to_make(&sample())).unwrap();
        decode(&bytes[..cut.min(bytes.len())]);
    }

    #[test]
    fn any_flipped_byte_is_survived(at in 0_usize..2000, to in any::<u8>()) {
        let mut bytes = encode(&Change::to_make(&sample())).unwrap();
        let at = at % bytes.len();
        bytes[at] = to;
        decode(&bytes);
    }

    #[test]
    fn any_expressions_are_survived(
        family in prop::sample::select(&[Family::Ip, Family::Ip6, Family::Inet, Family::Bridge, Family::Netdev][..]),
        list in prop::collection::vec((prop::sample::select(&NAMES[..]), attributes()), 1..8),
    ) {
        let parts = expression::read(family, Attributes(&rule_of(&list)));
        Rule { parts, comment: None, handle: Handle::default() }.to_string();
    }
}
