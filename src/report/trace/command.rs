//! A command as it is typed anywhere, made from one that is typed in `netlab shell`.
//!
//! ```text
//! ip -n node-1 route add 10.244.2.0/24 via 192.168.1.12   netlab exec node-1 -- ip route add 10.244.2.0/24 via 192.168.1.12
//! ip netns exec node-1 nft flush ruleset                  netlab exec node-1 -- nft flush ruleset
//! ip link set node-1-eth0 up                              netlab exec fabric -- ip link set node-1-eth0 up
//! ```
//!
//! Quotes stay as they are, as the same kind of shell reads them.

use std::borrow::Cow;

use crate::names::{FABRIC, LabName};
use crate::trace::Death;

/// The command by way of `netlab exec`; of this lab, where it must be named.
pub fn in_netlab(command: &str, lab: Option<&LabName>) -> String {
    let lab = of_lab(lab);
    // What the shell would take apart before netlab sees it goes to a shell inside.
    let (machine, rest) = match is_simple(command) {
        true => apart(command),
        false => (FABRIC, format!("sh -c '{}'", command.replace('\'', r"'\''")).into()),
    };
    format!("netlab{lab} exec {machine} -- {rest}")
}

/// So many commands are listed as they are typed anywhere.
const FEW: usize = 3;

/// What mends a packet's death, as it is typed anywhere: its commands, or `netlab repair` where they are many and it does
/// all of them.
pub fn fix(death: &Death, lab: Option<&LabName>) -> Vec<String> {
    match death.by_repair && death.fix.len() > FEW {
        true => vec![format!("netlab{} repair", of_lab(lab))],
        false => death.fix.iter().map(|command| in_netlab(command, lab)).collect(),
    }
}

fn of_lab(lab: Option<&LabName>) -> String {
    lab.map(|lab| format!(" --lab {lab}")).unwrap_or_default()
}

/// The machine that a command is for, and the command to be typed there.
fn apart(command: &str) -> (&str, Cow<'_, str>) {
    if let Some((machine, rest)) = command.strip_prefix("ip netns exec ").and_then(|rest| rest.split_once(' ')) {
        return (machine, rest.into());
    }
    if let Some((program @ ("ip" | "bridge" | "tc"), options)) = command.split_once(' ')
        && let Some((before, machine, after)) = namespace(options)
    {
        return (machine, format!("{program} {before}{after}").into());
    }
    (FABRIC, command.into())
}

/// Options of `ip` that have a value.
const WITH_VALUE: [&str; 6] = ["-f", "-family", "-rc", "-rcvbuf", "-l", "-loops"];

/// The value of `-n` among the options that begin a command, with what stands before and after.
fn namespace(options: &str) -> Option<(&str, &str, &str)> {
    let mut at = 0;
    loop {
        let rest = options.get(at..)?;
        let (option, after) = rest.split_once(' ')?;
        if matches!(option, "-n" | "-netns") {
            let (machine, after) = after.split_once(' ')?;
            return Some((options.get(..at)?, machine, after));
        }
        if !option.starts_with('-') {
            return None;
        }
        at += option.len() + 1;
        if WITH_VALUE.contains(&option) {
            at += after.split_once(' ')?.0.len() + 1;
        }
    }
}

/// Whether it is one command with its arguments: no pipe, no redirection, nothing that is a second command.
fn is_simple(command: &str) -> bool {
    let (mut quote, mut escaped) = (None, false);
    for c in command.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '|' | '&' | ';' | '<' | '>' | '\n') => return false,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_goes_to_netlab_and_the_rest_stays_as_it_is() {
        let cases = [
            ("ip -n node-1 route add 10.0.0.0/8 via 10.1.0.1", "node-1 -- ip route add 10.0.0.0/8 via 10.1.0.1"),
            ("ip -n node-1 -6 route add default via fd00::1", "node-1 -- ip -6 route add default via fd00::1"),
            ("ip -6 -n node-1 route", "node-1 -- ip -6 route"),
            ("ip -f inet6 -netns n addr", "n -- ip -f inet6 addr"),
            (
                "bridge -n node-1 fdb add 02:00:00:00:00:01 dev vx dst 192.0.2.1",
                "node-1 -- bridge fdb add 02:00:00:00:00:01 dev vx dst 192.0.2.1",
            ),
            (
                "ip netns exec node-1 nft 'add rule ip t c ip saddr { 10.0.0.1, 10.0.0.2 } accept; '",
                "node-1 -- nft 'add rule ip t c ip saddr { 10.0.0.1, 10.0.0.2 } accept; '",
            ),
            ("ip netns exec n sysctl -qw net.ipv4.ip_forward=1", "n -- sysctl -qw net.ipv4.ip_forward=1"),
            // What is for the fabric says so.
            ("ip link set node-1-eth0 master underlay", "fabric -- ip link set node-1-eth0 master underlay"),
            ("bridge link set dev node-1-eth0 state 3", "fabric -- bridge link set dev node-1-eth0 state 3"),
            ("nft flush ruleset", "fabric -- nft flush ruleset"),
            ("ip netns add -n", "fabric -- ip netns add -n"),
            ("ip -n node-1", "fabric -- ip -n node-1"),
            ("ip", "fabric -- ip"),
            ("", "fabric -- "),
        ];
        for (typed, expected) in cases {
            assert_eq!(in_netlab(typed, None), format!("netlab exec {expected}"));
        }
        let lab = "three-nodes".parse().unwrap();
        assert_eq!(in_netlab("ip -n a link", Some(&lab)), "netlab --lab three-nodes exec a -- ip link");
    }

    #[test]
    fn what_is_more_than_one_command_runs_in_a_shell() {
        let typed = "echo 'flush ruleset' | ip netns exec a nft -f -";
        let expected = r"netlab exec fabric -- sh -c 'echo '\''flush ruleset'\'' | ip netns exec a nft -f -'";
        assert_eq!(in_netlab(typed, None), expected);
        for simple in ["nft 'a; b'", r"nft a\;b", r#"echo "a\"b;c""#] {
            assert!(is_simple(simple), "{simple}");
        }
        for several in ["a && b", "a; b", "a > b", r#"echo "a"; b"#, r"echo 'a\'; b"] {
            assert!(!is_simple(several), "{several}");
        }
    }
}
