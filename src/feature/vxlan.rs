//! `vxlan:` – a machine's VXLAN devices, and who is behind them.
//!
//! ```text
//! node-1:  flannel.1 10.244.1.0/32 ── UDP 8472 by eth0, from 192.168.1.11
//!            neighbour 10.244.2.0 at 66:…:02      who is node-2's device       (as ARP would tell)
//!            FDB 66:…:02 dst 192.168.1.12         by way of which machine
//!            FDB 00:…:00 dst 192.168.1.12         who gets what is for everybody, if devices learn
//! ```
//!
//! The devices come before routes, which lead over them; and who is where in between, when each link is up: an entry
//! of the neighbour table goes when its link is set down.

use crate::feature::finish_link;
use crate::names::MachineName;
use crate::network::Mac;
use crate::step::{Action, AddFdbEntry, AddNeighbour, AddVxlan, AttachPort, Step};
use crate::topology::model::{Machine, Vxlan};

/// The steps that make a device.
pub fn device(machine: &MachineName, vxlan: &Vxlan) -> Vec<Step> {
    let add = AddVxlan {
        name: vxlan.name.clone(),
        id: vxlan.id,
        port: vxlan.port,
        local: vxlan.local,
        dev: vxlan.dev.clone(),
        learning: vxlan.learning,
        mac: vxlan.mac,
        mtu: vxlan.mtu,
    };
    let why =
        format!("what is sent over it travels in UDP, from {} to the machine that has the other end", vxlan.local);
    let mut steps = vec![Step::new(machine, Action::AddVxlan(add), why)];
    if let Some(bridge) = &vxlan.master {
        let attach = AttachPort { name: vxlan.name.clone(), bridge: bridge.clone() };
        steps.push(Step::new(machine, Action::AttachPort(attach), "the switches of all nodes become one by it"));
    }
    let why_address = "by which this machine is the next hop for others, over it";
    steps.extend(finish_link(machine, &vxlan.name, &vxlan.addresses, why_address, "it carries packets from now on"));
    steps
}

/// The steps that write down who is behind a machine's devices.
pub fn peers(machine: &Machine) -> Vec<Step> {
    let at = &machine.name;
    let mut steps = Vec::new();
    for Vxlan { name: link, peers, flood, .. } in &machine.vxlan {
        for peer in peers {
            for address in &peer.addresses {
                let add = AddNeighbour { link: link.clone(), address: *address, mac: peer.mac };
                let why = format!("nobody has to ask who the next hop over {link} is");
                steps.push(Step::new(at, Action::AddNeighbour(add), why));
            }
            let add = AddFdbEntry { link: link.clone(), mac: peer.mac, vtep: peer.vtep };
            let why = "the machine at that address has the device, and takes the packets out again";
            steps.push(Step::new(at, Action::AddFdbEntry(add), why));
        }
        for vtep in flood {
            let add = AddFdbEntry { link: link.clone(), mac: Mac::ZERO, vtep: *vtep };
            let why = "broadcasts go there, and frames to those whom the device does not know yet";
            steps.push(Step::new(at, Action::AddFdbEntry(add), why));
        }
    }
    steps
}
