//! `nft add table ip netlab`: a table of netlab's own, so that nobody else's rules are touched.

use super::{Finding, Inside, Page, Way};
use crate::kernel::nft::{self, Change};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::ruleset::Family;
use crate::network::{Namespaces, effect};

/// Create an nftables table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddTable {
    /// Its family.
    pub family: Family,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub comment: String,
}

impl AddTable {
    fn change(&self, way: Way) -> Change {
        let AddTable { family, name, comment } = self.clone();
        match way {
            Way::Do => Change::AddTable { family, table: name, comment: Some(comment) },
            Way::Undo => Change::DeleteTable { family, table: name },
        }
    }
}

impl Page for AddTable {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let AddTable { family, name, .. } = self;
        let verb = if way == Way::Do { "Create" } else { "Delete" };
        format!("{verb} the nftables table {family} {name}")
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("table {} {}", self.family, self.name)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        Some(format!("{}{}", Inside(at), nft::command(&self.change(way))))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::Nft(self.change(way))]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_table(net, at, self.family, &self.name, &self.comment),
            Way::Undo => effect::delete_table(net, at, self.family, &self.name),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let tables = seen.get(at).map_or(&[][..], |ns| &ns.tables);
        Finding::from_presence(tables.iter().any(|table| table.family == self.family && table.name == self.name))
    }
}
