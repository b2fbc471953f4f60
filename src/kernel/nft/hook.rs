//! Families and hooks: the kernel's numbers and nft's words.
//!
//! ```text
//! NFPROTO_IPV4 = 2 ↔ ip         NF_INET_POST_ROUTING = 4 ↔ postrouting
//! ```
//!
//! The same number means different hooks in different families.

use crate::network::ruleset::Family;

/// `NFPROTO_*` (`include/uapi/linux/netfilter.h`).
pub fn family_number(family: Family) -> u8 {
    let number = match family {
        Family::Inet => libc::NFPROTO_INET,
        Family::Ip => libc::NFPROTO_IPV4,
        Family::Arp => libc::NFPROTO_ARP,
        Family::Netdev => libc::NFPROTO_NETDEV,
        Family::Bridge => libc::NFPROTO_BRIDGE,
        Family::Ip6 => libc::NFPROTO_IPV6,
    };
    number as u8
}

/// The family of a number.
pub fn family(number: u8) -> Option<Family> {
    [Family::Inet, Family::Ip, Family::Arp, Family::Netdev, Family::Bridge, Family::Ip6]
        .into_iter()
        .find(|family| family_number(*family) == number)
}

/// `NF_INET_*`; `NF_BR_*` of `netfilter_bridge.h` has the same numbers.
const INET: [&str; 6] = ["prerouting", "input", "forward", "output", "postrouting", "ingress"];
/// `NF_ARP_*` (`include/uapi/linux/netfilter_arp.h`).
const ARP: [&str; 3] = ["input", "output", "forward"];
/// `NF_NETDEV_*`.
const NETDEV: [&str; 2] = ["ingress", "egress"];

fn hooks(family: Family) -> &'static [&'static str] {
    match family {
        Family::Ip | Family::Ip6 | Family::Inet => &INET,
        // Bridges have five hooks that nft can use.
        Family::Bridge => &INET[..5],
        Family::Arp => &ARP,
        Family::Netdev => &NETDEV,
    }
}

/// The number of a hook. One that belongs to a device (`ingress device "eth0"`) has none here: netlab makes no such chain.
pub fn hook_number(family: Family, hook: &str) -> Option<u32> {
    if matches!(hook, "ingress" | "egress") {
        return None;
    }
    hooks(family).iter().position(|name| *name == hook).map(|number| number as u32)
}

/// The word for a hook, or its number in brackets.
pub fn hook_name(family: Family, number: u32) -> String {
    let name = usize::try_from(number).ok().and_then(|number| hooks(family).get(number));
    name.map_or_else(|| format!("[{number}]"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words() {
        assert_eq!(hook_number(Family::Ip, "postrouting"), Some(4));
        assert_eq!(hook_name(Family::Arp, 1), "output");
        assert_eq!(hook_name(Family::Netdev, 7), "[7]");
        assert_eq!(hook_number(Family::Netdev, "ingress"), None);
        assert_eq!(family(7), Some(Family::Bridge));
        assert_eq!(family(12), None);
    }
}
