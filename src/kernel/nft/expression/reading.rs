//! What is known while a rule is read: what the registers hold, and which protocols the packet must have.
//!
//! ```text
//! meta l4proto tcp    part 0, and now the transport header is TCP's
//! tcp dport 80        says the same: part 0 is taken out again, as nft does
//! ```

use super::word::Kind;
use crate::network::ruleset::{Family, Part};

/// A header of the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Ethernet's.
    Link = 0,
    /// IPv4's, IPv6's, ARP's.
    Network = 1,
    /// TCP's, UDP's, ICMP's …
    Transport = 2,
}

/// What can be compared: `ip saddr`, `tcp dport`, `meta mark`.
#[derive(Debug, Clone)]
pub struct Selector {
    /// In nft's words.
    pub text: String,
    /// What its values are.
    pub kind: Kind,
    /// How many bytes were loaded; fewer than a whole address for a prefix. 0 where it does not matter.
    pub length: usize,
    /// The header whose protocol it tells.
    pub tells: Option<Layer>,
}

/// What was loaded into a register.
#[derive(Debug, Clone)]
pub enum What {
    /// Something with a name.
    Named(Selector),
    /// Bytes of the packet that are not exactly one field: from which header (`NFT_PAYLOAD_*`), from where, how many.
    Bytes {
        /// The header.
        base: u32,
        /// From where.
        offset: u32,
        /// How many.
        length: u32,
    },
}

/// `register & and ^ xor`.
#[derive(Debug, Clone)]
pub struct Mask {
    /// The bits that stay.
    pub and: Vec<u8>,
    /// The bits that flip.
    pub xor: Vec<u8>,
}

/// What a register holds.
#[derive(Debug, Clone)]
pub enum Value {
    /// Something of the packet.
    Loaded {
        /// What.
        what: What,
        /// What was done to it.
        mask: Option<Mask>,
        /// Whether a part of the rule speaks of it.
        used: bool,
    },
    /// A constant.
    Constant(Vec<u8>),
}

/// A rule while it is read.
#[derive(Debug)]
pub struct Reading {
    /// The table's family.
    pub family: Family,
    parts: Vec<Part>,
    /// The register file: 64 bytes, by 4.
    registers: [Option<Value>; 16],
    /// The protocol of each layer, once known: `ARPHRD_ETHER`, `ETH_P_*`, `IPPROTO_*`.
    told: [Option<u16>; 3],
    /// The part that told it, while no action came after it.
    told_by: [Option<usize>; 3],
    /// The condition `… >= low`, if that was read last.
    pub low: Option<Low>,
}

/// A condition `… >= low`: if `… <= high` follows, nft writes a range.
#[derive(Debug)]
pub struct Low {
    /// What was compared.
    pub text: String,
    /// The place of the condition.
    pub place: usize,
    /// The low end, in words.
    pub value: String,
}

impl Reading {
    /// At the beginning of a rule in a table of this family.
    pub fn new(family: Family) -> Self {
        let ether = libc::ARPHRD_ETHER;
        let told = match family {
            Family::Ip => [None, Some(libc::ETH_P_IP as u16), None],
            Family::Ip6 => [None, Some(libc::ETH_P_IPV6 as u16), None],
            Family::Arp => [None, Some(libc::ETH_P_ARP as u16), None],
            Family::Bridge => [Some(ether), None, None],
            Family::Inet | Family::Netdev => [None; 3],
        };
        Reading {
            family,
            parts: Vec::new(),
            registers: std::array::from_fn(|_| None),
            told,
            told_by: [None; 3],
            low: None,
        }
    }

    /// The parts, and in brackets what was loaded for nothing.
    pub fn finish(mut self) -> Vec<Part> {
        if self.registers.iter().flatten().any(|value| matches!(value, Value::Loaded { used: false, .. })) {
            self.parts.push(Part::Other("[load]".into()));
        }
        self.parts
    }

    /// The protocol of a layer, as far as it is known.
    pub fn protocol(&self, layer: Layer) -> Option<u16> {
        self.told[layer as usize]
    }

    /// Puts something of the packet into a register.
    pub fn load(&mut self, register: u32, what: What) -> Option<()> {
        self.set(register, Value::Loaded { what, mask: None, used: false })
    }

    /// Puts a value into a register.
    pub fn set(&mut self, register: u32, value: Value) -> Option<()> {
        *self.registers.get_mut(slot(register)?)? = Some(value);
        Some(())
    }

    /// What a register holds.
    pub fn get(&self, register: u32) -> Option<&Value> {
        self.registers.get(slot(register)?)?.as_ref()
    }

    /// What of the packet a register holds, now that a part speaks of it.
    pub fn take(&mut self, register: u32) -> Option<(What, Option<Mask>)> {
        match self.registers.get_mut(slot(register)?)? {
            Some(Value::Loaded { what, mask, used }) => {
                *used = true;
                Some((what.clone(), mask.clone()))
            }
            _ => None,
        }
    }

    /// A constant in a register.
    pub fn constant(&self, register: u32) -> Option<&[u8]> {
        match self.get(register)? {
            Value::Constant(bytes) => Some(bytes),
            Value::Loaded { .. } => None,
        }
    }

    /// A condition; returns its place.
    pub fn condition(&mut self, part: Part) -> usize {
        self.low = None;
        self.parts.push(part);
        self.parts.len() - 1
    }

    /// Writes a condition anew.
    pub fn rewrite(&mut self, place: usize, part: Part) -> Option<()> {
        *self.parts.get_mut(place)? = part;
        Some(())
    }

    /// A condition has told the protocol of a layer.
    pub fn tell(&mut self, layer: Layer, protocol: u16, place: usize) {
        self.told[layer as usize] = Some(protocol);
        self.told_by[layer as usize] = Some(place);
    }

    /// Something is about to be said that implies the protocol of a layer: nft does not write the condition on that.
    pub fn implied(&mut self, layer: Layer) {
        let Some(place) = self.told_by[layer as usize].take() else { return };
        let Some(part) = self.parts.get(place) else { return };
        // `ip protocol tcp` also says that it is IPv4, which goes without saying only in a table of one family.
        let says_more = layer == Layer::Transport && !part.to_string().starts_with("meta");
        if says_more && !matches!(self.family, Family::Ip | Family::Ip6) {
            return;
        }
        self.parts.remove(place);
        self.low = None;
        for other in self.told_by.iter_mut().flatten().filter(|other| **other > place) {
            *other -= 1;
        }
    }

    /// An action. Conditions before it stay, whatever is said after it.
    pub fn action(&mut self, part: Part) {
        self.told_by = [None; 3];
        self.low = None;
        self.parts.push(part);
    }

    /// An action in words.
    pub fn say(&mut self, text: impl Into<String>) -> Option<()> {
        self.action(Part::Other(text.into()));
        Some(())
    }

    /// An expression without words. It may have read and written any register.
    pub fn unknown(&mut self, name: &str) {
        self.registers = std::array::from_fn(|_| None);
        self.action(Part::Other(format!("[{name}]")));
    }
}

/// The place of a register (`enum nft_registers`): 1 to 4 are 16 bytes each, 8 to 23 are the same file by 4 bytes.
pub fn slot(register: u32) -> Option<usize> {
    const WIDE: std::ops::RangeInclusive<u32> = libc::NFT_REG_1 as u32..=libc::NFT_REG_4 as u32;
    const NARROW: std::ops::RangeInclusive<u32> = libc::NFT_REG32_00 as u32..=libc::NFT_REG32_15 as u32;
    match register {
        wide if WIDE.contains(&wide) => Some((wide as usize - 1) * 4),
        narrow if NARROW.contains(&narrow) => Some((narrow - NARROW.start()) as usize),
        _ => None,
    }
}

/// The narrow register of a place.
pub fn register(slot: usize) -> u32 {
    libc::NFT_REG32_00 as u32 + slot as u32
}
