//! Echo requests from many machines to many, at once: who gets them, and who is answered.
//!
//! ```text
//! volley.fire([pod-a → 10.244.2.2, pod-a → 10.244.2.3, …])
//!     pod-a's ear   sends, hears the reply and the errors
//!     pod-c's ear   hears the request: Arrival { at: pod-c, from: 10.244.1.2 }
//! ```
//!
//! An ear is a raw socket. It hears what gets through to its machine behind the last rule (`raw_local_deliver`,
//! `net/ipv4/raw.c`), so that one socket in each machine sends, answers the question under whose address a packet arrived,
//! and hears what came back. The kernel handles a packet while it is sent: thousands need no more time than that takes.

mod ear;

use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use self::ear::{Ear, Sound};
use super::refusal::Result;
use super::sandbox::Kernel;
use super::signal;
use crate::names::MachineName;

/// One echo request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shot {
    /// Who sends it: a place in the volley's machines.
    pub from: usize,
    /// Where to.
    pub to: IpAddr,
    /// Bytes behind the ICMP header, as ping -s.
    pub size: usize,
    /// Whether it must not be fragmented.
    pub dont_fragment: bool,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Echo {
    /// The kernel did not send it.
    pub unsent: Option<Errno>,
    /// Where it arrived.
    pub arrived: Option<Arrival>,
    /// Whether the answer came back.
    pub answered: bool,
    /// The error that came back.
    pub error: Option<Told>,
}

/// That a request got through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// To whom: a place in the volley's machines.
    pub at: usize,
    /// Under which source address.
    pub from: IpAddr,
}

/// An error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// What a program is told.
    pub errno: Errno,
    /// Who said so, if it was a message.
    pub from: Option<IpAddr>,
    /// With `EMSGSIZE`, the MTU that is said to fit.
    pub mtu: u32,
}

impl Echo {
    /// Whether nothing more is to be expected.
    fn is_over(&self) -> bool {
        self.answered || self.unsent.is_some()
    }
}

/// How long nothing may be heard before what is not answered counts as lost.
pub const QUIET: Duration = Duration::from_millis(150);

/// How much may be on its way before it is listened: what a socket's buffer holds at the default size
/// (`net.core.rmem_default`), where a frame takes as much as its payload and about so much more.
const IN_FLIGHT: usize = 100_000;
const OVERHEAD: usize = 900;

/// The ears of a lab.
#[derive(Debug)]
pub struct Volley {
    ears: Vec<Ear>,
    cookie: u32,
    /// The number of the next shot: no two have the same, so that an answer that comes late is not taken for another's.
    next: u32,
}

impl Volley {
    /// Opens them. The machines are spoken of by their places here.
    ///
    /// # Errors
    /// When there is no such machine, or no more files can be opened.
    pub fn open(_kernel: &Kernel, machines: &[MachineName]) -> Result<Self> {
        let ears = machines.iter().map(Ear::open).collect::<Result<_>>()?;
        Ok(Volley { ears, cookie: super::probe::draw()?, next: 0 })
    }

    /// Sends all shots and waits until they are answered, or nothing is heard any more.
    ///
    /// # Errors
    /// When the sockets cannot be read.
    pub fn fire(&mut self, shots: &[Shot]) -> Result<Vec<Echo>> {
        let mut flight = Flight { first: self.next, shots, echoes: vec![Echo::default(); shots.len()] };
        self.next = self.next.wrapping_add(u32::try_from(shots.len()).unwrap_or(u32::MAX));
        let mut in_flight = 0;
        for (index, shot) in shots.iter().enumerate() {
            if in_flight > IN_FLIGHT {
                self.listen(&mut flight, Duration::ZERO)?;
                in_flight = 0;
            }
            self.send(&mut flight, index, shot)?;
            in_flight += shot.size + OVERHEAD;
        }
        let mut moved = Instant::now();
        while flight.echoes.iter().any(|echo| !echo.is_over()) && moved.elapsed() < QUIET && !signal::asked_to_stop() {
            if self.listen(&mut flight, Duration::from_millis(5))? {
                moved = Instant::now();
            }
        }
        Ok(flight.echoes)
    }

    /// Sends one. An error that waits on the socket is another packet's: what is refused twice is refused.
    fn send(&self, flight: &mut Flight<'_>, index: usize, shot: &Shot) -> Result<()> {
        let Some(ear) = self.ears.get(shot.from) else { return Ok(()) };
        let payload = flight.payload(self.cookie, index, shot.size);
        let mut refused = Errno::EAGAIN;
        for _ in 0..ATTEMPTS {
            refused = match ear.send(shot, self.cookie as u16, &payload) {
                Ok(()) => return Ok(()),
                Err(errno) => errno,
            };
            // A buffer that is full of packets that wait for a neighbour, and no room for one more neighbour, pass.
            let passes = matches!(refused, Errno::EAGAIN | Errno::ENOBUFS);
            self.listen(flight, Duration::from_millis(if passes { 10 } else { 0 }))?;
        }
        if let Some(echo) = flight.echoes.get_mut(index) {
            echo.unsent = Some(refused);
        }
        Ok(())
    }

    /// Hears what there is to hear, and waits for it for so long. Says whether it was of these shots.
    fn listen(&self, flight: &mut Flight<'_>, patience: Duration) -> Result<bool> {
        let sockets: Vec<_> = self
            .ears
            .iter()
            .enumerate()
            .flat_map(|(at, ear)| ear.sockets().map(move |(ipv6, fd)| (at, ipv6, fd)))
            .collect();
        let mut files: Vec<PollFd> =
            sockets.iter().map(|(.., fd)| PollFd::new(fd.as_fd(), PollFlags::POLLIN)).collect();
        let waiting = PollTimeout::try_from(patience).unwrap_or(PollTimeout::ZERO);
        if poll(&mut files, waiting).is_ok_and(|ready| ready == 0) {
            return Ok(false);
        }
        let mut ours = false;
        for ((at, ipv6, socket), file) in sockets.iter().zip(&files) {
            let events = file.revents().unwrap_or(PollFlags::empty());
            if events.contains(PollFlags::POLLERR) {
                ear::errors(socket, &mut |sound| ours |= flight.hear(self.cookie, *at, sound));
            }
            if events.contains(PollFlags::POLLIN) {
                ear::read(*ipv6, socket, &mut |sound| ours |= flight.hear(self.cookie, *at, sound));
            }
        }
        Ok(ours)
    }
}

/// How often a shot that is refused is tried.
const ATTEMPTS: usize = 3;

/// Shots that are on their way.
struct Flight<'a> {
    first: u32,
    shots: &'a [Shot],
    echoes: Vec<Echo>,
}

impl Flight<'_> {
    /// What a shot is known by: the cookie and its number; the rest is zeroes.
    fn payload(&self, cookie: u32, index: usize, size: usize) -> Vec<u8> {
        let number = self.first.wrapping_add(u32::try_from(index).unwrap_or(u32::MAX));
        let mut payload = ((u64::from(cookie) << 32) | u64::from(number)).to_be_bytes().to_vec();
        payload.resize(size.max(payload.len()), 0);
        payload
    }

    /// Which shot has this payload.
    fn index(&self, cookie: u32, payload: &[u8]) -> Option<usize> {
        let word = u64::from_be_bytes(*payload.first_chunk::<8>()?);
        let index = (word as u32).wrapping_sub(self.first) as usize;
        ((word >> 32) as u32 == cookie && index < self.shots.len()).then_some(index)
    }

    /// Takes note of what an ear heard. Says whether it was of these shots.
    fn hear(&mut self, cookie: u32, at: usize, sound: Sound<'_>) -> bool {
        let index = self.index(cookie, sound.payload());
        let Some((echo, shot)) = index.and_then(|index| Some((self.echoes.get_mut(index)?, self.shots.get(index)?)))
        else {
            return false;
        };
        match sound {
            Sound::Request { from, .. } => echo.arrived = Some(echo.arrived.unwrap_or(Arrival { at, from })),
            Sound::Reply { .. } if at == shot.from => echo.answered = true,
            Sound::Error { told, .. } if at == shot.from => echo.error = Some(echo.error.unwrap_or(told)),
            Sound::Reply { .. } | Sound::Error { .. } => return false,
        }
        true
    }
}
