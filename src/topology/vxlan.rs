//! `vxlan`: a machine's VXLAN devices, and how those of a cluster are made.
//!
//! ```yaml
//! cluster: { routing: vxlan, vxlan: { id: 1, port: 8472 } }    # all nodes alike
//! nodes:
//!   node-1:
//!     vxlan:                                                   # spelled out
//!       flannel.1: { id: 1, local: 192.168.1.11, dev: eth0, mac: "66:2a:00:00:00:01", mtu: 1450, addresses: 10.244.1.0/32,
//!                    peers: [{ vtep: 192.168.1.12, mac: "66:2a:00:00:00:02", addresses: 10.244.2.0 }] }
//! ```

use super::decode::{link_name, list, one_or_many};
use super::diagnostic::Diagnostics;
use super::fields::Fields;
use super::spec::{OverlaySpec, VxlanPeerSpec, VxlanSpec};
use super::tree::{Key, Tree};
use super::{keys, values};

/// The UDP port of VXLAN, unless it is written: that of Linux and flannel. IANA's, 4789, came later.
pub const PORT: u16 = 8472;

const NOUN: &str = "the name of a VXLAN device, which is a link";

/// Reads one device.
pub fn device(key: &Key<'_>, tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<VxlanSpec> {
    let name = link_name(key, NOUN, diagnostics);
    let fields = Fields::open(tree, &keys::VXLAN, key.span, diagnostics)?;
    let id = fields.present("id").and_then(|tree| values::vni(tree, diagnostics));
    let port = fields.present("port").and_then(|tree| values::port(tree, diagnostics));
    let local = fields.present("local").and_then(|tree| values::address(tree, diagnostics));
    let dev = fields.present("dev").and_then(|tree| values::name(tree, "the name of a link", diagnostics));
    let mac = fields.present("mac").and_then(|tree| values::mac(tree, diagnostics));
    let mtu = fields.present("mtu").and_then(|tree| values::mtu(tree, diagnostics));
    let learning = fields.present("learning").and_then(|tree| values::boolean(tree, diagnostics));
    let master = fields.present("master").and_then(|tree| values::name(tree, "the name of a bridge", diagnostics));
    let addresses = one_or_many(fields.get("addresses"), diagnostics, values::device_address);
    let peers = list(fields.get("peers"), "peers", diagnostics, peer);
    let flood = one_or_many(fields.get("flood"), diagnostics, values::address);
    Some(VxlanSpec {
        name: name?,
        id: id?,
        port: port.map_or(PORT, |port| port.value),
        local: local?,
        dev: dev?,
        mac: mac?.value,
        mtu: mtu?.value,
        learning: learning.is_some_and(|on| on.value),
        master,
        addresses,
        peers,
        flood,
    })
}

fn peer(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<VxlanPeerSpec> {
    let fields = Fields::open(tree, &keys::VXLAN_PEER, tree.span, diagnostics)?;
    let vtep = fields.present("vtep").and_then(|tree| values::address(tree, diagnostics));
    let mac = fields.present("mac").and_then(|tree| values::mac(tree, diagnostics));
    let addresses = one_or_many(fields.get("addresses"), diagnostics, values::address);
    Some(VxlanPeerSpec { vtep: vtep?, mac: mac?.value, addresses })
}

/// Reads how a cluster's devices are made.
pub fn options(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<OverlaySpec> {
    let fields = Fields::open(tree, &keys::OVERLAY, tree.span, diagnostics)?;
    let name = fields.present("name").and_then(|tree| values::name(tree, NOUN, diagnostics));
    let id = fields.present("id").and_then(|tree| values::vni(tree, diagnostics));
    let port = fields.present("port").and_then(|tree| values::port(tree, diagnostics));
    let mtu = fields.present("mtu").and_then(|tree| values::mtu(tree, diagnostics));
    let learning = fields.present("learning").and_then(|tree| values::boolean(tree, diagnostics));
    let cross_subnet = fields.present("crossSubnet").and_then(|tree| values::boolean(tree, diagnostics));
    let cross_subnet = cross_subnet.is_some_and(|on| on.value);
    Some(OverlaySpec { name, id, port, learning, cross_subnet, mtu })
}
