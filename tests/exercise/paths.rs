//! Streams on a path of a smaller MTU: what one of them has learned must not help the next.
//!
//! ```text
//! a ── r ══ 1400 ══ s ── c      r tells a which size fits; s keeps it from c
//! ```

use crate::bench::Student;
use crate::common::Directory;

/// The exercise, of one family: the prefixes of its three networks, and the nft words for the error that `s` keeps.
fn exercise([left, line, right]: [&str; 3], length: u8, (table, error): (&str, &str)) -> String {
    format!(
        "title: Mine
level: easy
minutes: 1
teaches: nothing
story: There is a lab.
question: Let files through.
topology:
  lab: mine
  nodes: {{}}
  networks:
    left: {{ subnets: [{left}0/{length}] }}
    line: {{ subnets: [{line}0/{length}] }}
    right: {{ subnets: [{right}0/{length}] }}
  hosts:
    a:
      interfaces: {{ eth0: {{ network: left, addresses: [{left}1/{length}] }} }}
      routes: [{{ to: {right}0/{length}, via: {left}2 }}]
    r:
      interfaces:
        eth0: {{ network: left, addresses: [{left}2/{length}] }}
        eth1: {{ network: line, addresses: [{line}2/{length}] }}
      forwarding: true
      routes: [{{ to: {right}0/{length}, via: {line}3 }}]
    s:
      interfaces:
        eth0: {{ network: line, addresses: [{line}3/{length}] }}
        eth1: {{ network: right, addresses: [{right}3/{length}] }}
      forwarding: true
      routes: [{{ to: {left}0/{length}, via: {line}2 }}]
    c:
      interfaces: {{ eth0: {{ network: right, addresses: [{right}4/{length}] }} }}
      routes: [{{ to: {left}0/{length}, via: {right}3 }}]
  expect: [{{ from: a, to: c }}]
break: |
  ip -n r link set eth1 mtu 1400
  ip -n s link set eth0 mtu 1400
  ip netns exec s nft add table {table} secure
  ip netns exec s nft add chain {table} secure out '{{ type filter hook output priority filter; }}'
  ip netns exec s nft add rule {table} secure out {error} drop
hints: [look]
check:
  transfers:
    - {{ from: a, to: c, family: {family} }}
    - {{ from: c, to: a, family: {family} }}
solution: {{ commands: ip netns exec s nft flush ruleset, why: it kept the errors }}
",
        family = if table == "ip" { "IPv4" } else { "IPv6" },
    )
}

/// The demands on streams: whether each is met, there and back.
fn streams(student: &Student, how: &str) -> [bool; 2] {
    let checked = student.check();
    let demands = checked["demands"].as_array().expect("demands");
    let met: Vec<bool> = demands
        .iter()
        .filter(|one| one["says"].as_str().is_some_and(|says| says.contains("by TCP")))
        .map(|one| one["holds"] == true)
        .collect();
    met.try_into().unwrap_or_else(|met| panic!("{how}: {met:?} in {checked:#}"))
}

fn nothing_is_learned(text: String, (ping, to): (&str, &str)) {
    let directory = Directory::new();
    let student = Student::begins(&directory.file("mine.yaml", text));
    assert_eq!(streams(&student, "at the start"), [true, false]);
    // Now a knows the size of the path, and would ask c for packets that fit.
    student.types(&format!(
        "ip netns exec a ping {ping} -c 1 -W 1 -s 1452 -M do {to} || :
         ip netns exec a ip {ping} route get {to} | grep -q 'mtu 1400'"
    ));
    assert_eq!(streams(&student, "when a has learned"), [true, false]);
    student.types("ip netns exec s nft flush ruleset");
    student.passes("mended");
    student.lab.down();
}

#[test]
fn a_stream_learns_nothing_from_another_one() {
    let ipv4 = exercise(["10.1.0.", "10.2.0.", "10.3.0."], 24, ("ip", "icmp type destination-unreachable"));
    nothing_is_learned(ipv4, ("-4", "10.3.0.4"));
}

#[test]
fn nor_does_one_of_ipv6() {
    let ipv6 = exercise(["fd00:1::", "fd00:2::", "fd00:3::"], 64, ("ip6", "icmpv6 type packet-too-big"));
    nothing_is_learned(ipv6, ("-6", "fd00:3::4"));
}
