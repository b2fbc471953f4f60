//! `netlab trace`: a probe's true journey there and back, and why it died if it did.
//!
//! ```text
//! Request ─ask─▶ Question ─stations, run─▶ sightings, rules that acted, drops, errors     what was observed
//!                                           │
//!                                        journey   which interface follows which          there, back
//!                                           │
//!                                        decide    route, neighbour, port, rule           explained, hop by hop
//!                                           │
//!                                        death     where it ended, and why                cause, evidence, fix
//! ```
//!
//! Everything is real: a program's packet, the kernel's path, listened to at every interface. Tables are read afterwards,
//! to explain what was seen; [`outcome::Evidence`] keeps the two apart.

pub mod ask;
pub mod cause;
mod death;
mod fix;
pub mod frame;
pub mod hooks;
pub mod journey;
pub mod legs;
pub mod names;
pub mod outcome;
pub mod run;
pub mod scene;
pub mod stations;
pub mod wiring;

pub use ask::{Family, Request, Target};
pub use cause::{CAUSES, Cause};
pub use names::Names;
pub use outcome::{Asked, Death, Evidence, Fact, Hop, Leg, Outcome, Point, Rewrite, Sighting, Timing};

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::observe::{View, observe};
use crate::kernel::probe::{Cookie, Prober};
use crate::names::MachineName;
use crate::plan::Plan;
use legs::{Known, Role};
use run::{Fate, Run};
use stations::{Stations, on_the_path, within};

/// How long the kernel takes to begin with time stamps on frames, once somebody asks for them.
const STAMPS: Duration = Duration::from_millis(5);

/// How many probes are sent for their times alone.
const TIMED: u32 = 3;

/// Sends probes and tells of their journey.
///
/// # Errors
/// When the request names something that is not there, or the machine refuses to listen.
pub fn trace(kernel: &Kernel, plan: &Plan, request: &Request) -> Result<Outcome> {
    let question = request.question(kernel, plan)?;
    let (cookie, timed) = (Cookie::draw()?, Cookie::draw()?);
    let open = |cookie| within(&request.source, || Prober::open(question, cookie));
    let (mut prober, mut timer) = (open(cookie)?, open(timed)?);
    let destination = match &request.target {
        Target::Machine(machine) => Some(machine.clone()),
        Target::Address(..) => None,
    };
    let ends: Vec<&MachineName> = std::iter::once(&request.source).chain(&destination).collect();
    let machines = on_the_path(plan, &ends)?;
    if !machines.contains(&request.source) {
        return Err(Error::usage(format!("{} does not exist yet, or not any more", request.source))
            .help("`netlab status` shows how far the lab has come; `netlab up` does what is missing"));
    }

    let marks: Vec<_> = prober.marks().into_iter().chain(timer.marks()).collect();
    let stations = Stations::open(kernel, &machines, &marks)?;
    let listening = Instant::now();
    let view = View { neighbours: true, peers: true, ..View::LINKS };
    let before = observe(kernel, &machines, &view)?;
    std::thread::sleep(STAMPS.saturating_sub(listening.elapsed()));

    let known = Known { cookie, udp_port: prober.port() };
    let run = Run { stations: &stations, net: &before, known, patience: request.patience };
    let mut frames = Vec::new();
    let mut fates = Vec::new();
    for number in 0..request.count {
        fates.push(run.probe(&mut prober, number, &mut frames)?);
    }
    let answered = fates.iter().filter(|fate| **fate == Fate::Answered).count();
    let told = fates.iter().position(|fate| *fate != Fate::Answered).unwrap_or(0);
    let told = u32::try_from(told).unwrap_or(0);

    let mut timings = Vec::new();
    let timed = Known { cookie: timed, udp_port: timer.port() };
    if answered == fates.len() {
        let run = Run { known: timed, ..run };
        for number in 0..TIMED {
            run.probe(&mut timer, number, &mut timings)?;
        }
    }
    stations.close();
    frames.sort_by_key(|sighting| sighting.at);
    timings.sort_by_key(|sighting| sighting.at);

    let of = |wanted: Role| journey::of_role(&frames, &known, |role| role == wanted);
    let (there, _) = journey::way(&of(Role::Probe(told)), &before, destination.as_ref());
    let (back, _) = journey::way(&of(Role::Answer(told)), &before, Some(&request.source));
    let (mut there, mut back) = (journey::hops(there), journey::hops(back));
    let timing = journey::time(&mut there, &mut back, &timings, &timed, &before);
    let from = there.first().and_then(|hop| hop.sighting.frame.packet()).map(|packet| packet.source);
    Ok(Outcome {
        asked: Asked {
            lab: plan.lab.clone(),
            source: request.source.clone(),
            destination,
            to: question.to,
            from,
            protocol: request.protocol,
            size: request.size,
            ttl: request.ttl,
            dont_fragment: request.dont_fragment,
        },
        sent: request.count,
        answered: u32::try_from(answered).unwrap_or(u32::MAX),
        there,
        back,
        timing,
        lost: None,
        names: Names::of(&before),
        notes: Vec::new(),
        frames,
    })
}
