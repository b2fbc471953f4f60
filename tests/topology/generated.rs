//! Files that are made by chance: valid ones, and what comes of changing them.

use netlab::topology::parse;
use proptest::prelude::*;

use super::read;

prop_compose! {
    /// A topology in the short form that is valid by construction.
    fn valid()(
        families in 1..4_u8,
        nodes in prop::collection::vec((0..6_usize, any::<bool>(), any::<bool>(), prop::option::of("[ -~]{1,12}")), 0..5),
        masquerade in any::<bool>(),
        routing in prop::sample::select(vec!["none", "nodeRoutes", "router", "vxlan"]),
        ipam in prop::sample::select(vec!["", "host-local", "dhcp"]),
        kind in prop::sample::select(vec!["", "island", "flat", "isolated"]),
        mtu in prop::option::of(1350..=65535_u32),
        named in "[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}",
    ) -> String {
        let pick = |v4: &str, v6: &str| match families {
            1 => format!("[{v4}]"),
            2 => format!("['{v6}']"),
            _ => format!("[{v4}, '{v6}']"),
        };
        let count = nodes.len();
        let mut text = format!(
            "lab: \"{named}\"\nnetworks: {{ lan: {{ subnets: {}, {} }} }}\ncluster: {{ clusterCIDR: {}, routing: {routing}, {} {} }}\nnodes:\n",
            pick("192.168.0.0/16", "fd01::/64"),
            mtu.map_or_else(String::new, |mtu| format!("mtu: {mtu}")),
            pick("10.244.0.0/16", "fd00::/56"),
            // DHCP gives out IPv4 addresses.
            match (ipam, families) {
                ("", _) | ("dhcp", 2) => String::new(),
                (ipam, _) => format!("ipam: {ipam},"),
            },
            match kind {
                "" => format!("masquerade: {masquerade}"),
                kind => format!("kind: {kind}"),
            },
        );
        for (index, (pods, forwarding, bridge, sysctl)) in nodes.into_iter().enumerate() {
            text += &format!("  \"{named}{index}\":\n    address: {}\n", pick(&format!("192.168.1.{}", index + 1), &format!("fd01::{}", index + 1)));
            if forwarding { text += "    forwarding: true\n" }
            if bridge { text += &format!("    bridge: {{ name: br0, mtu: {} }}\n", mtu.unwrap_or(1500)) }
            if let Some(value) = sysctl.filter(|value| !value.trim().is_empty()) {
                text += &format!("    sysctls: {{ net.core.x: '{}' }}\n", value.replace('\'', "''"));
            }
            text += "    pods: {";
            for pod in 0..pods { text += &format!(" p{index}x{pod}: {{}},") }
            text += "}\n";
        }
        if !kind.is_empty() {
            text += &format!("hosts:\n  host: {{ interfaces: {{ eth0: {{ network: lan, addresses: {} }} }} }}\n", pick("192.168.9.9/16", "fd01::9:9/64"));
        }
        if count > 0 {
            let (port, family) = if families == 1 { ("tcp: 80, as: own", "IPv4") } else { ("udp: 53", "IPv6") };
            text += &format!("expect:\n  - {{ from: nodes, to: [pods, 192.0.2.1, \"{named}0\"], {port} }}\n");
            text += &format!("  - {{ from: \"{named}0\", to: pods, reachable: false, family: {family} }}\n");
        }
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spelling_out_is_a_fixed_point(text in valid()) {
        let topology = read(&text);
        let printed = topology.to_yaml();
        prop_assert_eq!(&read(&printed), &topology);
        prop_assert_eq!(read(&printed).to_yaml(), printed);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,300}") {
        look(&text);
    }

    #[test]
    fn no_yaml_makes_it_panic(text in "[ \n\t{}\\[\\]:,&*!|>'\"#%@`?a0-]{0,200}") {
        look(&text);
        look(&format!("lab: x\nnodes:\n  {text}"));
    }

    #[test]
    fn no_change_to_a_valid_file_makes_it_panic(
        text in valid(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, "[ \n{}:,/.'&*0-9a-fä-]{0,6}"), 1..8),
    ) {
        let mut characters: Vec<char> = text.chars().collect();
        for (at, length, inserted) in changes {
            let start = at.index(characters.len() + 1);
            let end = (start + length).min(characters.len());
            characters.splice(start..end, inserted.chars());
        }
        look(&characters.into_iter().collect::<String>());
    }
}

/// Whatever a text is, reading it ends, and what is said about it can be shown.
fn look(text: &str) {
    match parse("fuzz.yaml", text) {
        Ok(topology) => assert_eq!(read(&topology.to_yaml()), topology),
        Err(failure) => {
            assert!(!failure.diagnostics().is_empty());
            assert!(!failure.to_string().is_empty());
            assert!(failure.to_json().as_array().is_some());
        }
    }
}
