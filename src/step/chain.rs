//! `nft add chain ip netlab postrouting '{ type nat hook postrouting … }'`: rules that run at one point of a packet's
//! way through the kernel.

use super::{Finding, Inside, Page, Way};
use crate::kernel::nft::{self, Change};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::ruleset::{Chain, Family, Hook};
use crate::network::{Namespaces, effect};

/// Create a base chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddChain {
    /// The table's family.
    pub family: Family,
    /// The table.
    pub table: String,
    /// The chain's name.
    pub name: String,
    /// Where it hooks in.
    pub hook: Hook,
}

impl AddChain {
    fn change(&self, way: Way) -> Change {
        let AddChain { family, table, name, hook } = self.clone();
        match way {
            Way::Do => Change::AddChain { family, table, chain: name, hook: Some(hook) },
            Way::Undo => Change::DeleteChain { family, table, chain: name },
        }
    }
}

impl Page for AddChain {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let verb = if way == Way::Do { "Create" } else { "Delete" };
        format!("{verb} the chain {}", self.name)
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("chain {} in table {} {}", self.name, self.family, self.table)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        Some(format!("{}{}", Inside(at), nft::command(&self.change(way))))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::Nft(self.change(way))]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_chain(net, at, self.family, &self.table, &self.name, &self.hook),
            Way::Undo => effect::delete_chain(net, at, self.family, &self.table, &self.name),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        match seen.get(at).and_then(|ns| ns.chain(self.family, &self.table, &self.name)) {
            None => Finding::Missing,
            Some(chain) if chain.hook.as_ref() == Some(&self.hook) => Finding::Present,
            Some(Chain { hook: Some(hook), .. }) => Finding::Taken(format!("the chain is `{hook}`")),
            Some(_) => Finding::Taken("the chain has no hook".into()),
        }
    }
}
