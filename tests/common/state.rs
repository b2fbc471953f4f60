//! Everything the kernel knows of a lab, so that two labs can be compared.
//!
//! ```text
//! LOOK in the fabric ──▶ @@ node-1 ip -j -d link ──▶ State ──▶ differences
//!                        [{…}]
//! ```
//!
//! The three ways to bring a lab up must give the same kernel state, except for what is listed here and nowhere else:
//! [`VARIES`], [`is_counter`], and addresses that are made from a link's MAC ([`normal_text`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::wait::SETTLING;

/// The script behind [`LOOK`] and [`LOOK_AT_LINKS`]. Programs are few, and each is asked several questions: to start them
/// is what takes long.
macro_rules! look {
    () => {
        r#"
(
set +e
settled() {
    [ -z "$(ip $n -o addr show tentative)" ] && ! ip $n -o link show type bridge | grep -q "state DOWN" &&
        ! ip $n -d -o link show type veth |
            grep -Eq "state (DOWN|LOWERLAYERDOWN|UNKNOWN|disabled|listening|learning|blocking)"
}
leases() {
    [ ! -d "/run/cni/$m" ] || for file in $(cd "/run/cni/$m" && ls -d networks/* networks/*/* dhcp/hosts/*); do
        [ -d "/run/cni/$m/$file" ] && echo "$file" || echo "$file $(tr "\r\n" "  " <"/run/cni/$m/$file")"
    done
    ss -Huln ${n:+-N $m} | grep -Eo "[^ ]+%[^ ]+:6[78]"
}
# One program is asked all of $questions: each answer is a line.
asks() {
    echo "@@ $m of each: $*"
    echo "$questions"
    echo "answers"
    program=$1
    shift
    $program $n "$@" -force -batch - <<END
$questions
END
}
for m in fabric $(ip netns list | cut -d " " -f 1 | sort); do
    n= within=
    [ "$m" = fabric ] || n="-n $m" within="ip netns exec $m"
    tries=${unsettled:+60} tries=${tries:-0}
    until [ $tries = 60 ] || settled; do tries=$((tries + 1)); sleep 0.05; done
    if [ -z "$all" ]; then
        questions="link
neigh show nud permanent
route show table all"
        asks ip -j -d
        questions=fdb
        asks bridge -j -d
    else
        questions="link
addr
neigh show nud permanent
rule
route show table all"
        asks ip -j -d
        questions="rule
route show table all"
        asks ip -j -d -6
        questions="link
fdb"
        asks bridge -j -d
        echo "@@ $m leases"
        leases
    fi
    echo "@@ $m nft -j list ruleset"
    $within nft -j list ruleset
    [ -z "$all" ] || [ -n "${hurried:-}" ] || {
        echo "@@ $m sysctl net"
        $within grep -rs "" /proc/sys/net
    }
done 2>/dev/null
:
)
echo "@@ end"
"#
    };
}

/// What may differ between two labs made from the same file, by its name in the JSON of `ip`, `bridge` and `nft`.
///
/// | name | why |
/// |---|---|
/// | `ifindex`, `link_index` | the fused form fixes the indexes of links |
/// | `link` | a peer in another namespace, by the name that its index has in this one |
/// | `address`, `permaddr`, … | MACs are drawn by lot |
/// | `bridge_id`, `root_id`, `designated_*` | they are made from a MAC |
/// | `link_netnsid` | the kernel numbers a namespace's neighbours as it meets them |
/// | `no`, `id`, `designated_port` | a switch numbers its ports as they are plugged in, and two threads plug |
/// | `num_tx_queues`, `num_rx_queues` | the fused form asks for one, which is faster |
/// | `operstate` `UNKNOWN` | of a bridge that was never without a carrier; it counts as `UP` |
/// | the flag `M-DOWN` | of the link that a peer's index has in this namespace: `bridge` asks it in place of the peer |
/// | `*_timer` | they tick |
/// | `handle` | nft counts what it made |
/// | `valid_life_time`, `preferred_life_time` | of an address that is leased, they count down |
const VARIES: &[&str] = &[
    "ifindex",
    "link_index",
    "link",
    "link_netnsid",
    "address",
    "permaddr",
    "bridge_id",
    "root_id",
    "designated_bridge",
    "designated_root",
    "designated_port",
    "no",
    "id",
    "num_tx_queues",
    "num_rx_queues",
    "hello_timer",
    "tcn_timer",
    "topology_change_timer",
    "gc_timer",
    "message_age_timer",
    "forward_delay_timer",
    "hold_timer",
    "handle",
    "valid_life_time",
    "preferred_life_time",
];

/// Sysctls that count, or are drawn by lot.
const COUNTERS: &[&str] =
    &["nf_conntrack_count", "stable_secret", "tcp_fastopen_key", "nf_conntrack_buckets", "ip_local_reserved_ports_dyn"];

/// Whether a line of `sysctl -a` tells of something that moves by itself.
pub fn is_counter(line: &str) -> bool {
    let key = line.split(" = ").next().unwrap_or_default();
    COUNTERS.iter().any(|counter| key.ends_with(counter))
}

/// A file of `/proc/sys`, as `grep` tells of it, as `sysctl` would: `net.ipv4.ip_forward = 1`. (To ask `sysctl` for all of
/// them takes seven times as long.) Other lines stay as they are.
pub fn sysctl(line: &str) -> String {
    let Some((path, value)) = line.strip_prefix("/proc/sys/").and_then(|rest| rest.split_once(':')) else {
        return line.to_owned();
    };
    // A dot in the name of a link is a slash there.
    let turned = |c: char| match c {
        '/' => '.',
        '.' => '/',
        other => other,
    };
    format!("{} = {value}", path.chars().map(turned).collect::<String>())
}

/// A shell script that tells all about every machine and the fabric it runs in. It waits until links and addresses have
/// settled: a person who typed the commands would look a moment later, too.
///
/// With `$unsettled` it does not wait, where links are meant to be down; with `$hurried` it passes over the sysctls,
/// which take the longest to read.
pub const LOOK: &str = concat!("all=yes\n", look!());

/// The same without the sysctls, which take the longest to read, without what says the same in other words (an address
/// shows in the local route table too), and without waiting.
pub const LOOK_AT_LINKS: &str = concat!("all= unsettled=1\nexport unsettled\n", look!());

/// What a look told, as pairs of the machine with the question (`node-1 ip -j -d link`), and the answer.
#[track_caller]
pub fn answers(text: &str) -> Vec<(String, &str)> {
    let mut answers = Vec::new();
    for section in text.split("@@ ").skip(1) {
        let (title, body) = section.split_once('\n').unwrap_or((section, ""));
        let Some((machine, program)) = title.split_once(" of each: ") else {
            answers.push((title.to_owned(), body));
            continue;
        };
        let (questions, told) = body.split_once("answers\n").expect("the questions");
        let (questions, told): (Vec<&str>, Vec<&str>) = (questions.lines().collect(), told.lines().collect());
        if told.is_empty() {
            // A name without a namespace.
            answers.push((format!("{machine} {program}"), r#"["cannot be entered"]"#));
            continue;
        }
        assert_eq!(questions.len(), told.len(), "not every question was answered: {section}");
        let of = |(question, answer): (&str, _)| (format!("{machine} {program} {question}"), answer);
        answers.extend(questions.into_iter().zip(told).map(of));
    }
    answers
}

/// What [`LOOK`] told: for each machine and question a set of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State(BTreeMap<String, Vec<String>>);

impl State {
    /// Reads what [`LOOK`] printed.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        assert!(text.trim_end().ends_with("@@ end"), "the look at the lab broke off: {text}");
        let lines = |(title, body): (String, &str)| {
            let mut lines: Vec<String> = match title.contains(" sysctl ") || title.ends_with(" leases") {
                true => body.lines().map(sysctl).filter(|line| !is_counter(line)).collect(),
                false if body.trim().is_empty() => Vec::new(),
                false => entries(body).unwrap_or_else(|e| panic!("{title}: {e}: {body}")),
            };
            if title.ends_with(" fdb") {
                // Whom bridges and links know by themselves is made of MACs that are drawn by lot, and learned from packets.
                lines.retain(|line| line.contains("\"dst\":") && !line.contains("\"state\":\"\""));
            }
            lines.sort();
            (title, lines)
        };
        State(answers(text).into_iter().map(lines).collect())
    }

    /// The machines that it knows, the fabric among them.
    pub fn machines(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.keys().filter_map(|title| title.split_once(' ')).map(|(m, _)| m).collect();
        names.dedup();
        names
    }

    /// The state without what the kernel adds by itself a moment later, once a link has a carrier, and without what a
    /// link keeps for ever from having been up once: its queue, how much its ports let it send at a time, and 127.0.0.1;
    /// with that, the loopback no longer follows the defaults of IPv4 (`ipv4_devconf_setall`, `net/ipv4/devinet.c`).
    /// The local table follows the addresses. host-local remembers which address it gave out last.
    pub fn without_what_follows(&self) -> State {
        let without = |line: &String| {
            let mut value: Value = match serde_json::from_str(line) {
                Ok(value) => value,
                Err(_) => {
                    let stays = line.starts_with("net.ipv4.conf.lo.") || line.contains("/last_reserved_ip.");
                    return (!stays).then(|| line.clone());
                }
            };
            remove(&mut value, &["operstate", "flags", "state", "qdisc", "tso_max_size", "tentative"]);
            let map = value.as_object_mut()?;
            if let Some(Value::Array(addresses)) = map.get_mut("addr_info") {
                addresses.retain(|address| address["scope"] == "global");
            }
            let to = map.get("dst").and_then(Value::as_str).unwrap_or_default();
            let follows = to.starts_with("fe80:") || map.get("table").is_some_and(|table| table == "local");
            (!follows).then(|| value.to_string())
        };
        let lines = |lines: &Vec<String>| {
            let mut kept: Vec<String> = lines.iter().filter_map(without).collect();
            // They were in order with what is gone now.
            kept.sort();
            kept
        };
        State(self.0.iter().map(|(title, of_it)| (title.clone(), lines(of_it))).collect())
    }

    /// The state without the word for a link's state (`UP`, `UNKNOWN`), which a bridge gets up to a second late.
    pub fn without_operstate(&self) -> State {
        let without = |line: &String| match serde_json::from_str(line) {
            Ok(mut value) => {
                remove(&mut value, &["operstate"]);
                value.to_string()
            }
            Err(_) => line.clone(),
        };
        State(self.0.iter().map(|(title, lines)| (title.clone(), lines.iter().map(without).collect())).collect())
    }

    /// Fails, and tells what differs, unless what these two see is the same as soon as links have settled: what it was to
    /// be, and what it is.
    #[track_caller]
    pub fn assert_become_same(expected: impl Fn() -> State, found: impl Fn() -> State, what: &str) {
        let end = Instant::now() + SETTLING;
        loop {
            let (expected, found) = (expected(), found());
            if expected == found || Instant::now() > end {
                return expected.assert_same(&found, what);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Fails, and tells what differs, unless the two are the same.
    #[track_caller]
    pub fn assert_same(&self, other: &State, what: &str) {
        let titles: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let none = Vec::new();
        let mut differences = String::new();
        for title in titles {
            let (a, b) = (self.0.get(title).unwrap_or(&none), other.0.get(title).unwrap_or(&none));
            let (only_a, only_b) = (missing(a, b), missing(b, a));
            for line in &only_a {
                let twin = only_b.iter().find(|twin| name(twin).is_some() && name(twin) == name(line));
                differences
                    .push_str(&format!("{title}: - {}\n", twin.map_or(line.to_string(), |twin| besides(line, twin))));
            }
            for line in &only_b {
                let twin = only_a.iter().find(|twin| name(twin).is_some() && name(twin) == name(line));
                differences
                    .push_str(&format!("{title}: + {}\n", twin.map_or(line.to_string(), |twin| besides(line, twin))));
            }
        }
        assert!(differences.is_empty(), "{what}:\n{differences}");
    }
}

/// The lines that `a` has more often than `b`.
fn missing<'a>(a: &'a [String], b: &[String]) -> Vec<&'a String> {
    let mut left: Vec<&String> = b.iter().collect();
    let is_missing = |line: &&String| match left.iter().position(|other| other == line) {
        Some(place) => {
            left.swap_remove(place);
            false
        }
        None => true,
    };
    a.iter().filter(is_missing).collect()
}

/// Which link a line is about.
fn name(line: &str) -> Option<String> {
    serde_json::from_str::<Value>(line).ok()?["ifname"].as_str().map(str::to_owned)
}

/// What a line says otherwise than its twin, and which link it is about.
fn besides(line: &str, twin: &str) -> String {
    let (Ok(Value::Object(mut line)), Ok(twin)) = (serde_json::from_str(line), serde_json::from_str::<Value>(twin))
    else {
        return line.to_owned();
    };
    line.retain(|key, value| key == "ifname" || twin.get(key) != Some(value));
    Value::Object(line).to_string()
}

/// A JSON document as a set of lines, one for each entry, without what varies.
fn entries(json: &str) -> serde_json::Result<Vec<String>> {
    let mut document: Value = serde_json::from_str(json)?;
    for link in document.as_array_mut().into_iter().flatten().filter(|link| link["linkinfo"]["info_kind"] == "vxlan") {
        // A plan gives it a hardware address, and the link that it sends by is of its own namespace.
        let given = format!("{} over {}", link["address"], link["linkinfo"]["info_data"]["link"]);
        link["given"] = given.into();
    }
    normalise(&mut document);
    let list = match document {
        Value::Array(list) => list,
        Value::Object(mut map) => match map.remove("nftables") {
            Some(Value::Array(list)) => list,
            other => vec![other.unwrap_or(Value::Object(map))],
        },
        other => vec![other],
    };
    Ok(list.iter().filter(|entry| **entry != serde_json::json!({})).map(Value::to_string).collect())
}

/// Removes what varies, and puts the rest in order.
fn normalise(value: &mut Value) {
    remove(value, VARIES);
    match value {
        Value::Object(map) => {
            let mut sorted: BTreeMap<String, Value> = std::mem::take(map).into_iter().collect();
            sorted.values_mut().for_each(normalise);
            map.extend(sorted);
        }
        Value::Array(list) => {
            list.retain(|value| value != "M-DOWN");
            list.iter_mut().for_each(normalise);
            list.sort_by_key(Value::to_string);
        }
        Value::String(text) => normal_text(text),
        _ => {}
    }
}

/// Removes these keys, however deep they stand.
fn remove(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !keys.contains(&key.as_str()));
            map.values_mut().for_each(|value| remove(value, keys));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| remove(value, keys)),
        _ => {}
    }
}

/// A link-local address that is made from a MAC: EUI-64 has `ff:fe` in its middle. And the state of a bridge that was
/// never without a carrier.
fn normal_text(text: &mut String) {
    if text == "UNKNOWN" {
        *text = "UP".into();
    }
    if text.starts_with("fe80::") && text.contains("ff:fe") {
        *text = "fe80::EUI-64".into();
    }
}
