//! What can be asked of the kernel, as plain values.
//!
//! ```text
//! Sending { step: 12, request: BridgeAdd { name: cni0 } }       → one netlink message
//! Sending { step: 17, request: VethAdd { veth-red ⇄ eth0, home: node-1, master: cni0 } }
//!                                                               → also one: three steps fused
//! Batch { at: node-1, sendings: [ … ] }                         → one sendmsg
//! ```

mod ipam;

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::kernel::nft;
use crate::names::{LinkName, MachineName};
use crate::network::policy_rule::PolicyRule;
use crate::network::setting::Setting;
use crate::network::{FdbEntry, Mac, Neighbour, Route, Vxlan};

pub use ipam::Ipam;

/// One thing asked of the kernel, in the namespace that its [`Batch`] names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Make the namespace itself and bind it to `/run/netns/NAME`.
    NetnsAdd,
    /// Release it.
    NetnsDelete,
    /// Write a sysctl.
    Sysctl {
        /// Its dotted name.
        key: String,
        /// What is written.
        value: String,
    },
    /// Make a bridge.
    BridgeAdd {
        /// Its name.
        name: LinkName,
    },
    /// Make a VXLAN device.
    VxlanAdd {
        /// Its name.
        name: LinkName,
        /// Its hardware address.
        mac: Mac,
        /// The largest packet that it takes, in bytes.
        mtu: u32,
        /// How it sends. Its `dev` is a link of this namespace.
        vxlan: Vxlan,
    },
    /// Make a veth pipe.
    VethAdd {
        /// One end.
        name: LinkName,
        /// The other end, in this namespace.
        peer: LinkName,
        /// Where `name` is born; without it in this namespace too.
        home: Option<Home>,
    },
    /// Delete a link (of a veth: both ends).
    LinkDelete {
        /// Its name.
        name: LinkName,
    },
    /// Move a link to another namespace under another name.
    LinkMove {
        /// Its name here.
        name: LinkName,
        /// The machine whose namespace receives it.
        to: MachineName,
        /// Its name there.
        rename: LinkName,
    },
    /// Make a link a port of a bridge, or of none.
    LinkMaster {
        /// Its name.
        name: LinkName,
        /// The bridge.
        master: Option<LinkName>,
    },
    /// Set a link up or down.
    LinkUp {
        /// Its name.
        name: LinkName,
        /// Up or down.
        up: bool,
    },
    /// Whether the kernel gives the link an IPv6 link-local address by itself.
    LinkLocal {
        /// Its name.
        name: LinkName,
        /// `addrgenmode eui64` or `none`.
        generate: bool,
    },
    /// Give a link another hardware address.
    LinkMac {
        /// Its name.
        name: LinkName,
        /// The address.
        mac: Mac,
    },
    /// Set one of a link's settings.
    LinkSetting {
        /// The link.
        link: LinkName,
        /// Which setting.
        setting: &'static Setting,
        /// To what: 1 for `on`.
        value: u64,
    },
    /// Add or delete an address.
    Address {
        /// The link.
        link: LinkName,
        /// The address and its prefix length.
        address: IpNetwork,
        /// Add or delete.
        add: bool,
    },
    /// Add or delete a route.
    Route {
        /// Where to.
        to: IpNetwork,
        /// By way of.
        via: IpAddr,
        /// Out of this link.
        dev: Option<LinkName>,
        /// Whether the gateway is behind that link although no subnet there holds it.
        onlink: bool,
        /// Add or delete.
        add: bool,
    },
    /// Add or delete exactly this route, as it was observed or is to be.
    ExactRoute {
        /// The route.
        route: Route,
        /// Add or delete.
        add: bool,
    },
    /// Add or delete a policy rule.
    PolicyRule {
        /// The rule.
        rule: PolicyRule,
        /// Add or delete.
        add: bool,
    },
    /// Believe in a neighbour entry, whatever the neighbour says.
    NeighbourSet {
        /// The entry, with its hardware address.
        neighbour: Neighbour,
    },
    /// Delete a neighbour entry.
    NeighbourDelete {
        /// The entry.
        neighbour: Neighbour,
    },
    /// Have a bridge believe that a hardware address is behind a port, whatever it hears; or a VXLAN device, behind an
    /// address on its underlay.
    FdbSet {
        /// The entry.
        entry: FdbEntry,
    },
    /// Delete a forwarding entry of a bridge, or of a link.
    FdbDelete {
        /// The entry.
        entry: FdbEntry,
    },
    /// Change the ruleset.
    Nft(nft::Change),
    /// Give an address out, or prepare for that.
    Ipam(Ipam),
}

impl Request {
    /// Whether it is carried out at once, and by way of something else than netlink: what was asked before must be done.
    pub fn is_at_once(&self) -> bool {
        matches!(self, Request::Sysctl { .. } | Request::Ipam(_))
    }
}

/// Where the near end of a fused veth is born: no link is ever moved on the fast road, because a move makes the
/// kernel wait for every CPU (`rcu_barrier` under the RTNL lock: about 19 ms each).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The machine whose namespace it is born in.
    pub machine: MachineName,
    /// The bridge there that it is a port of from birth.
    pub master: Option<LinkName>,
    /// Its MTU, and that of the other end.
    pub mtu: [Option<u32>; 2],
}

/// A request, and the number of the step that it carries out (the first one, where several are fused).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The step's number in the plan, from 1.
    pub step: u32,
    /// What is asked.
    pub request: Request,
}

/// Requests to one namespace, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The machine.
    pub at: MachineName,
    /// What is asked of it.
    pub sendings: Vec<Sending>,
    /// The numbers of the steps that are in force once it is done.
    pub completes: Vec<u32>,
}

impl std::fmt::Display for Request {
    /// As an infinitive, to stand behind "cannot": `create the bridge cni0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verb = |add: &bool| if *add { "add" } else { "delete" };
        match self {
            Request::NetnsAdd => write!(f, "make the namespace"),
            Request::NetnsDelete => write!(f, "delete the namespace"),
            Request::Sysctl { key, value } => write!(f, "set {key} to {value}"),
            Request::BridgeAdd { name } => write!(f, "create the bridge {name}"),
            Request::VxlanAdd { name, .. } => write!(f, "create the VXLAN device {name}"),
            Request::VethAdd { name, peer, .. } => write!(f, "create the veth pipe between {name} and {peer}"),
            Request::LinkDelete { name } => write!(f, "delete the link {name}"),
            Request::LinkMove { name, to, rename } => write!(f, "move the link {name} to {to} as {rename}"),
            Request::LinkMaster { name, master: Some(master) } => write!(f, "attach {name} to the bridge {master}"),
            Request::LinkMaster { name, master: None } => write!(f, "detach {name} from its bridge"),
            Request::LinkUp { name, up } => write!(f, "set {name} {}", if *up { "up" } else { "down" }),
            Request::LinkLocal { name, .. } => write!(f, "change how {name} gets its link-local address"),
            Request::LinkMac { name, mac } => write!(f, "give {name} the hardware address {mac}"),
            Request::LinkSetting { link, setting, value } => {
                write!(f, "set {} of {link} to {}", setting.word, setting.text(*value))
            }
            Request::Address { link, address, add } => write!(f, "{} the address {address} of {link}", verb(add)),
            Request::Route { to, via, add, .. } => {
                write!(f, "{} the route to {} via {via}", verb(add), crate::network::destination(to))
            }
            Request::ExactRoute { route, add } => write!(f, "{} the route `{route}`", verb(add)),
            Request::PolicyRule { rule, add } => write!(f, "{} the policy rule `{rule}`", verb(add)),
            Request::NeighbourSet { neighbour } => write!(f, "set the neighbour {neighbour}"),
            Request::NeighbourDelete { neighbour } => write!(f, "delete the neighbour {neighbour}"),
            Request::FdbSet { entry } => write!(f, "set the forwarding entry {entry}"),
            Request::FdbDelete { entry } => write!(f, "delete the forwarding entry {entry}"),
            Request::Nft(change) => write!(f, "run `{}`", nft::command(change)),
            Request::Ipam(request) => request.fmt(f),
        }
    }
}
