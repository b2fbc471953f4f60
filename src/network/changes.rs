//! What became of a network between two looks at it.
//!
//! ```text
//! before          after                     Change
//! red: –          red: eth0, down           + red: link eth0 (veth, down)
//! cni0 down       cni0 up                   ~ node-1: link cni0: down → up
//! ```

use std::collections::BTreeSet;
use std::fmt;

use super::ipam::Ipam;
use super::ruleset::{Chain, Table};
use super::{Address, Link, Namespace, Namespaces, Neighbour};
use crate::names::MachineName;

/// One thing that appeared, went, or is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In which machine.
    pub machine: MachineName,
    /// Which of the three.
    pub sort: Sort,
    /// What kind of thing.
    pub kind: Kind,
    /// The thing, in the words of the command that lists it; of a change, what was and what is.
    pub text: String,
}

/// How it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It appeared.
    Appeared,
    /// It went.
    Went,
    /// It is not as it was.
    Became,
}

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A namespace.
    Namespace,
    /// A link.
    Link,
    /// An address.
    Address,
    /// A route.
    Route,
    /// A neighbour entry that somebody made.
    Neighbour,
    /// A forwarding entry that somebody made.
    Fdb,
    /// A sysctl.
    Sysctl,
    /// An nftables table.
    Table,
    /// An nftables chain.
    Chain,
    /// An nftables rule.
    Rule,
    /// A lease, or who is to have one.
    Lease,
    /// A program.
    Program,
}

impl Sort {
    /// `+`, `-` or `~`.
    pub fn sign(self) -> char {
        match self {
            Sort::Appeared => '+',
            Sort::Went => '-',
            Sort::Became => '~',
        }
    }

    /// The word for it in documents.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Appeared => "appeared",
            Sort::Went => "went",
            Sort::Became => "became",
        }
    }
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Namespace => "namespace",
            Kind::Link => "link",
            Kind::Address => "address",
            Kind::Route => "route",
            Kind::Neighbour => "neighbour",
            Kind::Fdb => "forwarding entry",
            Kind::Sysctl => "sysctl",
            Kind::Table => "table",
            Kind::Chain => "chain",
            Kind::Rule => "rule",
            Kind::Lease => "lease",
            Kind::Program => "program",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {} {}", self.sort.sign(), self.machine, self.kind.word(), self.text)
    }
}

/// What changed, machine by machine. What is learned of neighbours comes and goes by itself and is left out.
pub fn changes(before: &Namespaces, after: &Namespaces) -> Vec<Change> {
    let nothing = Namespace::default();
    let machines: BTreeSet<&MachineName> = before.keys().chain(after.keys()).collect();
    let mut found = Vec::new();
    for machine in machines {
        let mut list = List { machine, found: &mut found };
        match (before.contains_key(machine), after.contains_key(machine)) {
            (false, true) => list.add(Sort::Appeared, Kind::Namespace, machine.to_string()),
            (true, false) => list.add(Sort::Went, Kind::Namespace, machine.to_string()),
            _ => {}
        }
        list.compare(before.get(machine).unwrap_or(&nothing), after.get(machine).unwrap_or(&nothing));
    }
    found
}

/// The changes of one machine as they are found.
struct List<'a> {
    machine: &'a MachineName,
    found: &'a mut Vec<Change>,
}

impl List<'_> {
    fn add(&mut self, sort: Sort, kind: Kind, text: String) {
        self.found.push(Change { machine: self.machine.clone(), sort, kind, text });
    }

    fn compare(&mut self, before: &Namespace, after: &Namespace) {
        self.links(before, after);
        let address = |a: &Address| format!("{} on {}", a.address, a.link);
        self.sets(Kind::Address, before.addresses.iter().map(address), after.addresses.iter().map(address));
        let tentative = |a: &&Address| a.tentative;
        for was in before.addresses.iter().filter(tentative) {
            if after.addresses.iter().any(|is| is.address == was.address && is.link == was.link && !is.tentative) {
                self.add(Sort::Became, Kind::Address, format!("{} on {}: tentative → usable", was.address, was.link));
            }
        }
        let routes = |ns: &Namespace| ns.routes.iter().map(ToString::to_string).collect::<Vec<_>>();
        self.sets(Kind::Route, routes(before).into_iter(), routes(after).into_iter());
        let neighbours = |ns: &Namespace| {
            let made = ns.neighbours.iter().filter(|there| there.by_hand());
            made.map(Neighbour::in_full).collect::<Vec<_>>()
        };
        self.sets(Kind::Neighbour, neighbours(before).into_iter(), neighbours(after).into_iter());
        let entries =
            |ns: &Namespace| ns.fdb.iter().filter(|entry| entry.by_hand).map(ToString::to_string).collect::<Vec<_>>();
        self.sets(Kind::Fdb, entries(before).into_iter(), entries(after).into_iter());
        for (key, value) in &after.sysctls {
            match before.sysctls.get(key) {
                Some(was) if was != value => {
                    self.add(Sort::Became, Kind::Sysctl, format!("{key}: {was} → {value}"));
                }
                Some(_) => {}
                None => self.add(Sort::Appeared, Kind::Sysctl, format!("{key} = {value}")),
            }
        }
        self.tables(&before.tables, &after.tables);
        self.sets(Kind::Program, programs(&before.ipam), programs(&after.ipam));
        self.sets(Kind::Lease, leases(&before.ipam), leases(&after.ipam));
    }

    fn sets(&mut self, kind: Kind, before: impl Iterator<Item = String>, after: impl Iterator<Item = String>) {
        let (before, after): (Vec<String>, Vec<String>) = (before.collect(), after.collect());
        for gone in before.iter().filter(|text| !after.contains(text)) {
            self.add(Sort::Went, kind, gone.clone());
        }
        for new in after.iter().filter(|text| !before.contains(text)) {
            self.add(Sort::Appeared, kind, new.clone());
        }
    }

    fn links(&mut self, before: &Namespace, after: &Namespace) {
        for gone in before.links.iter().filter(|link| after.link(&link.name).is_none()) {
            self.add(Sort::Went, Kind::Link, gone.name.clone());
        }
        for link in &after.links {
            match before.link(&link.name) {
                None => self.add(Sort::Appeared, Kind::Link, introduce(link)),
                Some(was) => {
                    let became: Vec<String> = differences(was, link).collect();
                    if !became.is_empty() {
                        self.add(Sort::Became, Kind::Link, format!("{}: {}", link.name, became.join(", ")));
                    }
                }
            }
        }
    }

    fn tables(&mut self, before: &[Table], after: &[Table]) {
        let name = |table: &Table| format!("{} {}", table.family, table.name);
        self.sets(Kind::Table, before.iter().map(name), after.iter().map(name));
        let chains = |tables: &[Table]| -> Vec<(String, Chain)> {
            let of = |table: &Table| {
                let chains = table.chains.clone().into_iter();
                chains.map(|chain| (format!("{} in {}", chain.name, name(table)), chain)).collect::<Vec<_>>()
            };
            tables.iter().flat_map(of).collect()
        };
        let (before, after) = (chains(before), chains(after));
        let names = |chains: &[(String, Chain)]| chains.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        self.sets(Kind::Chain, names(&before).into_iter(), names(&after).into_iter());
        let rules = |chains: &[(String, Chain)]| {
            let of = |(_, chain): &(String, Chain)| {
                chain.rules.iter().map(|rule| format!("{rule} in {}", chain.name)).collect::<Vec<_>>()
            };
            chains.iter().flat_map(of).collect::<Vec<_>>()
        };
        self.sets(Kind::Rule, rules(&before).into_iter(), rules(&after).into_iter());
    }
}

/// `10.244.1.2 of pod-a eth0`, and what is kept for whom.
fn leases(ipam: &Ipam) -> impl Iterator<Item = String> + '_ {
    let directories = ipam.networks.keys().map(|network| format!("directory of {network}"));
    let held = ipam.networks.values().flat_map(|leases| &leases.held);
    let held = held.map(|(address, holder)| format!("{address} of {holder}"));
    let kept = ipam.reserved.iter().map(|(client, address)| format!("{address}, kept for {client}"));
    directories.chain(held).chain(kept)
}

/// The programs that listen for DHCP.
fn programs(ipam: &Ipam) -> impl Iterator<Item = String> + '_ {
    let server = ipam.server.map(|at| format!("DHCP server, which listens at {at}, UDP port 67"));
    server.into_iter().chain(ipam.client.then(|| "DHCP client, which listens on UDP port 68".to_owned()))
}

fn up(link: &Link) -> &'static str {
    if link.up { "up" } else { "down" }
}

/// `eth0 (veth, down)`
fn introduce(link: &Link) -> String {
    let kind = if link.kind.is_empty() { String::new() } else { format!("{}, ", link.kind) };
    let port = link.master.as_ref().map_or_else(String::new, |master| format!(", port of {master}"));
    format!("{} ({kind}{}{port})", link.name, up(link))
}

/// In what respects a link is not as it was.
fn differences(was: &Link, is: &Link) -> impl Iterator<Item = String> {
    let word = |yes: bool, a: &str, b: &str| if yes { a.to_owned() } else { b.to_owned() };
    let master = |link: &Link| link.master.as_ref().map_or("no port".to_owned(), |m| format!("port of {m}"));
    let port = |link: &Link| link.port.map(|state| state.to_string()).unwrap_or_default();
    let mode = |link: &Link| word(link.generates_link_local, "addrgenmode eui64", "addrgenmode none");
    let mut pairs = vec![
        (up(was).to_owned(), up(is).to_owned()),
        (master(was), master(is)),
        (mode(was), mode(is)),
        (format!("mtu {}", was.mtu), format!("mtu {}", is.mtu)),
    ];
    if was.up == is.up || is.up {
        pairs.push((word(was.carrier, "carrier", "no carrier"), word(is.carrier, "carrier", "no carrier")));
    }
    if was.master.is_some() && is.master.is_some() {
        pairs.push((port(was), port(is)));
    }
    pairs.into_iter().filter(|(was, is)| was != is).map(|(was, is)| format!("{was} → {is}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(link: Option<Link>) -> Namespaces {
        let ns = Namespace { links: link.into_iter().collect(), ..Namespace::default() };
        Namespaces::from([("red".parse().unwrap(), ns)])
    }

    fn told(before: &Namespaces, after: &Namespaces) -> Vec<String> {
        changes(before, after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_appears_goes_and_changes_is_told() {
        let down = Link::new("eth0", "veth");
        let up = Link { up: true, carrier: true, ..down.clone() };
        assert_eq!(told(&net(None), &net(Some(down.clone()))), ["+ red: link eth0 (veth, down)"]);
        assert_eq!(told(&net(Some(down.clone())), &net(None)), ["- red: link eth0"]);
        assert_eq!(
            told(&net(Some(down.clone())), &net(Some(up))),
            ["~ red: link eth0: down → up, no carrier → carrier"]
        );
        assert!(told(&net(Some(down.clone())), &net(Some(down))).is_empty());
        assert_eq!(told(&Namespaces::new(), &net(None)), ["+ red: namespace red"]);
    }

    #[test]
    fn what_somebody_wrote_down_is_told_and_what_was_learned_is_not() {
        let neighbour = |state: &str| Neighbour {
            address: "10.244.2.0".parse().unwrap(),
            link: "flannel.1".into(),
            mac: "66:2a:00:00:00:02".parse().ok(),
            state: state.into(),
        };
        let with = |neighbour: Neighbour| {
            let ns = Namespace { neighbours: vec![neighbour], ..Namespace::default() };
            Namespaces::from([("red".parse().unwrap(), ns)])
        };
        assert_eq!(
            told(&net(None), &with(neighbour("permanent"))),
            ["+ red: neighbour 10.244.2.0 dev flannel.1 at 66:2a:00:00:00:02, permanent"]
        );
        assert!(told(&net(None), &with(neighbour("reachable"))).is_empty());
    }
}
