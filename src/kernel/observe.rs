//! What there is: the namespaces of a lab as the kernel describes them.
//!
//! ```text
//! observe(kernel, [node-1, pod-a], View::ALL)  →  { node-1: Namespace { links, addresses, … }, pod-a: … }
//! ```
//!
//! One rtnetlink socket per namespace, one after the other: the kernel answers a dump while it is asked for, so there is
//! nothing to gain from many at once, and a lab of thousands of machines needs no thousands of descriptors. A large lab
//! is looked at by two threads, each its half.

mod peers;
mod policy_rules;
pub(super) mod routes;
mod settings;
mod values;

use std::collections::BTreeMap;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};

use futures_util::{Stream, TryStreamExt, pin_mut};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::RouteMessage;
use netlink_sys::TokioSocket;
use nix::errno::Errno;
use nix::net::if_::if_nameindex;
use nix::sys::socket::SockProtocol;
use rtnetlink::{Handle, IpVersion};

use self::peers::End;
use super::leases;
use super::netlink;
use super::netns::Netns;
use super::nft;
use super::refusal::{Refusal, Result};
use super::sandbox::Kernel;
use super::sysctl;
use crate::names::MachineName;
use crate::network::watched;
use crate::network::{MAIN, Namespace, Namespaces};

/// From how many machines on two threads look: to read so many sysctls takes its time.
const MANY: usize = 50;

/// What to look at, beside links and addresses.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Routes of the main table.
    pub routes: bool,
    /// With them those of all other tables.
    pub all_tables: bool,
    /// Policy rules.
    pub policy_rules: bool,
    /// Neighbours and the FDB.
    pub neighbours: bool,
    /// With them the addresses that machines answer for (`ip neigh show proxy`).
    pub proxies: bool,
    /// nftables.
    pub tables: bool,
    /// The other ends of veth pipes, as far as they are in the machines that are looked at.
    pub peers: bool,
    /// What can be set on links beside all that.
    pub settings: bool,
    /// The sysctls that are worth watching ([`crate::network::watched`]), of each machine and its links.
    pub watched: bool,
    /// Which addresses machines have given out, and who listens for DHCP.
    pub ipam: bool,
    /// Sysctls, by machine.
    pub sysctls: BTreeMap<MachineName, Vec<String>>,
}

impl View {
    /// Links and addresses alone.
    pub const LINKS: View = View::of(false, false, false);
    /// Links, addresses and routes.
    pub const ROUTES: View = View::of(true, false, false);
    /// What a report shows: the routes of the main table, neighbours, nftables.
    pub const ALL: View = View::of(true, true, false);
    /// Everything that a person can change, but sysctls that are not watched: these must be asked for by key.
    pub const WHOLE: View = View::of(true, true, true);

    const fn of(routes: bool, report: bool, whole: bool) -> View {
        View {
            routes,
            all_tables: whole,
            policy_rules: whole,
            neighbours: report,
            proxies: whole,
            tables: report,
            peers: whole,
            settings: whole,
            watched: whole,
            ipam: false,
            sysctls: BTreeMap::new(),
        }
    }
}

/// What could be seen from inside a namespace, and a socket to ask the rest.
struct Opened {
    machine: MachineName,
    socket: OwnedFd,
    seen: Namespace,
}

/// Looks at some machines. Those without a namespace are left out of the answer.
///
/// # Errors
/// When no more files can be opened, or the kernel's answers cannot be read.
pub fn observe<'a>(
    _kernel: &Kernel,
    machines: impl IntoIterator<Item = &'a MachineName>,
    view: &View,
) -> Result<Namespaces> {
    let machines: Vec<&MachineName> = machines.into_iter().collect();
    let (mut all, ends) = match machines.len() {
        few if few < MANY => look_at(&machines, view)?,
        many => std::thread::scope(|scope| {
            // A thread begins in the namespace of the one that starts it: the fabric.
            let (mine, theirs) = machines.split_at(many / 2);
            let other = std::thread::Builder::new().spawn_scoped(scope, || look_at(theirs, view));
            let mine = look_at(mine, view);
            let theirs = match other {
                Ok(other) => other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // Where no thread can be had, this one looks at all of them.
                Err(_) => look_at(theirs, view),
            };
            let ((mut all, mut ends), (rest, others)) = (mine?, theirs?);
            all.extend(rest);
            ends.extend(others);
            Ok::<_, Refusal>((all, ends))
        })?,
    };
    if view.peers {
        let fabric = Netns::current()?;
        let found = peers::find(&fabric, &ends);
        fabric.enter()?;
        peers::name(&mut all, &ends, &found?);
    }
    Ok(all)
}

/// Looks at some machines, one after the other.
fn look_at(machines: &[&MachineName], view: &View) -> Result<(Namespaces, Vec<End>)> {
    let fabric = Netns::current()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Refusal::from_io("start the runtime", &e))?;
    let mut all = Namespaces::new();
    let mut ends = Vec::new();
    for machine in machines {
        let looked = open(&fabric, machine, view).and_then(|opened| match opened {
            Some(opened) => runtime.block_on(look(opened, view, &mut ends)).map(Some),
            None => Ok(None),
        });
        // Come home in any case: what follows takes this thread to be in the fabric.
        fabric.enter()?;
        all.extend(looked?);
    }
    Ok((all, ends))
}

/// Goes into a namespace, if there is one, and sees what can only be seen from there.
fn open(fabric: &Netns, machine: &MachineName, view: &View) -> Result<Option<Opened>> {
    match machine.is_fabric() {
        true => fabric.enter()?,
        false => match Netns::open(machine) {
            Err(refusal) if refusal.errno == Errno::ENOENT => return Ok(None),
            other => other?.enter()?,
        },
    }
    let socket =
        netlink::open(SockProtocol::NetlinkRoute).map_err(|errno| Refusal::new("open a netlink socket", errno))?;
    let mut seen = Namespace::default();
    // A key that this kernel does not have is not there to be seen.
    let keys = view.sysctls.get(machine).into_iter().flatten();
    seen.sysctls.extend(sysctl::read_many(keys.map(String::as_str)));
    if view.watched {
        let links = if_nameindex().map_err(|errno| Refusal::new("list the links", errno))?;
        let links: Vec<String> = links.iter().map(|link| link.name().to_string_lossy().into_owned()).collect();
        let keys = watched::keys(links.iter().map(String::as_str));
        seen.sysctls.extend(sysctl::read_many(keys.iter().map(String::as_str)));
    }
    if view.ipam {
        seen.ipam = leases::observe(machine);
    }
    if view.tables {
        let doing = "read the nftables rules";
        let nft = nft::open().map_err(|error| Refusal::from_nft(doing, error))?;
        seen.tables = nft::dump(&nft).map_err(|error| Refusal::from_nft(doing, error))?;
    }
    Ok(Some(Opened { machine: machine.clone(), socket, seen }))
}

/// Asks over the socket.
async fn look(one: Opened, view: &View, ends: &mut Vec<End>) -> Result<(MachineName, Namespace)> {
    let Opened { machine, socket, mut seen } = one;
    // SAFETY: the descriptor is a netlink socket of ours, and is given away.
    let socket = unsafe { TokioSocket::from_raw_fd(socket.into_raw_fd()) };
    let (connection, handle, messages) = rtnetlink::from_socket(socket);
    // Unsolicited messages are not asked for; their receiver alone would keep the namespace alive.
    drop(messages);
    let connection = tokio::spawn(connection);
    let looked = ask(&handle, view, &machine, &mut seen, ends).await;
    drop(handle);
    connection.abort();
    let _ = connection.await;
    looked.map(|()| (machine, seen))
}

async fn ask(
    handle: &Handle,
    view: &View,
    machine: &MachineName,
    seen: &mut Namespace,
    ends: &mut Vec<End>,
) -> Result<()> {
    for message in all(handle.link().get().execute()).await? {
        let mut link = values::link(&message);
        if view.settings {
            link.settings = settings::of(&message);
        }
        if view.peers && link.kind == "veth" {
            ends.extend(End::of(machine, &message));
        }
        seen.links.push(link);
    }
    values::name_others(&mut seen.links);
    for message in all(handle.address().get().execute()).await? {
        seen.addresses.extend(values::address(&message, &seen.links));
    }
    if view.routes {
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut message = RouteMessage::default();
            message.header.address_family = family;
            for message in all(handle.route().get(message).execute()).await? {
                if view.all_tables || routes::table(&message) == MAIN {
                    seen.routes.extend(routes::route(&message, &seen.links));
                }
            }
        }
    }
    if view.policy_rules {
        for family in [IpVersion::V4, IpVersion::V6] {
            let rules = all(handle.rule().get(family).execute()).await?;
            seen.policy_rules.extend(rules.iter().map(policy_rules::policy_rule));
        }
    }
    if view.neighbours {
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            for message in all(handle.neighbours().get().set_address_family(family).execute()).await? {
                seen.neighbours.extend(values::neighbour(&message, &seen.links));
            }
            if view.proxies {
                for message in all(handle.neighbours().get().set_address_family(family).proxies().execute()).await? {
                    seen.neighbours.extend(values::neighbour(&message, &seen.links));
                }
            }
        }
        for message in all(handle.neighbours().get().set_address_family(AddressFamily::Bridge).execute()).await? {
            seen.fdb.extend(values::fdb(&message, &seen.links));
        }
    }
    Ok(())
}

/// Collects a dump.
async fn all<T>(stream: impl Stream<Item = std::result::Result<T, rtnetlink::Error>>) -> Result<Vec<T>> {
    pin_mut!(stream);
    let mut found = Vec::new();
    loop {
        match stream.try_next().await {
            Ok(Some(message)) => found.push(message),
            Ok(None) => return Ok(found),
            Err(error) => return Err(refusal(error)),
        }
    }
}

fn refusal(error: rtnetlink::Error) -> Refusal {
    let doing = "read what the kernel holds";
    match error {
        rtnetlink::Error::NetlinkError(message) => {
            Refusal::new(doing, Errno::from_raw(message.code.map_or(0, |code| -code.get())))
        }
        other => Refusal::new(doing, Errno::EIO).with_detail(Some(other.to_string())),
    }
}
