//! One route, with all that tells it from others.
//!
//! ```text
//! 10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1
//!     →  RTM_NEWROUTE { table 254, protocol 2, scope 253, type 1, DST, OIF, PREFSRC }
//! ```

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{
    RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteMetric, RouteNextHop, RouteNextHopFlags,
};
use nix::errno::Errno;

use super::{Message, family, route_address};
use crate::kernel::refusal::{Refusal, Result};
use crate::network::{Route, words};

/// Adds or deletes a route. Only a route that is there in every respect is deleted, but that IPv6 does not look at the
/// kind, and that a metric of 0 deletes any there.
///
/// IPv6 has no metric 0 to add: the kernel makes it 1024, also of a `local` route to an address of this machine.
///
/// # Errors
/// When it names a link that is not there, or a word that the kernel has no number for.
pub fn exact_route(route: &Route, add: bool, index: impl Fn(&str) -> Result<u32>) -> Result<Message> {
    let unknown = |word: &str| Refusal::new(format!("find the number of `{word}`"), Errno::EINVAL);
    let mut message = RouteMessage::default();
    let header = &mut message.header;
    header.address_family = family(route.to.ip());
    header.destination_prefix_length = route.to.prefix();
    header.tos = route.tos;
    header.scope = route.scope.into();
    header.protocol = words::protocol_number(&route.protocol).ok_or_else(|| unknown(&route.protocol))?.into();
    header.kind = words::kind_number(&route.kind).ok_or_else(|| unknown(&route.kind))?.into();
    if route.onlink {
        header.flags |= RouteFlags::Onlink;
    }
    let attributes = &mut message.attributes;
    match u8::try_from(route.table) {
        Ok(table) => header.table = table,
        Err(_) => {
            header.table = RouteHeader::RT_TABLE_UNSPEC;
            attributes.push(RouteAttribute::Table(route.table));
        }
    }
    if route.to.prefix() > 0 {
        attributes.push(RouteAttribute::Destination(route_address(route.to.network())));
    }
    if route.metric != 0 {
        attributes.push(RouteAttribute::Priority(route.metric));
    }
    attributes.extend(route.source.map(|source| RouteAttribute::PrefSource(route_address(source))));
    attributes.extend(route.mtu.map(|mtu| RouteAttribute::Metrics(vec![RouteMetric::Mtu(mtu)])));
    if let Some(object) = route.nexthop {
        attributes.push(RouteAttribute::NhId(object));
    } else {
        attributes.extend(hop(route, route.via, route.dev.as_deref(), &index)?);
        let hops = route.hops.iter().map(|one| {
            let mut next = RouteNextHop::default();
            next.interface_index = one.dev.as_deref().map_or(Ok(0), &index)?;
            next.hops = u8::try_from(one.weight.saturating_sub(1)).unwrap_or(u8::MAX);
            if one.onlink {
                next.flags = RouteNextHopFlags::Onlink;
            }
            next.attributes = hop(route, one.via, None, &index)?;
            Ok(next)
        });
        let hops = hops.collect::<Result<Vec<_>>>()?;
        if !hops.is_empty() {
            attributes.push(RouteAttribute::MultiPath(hops));
        }
    }
    // As [`Route::verb`] has it, and as the kernel itself adds its own (`fib_magic`, `net/ipv4/fib_frontend.c`).
    let beside = if route.is_the_kernels() { NLM_F_APPEND } else { NLM_F_EXCL };
    Ok(match add {
        true => (RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | beside),
        false => (RouteNetlinkMessage::DelRoute(message), 0),
    })
}

/// A gateway and a link as attributes.
fn hop(
    route: &Route,
    via: Option<IpAddr>,
    dev: Option<&str>,
    index: impl Fn(&str) -> Result<u32>,
) -> Result<Vec<RouteAttribute>> {
    let gateway = via.map(|via| match via.is_ipv4() == route.to.is_ipv4() {
        true => RouteAttribute::Gateway(route_address(via)),
        // An IPv4 destination by way of an IPv6 gateway.
        false => RouteAttribute::Via(via.into()),
    });
    let link = dev.map(|dev| index(dev).map(RouteAttribute::Oif)).transpose()?;
    Ok(gateway.into_iter().chain(link).collect())
}
