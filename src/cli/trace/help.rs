//! What `netlab trace --help` and the manual page have at their end.
//!
//! ```text
//! -h       examples
//! --help   how to read it · causes · examples
//! ```

use crate::prose::wrap;
use crate::trace::{CAUSES, Cause};

/// Examples, each short enough for a manual page of 80 columns.
pub(super) const EXAMPLES: &str = "\
Examples:
  netlab trace pod-a pod-c                    a ping from pod to pod
  netlab trace pod-a outside --tcp 80         is anybody listening?
  netlab trace pod-a 10.244.2.2 --udp 53      an address for a name
  netlab trace pod-a pod-c --size 1472 --df   does a full frame pass?
  netlab trace pod-a pod-c --pcap way.pcapng  look at it in Wireshark
  netlab trace pod-a pod-c --watch            break something meanwhile
  netlab trace pod-a pod-c --format svg -o way.svg    for a slide

Exit status: 0 delivered, 1 lost, 2 bad usage, 3 the machine refused.";

const LEGEND: &str = "\
How to read it:
  ●                     observed: seen as it happened
  ○                     explained: follows from tables read afterwards
  → eth0                it came in by eth0
    eth0 →              it went out by eth0
  ttl 64 → 63           what is not as it was before; all else is
  +5.2 µs               since the interface before, when nobody traces
  ✗                     here it ends";

/// How many columns there are for what a cause means: a manual page is indented.
const MEANING: usize = 47;

/// All of it.
pub(super) fn long() -> String {
    let cause = |(_, slug, meaning): &(Cause, &str, &str)| {
        let lines = wrap(meaning, MEANING);
        let line = |(i, line): (usize, &String)| format!("\n  {:<22}{line}", if i == 0 { *slug } else { "" });
        lines.iter().enumerate().map(line).collect::<String>()
    };
    let causes: String = CAUSES.iter().map(cause).collect();
    format!("{LEGEND}\n\nCauses of a loss:{causes}\n\n{EXAMPLES}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_broken_by_a_manual_page() {
        for line in long().lines() {
            assert!(line.chars().count() <= 71, "{line}");
        }
    }
}
