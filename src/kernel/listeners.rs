//! Who listens on a port.
//!
//! ```text
//! /proc/thread-self/net/tcp    00000000:1F90 … 0A     0.0.0.0:8080 listens (TCP_LISTEN)
//! /proc/thread-self/net/udp6   0…0:0035 … 07          [::]:53 is bound
//! ```

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::probe::Protocol;

/// `TCP_LISTEN`, and the state of a UDP socket that is not connected (`TCP_CLOSE`; `include/net/tcp_states.h`).
const LISTENS: &str = "0A";
const BOUND: &str = "07";

/// The addresses at which something listens on the protocol's port in the calling thread's namespace. `::` takes IPv4
/// too, unless it was told not to.
pub fn of(protocol: Protocol) -> Vec<IpAddr> {
    let (files, state) = match protocol {
        Protocol::Icmp => return Vec::new(),
        Protocol::Tcp(_) => (["tcp", "tcp6"], LISTENS),
        Protocol::Udp(_) => (["udp", "udp6"], BOUND),
    };
    let text = files.map(|file| fs::read_to_string(format!("/proc/thread-self/net/{file}")).unwrap_or_default());
    let port = protocol.port().unwrap_or(0);
    text.iter().flat_map(|text| text.lines().filter_map(|line| listener(line, port, state))).collect()
}

fn listener(line: &str, port: u16, state: &str) -> Option<IpAddr> {
    let mut words = line.split_whitespace().skip(1);
    let (address, number) = words.next()?.split_once(':')?;
    let same = u16::from_str_radix(number, 16).ok()? == port && words.nth(1)? == state;
    same.then(|| ip(address)).flatten()
}

/// An address as the kernel prints it here: words of 32 bits in the machine's own byte order.
fn ip(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    match hex.len() {
        8 => word(0).map(|bytes| Ipv4Addr::from(bytes).into()),
        32 => {
            let words: Vec<[u8; 4]> = (0..4).map(|i| word(i * 8)).collect::<Option<_>>()?;
            <[u8; 16]>::try_from(words.concat()).ok().map(|bytes| Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_read_from_its_line() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0";
        if cfg!(target_endian = "little") {
            assert_eq!(listener(line, 8080, LISTENS), Some(Ipv4Addr::LOCALHOST.into()));
        }
        assert_eq!(listener(line, 8081, LISTENS), None);
        assert_eq!(listener(line, 8080, BOUND), None);
        assert_eq!(listener("  sl  local_address rem_address   st", 80, LISTENS), None);
    }
}
