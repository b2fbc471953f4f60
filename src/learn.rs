//! `netlab learn`: the learner types, and each step ticks itself when its effect appears.
//!
//! ```text
//! another terminal: netlab shell                 here
//! ip netns add node-1                      ─▶    ✓ step 1   namespace node-1
//! ip -n node-1 link add cni0 type bridge   ─▶    ✓ step 4   bridge cni0
//! ip -n red addr add 10.244.1.2/16 …       ─▶    ✗ red: eth0 has 10.244.1.2/16; the plan says address 10.244.1.2/24 on eth0
//! ```
//!
//! What was typed does not matter, nor in which order: after each notification from the kernel the lab is looked at, and
//! every step checks whether it is in force. What no step explains is named. [`Lesson`] is pure: a look goes in, events
//! come out.

mod hints;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{Deed, Difference, Expected, Mend, Sort, Thing};
use crate::names::MachineName;
use crate::network::{Namespaces, Peer};
use crate::plan::Plan;
use crate::step::{Action, Finding};

pub use hints::{Hint, Hints, Level};
pub use watch::{Outcome, learn};

/// What happened, for whoever prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The lesson begins: its first and last step.
    Begun {
        /// The first step that is the learner's.
        from: u32,
        /// The last one.
        to: u32,
    },
    /// A chapter lies before the learner, by the number of one of its steps.
    Chapter(u32),
    /// So many of the learner's steps are in force already.
    Resumed(usize),
    /// A step came into force.
    Done {
        /// Its number.
        step: u32,
        /// How many of the learner's steps are in force with it.
        done: usize,
    },
    /// A step is not in force any more.
    Undone(u32),
    /// Something is not as the plan has it.
    Wrong(Mistake),
    /// It is gone, or as it should be.
    Righted(Mistake),
    /// Somebody asked for a hint.
    Hinted(Hint),
}

/// Something that is not as the plan has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub machine: MachineName,
    /// What there is.
    pub found: String,
    /// What the plan has in its place, or that it has nothing.
    pub planned: String,
}

/// A lesson: which steps are in force, and what is wrong.
#[derive(Debug)]
pub struct Lesson<'a> {
    plan: &'a Plan,
    /// The steps that are the learner's.
    from: u32,
    to: u32,
    in_force: BTreeSet<u32>,
    wrong: Vec<Mistake>,
    /// What may be wrong, if the next look sees it too: what is read one after the other while the kernel is at work does
    /// not go together (a route without its address, a sysctl that sets others and has not set all).
    suspected: Vec<Mistake>,
    /// The chapter that was announced last.
    chapter: Option<String>,
}

impl<'a> Lesson<'a> {
    /// A lesson over these steps of a plan, of which some may be in force already, as far as the journal knows.
    pub fn new(plan: &'a Plan, from: u32, to: u32, in_force: &BTreeSet<u32>) -> Self {
        Lesson { plan, from, to, in_force: in_force.clone(), wrong: Vec::new(), suspected: Vec::new(), chapter: None }
    }

    /// Whether a step is the learner's.
    pub fn covers(&self, step: u32) -> bool {
        (self.from..=self.to).contains(&step)
    }

    /// The steps that are in force.
    pub fn in_force(&self) -> &BTreeSet<u32> {
        &self.in_force
    }

    /// How many of the learner's steps are in force, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.in_force().iter().filter(|step| self.covers(**step)).count(), (self.from..=self.to).count())
    }

    /// Whether all is done, and nothing is wrong.
    pub fn is_over(&self) -> bool {
        let (done, total) = self.progress();
        done == total && self.wrong.is_empty() && self.suspected.is_empty()
    }

    /// Whether another look has to say if something is wrong.
    pub fn suspects(&self) -> bool {
        !self.suspected.is_empty()
    }

    /// The step that comes next: the first that is not in force.
    pub fn next(&self) -> Option<u32> {
        (self.from..=self.to).find(|step| !self.in_force().contains(step))
    }

    /// Takes a look at the lab, and says what has happened since the last one.
    pub fn look(&mut self, seen: &Namespaces, fresh: &BTreeMap<String, String>) -> Vec<Event> {
        let mut events = Vec::new();
        let present =
            |(number, step): (u32, &crate::step::Step)| (step.check(seen) == Finding::Present).then_some(number);
        let in_force: BTreeSet<u32> = self.plan.numbered().filter_map(present).collect();
        let before = std::mem::replace(&mut self.in_force, in_force);
        events.extend(self.ticks(&before));
        let known = |mistake: &Mistake| self.wrong.contains(mistake) || self.suspected.contains(mistake);
        let (wrong, suspected): (Vec<Mistake>, Vec<Mistake>) = self.mistakes(seen, fresh).into_iter().partition(known);
        self.suspected = suspected;
        events.extend(self.wrong.iter().filter(|old| !wrong.contains(old)).cloned().map(Event::Righted));
        events.extend(wrong.iter().filter(|new| !self.wrong.contains(new)).cloned().map(Event::Wrong));
        self.wrong = wrong;
        if let Some(next) = self.next() {
            let chapter = self.plan.chapter_of(next).map(|chapter| chapter.title.clone());
            if chapter != self.chapter {
                self.chapter = chapter;
                events.push(Event::Chapter(next));
            }
        }
        events
    }

    /// Which steps came into force, and which are not any more.
    fn ticks(&self, before: &BTreeSet<u32>) -> Vec<Event> {
        let now = self.in_force();
        let mut events: Vec<Event> = before.difference(now).map(|step| Event::Undone(*step)).collect();
        let done = before.intersection(now).filter(|step| self.covers(**step)).count();
        let new = now.difference(before).filter(|step| self.covers(**step));
        events.extend(new.zip(done + 1..).map(|(step, done)| Event::Done { step: *step, done }));
        events
    }

    /// What is not as the plan has it. What is only not done yet is no mistake.
    fn mistakes(&self, seen: &Namespaces, fresh: &BTreeMap<String, String>) -> Vec<Mistake> {
        let whole: BTreeSet<u32> = (1..=self.plan.len()).collect();
        let at_the_end = Expected::new(self.plan, &whole, fresh.clone()).differences(seen);
        // Sysctls are as the steps in force have them, and those to come have theirs still to set.
        let so_far = Expected::new(self.plan, self.in_force(), fresh.clone()).differences(seen);
        let set = so_far.into_iter().filter(|found| matches!(found.mends[..], [ref one] if is_sysctl(&one.deed)));
        let others = at_the_end.into_iter().filter(|found| self.is_mistake(found, seen));
        let mistakes = others.chain(set).filter(|found| !found.follows);
        mistakes.map(|found| self.mistake(found)).collect()
    }

    fn is_mistake(&self, found: &Difference, seen: &Namespaces) -> bool {
        let step = found.step.and_then(|step| self.plan.step(step));
        match found.sort {
            Sort::Missing => false,
            // A sysctl that is still to be set has another value until then.
            Sort::Changed if found.mends.iter().any(|mend| is_sysctl(&mend.deed)) => false,
            Sort::Changed => !step.is_some_and(|step| matches!(step.action, Action::SetSysctl(_))),
            Sort::Foreign => !self.is_a_pipes_end(found, seen),
        }
    }

    /// Whether it is the other end of one of the plan's pipes, on its way to where it belongs, under whatever name.
    fn is_a_pipes_end(&self, found: &Difference, seen: &Namespaces) -> bool {
        let [mend] = &found.mends[..] else { return false };
        let Deed::Remove(Thing::Link(name)) = &mend.deed else { return false };
        let link = seen.get(&found.machine).and_then(|ns| ns.link(name));
        let Some(Peer { machine, link: near }) = link.and_then(|link| link.peer.as_ref()) else { return false };
        self.plan.steps.iter().any(|step| match &step.action {
            Action::MoveLink(pipe) => {
                let on_the_way = found.machine == step.machine || found.machine == pipe.to;
                step.machine == *machine && pipe.near.as_str() == near && on_the_way
            }
            _ => false,
        })
    }

    /// What there is, and what the plan has that it may have been meant as.
    fn mistake(&self, found: Difference) -> Mistake {
        let meant = match &found.mends[..] {
            [Mend { deed: Deed::Remove(thing), .. }] if found.sort == Sort::Foreign => {
                let mut open = self.plan.numbered().filter(|(number, _)| !self.in_force().contains(number));
                let meant = open.find(|(_, step)| step.machine == found.machine && is_alike(thing, &step.action));
                match meant {
                    Some((_, step)) => format!("the plan says {}", step.thing()),
                    None => "no step of the plan makes it".into(),
                }
            }
            _ => String::new(),
        };
        Mistake { machine: found.machine, found: found.what, planned: meant }
    }
}

fn is_sysctl(deed: &Deed) -> bool {
    matches!(deed, Deed::SetSysctl { .. })
}

/// Whether a thing may have been meant as what a step makes.
fn is_alike(thing: &Thing, action: &Action) -> bool {
    match (thing, action) {
        (Thing::Address { link, address }, Action::AddAddress(planned)) => {
            planned.link.as_str() == link && planned.address.is_ipv4() == address.is_ipv4()
        }
        (Thing::Route(route), Action::AddRoute(planned)) => route.to == planned.to || route.via == Some(planned.via),
        (Thing::Link(_), Action::AddVxlan(_)) => true,
        (Thing::Neighbour(there), Action::AddNeighbour(planned)) => {
            there.address == planned.address || there.mac == Some(planned.mac)
        }
        (Thing::Fdb(there), Action::AddFdbEntry(planned)) => {
            there.mac == planned.mac || there.vtep == Some(planned.vtep)
        }
        (Thing::Table { family, .. }, Action::AddTable(planned)) => *family == planned.family,
        (Thing::Chain { family, table, .. }, Action::AddChain(planned)) => {
            (family, table) == (&planned.family, &planned.table)
        }
        (Thing::Rule { family, table, chain, .. }, Action::AddRule(planned)) => {
            (family, table, chain) == (&planned.family, &planned.table, &planned.chain)
        }
        (Thing::Lease { holder, .. }, Action::ReserveAddress(planned)) => holder.container == planned.pod.as_str(),
        _ => false,
    }
}
