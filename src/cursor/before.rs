//! What a sysctl was before its step.
//!
//! ```text
//! 7 net.ipv4.ip_forward=1    9 eth0 arrives    12 net.ipv4.conf.eth0.forwarding=0
//! └──────── rehearsed in a namespace of its own ────────┘ └─ and asked what it is there: 1
//! ```
//!
//! Back means what a lab is that never went further, so that `goto N` and `up --to N` give the same. Hence it is asked
//! what the steps before come to, and not remembered what was found when the step was done: that may have been set by
//! hand, a step may be typed by hand, and what a repair finds is never what was before. Nor could it be read off the
//! steps: one sysctl sets others (`net.ipv4.ip_forward` all links', and `accept_redirects`), links copy their machine's
//! defaults at birth, and what a new namespace has is the host's to say.

use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::plan::Plan;
use crate::step::{Action, Step};

/// What leads, in a new namespace, to where the sysctls of machine `at` are as they were before step `number`.
pub fn requests(plan: &Plan, number: u32, at: &MachineName) -> Vec<Request> {
    let upto = || plan.numbered().take_while(|(earlier, _)| *earlier <= number).map(|(_, step)| step);
    let key = |step: &Step| match &step.action {
        // A dot in a link's name is a slash in a key, and the other way round.
        Action::SetSysctl(sysctl) if step.machine == *at => Some(format!(" {} ", sysctl.key.replace('/', "."))),
        _ => None,
    };
    let keys: String = upto().filter_map(key).collect();
    // Links that no sysctl speaks of need not be made; one that is made for nothing does no harm.
    let concerns = |link: &LinkName| keys.contains(link.as_str());
    // Any link has the sysctls of a veth, and a bridge is the simplest to make.
    let make = |link: &LinkName| concerns(link).then(|| Request::BridgeAdd { name: link.clone() });
    let of = |step: &Step| match &step.action {
        Action::SetSysctl(_) if step.machine == *at => step.requests(),
        Action::QuietLink(quiet) if step.machine == *at && concerns(&quiet.name) => step.requests(),
        Action::AddBridge(bridge) if step.machine == *at => make(&bridge.name).into_iter().collect(),
        Action::AddVeth(pipe) if step.machine == *at => [&pipe.name, &pipe.peer].into_iter().filter_map(make).collect(),
        Action::MoveLink(moved) if moved.to == *at => make(&moved.rename).into_iter().collect(),
        _ => Vec::new(),
    };
    plan.numbered().take_while(|(earlier, _)| *earlier < number).flat_map(|(_, step)| of(step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::parse;

    #[test]
    fn the_steps_before_are_rehearsed_as_far_as_they_concern_the_sysctl() {
        let text = "lab: x
networks: { lan: { subnets: 198.51.100.0/24 } }
nodes:
  other: { sysctls: { net.ipv4.conf.all.rp_filter: 1 } }
  n:
    interfaces: { eth0.5: { network: lan, addresses: 198.51.100.1/24 }, eth1: { network: lan }, eth2: { network: lan } }
    sysctls: { net.ipv4.conf.all.log_martians: 1, net.ipv4.conf.eth0/5.rp_filter: 2, net.ipv4.conf.eth1.rp_filter: 1 }
";
        let plan = Plan::of(&parse("test.yaml", text).unwrap());
        let is_last =
            |(_, step): &(u32, &Step)| matches!(&step.action, Action::SetSysctl(s) if s.key.contains("eth0/5"));
        let (number, step) = plan.numbered().find(is_last).unwrap();
        let told: Vec<String> = requests(&plan, number, &step.machine).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "set net.ipv4.ip_forward to 0",
                "set net.ipv4.conf.all.log_martians to 1",
                "create the bridge eth0.5",
                "change how eth0.5 gets its link-local address",
            ]
        );
    }
}
