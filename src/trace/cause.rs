//! Why a packet dies: the causes that netlab tells apart, each by a slug that stays the same from release to release.
//!
//! ```text
//! no-route           this machine knows no way to the destination
//! not-in-bridge      the other end of the pipe is plugged into no bridge
//! unknown            none of these could be shown: all evidence is told, and no guess is made
//! ```

/// A cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The machine has no route to the destination.
    NoRoute,
    /// The machine has no route for the answer.
    NoReturnRoute,
    /// The machine forwards no packets for others (`ip_forward`, `forwarding`).
    ForwardingOff,
    /// The answer would leave by another interface than the packet came in by (`rp_filter`).
    RpFilter,
    /// The source address cannot be true here: it is this machine's own, or nobody's.
    MartianSource,
    /// A route says that such packets are to be thrown away (`blackhole`, `unreachable`, `prohibit`).
    BlackholeRoute,
    /// A link on the way is down, or its other end is.
    LinkDown,
    /// A bridge port does not pass it on: its state, isolation, flooding, or locking.
    PortBlocked,
    /// A link that should be a port is plugged into no bridge.
    NotInBridge,
    /// Nobody tells the hardware address of the next machine, or a wrong one is believed.
    NeighbourUnanswered,
    /// A machine lacks the address that it is spoken to by, or that it should speak from.
    NoAddress,
    /// A route leads by way of a machine that is none, or that is not on the way.
    WrongGateway,
    /// Two machines have the same address.
    DuplicateAddress,
    /// A rule or policy of nftables (or iptables) dropped or rejected it.
    Firewall,
    /// It left the cluster with a pod's address as its source, to which nobody outside can answer.
    NoMasquerade,
    /// It is larger than a link takes, and may not be or was not cut up.
    Mtu,
    /// A bridge or VXLAN has no right entry for the hardware address.
    FdbMissing,
    /// A VXLAN sends it to a machine that does not have the destination.
    WrongVtep,
    /// The two ends of a VXLAN have different network identifiers.
    VniMismatch,
    /// The two ends of a VXLAN use different UDP ports.
    PortMismatch,
    /// It has passed as many routers as it may.
    TtlExceeded,
    /// It arrived, and nobody listens there.
    NoListener,
    /// A bridge would have to send it back out of the port that it came in by.
    Hairpin,
    /// None of these could be shown.
    Unknown,
}

/// All causes with their slugs and what they mean in a few words.
pub const CAUSES: [(Cause, &str, &str); 24] = [
    (Cause::NoRoute, "no-route", "the machine has no route to the destination"),
    (Cause::NoReturnRoute, "no-return-route", "the machine has no route for the answer"),
    (Cause::ForwardingOff, "forwarding-off", "the machine forwards no packets for others"),
    (Cause::RpFilter, "rp-filter", "the answer would leave by another interface, and rp_filter minds"),
    (Cause::MartianSource, "martian-source", "the source address cannot be true here"),
    (Cause::BlackholeRoute, "blackhole-route", "a blackhole, unreachable or prohibit route matched"),
    (Cause::LinkDown, "link-down", "a link on the way, or its other end, is down"),
    (Cause::PortBlocked, "port-blocked", "a bridge port does not pass it on"),
    (Cause::NotInBridge, "not-in-bridge", "a link that should be a port is plugged into no bridge"),
    (Cause::NeighbourUnanswered, "neighbour-unanswered", "nobody tells the next machine's hardware address"),
    (Cause::NoAddress, "no-address", "a machine lacks the address that it needs"),
    (Cause::WrongGateway, "wrong-gateway", "a route leads by way of the wrong machine, or of none"),
    (Cause::DuplicateAddress, "duplicate-address", "two machines have the same address"),
    (Cause::Firewall, "firewall", "a rule or policy dropped or rejected it"),
    (Cause::NoMasquerade, "no-masquerade", "it left the cluster with a pod's address as its source"),
    (Cause::Mtu, "mtu", "it is larger than a link on the way takes"),
    (Cause::FdbMissing, "fdb-missing", "a bridge or VXLAN has no right entry for the hardware address"),
    (Cause::WrongVtep, "wrong-vtep", "a VXLAN sends it to a machine that does not have the destination"),
    (Cause::VniMismatch, "vni-mismatch", "the two ends of a VXLAN have different identifiers"),
    (Cause::PortMismatch, "port-mismatch", "the two ends of a VXLAN use different UDP ports"),
    (Cause::TtlExceeded, "ttl-exceeded", "it has passed as many routers as it may"),
    (Cause::NoListener, "no-listener", "it arrived, and nobody listens there"),
    (Cause::Hairpin, "hairpin", "a bridge would have to send it back where it came from"),
    (Cause::Unknown, "unknown", "none of these could be shown"),
];

impl Cause {
    fn entry(self) -> (&'static str, &'static str) {
        let entry = CAUSES.iter().find(|(cause, ..)| *cause == self);
        entry.map_or(("unknown", ""), |(_, slug, meaning)| (slug, meaning))
    }

    /// The word for it, in documents and in text.
    pub fn slug(self) -> &'static str {
        self.entry().0
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        self.entry().1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_slug_of_its_own() {
        for (cause, slug, meaning) in CAUSES {
            assert_eq!((cause.slug(), cause.meaning()), (slug, meaning));
            assert_eq!(CAUSES.iter().filter(|(_, other, _)| *other == slug).count(), 1, "{slug}");
        }
    }
}
