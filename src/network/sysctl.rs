//! The names of sysctls: whose they are, and what else they write to.
//!
//! ```text
//! net.ipv4.conf.eth0.rp_filter      of the link eth0
//! net.ipv4.conf.eth0/100.rp_filter  of the link eth0.100
//! net.ipv4.ip_forward               writes through to net.ipv4.conf.*.forwarding
//! ```

/// The link that a sysctl belongs to; none for what belongs to the whole namespace, or to links to come (`default`).
pub fn link_of(key: &str) -> Option<String> {
    let slashes = key.find('/').unwrap_or(usize::MAX) < key.find('.').unwrap_or(usize::MAX);
    let parts: Vec<String> = match slashes {
        true => key.split('/').map(str::to_owned).collect(),
        // A slash stands for a dot inside a component, as sysctl(8) has it.
        false => key.split('.').map(|part| part.replace('/', ".")).collect(),
    };
    match &parts[..] {
        [net, family, sort, link, _, ..]
            if net == "net"
                && matches!(family.as_str(), "ipv4" | "ipv6")
                && matches!(sort.as_str(), "conf" | "neigh") =>
        {
            (!matches!(link.as_str(), "all" | "default")).then(|| link.clone())
        }
        _ => None,
    }
}

/// What another sysctl becomes when one is written: forwarding of a namespace is that of all of its links, present and to
/// come, and so is the lack of IPv6; a router accepts no redirects (`inet_forward_change`, `net/ipv4/devinet.c`;
/// `addrconf_forward_change` and `addrconf_disable_change`, `net/ipv6/addrconf.c`).
pub fn written_through(key: &str, value: &str, other: &str) -> Option<String> {
    let below = |prefix: &str, last: &str| other.strip_prefix(prefix).is_some_and(|rest| rest.ends_with(last));
    let same = match key {
        _ if key == other => false,
        "net.ipv4.ip_forward" | "net.ipv4.conf.all.forwarding" => {
            if other == "net.ipv4.conf.all.accept_redirects" {
                return Some(if value == "0" { "1" } else { "0" }.into());
            }
            other == "net.ipv4.ip_forward" || below("net.ipv4.conf.", ".forwarding")
        }
        "net.ipv6.conf.all.forwarding" => below("net.ipv6.conf.", ".forwarding"),
        "net.ipv6.conf.all.disable_ipv6" => below("net.ipv6.conf.", ".disable_ipv6"),
        _ => false,
    };
    same.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysctls_of_links_are_known_by_their_keys() {
        for (key, link) in [
            ("net.ipv4.conf.eth0.rp_filter", "eth0"),
            ("net/ipv6/conf/cni0/accept_ra", "cni0"),
            ("net.ipv4.neigh.eth0.gc_stale_time", "eth0"),
            ("net.ipv4.conf.eth0/100.rp_filter", "eth0.100"),
        ] {
            assert_eq!(link_of(key).as_deref(), Some(link), "{key}");
        }
        for key in [
            "net.ipv4.conf.all.rp_filter",
            "net.ipv6.conf.default.accept_ra",
            "net.ipv4.ip_forward",
            "net.core.somaxconn",
        ] {
            assert_eq!(link_of(key), None, "{key}");
        }
    }

    #[test]
    fn some_sysctls_write_others() {
        let written = |key, value, other| written_through(key, value, other);
        assert_eq!(written("net.ipv4.ip_forward", "1", "net.ipv4.conf.eth0.forwarding").as_deref(), Some("1"));
        assert_eq!(written("net.ipv4.ip_forward", "1", "net.ipv4.conf.all.accept_redirects").as_deref(), Some("0"));
        assert_eq!(written("net.ipv4.ip_forward", "1", "net.ipv4.ip_forward"), None);
        assert_eq!(written("net.ipv4.conf.all.rp_filter", "1", "net.ipv4.conf.eth0.rp_filter"), None);
        assert_eq!(
            written("net.ipv6.conf.all.disable_ipv6", "1", "net.ipv6.conf.lo.disable_ipv6").as_deref(),
            Some("1")
        );
    }
}
