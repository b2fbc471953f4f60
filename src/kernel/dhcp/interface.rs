//! A link as DHCP needs it: its numbers, its own addresses, and setting the one that is leased.
//!
//! ```text
//! Interface { eth0, index 16, 0a:58:… }   ── lease 10.244.1.2/24 for 3600 s ──▶  RTM_NEWADDR { valid 3600 }, RTM_NEWROUTE
//! ```
//!
//! The kernel takes the address away when the time is over, whatever has become of the client by then.

use std::net::Ipv4Addr;

use ipnetwork::{IpNetwork, Ipv4Network};
use netlink_packet_core::{NLM_F_CREATE, NLM_F_REPLACE};
use nix::errno::Errno;
use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::{if_indextoname, if_nametoindex};

use crate::dhcp::message::Terms;
use crate::kernel::message::{self, Message};
use crate::kernel::netlink::{Bundle, Socket};
use crate::kernel::refusal::{Refusal, Result};
use crate::names::LinkName;
use crate::network::{Mac, Route};

/// A link of the calling thread's namespace.
#[derive(Debug, Clone)]
pub struct Interface {
    /// Its name.
    pub name: LinkName,
    /// Its number.
    pub index: u32,
    /// Its hardware address.
    pub mac: Mac,
}

impl Interface {
    /// Looks it up.
    ///
    /// # Errors
    /// `ENODEV` when there is none; `EAFNOSUPPORT` when it has no hardware address, as the loopback has none.
    pub fn find(name: &LinkName) -> Result<Self> {
        let refused = |errno| Refusal::new(format!("use the link {name}"), errno);
        let index = if_nametoindex(name.as_str()).map_err(|_| refused(Errno::ENODEV))?;
        let mac = own(name.as_str()).map_err(refused)?.iter().find_map(|own| own.address?.as_link_addr()?.addr());
        let mac = mac.filter(|mac| *mac != [0; 6]).map(Mac).ok_or_else(|| refused(Errno::EAFNOSUPPORT))?;
        Ok(Interface { name: name.clone(), index, mac })
    }

    /// Its IPv4 addresses with their prefix lengths.
    ///
    /// # Errors
    /// `ENODEV` when it is gone; as getifaddrs(3).
    pub fn addresses(&self) -> Result<Vec<Ipv4Network>> {
        let refused = |errno| Refusal::new(format!("list the addresses of {}", self.name), errno);
        // Its number is its own for ever, its name is not.
        let name = if_indextoname(self.index).map_err(|_| refused(Errno::ENODEV))?;
        let own = own(&name.to_string_lossy()).map_err(refused)?;
        let ip = |address: Option<nix::sys::socket::SockaddrStorage>| Some(address?.as_sockaddr_in()?.ip());
        let network = |own: &InterfaceAddress| Ipv4Network::with_netmask(ip(own.address)?, ip(own.netmask)?).ok();
        Ok(own.iter().filter_map(network).collect())
    }

    /// Sets the leased address for the time of the lease. One that is there gets the new time.
    ///
    /// # Errors
    /// `ENODEV` when the link is gone.
    pub fn set(&self, terms: &Terms) -> Result<()> {
        let address = message::address_for(self.index, terms.address.into(), terms.lease);
        self.send(address, NLM_F_CREATE | NLM_F_REPLACE, "set the leased address")
    }

    /// Adds the default route by way of `router`, unless it is there.
    ///
    /// # Errors
    /// `EEXIST` when there is another default route.
    pub fn set_route(&self, router: Ipv4Addr) -> Result<()> {
        let doing = format!("add the default route via {router}");
        match self.send(self.route(router, true)?, 0, &doing) {
            // The one of the lease before.
            Err(refusal) if refusal.errno == Errno::EEXIST && self.has_route(router)? => Ok(()),
            other => other,
        }
    }

    /// Takes the address away, with which its routes go.
    pub fn clear(&self, address: Ipv4Network) {
        // It may have gone by itself: its time is over, or somebody was faster.
        let (message, flags) = message::address(self.index, address.into(), false);
        let _ = self.send((message, flags), 0, "delete the leased address");
    }

    /// Takes the default route away, where the address went without it.
    pub fn clear_route(&self, router: Ipv4Addr) {
        // As above: mostly, it is gone.
        let _ = self.route(router, false).and_then(|route| self.send(route, 0, "delete the default route"));
    }

    /// The default route that comes with a lease.
    fn route(&self, router: Ipv4Addr, add: bool) -> Result<Message> {
        let everywhere = IpNetwork::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let everywhere = everywhere.map_err(|_| Refusal::new("name the default route", Errno::EINVAL))?;
        let route = Route::by_way_of(everywhere, router.into(), Some(self.name.to_string()));
        message::exact_route(&Route { protocol: "dhcp".into(), ..route }, add, |_| Ok(self.index))
    }

    /// Whether the default route by way of `router` is there.
    fn has_route(&self, router: Ipv4Addr) -> Result<bool> {
        let refused = |errno| Refusal::new("list the routes", errno);
        let socket = Socket::open().map_err(refused)?;
        let routes = socket.dump(message::routes_question()).map_err(refused)?;
        Ok(routes.iter().any(|route| message::is_default_route(route, router.into(), self.index)))
    }

    fn send(&self, (message, kind): Message, flags: u16, doing: &str) -> Result<()> {
        let socket = Socket::open().map_err(|errno| Refusal::new("open a netlink socket", errno))?;
        let mut bundle = Bundle::default();
        bundle.push(message, if flags == 0 { kind } else { flags });
        socket.send(&mut bundle).map_err(|failed| Refusal::new(doing, failed.errno).with_detail(failed.detail))
    }
}

/// Everything that getifaddrs(3) says of a link.
fn own(name: &str) -> nix::Result<Vec<InterfaceAddress>> {
    Ok(getifaddrs()?.filter(|own| own.interface_name == name).collect())
}
