//! Which two ends are one veth pipe.
//!
//! ```text
//! node-1: veth-a, index 100000, IFLA_LINK 16,     IFLA_LINK_NETNSID 0 ─┐  each names the other's index;
//! pod-a:  eth0,   index 16,     IFLA_LINK 100000, IFLA_LINK_NETNSID 0 ─┘  and pod-a calls node-1's namespace 0
//! ```
//!
//! An end says which index its peer has, and by a number of its own namespace's (an *nsid*) in which namespace. Many
//! nodes have a port of the same index for a pod's end of the same index; so the kernel is asked, in the end's
//! namespace, which number a candidate's namespace has there (`RTM_GETNSID`).
//!
//! The machines with the fewest ends ask first (a pod has one, with as many candidates as there are nodes), and the
//! machine found last is the first one to be tried, as pods come node by node: about one question for a pod.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::{AsFd, AsRawFd, RawFd};

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage};
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use nix::errno::Errno;

use crate::kernel::netlink::Socket;
use crate::kernel::netns::Netns;
use crate::kernel::refusal::{Refusal, Result};
use crate::names::MachineName;
use crate::network::{Namespaces, Peer};

/// One end of a veth pipe.
#[derive(Debug)]
pub struct End {
    machine: MachineName,
    link: String,
    index: u32,
    /// The peer's index in its namespace.
    peer: u32,
    /// What the end's namespace calls the peer's; none when it is the same.
    nsid: Option<i32>,
}

impl End {
    /// Of a link's message; none for a link without a peer.
    pub fn of(machine: &MachineName, message: &LinkMessage) -> Option<End> {
        let (mut link, mut peer, mut nsid) = (None, None, None);
        for attribute in &message.attributes {
            match attribute {
                LinkAttribute::IfName(name) => link = Some(name.clone()),
                LinkAttribute::Link(index) => peer = Some(*index),
                LinkAttribute::LinkNetNsId(id) => nsid = Some(*id),
                _ => {}
            }
        }
        Some(End { machine: machine.clone(), link: link?, index: message.header.index, peer: peer?, nsid })
    }
}

/// How many namespaces are kept open to be asked about.
const OPEN: usize = 100;

/// The peer of each end, by their places among `ends`. The calling thread may be somewhere else afterwards.
///
/// # Errors
/// When a namespace cannot be entered or asked.
pub fn find(fabric: &Netns, ends: &[End]) -> Result<Vec<Option<usize>>> {
    let mut search = Search::new(fabric, ends);
    let mut machines: BTreeMap<&MachineName, Vec<usize>> = BTreeMap::new();
    for (place, end) in ends.iter().enumerate() {
        machines.entry(&end.machine).or_default().push(place);
    }
    let mut machines: Vec<_> = machines.into_iter().collect();
    machines.sort_by_key(|(_, places)| (places.len(), places.first().copied()));
    for (machine, places) in machines {
        search.machine(machine, &places)?;
    }
    Ok(search.found)
}

/// Writes down what was found.
pub fn name(all: &mut Namespaces, ends: &[End], found: &[Option<usize>]) {
    for (end, peer) in ends.iter().zip(found) {
        let Some(peer) = peer.and_then(|peer| ends.get(peer)) else { continue };
        let links = all.get_mut(&end.machine).map(|ns| &mut ns.links);
        if let Some(link) = links.and_then(|links| links.iter_mut().find(|link| link.index == end.index)) {
            link.peer = Some(Peer { machine: peer.machine.clone(), link: peer.link.clone() });
        }
    }
}

struct Search<'a> {
    fabric: &'a Netns,
    ends: &'a [End],
    /// Ends without a peer so far, by their own and their peer's index.
    waiting: HashMap<(u32, u32), Vec<usize>>,
    found: Vec<Option<usize>>,
    /// Namespaces that were asked about.
    open: HashMap<&'a MachineName, Netns>,
    /// The machine that was found last.
    last: Option<&'a MachineName>,
}

impl<'a> Search<'a> {
    fn new(fabric: &'a Netns, ends: &'a [End]) -> Self {
        let mut waiting: HashMap<(u32, u32), Vec<usize>> = HashMap::new();
        for (place, end) in ends.iter().enumerate() {
            waiting.entry((end.index, end.peer)).or_default().push(place);
        }
        Search { fabric, ends, waiting, found: vec![None; ends.len()], open: HashMap::new(), last: None }
    }

    /// Finds the peers of a machine's ends.
    fn machine(&mut self, machine: &'a MachineName, places: &[usize]) -> Result<()> {
        let mut socket = None;
        for place in places {
            let Some(end) = self.ends.get(*place) else { continue };
            let unknown = self.found.get(*place).is_some_and(Option::is_none);
            if !unknown || !self.waiting.contains_key(&(end.peer, end.index)) {
                continue;
            }
            if socket.is_none() && end.nsid.is_some() {
                socket = self.socket(machine)?;
            }
            if let Some(peer) = self.peer(end, socket.as_ref())? {
                self.pair(*place, peer);
            }
        }
        Ok(())
    }

    /// The peer of an end, asked by a socket in the end's namespace.
    fn peer(&mut self, end: &End, socket: Option<&Socket>) -> Result<Option<usize>> {
        let (ends, last) = (self.ends, self.last);
        let mut candidates: Vec<usize> = self.waiting.get(&(end.peer, end.index)).cloned().unwrap_or_default();
        candidates.sort_by_key(|place| ends.get(*place).map(|end| &end.machine) != last);
        for place in candidates {
            let Some(other) = ends.get(place) else { continue };
            let same = match (end.nsid, socket) {
                (None, _) => other.machine == end.machine && other.index != end.index,
                (Some(nsid), Some(socket)) if other.machine != end.machine => match self.namespace(&other.machine)? {
                    Some(ns) => nsid_of(socket, ns)? == Some(nsid),
                    None => false,
                },
                _ => false,
            };
            if same {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    fn pair(&mut self, one: usize, other: usize) {
        for (place, peer) in [(one, other), (other, one)] {
            let Some(end) = self.ends.get(place) else { continue };
            if let Some(found) = self.found.get_mut(place) {
                *found = Some(peer);
            }
            if let Some(waiting) = self.waiting.get_mut(&(end.index, end.peer)) {
                waiting.retain(|waiting| *waiting != place);
            }
        }
        self.last = self.ends.get(other).map(|end| &end.machine);
    }

    /// A socket in a machine's namespace, if it still is there.
    fn socket(&self, machine: &MachineName) -> Result<Option<Socket>> {
        match machine.is_fabric() {
            true => self.fabric.enter()?,
            false => match Netns::open(machine) {
                Err(refusal) if refusal.errno == Errno::ENOENT => return Ok(None),
                other => other?.enter()?,
            },
        }
        Socket::open().map(Some).map_err(|errno| Refusal::new("open a netlink socket", errno))
    }

    /// A machine's namespace, if it still is there.
    fn namespace(&mut self, machine: &'a MachineName) -> Result<Option<RawFd>> {
        if machine.is_fabric() {
            return Ok(Some(self.fabric.as_fd().as_raw_fd()));
        }
        if !self.open.contains_key(machine) {
            if self.open.len() >= OPEN {
                self.open.clear();
            }
            match Netns::open(machine) {
                Err(refusal) if refusal.errno == Errno::ENOENT => return Ok(None),
                other => drop(self.open.insert(machine, other?)),
            }
        }
        Ok(self.open.get(machine).map(|ns| ns.as_fd().as_raw_fd()))
    }
}

/// What the socket's namespace calls this one; none when it has no number for it.
fn nsid_of(socket: &Socket, ns: RawFd) -> Result<Option<i32>> {
    let doing = "find the other end of a veth pipe";
    let mut message = NsidMessage::default();
    message.attributes.push(NsidAttribute::Fd(ns.cast_unsigned()));
    let answer = socket.ask(RouteNetlinkMessage::GetNsId(message)).map_err(|errno| Refusal::new(doing, errno))?;
    let Some(RouteNetlinkMessage::NewNsId(answer)) = answer else { return Ok(None) };
    let id = answer.attributes.iter().find_map(|attribute| match attribute {
        NsidAttribute::Id(id) => Some(*id),
        _ => None,
    });
    // NETNSA_NSID_NOT_ASSIGNED, include/uapi/linux/net_namespace.h.
    Ok(id.filter(|id| *id >= 0))
}
