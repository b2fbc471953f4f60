//! Fusing: the same effect with fewer and cheaper requests.
//!
//! ```text
//! by hand                                    fused
//! node-1: ip link add veth-a … peer peer-a ┐
//! node-1: ip link set peer-a netns pod-a   ├─ pod-a: one request: a veth born in both namespaces,
//! node-1: ip link set veth-a master cni0   ┘         its node's end a port of cni0 already
//! node-1: ip link set veth-a up            ── put off: all ports of node-1 together, at the end
//! pod-a:  ip addr add …, ip link set …     ── pod-a: in the same message
//! ```
//!
//! By hand, a veth is created and then moved: right for a lesson, but a move costs the kernel 20 ms. Fusing is a pure
//! function of the steps that are still to be done; nodes (and hosts) become groups that can be built side by side.
//! Addresses that are asked for by DHCP come last of all: the ports carry the question.
//! What it changes beside the order: see [`crate::kernel::message`].

use std::collections::{HashMap, HashSet};

use crate::kernel::request::{Batch, Home, Request, Sending};
use crate::names::{LinkName, MachineName};
use crate::plan::{Kind, Plan};
use crate::step::{Action, AddVeth, AttachPort, MoveLink, SetMtu, Step};

/// What is to be sent, and in what order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Program {
    /// First, in the fabric: the switches.
    pub prelude: Vec<Batch>,
    /// Then, side by side: each node with its pods, each host.
    pub groups: Vec<Vec<Batch>>,
    /// At last, in the fabric: its ports.
    pub finale: Vec<Batch>,
}

impl Program {
    /// All batches, in an order in which one worker could send them.
    pub fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.prelude.iter().chain(self.groups.iter().flatten()).chain(&self.finale)
    }
}

/// The steps by themselves: one batch each, in their order.
pub fn unfused<'a>(steps: impl IntoIterator<Item = (u32, &'a Step)>) -> impl Iterator<Item = Batch> {
    steps.into_iter().map(|(number, step)| Batch {
        at: step.sent_to().clone(),
        sendings: sendings(number, step),
        completes: vec![number],
    })
}

/// Fuses the steps of `plan` that `todo` lists, by number and in order.
pub fn fuse(plan: &Plan, todo: &[(u32, &Step)]) -> Program {
    let pipes = Pipes::find(todo);
    let mut program = Program::default();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut group_of: HashMap<&MachineName, usize> = HashMap::new();
    let owners: HashMap<&MachineName, &MachineName> = plan
        .machines
        .iter()
        .map(|member| match &member.kind {
            Kind::Pod { node } => (&member.name, node),
            _ => (&member.name, &member.name),
        })
        .collect();
    let mut finale = Vec::new();
    for (number, step) in todo {
        let (number, at) = (*number, &step.machine);
        let pipe = pipes.of(at, &step.action);
        // A cable belongs to the group of the machine that it leads to, and so does all of its making.
        let home = match pipe {
            Some(pipe) => pipe.far,
            None => at,
        };
        let Some(owner) = owners.get(home) else {
            add(&mut program.prelude, at, sendings(number, step), &[number]);
            continue;
        };
        let place = *group_of.entry(owner).or_insert_with(|| {
            groups.push(Group::default());
            groups.len() - 1
        });
        let group = &mut groups[place];
        match (pipe, &step.action) {
            // Said by the request that stands in the move's place.
            (Some(_), Action::AddVeth(_) | Action::AttachPort(_) | Action::SetMtu(_)) => {}
            (Some(pipe), Action::MoveLink(_)) => {
                let request =
                    Request::VethAdd { name: pipe.near.clone(), peer: pipe.peer.clone(), home: Some(pipe.home()) };
                add(&mut group.batches, pipe.far, vec![Sending { step: pipe.first, request }], &pipe.steps);
            }
            // The ports come last: a port that is up while its bridge still grows costs time with every new one.
            (Some(pipe), _) if pipe.home.is_fabric() => finale.push((number, *step)),
            (Some(_), _) => add(&mut group.ports, at, sendings(number, step), &[number]),
            // Who asks for its address must be heard, and what comes after that may need the address.
            (None, action) if matches!(action, Action::LeaseAddress(_)) || group.asks.contains(&at) => {
                group.asks.insert(at);
                add(&mut group.leases, at, sendings(number, step), &[number]);
            }
            (None, _) => add(&mut group.batches, at, sendings(number, step), &[number]),
        }
    }
    for (number, step) in finale {
        add(&mut program.finale, &step.machine, sendings(number, step), &[number]);
    }
    program.groups = groups.into_iter().map(|group| [group.batches, group.ports, group.leases].concat()).collect();
    program
}

/// A node or host on its way to being built.
#[derive(Default)]
struct Group<'a> {
    batches: Vec<Batch>,
    ports: Vec<Batch>,
    /// What waits for the ports: addresses that are leased, and what stands behind them.
    leases: Vec<Batch>,
    /// Who leases its address.
    asks: HashSet<&'a MachineName>,
}

fn sendings(number: u32, step: &Step) -> Vec<Sending> {
    step.requests().into_iter().map(|request| Sending { step: number, request }).collect()
}

/// Adds to the last batch where that goes to the same machine, else begins another.
fn add(batches: &mut Vec<Batch>, at: &MachineName, sendings: Vec<Sending>, completes: &[u32]) {
    match batches.last_mut() {
        Some(last) if last.at == *at => {
            last.sendings.extend(sendings);
            last.completes.extend(completes);
        }
        _ => batches.push(Batch { at: at.clone(), sendings, completes: completes.to_vec() }),
    }
}

/// A veth whose making is to be fused.
struct Pipe<'a> {
    home: &'a MachineName,
    near: &'a LinkName,
    master: Option<&'a LinkName>,
    far: &'a MachineName,
    peer: &'a LinkName,
    /// The MTUs of the near end and of the other one, where steps set them.
    mtu: [Option<u32>; 2],
    /// The step that creates it.
    first: u32,
    /// All steps that the one request carries out.
    steps: Vec<u32>,
}

impl Pipe<'_> {
    fn home(&self) -> Home {
        Home { machine: self.home.clone(), master: self.master.cloned(), mtu: self.mtu }
    }
}

/// The pipes that are to be made from nothing, by machine and by the name of either end there. One that exists
/// already, in part, is finished step by step.
struct Pipes<'a> {
    pipes: Vec<Pipe<'a>>,
    ends: HashMap<(&'a MachineName, &'a LinkName), usize>,
    /// The same by the end that was moved.
    far_ends: HashMap<(&'a MachineName, &'a LinkName), usize>,
}

impl<'a> Pipes<'a> {
    fn find(todo: &[(u32, &'a Step)]) -> Self {
        let mut found = Pipes { pipes: Vec::new(), ends: HashMap::new(), far_ends: HashMap::new() };
        let mut created = HashMap::new();
        for (number, step) in todo {
            let at = &step.machine;
            match &step.action {
                Action::AddVeth(AddVeth { name, peer }) => {
                    created.insert((at, peer), (name, *number));
                }
                Action::MoveLink(MoveLink { name, to, rename, .. }) => {
                    if let Some((near, first)) = created.remove(&(at, name)) {
                        let steps = vec![first, *number];
                        let (master, mtu) = (None, [None; 2]);
                        let pipe = Pipe { home: at, near, master, far: to, peer: rename, mtu, first, steps };
                        found.far_ends.insert((to, rename), found.pipes.len());
                        found.ends.insert((at, near), found.pipes.len());
                        found.ends.insert((at, name), found.pipes.len());
                        found.pipes.push(pipe);
                    }
                }
                Action::AttachPort(AttachPort { name, bridge }) => {
                    if let Some(place) = found.ends.get(&(at, name)) {
                        found.pipes[*place].master = Some(bridge);
                        found.pipes[*place].steps.push(*number);
                    }
                }
                Action::SetMtu(SetMtu { name, mtu, .. }) => {
                    let near = found.ends.get(&(at, name)).map(|place| (*place, 0));
                    let far = || found.far_ends.get(&(at, name)).map(|place| (*place, 1));
                    if let Some((place, end)) = near.or_else(far) {
                        found.pipes[place].mtu[end] = Some(*mtu);
                        found.pipes[place].steps.push(*number);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The pipe that a step at a machine is about, if it is one that is fused.
    fn of(&self, at: &'a MachineName, action: &'a Action) -> Option<&Pipe<'a>> {
        let name = match action {
            Action::AddVeth(step) => &step.name,
            Action::MoveLink(step) => &step.name,
            Action::AttachPort(step) => &step.name,
            Action::QuietLink(step) => &step.name,
            Action::SetUp(step) => &step.name,
            Action::SetMtu(step) => {
                let either = [&self.ends, &self.far_ends].into_iter().find_map(|ends| ends.get(&(at, &step.name)));
                return either.map(|place| &self.pipes[*place]);
            }
            _ => return None,
        };
        self.ends.get(&(at, name)).map(|place| &self.pipes[*place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{generate, parse};

    fn plan(text: &str) -> Plan {
        Plan::of(&parse("test.yaml", text).unwrap())
    }

    fn todo(plan: &Plan) -> Vec<(u32, &Step)> {
        plan.numbered().collect()
    }

    fn requests(program: &Program) -> impl Iterator<Item = &Request> {
        program.batches().flat_map(|batch| &batch.sendings).map(|sending| &sending.request)
    }

    #[test]
    fn every_step_is_completed_exactly_once() {
        let plan = plan(&generate(3, 4));
        let mut completed: Vec<u32> =
            fuse(&plan, &todo(&plan)).batches().flat_map(|batch| batch.completes.clone()).collect();
        completed.sort_unstable();
        assert_eq!(completed, (1..=plan.len()).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_moved_on_the_fast_road() {
        let plan = plan(&generate(3, 4));
        let program = fuse(&plan, &todo(&plan));
        assert!(!requests(&program).any(|request| matches!(request, Request::LinkMove { .. })));
        let born = requests(&program).filter(|request| matches!(request, Request::VethAdd { home: Some(_), .. }));
        assert_eq!(born.count(), 3 + 3 * 4);
    }

    #[test]
    fn a_pod_takes_one_batch_and_its_nodes_ports_come_last() {
        let plan = plan(&generate(1, 3));
        let program = fuse(&plan, &todo(&plan));
        let places: Vec<&str> = program.groups[0].iter().map(|batch| batch.at.as_str()).collect();
        let (first, last) = (places.first().unwrap(), places.last().unwrap());
        assert_eq!(first, last, "the node comes first and last");
        assert_eq!(places.iter().filter(|place| *place != first).count(), 3, "one batch for each pod");
        let at_last = &program.groups[0].last().unwrap().sendings;
        assert_eq!(at_last.iter().filter(|s| matches!(s.request, Request::LinkUp { .. })).count(), 3);
    }

    #[test]
    fn pipes_are_born_with_their_mtu() {
        let text = "lab: x\nnetworks: { lan: { mtu: 9000 } }\nnodes: { n: { interfaces: { eth0: { network: lan } }, \
                    podCIDR: 10.0.0.0/24, bridge: { mtu: 1400 }, pods: { a: {} } } }\n";
        let plan = plan(text);
        let mtus = |program: &Program| -> Vec<[Option<u32>; 2]> {
            let homes = requests(program).filter_map(|request| match request {
                Request::VethAdd { home: Some(home), .. } => Some(home.mtu),
                _ => None,
            });
            homes.collect()
        };
        let set = |program: &Program| requests(program).any(|request| matches!(request, Request::LinkSetting { .. }));
        let program = fuse(&plan, &todo(&plan));
        assert_eq!(mtus(&program), [[Some(9000); 2], [Some(1400); 2]]);
        assert!(!set(&program));
        let mut completed: Vec<u32> = program.batches().flat_map(|batch| batch.completes.clone()).collect();
        completed.sort_unstable();
        assert_eq!(completed, (1..=plan.len()).collect::<Vec<_>>());
        // One end that was set by hand, of a pipe that is there.
        let of_a_pipe = |(_, step): &(u32, &Step)| matches!(step.action, Action::SetMtu(_));
        let rest: Vec<(u32, &Step)> = plan.numbered().filter(of_a_pipe).take(1).collect();
        assert!(set(&fuse(&plan, &rest)));
    }

    #[test]
    fn a_pipe_that_is_there_in_part_is_finished_step_by_step() {
        let plan = plan("lab: x\nnodes: { n: { podCIDR: 10.0.0.0/24, pods: { a: {} } } }\n");
        let created = plan.numbered().find(|(_, step)| matches!(step.action, Action::AddVeth(_))).unwrap().0;
        let rest: Vec<(u32, &Step)> = plan.numbered().filter(|(number, _)| *number > created).collect();
        let program = fuse(&plan, &rest);
        assert!(requests(&program).any(|request| matches!(request, Request::LinkMove { .. })));
        assert!(!requests(&program).any(|request| matches!(request, Request::VethAdd { .. })));
    }
}
