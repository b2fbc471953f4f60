//! What is asked: who sends what to whom.
//!
//! ```text
//! netlab trace pod-a pod-c --tcp 80    Request { source: pod-a, target: Machine(pod-c), protocol: Tcp(80), … }
//!                                      to 10.244.2.2: the first address of pod-c that its plan has and that is there
//! ```

use std::net::IpAddr;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::netns::within;
use crate::kernel::observe::{View, observe};
use crate::kernel::probe::{Protocol, Question};
use crate::names::MachineName;
use crate::network::Namespace;
use crate::plan::Plan;
use crate::step::Action;

/// One question.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who sends.
    pub source: MachineName,
    /// To whom.
    pub target: Target,
    /// What kind of packet.
    pub protocol: Protocol,
    /// Bytes of payload.
    pub size: usize,
    /// The time to live, if not the kernel's default.
    pub ttl: Option<u8>,
    /// Whether it must not be fragmented.
    pub dont_fragment: bool,
    /// How many probes.
    pub count: u32,
    /// How long to wait for an answer; without it, until nothing more happens.
    pub patience: Option<Duration>,
    /// Which family, where there is a choice.
    pub family: Option<Family>,
}

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    fn has(self, address: IpAddr) -> bool {
        address.is_ipv4() == (self == Family::V4)
    }

    fn word(self) -> &'static str {
        match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        }
    }
}

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a machine, at the address that it should have.
    Machine(MachineName),
    /// To an address, which needs be nobody's; for a link-local one by way of this interface.
    Address(IpAddr, Option<String>),
}

impl Request {
    /// The packet that is to be sent.
    ///
    /// # Errors
    /// When the machine that is meant has no address of the family, or an interface does not exist.
    pub fn question(&self, kernel: &Kernel, plan: &Plan) -> Result<Question> {
        let (to, scope) = match &self.target {
            Target::Machine(machine) => (self.address_of(machine, kernel, plan)?, 0),
            Target::Address(address, interface) => {
                if let Some(family) = self.family.filter(|family| !family.has(*address)) {
                    return Err(Error::usage(format!("{address} is no {} address", family.word())));
                }
                (*address, interface.as_ref().map_or(Ok(0), |name| self.index_of(name))?)
            }
        };
        let Request { protocol, size, ttl, dont_fragment, .. } = *self;
        Ok(Question { protocol, to, scope, size, ttl, dont_fragment })
    }

    /// The index of an interface of the source.
    fn index_of(&self, interface: &str) -> Result<u32> {
        within(&self.source, || Ok(nix::net::if_::if_nametoindex(interface)))?.map_err(|_| {
            Error::usage(format!("{} has no interface {interface}", self.source))
                .help(format!("`netlab show {}` lists those that it has", self.source))
        })
    }

    /// The address at which a machine is spoken to: the first one that its plan has and that is there. Where none of the
    /// plan's is there, one that is; and where it has none at all, the one that it should have.
    fn address_of(&self, machine: &MachineName, kernel: &Kernel, plan: &Plan) -> Result<IpAddr> {
        let seen = observe(kernel, [machine], &View::LINKS)?;
        let there = seen.get(machine).map(global).unwrap_or_default();
        let planned: Vec<IpAddr> = planned(machine, plan).collect();
        let wanted = |address: &&IpAddr| self.family.is_none_or(|family| family.has(**address));
        let same_family =
            |address: &&IpAddr| planned.iter().find(wanted).is_none_or(|p| p.is_ipv4() == address.is_ipv4());
        let chosen = planned.iter().filter(wanted).filter(same_family).find(|address| there.contains(address));
        let chosen = chosen.or_else(|| there.iter().filter(wanted).find(same_family));
        let chosen = chosen.or_else(|| planned.iter().find(wanted)).or_else(|| there.iter().find(wanted));
        chosen.copied().ok_or_else(|| {
            let what = self.family.map_or("address", |family| match family {
                Family::V4 => "IPv4 address",
                Family::V6 => "IPv6 address",
            });
            Error::usage(format!("{machine} has no {what} that a packet could be sent to"))
                .help("`netlab status` shows all addresses; an address can stand in the place of a machine's name")
        })
    }
}

/// The addresses of a machine that reach beyond their link.
fn global(ns: &Namespace) -> Vec<IpAddr> {
    let reaching = ns.addresses.iter().filter(|a| a.global && !a.is_link_local() && !a.address.ip().is_loopback());
    reaching.map(|address| address.address.ip()).collect()
}

/// The addresses that a machine's plan gives it, in its order.
pub fn planned<'a>(machine: &'a MachineName, plan: &'a Plan) -> impl Iterator<Item = IpAddr> + 'a {
    plan.steps.iter().filter(move |step| step.machine == *machine).filter_map(|step| match &step.action {
        Action::AddAddress(add) if add.link.as_str() != "lo" => Some(add.address.ip()),
        _ => None,
    })
}
