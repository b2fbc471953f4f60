//! Somebody who listens, where nobody does.
//!
//! ```text
//! pod-c  10.244.2.2 tcp 80   nobody listens   →   we do, until the doors are closed
//! pod-d  10.244.2.3 udp 53   somebody does    →   left to them
//! ```

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Call, machine};
use crate::kernel::listeners;
use crate::kernel::netns::within;
use crate::kernel::probe::Protocol;
use crate::kernel::refusal::{Refusal, Result};
use crate::names::MachineName;

/// Open doors. They are closed when this is dropped.
#[derive(Debug, Default)]
pub struct Doors {
    /// Where: a machine's place in the list, and the port.
    places: Vec<(usize, Protocol)>,
    /// The kernel completes a handshake by itself.
    _listeners: Vec<TcpListener>,
    /// Who sends back the datagrams that come, and how they are told to stop.
    answering: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

/// How long it takes at most until whoever answers notices that it is over, in milliseconds.
const NOTICE: u8 = 20;

impl Doors {
    /// Opens a door for each of these calls whose address is somebody's, where nobody listens already.
    ///
    /// # Errors
    /// When a machine is not there, or no thread can be started.
    pub fn open(machines: &[MachineName], calls: &[Call]) -> Result<Self> {
        let mut doors = Doors::default();
        let mut sockets = Vec::new();
        for call in calls {
            let Some(at) = call.door else { continue };
            if doors.places.contains(&(at, call.protocol)) {
                continue;
            }
            // A door of its own for each address: what comes to one must not be answered from another.
            let same = calls.iter().filter(|other| other.door == Some(at) && other.protocol == call.protocol);
            let mut addresses: Vec<SocketAddr> = same.filter_map(Call::address).collect();
            addresses.sort_unstable();
            addresses.dedup();
            let machine = machine(machines, at)?;
            let free = within(machine, || Ok(listeners::of(call.protocol).is_empty()))?;
            if !free {
                continue;
            }
            doors.places.push((at, call.protocol));
            for address in addresses {
                // Where it is refused, an address is missing: what calls there finds out.
                match call.protocol {
                    Protocol::Tcp(_) => {
                        let listener = within(machine, || Ok(TcpListener::bind(address).ok()))?;
                        doors._listeners.extend(listener);
                    }
                    Protocol::Udp(_) => {
                        let socket = within(machine, || Ok(UdpSocket::bind(address).ok()))?;
                        sockets.extend(socket.filter(|socket| socket.set_nonblocking(true).is_ok()));
                    }
                    Protocol::Icmp => {}
                }
            }
        }
        if !sockets.is_empty() {
            let over = Arc::new(AtomicBool::new(false));
            let told = Arc::clone(&over);
            let thread = std::thread::Builder::new().spawn(move || answer(&sockets, &told));
            doors.answering = Some((over, thread.map_err(|e| Refusal::from_io("start a thread", &e))?));
        }
        Ok(doors)
    }

    /// Whether a call comes to one of these.
    pub fn are_for(&self, call: &Call) -> bool {
        call.door.is_some_and(|at| self.places.contains(&(at, call.protocol)))
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        if let Some((over, thread)) = self.answering.take() {
            over.store(true, Ordering::Relaxed);
            // It does nothing that could panic; if it did, nothing depends on it.
            let _ = thread.join();
        }
    }
}

/// Sends back what comes.
fn answer(sockets: &[UdpSocket], over: &AtomicBool) {
    let mut buffer = [0; 2048];
    while !over.load(Ordering::Relaxed) {
        let mut files: Vec<PollFd> = sockets.iter().map(|s| PollFd::new(s.as_fd(), PollFlags::POLLIN)).collect();
        if poll(&mut files, PollTimeout::from(NOTICE)).is_ok_and(|ready| ready == 0) {
            continue;
        }
        for socket in sockets {
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                // What cannot be sent back is an answer that is lost: the caller will notice.
                let _ = socket.send_to(buffer.get(..length).unwrap_or(&buffer), from);
            }
        }
    }
}
