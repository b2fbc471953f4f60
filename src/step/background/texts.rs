//! The texts: what the kernel does, what it is for, where to read on.
//!
//! ```text
//! BRIDGE       paragraphs, in plain words, checked against the kernel's documentation
//! BRIDGE_READ  where to read on
//! ```

pub const NAMESPACE: &[&str] = &[
    "A network namespace is a network stack of its own: links, addresses, routes, neighbours, nftables rules, and most of \
     the settings under net. It is born with a loopback link, lo, which is down. `ip netns add` makes one and keeps it by \
     mounting it on /run/netns; without that it would end with its last process.",
    "In Kubernetes every pod has one. The container runtime makes it, and the containers of the pod share it: so they \
     reach each other on 127.0.0.1, and no two of them can listen on the same port. A CNI plugin is handed the \
     namespace's path in CNI_NETNS and plugs it into the network. A real node uses the namespace that the kernel makes \
     at boot; here a namespace plays the computer.",
];
pub const NAMESPACE_READ: &[&str] = &[
    "man ip-netns",
    "man 7 network_namespaces",
    "https://kubernetes.io/docs/concepts/workloads/pods/",
    "https://www.cni.dev/docs/spec/",
];

pub const FORWARD: &[&str] = &[
    "With 0, a packet that arrives and is for none of the machine's own addresses is dropped. With 1 it is looked up in \
     the route table and sent on: the machine is a router. The setting belongs to the network namespace, and is the file \
     /proc/sys/net/ipv4/ip_forward.",
    "A Kubernetes node is a router between its pods and everything else, so it must forward. The CNI bridge plugin sets \
     this where the bridge is the pods' gateway, and kubeadm refuses a node without it. Forgotten, it is a classic: pods \
     of one node reach each other over the bridge, and nobody else.",
];
pub const FORWARD_IPV6: &[&str] = &[
    "The IPv6 counterpart of ip_forward: with 1, packets that are not for the machine itself are routed on, between all \
     of its links. It is also the switch between host and router: a machine that forwards ignores router advertisements, \
     unless accept_ra is 2.",
    "A node of an IPv6 or dual-stack cluster needs it, as it needs ip_forward for IPv4: it is a router between its pods \
     and everything else.",
];
pub const FORWARD_READ: &[&str] = &[
    "https://docs.kernel.org/networking/ip-sysctl.html",
    "https://kubernetes.io/docs/setup/production-environment/container-runtimes/",
];

pub const DAD: &[&str] = &[
    "Before an IPv6 address may be used, the kernel asks on the link whether somebody else has it (duplicate address \
     detection). For about a second the address is tentative, and nothing can be sent from it. 0 turns that off; under \
     `default` it is for links that are made later in this namespace.",
    "An IPAM plugin hands each address out once, so there is nothing to detect, and a pod wants to start at once: the \
     CNI bridge plugin turns it off too, unless it is told otherwise (`enabledad`).",
];
pub const DAD_READ: &[&str] = &[
    "https://docs.kernel.org/networking/ip-sysctl.html",
    "https://www.rfc-editor.org/rfc/rfc4862",
    "https://www.cni.dev/plugins/current/main/bridge/",
];

pub const KEEP: &[&str] = &[
    "When a link is set down, the kernel by default removes its IPv6 addresses, but keeps those of IPv4. With 1, \
     addresses that were given by hand and never expire stay. Under `default` it is for links that are made later in \
     this namespace.",
    "Here it lets you set a link down and up again, and find everything as it was.",
];
pub const IP_SYSCTL: &[&str] = &["https://docs.kernel.org/networking/ip-sysctl.html", "man sysctl"];

pub const SYSCTL: &[&str] = &[
    "A sysctl is a setting of the kernel: a file under /proc/sys, with dots in the place of slashes. Most of those under \
     net belong to the network namespace, so that each machine has its own. Under `conf`, `all` and `default` stand \
     beside the names of links: `default` is what new links begin with.",
    "In Kubernetes a pod asks for one in its securityContext; those that cannot disturb its neighbours are allowed \
     everywhere, others only where the kubelet says so.",
];
pub const SYSCTL_READ: &[&str] = &[
    "man sysctl",
    "https://docs.kernel.org/networking/ip-sysctl.html",
    "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
];

pub const BRIDGE: &[&str] = &[
    "A bridge is an Ethernet switch inside the kernel. It learns behind which port a hardware address (MAC) is, keeps \
     that in its forwarding database (FDB) for five minutes, and sends a frame to that port alone; broadcasts, and frames \
     to those it does not know yet, go to all ports. It knows nothing of IP.",
    "A bridge is also a link of the machine it is in, as if the machine were plugged into its own switch: given an \
     address, it is the gateway of those who are plugged in too. The CNI bridge plugin makes one for each node and calls \
     it cni0, Docker's is docker0. Other plugins (Calico, Cilium) use no bridge and route to each pod. In the fabric, a \
     bridge plays the switch in a rack.",
];
pub const BRIDGE_READ: &[&str] = &[
    "man bridge",
    "https://docs.kernel.org/networking/bridge.html",
    "https://www.cni.dev/plugins/current/main/bridge/",
];

pub const VETH: &[&str] = &[
    "A veth pipe is a pair of network cards with a cable between them, all in software: what is sent into one end comes \
     out of the other. Each end has a carrier while both are up. Where one end is deleted, the other goes too.",
    "It is the usual way into another namespace. Of each pod's pipe, one end is the pod's eth0, and the other stays in \
     the node; `ip link` on any Kubernetes node shows one for each pod. Here pipes are also the cables between machines \
     and switches.",
];
pub const VETH_READ: &[&str] = &["man 4 veth", "man ip-link"];

pub const MOVE: &[&str] = &[
    "A link is in exactly one namespace. Moving it takes it out of this one and puts it into the other: there it is \
     down, and has lost its addresses and routes. The pipe stays whole, `link-netns` in `ip link` tells where the other \
     end is. A name need only be unique within a namespace, so that every pod's card can be called eth0.",
    "In Kubernetes the runtime says in CNI_IFNAME what the card is to be called, and that is eth0. The plugins ask the \
     kernel to create the far end in its namespace at once, which saves the move; so does `netlab up` without --step.",
];

pub const PORT: &[&str] = &[
    "From now on the bridge gets what arrives at this link, and no longer the machine's own IP stack: a port needs no \
     address. A port is disabled until it is up and has a carrier; then it forwards (at once, where no spanning tree \
     protocol is on).",
    "The CNI bridge plugin does this with the node's end of each pod's pipe. All pods of the node are then neighbours on \
     one Ethernet: they reach each other through the bridge, without a route.",
];

pub const QUIET: &[&str] = &[
    "Left alone, a link that is set up gets an IPv6 address of the kernel's own making (link-local, fe80::…), looks for \
     duplicates of it, asks for routers and joins multicast groups. With the mode `none` it does not. It has to be said \
     before the link is up.",
    "Where nobody speaks IPv6, and on a switch's ports, which hand everything to the switch anyway, those packets only \
     stand in the way of whoever captures with tcpdump to learn something.",
];

pub const LOOPBACK: &[&str] = &[
    "lo is a link that leads back to the machine itself. When it is set up, the kernel gives it 127.0.0.1/8 and ::1 by \
     itself. What a machine sends to any address of its own, also to that of its eth0, goes over lo.",
    "Every new network namespace has its own lo, which is down. In Kubernetes it is set up for each pod by the container \
     runtime, with the CNI loopback plugin or by itself; without it the containers of a pod could not talk to each other on \
     localhost.",
];

pub const UP: &[&str] = &[
    "Up means that the machine wants to use the link (flag UP). Whether it can is another matter: it has a carrier \
     (LOWER_UP) when there is somebody at the other end. A veth has one when its other end is up too, a bridge when one \
     of its ports has.",
    "With the link up, a route to the subnet of each of its addresses appears; when it is set down, its routes go, and \
     they do not all come back by themselves. NO-CARRIER in `ip link` says: this end is ready, look at the other.",
];

pub const ADDRESS: &[&str] = &[
    "An address with its prefix length says two things. Packets to the address are for this machine: the kernel writes it \
     into the route table `local`. And everybody in that subnet is on this link: once the link is up, there is a route to \
     the subnet, `dev` the link. Whom it concerns is then asked for by ARP (by neighbour discovery, for IPv6): who has \
     this address, and what is your MAC?",
    "In Kubernetes every pod has an address that is unique in the cluster. Each node has a block (podCIDR), from which an \
     IPAM plugin (host-local) hands out addresses; the bridge usually has the first one, as the pods' gateway.",
];

pub const ROUTE: &[&str] = &[
    "A route says where packets to a subnet go next. `via` names the next router, which must be on a subnet at hand. The \
     destination in the packet stays the same; only the frame around it is addressed to the router's MAC. If several \
     routes fit, the one with the longest prefix wins. Replies need a route back: nobody makes it by itself.",
    "A pod's address is known to its own node only, so every other node needs a route to the node's block. Who adds it \
     differs: flannel's host-gw does it as here, Calico tells it by BGP, in a cloud a controller does it; overlays \
     (VXLAN) wrap packets instead.",
];
pub const DEFAULT_ROUTE: &[&str] = &[
    "The default route (0.0.0.0/0, ::/0) fits every destination, and has the shortest prefix of all: it is used when no \
     other route fits. `via` names the router that takes it from there, which must be on a subnet at hand. Without a \
     default route, sending elsewhere ends with `Network is unreachable`.",
    "In a pod it is the way to everything but its neighbours on the bridge: to other nodes' pods, services and the \
     Internet. The CNI plugin adds it, by way of the bridge's address.",
];
pub const ROUTE_READ: &[&str] =
    &["man ip-route", "https://kubernetes.io/docs/concepts/cluster-administration/networking/"];

pub const TABLE: &[&str] = &[
    "nftables is the kernel's packet filter; it also rewrites addresses. Its rules stand in chains, and chains in tables. \
     A table is for one family (ip is IPv4, ip6 is IPv6, inet both) and does nothing by itself. Who makes rules does well \
     to have a table of their own: it can be deleted as a whole, and nobody else's rules are touched.",
    "kube-proxy in its nftables mode has a table `kube-proxy` for each family. What iptables makes stands beside it in \
     tables called filter and nat, where iptables-nft is used.",
];
pub const NFT_READ: &[&str] =
    &["man nft", "https://wiki.nftables.org/", "https://kubernetes.io/docs/reference/networking/virtual-ips/"];

pub const CHAIN: &[&str] = &[
    "A base chain is called at one point of a packet's way, its hook: prerouting (just arrived), input (for this \
     machine), forward (for somebody else), output (made here), postrouting (about to leave). The priority says in which \
     order chains of the same hook are called; srcnat is 100. The policy is for packets that no rule decides.",
    "A chain of type nat is shown only the first packet of a connection. Connection tracking (conntrack) remembers what \
     was decided, and does the same to all others, and the reverse to replies. In postrouting it is known by which \
     link the packet leaves: the place to change its source, as kube-proxy does.",
];

pub const RULE: &[&str] = &[
    "A rule is read from left to right: as long as its conditions hold it goes on, and at the end stands what is done. \
     `masquerade` replaces the packet's source by the address of the link by which it leaves, and conntrack turns \
     the replies back. Rules of a chain are tried in their order.",
    "Outside the cluster nobody has a route to pods, so what leaves gets the node's address, as a home router does it. \
     Between pods it must not happen: the Kubernetes network model wants each to see the other's own address. The CNI \
     bridge plugin (`ipMasq`) and ip-masq-agent make such rules.",
];
pub const RULE_READ: &[&str] = &[
    "man nft",
    "https://kubernetes.io/docs/tasks/administer-cluster/ip-masq-agent/",
    "https://www.cni.dev/plugins/current/main/bridge/",
];

pub const KEEP_MAC: &[&str] = &[
    "A bridge without a hardware address of its own takes the lowest of its ports'. When ports come and go, that is \
     another one now and then; whoever has noted the old one for a gateway sends frames that nobody takes, until the \
     entry has grown old. An address that was set, be it the one that the bridge has, stays.",
    "The CNI bridge plugin sets a bridge's address to what it is, whenever it plugs a pod in, for this reason: the bridge \
     is the gateway of all pods of the node.",
];

pub const REPLACE_RULES: &[&str] = &[
    "nftables changes rules in transactions: `nft -f` takes any number of commands, and the kernel goes over from the old \
     rules to the new ones in one moment. netlab sends these commands in one transaction; typed one after the other, \
     packets in between meet a chain that lacks some rules.",
    "kube-proxy writes its rules this way, too: thousands of them change at once, and no connection sees half of them.",
];

pub const LEASE_DIRECTORY: &[&str] = &[
    "The node writes down which addresses it has given out: a directory for each network, in it a file for each address. \
     There is no database and no server; the file system sees to it that a file is made only once.",
    "This is what the CNI plugin host-local does, which most CNI plugins call for addresses. Its directory is \
     /var/lib/cni/networks unless `dataDir` says otherwise. The file `lock` is locked (flock) while something is changed.",
];
pub const LEASE_READ: &[&str] = &["https://www.cni.dev/plugins/current/ipam/host-local/", "man 2 flock"];
pub const LEASE: &[&str] = &[
    "The file's name is the address, its content says who has it: the container's id, and the interface. The address is \
     taken as soon as the file is there: making it fails for everybody else (O_EXCL).",
    "last_reserved_ip.0 says which address was given out last. The search for the next one begins behind it and goes \
     round, so a pod that is deleted and made again gets another address, and packets that are still on their way to the \
     old one reach nobody new. The 0 is the number of the range set: of IPv4 here, and 1 is that of IPv6, where there are \
     both.",
];
pub const DHCP_SERVER: &[&str] = &[
    "A program in the node listens on UDP port 67 of the bridge. Who has no address yet shouts to everybody on the bridge \
     (255.255.255.255), and the server answers in the same way: with an address of the node's block, for a while.",
    "`ss` lists it twice: at 255.255.255.255, and at the bridge's own address, which it names as the pods' gateway and \
     where pods ask for more time. When the bridge loses that address, the server ends: it would give addresses that lead \
     nowhere.",
    "The CNI plugin dhcp is the client's half of this: on a real cluster the server is the data centre's own, and pods are \
     bridged into its network. Whom it gave what, and until when, is in the file `leases`.",
];
pub const DHCP_READ: &[&str] =
    &["https://www.cni.dev/plugins/current/ipam/dhcp/", "https://www.rfc-editor.org/rfc/rfc2131", "man dnsmasq"];
pub const DHCP_HOST: &[&str] = &[
    "The server gives whoever calls itself by this name this address, and nobody else. Who is not in such a file gets one \
     that is left.",
    "The client's identifier (option 61) is what it calls itself. Without one, its hardware address would do, which a pod \
     gets anew every time.",
];
pub const DHCP_CLIENT: &[&str] = &[
    "Four packets: DISCOVER (who is there?), OFFER (you could have this), REQUEST (I take it), ACK (it is yours until …). \
     The answer names the subnet's mask and the gateway, too, so the client sets the address and the default route.",
    "The address is lent. When half of the time is over (T1) the client asks its server for more, at seven eighths (T2) it \
     asks any; if nobody answers, the kernel takes the address away when the time is over (valid_lft). The program stays in \
     the pod's namespace to see to that; the CNI plugin dhcp has a daemon on the node for it.",
];
