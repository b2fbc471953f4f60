//! ICMP errors in words.
//!
//! ```text
//! type 3, code 1 of ICMP     host unreachable
//! type 1, code 3 of ICMPv6   address unreachable
//! ```

/// An error's type and code in words (RFC 792, RFC 1812, RFC 4443); `mtu` for those that tell one.
pub fn in_words(ipv6: bool, (kind, code): (u8, u8), mtu: u32) -> String {
    let words = match (ipv6, kind, code) {
        (false, 3, 0) => "network unreachable",
        (false, 3, 1) => "host unreachable",
        (false, 3, 2) => "protocol unreachable",
        (false, 3, 3) | (true, 1, 4) => "port unreachable",
        (false, 3, 4) => return format!("fragmentation needed, MTU {mtu}"),
        (false, 3, 9 | 10 | 13) | (true, 1, 1) => "administratively prohibited",
        (false, 11, 0) | (true, 3, 0) => "time to live exceeded",
        (true, 1, 0) => "no route to destination",
        (true, 1, 2) => "beyond the scope of its source address",
        (true, 1, 3) => "address unreachable",
        (true, 1, 5) => "source address failed policy",
        (true, 1, 6) => "reject route",
        (true, 2, _) => return format!("packet too big, MTU {mtu}"),
        _ => return format!("type {kind}, code {code}"),
    };
    words.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_means_other_things_in_the_other_family() {
        assert_eq!(in_words(false, (3, 0), 0), "network unreachable");
        assert_eq!(in_words(true, (3, 0), 0), "time to live exceeded");
        assert_eq!(in_words(false, (3, 4), 1280), "fragmentation needed, MTU 1280");
        assert_eq!(in_words(true, (9, 9), 0), "type 9, code 9");
    }
}
