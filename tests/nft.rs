//! netlab's own nftables against the `nft` program, each in a network namespace of its own.
//!
//! ```text
//! changes ──apply────▶ namespace 1 ──nft list ruleset──▶ ┐
//!         ──command──▶ sh in namespace 2 ──the same────▶ ┴ equal
//! ```
//!
//! The namespaces belong to threads and end with them. It takes root, or a user namespace: `unshare -Urn cargo test`.

use std::process::Command;

use netlab::kernel::nft::{self, Change, Error};
use netlab::network::ruleset::{Chain, Family, Handle, Hook, Part, Rule, Side, Table};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};

/// Runs this in a network namespace that is gone afterwards.
fn in_namespace<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    let run = || {
        unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace: run the tests as root, or under `unshare -Urn`");
        what()
    };
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect(program);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What `nft` sees in this namespace: as JSON, as text (JSON lacks comments of tables), and expression by expression.
fn seen() -> [String; 3] {
    let mut json: serde_json::Value = serde_json::from_str(&run("nft", &["-j", "list", "ruleset"])).expect("JSON");
    mask_handles(&mut json);
    [
        serde_json::to_string_pretty(&json).expect("JSON"),
        run("nft", &["list", "ruleset"]),
        run("nft", &["--debug=netlink", "list", "ruleset"]),
    ]
}

/// Handles number what the machine made since it started.
fn mask_handles(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(object) => {
            object.remove("handle");
            object.values_mut().for_each(mask_handles);
        }
        serde_json::Value::Array(array) => array.iter_mut().for_each(mask_handles),
        _ => {}
    }
}

/// Makes the changes in one namespace by their bytes, in another by their commands, and compares.
fn both_ways(changes: &[Change]) -> [String; 3] {
    let by_bytes = in_namespace(|| {
        nft::apply(&nft::open().unwrap(), changes).unwrap();
        seen()
    });
    let by_commands = in_namespace(|| {
        changes.iter().for_each(|change| drop(run("sh", &["-c", &nft::command(change)])));
        seen()
    });
    for (bytes, commands) in by_bytes.iter().zip(&by_commands) {
        assert_eq!(bytes, commands);
    }
    by_bytes
}

fn address(side: Side, not: bool, network: &str) -> Part {
    Part::Address { side, not, network: network.parse().unwrap() }
}

fn masquerade(from: &str, except: &[&str], comment: Option<&str>) -> Rule {
    let mut parts = vec![address(Side::Source, false, from)];
    parts.extend(except.iter().map(|network| address(Side::Destination, true, network)));
    parts.push(Part::Masquerade);
    Rule { parts, comment: comment.map(str::to_owned), handle: Handle::default() }
}

/// `ip saddr 10.244.1.0/24 snat to 198.51.100.7`
fn snat(from: &str, to: &str) -> Rule {
    let parts = vec![address(Side::Source, false, from), Part::Snat(to.parse().unwrap())];
    Rule { parts, comment: None, handle: Handle::default() }
}

fn table(family: Family, rules: Vec<Rule>) -> Table {
    let hook = Hook { kind: "nat".into(), hook: "postrouting".into(), priority: 100, policy: "accept".into() };
    let chain = Chain { name: "postrouting".into(), hook: Some(hook), rules };
    let comment = Some("made by netlab for lab three-nodes".into());
    Table { family, name: "netlab".into(), comment, dormant: false, chains: vec![chain] }
}

const IPV4: [&str; 11] = [
    "0.0.0.0/0",
    "128.0.0.0/1",
    "10.0.0.0/8",
    "10.128.0.0/9",
    "10.240.0.0/12",
    "10.244.0.0/16",
    "10.244.128.0/17",
    "10.244.1.0/24",
    "10.244.1.4/30",
    "10.244.1.4/31",
    "10.244.1.4/32",
];
const IPV6: [&str; 12] = [
    "::/0",
    "8000::/1",
    "fd00::/8",
    "fd80::/9",
    "fd00::/12",
    "fd00:10::/32",
    "fd00:10:244::/48",
    "fd00:10:244:8000::/49",
    "fd00:10:244:1::/64",
    "fd00:10:244:1::4/126",
    "fd00:10:244:1::4/127",
    "fd00:10:244:1::4/128",
];

/// One rule for each network, side and sense.
fn rule_for_each(networks: &[&str]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for network in networks {
        for (side, not) in [(Side::Source, false), (Side::Destination, true), (Side::Destination, false)] {
            rules.push(Rule {
                parts: vec![address(side, not, network), Part::Masquerade],
                comment: None,
                handle: Handle::default(),
            });
        }
    }
    rules
}

/// The words of nft that netlab writes for its faults: in a table of this family, one rule for each.
fn words(family: Family, hook: (&str, i32), words: &[&str]) -> Table {
    let rule = |text: &&str| {
        let parts = text.split(" / ").map(|part| Part::Other(part.to_owned())).collect();
        Rule { parts, comment: None, handle: Handle::default() }
    };
    let hook = Hook { kind: "filter".into(), hook: hook.0.into(), priority: hook.1, policy: "accept".into() };
    let chains = vec![Chain { name: "c".into(), hook: Some(hook), rules: words.iter().map(rule).collect() }];
    Table { family, name: "filter".into(), comment: None, dormant: false, chains }
}

const WORDS: [&str; 8] = [
    "drop",
    "iifname \"eth0\" / accept",
    "oifname != \"veth-0123456789\" / drop",
    "meta length > 1200 / drop",
    "meta length > 65536 / drop",
    "udp dport 8472 / drop",
    "udp dport 65535 / accept",
    "iifname != \"lo\" / ct state new / drop",
];

fn samples() -> Vec<Table> {
    let (long, longest) = ("für alle ".repeat(9), "x".repeat(128));
    let special = r"it's $HOME, `id`, \n, a; b & c | d > e * ~ # { } !";
    let in_ipv4 = vec![
        masquerade("10.244.1.0/24", &["10.244.0.0/16"], Some("10.244.1.0/24 leaves the cluster")),
        masquerade("10.244.1.0/24", &["10.244.0.0/16", "10.96.0.0/12", "192.168.1.7/32"], Some(&long)),
        masquerade("10.244.1.2/32", &["10.244.1.3/32"], Some(&longest)),
        masquerade("0.0.0.0/0", &[], Some(special)),
        Rule { parts: vec![Part::Masquerade], comment: Some(String::new()), handle: Handle::default() },
        Rule {
            parts: vec![address(Side::Source, false, "10.0.0.1/32"), address(Side::Destination, false, "10.0.0.2/32")],
            comment: None,
            handle: Handle::default(),
        },
    ];
    let in_ipv6 = vec![masquerade("fd00:10:244:1::/64", &["fd00:10:244::/48", "fe80::/10"], Some("IPv6"))];
    let both = [in_ipv4.clone(), in_ipv6.clone()].concat();
    // Only a table of one family need not say of which an address is.
    let in_ipv4 = [in_ipv4, vec![snat("10.244.1.0/24", "198.51.100.7")]].concat();
    let in_ipv6 = [in_ipv6, vec![snat("fd00:10:244:1::/64", "2001:db8::7")]].concat();
    let hook = |kind: &str, hook: &str, priority, policy: &str| {
        Some(Hook { kind: kind.into(), hook: hook.into(), priority, policy: policy.into() })
    };
    let chain = |name: &str, hook| Chain { name: name.into(), hook, rules: vec![] };
    let chains = vec![
        chain("plain", None),
        chain("forward", hook("filter", "forward", 0, "drop")),
        chain("dstnat", hook("nat", "prerouting", -100, "accept")),
        chain("raw", hook("filter", "prerouting", -300, "accept")),
        chain("after", hook("nat", "postrouting", 105, "accept")),
        chain("before", hook("nat", "output", -101, "accept")),
        chain("odd", hook("filter", "input", 12, "accept")),
        chain("mangle", hook("route", "output", -150, "accept")),
    ];
    vec![
        table(Family::Ip, in_ipv4),
        table(Family::Ip6, in_ipv6),
        table(Family::Inet, both),
        table(Family::Ip, rule_for_each(&IPV4)),
        table(Family::Ip6, rule_for_each(&IPV6)),
        table(Family::Inet, [rule_for_each(&IPV4), rule_for_each(&IPV6)].concat()),
        Table { family: Family::Inet, name: "chains".into(), comment: None, dormant: false, chains: chains.clone() },
        Table { family: Family::Ip, name: "b-x/y.z_".into(), comment: Some(special.into()), dormant: false, chains },
        Table { family: Family::Ip6, name: "empty".into(), comment: Some(longest), dormant: false, chains: vec![] },
        words(Family::Ip, ("forward", 0), &[&WORDS[..], &["reject"]].concat()),
        words(Family::Ip6, ("input", 0), &[&WORDS[..], &["reject"]].concat()),
        words(Family::Inet, ("output", 0), &WORDS),
        words(Family::Bridge, ("forward", -200), &WORDS[..5]),
        words(Family::Arp, ("input", 0), &WORDS[..2]),
    ]
}

#[test]
fn what_is_printed_is_what_is_done() {
    for table in samples() {
        let [_, text, _] = both_ways(&Change::to_make(&table));
        assert!(text.contains(&table.name), "{text}");
    }
}

#[test]
fn what_is_made_is_read_back() {
    for table in samples() {
        let (dumped, listed) = in_namespace(|| {
            let socket = nft::open().unwrap();
            nft::apply(&socket, &Change::to_make(&table)).unwrap();
            (nft::dump(&socket).unwrap(), run("nft", &["list", "ruleset"]))
        });
        assert_eq!(dumped, [table]);
        // And prints as `nft` prints it, but for white space.
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&dumped[0].to_string()), words(&listed));
    }
}

#[test]
fn a_network_is_its_first_address() {
    let typed = table(Family::Ip, vec![masquerade("10.244.1.5/24", &["10.255.1.1/12"], None)]);
    let made = table(Family::Ip, vec![masquerade("10.244.1.0/24", &["10.240.0.0/12"], None)]);
    both_ways(&Change::to_make(&typed));
    let dumped = in_namespace(|| {
        let socket = nft::open().unwrap();
        nft::apply(&socket, &Change::to_make(&typed)).unwrap();
        nft::dump(&socket).unwrap()
    });
    assert_eq!(dumped, [made]);
}

#[test]
fn every_change_is_undone() {
    let made = table(Family::Ip, vec![masquerade("10.244.1.0/24", &["10.244.0.0/16"], None)]);
    let mut changes = Change::to_make(&made);
    let (family, table, chain) = (Family::Ip, "netlab".to_owned(), "postrouting".to_owned());

    changes.push(Change::FlushChain { family, table: table.clone(), chain: chain.clone() });
    let [_, text, _] = both_ways(&changes);
    assert!(text.contains("chain postrouting") && !text.contains("masquerade"), "{text}");

    changes.push(Change::DeleteChain { family, table: table.clone(), chain });
    let [_, text, _] = both_ways(&changes);
    assert!(text.contains("table ip netlab") && !text.contains("chain"), "{text}");

    changes.push(Change::DeleteTable { family, table });
    let [_, text, _] = both_ways(&changes);
    assert_eq!(text, "");
}

#[test]
fn a_refusal_names_the_change_and_undoes_the_others() {
    in_namespace(|| {
        let socket = nft::open().unwrap();
        let table = |name: &str| Change::AddTable { family: Family::Ip, table: name.into(), comment: None };
        nft::apply(&socket, &[]).unwrap();
        nft::apply(&socket, &[table("ours")]).unwrap();

        let refused = |change, errno| Err(Error::Refused { change: Some(change), errno, detail: None });
        assert_eq!(nft::apply(&socket, &[table("other"), table("ours"), table("ours")]), refused(1, Errno::EEXIST));
        assert_eq!(nft::dump(&socket).unwrap().len(), 1);

        let gone = Change::DeleteTable { family: Family::Ip, table: "gone".into() };
        assert_eq!(nft::apply(&socket, &[table("other"), gone]), refused(1, Errno::ENOENT));

        // Many answers at once leave the socket clean.
        let many = vec![table("ours"); 3_000];
        assert_eq!(nft::apply(&socket, &many), refused(0, Errno::EEXIST));
        nft::apply(&socket, &[table("other")]).unwrap();
        assert_eq!(nft::dump(&socket).unwrap().len(), 2);
    });
}

#[test]
fn the_kernel_says_why() {
    let long = Change::AddTable { family: Family::Ip, table: "x".repeat(300), comment: None };
    let error = in_namespace(|| nft::apply(&nft::open().unwrap(), &[long])).unwrap_err();
    let Error::Refused { change: Some(0), errno: Errno::ERANGE, detail: Some(detail) } = &error else {
        panic!("{error:?}");
    };
    assert!(detail.contains("policy"), "{detail}");
    assert!(error.to_string().contains(detail.as_str()), "{error}");
}

#[test]
fn a_long_rule_is_read_whole() {
    // The kernel takes 127 expressions: more bytes than the first datagram of a dump has room for.
    let except: Vec<_> = (0..62).map(|i| format!("fd00:{i}::/32")).collect();
    let except: Vec<_> = except.iter().map(String::as_str).collect();
    let table = table(Family::Ip6, vec![masquerade("fd00::/8", &except, None); 3]);
    let dumped = in_namespace(|| {
        let socket = nft::open().unwrap();
        nft::apply(&socket, &Change::to_make(&table)).unwrap();
        nft::dump(&socket).unwrap()
    });
    assert_eq!(dumped, [table]);
}

#[test]
fn a_large_ruleset_is_read_whole() {
    let rules: Vec<_> = (0..=255).map(|i| masquerade(&format!("10.{i}.0.0/16"), &["10.0.0.0/9"], None)).collect();
    let table = table(Family::Ip, rules);
    let dumped = in_namespace(|| {
        let socket = nft::open().unwrap();
        nft::apply(&socket, &Change::to_make(&table)).unwrap();
        nft::dump(&socket).unwrap()
    });
    assert_eq!(dumped, [table]);
}

#[test]
fn a_ruleset_that_changes_is_read_at_one_moment() {
    let table = table(Family::Ip, vec![masquerade("10.244.1.0/24", &["10.244.0.0/16"], None); 50]);
    in_namespace(|| {
        let (reader, writer) = (nft::open().unwrap(), nft::open().unwrap());
        let delete = [Change::DeleteTable { family: table.family, table: table.name.clone() }];
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    nft::apply(&writer, &Change::to_make(&table)).unwrap();
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    nft::apply(&writer, &delete).unwrap();
                }
            });
            let dumped: Vec<_> = (0..300).map(|_| nft::dump(&reader)).collect();
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            for tables in dumped {
                let tables = tables.unwrap();
                assert!(tables.is_empty() || tables == [table.clone()], "{tables:?}");
            }
        });
    });
}
