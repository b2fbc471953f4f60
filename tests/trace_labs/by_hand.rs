//! Machines that were made with `ip netns add`, of which no plan knows.

use crate::bench::{Case, delivered, hopeless, lost};

/// Two machines and a router between them, which does not forward yet.
pub const ROW: &str = "
for m in x y r; do ip netns add $m; ip -n $m link set lo up; done
ip -n x link add e0 type veth peer name p0 netns r
ip -n r link add p1 type veth peer name e0 netns y
ip -n x addr add 10.1.0.2/24 dev e0; ip -n r addr add 10.1.0.1/24 dev p0
ip -n r addr add 10.2.0.1/24 dev p1; ip -n y addr add 10.2.0.2/24 dev e0
for l in x/e0 r/p0 r/p1 y/e0; do ip -n ${l%/*} link set ${l#*/} up; done
ip -n x route add default via 10.1.0.1; ip -n y route add default via 10.2.0.1
";

/// What is typed, and what comes of it.
pub const ROW_CASES: &[Case] = &[
    lost("x y", "", "forwarding-off there r p0"),
    delivered("x 10.2.0.2", "", "x/e0 r/p0 r/p1 y/e0"),
    lost("x y", "ip -n r link set p1 down", "link-down there r p0"),
    lost("x y", "ip -n r route delete 10.2.0.0/24", "no-route there r p0"),
    lost("x y", "ip -n y route delete default", "no-return-route there y e0"),
    hopeless("x 10.1.0.77", "", "neighbour-unanswered there x -").says(&["nobody has 10.1.0.77"]),
    lost("fabric 127.0.0.1", "", "link-down there fabric -"),
    hopeless("x y --tcp 80", "", "no-listener there y e0").says(&["TCP port 80 in y"]),
];

/// Two machines on one switch, and macvlan links of theirs that were given to others.
pub const MACVLAN: &str = "
for m in h1 h2 m1 m2 m3; do ip netns add $m; ip -n $m link set lo up; done
ip link add sw type bridge; ip link set sw up
for h in h1 h2; do
    ip link add ${h}p type veth peer name u0 netns $h
    ip link set ${h}p master sw up
    ip -n $h link set u0 up
    ip -n $h addr add 192.168.5.${h#h}/24 dev u0
done
ip -n h1 link add mv1 link u0 type macvlan mode bridge; ip -n h1 link set mv1 netns m1
ip -n h1 link add mv2 link u0 type macvlan mode bridge; ip -n h1 link set mv2 netns m2
ip -n h2 link add mv3 link u0 type macvlan mode bridge; ip -n h2 link set mv3 netns m3
for i in 1 2 3; do ip -n m$i link set mv$i up; ip -n m$i addr add 192.168.5.1$i/24 dev mv$i; done
";

/// What is typed, and what comes of it.
pub const MACVLAN_CASES: &[Case] = &[
    delivered("m1 m2", "", "m1/mv1 h1/u0 m2/mv2"),
    delivered("m1 h2", "", "m1/mv1 h1/u0 fabric/h1p fabric/h2p h2/u0"),
    delivered("m1 m3", "", "m1/mv1 h1/u0 fabric/h1p fabric/h2p h2/u0 m3/mv3"),
    lost(
        "m1 m3",
        "ip -n m1 neigh replace 192.168.5.13 lladdr 02:00:00:00:00:77 nud permanent dev mv1",
        "neighbour-unanswered there fabric h1p",
    ),
];

/// A router between two machines whose name was taken away while it lives.
pub const NAMELESS: &str = "
for m in x y mid; do ip netns add $m; ip -n $m link set lo up; done
ip -n x link add e0 type veth peer name p0 netns mid
ip -n mid link add p1 type veth peer name e0 netns y
ip -n x addr add 10.8.1.2/24 dev e0; ip -n mid addr add 10.8.1.1/24 dev p0
ip -n mid addr add 10.8.2.1/24 dev p1; ip -n y addr add 10.8.2.2/24 dev e0
for l in x/e0 mid/p0 mid/p1 y/e0; do ip -n ${l%/*} link set ${l#*/} up; done
ip -n x route add default via 10.8.1.1; ip -n y route add default via 10.8.2.1
ip netns exec mid sysctl -qw net.ipv4.ip_forward=1
mkfifo ${TMPDIR:-/tmp}/alive-$$
ip netns exec mid sh -c \"echo >${TMPDIR:-/tmp}/alive-$$; exec sleep 100\" >/dev/null 2>&1 &
read alive <${TMPDIR:-/tmp}/alive-$$
rm ${TMPDIR:-/tmp}/alive-$$
ip netns delete mid
";

/// What is typed, and what comes of it.
pub const NAMELESS_CASES: &[Case] = &[
    delivered("x y", "", "x/e0 y/e0"),
    hopeless("x y --ttl 1", "", "ttl-exceeded there x e0"),
    hopeless("x 10.8.9.9", "", "unknown there x e0").says(&["no machine of the lab", "network unreachable"]),
];
