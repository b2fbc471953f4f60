use proptest::prelude::*;

use super::table::encode;
use super::*;
use crate::kernel::netfilter::attribute::{Attributes, Writer};
use crate::kernel::nft::uapi::{self, trace};

fn mark() -> Mark {
    Mark { offset: 28, bytes: vec![1, 2, 3] }
}

#[test]
fn a_chain_says_where_it_hooks() {
    for hook in Hook::ALL {
        for late in [false, true] {
            let crumb = Breadcrumb { hook, late };
            assert_eq!(Breadcrumb::of(&crumb.to_string()), Some(crumb));
        }
    }
    for other in ["prerouting", "prerouting-", "-early", "ingress-early", "prerouting-early-2"] {
        assert_eq!(Breadcrumb::of(other), None, "{other}");
    }
}

#[test]
fn a_watch_is_known_by_name() {
    assert!(is_a_watch("netlab-trace") && is_a_watch("netlab-trace-4711"));
    assert!(!is_a_watch("netlab") && !is_a_watch("netlab-traces") && !is_a_watch("my-netlab-trace"));
}

/// What a transaction makes: which message in which family, in order.
fn messages_of(request: &[u8]) -> Vec<(i32, u8)> {
    let all = messages(request).map(|message| (i32::from(message.kind & 0xff), message.netfilter().unwrap().0));
    all.collect()
}

#[test]
fn one_transaction_makes_it_all() {
    let request = encode(TABLE, &[Family::Inet, Family::Bridge], &[mark(), mark()]).unwrap();
    let made = messages_of(&request.bytes);
    let count = |what, family| made.iter().filter(|found| **found == (what, family)).count();
    for family in [libc::NFPROTO_INET as u8, libc::NFPROTO_BRIDGE as u8] {
        assert_eq!(count(libc::NFT_MSG_NEWTABLE, family), 1);
        assert_eq!(count(libc::NFT_MSG_NEWCHAIN, family), 10);
        // Each mark where packets come in and where they are made.
        assert_eq!(count(libc::NFT_MSG_NEWRULE, family), 4);
    }
    assert_eq!((request.changes, request.optional), (30, 15));
    assert_eq!(made[1 + request.optional], (libc::NFT_MSG_NEWTABLE, libc::NFPROTO_BRIDGE as u8));
    // The last change alone asks for an answer.
    let asks = |flags: u16| i32::from(flags) & libc::NLM_F_ACK != 0;
    let asking: Vec<_> = messages(&request.bytes).filter(|m| asks(m.flags)).map(|m| m.sequence).collect();
    assert_eq!(asking, [30]);
}

#[test]
fn without_marks_the_last_chain_asks() {
    let request = encode(TABLE, &[Family::Inet], &[]).unwrap();
    assert_eq!((request.changes, messages_of(&request.bytes).len()), (11, 13));
    assert_eq!(messages(&request.bytes).filter(|m| i32::from(m.flags) & libc::NLM_F_ACK != 0).count(), 1);
}

#[test]
fn a_mark_fits_a_register() {
    for length in [0, 17] {
        let refused = encode(TABLE, &[Family::Inet], &[mark(), Mark { offset: 0, bytes: vec![0; length] }]);
        assert_eq!(refused.unwrap_err().change, 1);
    }
}

/// An event of these attributes beside those that each has.
fn event(kind: i32, more: impl FnOnce(&mut Writer)) -> Option<Event> {
    let mut w = Writer::with_capacity(256);
    w.number(trace::TYPE, kind.cast_unsigned());
    w.number(trace::ID, 7);
    w.text(trace::TABLE, "t");
    w.text(trace::CHAIN, "c");
    more(&mut w);
    Event::read(libc::NFPROTO_INET as u8, Attributes(&w.bytes))
}

fn verdict(w: &mut Writer, code: i32, chain: Option<&str>) {
    w.nested(trace::VERDICT, |w| {
        w.number(uapi::verdict::CODE, code.cast_unsigned());
        if let Some(chain) = chain {
            w.text(uapi::verdict::CHAIN, chain);
        }
    });
}

#[test]
fn verdicts_are_read() {
    let read = |code, chain: Option<&str>| {
        let event = event(libc::NFT_TRACETYPE_RULE, |w| {
            w.long(trace::RULE_HANDLE, 3);
            verdict(w, code, chain);
        });
        let event = event.unwrap();
        assert_eq!(event.kind, Kind::Rule(3));
        event.verdict.to_string()
    };
    assert_eq!(read(libc::NF_ACCEPT, None), "accept");
    assert_eq!(read(libc::NF_DROP, None), "drop");
    // With an errno, as where a source address is wanted and there is none (NF_DROP_ERR).
    assert_eq!(read(libc::EPERM << 16, None), "drop");
    // With the number of a queue.
    assert_eq!(read(5 << 16 | libc::NF_QUEUE, None), "queue");
    assert_eq!(read(libc::NF_STOLEN, None), "stolen");
    assert_eq!(read(libc::NFT_JUMP, Some("there")), "jump there");
    assert_eq!(read(libc::NFT_GOTO, Some("there")), "goto there");
    assert_eq!(read(libc::NFT_RETURN, None), "return");
    assert_eq!(read(libc::NFT_BREAK, None), "break");
    assert_eq!(read(-77, None), "[-77]");
}

#[test]
fn the_end_of_a_chain_is_told_in_two_ways() {
    for kind in [libc::NFT_TRACETYPE_RULE, libc::NFT_TRACETYPE_RETURN] {
        let event = event(kind, |w| verdict(w, libc::NFT_CONTINUE, None)).unwrap();
        assert_eq!((event.kind, event.verdict), (Kind::Return, Verdict::Continue));
    }
    let policy = event(libc::NFT_TRACETYPE_POLICY, |w| w.number(trace::POLICY, libc::NF_DROP as u32)).unwrap();
    assert_eq!((policy.kind, policy.verdict), (Kind::Policy, Verdict::Drop));
    assert_eq!(event(99, |_| ()), None);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(family in any::<u8>(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        Event::read(family, Attributes(&bytes));
    }
}
