use super::*;
use crate::kernel::netfilter::message::messages;
use crate::network::ruleset::{Handle, Part, Rule, Side};

fn rule(parts: Vec<Part>) -> Change {
    Change::AddRule {
        family: Family::Ip,
        table: "netlab".into(),
        chain: "postrouting".into(),
        rule: Rule { parts, comment: None, handle: Handle::default() },
    }
}

fn why(change: Change) -> String {
    encode(&[change]).unwrap_err().why
}

#[test]
fn one_transaction_asks_for_one_acknowledgement() {
    let table = |name: &str| Change::DeleteTable { family: Family::Ip, table: name.into() };
    let bytes = encode(&[table("a"), table("b")]).unwrap();
    let found: Vec<_> = messages(&bytes).map(|m| (m.kind, m.sequence, m.flags & NLM_F_ACK != 0)).collect();
    assert_eq!(found, [(0x10, 0, false), (0x0a02, 1, false), (0x0a02, 2, true), (0x11, 3, false)]);
    assert_eq!(change_of(sequence(7)), Some(7));
    assert_eq!(change_of(batch::BEGIN), None);
}

#[test]
fn a_table_byte_by_byte() {
    let bytes = encode(&[Change::AddTable { family: Family::Ip, table: "netlab".into(), comment: None }]).unwrap();
    let (begin, rest) = bytes.split_at(20);
    let (table, end) = rest.split_at(32);
    #[rustfmt::skip]
    assert_eq!(begin, [
        20, 0, 0, 0,  0x10, 0,  1, 0,  0, 0, 0, 0,  0, 0, 0, 0, // length, type, flags, sequence, port
        0, 0, 0, 10,                                            // any family, version 0, nftables
    ]);
    #[rustfmt::skip]
    assert_eq!(table, [
        32, 0, 0, 0,  0, 0x0a,  0x05, 0x06,  1, 0, 0, 0,  0, 0, 0, 0, // REQUEST, ACK; CREATE, EXCL
        2, 0, 0, 0,                                                   // IPv4
        11, 0, 1, 0,  b'n', b'e', b't', b'l', b'a', b'b', 0, 0,
    ]);
    assert_eq!(end[4], 0x11);
}

#[test]
fn what_has_no_bytes_is_refused_with_a_reason() {
    let address = |network: &str| Part::Address { side: Side::Source, not: false, network: network.parse().unwrap() };
    assert_eq!(why(rule(vec![Part::Other("tcp dport 80".into())])), "netlab knows `tcp dport 80` in nft's words only");
    assert_eq!(why(rule(vec![address("fd00::/8")])), "a table of family ip cannot match fd00::/8");
    let to = Part::Snat("2001:db8::7".parse().unwrap());
    assert_eq!(why(rule(vec![to])), "a table of family ip cannot translate to 2001:db8::7");
    let both = vec![address("10.0.0.0/8"), address("fd00::/8")];
    let both = Change::AddRule {
        family: Family::Inet,
        table: "t".into(),
        chain: "c".into(),
        rule: Rule { parts: both, comment: None, handle: Handle::default() },
    };
    assert_eq!(why(both), "one rule cannot match both IPv4 and IPv6 addresses");
    let table = Change::AddTable { family: Family::Ip, table: "a\0b".into(), comment: None };
    assert_eq!(why(table), "the name \"a\\0b\" contains a zero byte");
    let many = vec![address("10.0.0.0/9"); 1000];
    assert_eq!(why(rule(many)), "it is longer than a netlink attribute can be");
    let hook = |hook: &str, policy: &str| Change::AddChain {
        family: Family::Ip,
        table: "t".into(),
        chain: "c".into(),
        hook: Some(Hook { kind: "filter".into(), hook: hook.into(), priority: 0, policy: policy.into() }),
    };
    assert_eq!(why(hook("ingress", "drop")), "a table of family ip has no hook ingress that netlab can use");
    assert_eq!(why(hook("input", "reject")), "a chain's policy is accept or drop, not reject");
}

#[test]
fn the_failing_change_is_named() {
    let fine = Change::DeleteTable { family: Family::Ip, table: "t".into() };
    let error = encode(&[fine, rule(vec![Part::Other("x".into())])]).unwrap_err();
    assert_eq!(error.change, 1);
}
