//! What is demanded: by the Kubernetes network model, and by the file's own `expect`.
//!
//! ```text
//! pod-a → pod-c      10.244.2.2      reachable, as 10.244.1.2        Rule::PodToPod
//! node-1 → pod-c     10.244.2.2      reachable, as one of node-1's   Rule::NodeToPod
//! pod-a → outside    192.168.1.100   reachable, as node-1's          Rule::PodToHost: it masquerades
//! outside → pod-a    10.244.1.2      not reachable                   Rule::Expected
//! ```
//!
//! The model (<https://kubernetes.io/docs/concepts/services-networking/>): pods communicate with all other pods on any
//! node without NAT, and agents on a node can communicate with all pods. That pods reach the hosts of the lab is what
//! masquerading is for; a file whose pods do not says so in `expect`.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::census::{Census, Number, Person, Role};
use super::sample::Pick;
use crate::kernel::probe::Protocol;
use crate::topology::model::{Expectation, Family, Identity, Party, Port};

/// One thing that is demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Who demands it.
    pub rule: Rule,
    /// Who sends.
    pub from: Number,
    /// To whom, if the address is somebody's.
    pub to: Option<Number>,
    /// The address.
    pub address: IpAddr,
    /// What is sent.
    pub protocol: Protocol,
    /// Whether it is to be answered.
    pub reachable: bool,
    /// Under which of these addresses it is to arrive; any, if there is none.
    pub seen_as: Arc<[IpAddr]>,
}

/// Who demands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A pod reaches itself by its own address.
    PodToItself,
    /// A pod reaches every other pod without NAT.
    PodToPod,
    /// A node reaches every pod without NAT.
    NodeToPod,
    /// A pod reaches a host, under its node's address if that masquerades it.
    PodToHost,
    /// The file.
    Expected,
}

impl Rule {
    /// All of them, in the order in which they are told of.
    pub const ALL: [Rule; 5] = [Rule::PodToItself, Rule::PodToPod, Rule::NodeToPod, Rule::PodToHost, Rule::Expected];

    /// Its slug, for programs.
    pub fn slug(self) -> &'static str {
        match self {
            Rule::PodToItself => "pod-to-itself",
            Rule::PodToPod => "pod-to-pod",
            Rule::NodeToPod => "node-to-pod",
            Rule::PodToHost => "pod-to-host",
            Rule::Expected => "expected",
        }
    }
}

impl Demand {
    /// Its family.
    pub fn family(&self) -> Family {
        Family::of(self.address)
    }

    /// Whether it is a ping.
    pub fn is_ping(&self) -> bool {
        self.protocol == Protocol::Icmp
    }
}

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// Everything that is demanded of a lab, of one family or both.
pub fn demands(census: &Census, expect: &[Expectation], family: Option<Family>, pick: Pick) -> Vec<Demand> {
    let expected = expected(census, expect, family);
    // What the file says of a pair goes before what the model says.
    let spoken_of: HashSet<(Number, IpAddr)> =
        expected.iter().filter(|demand| demand.is_ping()).map(|demand| (demand.from, demand.address)).collect();
    let families = FAMILIES.into_iter().filter(|one| family.is_none_or(|family| family == *one));
    let mut all: Vec<Demand> = families.flat_map(|family| model(census, family, pick)).collect();
    all.retain(|demand| !spoken_of.contains(&(demand.from, demand.address)));
    all.extend(expected);
    all
}

/// How many pairs the model has.
pub fn count(census: &Census, family: Option<Family>) -> usize {
    let families = FAMILIES.into_iter().filter(|one| family.is_none_or(|family| family == *one));
    families
        .map(|family| {
            let has = |role: fn(Role) -> bool| {
                census.people.iter().filter(|p| role(p.role) && p.address(family).is_some()).count()
            };
            let pods = has(|role| matches!(role, Role::Pod(_)));
            pods * (pods + has(|role| role == Role::Node) + has(|role| role == Role::Host))
        })
        .sum()
}

/// What the model demands, of one family.
fn model(census: &Census, family: Family, pick: Pick) -> Vec<Demand> {
    let mut all = Vec::new();
    for (from, person) in census.people.iter().enumerate() {
        let own: Arc<[IpAddr]> = person.addresses.iter().copied().filter(|ip| Family::of(*ip) == family).collect();
        if own.is_empty() || person.role == Role::Host {
            continue;
        }
        let is_pod = matches!(person.role, Role::Pod(_));
        for to in pick.targets(census, from, family) {
            let Some((target, address)) = census.person(to).and_then(|p| Some((p, p.address(family)?))) else {
                continue;
            };
            let (rule, seen_as) = match target.role {
                Role::Pod(_) if to == from => (Rule::PodToItself, Arc::clone(&own)),
                Role::Pod(_) if is_pod => (Rule::PodToPod, Arc::clone(&own)),
                Role::Pod(_) => (Rule::NodeToPod, Arc::clone(&own)),
                Role::Host if is_pod => (Rule::PodToHost, seen_by_host(census, person, address)),
                Role::Host | Role::Node => continue,
            };
            let protocol = Protocol::Icmp;
            all.push(Demand { rule, from, to: Some(to), address, protocol, reachable: true, seen_as });
        }
    }
    all
}

/// The addresses that a pod's packet may have when it reaches a host: its own, or its node's where that masquerades it,
/// and behind that those of hosts that masquerade in turn (routers).
fn seen_by_host(census: &Census, pod: &Person, host: IpAddr) -> Arc<[IpAddr]> {
    let family = Family::of(host);
    let Role::Pod(node) = pod.role else { return Arc::from([]) };
    let Some(own) = pod.address(family) else { return Arc::from([]) };
    let node = census.person(node);
    let mut seen: Vec<IpAddr> = match node.filter(|node| node.masquerades(own, host)) {
        Some(node) => node.outward(family).collect(),
        None => pod.outward(family).collect(),
    };
    let routers = census.people.iter().filter(|person| person.role == Role::Host && !person.addresses.contains(&host));
    let more: Vec<IpAddr> = routers
        .filter(|router| seen.iter().any(|from| router.masquerades(*from, host)))
        .flat_map(|router| router.outward(family))
        .collect();
    seen.extend(more);
    seen.into()
}

/// What the file expects.
fn expected(census: &Census, expect: &[Expectation], wanted: Option<Family>) -> Vec<Demand> {
    let mut all = Vec::new();
    for expectation in expect {
        let protocol = match expectation.port {
            None => Protocol::Icmp,
            Some(Port::Tcp(port)) => Protocol::Tcp(port),
            Some(Port::Udp(port)) => Protocol::Udp(port),
        };
        let families = FAMILIES.into_iter().filter(|family| {
            wanted.is_none_or(|one| one == *family) && expectation.family.is_none_or(|one| one == *family)
        });
        for family in families {
            let targets: Vec<(Option<Number>, IpAddr)> =
                expectation.to.iter().flat_map(|party| targets(census, party, family)).collect();
            for from in expectation.from.iter().flat_map(|party| members(census, party)) {
                let Some(person) = census.person(from).filter(|person| person.address(family).is_some()) else {
                    continue;
                };
                let seen_as = seen_as(census, person, &expectation.seen_as, family);
                for (to, address) in targets.iter().filter(|(to, _)| *to != Some(from) || is_alone(expectation)) {
                    all.push(Demand {
                        rule: Rule::Expected,
                        from,
                        to: *to,
                        address: *address,
                        protocol,
                        reachable: expectation.reachable,
                        seen_as: Arc::clone(&seen_as),
                    });
                }
            }
        }
    }
    all
}

/// Whether a machine that is named on both sides is meant on both: `from: pods, to: pods` is not of each pod to itself.
fn is_alone(expectation: &Expectation) -> bool {
    expectation.from.len() == 1
        && expectation.from == expectation.to
        && matches!(expectation.from[..], [Party::Machine(_)])
}

fn members(census: &Census, party: &Party) -> Vec<Number> {
    match party {
        Party::Pods => census.pods(),
        Party::Nodes => census.all(|role| role == Role::Node),
        Party::Hosts => census.all(|role| role == Role::Host),
        Party::Machine(name) => census.number(name).into_iter().collect(),
        Party::Address(_) => Vec::new(),
    }
}

fn targets(census: &Census, party: &Party, family: Family) -> Vec<(Option<Number>, IpAddr)> {
    if let Party::Address(ip) = party {
        return if Family::of(*ip) == family { vec![(census.owner(*ip), *ip)] } else { Vec::new() };
    }
    let members = members(census, party).into_iter();
    members.filter_map(|number| Some((Some(number), census.person(number)?.address(family)?))).collect()
}

fn seen_as(census: &Census, person: &Person, identities: &[Identity], family: Family) -> Arc<[IpAddr]> {
    let of = |person: &Person| person.addresses.iter().copied().filter(|ip| Family::of(*ip) == family).collect();
    let addresses = |identity: &Identity| -> Vec<IpAddr> {
        match identity {
            Identity::Own => of(person),
            Identity::Node => match person.role {
                Role::Pod(node) => census.person(node).map(of).unwrap_or_default(),
                Role::Node | Role::Host => Vec::new(),
            },
            Identity::Machine(name) => {
                census.number(name).and_then(|number| census.person(number)).map(of).unwrap_or_default()
            }
            Identity::Address(ip) if Family::of(*ip) == family => vec![*ip],
            Identity::Address(_) => Vec::new(),
        }
    };
    identities.iter().flat_map(addresses).collect()
}
