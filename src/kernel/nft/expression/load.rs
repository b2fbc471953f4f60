//! Expressions that load something of the packet into a register.
//!
//! ```text
//! [ payload load 2b @ transport header + 2 => reg 1 ]    tcp dport
//! [ meta load iifname => reg 1 ]                         iifname
//! [ ct load state => reg 1 ]                             ct state
//! [ fib daddr type => reg 1 ]                            fib daddr type
//! ```

use super::super::uapi;
use super::field;
use super::reading::{Layer, Reading, Selector, What};
use super::word::{self, Kind, Order};
use crate::kernel::netfilter::attribute::Attributes;

const HOST: Kind = Kind::Number(Order::Host);
const ETHER_TYPE: Kind = Kind::HexWords(Order::Network, word::ETHER_TYPES);

fn named(text: impl Into<String>, kind: Kind) -> Selector {
    Selector { text: text.into(), kind, length: 0, tells: None }
}

fn telling(text: &str, kind: Kind, layer: Layer) -> Selector {
    Selector { tells: Some(layer), ..named(text, kind) }
}

/// Bytes of the packet.
pub fn payload(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::payload::{BASE, LENGTH, OFFSET, TO};
    let (to, base, offset, length) = (a.number(TO)?, a.number(BASE)?, a.number(OFFSET)?, a.number(LENGTH)?);
    let what = match field::at(r, base, offset, length) {
        Some(field) if length <= field.length => What::Named(field.mention(r, length)),
        // Several fields at once, or none that has a name.
        _ => What::Bytes { base, offset, length },
    };
    r.load(to, what)
}

/// What the kernel knows about the packet.
pub fn meta(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    let to = a.number(uapi::meta::TO)?;
    r.load(to, What::Named(meta_key(a.number(uapi::meta::KEY)?)?))
}

/// The name of an `NFT_META_*`.
pub fn meta_key(key: u32) -> Option<Selector> {
    let protocol = Kind::Words(Order::Host, word::PROTOCOLS);
    let network = Kind::Words(Order::Host, word::NETWORK_PROTOCOLS);
    let link = Kind::Words(Order::Host, word::LINK_TYPES);
    Some(match key.cast_signed() {
        libc::NFT_META_LEN => named("meta length", HOST),
        libc::NFT_META_PROTOCOL => telling("meta protocol", ETHER_TYPE, Layer::Network),
        libc::NFT_META_PRIORITY => named("meta priority", Kind::Class),
        libc::NFT_META_MARK => named("meta mark", Kind::Mark),
        libc::NFT_META_IIF => named("iif", HOST),
        libc::NFT_META_OIF => named("oif", HOST),
        libc::NFT_META_IIFNAME => named("iifname", Kind::Name),
        libc::NFT_META_OIFNAME => named("oifname", Kind::Name),
        libc::NFT_META_IIFTYPE => telling("meta iiftype", link, Layer::Link),
        libc::NFT_META_OIFTYPE => telling("meta oiftype", link, Layer::Link),
        libc::NFT_META_SKUID => named("meta skuid", HOST),
        libc::NFT_META_SKGID => named("meta skgid", HOST),
        libc::NFT_META_NFTRACE => named("meta nftrace", HOST),
        libc::NFT_META_NFPROTO => telling("meta nfproto", network, Layer::Network),
        libc::NFT_META_L4PROTO => telling("meta l4proto", protocol, Layer::Transport),
        libc::NFT_META_BRI_IIFNAME => named("meta ibrname", Kind::Name),
        libc::NFT_META_BRI_OIFNAME => named("meta obrname", Kind::Name),
        libc::NFT_META_PKTTYPE => named("meta pkttype", Kind::Words(Order::Host, word::PACKET_TYPES)),
        libc::NFT_META_CPU => named("meta cpu", HOST),
        libc::NFT_META_IIFGROUP => named("iifgroup", HOST),
        libc::NFT_META_OIFGROUP => named("oifgroup", HOST),
        _ => return None,
    })
}

/// What connection tracking knows.
pub fn ct(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    let to = a.number(uapi::ct::TO)?;
    let direction = match a.get(uapi::ct::DIRECTION) {
        None => "",
        Some([0]) => "original ",
        Some([1]) => "reply ",
        Some(_) => return None,
    };
    let key = a.number(uapi::ct::KEY)?.cast_signed();
    let selector = match (direction, key) {
        ("", key) => ct_key(key)?,
        (way, libc::NFT_CT_SRC_IP) => named(format!("ct {way}ip saddr"), Kind::Address),
        (way, libc::NFT_CT_DST_IP) => named(format!("ct {way}ip daddr"), Kind::Address),
        (way, libc::NFT_CT_SRC_IP6) => named(format!("ct {way}ip6 saddr"), Kind::Address),
        (way, libc::NFT_CT_DST_IP6) => named(format!("ct {way}ip6 daddr"), Kind::Address),
        (way, libc::NFT_CT_PROTO_SRC) => named(format!("ct {way}proto-src"), Kind::Number(Order::Network)),
        (way, libc::NFT_CT_PROTO_DST) => named(format!("ct {way}proto-dst"), Kind::Number(Order::Network)),
        (way, libc::NFT_CT_ZONE) => named(format!("ct {way}zone"), HOST),
        _ => return None,
    };
    r.load(to, What::Named(selector))
}

/// The name of an `NFT_CT_*` that has no direction.
pub fn ct_key(key: i32) -> Option<Selector> {
    Some(match key {
        libc::NFT_CT_STATE => named("ct state", Kind::Bits(word::CT_STATES)),
        libc::NFT_CT_DIRECTION => named("ct direction", Kind::Words(Order::Host, word::CT_DIRECTIONS)),
        libc::NFT_CT_STATUS => named("ct status", Kind::Bits(word::CT_STATUS)),
        libc::NFT_CT_MARK => named("ct mark", Kind::Mark),
        libc::NFT_CT_HELPER => named("ct helper", Kind::Name),
        libc::NFT_CT_ZONE => named("ct zone", HOST),
        _ => return None,
    })
}

/// What a route lookup says.
pub fn fib(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    // NFTA_FIB_F_*, in the order of nft's words.
    const KEYS: [(u32, &str); 5] = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")];
    const PRESENT: u32 = 32;
    use uapi::fib::{FLAGS, RESULT, TO};
    let (to, result, flags) = (a.number(TO)?, a.number(RESULT)?, a.number(FLAGS)?);
    let presence = Kind::Words(Order::Host, word::PRESENCE);
    // NFT_FIB_RESULT_*
    let (result, kind) = match result {
        1 => ("oif", HOST),
        2 => ("oifname", Kind::Name),
        3 => ("type", Kind::Words(Order::Host, word::ROUTE_TYPES)),
        _ => return None,
    };
    let kind = if flags & PRESENT == 0 { kind } else { presence };
    let keys: Vec<_> = KEYS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, key)| *key).collect();
    r.load(to, What::Named(named(format!("fib {} {result}", keys.join(" . ")), kind)))
}
