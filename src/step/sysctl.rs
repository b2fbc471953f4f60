//! `sysctl -qw net.ipv4.ip_forward=1`: a switch of the machine's network stack.

use super::{Finding, Inside, Page, Way};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::{Namespaces, effect, sysctl};

/// Set a sysctl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSysctl {
    /// Its dotted name.
    pub key: String,
    /// What it is set to.
    pub value: String,
    /// What it is set back to, where that has a meaning of its own: forwarding is on or off, whatever was before.
    pub former: Option<String>,
}

impl SetSysctl {
    fn target(&self, way: Way) -> Option<&String> {
        match way {
            Way::Do => Some(&self.value),
            Way::Undo => self.former.as_ref(),
        }
    }
}

impl SetSysctl {
    /// The link that it belongs to: `net.ipv4.conf.eth0.rp_filter` is of eth0.
    pub fn link(&self) -> Option<String> {
        sysctl::link_of(&self.key)
    }
}

/// The command that sets a sysctl.
pub(crate) fn command(at: &MachineName, key: &str, value: &str) -> String {
    format!("{}sysctl -qw {}", Inside(at), quoted(&format!("{key}={value}")))
}

/// A value as the shell reads it back as one word.
pub(crate) fn quoted(assignment: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if assignment.chars().all(plain) { assignment.into() } else { format!("'{}'", assignment.replace('\'', r"'\''")) }
}

impl Page for SetSysctl {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match (way, self.target(way)) {
            (Way::Do, Some(value)) => format!("Set {} to {value}", self.key),
            (Way::Undo, Some(value)) if value.is_empty() => format!("Empty {} again", self.key),
            (Way::Undo, Some(value)) => format!("Set {} back to {value}", self.key),
            (_, None) => format!("Leave {} as it is: what it was before is not known", self.key),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("{} = {}", self.key, self.value)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        Some(command(at, &self.key, self.target(way)?))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let value = self.target(way).cloned();
        value.map(|value| Request::Sysctl { key: self.key.clone(), value }).into_iter().collect()
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        effect::set_sysctl(net, at, &self.key, self.target(way).map(String::as_str));
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let words = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
        match seen.get(at).and_then(|ns| ns.sysctls.get(&self.key)) {
            Some(value) if words(value) == words(&self.value) => Finding::Present,
            Some(value) => Finding::Differs(format!("{} is {value}", self.key)),
            None => Finding::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_spaces_stay_one_word() {
        assert_eq!(quoted("net.ipv4.ip_forward=1"), "net.ipv4.ip_forward=1");
        assert_eq!(quoted("net.ipv4.ping_group_range=0 10"), "'net.ipv4.ping_group_range=0 10'");
        assert_eq!(quoted("a=it's"), r"'a=it'\''s'");
    }
}
