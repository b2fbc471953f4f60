//! Rules that netlab did not make: typed with `nft`, read back over netlink, and compared with what `nft list` prints.
//!
//! The namespace belongs to a thread and ends with it. It takes root, or a user namespace: `unshare -Urn cargo test`.

use std::io::Write;
use std::process::{Command, Stdio};

use netlab::kernel::nft;
use netlab::network::ruleset::Table;
use nix::sched::{CloneFlags, unshare};

/// Makes the ruleset that this script says, in a namespace that is gone afterwards; what netlab and what `nft` read.
fn read_back(script: &str) -> (Vec<Table>, String) {
    let run = || {
        unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace: run the tests as root, or under `unshare -Urn`");
        let mut nft = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn().expect("nft");
        nft.stdin.take().expect("stdin").write_all(script.as_bytes()).expect("nft reads");
        assert!(nft.wait().expect("nft").success(), "nft refuses the script");
        let dumped = nft::dump(&nft::open().expect("socket")).expect("dump");
        let listed = Command::new("nft").args(["list", "ruleset"]).output().expect("nft");
        (dumped, String::from_utf8(listed.stdout).expect("UTF-8"))
    };
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The lines of a ruleset that are in chains, and the beginnings of tables and chains.
fn lines_of_chains(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines().map(str::trim) {
        inside |= line.starts_with("chain ");
        if inside && line != "}" || line.starts_with("table ") {
            lines.push(line);
        }
        inside &= line != "}";
    }
    lines
}

/// Compares what netlab and `nft` read.
fn the_same(script: &str) {
    let (dumped, listed) = read_back(script);
    let printed = dumped.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let (ours, theirs) = (lines_of_chains(&printed), lines_of_chains(&listed));
    let different: Vec<_> = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs).collect();
    assert!(different.is_empty(), "netlab and nft:\n{different:#?}");
    assert_eq!(ours.len(), theirs.len(), "{printed}\n{listed}");
}

/// A table with one chain of these rules.
fn chain(family: &str, hook: &str, rules: &str) -> String {
    format!("table {family} t {{\n chain other {{ }}\n chain c {{\n {hook}\n {rules}\n }}\n}}\n")
}

#[test]
fn verdicts() {
    let rules = "counter drop
        counter packets 5 bytes 400 accept
        jump other
        goto other
        return
        continue
        notrack
        reject
        reject with icmp type admin-prohibited
        reject with tcp reset
        tcp dport 80 reject with tcp reset
        ip protocol tcp reject with tcp reset
        drop comment \"why not\"";
    the_same(&chain("ip", "type filter hook prerouting priority raw;", rules));
    the_same(&chain("ip6", "type filter hook input priority 7;", "reject\nreject with icmpv6 addr-unreachable"));
    let rules = "reject
        reject with icmpx admin-prohibited
        reject with icmpv6 no-route
        reject with icmp host-unreachable
        reject with icmp port-unreachable
        ip saddr 10.0.0.1 reject with icmp host-unreachable";
    the_same(&chain("inet", "type filter hook forward priority -12; policy drop;", rules));
}

#[test]
fn what_the_kernel_knows_about_a_packet() {
    let rules = "iifname \"eth0\" oifname != \"veth*\" accept
        meta l4proto tcp
        meta l4proto tcp counter
        meta l4proto tcp counter tcp dport 80
        meta l4proto 132
        meta l4proto 200
        meta mark 0x10
        meta mark and 0xff == 0x10
        meta mark & 0xff != 0x10
        meta mark & 0xff == 0
        meta mark set 0x4000
        meta mark set meta mark or 0x4000
        meta mark set meta mark and 0xff
        meta mark set meta mark xor 0x10
        meta mark set mark and 0xff xor 0x10
        meta mark set ct mark
        ct mark set meta mark
        ct mark set meta mark and 0xff
        ct mark 5
        meta nfproto ipv4
        meta nfproto ipv6 tcp dport 80
        meta protocol ip
        meta pkttype broadcast
        meta pkttype != multicast
        meta skuid 54321
        meta length > 1000
        meta nftrace set 1
        meta cpu 1
        meta priority 1:2
        meta priority set 1:2
        meta iiftype ether
        iifgroup 5
        ct state established,related accept
        ct state invalid drop
        ct state new
        ct state new,untracked,established
        ct state != new
        ct state ! established
        ct state & (established|related) == 0
        ct direction original
        ct status dnat accept
        ct status ! dnat
        ct zone 5
        ct original ip saddr 10.0.0.1
        tcp dport 80 ct reply proto-dst 81
        fib daddr type local accept
        fib saddr . iif oif missing drop";
    the_same(&chain("inet", "type filter hook prerouting priority mangle;", rules));
}

#[test]
fn headers() {
    let rules = "tcp dport 80 accept
        tcp sport != 80 accept
        tcp dport 80-90
        tcp dport != 80-90
        tcp dport > 1024
        tcp dport >= 1024
        tcp dport >= 80 tcp dport <= 90
        tcp sport 53 tcp dport 54
        tcp flags syn
        tcp flags syn,ack
        tcp flags == syn
        tcp flags != syn
        tcp flags & (syn|ack) == syn
        tcp flags & (fin|syn|rst|ack) != syn
        tcp flags & syn == 0
        udp dport 53
        udp length 5
        th dport 53
        meta l4proto tcp th dport 80
        sctp dport 53
        icmp type echo-request
        icmp type 200
        icmp type echo-reply icmp code 0
        icmpv6 type nd-neighbor-solicit
        ip protocol tcp
        ip protocol tcp tcp dport 80
        ip6 nexthdr tcp
        ip6 hoplimit 5
        ip ttl < 5
        ip ttl 5 ip protocol tcp
        ip length 60
        ip saddr 10.0.0.1 ip daddr 10.0.0.0/9
        ip saddr != 10.0.0.1 ip daddr 10.0.0.0/9 tcp dport 80 counter accept
        ip saddr 10.0.0.1-10.0.0.9
        ip saddr != 10.0.0.1-10.0.0.9
        ip saddr & 255.0.255.0 == 10.0.0.0
        ip6 saddr fd00::1 tcp dport 80
        ip6 saddr fd00::/9 ip6 daddr != ::/0
        ether saddr 02:00:00:00:00:01
        @nh,0,8 0x45";
    the_same(&chain("inet", "type filter hook input priority filter + 3;", rules));
    the_same(&chain("ip", "type filter hook input priority 0;", "ip ttl 1\nip protocol icmp\nicmp type echo-request"));
    the_same(&chain("arp", "type filter hook input priority 3;", "arp operation request\narp saddr ip 10.0.0.1"));
    the_same(&chain("netdev", "type filter hook ingress device \"lo\" priority 0;", "ip saddr 10.0.0.1\nudp dport 53"));
    let rules = "ip saddr 10.0.0.1 tcp dport 80
        meta l4proto tcp ip saddr 10.0.0.1
        ether type arp
        ether type ip ip saddr 10.0.0.1
        ether type vlan
        ether saddr 02:00:00:00:00:01 ether daddr 02:00:00:00:00:02
        arp operation request
        icmp type echo-request
        iifname \"lo\"";
    the_same(&chain("bridge", "type filter hook prerouting priority dstnat;", rules));
    the_same(&chain("bridge", "type filter hook output priority out + 2;", "drop"));
    the_same(&chain("bridge", "type filter hook forward priority 0;", "drop"));
}

#[test]
fn translation() {
    let rules = "snat to 10.0.0.1
        snat to 10.0.0.1-10.0.0.9 persistent
        ip protocol tcp snat to 10.0.0.1:1000-2000
        masquerade
        masquerade random
        masquerade fully-random,persistent
        meta l4proto tcp masquerade to :1024-2048 random";
    the_same(&chain("ip", "type nat hook postrouting priority srcnat + 5;", rules));
    let rules = "dnat ip to 10.0.0.1
        tcp dport 80 dnat ip to 10.0.0.1:8080
        tcp dport 80 dnat ip6 to [fd00::1]:8080
        dnat ip6 to fd00::1
        tcp dport 80 redirect to :8080
        tcp dport 80 redirect";
    the_same(&chain("inet", "type nat hook prerouting priority dstnat;", rules));
    let rules = "dnat to 10.0.0.1 random\ntcp dport 80 dnat to 10.0.0.1:8080\ndnat ip prefix to 10.0.0.0/24";
    the_same(&chain("ip", "type nat hook output priority -100;", rules));
}

#[test]
fn limits_and_logs() {
    let rules = "limit rate 10/second
        limit rate 10/second burst 7 packets drop
        limit rate over 10/minute
        limit rate 10 mbytes/second
        limit rate over 1500 bytes/hour burst 3000 bytes
        limit rate 2000 kbytes/minute burst 1 mbytes
        log
        log prefix \"hello \"
        log prefix \"hello\" level debug flags all
        log group 3 snaplen 64 queue-threshold 5
        log group 0
        log level err flags tcp sequence,options
        log level audit
        log flags skuid flags ether
        log flags ip options drop";
    the_same(&chain("inet", "type filter hook forward priority filter; policy drop;", rules));
}

#[test]
fn sets() {
    the_same(
        "table inet t {
            counter web { }
            set ports { type inet_service; }
            set pairs { type ipv4_addr . inet_service; }
            set networks { type ipv6_addr; flags interval; }
            set links { type ifname; }
            set flows { type ifname . inet_proto . ipv4_addr; }
            map verdicts { type inet_service : verdict; }
            chain c {
                tcp dport @ports accept
                tcp dport != @ports accept
                ip saddr . tcp dport @pairs accept
                ip daddr 10.0.0.1 ip saddr . tcp dport @pairs accept
                ip6 saddr @networks drop
                iifname @links drop
                oifname . meta l4proto . ip saddr @flows drop
                tcp dport vmap @verdicts
                counter name \"web\"
            }
        }",
    );
}

#[test]
fn what_has_no_words_stands_in_brackets() {
    let (dumped, _) =
        read_back(&chain("inet", "", "numgen random mod 3 0 drop\ncounter tcp option maxseg size set 1400"));
    let rules: Vec<_> = dumped[0].chains[1].rules.iter().map(ToString::to_string).collect();
    assert_eq!(rules, ["[numgen] [cmp] drop", "counter packets 0 bytes 0 [exthdr]"]);
}
