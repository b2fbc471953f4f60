//! rtnetlink's messages as [`crate::network`] values.
//!
//! ```text
//! LinkMessage { index: 3, attributes: [IfName("cni0"), LinkInfo([Kind(Bridge)]), …] }
//!     → Link { index: 3, name: "cni0", kind: "bridge", … }
//! ```

use std::net::IpAddr;

use ipnetwork::IpNetwork;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressScope};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, BridgePortState, In6AddrGenMode, InfoBridgePort, InfoData, InfoPortData, InfoVxlan,
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage, State,
};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};

use crate::network::{Address, FOR_A_WHILE, FdbEntry, Link, Mac, Neighbour, PortState, Vxlan};

/// A link. Its master, and the link that a VXLAN sends by, are numbers for now: [`name_others`] finds the names.
pub fn link(message: &LinkMessage) -> Link {
    let header = &message.header;
    let mut link = Link {
        index: header.index,
        up: header.flags.contains(LinkFlags::Up),
        carrier: header.flags.contains(LinkFlags::LowerUp),
        ..Link::new("", "")
    };
    let mut state = State::Unknown;
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Mtu(mtu) => link.mtu = *mtu,
            LinkAttribute::OperState(now) => state = *now,
            LinkAttribute::Address(bytes) => link.mac = mac(bytes),
            LinkAttribute::Link(index) => link.over = Some(*index),
            LinkAttribute::Controller(index) => link.master = Some(index.to_string()),
            LinkAttribute::LinkInfo(infos) => infos.iter().for_each(|info| link_info(info, &mut link)),
            LinkAttribute::AfSpecUnspec(specs) => {
                let inet6 = specs.iter().filter_map(|spec| match spec {
                    AfSpecUnspec::Inet6(values) => Some(values),
                    _ => None,
                });
                let quiet = |value: &AfSpecInet6| matches!(value, AfSpecInet6::AddrGenMode(In6AddrGenMode::None));
                link.generates_link_local = !inet6.flatten().any(quiet);
            }
            _ => {}
        }
    }
    // A veth's is its peer's index, which is another namespace's.
    link.over = link.over.filter(|index| *index != 0 && link.kind != "veth");
    link.operational = match state {
        State::Up => true,
        // A bridge may never have been without a carrier. A veth end always was, at birth: one that is unknown has its
        // news still to come, and until then, although its port counts as forwarding, it has no queue to send from.
        State::Unknown => link.kind != "veth",
        _ => false,
    };
    link
}

fn link_info(info: &LinkInfo, link: &mut Link) {
    match info {
        LinkInfo::Kind(kind) => link.kind = kind.to_string(),
        LinkInfo::Data(InfoData::Vxlan(values)) => link.vxlan = Some(vxlan(values)),
        LinkInfo::PortData(InfoPortData::BridgePort(values)) => {
            link.port = values.iter().find_map(|value| match value {
                InfoBridgePort::State(state) => Some(port_state(*state)),
                _ => None,
            });
        }
        _ => {}
    }
}

fn vxlan(values: &[InfoVxlan]) -> Vxlan {
    let mut vxlan = Vxlan::default();
    for value in values {
        match value {
            InfoVxlan::Id(vni) => vxlan.vni = *vni,
            InfoVxlan::Port(port) => vxlan.port = *port,
            InfoVxlan::Local(ip) => vxlan.local = Some((*ip).into()),
            InfoVxlan::Local6(ip) => vxlan.local = Some((*ip).into()),
            InfoVxlan::Learning(on) => vxlan.learning = *on,
            InfoVxlan::Link(index) => vxlan.dev = Some(index.to_string()),
            _ => {}
        }
    }
    vxlan
}

fn port_state(state: BridgePortState) -> PortState {
    match state {
        BridgePortState::Forwarding => PortState::Forwarding,
        BridgePortState::Listening => PortState::Listening,
        BridgePortState::Learning => PortState::Learning,
        BridgePortState::Blocking => PortState::Blocking,
        _ => PortState::Disabled,
    }
}

fn mac(bytes: &[u8]) -> Option<Mac> {
    let mac: [u8; 6] = bytes.try_into().ok()?;
    (mac != [0; 6]).then_some(Mac(mac))
}

/// Turns the numbers of other links of the namespace into names.
pub fn name_others(links: &mut [Link]) {
    let names: Vec<(String, String)> = links.iter().map(|link| (link.index.to_string(), link.name.clone())).collect();
    for link in links {
        let dev = link.vxlan.as_mut().and_then(|vxlan| vxlan.dev.as_mut());
        for other in link.master.as_mut().into_iter().chain(dev) {
            if let Some((_, name)) = names.iter().find(|(index, _)| index == other) {
                other.clone_from(name);
            }
        }
    }
}

/// The name of the link of this index.
pub fn name(links: &[Link], index: u32) -> String {
    links.iter().find(|link| link.index == index).map_or_else(|| format!("if{index}"), |link| link.name.clone())
}

/// An address.
pub fn address(message: &AddressMessage, links: &[Link]) -> Option<Address> {
    let find = |pick: fn(&AddressAttribute) -> Option<IpAddr>| message.attributes.iter().find_map(pick);
    let local = find(|a| if let AddressAttribute::Local(ip) = a { Some(*ip) } else { None });
    let plain = find(|a| if let AddressAttribute::Address(ip) = a { Some(*ip) } else { None });
    let address = IpNetwork::new(local.or(plain)?, message.header.prefix_len).ok()?;
    Some(Address {
        link: name(links, message.header.index),
        address,
        tentative: message.header.flags.contains(AddressHeaderFlags::Tentative),
        global: message.header.scope == AddressScope::Universe,
        secondary: address.is_ipv4() && message.header.flags.contains(AddressHeaderFlags::Secondary),
        unusual: unusual(message, address.ip(), plain),
    })
}

/// What an address is beside what `ip addr add ADDRESS dev LINK` makes, in `ip`'s words.
fn unusual(message: &AddressMessage, own: IpAddr, plain: Option<IpAddr>) -> Vec<String> {
    let peer = plain.filter(|there| *there != own).map(|there| format!("peer {there}"));
    let usual = match own {
        own if own.is_loopback() => AddressScope::Host,
        IpAddr::V6(ip) if ip.is_unicast_link_local() => AddressScope::Link,
        _ => AddressScope::Universe,
    };
    let scope = (message.header.scope != usual).then(|| match message.header.scope {
        AddressScope::Universe => "scope global".to_owned(),
        scope => format!("scope {}", format!("{scope:?}").to_lowercase()),
    });
    let mut words: Vec<String> = peer.into_iter().chain(scope).collect();
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Broadcast(ip) => words.push(format!("brd {ip}")),
            AddressAttribute::RoutePriority(metric) => words.push(format!("metric {metric}")),
            AddressAttribute::CacheInfo(life) if life.ifa_valid != u32::MAX => {
                // It counts down, and a text that changes by itself is none to compare.
                words.push(FOR_A_WHILE.into());
            }
            AddressAttribute::CacheInfo(life) if life.ifa_preferred != u32::MAX && life.ifa_preferred != 0 => {
                words.push("preferred_lft not forever".into());
            }
            AddressAttribute::Flags(flags) => {
                let named = [
                    (AddressFlags::Deprecated, "deprecated"),
                    (AddressFlags::Noprefixroute, "noprefixroute"),
                    (AddressFlags::Dadfailed, "dadfailed"),
                    (AddressFlags::Homeaddress, "home"),
                    (AddressFlags::Mcautojoin, "autojoin"),
                    (AddressFlags::Managetempaddr, "mngtmpaddr"),
                ];
                words.extend(named.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, word)| (*word).into()));
                // Of IPv4 the same flag means a second address of a subnet.
                if own.is_ipv6() && flags.contains(AddressFlags::Secondary) {
                    words.push("temporary".into());
                }
            }
            _ => {}
        }
    }
    words
}

/// A neighbour. What needs no resolution (multicast, broadcast, loopback) is none, if nobody made it.
pub fn neighbour(message: &NeighbourMessage, links: &[Link]) -> Option<Neighbour> {
    let (mut address, mut hardware) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(ip)) => address = Some(IpAddr::from(*ip)),
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(ip)) => address = Some(IpAddr::from(*ip)),
            NeighbourAttribute::LinkLayerAddress(bytes) => hardware = mac(bytes),
            _ => {}
        }
    }
    let address = address?;
    let needless = |mac: Mac| mac.0[0] & 1 != 0;
    if message.header.state == NeighbourState::Noarp && (address.is_multicast() || hardware.is_none_or(needless)) {
        return None;
    }
    let proxy = message.header.flags.contains(NeighbourFlags::Proxy);
    Some(Neighbour {
        address,
        link: name(links, message.header.ifindex),
        mac: hardware,
        state: if proxy { "proxy".into() } else { message.header.state.to_string().to_lowercase() },
    })
}

/// Where a VXLAN's entry leads: in messages of bridges the family is not said, and the length tells it.
fn vtep_of(address: &NeighbourAddress) -> Option<IpAddr> {
    match address {
        NeighbourAddress::Inet(ip) => Some((*ip).into()),
        NeighbourAddress::Inet6(ip) => Some((*ip).into()),
        NeighbourAddress::Other(bytes) => {
            let v4 = || <[u8; 4]>::try_from(bytes.as_slice()).map(IpAddr::from).ok();
            v4().or_else(|| <[u8; 16]>::try_from(bytes.as_slice()).map(IpAddr::from).ok())
        }
        _ => None,
    }
}

/// A forwarding entry.
pub fn fdb(message: &NeighbourMessage, links: &[Link]) -> Option<FdbEntry> {
    let (mut hardware, mut bridge, mut vlan, mut vtep, mut other) = (None, None, None, None, [None; 2]);
    for attribute in &message.attributes {
        match attribute {
            NeighbourAttribute::LinkLayerAddress(bytes) => hardware = bytes.as_slice().try_into().ok().map(Mac),
            NeighbourAttribute::Destination(address) => vtep = vtep_of(address),
            NeighbourAttribute::Controller(index) => bridge = Some(name(links, *index)),
            NeighbourAttribute::Vlan(id) => vlan = Some(*id),
            NeighbourAttribute::Port(port) => other[0] = Some(u32::from(*port)),
            NeighbourAttribute::Vni(vni) => other[1] = Some(*vni),
            _ => {}
        }
    }
    // A VXLAN's entries are permanent and reachable at once.
    let (mac, state) = (hardware?, u16::from(message.header.state));
    let has = |bit: NeighbourState| state & u16::from(bit) != 0;
    // Of all zeroes is a VXLAN's entry for everything that has none of its own.
    if mac.0 == [0; 6] && vtep.is_none() {
        return None;
    }
    let own = links.iter().any(|link| link.mac == Some(mac) && link.index == message.header.ifindex);
    // `static` is NUD_NOARP here. The bridge tells apart what it learned from elsewhere; a link's own list of addresses
    // (`self`) has those in it that somebody put there, beside groups.
    let lasting = has(NeighbourState::Permanent) || has(NeighbourState::Noarp);
    Some(FdbEntry {
        mac,
        port: name(links, message.header.ifindex),
        bridge,
        permanent: has(NeighbourState::Permanent),
        vlan,
        vtep,
        other,
        by_hand: lasting && !own && mac.0[0] & 1 == 0 && !message.header.flags.contains(NeighbourFlags::ExtLearned),
    })
}
