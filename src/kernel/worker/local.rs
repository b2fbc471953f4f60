//! Requests that concern one namespace alone: names become indexes.
//!
//! ```text
//! LinkUp { cni0 }  ── Place { cni0: 16, … } ──▶  RTM_NEWLINK { index: 16, … }
//! ```

use nix::errno::Errno;

use super::Place;
use crate::kernel::message::{self, End, Hop, Message};
use crate::kernel::refusal::{Refusal, Result};
use crate::kernel::request::Request;

/// A request that concerns one namespace alone.
pub(super) fn message(place: &mut Place, request: &Request) -> Result<Message> {
    Ok(match request {
        Request::BridgeAdd { name } => message::bridge_add(name.as_str(), place.name_own(name.as_str())),
        Request::VxlanAdd { name, mac, mtu, vxlan } => {
            let lower = vxlan.dev.as_deref().map(|dev| place.index(dev)).transpose()?;
            message::vxlan_add(name.as_str(), place.name_own(name.as_str()), *mac, *mtu, vxlan, lower)
        }
        Request::VethAdd { name, peer, .. } => {
            let near = End { name: name.as_str(), index: place.name_port(name.as_str()), mtu: None };
            let far = End { name: peer.as_str(), index: place.name_own(peer.as_str()), mtu: None };
            message::veth_add(near, far, None)
        }
        Request::LinkDelete { name } => {
            let index = place.index(name.as_str())?;
            place.links.remove(name.as_str());
            message::link_delete(index)
        }
        Request::LinkMaster { name, master } => {
            let master = master.as_ref().map_or(Ok(0), |bridge| place.index(bridge.as_str()))?;
            message::link_master(place.index(name.as_str())?, master)
        }
        Request::LinkUp { name, up } => message::link_up(place.index(name.as_str())?, *up),
        Request::LinkLocal { name, generate } => message::link_local(place.index(name.as_str())?, *generate),
        Request::LinkMac { name, mac } => message::link_mac(place.index(name.as_str())?, *mac),
        Request::LinkSetting { link, setting, value } => {
            message::link_setting(place.index(link.as_str())?, setting, *value)
        }
        Request::Address { link, address, add } => message::address(place.index(link.as_str())?, *address, *add),
        Request::Route { to, via, dev, onlink, add } => {
            let dev = dev.as_ref().map(|dev| place.index(dev.as_str())).transpose()?;
            message::route(*to, Hop { via: *via, dev, onlink: *onlink }, *add)
        }
        Request::ExactRoute { route, add } => message::exact_route(route, *add, |dev| place.index(dev))?,
        Request::PolicyRule { rule, add } => message::policy_rule(rule, *add)?,
        Request::NeighbourSet { neighbour } => message::neighbour_set(place.index(&neighbour.link)?, neighbour),
        Request::NeighbourDelete { neighbour } => message::neighbour_delete(place.index(&neighbour.link)?, neighbour),
        Request::FdbSet { entry } => message::fdb_set(place.index(&entry.port)?, entry),
        Request::FdbDelete { entry } => message::fdb_delete(place.index(&entry.port)?, entry),
        Request::NetnsAdd
        | Request::NetnsDelete
        | Request::Sysctl { .. }
        | Request::LinkMove { .. }
        | Request::Nft(_)
        | Request::Ipam(_) => return Err(Refusal::new(request.to_string(), Errno::EINVAL)),
    })
}
