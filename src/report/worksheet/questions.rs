//! Questions about what has just been built, with answers from the predicted network.
//!
//! ```text
//! To which machine does node-1 hand a packet for 10.244.2.7?
//! To 192.168.1.12, which is node-2: the route is `10.244.2.0/24 via 192.168.1.12 dev eth0`.
//! ```

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::names::MachineName;
use crate::network::ruleset::{Part, Side};
use crate::network::{Address, Namespace, Namespaces, Route};
use crate::plan::Plan;
use crate::step::{Action, AddRule, MoveLink, Step};

/// A question, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// The answer.
    pub answer: String,
}

fn question(text: String, answer: String) -> Question {
    Question { text, answer }
}

/// What there will be in the end.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// How it comes about.
    pub plan: &'a Plan,
    /// Its network.
    pub net: &'a Namespaces,
}

/// What to ask after these steps.
pub fn about(steps: &[Step], net: &Namespaces, all: Whole<'_>) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for step in steps {
        let at = &step.machine;
        let Some(ns) = net.get(at) else { continue };
        match &step.action {
            Action::AddNamespace(_) if ns.links.len() == 1 && all.kind(at) == Some("pod") => {
                let answer = "Itself and nothing else: it has no link but lo.";
                questions.push(question(format!("What can {at} reach now?"), answer.into()));
            }
            Action::SetSysctl(sysctl) if sysctl.key == "net.ipv4.ip_forward" => {
                questions.push(forwarding(at, sysctl.value == "1"));
            }
            Action::AddBridge(bridge) if !at.is_fabric() => {
                questions.extend(ns.addresses_of(bridge.name.as_str()).map(|address| room(at, address)));
            }
            Action::MoveLink(moved) => questions.extend(cable(at, moved, net)),
            Action::AddRoute(route) => questions.extend(next_hop(at, ns, all.target(ns, route.to), all)),
            Action::AddRule(rule) => questions.extend(translation(at, ns, rule, all)),
            _ => {}
        }
    }
    questions
}

/// One question about steps of a kind that has been asked about before: the last, which is about the way out.
pub fn one(steps: &[Step], net: &Namespaces, all: Whole<'_>) -> Vec<Question> {
    about(steps, net, all).pop().into_iter().collect()
}

fn forwarding(at: &MachineName, on: bool) -> Question {
    let answer = match on {
        true => "It passes it on, if it knows a way: it forwards.",
        false => "It throws it away and tells nobody: it does not forward.",
    };
    question(format!("What does {at} do with a packet that is for another machine?"), answer.into())
}

/// How many pods a bridge's subnet has room for.
fn room(at: &MachineName, address: &Address) -> Question {
    let gateway = address.address.ip();
    let text = format!(
        "What is {gateway} on {at} to its pods? How many of them can have an address in {}?",
        subnet(&address.address)
    );
    let many = match address.address {
        IpNetwork::V4(net) if net.prefix() <= 30 => {
            let size = 1_u64 << (32 - u32::from(net.prefix()));
            format!("{}: of {size} addresses, the first and the last and the gateway's own are taken", size - 3)
        }
        IpNetwork::V4(_) => "Hardly any".into(),
        IpNetwork::V6(net) => format!("As many as you like: there are 2^{} addresses", 128 - u32::from(net.prefix())),
    };
    question(text, format!("Their gateway, by which they leave their subnet. {many}."))
}

/// The subnet that an address is in.
fn subnet(address: &IpNetwork) -> String {
    format!("{}/{}", address.network(), address.prefix())
}

impl Whole<'_> {
    fn kind(&self, machine: &MachineName) -> Option<&'static str> {
        self.plan.member(machine.as_str()).map(|member| member.kind.word())
    }

    /// The addresses that the machines of one kind will have, in the plan's order.
    fn addresses(&self, kind: &'static str) -> impl Iterator<Item = (&MachineName, IpAddr)> {
        let machines = self.plan.machines.iter().filter(move |member| member.kind.word() == kind);
        machines.flat_map(|member| {
            let addresses = self.net.get(&member.name).into_iter().flat_map(|ns| &ns.addresses);
            addresses.filter(|address| address.global).map(|address| (&member.name, address.address.ip()))
        })
    }

    /// An address to ask for behind a route: for the default route that of a pod which is not at hand.
    fn target(&self, ns: &Namespace, to: IpNetwork) -> IpAddr {
        let far = |ip: &IpAddr| {
            ip.is_ipv4() == to.is_ipv4() && !ns.main_routes().any(|route| route.via.is_none() && route.to.contains(*ip))
        };
        match to.prefix() {
            0 => self.addresses("pod").map(|(_, ip)| ip).find(far).unwrap_or_else(|| probe(to)),
            _ => probe(to),
        }
    }
}

/// What hangs on the two ends of a pipe.
fn cable(at: &MachineName, moved: &MoveLink, net: &Namespaces) -> Option<Question> {
    let MoveLink { to, rename, .. } = moved;
    let near = net.get(to)?.link(rename.as_str())?;
    let peer = near.peer.as_ref()?;
    let far = net.get(&peer.machine)?.link(&peer.link)?;
    let place = if at.is_fabric() { "the fabric".to_owned() } else { at.to_string() };
    let master = far.master.as_ref()?;
    let text = format!("Where is the other end of {to}'s {rename}, and why has it no address?");
    let answer = format!("It is {} in {place}, a port of the bridge {master}. A port only passes frames on.", far.name);
    Some(question(text, answer))
}

/// An address in a subnet that nobody may have, or, for the default route, one that is set aside for examples.
fn probe(to: IpNetwork) -> IpAddr {
    match to {
        IpNetwork::V4(net) if net.prefix() == 0 => IpAddr::from([198, 51, 100, 7]),
        IpNetwork::V6(net) if net.prefix() == 0 => IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7]),
        IpNetwork::V4(net) if net.prefix() <= 28 => IpAddr::V4((u32::from(net.network()) + 7).into()),
        IpNetwork::V6(net) if net.prefix() <= 124 => IpAddr::V6((u128::from(net.network()) + 7).into()),
        IpNetwork::V4(net) => IpAddr::V4(net.network()),
        IpNetwork::V6(net) => IpAddr::V6(net.network()),
    }
}

/// The route that a packet takes: the longest prefix, and among those the lowest metric.
fn lookup(ns: &Namespace, to: IpAddr) -> Option<&Route> {
    let fitting = ns.main_routes().filter(|route| route.to.contains(to));
    fitting.min_by_key(|route| (u8::MAX - route.to.prefix(), route.metric))
}

/// The machine that bears an address, for this machine: where several clusters use it, that of its own.
fn owner<'a>(at: &MachineName, ip: IpAddr, all: Whole<'a>) -> Option<&'a MachineName> {
    let realms = &all.plan.realms;
    let bears = |(name, ns): (&'a MachineName, &'a Namespace)| {
        let link = ns.addresses.iter().find(|address| address.address.ip() == ip)?;
        Some((realms.of_link(name, &link.link), name))
    };
    let owners: Vec<_> = all.net.iter().filter_map(bears).collect();
    let near = owners.iter().find(|(realm, _)| *realm == realms.of_machine(at));
    near.or(owners.first()).map(|(_, name)| *name)
}

fn next_hop(at: &MachineName, ns: &Namespace, to: IpAddr, all: Whole<'_>) -> Option<Question> {
    let route = lookup(ns, to)?;
    let via = route.via?;
    let whose = owner(at, via, all).map_or("which nobody here has".into(), |machine| format!("which is {machine}"));
    let text = format!("To which machine does {at} hand a packet for {to}?");
    Some(question(text, format!("To {via}, {whose}: the route is `{route}`.")))
}

/// Whose address a packet bears after a masquerading rule, out of the cluster and within it.
fn translation(at: &MachineName, ns: &Namespace, rule: &AddRule, all: Whole<'_>) -> Option<Question> {
    let of = |wanted: Side| {
        rule.rule.parts.iter().filter_map(move |part| match part {
            Part::Address { side, not, network } if *side == wanted => Some((*not, *network)),
            _ => None,
        })
    };
    let (_, from) = of(Side::Source).next()?;
    let spared: Vec<IpNetwork> = of(Side::Destination).filter(|(not, _)| *not).map(|(_, network)| network).collect();
    let is_spared = |ip: &IpAddr| spared.iter().any(|network| network.contains(*ip));
    let (pod, source) = all.addresses("pod").find(|(_, ip)| from.contains(*ip))?;
    let everywhere = if from.is_ipv4() { "0.0.0.0/0".parse() } else { "::/0".parse() };
    let outside = all.addresses("host").map(|(_, ip)| ip).find(|ip| ip.is_ipv4() == from.is_ipv4() && !is_spared(ip));
    let to = outside.unwrap_or(probe(everywhere.ok()?));
    let dev = lookup(ns, to).and_then(|route| route.dev.as_deref());
    let own = dev.and_then(|dev| {
        let own = ns.addresses_of(dev).find(|address| address.address.is_ipv4() == from.is_ipv4() && address.global)?;
        Some(format!("{}, {at}'s own on {dev}", own.address.ip()))
    });
    let own = own.unwrap_or_else(|| format!("That of {at}'s link by which the packet leaves"));
    let mut text = format!("{pod} sends from {source} to {to}. Which source address arrives there?");
    let Some(network) = spared.first() else { return Some(question(text, format!("{own}."))) };
    let within = all.addresses("pod").map(|(_, ip)| ip).find(|ip| network.contains(*ip) && !from.contains(*ip));
    text.push_str(&format!(" And which at {}?", within.unwrap_or_else(|| probe(*network))));
    Some(question(text, format!("{own}. And {source} itself: {} is excepted.", subnet(network))))
}
