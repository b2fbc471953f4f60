//! `nft monitor trace`, which shows the same events.
//!
//! ```text
//! trace id 1cd50a9c ip t in packet: iif "left" ip saddr 10.244.1.2 ip daddr 10.244.2.2 …
//! trace id 1cd50a9c ip t in rule udp dport 99 goto a (verdict goto a)
//! trace id 1cd50a9c ip t in policy accept
//! ```

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use netlab::kernel::nft;
use netlab::kernel::nft::watch::{Event, Kind, Mark};
use netlab::network::ruleset::{Table, find_rule};
use nix::net::if_::if_nameindex;

use crate::common::until;
use crate::common::wait::PATIENCE;

/// `nft monitor trace` in the calling thread's namespace.
pub struct Oracle {
    child: Child,
    lines: Receiver<String>,
    /// The rules, and the links by index, when it began.
    tables: Vec<Table>,
    links: Vec<(u32, String)>,
    marks: Vec<Mark>,
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // Where it has ended already, there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Oracle {
    pub fn listen(marks: &[Mark]) -> Oracle {
        let tables = nft::dump(&nft::open().unwrap()).unwrap();
        let links = if_nameindex().unwrap();
        let links = links.iter().map(|link| (link.index(), link.name().to_str().unwrap().to_owned())).collect();
        let mut child = Command::new("nft").args(["monitor", "trace"]).stdout(Stdio::piped()).spawn().expect("nft");
        let (tell, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        // Column 4 of the table of netlink sockets: which groups they listen to; 12 is NETLINK_NETFILTER.
        let pid = child.id().to_string();
        until("nft listens", || {
            let sockets = std::fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
            let listens = |line: &str| {
                let words: Vec<_> = line.split_whitespace().collect();
                words[1] == "12" && words[2] == pid && words[3] == "00000100"
            };
            sockets.lines().any(listens).then_some(())
        });
        Oracle { child, lines, tables, links, marks: marks.to_vec() }
    }

    /// Compares what nft has shown with these events.
    pub fn compare(mut self, events: &[Event]) {
        let mut seen = Vec::new();
        let expected: Vec<_> = events.iter().flat_map(|event| self.lines_of(event)).collect();
        while seen.len() < expected.len() {
            let line = self.lines.recv_timeout(PATIENCE).expect("as many lines from nft as there are events");
            seen.extend(shortened(line));
        }
        // What it has shown by then has been read or is read now.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        seen.extend(self.lines.iter().filter_map(shortened));
        assert_eq!(seen, expected);
    }

    /// The lines in which nft shows an event.
    fn lines_of(&self, event: &Event) -> Vec<String> {
        let Event { id, family, table, chain, verdict, .. } = event;
        let head = format!("trace id {id:08x} {family} {table} {chain}");
        let link = |kind: &str, index: Option<u32>| {
            let name = |index| &self.links.iter().find(|(number, _)| *number == index).expect("a link").1;
            index.map(|index| format!(" {kind} \"{}\"", name(index))).unwrap_or_default()
        };
        let mut lines = Vec::new();
        if !event.network_header.is_empty() {
            let (iif, oif) = (link("iif", event.iif), link("oif", event.oif));
            lines.push(format!("{head} packet:{iif}{oif} {}", addresses(event)));
        }
        let mark = event.mark.map(|mark| format!(" meta mark {mark:#010x}")).unwrap_or_default();
        if let Kind::Rule(handle) = event.kind {
            let text = match find_rule(&self.tables, *family, table, chain, handle) {
                Some(rule) => rule.to_string(),
                None => self.marking(event),
            };
            lines.push(format!("{head} rule {text} (verdict {verdict})"));
        }
        // Of netlab's own chains the other events are passed over.
        if event.is_ours() {
            lines.push(format!("{head} policy accept{mark}"));
        } else if event.kind == Kind::Policy {
            lines.push(format!("{head} policy {verdict}{mark}"));
        }
        lines
    }

    /// The text of netlab's own rule, of which there is one for each mark.
    fn marking(&self, event: &Event) -> String {
        assert!(event.marks(), "{event:?}");
        let bears = |mark: &&Mark| {
            let packet = [&event.network_header[..20], &event.transport_header[..]].concat();
            packet.get(usize::from(mark.offset)..).is_some_and(|rest| rest.starts_with(&mark.bytes))
        };
        let mark = match self.marks.as_slice() {
            [only] => only,
            several => several.iter().find(bears).expect("a mark that it bears"),
        };
        let bytes: String = mark.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (offset, length) = (u32::from(mark.offset) * 8, mark.bytes.len() * 8);
        format!("@nh,{offset},{length} 0x{} meta nftrace set 1", bytes.trim_start_matches('0'))
    }
}

/// A line without what is not compared: of a packet but links and addresses. Nothing for the end of a chain, which nft
/// shows (`verdict continue`) of older kernels only.
fn shortened(line: String) -> Option<String> {
    let line = line.trim_end();
    if line.contains(" verdict ") && !line.contains(" rule ") {
        return None;
    }
    let Some((head, packet)) = line.split_once(" packet:") else { return Some(line.to_owned()) };
    let words: Vec<_> = packet.split_whitespace().collect();
    let mut text = format!("{head} packet:");
    for group in words.windows(3) {
        match group {
            [kind @ ("iif" | "oif"), link, _] => text += &format!(" {kind} {link}"),
            ["ip" | "ip6", side @ ("saddr" | "daddr"), address] => text += &format!(" {side} {address}"),
            _ => {}
        }
    }
    Some(text)
}

/// The addresses as nft shows them.
fn addresses(event: &Event) -> String {
    let header = &event.network_header;
    let address = |at: usize, length: usize| -> std::net::IpAddr {
        match length {
            4 => <[u8; 4]>::try_from(&header[at..at + 4]).unwrap().into(),
            _ => <[u8; 16]>::try_from(&header[at..at + 16]).unwrap().into(),
        }
    };
    let (from, to) = match header[0] >> 4 {
        4 => (address(12, 4), address(16, 4)),
        _ => (address(8, 16), address(24, 16)),
    };
    format!("saddr {from} daddr {to}")
}
