//! TCP connections and UDP datagrams to ports, several at once: whether they are answered, and under whose address they
//! arrive.
//!
//! ```text
//! call([pod-a → 10.244.2.2 tcp 80])
//!     pod-c's door   listens on the port, if nobody does         door
//!     pod-c's ear    sees the SYN: Arrival { at: pod-c, from: 10.244.1.2 }     ear
//!     pod-a's probe  connected, refused, or silence              probe
//! ```

mod door;
mod ear;

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub use self::door::Doors;
use self::ear::Ear;
use super::netns::within;
use super::probe::{Cookie, Heard, Prober, Protocol, Question};
use super::refusal::{Refusal, Result};
use super::sandbox::Kernel;
use super::signal;
use super::volley::{Arrival, Echo, QUIET, Told};
use crate::names::MachineName;

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Who calls: a place in the list of machines.
    pub from: usize,
    /// Where to.
    pub to: IpAddr,
    /// At which port.
    pub protocol: Protocol,
    /// Whose address that is, if it is one's: a place in the list of machines. Where nobody listens there, it is listened.
    pub door: Option<usize>,
}

impl Call {
    /// The address and port.
    fn address(&self) -> Option<SocketAddr> {
        self.protocol.port().map(|port| SocketAddr::new(self.to, port))
    }
}

/// How many calls are made at once.
const AT_ONCE: usize = 100;

/// Bytes of payload of a datagram.
const SIZE: usize = 16;

/// Makes the calls.
///
/// # Errors
/// When a machine is not there, or no more files can be opened.
pub fn call(_kernel: &Kernel, machines: &[MachineName], calls: &[Call]) -> Result<Vec<Echo>> {
    let mut echoes = Vec::new();
    for some in calls.chunks(AT_ONCE) {
        let doors = Doors::open(machines, some)?;
        let heard = Exchange::open(machines, some)?.run()?;
        echoes.extend(some.iter().zip(heard).map(|(call, mut echo)| {
            // Many programs that take datagrams answer none: that it came, and no error, has to be enough.
            let is_datagram = matches!(call.protocol, Protocol::Udp(_));
            echo.answered |= is_datagram && !doors.are_for(call) && echo.arrived.is_some() && echo.error.is_none();
            echo
        }));
    }
    Ok(echoes)
}

/// What is open for some calls.
struct Exchange<'a> {
    calls: &'a [Call],
    probes: Vec<(Cookie, Prober)>,
    ears: Vec<Ear>,
}

/// The machine at a place in the list.
fn machine(machines: &[MachineName], at: usize) -> Result<&MachineName> {
    machines.get(at).ok_or_else(|| Refusal::new(format!("find machine number {at}"), Errno::ENOENT))
}

impl<'a> Exchange<'a> {
    fn open(machines: &[MachineName], calls: &'a [Call]) -> Result<Self> {
        let open = |call: &Call| {
            let (protocol, to) = (call.protocol, call.to);
            let question = Question { protocol, to, scope: 0, size: SIZE, ttl: None, dont_fragment: false };
            let cookie = Cookie::draw()?;
            Ok((cookie, within(machine(machines, call.from)?, || Prober::open(question, cookie))?))
        };
        let probes = calls.iter().map(open).collect::<Result<_>>()?;
        let mut kinds: Vec<(bool, bool)> =
            calls.iter().map(|call| (matches!(call.protocol, Protocol::Tcp(_)), call.to.is_ipv6())).collect();
        kinds.sort_unstable();
        kinds.dedup();
        // It may arrive at anybody: that is what is to be found out.
        let mut ears = Vec::new();
        for (at, machine) in machines.iter().enumerate() {
            ears.extend(within(machine, || Ear::open(at, &kinds))?);
        }
        Ok(Exchange { calls, probes, ears })
    }

    fn run(mut self) -> Result<Vec<Echo>> {
        let mut echoes = vec![Echo::default(); self.probes.len()];
        for ((_, probe), echo) in self.probes.iter_mut().zip(&mut echoes) {
            echo.unsent = probe.send(0).err();
        }
        let mut moved = Instant::now();
        let is_open = |echo: &Echo| echo.unsent.is_none() && !echo.answered && echo.error.is_none();
        while echoes.iter().any(is_open) && moved.elapsed() < QUIET && !signal::asked_to_stop() {
            if self.wait(&echoes) && self.hear(&mut echoes) {
                moved = Instant::now();
            }
        }
        // What was answered had arrived: its ear may not have been asked since.
        self.hear(&mut echoes);
        Ok(echoes)
    }

    /// Waits a moment for something to hear.
    fn wait(&self, echoes: &[Echo]) -> bool {
        let sockets: Vec<(BorrowedFd<'_>, PollFlags)> = {
            let open = self.probes.iter().zip(echoes).filter(|(_, echo)| !echo.answered && echo.error.is_none());
            let probes = open.flat_map(|((_, probe), _)| {
                // A connection that comes about is told by being writable.
                let extra = if matches!(probe, Prober::Tcp(_)) { PollFlags::POLLOUT } else { PollFlags::empty() };
                probe.sockets().into_iter().map(move |socket| (socket, PollFlags::POLLIN | extra))
            });
            let ears = self.ears.iter().map(|ear| (ear.as_fd(), PollFlags::POLLIN));
            probes.chain(ears).collect()
        };
        let mut files: Vec<PollFd> = sockets.iter().map(|(socket, flags)| PollFd::new(*socket, *flags)).collect();
        poll(&mut files, PollTimeout::from(5_u8)).is_ok_and(|ready| ready > 0)
    }

    /// Takes note of what there is to hear. Says whether that was anything.
    fn hear(&mut self, echoes: &mut [Echo]) -> bool {
        let mut heard_any = false;
        for ear in &self.ears {
            for packet in ear.read() {
                // An answer may repeat what was sent; it does so where the call came from.
                let came = |(call, (cookie, _)): (&Call, &(Cookie, Prober))| {
                    packet.is_of(*cookie) && (ear.at != call.from || call.door == Some(call.from))
                };
                let found = self.calls.iter().zip(&self.probes).position(came);
                if let Some(echo) = found.and_then(|index| echoes.get_mut(index)) {
                    heard_any = true;
                    echo.arrived = Some(echo.arrived.unwrap_or(Arrival { at: ear.at, from: packet.from }));
                }
            }
        }
        for ((_, probe), echo) in self.probes.iter_mut().zip(echoes) {
            for heard in probe.hear() {
                heard_any = true;
                match heard {
                    Heard::Answer { .. } => echo.answered = true,
                    Heard::Refused { .. } => {
                        let told = Told { errno: Errno::ECONNREFUSED, from: None, mtu: 0 };
                        echo.error = Some(echo.error.unwrap_or(told));
                    }
                    Heard::Error { errno, from, mtu, .. } => {
                        echo.error = Some(echo.error.unwrap_or(Told { errno, from, mtu }));
                    }
                }
            }
        }
        heard_any
    }
}
