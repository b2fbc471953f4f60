//! `nft` as a witness: the addresses that echo requests arrive from. (`tcpdump` would show them too, but that of Debian wants
//! to become another user, who does not exist in a lab without root.)

use std::collections::BTreeSet;

use super::lab::Lab;
use super::program::run_with_input;

const LISTEN: &str = "
table inet witness {
    set heard4 { type ipv4_addr; flags dynamic; }
    set heard6 { type ipv6_addr; flags dynamic; }
    chain input {
        type filter hook input priority 0
        icmp type echo-request add @heard4 { ip saddr }
        icmpv6 type echo-request add @heard6 { ip6 saddr }
    }
}";

/// Has it listen in a machine from now on.
#[track_caller]
pub fn listen(lab: &Lab, machine: &str) {
    let mut command = lab.netlab(&["exec", machine, "--", "nft", "-f", "-"]);
    run_with_input(&mut command, LISTEN.as_bytes()).success();
}

/// The addresses that echo requests came from, and forgets them.
#[track_caller]
pub fn heard(lab: &Lab, machine: &str) -> BTreeSet<String> {
    let of = |set: &str| {
        let document = lab.exec(machine, &["nft", "-j", "list", "set", "inet", "witness", set]).json();
        let parts = document["nftables"].as_array().expect("a list").clone();
        let set = parts.into_iter().find_map(|part| part.get("set").cloned()).expect("the set");
        let elements = set["elem"].as_array().cloned().unwrap_or_default();
        elements.into_iter().map(|element| element.as_str().expect("an address").to_owned())
    };
    let all = of("heard4").chain(of("heard6")).collect();
    lab.script(machine, "nft flush set inet witness heard4; nft flush set inet witness heard6").success();
    all
}
