//! What is demanded: by the Kubernetes network model, and by the file's own `expect`.
//!
//! ```text
//! pod-a → pod-c      10.244.2.2      reachable, as 10.244.1.2        Rule::PodToPod
//! node-1 → pod-c     10.244.2.2      reachable, as one of node-1's   Rule::NodeToPod
//! pod-a → outside    192.168.1.100   reachable, as node-1's          Rule::PodToHost: it masquerades
//! outside → pod-a    10.244.1.2      not reachable                   Rule::Expected
//! ```
//!
//! [`crate::reach`] says what the model demands, and what the kinds of clusters add to it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::census::{Census, Number, Person, Role};
use super::sample::Pick;
use crate::kernel::probe::Protocol;
use crate::reach::{self, is_meant};
use crate::topology::model::{Expectation, Family, Identity, Party, Port};

pub use crate::reach::Rule;

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

impl Demand {
    /// Its family.
    pub fn family(&self) -> Family {
        Family::of(self.address)
    }

    /// Who sends, to whom, and to which address.
    fn pair(&self) -> (Number, Option<Number>, IpAddr) {
        (self.from, self.to, self.address)
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
    let spoken_of: HashSet<(Number, Option<Number>, IpAddr)> =
        expected.iter().filter(|demand| demand.is_ping()).map(Demand::pair).collect();
    let families = FAMILIES.into_iter().filter(|one| family.is_none_or(|family| family == *one));
    let mut all: Vec<Demand> = families.flat_map(|family| model(census, family, pick)).collect();
    all.retain(|demand| !spoken_of.contains(&demand.pair()));
    all.extend(expected);
    all
}

/// How many pairs the model has.
pub fn count(census: &Census, family: Option<Family>) -> usize {
    let families = FAMILIES.into_iter().filter(|one| family.is_none_or(|family| family == *one));
    families
        .map(|family| {
            // Those that stand alike are alike to everybody: what holds for two of them holds for all.
            let mut alike: HashMap<&reach::Standing, usize> = HashMap::new();
            for person in census.people.iter().filter(|person| person.address(family).is_some()) {
                *alike.entry(&person.standing).or_default() += 1;
            }
            let pairs = alike.iter().flat_map(|from| alike.iter().map(move |to| (from, to)));
            let demanded = pairs.filter(|((from, _), (to, _))| reach::rule(from, to, false).is_some());
            demanded.map(|((_, from), (_, to))| from * to).sum::<usize>()
        })
        .sum()
}

/// What the model demands, of one family.
fn model(census: &Census, family: Family, pick: Pick) -> Vec<Demand> {
    let mut all = Vec::new();
    for (from, person) in census.people.iter().enumerate() {
        let own: Arc<[IpAddr]> = person.addresses.iter().copied().filter(|ip| Family::of(*ip) == family).collect();
        if own.is_empty() {
            continue;
        }
        for to in pick.targets(census, from, family) {
            let Some(target) = census.person(to) else { continue };
            let Some(rule) = reach::rule(&person.standing, &target.standing, to == from) else { continue };
            let address = match rule {
                Rule::HostToNode => target.address_near(person, family),
                _ => target.address(family),
            };
            let Some(address) = address else { continue };
            let seen_as = match rule {
                Rule::PodToHost | Rule::HostToNode | Rule::HostToPod | Rule::ToOtherCluster => {
                    seen_outside(census, person, address)
                }
                _ if rule.is_reachable() => Arc::clone(&own),
                _ => Arc::from([]),
            };
            let (protocol, reachable) = (Protocol::Icmp, rule.is_reachable());
            all.push(Demand { rule, from, to: Some(to), address, protocol, reachable, seen_as });
        }
    }
    all
}

/// The addresses that a packet may have when it comes to another's: its sender's own, or those of the sender's node where
/// that masquerades it, and behind that those of hosts that masquerade in turn (routers).
fn seen_outside(census: &Census, sender: &Person, to: IpAddr) -> Arc<[IpAddr]> {
    let family = Family::of(to);
    let Some(own) = sender.address(family) else { return Arc::from([]) };
    let node = match sender.role {
        Role::Pod(node) => census.person(node),
        Role::Node | Role::Host => None,
    };
    let translated = node.and_then(|node| node.translates(own, to));
    let mut seen: Vec<IpAddr> = translated.unwrap_or_else(|| match sender.role {
        Role::Pod(_) => sender.outward(family).collect(),
        Role::Node | Role::Host => sender.addresses.iter().copied().filter(|ip| Family::of(*ip) == family).collect(),
    });
    let routers = census
        .people
        .iter()
        .filter(|person| person.role == Role::Host && person.name != sender.name && !person.addresses.contains(&to));
    let more: Vec<IpAddr> = routers
        .flat_map(|router| seen.iter().find_map(|from| router.translates(*from, to)).unwrap_or_default())
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
            let members_of: Vec<(Number, IpAddr)> =
                expectation.to.iter().flat_map(|party| targets(census, party, family)).collect();
            let addresses: Vec<IpAddr> = expectation.to.iter().filter_map(|party| address(party, family)).collect();
            for from in expectation.from.iter().flat_map(|party| members(census, party)) {
                let Some(person) = census.person(from).filter(|person| person.address(family).is_some()) else {
                    continue;
                };
                let seen_as = seen_as(census, person, &expectation.seen_as, family);
                let owned = addresses.iter().map(|address| (census.owner(*address, from), *address));
                let targets: Vec<(Option<Number>, IpAddr)> =
                    members_of.iter().map(|(to, address)| (Some(*to), *address)).chain(owned).collect();
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
    let meant = census.people.iter().enumerate().filter(|(_, one)| is_meant(party, &one.name, &one.standing));
    meant.map(|(number, _)| number).collect()
}

fn targets(census: &Census, party: &Party, family: Family) -> Vec<(Number, IpAddr)> {
    let members = members(census, party).into_iter();
    members.filter_map(|number| Some((number, census.person(number)?.address(family)?))).collect()
}

/// The address that a party is, if it is one of this family.
fn address(party: &Party, family: Family) -> Option<IpAddr> {
    match party {
        Party::Address(ip) if Family::of(*ip) == family => Some(*ip),
        _ => None,
    }
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
