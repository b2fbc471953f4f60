//! What the kernel counts in a namespace, by the names of nstat(8).
//!
//! ```text
//! /proc/thread-self/net/netstat    IpExt: InNoRoutes …      IpExtInNoRoutes 3
//!                                  IpExt: 3 …
//! /proc/thread-self/net/snmp6      Ip6InNoRoutes  0         Ip6InNoRoutes 0
//! /proc/thread-self/net/dev        eth0: … drop …           dev eth0 rx dropped 0
//! ```
//!
//! Everybody's packets are counted together: a counter that moved supports what else is known, and proves nothing alone.

use std::collections::BTreeMap;
use std::fs;

/// Counters by name.
pub type Counters = BTreeMap<String, u64>;

/// Reads those of the calling thread's namespace. What this kernel does not count is left out.
pub fn read() -> Counters {
    let file = |name: &str| fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default();
    let mut counters = Counters::new();
    for name in ["snmp", "netstat"] {
        pairs(&file(name), &mut counters);
    }
    for line in file("snmp6").lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(Ok(value))) = (words.next(), words.next().map(str::parse)) {
            counters.insert(name.to_owned(), value);
        }
    }
    devices(&file("dev"), &mut counters);
    counters
}

/// Two lines each: the names, and the values.
fn pairs(text: &str, counters: &mut Counters) {
    let lines: Vec<&str> = text.lines().collect();
    for two in lines.chunks_exact(2) {
        let (Some((group, names)), Some((_, values))) = (two[0].split_once(": "), two[1].split_once(": ")) else {
            continue;
        };
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
            if let Ok(value) = value.parse() {
                counters.insert(format!("{group}{name}"), value);
            }
        }
    }
}

/// Errors and drops of each link: the 3rd, 4th, 11th and 12th number of its line.
fn devices(text: &str, counters: &mut Counters) {
    for (link, numbers) in text.lines().filter_map(|line| line.split_once(':')) {
        let numbers: Vec<&str> = numbers.split_whitespace().collect();
        for (place, what) in [(2, "rx errors"), (3, "rx dropped"), (10, "tx errors"), (11, "tx dropped")] {
            if let Some(Ok(value)) = numbers.get(place).map(|number| number.parse()) {
                counters.insert(format!("dev {} {what}", link.trim()), value);
            }
        }
    }
}

/// What has moved, and by how much.
pub fn moved(before: &Counters, after: &Counters) -> Vec<(String, u64)> {
    let by = |(name, now): (&String, &u64)| {
        let by = now.saturating_sub(*before.get(name).unwrap_or(&0));
        (by > 0).then(|| (name.clone(), by))
    };
    after.iter().filter_map(by).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_have_the_names_of_nstat() {
        let mut counters = Counters::new();
        pairs("IpExt: InNoRoutes InBcast\nIpExt: 3 0\nTcpExt: IPReversePathFilter\n", &mut counters);
        devices("Inter-|  x\n eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", &mut counters);
        assert_eq!(counters["IpExtInNoRoutes"], 3);
        assert_eq!(counters["dev eth0 tx dropped"], 12);
        assert_eq!(moved(&Counters::from([("a".into(), 1)]), &Counters::from([("a".into(), 3)])), [("a".into(), 2)]);
    }
}
