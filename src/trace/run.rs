//! To send the probes and to see what becomes of them.
//!
//! ```text
//! listen everywhere ─▶ look around ─▶ probe ─▶ answered, refused, or nothing moves any more ─▶ what was seen
//!                                      ▲                                                │
//!                                      └──────────────── once more, while asked ────────┘
//! ```

use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::frame::{Content, Frame, Transport};
use super::legs::Known;
use super::outcome::Sighting;
use super::stations::Stations;
use crate::kernel::probe::{HIGHEST, Heard, Prober};
use crate::kernel::refusal::Result;
use crate::kernel::signal;
use crate::names::MachineName;
use crate::network::Namespaces;

/// How long nothing may move before a probe counts as lost: many times what a packet takes through a lab, and less than
/// the second after which a neighbour is asked for again.
const QUIET: Duration = Duration::from_millis(150);

/// The same where somebody waits for a neighbour already: what comes behind waits for the next question, which is asked
/// every second (`net.ipv4.neigh.*.retrans_time_ms`).
const QUIET_BEHIND_OTHERS: Duration = Duration::from_millis(1200);

/// How long the kernel's work queue gets to begin with time stamps, where it had not begun yet.
const STAMPS: Duration = Duration::from_millis(100);

/// How long to go on listening after an answer: for a second one, by a machine that has the same address.
const AFTERMATH: Duration = Duration::from_millis(2);

/// What became of one probe, as its sender learned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was answered.
    Answered,
    /// The kernel did not send it.
    Unsent(Errno),
    /// An error came back, or a RST.
    Failed(Heard),
    /// Nothing came back.
    Silence,
}

/// Probes and what is heard and seen of them.
#[derive(Debug)]
pub struct Run<'a> {
    /// Who sends.
    pub source: &'a MachineName,
    /// Where it is listened.
    pub stations: &'a Stations,
    /// The links as they are.
    pub net: &'a Namespaces,
    /// How the packets are known.
    pub known: Known,
    /// How long to wait for an answer, if somebody said so.
    pub patience: Option<Duration>,
}

impl Run<'_> {
    /// Sends a probe and waits for what becomes of it. It is sent once more, with another number, if it waited behind others
    /// for a neighbour and was given up with them although nobody had asked for its sake, or if the kernel did not stamp
    /// its frames yet.
    ///
    /// # Errors
    /// When the sockets cannot be read.
    pub fn fair_probe(&self, prober: &mut Prober, number: u32, sightings: &mut Vec<Sighting>) -> Result<(u32, Fate)> {
        let seen = sightings.len();
        let (fate, left) = self.send(prober, number, sightings)?;
        let new = sightings.get(seen..).unwrap_or_default();
        let asked = new.iter().any(|sighting| asks_for_neighbour(&sighting.frame));
        let given_up = is_given_up(&fate) || (fate == Fate::Silence && !asked);
        let waited_behind_others = given_up && self.has_neighbours(&["incomplete", "failed"]);
        // No more are sent than half of the numbers, so that each has one to spare.
        let again = HIGHEST - number;
        let unstamped = self.is_unstamped(new, left);
        if unstamped {
            std::thread::sleep(STAMPS);
        }
        match (waited_behind_others || unstamped) && again > number {
            true => Ok((again, self.probe(prober, again, sightings)?)),
            false => Ok((number, fate)),
        }
    }

    /// Whether the frames have the time at which they were read, and not that at which they were seen: the kernel begins
    /// to stamp them some time after the first socket asks for it (`net_enable_timestamp`, `net/core/dev.c`, leaves it
    /// to a work queue). The first frame leaves the sender, or asks for its neighbour, while it is being sent.
    fn is_unstamped(&self, seen: &[Sighting], left: u64) -> bool {
        seen.iter().filter(|sighting| sighting.machine == *self.source).map(|sighting| sighting.at).min() > Some(left)
    }

    /// Sends a probe and waits for what becomes of it. What is seen meanwhile is added to `sightings`.
    ///
    /// # Errors
    /// When the sockets cannot be read.
    pub fn probe(&self, prober: &mut Prober, number: u32, sightings: &mut Vec<Sighting>) -> Result<Fate> {
        self.send(prober, number, sightings).map(|(fate, _)| fate)
    }

    /// The same, with the time at which the kernel had taken it, in nanoseconds of the real-time clock.
    fn send(&self, prober: &mut Prober, number: u32, sightings: &mut Vec<Sighting>) -> Result<(Fate, u64)> {
        let sent = Instant::now();
        let refused = prober.send(number).err();
        let left = SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |since| since.as_nanos() as u64);
        if let Some(errno) = refused {
            sightings.extend(self.stations.read(self.net)?);
            return Ok((Fate::Unsent(errno), left));
        }
        let mut moved = sent;
        let mut fate = None;
        loop {
            if self.wait(prober, Duration::from_millis(5)) {
                let seen = self.stations.read(self.net)?;
                if seen.iter().any(|sighting| self.concerns(sighting)) {
                    moved = Instant::now();
                }
                sightings.extend(seen);
                fate = fate.or_else(|| prober.hear().into_iter().find_map(|heard| concerning(number, heard)));
            }
            let quiet = if self.has_neighbours(&["incomplete"]) { QUIET_BEHIND_OTHERS } else { QUIET };
            let over = match (&fate, self.patience) {
                (Some(_), _) => moved.elapsed() >= AFTERMATH,
                (None, Some(patience)) => sent.elapsed() >= patience,
                (None, None) => moved.elapsed() >= quiet,
            };
            if over || signal::asked_to_stop() {
                // Whoever was kept from running for a while has an answer, and has not read what was seen on its way.
                let seen = self.stations.read(self.net)?;
                let moves = seen.iter().any(|sighting| self.concerns(sighting));
                sightings.extend(seen);
                let patient = fate.is_none() && self.patience.is_none() && !signal::asked_to_stop();
                if !(moves && patient) {
                    return Ok((fate.unwrap_or(Fate::Silence), left));
                }
                moved = Instant::now();
            }
        }
    }

    /// Whether before the probe some machine had a neighbour in one of these states.
    fn has_neighbours(&self, states: &[&str]) -> bool {
        self.net.values().flat_map(|ns| &ns.neighbours).any(|entry| states.contains(&entry.state.as_str()))
    }

    /// Whether it is one of our packets, and not somebody's question for a neighbour.
    fn concerns(&self, sighting: &Sighting) -> bool {
        sighting.frame.packet().is_some_and(|packet| self.known.role(packet).is_some())
    }

    /// Waits until there is something to read, or for so long.
    fn wait(&self, prober: &Prober, patience: Duration) -> bool {
        let sockets = prober.sockets();
        let captures = self.stations.captures().map(AsFd::as_fd);
        let all = sockets.into_iter().chain(captures);
        let mut files: Vec<PollFd> =
            all.map(|socket| PollFd::new(socket, PollFlags::POLLIN | PollFlags::POLLOUT)).collect();
        // Only a connection that comes about is told by being writable.
        let writable = |prober: &Prober| matches!(prober, Prober::Tcp(_));
        let connecting = if writable(prober) { prober.sockets().len() } else { 0 };
        for file in files.iter_mut().skip(connecting) {
            file.set_events(PollFlags::POLLIN);
        }
        poll(&mut files, PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX)).is_ok_and(|ready| ready > 0)
    }
}

/// Whether it is a question for a neighbour.
fn asks_for_neighbour(frame: &Frame) -> bool {
    match &frame.content {
        Content::Arp(arp) => arp.asks,
        Content::Packet(packet) => matches!(packet.transport, Transport::Solicitation { .. }),
        Content::Other => false,
    }
}

/// Whether somebody gave up asking for a neighbour: host unreachable (RFC 792), address unreachable (RFC 4443).
fn is_given_up(fate: &Fate) -> bool {
    matches!(fate, Fate::Failed(Heard::Error { icmp: Some((3, 1) | (1, 3)), .. }))
}

/// What was heard, if it decides about the probe of this number.
fn concerning(number: u32, heard: Heard) -> Option<Fate> {
    match heard {
        Heard::Answer { number: of, .. } if of == number => Some(Fate::Answered),
        Heard::Refused { number: of } if of == number => Some(Fate::Failed(heard)),
        Heard::Error { number: of, .. } if of.is_none_or(|of| of == number) => Some(Fate::Failed(heard)),
        _ => None,
    }
}
