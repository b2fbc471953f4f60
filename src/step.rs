//! A step: one thing done to the kernel, as small as one typed command.
//!
//! ```text
//! 14 node-1: its bridge
//!    Create the bridge cni0: a switch inside the node, which its pods will be plugged into.
//!    ip -n node-1 link add cni0 type bridge
//! ```
//!
//! Each kind of step has one page below, which holds everything about it: the sentence, the command that a person
//! would type, the request that is sent, the check that finds it in the kernel, and all of that for its undoing. A new
//! kind of step is a new page and a new line in [`Action`].

mod address;
pub mod background;
mod bridge;
mod chain;
mod dhcp_client;
mod dhcp_host;
mod dhcp_server;
mod fdb;
mod ground;
mod keep_mac;
mod lease_directory;
mod link_local;
mod master;
mod move_link;
mod mtu;
mod namespace;
mod neighbour;
mod replace_rules;
mod reserve_address;
mod route;
mod rule;
mod sysctl;
mod table;
mod up;
mod veth;
mod vxlan;

use std::fmt;

use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::Namespaces;

pub use address::AddAddress;
pub use bridge::AddBridge;
pub use chain::AddChain;
pub use dhcp_client::LeaseAddress;
pub use dhcp_host::ReserveHost;
pub use dhcp_server::StartDhcpServer;
pub use fdb::AddFdbEntry;
pub use keep_mac::KeepMac;
pub use lease_directory::MakeLeaseDirectory;
pub use link_local::QuietLink;
pub use master::AttachPort;
pub use move_link::MoveLink;
pub use mtu::SetMtu;
pub use namespace::AddNamespace;
pub use neighbour::AddNeighbour;
pub use replace_rules::ReplaceRules;
pub(crate) use replace_rules::same as same_rules;
pub use reserve_address::ReserveAddress;
pub use route::AddRoute;
pub use rule::AddRule;
pub(crate) use rule::rules_in_order;
pub use sysctl::SetSysctl;
pub(crate) use sysctl::{command as sysctl_command, quoted};
pub use table::AddTable;
pub use up::SetUp;
pub use veth::AddVeth;
pub use vxlan::AddVxlan;

/// Forwards or backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// What the plan says.
    Do,
    /// The inverse.
    Undo,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it is done.
    pub machine: MachineName,
    /// What is done.
    pub action: Action,
    /// Why, as the rest of a sentence.
    pub why: String,
    /// Forwards or backwards.
    pub way: Way,
}

/// What a step does: one variant, and one page, per kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `ip netns add`
    AddNamespace(AddNamespace),
    /// `sysctl -w`
    SetSysctl(SetSysctl),
    /// `ip link add … type bridge`
    AddBridge(AddBridge),
    /// `ip link add … type veth`
    AddVeth(AddVeth),
    /// `ip link add … type vxlan`
    AddVxlan(AddVxlan),
    /// `ip link set … netns`
    MoveLink(MoveLink),
    /// `ip link set … mtu`
    SetMtu(SetMtu),
    /// `ip link set … master`
    AttachPort(AttachPort),
    /// `ip link set … addrgenmode none`
    QuietLink(QuietLink),
    /// `ip link set … up`
    SetUp(SetUp),
    /// `ip addr add`
    AddAddress(AddAddress),
    /// `ip neigh replace`
    AddNeighbour(AddNeighbour),
    /// `bridge fdb replace` and `append`
    AddFdbEntry(AddFdbEntry),
    /// `ip route add`
    AddRoute(AddRoute),
    /// `nft add table`
    AddTable(AddTable),
    /// `nft add chain`
    AddChain(AddChain),
    /// `nft add rule`
    AddRule(AddRule),
    /// `ip link set … address`
    KeepMac(KeepMac),
    /// `nft flush chain && nft add rule …`
    ReplaceRules(ReplaceRules),
    /// `mkdir -p /run/cni/…`
    MakeLeaseDirectory(MakeLeaseDirectory),
    /// `printf … > /run/cni/…/ADDRESS`
    ReserveAddress(ReserveAddress),
    /// `netlab dhcp serve`
    StartDhcpServer(StartDhcpServer),
    /// `echo … > /run/cni/…/hosts/POD`
    ReserveHost(ReserveHost),
    /// `netlab dhcp client`
    LeaseAddress(LeaseAddress),
}

/// What a look at the kernel says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is in force.
    Present,
    /// There is nothing of it.
    Missing,
    /// It has another value, which doing it sets right: what there is.
    Differs(String),
    /// Something else stands in its place, which has to go first: what there is.
    Taken(String),
}

impl Finding {
    fn from_presence(present: bool) -> Self {
        if present { Finding::Present } else { Finding::Missing }
    }
}

/// What every kind of step knows about itself.
pub(crate) trait Page {
    /// What is done, as an imperative without its full stop: `Create the bridge cni0`.
    fn what(&self, at: &MachineName, way: Way) -> String;

    /// What there is when it is in force, as a few words: `bridge cni0`.
    fn thing(&self, at: &MachineName) -> String;

    /// The command that a person types. Undoing has none where only the running lab knows what to go back to.
    fn command(&self, at: &MachineName, way: Way) -> Option<String>;

    /// The requests that have the same effect; none where there is no command.
    fn requests(&self, at: &MachineName, way: Way) -> Vec<Request>;

    /// The machine that the requests are sent to: the step's own, but for what has to be fetched from elsewhere.
    fn sent_to<'a>(&'a self, at: &'a MachineName, way: Way) -> &'a MachineName {
        let _ = way;
        at
    }

    /// What it does to a network that is as the steps before it left it.
    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces);

    /// Whether it is in force.
    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding;
}

impl Action {
    fn page(&self) -> &dyn Page {
        match self {
            Action::AddNamespace(page) => page,
            Action::SetSysctl(page) => page,
            Action::AddBridge(page) => page,
            Action::AddVeth(page) => page,
            Action::AddVxlan(page) => page,
            Action::MoveLink(page) => page,
            Action::SetMtu(page) => page,
            Action::AttachPort(page) => page,
            Action::QuietLink(page) => page,
            Action::SetUp(page) => page,
            Action::AddAddress(page) => page,
            Action::AddNeighbour(page) => page,
            Action::AddFdbEntry(page) => page,
            Action::AddRoute(page) => page,
            Action::AddTable(page) => page,
            Action::AddChain(page) => page,
            Action::AddRule(page) => page,
            Action::KeepMac(page) => page,
            Action::ReplaceRules(page) => page,
            Action::MakeLeaseDirectory(page) => page,
            Action::ReserveAddress(page) => page,
            Action::StartDhcpServer(page) => page,
            Action::ReserveHost(page) => page,
            Action::LeaseAddress(page) => page,
        }
    }
}

impl Action {
    /// Whether it gives an address out, or prepares for that: what is in files and in programs is looked at on request only.
    pub fn is_of_ipam(&self) -> bool {
        matches!(
            self,
            Action::MakeLeaseDirectory(_)
                | Action::ReserveAddress(_)
                | Action::StartDhcpServer(_)
                | Action::ReserveHost(_)
                | Action::LeaseAddress(_)
        )
    }

    /// The link that it is about, in the step's own machine.
    pub fn link(&self) -> Option<&LinkName> {
        match self {
            Action::AddBridge(AddBridge { name })
            | Action::AddVeth(AddVeth { name, .. })
            | Action::AddVxlan(AddVxlan { name, .. })
            | Action::MoveLink(MoveLink { name, .. })
            | Action::SetMtu(SetMtu { name, .. })
            | Action::AttachPort(AttachPort { name, .. })
            | Action::QuietLink(QuietLink { name })
            | Action::SetUp(SetUp { name })
            | Action::KeepMac(KeepMac { name, .. })
            | Action::AddAddress(AddAddress { link: name, .. })
            | Action::AddNeighbour(AddNeighbour { link: name, .. })
            | Action::AddFdbEntry(AddFdbEntry { link: name, .. })
            | Action::StartDhcpServer(StartDhcpServer { bridge: name, .. })
            | Action::LeaseAddress(LeaseAddress { link: name, .. }) => Some(name),
            Action::AddNamespace(_)
            | Action::SetSysctl(_)
            | Action::AddRoute(_)
            | Action::AddTable(_)
            | Action::AddChain(_)
            | Action::AddRule(_)
            | Action::ReplaceRules(_)
            | Action::MakeLeaseDirectory(_)
            | Action::ReserveAddress(_)
            | Action::ReserveHost(_) => None,
        }
    }
}

impl Step {
    /// A step forwards.
    pub fn new(machine: &MachineName, action: Action, why: impl Into<String>) -> Self {
        Step { machine: machine.clone(), action, why: why.into(), way: Way::Do }
    }

    /// What is done, as an imperative without its full stop: `Create the bridge cni0`.
    pub fn what(&self) -> String {
        self.action.page().what(&self.machine, self.way)
    }

    /// What is done and why, as a sentence.
    pub fn sentence(&self) -> String {
        let what = self.action.page().what(&self.machine, self.way);
        match self.way {
            Way::Do if !self.why.is_empty() => format!("{what}: {}.", self.why),
            _ => format!("{what}."),
        }
    }

    /// What there is when the step is in force, as a few words: `bridge cni0`.
    pub fn thing(&self) -> String {
        self.action.page().thing(&self.machine)
    }

    /// The command that a person types in the fabric.
    pub fn command(&self) -> Option<String> {
        self.action.page().command(&self.machine, self.way)
    }

    /// The requests that have the same effect, in the namespace of [`Step::sent_to`].
    pub fn requests(&self) -> Vec<Request> {
        self.action.page().requests(&self.machine, self.way)
    }

    /// The machine that the requests are sent to.
    pub fn sent_to(&self) -> &MachineName {
        self.action.page().sent_to(&self.machine, self.way)
    }

    /// What the step does to a network that is as the steps before it left it.
    pub fn effect(&self, net: &mut Namespaces) {
        self.action.page().effect(&self.machine, self.way, net);
    }

    /// Whether the step (forwards) is in force.
    pub fn check(&self, seen: &Namespaces) -> Finding {
        self.action.page().check(&self.machine, seen)
    }

    /// Whether taking it back tells somebody elsewhere, so that it is not left to fall with its machine: a DHCP server
    /// keeps an address that nobody gives back.
    pub fn says_goodbye(&self) -> bool {
        matches!(self.action, Action::LeaseAddress(_))
    }

    /// The step that takes this one back. It has no command where only the running lab knows what there was before.
    pub fn inverse(&self) -> Step {
        let way = match self.way {
            Way::Do => Way::Undo,
            Way::Undo => Way::Do,
        };
        Step { way, ..self.clone() }
    }
}

/// `ip` as typed for a machine: the fabric is where a lab's commands are typed, so it needs no `-n`.
pub(crate) struct Ip<'a>(pub &'a MachineName);

impl fmt::Display for Ip<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_fabric() { f.write_str("ip") } else { write!(f, "ip -n {}", self.0) }
    }
}

/// `bridge` as typed for a machine.
pub(crate) struct Bridge<'a>(pub &'a MachineName);

impl fmt::Display for Bridge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_fabric() { f.write_str("bridge") } else { write!(f, "bridge -n {}", self.0) }
    }
}

/// What stands before a command that is to run in a machine.
pub(crate) struct Inside<'a>(pub &'a MachineName);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_fabric() { Ok(()) } else { write!(f, "ip netns exec {} ", self.0) }
    }
}
