//! Requests that concern one namespace alone: names become indexes.
//!
//! ```text
//! LinkUp { cni0 }  ── Place { cni0: 16, … } ──▶  RTM_NEWLINK { index: 16, … }
//! ```

use nix::errno::Errno;

use super::Place;
use crate::kernel::message::{self, End, Message};
use crate::kernel::refusal::{Refusal, Result};
use crate::kernel::request::Request;

/// A request that concerns one namespace alone.
pub(super) fn message(place: &mut Place, request: &Request) -> Result<Message> {
    Ok(match request {
        Request::BridgeAdd { name } => message::bridge_add(name.as_str(), place.name_own(name.as_str())),
        Request::VethAdd { name, peer, .. } => {
            let near = End { name: name.as_str(), index: place.name_port(name.as_str()) };
            let far = End { name: peer.as_str(), index: place.name_own(peer.as_str()) };
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
        Request::LinkAddress { name, mac } => message::link_address(place.index(name.as_str())?, *mac),
        Request::LinkLocal { name, generate } => message::link_local(place.index(name.as_str())?, *generate),
        Request::LinkSetting { link, setting, value } => {
            message::link_setting(place.index(link.as_str())?, setting, *value)
        }
        Request::Address { link, address, add } => message::address(place.index(link.as_str())?, *address, *add),
        Request::Route { to, via, add } => message::route(*to, *via, *add),
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
        | Request::Nft(_) => return Err(Refusal::new(request.to_string(), Errno::EINVAL)),
    })
}
