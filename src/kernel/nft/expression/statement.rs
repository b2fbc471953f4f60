//! Expressions that do something: verdicts, counters, limits, logs.
//!
//! ```text
//! [ counter pkts 5 bytes 400 ] [ immediate reg 0 accept ]    → counter packets 5 bytes 400 accept
//! ```

use super::super::uapi;
use super::reading::{Layer, Reading, Value};
use super::word::{self, Kind, Names, Order};
use crate::kernel::netfilter::attribute::Attributes;
use crate::network::ruleset::Family;

/// A constant for a register, or a verdict.
pub fn immediate(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    let (to, data) = (a.number(uapi::immediate::TO)?, a.nested(uapi::immediate::DATA)?);
    match data.nested(uapi::data::VERDICT) {
        Some(verdict) => {
            let verdict = self::verdict(verdict)?;
            r.say(verdict)
        }
        None => r.set(to, Value::Constant(data.get(uapi::data::VALUE)?.to_vec())),
    }
}

fn verdict(a: Attributes<'_>) -> Option<String> {
    let chain = || a.text(uapi::verdict::CHAIN);
    Some(match a.number(uapi::verdict::CODE)?.cast_signed() {
        libc::NF_ACCEPT => "accept".into(),
        libc::NF_DROP => "drop".into(),
        libc::NFT_CONTINUE => "continue".into(),
        libc::NFT_BREAK => "break".into(),
        libc::NFT_RETURN => "return".into(),
        libc::NFT_JUMP => format!("jump {}", chain()?),
        libc::NFT_GOTO => format!("goto {}", chain()?),
        _ => return None,
    })
}

/// `counter packets 5 bytes 400`
pub fn counter(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    let (packets, bytes) = (a.long(uapi::counter::PACKETS)?, a.long(uapi::counter::BYTES)?);
    r.say(format!("counter packets {packets} bytes {bytes}"))
}

/// `counter name "web"`: a counter that stands in the table.
pub fn object(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    /// `NFT_OBJECT_COUNTER`.
    const COUNTER: u32 = 1;
    match (a.number(uapi::object::TYPE)?, a.text(uapi::object::NAME)?) {
        (COUNTER, name) => r.say(format!("counter name \"{name}\"")),
        _ => None,
    }
}

/// `notrack`
pub fn notrack(r: &mut Reading) -> Option<()> {
    r.say("notrack")
}

/// `limit rate over 10/second burst 7 packets`
pub fn limit(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::limit::{BURST, FLAGS, RATE, TYPE, UNIT};
    let unit = match a.long(UNIT)? {
        1 => "second",
        60 => "minute",
        3_600 => "hour",
        86_400 => "day",
        604_800 => "week",
        _ => return None,
    };
    let over = if a.number(FLAGS).unwrap_or(0).cast_signed() & libc::NFT_LIMIT_F_INV == 0 { "" } else { "over " };
    let (rate, burst) = (a.long(RATE)?, a.number(BURST).unwrap_or(0));
    let (rate, burst) = match a.number(TYPE).unwrap_or(0).cast_signed() {
        // nft's own default is not written.
        libc::NFT_LIMIT_PKTS if burst == 5 => (rate.to_string(), None),
        libc::NFT_LIMIT_PKTS => (rate.to_string(), Some(format!("{burst} packets"))),
        libc::NFT_LIMIT_PKT_BYTES => (format!("{} ", amount(rate)), (burst != 0).then(|| amount(u64::from(burst)))),
        _ => return None,
    };
    let burst = burst.map(|burst| format!(" burst {burst}")).unwrap_or_default();
    r.say(format!("limit rate {over}{}/{unit}{burst}", rate.trim_end()))
}

/// Bytes in the largest unit that takes them whole.
fn amount(bytes: u64) -> String {
    const UNITS: [(u64, &str); 2] = [(1 << 20, "mbytes"), (1 << 10, "kbytes")];
    match UNITS.iter().find(|(size, _)| bytes > 0 && bytes.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{} {unit}", bytes / size),
        None => format!("{bytes} bytes"),
    }
}

/// `log prefix "hello" level debug flags skuid`
pub fn log(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::log::{FLAGS, GROUP, LEVEL, PREFIX, SNAPLEN, THRESHOLD};
    const LEVELS: [&str; 9] = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"];
    const DEFAULT_LEVEL: usize = 4;
    // NF_LOG_* (include/uapi/linux/netfilter/nf_log.h)
    const ALL: u32 = 0x2f;
    const WORDS: [(u32, u32, &str); 6] = [
        (0x3, 0x1, " flags tcp sequence"),
        (0x3, 0x2, " flags tcp options"),
        (0x3, 0x3, " flags tcp sequence,options"),
        (0x4, 0x4, " flags ip options"),
        (0x8, 0x8, " flags skuid"),
        (0x20, 0x20, " flags ether"),
    ];
    let mut text = String::from("log");
    if let Some(prefix) = a.text(PREFIX) {
        text += &format!(" prefix \"{prefix}\"");
    }
    if let Some(group) = a.get(GROUP) {
        text += &format!(" group {}", word::word(Kind::Number(Order::Network), group));
    }
    if let Some(snaplen) = a.number(SNAPLEN).filter(|snaplen| *snaplen != 0) {
        text += &format!(" snaplen {snaplen}");
    }
    if let Some(threshold) = a.get(THRESHOLD).filter(|threshold| threshold.iter().any(|byte| *byte != 0)) {
        text += &format!(" queue-threshold {}", word::word(Kind::Number(Order::Network), threshold));
    }
    if let Some(level) = a.number(LEVEL).map(|level| level as usize).filter(|level| *level != DEFAULT_LEVEL) {
        text += &format!(" level {}", LEVELS.get(level)?);
    }
    match a.number(FLAGS).unwrap_or(0) {
        flags if flags & ALL == ALL => text += " flags all",
        flags => WORDS.iter().filter(|(mask, bits, _)| flags & mask == *bits).for_each(|(_, _, word)| text += word),
    }
    r.say(text)
}

/// `reject with icmp host-unreachable`
pub fn reject(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    let code = a.get(uapi::reject::CODE).and_then(|code| code.first().copied()).unwrap_or(0);
    // NFT_REJECT_ICMP_UNREACH, NFT_REJECT_TCP_RST, NFT_REJECT_ICMPX_UNREACH
    let (name, names, default): (_, Names, _) = match a.number(uapi::reject::TYPE)?.cast_signed() {
        libc::NFT_REJECT_TCP_RST => {
            r.implied(Layer::Transport);
            return r.say("reject with tcp reset");
        }
        libc::NFT_REJECT_ICMPX_UNREACH => ("icmpx", word::ICMPX_CODES, Some(1)),
        libc::NFT_REJECT_ICMP_UNREACH => {
            let (own, ip6) = match r.family {
                Family::Ip => (true, false),
                Family::Ip6 => (true, true),
                _ => (false, r.protocol(Layer::Network) == Some(libc::ETH_P_IPV6 as u16)),
            };
            r.implied(Layer::Network);
            match ip6 {
                false => ("icmp", word::ICMP_CODES, own.then_some(3)),
                true => ("icmpv6", word::ICMPV6_CODES, own.then_some(4)),
            }
        }
        _ => return None,
    };
    if default == Some(code) {
        return r.say("reject");
    }
    r.say(format!("reject with {name} {}", word::word(Kind::Words(Order::Network, names), &[code])))
}
