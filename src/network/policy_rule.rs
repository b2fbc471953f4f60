//! Policy rules: which route table a packet is looked up in.
//!
//! ```text
//! pref 0     from all lookup local       the kernel's own: every namespace is born with them
//! pref 100   from 10.244.1.0/24 lookup 100
//! pref 32766 from all lookup main
//! ```

use std::fmt;

use ipnetwork::IpNetwork;

use super::route::{self, words};

/// A policy rule, as `ip rule` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRule {
    /// Whether it is for IPv6.
    pub ipv6: bool,
    /// Its preference: lower is asked first.
    pub preference: u32,
    /// Whether it is for the packets that do *not* fit.
    pub not: bool,
    /// For packets from here.
    pub from: Option<IpNetwork>,
    /// For packets to there.
    pub to: Option<IpNetwork>,
    /// For packets with this DS field; 0 for all.
    pub tos: u8,
    /// What else packets must have, and what else is done.
    pub rest: Vec<Attribute>,
    /// What is done.
    pub action: Action,
    /// Who made it: `kernel`, `unspec` for what `ip rule add` made …
    pub protocol: String,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Looks the packet up in this table.
    Lookup(u32),
    /// Anything else (`FR_ACT_*`, `include/uapi/linux/fib_rules.h`).
    Other(u8),
}

/// Something that netlab has no field for, as the kernel says it: so a rule can be deleted that netlab does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `FRA_*`, `include/uapi/linux/fib_rules.h`.
    pub number: u16,
    /// Its value.
    pub bytes: Vec<u8>,
}

/// The rules that every namespace is born with: preference, table, and whether IPv6 has it too.
const DEFAULTS: [(u32, u32, bool); 3] = [(0, 255, true), (32_766, 254, true), (32_767, 253, false)];

impl PolicyRule {
    /// The rules that every namespace is born with.
    pub fn defaults() -> Vec<PolicyRule> {
        let rule = |ipv6, preference, table| PolicyRule {
            ipv6,
            preference,
            not: false,
            from: None,
            to: None,
            tos: 0,
            rest: Vec::new(),
            action: Action::Lookup(table),
            protocol: "kernel".into(),
        };
        let ipv4 = DEFAULTS.iter().map(|(preference, table, _)| rule(false, *preference, *table));
        let ipv6 =
            DEFAULTS.iter().filter(|(.., both)| *both).map(|(preference, table, _)| rule(true, *preference, *table));
        ipv4.chain(ipv6).collect()
    }
}

impl Attribute {
    fn number_at(&self, at: usize) -> u32 {
        self.bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_ne_bytes)
    }

    fn short_at(&self, at: usize) -> u16 {
        self.bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_ne_bytes)
    }

    fn text(&self) -> String {
        let end = self.bytes.iter().position(|byte| *byte == 0).unwrap_or(self.bytes.len());
        String::from_utf8_lossy(&self.bytes[..end]).into_owned()
    }

    /// A range, or its one member.
    fn range<T: PartialEq + fmt::Display>(first: T, last: T) -> String {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    }

    /// The words before `lookup`.
    fn before(&self, mask: u32) -> Option<String> {
        Some(match self.number {
            10 if mask == u32::MAX => format!("fwmark {:#x}", self.number_at(0)),
            10 => format!("fwmark {:#x}/{mask:#x}", self.number_at(0)),
            3 => format!("iif {}", self.text()),
            17 => format!("oif {}", self.text()),
            19 => "l3mdev".into(),
            20 => format!("uidrange {}-{}", self.number_at(0), self.number_at(4)),
            22 => format!("ipproto {}", self.bytes.first().unwrap_or(&0)),
            23 => format!("sport {}", Self::range(self.short_at(0), self.short_at(2))),
            24 => format!("dport {}", Self::range(self.short_at(0), self.short_at(2))),
            // The mask was said with the mark; these come behind.
            4 | 13 | 14 | 16 => return None,
            // Masks of ports and of the DS field that mask nothing.
            28..=30 if self.bytes.iter().all(|byte| *byte == u8::MAX) => return None,
            other => format!("[{other}]"),
        })
    }

    /// The words behind `lookup`.
    fn behind(&self) -> Option<String> {
        match self.number {
            4 => Some(format!("goto {}", self.number_at(0))),
            13 => Some(format!("suppress_ifgroup {}", self.number_at(0))),
            14 => Some(format!("suppress_prefixlength {}", self.number_at(0))),
            _ => None,
        }
    }
}

/// As `ip rule` prints it, and with its preference in front, so that `ip rule add` and `ip rule delete` take it
/// (`ip -6 rule` for IPv6). What netlab has no word for is a number in brackets.
impl fmt::Display for PolicyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}pref {} from ", if self.not { "not " } else { "" }, self.preference)?;
        match &self.from {
            Some(from) => write!(f, "{from}")?,
            None => f.write_str("all")?,
        }
        if let Some(to) = &self.to {
            write!(f, " to {to}")?;
        }
        if self.tos != 0 {
            write!(f, " tos {:#04x}", self.tos)?;
        }
        let mask = self.rest.iter().find(|attribute| attribute.number == 16).map_or(u32::MAX, |mask| mask.number_at(0));
        for words in self.rest.iter().filter_map(|attribute| attribute.before(mask)) {
            write!(f, " {words}")?;
        }
        match self.action {
            // Of a table per VRF the rule does not say which.
            Action::Lookup(0) => {}
            Action::Lookup(table) => write!(f, " lookup {}", route::table_word(table))?,
            // FR_ACT_GOTO: its attribute says where to.
            Action::Other(2) => {}
            Action::Other(3) => f.write_str(" nop")?,
            Action::Other(kind) => write!(f, " {}", words::kind(kind))?,
        }
        for words in self.rest.iter().filter_map(Attribute::behind) {
            write!(f, " {words}")?;
        }
        if self.protocol != "unspec" {
            write!(f, " protocol {}", self.protocol)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_own() {
        let texts: Vec<String> = PolicyRule::defaults().iter().map(ToString::to_string).collect();
        assert_eq!(texts[0], "pref 0 from all lookup local protocol kernel");
        assert_eq!(texts[2], "pref 32767 from all lookup default protocol kernel");
        assert_eq!(texts.len(), 5);
    }
}
