//! One thread's hands in the sandbox: it takes batches to namespaces and reports what failed.
//!
//! ```text
//! Batch { at: pod-a, [ NetnsAdd, LinkUp lo, VethAdd …, Address …, Route … ] }
//!            unshare ─┘      └─────────── one sendmsg ───────────┘
//! ```
//!
//! A worker keeps a `Place` for each namespace that it works in: the open namespace, its netlink sockets, and the
//! indexes of its links. Workers on several threads share one place, the fabric's.

mod ipam;
mod local;

use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::net::if_::if_nameindex;

use super::message::{self, Birthplace, End, Message};
use super::netlink::{Bundle, Socket};
use super::netns::Netns;
use super::nft;
use super::refusal::{Refusal, Result};
use super::request::{Batch, Home, Request};
use super::sandbox::Kernel;
use super::sysctl;
use crate::names::MachineName;

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its number in the plan.
    pub step: u32,
    /// Why.
    pub refusal: Refusal,
}

/// How many bytes of requests go out at once, at most: well below the socket's send buffer.
const BUNDLE_SIZE: usize = 32 * 1024;

/// Where the indexes of a machine's own links begin. Below it is room for what a namespace may be born with: `lo`, and
/// the fallback devices of tunnel modules (`tunl0`, `sit0`, …: nine of them) unless `net.core.fb_tunnels_only_for_init_net`
/// says otherwise.
const FIRST_OWN_INDEX: u32 = 16;

/// Where the indexes of bridge ports begin. A veth end must not have its peer's index: the kernel then defers the
/// carrier event, and the port forwards half a second late. So many links of its own no machine has.
const FIRST_PORT_INDEX: u32 = 100_000;

/// A namespace that a worker works in.
#[derive(Debug)]
struct Place {
    ns: Netns,
    route: Socket,
    nft: Option<OwnedFd>,
    links: HashMap<String, u32>,
    next_own: u32,
    next_port: u32,
}

impl Place {
    /// Of the namespace that the calling thread is in, which is `ns`.
    fn here(ns: Netns) -> Result<Self> {
        let mut place = Place::fresh(ns)?;
        place.look_again()?;
        Ok(place)
    }

    /// Of a namespace just made, which the calling thread is in: of what it was born with, only `lo` is spoken of.
    fn fresh(ns: Netns) -> Result<Self> {
        let route = Socket::open().map_err(|errno| Refusal::new("open a netlink socket", errno))?;
        let links = HashMap::from([("lo".to_owned(), 1)]);
        Ok(Place { ns, route, nft: None, links, next_own: FIRST_OWN_INDEX, next_port: FIRST_PORT_INDEX })
    }

    /// Changes the ruleset. The calling thread is in the namespace: the first time opens a socket.
    fn change_rules(&mut self, changes: &[nft::Change]) -> nft::Result<()> {
        let socket = match self.nft.take() {
            Some(socket) => socket,
            None => nft::open()?,
        };
        let applied = nft::apply(&socket, changes);
        self.nft = Some(socket);
        applied
    }

    /// Lists the links anew. The calling thread is in the namespace.
    fn look_again(&mut self) -> Result<()> {
        let found = if_nameindex().map_err(|errno| Refusal::new("list the links", errno))?;
        self.links = found.iter().map(|link| (link.name().to_string_lossy().into_owned(), link.index())).collect();
        let after =
            |limit: u32| self.links.values().filter(|index| **index < limit).max().map_or(1, |index| *index) + 1;
        self.next_own = after(FIRST_PORT_INDEX).max(FIRST_OWN_INDEX);
        self.next_port = after(u32::MAX).max(FIRST_PORT_INDEX);
        Ok(())
    }

    fn index(&self, link: &str) -> Result<u32> {
        let missing = || Refusal::new(format!("find the link {link}"), Errno::ENODEV);
        self.links.get(link).copied().ok_or_else(missing)
    }

    /// Makes a new link known: a machine's own, or a port.
    fn name_own(&mut self, link: &str) -> u32 {
        let index = self.next_own;
        self.next_own += 1;
        self.links.insert(link.to_owned(), index);
        index
    }

    fn name_port(&mut self, link: &str) -> u32 {
        let index = self.next_port;
        self.next_port += 1;
        self.links.insert(link.to_owned(), index);
        index
    }
}

/// One thread's hands.
#[derive(Debug)]
pub struct Worker {
    fabric: Arc<Mutex<Place>>,
    places: HashMap<MachineName, Place>,
    /// Which namespace this thread is in, where it is a machine's.
    here: MachineName,
}

fn lock(place: &Mutex<Place>) -> MutexGuard<'_, Place> {
    // A panic elsewhere does not make the tables wrong: every change of them is one insertion.
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    /// A worker for the calling thread, which is in the fabric.
    ///
    /// # Errors
    /// When no more files can be opened.
    pub fn new(_kernel: &Kernel) -> Result<Self> {
        let fabric = Place::here(Netns::current()?)?;
        Ok(Worker { fabric: Arc::new(Mutex::new(fabric)), places: HashMap::new(), here: MachineName::fabric() })
    }

    /// A worker for another thread, which starts in the fabric too.
    pub fn sibling(&self) -> Self {
        Worker { fabric: Arc::clone(&self.fabric), places: HashMap::new(), here: MachineName::fabric() }
    }

    /// Closes what was opened for a machine that needs no more work.
    pub fn forget(&mut self, machine: &MachineName) {
        self.places.remove(machine);
    }

    /// Closes everything when more than `most` machines are open: a place costs two descriptors.
    pub fn keep_at_most(&mut self, most: usize) {
        if self.places.len() > most {
            self.places.clear();
        }
    }

    /// Takes this thread back to the fabric, which is where whoever looks expects it.
    ///
    /// # Errors
    /// `EPERM` outside the sandbox.
    pub fn come_home(&mut self) -> Result<()> {
        self.go(&MachineName::fabric())
    }

    /// Carries out a batch.
    ///
    /// # Errors
    /// The first request that was refused.
    pub fn run(&mut self, batch: &Batch) -> std::result::Result<(), Failed> {
        let at = &batch.at;
        let mut sending = Departure::default();
        for item in &batch.sendings {
            let step = item.step;
            // What is done at once needs what was queued: the link that a sysctl belongs to must not still wait to be sent
            // for, nor the address of a link that is to be served.
            if item.request.is_at_once() {
                self.flush(at, &mut sending)?;
            }
            self.queue(at, &item.request, step, &mut sending).map_err(|refusal| Failed { step, refusal })?;
            let moved = matches!(item.request, Request::LinkMove { .. });
            if moved || sending.bundle.size() > BUNDLE_SIZE {
                self.flush(at, &mut sending)?;
            }
        }
        self.flush(at, &mut sending)
    }

    /// Does at once what is not netlink, and queues what is.
    fn queue(&mut self, at: &MachineName, request: &Request, step: u32, sending: &mut Departure) -> Result<()> {
        match request {
            Request::NetnsAdd => {
                let ns = Netns::create(at)?;
                self.here = at.clone();
                self.places.insert(at.clone(), Place::fresh(ns)?);
            }
            Request::NetnsDelete => {
                // A thread that stayed in it would keep it alive.
                self.come_home()?;
                self.places.remove(at);
                Netns::delete(at)?;
            }
            Request::Sysctl { key, value } => {
                self.go(at)?;
                sysctl::write(key, value)?;
            }
            Request::Ipam(request) => self.give_addresses(at, request)?,
            Request::Nft(change) => {
                sending.nft_steps.push(step);
                sending.nft.push(change.clone());
            }
            _ => {
                let (message, flags) = self.message(at, request)?;
                sending.route_steps.push((step, request.clone()));
                sending.bundle.push(message, flags);
            }
        }
        Ok(())
    }

    /// Sends what is queued.
    fn flush(&mut self, at: &MachineName, queued: &mut Departure) -> std::result::Result<(), Failed> {
        let mut departure = std::mem::take(queued);
        if !departure.bundle.is_empty() {
            self.with(at, |place| Ok(place.route.send(&mut departure.bundle)))
                .map_err(|refusal| Failed { step: departure.route_steps[0].0, refusal })?
                .map_err(|failed| {
                    let (step, request) = &departure.route_steps[failed.index.min(departure.route_steps.len() - 1)];
                    let refusal = Refusal::new(request.to_string(), failed.errno).with_detail(failed.detail);
                    Failed { step: *step, refusal }
                })?;
        }
        if !departure.nft.is_empty() {
            let first = departure.nft_steps[0];
            self.go(at).map_err(|refusal| Failed { step: first, refusal })?;
            self.with(at, |place| Ok(place.change_rules(&departure.nft)))
                .map_err(|refusal| Failed { step: first, refusal })?
                .map_err(|error| {
                    let failed = error.change().unwrap_or(0).min(departure.nft.len() - 1);
                    let doing = format!("run `{}`", nft::command(&departure.nft[failed]));
                    Failed { step: departure.nft_steps[failed], refusal: Refusal::from_nft(doing, error) }
                })?;
        }
        if let Some(Request::LinkMove { to, .. }) = departure.route_steps.last().map(|(_, request)| request) {
            // Its index may have changed on the way.
            self.go(to).and_then(|()| self.with(to, Place::look_again)).map_err(|refusal| Failed {
                step: departure.route_steps.last().map_or(0, |(step, _)| *step),
                refusal,
            })?;
        }
        Ok(())
    }

    /// Takes this thread to a machine's namespace.
    fn go(&mut self, machine: &MachineName) -> Result<()> {
        if self.here != *machine {
            self.with(machine, |place| place.ns.enter())?;
            self.here = machine.clone();
        }
        Ok(())
    }

    /// Does something with a machine's place, which is opened first where it is not yet.
    fn with<T>(&mut self, machine: &MachineName, work: impl FnOnce(&mut Place) -> Result<T>) -> Result<T> {
        if machine.is_fabric() {
            return work(&mut lock(&self.fabric));
        }
        if !self.places.contains_key(machine) {
            let ns = Netns::open(machine)?;
            ns.enter()?;
            self.here = machine.clone();
            self.places.insert(machine.clone(), Place::here(ns)?);
        }
        match self.places.get_mut(machine) {
            Some(place) => work(place),
            None => Err(Refusal::new(format!("enter the namespace of {machine}"), Errno::ENOENT)),
        }
    }

    /// A request as a message, its names looked up.
    fn message(&mut self, at: &MachineName, request: &Request) -> Result<Message> {
        if let Request::VethAdd { name, peer, home: Some(Home { machine, master, mtu }) } = request {
            let (near, ns, master) = self.with(machine, |home| {
                let master = master.as_ref().map(|bridge| home.index(bridge.as_str())).transpose()?;
                Ok((home.name_port(name.as_str()), home.ns.as_fd().as_raw_fd(), master))
            })?;
            let far = self.with(at, |place| Ok(place.name_own(peer.as_str())))?;
            let near = End { name: name.as_str(), index: near, mtu: mtu[0] };
            let far = End { name: peer.as_str(), index: far, mtu: mtu[1] };
            return Ok(message::veth_add(near, far, Some(Birthplace { ns, master })));
        }
        if let Request::LinkMove { name, to, rename } = request {
            let ns = self.with(to, |place| Ok(place.ns.as_fd().as_raw_fd()))?;
            return self.with(at, |place| {
                let index = place.index(name.as_str())?;
                place.links.remove(name.as_str());
                Ok(message::link_move(index, ns, rename.as_str()))
            });
        }
        self.with(at, |place| local::message(place, request))
    }
}

/// What is queued for one namespace, and which steps it belongs to.
#[derive(Debug, Default)]
struct Departure {
    bundle: Bundle,
    route_steps: Vec<(u32, Request)>,
    nft: Vec<nft::Change>,
    nft_steps: Vec<u32>,
}
