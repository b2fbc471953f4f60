//! Routes from rtnetlink's messages.
//!
//! ```text
//! RouteMessage { table: 254, protocol: 2, scope: 253, attributes: [Destination(10.244.1.0), Oif(2), …] }
//!     → Route { 10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1 }
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteMetric, RouteNextHop, RouteNextHopFlags,
    RoutePreference, RouteVia,
};

use super::values::name;
use crate::network::{self, Link, NextHop, Route};

pub(in crate::kernel) fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(ip) => Some((*ip).into()),
        RouteAddress::Inet6(ip) => Some((*ip).into()),
        _ => None,
    }
}

/// The gateway, if this attribute says it.
pub(in crate::kernel) fn gateway(attribute: &RouteAttribute) -> Option<IpAddr> {
    match attribute {
        RouteAttribute::Gateway(address) => ip(address),
        RouteAttribute::Via(RouteVia::Inet(ip)) => Some((*ip).into()),
        RouteAttribute::Via(RouteVia::Inet6(ip)) => Some((*ip).into()),
        _ => None,
    }
}

/// The table that a route is in.
pub fn table(message: &RouteMessage) -> u32 {
    let long = message.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Table(table) => Some(*table),
        _ => None,
    });
    long.unwrap_or_else(|| message.header.table.into())
}

/// A route; what the kernel merely remembers is none.
pub fn route(message: &RouteMessage, links: &[Link]) -> Option<Route> {
    let header = &message.header;
    if header.flags.contains(RouteFlags::Cloned) {
        return None;
    }
    let mut to: IpAddr = match header.address_family {
        AddressFamily::Inet => Ipv4Addr::UNSPECIFIED.into(),
        _ => Ipv6Addr::UNSPECIFIED.into(),
    };
    let mut route = Route {
        protocol: network::words::protocol(header.protocol.into()),
        kind: network::words::kind(header.kind.into()),
        table: table(message),
        scope: header.scope.into(),
        tos: header.tos,
        onlink: header.flags.contains(RouteFlags::Onlink),
        ..Route::to(to.into())
    };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(address) => to = ip(address)?,
            RouteAttribute::Gateway(_) | RouteAttribute::Via(_) => route.via = gateway(attribute),
            RouteAttribute::Oif(index) => route.dev = Some(name(links, *index)),
            RouteAttribute::Priority(value) => route.metric = *value,
            RouteAttribute::PrefSource(address) => route.source = ip(address),
            RouteAttribute::NhId(object) => route.nexthop = Some(*object),
            RouteAttribute::MultiPath(hops) => route.hops = hops.iter().map(|one| hop(one, links)).collect(),
            RouteAttribute::Metrics(metrics) => {
                for metric in metrics {
                    match metric {
                        RouteMetric::Mtu(mtu) => route.mtu = Some(*mtu),
                        other => route.rest.push(words(other)),
                    }
                }
            }
            RouteAttribute::Preference(pref) if *pref != RoutePreference::Medium => {
                route.rest.push(words(&("pref", pref)))
            }
            RouteAttribute::Realm(realm) => route.rest.push(words(realm)),
            RouteAttribute::EncapType(kind) => route.rest.push(words(&("encap", kind))),
            RouteAttribute::Source(from) => route.rest.extend(ip(from).map(|from| format!("from {from}"))),
            _ => {}
        }
    }
    route.to = IpNetwork::new(to, header.destination_prefix_length).ok()?;
    Some(route)
}

/// `Advmss(400)` as `advmss 400`: what netlab has no field for is told, and never sent.
fn words(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}").to_lowercase();
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn hop(hop: &RouteNextHop, links: &[Link]) -> NextHop {
    NextHop {
        via: hop.attributes.iter().find_map(gateway),
        dev: Some(name(links, hop.interface_index)),
        // `rtnh_hops` counts from 0.
        weight: u32::from(hop.hops) + 1,
        onlink: hop.flags.contains(RouteNextHopFlags::Onlink),
    }
}
