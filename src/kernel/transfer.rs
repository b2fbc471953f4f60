//! A stream of bytes by TCP from one machine to another, to see whether it arrives whole.
//!
//! ```text
//! pod-a ── connect ─▶ a port of pod-c's that nobody uses      small packets: they arrive although large ones do not
//!       ── 200,000 bytes ─▶                                   full-sized packets
//!       ◀─ a byte ──                                          all of them were read
//! ```
//!
//! A ping is one small packet. What breaks at the size of a packet, as a link of a smaller MTU does where no ICMP error
//! comes back, shows only when somebody sends much. Both ends forget before what they have learned of the path: a stream
//! that stands still for whoever comes first is to stand still here too.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::netns;
use super::pmtu;
use super::refusal::{self, Refusal};
use super::sandbox::Kernel;
use crate::names::MachineName;

/// How often to look for a connection.
const PAUSE: Duration = Duration::from_millis(2);

/// Sends so many bytes from one machine to an address of another one, within so much time. Returns how many arrived, or
/// why no connection came about.
///
/// # Errors
/// When no more threads can be started.
pub fn transfer(
    _kernel: &Kernel,
    from: &MachineName,
    (to, address): (&MachineName, IpAddr),
    bytes: usize,
    patience: Duration,
) -> refusal::Result<Result<usize>> {
    let end = Instant::now() + patience;
    thread::scope(|scope| {
        let (tell_port, port) = channel();
        let refused = |e| Refusal::from_io("start a thread", &e);
        let receive = move || receive(to, address, bytes, end, &tell_port);
        let receiver = thread::Builder::new().spawn_scoped(scope, receive).map_err(refused)?;
        // Where the receiver could not listen, it says why.
        let sent = match port.recv() {
            Ok(port) => {
                let send = move || send(from, SocketAddr::new(address, port), bytes, end);
                let sender = thread::Builder::new().spawn_scoped(scope, send).map_err(refused)?;
                Some(sender.join().unwrap_or_else(|panic| resume_unwind(panic)))
            }
            Err(_) => None,
        };
        let received = receiver.join().unwrap_or_else(|panic| resume_unwind(panic));
        Ok(match (received, sent) {
            // Nobody came: why is the sender's to say.
            (Err(why), Some(Err(sender))) if why.kind() == ErrorKind::TimedOut => Err(sender),
            (received, _) => received,
        })
    })
}

/// Goes to a machine, which forgets what it has learned of paths.
fn prepare(machine: &MachineName, address: IpAddr) -> Result<()> {
    let prepared = netns::enter(machine).and_then(|()| pmtu::forget(address.is_ipv6()));
    prepared.map_err(|refusal| Error::other(refusal.to_string()))
}

fn receive(machine: &MachineName, address: IpAddr, bytes: usize, end: Instant, port: &Sender<u16>) -> Result<usize> {
    prepare(machine, address)?;
    let listener = TcpListener::bind(SocketAddr::new(address, 0))?;
    listener.set_nonblocking(true)?;
    // Nobody is left to be told only where the other thread has ended.
    let _ = port.send(listener.local_addr()?.port());
    let mut stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(e) if e.kind() == ErrorKind::WouldBlock && Instant::now() < end => thread::sleep(PAUSE),
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
            Err(e) => return Err(e),
        }
    };
    stream.set_nonblocking(false)?;
    let mut buffer = vec![0; 65_536];
    let mut read = 0;
    while read < bytes && left(end).is_some_and(|left| stream.set_read_timeout(Some(left)).is_ok()) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => read += count,
        }
    }
    if read >= bytes {
        // The sender waits for it; whether it still does is nothing to us.
        let _ = stream.write_all(b"!");
    }
    Ok(read)
}

fn send(machine: &MachineName, to: SocketAddr, bytes: usize, end: Instant) -> Result<()> {
    prepare(machine, to.ip())?;
    let late = || Error::from(ErrorKind::TimedOut);
    let mut stream = TcpStream::connect_timeout(&to, left(end).ok_or_else(late)?)?;
    let chunk = vec![0x2a; 65_536];
    let mut sent = 0;
    while sent < bytes {
        stream.set_write_timeout(Some(left(end).ok_or_else(late)?))?;
        sent += stream.write(chunk.get(..chunk.len().min(bytes - sent)).unwrap_or_default())?;
    }
    stream.set_read_timeout(Some(left(end).ok_or_else(late)?))?;
    stream.read(&mut [0]).map(|_| ())
}

fn left(end: Instant) -> Option<Duration> {
    Some(end.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
}
