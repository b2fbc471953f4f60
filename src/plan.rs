//! The plan: a lab as chapters of steps, in the order in which a person would build it.
//!
//! ```text
//! network underlay                     the switches
//! node-1 · node-1: eth0 · node-1: cni0 each node: its namespace, its cables, its bridge
//! pod-a · pod-a: its veth pipe         its pods, one after the other
//! outside · outside: eth0              the hosts
//! node-1: flannel.1 …                  VXLAN devices
//! node-1: who is where …               and who is behind them
//! node-1: routes …                     who knows the way to whom
//! node-1: masquerade …                 and what happens to those who leave
//! ```

mod excerpt;

use std::ops::Range;

use ipnetwork::IpNetwork;

use crate::feature::{bridge, cable, ipam, machine, masquerade, network, pod, routes, vxlan};
use crate::names::{LabName, MachineName};
use crate::network::{Namespaces, effect};
use crate::reach::Standings;
use crate::step::Step;
use crate::topology::model::{Interface, Machine, Topology};
use crate::topology::realm::Realms;

/// The steps of a lab, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The lab's name.
    pub lab: LabName,
    /// Its machines, each node before its pods.
    pub machines: Vec<Member>,
    /// Where their addresses count.
    pub realms: Realms,
    /// What they are to one another.
    pub standings: Standings,
    /// The steps; the first has number 1.
    pub steps: Vec<Step>,
    /// The chapters, which cover all steps.
    pub chapters: Vec<Chapter>,
}

/// Steps that belong together for a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// Its title.
    pub title: String,
    /// Its steps, as places in [`Plan::steps`].
    pub steps: Range<usize>,
}

/// A machine and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: MachineName,
    /// What it is.
    pub kind: Kind,
}

/// What a machine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It belongs to the cluster and hosts pods.
    Node,
    /// It does not belong to the cluster.
    Host,
    /// It is one of a node's pods.
    Pod {
        /// That node.
        node: MachineName,
    },
}

impl Kind {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Node => "node",
            Kind::Host => "host",
            Kind::Pod { .. } => "pod",
        }
    }
}

impl Plan {
    /// Plans a lab.
    pub fn of(topology: &Topology) -> Plan {
        let mut plan = Plan {
            lab: topology.lab.clone(),
            machines: Vec::new(),
            realms: Realms::of(topology),
            standings: Standings::of(topology),
            steps: Vec::new(),
            chapters: Vec::new(),
        };
        for net in &topology.networks {
            plan.chapter(format!("network {}", net.name), network::steps(net));
        }
        for node in &topology.nodes {
            let name = &node.machine.name;
            let bridged = node.bridge.as_ref().map_or(&[][..], |bridge| &bridge.addresses);
            plan.machine(
                &node.machine,
                Kind::Node,
                bridged,
                "a node, with a network stack of its own as a computer has",
            );
            if let Some(bridge) = &node.bridge {
                let cluster = topology.cluster_of(node);
                let mut steps = bridge::steps(name, bridge);
                steps.extend(ipam::prepare(name, bridge, cluster));
                plan.chapter(format!("{name}: bridge {}", bridge.name), steps);
                for pod in &node.pods {
                    let kind = Kind::Pod { node: name.clone() };
                    plan.machine(
                        &pod.machine,
                        kind,
                        &pod.addresses,
                        "a pod, whose containers will share this network stack",
                    );
                    plan.chapter(format!("{}: veth pipe", pod.machine.name), pod::steps(name, bridge, pod, cluster));
                }
            }
        }
        for host in &topology.hosts {
            plan.machine(host, Kind::Host, &[], "a machine outside the cluster");
        }
        let outer = || topology.nodes.iter().map(|node| &node.machine).chain(&topology.hosts);
        for machine in outer() {
            for device in &machine.vxlan {
                plan.chapter(format!("{}: {}", machine.name, device.name), vxlan::device(&machine.name, device));
            }
        }
        let pods = topology.nodes.iter().flat_map(|node| &node.pods).map(|pod| &pod.machine);
        for machine in topology.nodes.iter().map(|node| &node.machine).chain(pods).chain(&topology.hosts) {
            plan.chapter(format!("{}: sysctls of links", machine.name), machine::link_sysctls(machine));
        }
        for machine in outer() {
            plan.chapter(format!("{}: who is where", machine.name), vxlan::peers(machine));
        }
        for machine in outer() {
            plan.chapter(format!("{}: routes", machine.name), routes::steps(machine));
        }
        for machine in outer() {
            plan.chapter(format!("{}: masquerade", machine.name), masquerade::steps(&topology.lab, machine));
        }
        plan
    }

    /// The chapters that every machine has: itself, and its cables.
    fn machine(&mut self, machine: &Machine, kind: Kind, bridged: &[IpNetwork], what_it_is: &str) {
        let name = &machine.name;
        self.machines.push(Member { name: name.clone(), kind });
        let plugged = machine.interfaces.iter().flat_map(|interface: &Interface| &interface.addresses);
        let tunnelled = machine.vxlan.iter().flat_map(|device| &device.addresses);
        let ipv6 = plugged.chain(bridged).chain(tunnelled).any(IpNetwork::is_ipv6);
        self.chapter(format!("{name}: namespace"), machine::steps(machine, ipv6, what_it_is));
        for interface in &machine.interfaces {
            let title = format!("{name}: {} to {}", interface.name, interface.network);
            self.chapter(title, cable::steps(name, interface));
        }
    }

    fn chapter(&mut self, title: String, steps: Vec<Step>) {
        if steps.is_empty() {
            return;
        }
        let start = self.steps.len();
        self.steps.extend(steps);
        self.chapters.push(Chapter { title, steps: start..self.steps.len() });
    }

    /// The plan as far as this step.
    pub fn first(mut self, steps: u32) -> Plan {
        let steps = usize::try_from(steps).unwrap_or(usize::MAX);
        self.steps.truncate(steps);
        self.chapters.retain(|chapter| chapter.steps.start < steps);
        if let Some(last) = self.chapters.last_mut() {
            last.steps.end = last.steps.end.min(steps);
        }
        self
    }

    /// Whether two plans have the same steps in the same machines, whatever else was said in their files.
    pub fn does_the_same_as(&self, other: &Plan) -> bool {
        self.steps == other.steps && self.machines == other.machines
    }

    /// A step by its number, from 1.
    pub fn step(&self, number: u32) -> Option<&Step> {
        self.steps.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// All steps with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &Step)> {
        (1..).zip(&self.steps)
    }

    /// The chapter that a step, by its number, belongs to.
    pub fn chapter_of(&self, number: u32) -> Option<&Chapter> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        self.chapters.iter().find(|chapter| chapter.steps.contains(&place))
    }

    /// How many steps there are.
    pub fn len(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
    }

    /// Whether any of them gives addresses out: then files and programs are a part of what is to be looked at.
    pub fn has_ipam(&self) -> bool {
        self.steps.iter().any(|step| step.action.is_of_ipam())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The network as it is when these steps are in force.
    pub fn predict(&self, in_force: impl Fn(u32) -> bool) -> Namespaces {
        let mut net = Namespaces::new();
        effect::add_namespace(&mut net, &MachineName::fabric());
        for (_, step) in self.numbered().filter(|(number, _)| in_force(*number)) {
            step.effect(&mut net);
        }
        effect::settle(&mut net);
        net
    }

    /// A machine by its name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.machines.iter().find(|member| member.name.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::parse;

    fn plan(text: &str) -> Plan {
        Plan::of(&parse("test.yaml", text).unwrap())
    }

    /// What the CNI bridge plugin does for a pod, in its order: the bridge, the pipe, and the way out.
    #[test]
    fn a_pod_on_a_bridge_shows_the_cni_steps_by_hand() {
        let plan = plan(
            "lab: x\ncluster: { clusterCIDR: 10.244.0.0/16, masquerade: true }\nnodes: { n: { pods: { red: {} } } }\n",
        );
        let commands: Vec<String> = plan.steps.iter().filter_map(Step::command).collect();
        let expected = [
            "ip netns exec n sysctl -qw net.ipv4.ip_forward=1",
            "ip -n n link add cni0 type bridge",
            "ip -n n addr add 10.244.0.1/24 dev cni0",
            "ip -n n link set cni0 up",
            "ip -n n link add veth-red type veth peer name peer-red",
            "ip -n n link set peer-red netns red name eth0",
            "ip -n n link set veth-red master cni0",
            "ip -n n link set veth-red up",
            "ip -n red addr add 10.244.0.2/24 dev eth0",
            "ip -n red link set eth0 up",
            "ip -n red route add default via 10.244.0.1",
            "ip netns exec n nft add table ip netlab '{ comment \"made by netlab for lab x\"; }'",
            "ip netns exec n nft add chain ip netlab postrouting '{ type nat hook postrouting priority srcnat; policy accept; }'",
            "ip netns exec n nft add rule ip netlab postrouting ip saddr 10.244.0.0/24 ip daddr != 10.244.0.0/16 masquerade comment '\"netlab: masquerade\"'",
        ];
        let mut rest = commands.iter();
        for command in expected {
            assert!(rest.any(|found| found == command), "not in its place: {command}\n{}", commands.join("\n"));
        }
    }

    #[test]
    fn chapters_cover_all_steps_in_order() {
        let plan = plan(&crate::topology::generate(2, 2));
        let covered: Vec<usize> = plan.chapters.iter().flat_map(|chapter| chapter.steps.clone()).collect();
        assert_eq!(covered, (0..plan.steps.len()).collect::<Vec<_>>());
        assert_eq!(plan.step(1), plan.steps.first());
        assert_eq!((plan.step(0), plan.step(plan.len() + 1)), (None, None));
    }

    #[test]
    fn a_step_undone_twice_is_itself() {
        let plan = plan(&crate::topology::generate(2, 1));
        for step in &plan.steps {
            assert_eq!(&step.inverse().inverse(), step);
            assert_ne!(step.inverse().command(), step.command());
        }
    }
}
