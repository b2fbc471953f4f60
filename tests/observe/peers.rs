//! Which two ends are one veth pipe.

use netlab::kernel::observe::{View, observe};
use netlab::names::MachineName;
use netlab::network::Peer;

use super::{sandbox, sh};

fn view() -> View {
    View { peers: true, ..View::LINKS }
}

fn machine(name: &str) -> MachineName {
    name.parse().unwrap()
}

#[test]
fn ends_of_the_same_indexes_are_told_apart() {
    // Two nodes, two pods each, all with the same indexes; and a pipe within one namespace.
    let mut script = String::new();
    for (node, pods) in [("node-1", ["d", "a"]), ("node-2", ["c", "b"])] {
        script += &format!("ip netns add {node}\n");
        for (i, pod) in pods.iter().enumerate() {
            script += &format!(
                "ip netns add pod-{pod}; ip -n {node} link add veth-{pod} index {} type veth peer name eth0 index 16 netns pod-{pod}\n",
                1000 + i
            );
        }
    }
    script += "ip link add left type veth peer name right\n";
    script += "ip netns add nobody; ip -n node-1 link add lost index 1000001 type veth peer name eth0 index 16 netns nobody\n";
    sandbox(|kernel| {
        sh(&script);
        let names = ["node-1", "node-2", "pod-a", "pod-b", "pod-c", "pod-d"].map(machine);
        let fabric = MachineName::fabric();
        let seen = observe(kernel, names.iter().chain([&fabric]), &view()).unwrap();
        let peer = |at: &MachineName, link: &str| seen[at].link(link).unwrap().peer.clone();
        for (node, pods) in [("node-1", ["d", "a"]), ("node-2", ["c", "b"])] {
            for pod in pods {
                let (node, pod) = (machine(node), machine(&format!("pod-{pod}")));
                let port = format!("veth-{}", pod.as_str().trim_start_matches("pod-"));
                assert_eq!(peer(&node, &port), Some(Peer { machine: pod.clone(), link: "eth0".into() }));
                assert_eq!(peer(&pod, "eth0"), Some(Peer { machine: node, link: port }));
            }
        }
        assert_eq!(peer(&fabric, "left"), Some(Peer { machine: fabric.clone(), link: "right".into() }));
        assert_eq!(peer(&fabric, "right"), Some(Peer { machine: fabric.clone(), link: "left".into() }));
        assert_eq!(peer(&machine("node-1"), "lost"), None);
        assert_eq!(peer(&machine("node-1"), "lo"), None);

        // Seen without the nodes, no pod has a peer.
        let alone = observe(kernel, &names[2..], &view()).unwrap();
        assert!(alone.values().flat_map(|ns| &ns.links).all(|link| link.peer.is_none()));
    });
}
