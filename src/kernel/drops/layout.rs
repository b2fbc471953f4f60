//! What netlab must know of this kernel: where a packet keeps what, and what the reasons are called.
//!
//! ```text
//! sk_buff ── dev ──▶ net_device ── nd_net.net ──▶ net ── ns.inum ─▶ 4026532247
//!    │                   └─ ifindex                ▲
//!    └────── sk ───▶ sock ── __sk_common.skc_net ──┘
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;

use super::btf::{Btf, Result, Unknown, kind};

/// The kernel's description of its types.
pub const BTF: &str = "/sys/kernel/btf/vmlinux";

/// The enum of reasons, since Linux 5.17 (`include/net/dropreason-core.h`).
pub const REASONS: &str = "skb_drop_reason";
/// What `kfree_skb` tells a program, as a type: a pointer to a function.
const TRACEPOINT: &str = "btf_trace_kfree_skb";

/// With how many parameters, the first of which is not told, it tells the socket that was to receive the packet
/// (Linux 6.11).
const WITH_RECEIVER: usize = 5;

/// The values that say that a packet was not dropped.
const NOT_DROPPED: [&str; 2] = ["SKB_NOT_DROPPED_YET", "SKB_CONSUMED"];

/// A reason of this value or above belongs to a subsystem (`SKB_DROP_REASON_SUBSYS_SHIFT`).
const SUBSYSTEMS: u32 = 1 << 16;

/// Offsets in bytes within the kernel's structures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `struct sk_buff`
    pub protocol: i32,
    pub head: i32,
    pub tail: i32,
    pub network_header: i32,
    pub device: i32,
    pub socket: i32,
    /// `struct net_device`
    pub interface: i32,
    pub device_net: i32,
    /// `struct sock`
    pub socket_net: i32,
    /// `struct net`
    pub inode: i32,
    /// Whether the tracepoint tells the receiving socket.
    pub tells_receiver: bool,
    /// The reasons that are none.
    pub not_dropped: Vec<u32>,
}

/// The names of reasons.
#[derive(Debug, Clone, Default)]
pub struct Reasons {
    core: BTreeMap<u32, String>,
    /// Those of subsystems, once one was met: to find them takes reading all of the description.
    subsystems: Option<BTreeMap<u32, String>>,
}

/// Reads the kernel's description of its types.
///
/// # Errors
/// `ENOENT` where the kernel has none (`CONFIG_DEBUG_INFO_BTF`).
pub fn read() -> io::Result<Vec<u8>> {
    fs::read(BTF)
}

/// Finds out what netlab must know.
///
/// # Errors
/// Where the description lacks something, or has it in another shape.
pub fn learn(bytes: &[u8]) -> Result<(Layout, Reasons)> {
    let mut btf = Btf::new(bytes)?;
    btf.find(&[
        (kind::STRUCT, "sk_buff"),
        (kind::STRUCT, "net_device"),
        (kind::STRUCT, "sock"),
        (kind::STRUCT, "net"),
        (kind::ENUM, REASONS),
        (kind::TYPEDEF, TRACEPOINT),
    ])?;
    let values = btf.enumerators(REASONS)?;
    let not_dropped = values.iter().filter(|(_, name)| NOT_DROPPED.contains(&name.as_str())).map(|(value, _)| *value);
    let pointer = size_of::<usize>() as u32;
    let layout = Layout {
        protocol: btf.field("sk_buff", "protocol", 2)?,
        head: btf.field("sk_buff", "head", pointer)?,
        // Where pointers have 64 bits this is an offset from the head.
        tail: btf.field("sk_buff", "tail", 4)?,
        network_header: btf.field("sk_buff", "network_header", 2)?,
        device: btf.field("sk_buff", "dev", pointer)?,
        socket: btf.field("sk_buff", "sk", pointer)?,
        interface: btf.field("net_device", "ifindex", 4)?,
        device_net: btf.field("net_device", "nd_net.net", pointer)?,
        socket_net: btf.field("sock", "__sk_common.skc_net.net", pointer)?,
        inode: btf.field("net", "ns.inum", 4)?,
        tells_receiver: match btf.parameters(TRACEPOINT) {
            Ok(count) => count >= WITH_RECEIVER,
            Err(Unknown::Missing(_)) => false,
            Err(other) => return Err(other),
        },
        not_dropped: not_dropped.collect(),
    };
    Ok((layout, Reasons { core: named(values), subsystems: None }))
}

impl Reasons {
    /// A reason's name: `IP_RPFILTER`, and `OVS_DROP_EXPLICIT` of a subsystem that is built into the kernel. Of one that
    /// is a module, and where the reason is newer than the description, the number.
    pub fn name(&mut self, reason: u32) -> String {
        let known = if reason < SUBSYSTEMS {
            self.core.get(&reason)
        } else {
            self.subsystems.get_or_insert_with(|| subsystems().unwrap_or_default()).get(&reason)
        };
        known.cloned().unwrap_or_else(|| reason.to_string())
    }
}

/// The reasons of all subsystems; nothing where they cannot be read.
fn subsystems() -> Option<BTreeMap<u32, String>> {
    let bytes = read().ok()?;
    let mut values = Btf::new(&bytes).ok()?.enums_like("_drop_reason").ok()?;
    values.retain(|(value, name)| *value >= SUBSYSTEMS && !name.starts_with('_') && !name.ends_with("_MASK"));
    Some(named(values))
}

/// By value, without the prefix; where two have the same value, the first.
fn named(values: Vec<(u32, String)>) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for (value, name) in values {
        let short = name.strip_prefix("SKB_DROP_REASON_").map(str::to_owned);
        names.entry(value).or_insert(short.unwrap_or(name));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_named_without_their_prefix() {
        let values = [(0, "SKB_NOT_DROPPED_YET"), (3, "SKB_DROP_REASON_NO_SOCKET"), (3, "SKB_DROP_REASON_MAX")];
        let core = named(values.map(|(value, name)| (value, name.to_owned())).into());
        let subsystems = Some(BTreeMap::from([(0x20001, "OVS_DROP_LAST_ACTION".to_owned())]));
        let mut reasons = Reasons { core, subsystems };
        assert_eq!(reasons.name(3), "NO_SOCKET");
        assert_eq!(reasons.name(0x20001), "OVS_DROP_LAST_ACTION");
        assert_eq!(reasons.name(77), "77");
        assert_eq!(reasons.name(0x20002), "131074");
    }
}
