//! Keys that there are not, and values of the wrong kind.

use super::*;

#[test]
fn unknown_keys() {
    case("lab: x\nnodes: {}\n«netwroks: {}\n", &["a topology has no key `netwroks`", "did you mean `networks`?"]);
    case(&node("«podz: {}"), &["a node has no key `podz`", "did you mean `pods`?", "a node has the keys address"]);
    case(&node("pods: { a: { «masquerade: [] } }"), &["a pod has no key `masquerade`", "unknown key"]);
    case("lab: x\nnodes: {}\n«\"\\e[31m\": {}\n", &["`\\u{1b}[31m`"]);
}

#[test]
fn missing_keys() {
    case("«nodes: {}\n", &["a topology needs the key `lab`"]);
    case("«lab: x\n", &["a topology needs the key `nodes`"]);
    case(&node("routes: [«{ to: 10.0.0.0/8 }]"), &["a route needs the key `via`"]);
    case(&node("pods: { a: { interfaces: { «eth1: {} } } }"), &["an interface needs the key `network`"]);
}

#[test]
fn wrong_types() {
    case("lab: «[x]\nnodes: {}\n", &["expected the name of a lab, found a list"]);
    case("lab: «12\nnodes: {}\n", &["found the number `12`", "quote it: \"12\""]);
    case("lab: x\nnodes: «[node-1]\n", &["expected nodes by their names, found a list", "instead of `- …`"]);
    case("lab: x\nnodes: { a: «7 }\n", &["expected a node as a mapping, found the number `7`"]);
    case(&node("routes: «{ to: default, via: 192.168.1.1 }"), &["expected a list of routes, found a mapping"]);
    case(&node("forwarding: «yes"), &["found the text `yes`", "in YAML 1.2 `yes` is text: write true"]);
    case(&node("forwarding: «\"true\""), &["quotes make it text"]);
    case(&node("forwarding: «1"), &["expected true or false, found the number `1`"]);
}

#[test]
fn names() {
    case("lab: «\"\"\nnodes: {}\n", &["`` cannot be the name of a lab", "at least one letter"]);
    case("lab: x\nnodes: { «..: {} }\n", &["are directories"]);
    case("lab: x\nnodes: { «a/b: {} }\n", &["'/' cannot stand in a name"]);
    case("lab: x\nnodes: { «fabric: {} }\n", &["base namespace"]);
    case(
        "lab: x\nnodes: {}\nnetworks: { «a-name-of-16-byt: {} }\n",
        &["expected at most 15 bytes, found 16", "IFNAMSIZ"],
    );
    case("lab: x\nnodes: {}\nnetworks: { «all: {} }\n", &["stand for every link"]);
}

#[test]
fn sysctls() {
    case(&node("sysctls: { «kernel.hostname: x }"), &["not a sysctl of a network namespace", "begins with `net.`"]);
    case(&node("sysctls: { «net.a..b: 1 }"), &["is not the key of a sysctl"]);
    case(&node("sysctls: { «net.a;b: 1 }"), &["';' cannot stand in it"]);
    case(&node("sysctls: { «net.ipv4.ip_forward: 1 }"), &["`forwarding` sets it"]);
    case(&node("sysctls: { net.a.b: «true }"), &["the kernel wants numbers: write 1"]);
    case(&node("sysctls: { net.a.b: «[1] }"), &["expected a sysctl's value, found a list"]);
    case(&node("sysctls: { net.a.b: «\"a\\nb\" }"), &["cannot hold '\\n'"]);
}

#[test]
fn cluster() {
    let cluster = |keys: &str| format!("lab: x\ncluster: {{ {keys} }}\nnodes: {{}}\n");
    case(&cluster("clusterCIDR: 10.0.0.0/8, kind: «flatt"), &["did you mean `flat`?"]);
    case(&cluster("clusterCIDR: 10.0.0.0/8, ipam: «dns"), &["`host-local`, `weave` or `dhcp`"]);
    case(&cluster("ipPools: [«{ natOutgoing: true }]"), &["a pool needs the key `cidr`"]);
    case(&cluster("vxlan: { id: «0 }"), &["a VNI is a number from 1 to 16777215"]);
    case(&cluster("vxlan: { mtu: «20 }"), &["an MTU is a number from 1280"]);
    case(&cluster("underlay: { autodetect: «canreach=10.0.0.1 }"), &["did you mean `can-reach`?"]);
    case(&cluster("underlay: { autodetect: «'interface=(' }"), &["not a regular expression"]);
    case(&cluster("underlay: { autodetect: «cidr= }"), &["nothing about what to look for"]);
    case(&cluster("clusterCIDR: 10.0.0.0/8, routing: «noderoutes"), &["did you mean `nodeRoutes`?"]);
    case(&cluster("clusterCIDR: 10.0.0.0/16, nodeCIDRMaskSize: «12"), &["too small for blocks of /12"]);
    case(&cluster("clusterCIDR: 10.0.0.0/16, nodeCIDRMaskSize: «31"), &["no room for a gateway and a pod"]);
    case(&cluster("clusterCIDR: 10.0.0.0/16, nodeCIDRMaskSize: «x"), &["expected a prefix length, found the text `x`"]);
    case(&cluster("clusterCIDR: «10.0.0.0/28"), &["too small for blocks of /24"]);
    case(&cluster("clusterCIDR: [10.0.0.0/16, «10.1.0.0/16]"), &["two IPv4 ranges"]);
    case(&cluster("«clusterCIDR: []"), &["clusterCIDR is empty"]);
    case(
        &cluster("clusterCIDR: [10.0.0.0/16, 'fd00::/56'], nodeCIDRMaskSize: «24"),
        &["does not say of which family", "nodeCIDRMaskSizeIPv4"],
    );
    case(
        &cluster("clusterCIDR: 10.0.0.0/16, nodeCIDRMaskSize: «24, nodeCIDRMaskSizeIPv4: 24"),
        &["exclude each other"],
    );
}
