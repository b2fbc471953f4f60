//! What is wrong with what became of a demand, if anything is.
//!
//! ```text
//! demanded  reachable, as 10.244.1.2
//! heard     arrived at pod-c from 10.244.1.1, answered      →   WrongSource(10.244.1.1)
//! ```

use std::net::IpAddr;

use nix::errno::Errno;

use super::census::{Census, Number};
use super::path_mtu::PathMtu;
use super::run::Trial;
use crate::names::MachineName;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// There is no such machine, or not yet.
    NoMachine(Number),
    /// The kernel did not send it.
    Unsent(Errno),
    /// It did not arrive, or at none that is listened to.
    Lost,
    /// It arrived, and its answer did not.
    AnswerLost,
    /// Nobody takes connections there.
    Refused,
    /// Somebody else got it.
    WrongMachine(MachineName),
    /// It arrived under an address that it should not have.
    WrongSource(IpAddr),
    /// Large packets vanish without a word.
    BlackHole(u32),
    /// It is answered, and should not be.
    Reachable,
}

impl Failure {
    /// Its slug, for programs.
    pub fn slug(&self) -> &'static str {
        match self {
            Failure::NoMachine(_) => "no-machine",
            Failure::Unsent(_) => "not-sent",
            Failure::Lost => "lost",
            Failure::AnswerLost => "answer-lost",
            Failure::Refused => "refused",
            Failure::WrongMachine(_) => "wrong-machine",
            Failure::WrongSource(_) => "wrong-source",
            Failure::BlackHole(_) => "mtu-black-hole",
            Failure::Reachable => "reachable",
        }
    }
}

/// Judges.
pub fn judge(census: &Census, trial: &Trial) -> Option<Failure> {
    let demand = &trial.demand;
    let Some(echo) = &trial.echo else { return Some(Failure::NoMachine(demand.from)) };
    if !demand.reachable {
        return (echo.answered && !by_another(census, trial)).then_some(Failure::Reachable);
    }
    if let Some(missing) = trial.missing {
        return Some(Failure::NoMachine(missing));
    }
    let wanted = demand.to.and_then(|to| census.person(to)).map(|person| &person.name);
    match (&trial.arrived, wanted) {
        (Some((at, _)), Some(wanted)) if at != wanted => return Some(Failure::WrongMachine(at.clone())),
        _ => {}
    }
    if !echo.answered {
        return Some(match (echo.unsent, echo.error, &trial.arrived) {
            (Some(errno), ..) => Failure::Unsent(errno),
            (None, Some(told), _) if told.errno == Errno::ECONNREFUSED => Failure::Refused,
            (None, _, Some(_)) => Failure::AnswerLost,
            (None, _, None) => Failure::Lost,
        });
    }
    match (&trial.arrived, trial.path_mtu) {
        (Some((_, from)), _) if !demand.seen_as.is_empty() && !demand.seen_as.contains(from) => {
            Some(Failure::WrongSource(*from))
        }
        (_, Some(PathMtu::BlackHole(size))) => Some(Failure::BlackHole(size)),
        _ => None,
    }
}

/// Whether it was answered by another machine than was meant, which has the same address by the plan: one of the sender's
/// own cluster, where two use the same addresses.
fn by_another(census: &Census, trial: &Trial) -> bool {
    let meant = trial.demand.to.and_then(|to| census.person(to));
    match (&trial.arrived, meant) {
        (Some((at, _)), Some(meant)) => *at != meant.name && census.shares(at, trial.demand.address),
        _ => false,
    }
}
