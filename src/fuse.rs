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
//! What it changes beside the order: see [`crate::kernel::message`].

use std::collections::HashMap;

use crate::kernel::request::{Batch, Home, Request, Sending};
use crate::names::{LinkName, MachineName};
use crate::plan::{Kind, Plan};
use crate::step::{Action, AddVeth, AttachPort, MoveLink, Step};

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
        at: step.machine.clone(),
        sendings: step.requests().into_iter().map(|request| Sending { step: number, request }).collect(),
        completes: vec![number],
    })
}

/// Fuses the steps of `plan` that `todo` lists, by number and in order.
pub fn fuse(plan: &Plan, todo: &[(u32, &Step)]) -> Program {
    let pipes = Pipes::find(todo);
    let mut program = Program::default();
    let mut groups: Vec<Group> = Vec::new();
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
            (Some(_), Action::AddVeth(_) | Action::AttachPort(_)) => {}
            (Some(pipe), Action::MoveLink(_)) => {
                let request =
                    Request::VethAdd { name: pipe.near.clone(), peer: pipe.peer.clone(), home: Some(pipe.home()) };
                add(&mut group.batches, pipe.far, vec![Sending { step: pipe.first, request }], &pipe.steps);
            }
            // The ports come last: a port that is up while its bridge still grows costs time with every new one.
            (Some(pipe), _) if pipe.home.is_fabric() => finale.push((number, *step)),
            (Some(_), _) => add(&mut group.ports, at, sendings(number, step), &[number]),
            (None, _) => add(&mut group.batches, at, sendings(number, step), &[number]),
        }
    }
    for (number, step) in finale {
        add(&mut program.finale, &step.machine, sendings(number, step), &[number]);
    }
    program.groups = groups.into_iter().map(|group| [group.batches, group.ports].concat()).collect();
    program
}

/// A node or host on its way to being built.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    ports: Vec<Batch>,
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
    /// The step that creates it.
    first: u32,
    /// All steps that the one request carries out.
    steps: Vec<u32>,
}

impl Pipe<'_> {
    fn home(&self) -> Home {
        Home { machine: self.home.clone(), master: self.master.cloned() }
    }
}

/// The pipes that are to be made from nothing, by machine and by the name of either end there. One that exists
/// already, in part, is finished step by step.
struct Pipes<'a> {
    pipes: Vec<Pipe<'a>>,
    ends: HashMap<(&'a MachineName, &'a LinkName), usize>,
}

impl<'a> Pipes<'a> {
    fn find(todo: &[(u32, &'a Step)]) -> Self {
        let mut found = Pipes { pipes: Vec::new(), ends: HashMap::new() };
        let mut created = HashMap::new();
        for (number, step) in todo {
            let at = &step.machine;
            match &step.action {
                Action::AddVeth(AddVeth { name, peer }) => {
                    created.insert((at, peer), (name, *number));
                }
                Action::MoveLink(MoveLink { name, to, rename }) => {
                    if let Some((near, first)) = created.remove(&(at, name)) {
                        let steps = vec![first, *number];
                        let pipe = Pipe { home: at, near, master: None, far: to, peer: rename, first, steps };
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
            _ => return None,
        };
        self.ends.get(&(at, name)).map(|place| &self.pipes[*place])
    }
}
