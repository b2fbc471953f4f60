//! What must be the same before `up` and after `down`: the host.

use std::collections::BTreeMap;

use super::program::{run, tool};
use super::state::is_counter;

/// Links, addresses, routes, rules, namespaces, sysctls, mounts and files of the host, as lines by subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(BTreeMap<&'static str, Vec<String>>);

impl Host {
    /// Looks at the host.
    pub fn look() -> Self {
        let said = |program: &str, words: &[&str]| -> Vec<String> {
            run(tool(program).args(words)).stdout.lines().map(str::to_owned).collect()
        };
        let mut seen = BTreeMap::from([
            ("links", said("ip", &["-o", "link"])),
            ("routes", said("ip", &["route", "show", "table", "all"])),
            ("IPv6 routes", said("ip", &["-6", "route", "show", "table", "all"])),
            ("policy rules", said("ip", &["rule"])),
            ("rules", said("nft", &["list", "ruleset"])),
            ("namespaces", said("ip", &["netns"])),
            ("sysctls", said("sysctl", &["-a", "-r", r"^net\."])),
        ]);
        let addresses = said("ip", &["-o", "addr"]);
        // A leased address counts its seconds.
        let timeless = |line: &String| line.split("valid_lft").next().unwrap_or_default().to_owned();
        seen.insert("addresses", addresses.iter().map(timeless).collect());
        let mounts = std::fs::read_to_string("/proc/self/mounts").expect("/proc/self/mounts");
        seen.insert("mounts", mounts.lines().map(str::to_owned).collect());
        seen.insert("files in /run", files("/run"));
        seen.insert("files in /run/netns", files("/run/netns"));
        seen.values_mut().for_each(|lines| lines.retain(|line| !is_counter(line)));
        seen.entry("IPv6 routes").or_default().iter_mut().for_each(|line| {
            *line = line.split(" expires ").next().unwrap_or_default().to_owned();
        });
        Host(seen)
    }

    /// What differs, subject by subject; nothing when all is the same.
    pub fn changes(&self, later: &Host) -> Vec<String> {
        let none = Vec::new();
        let mut changes = Vec::new();
        for (subject, before) in &self.0 {
            let after = later.0.get(subject).unwrap_or(&none);
            let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("{subject}: - {line}"));
            let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("{subject}: + {line}"));
            changes.extend(gone.chain(new));
        }
        changes
    }
}

/// The names in a directory, but for netlab's own: a lab of somebody else may come and go meanwhile.
fn files(path: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name != "netlab").collect();
    names.sort();
    names
}
