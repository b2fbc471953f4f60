//! What `netlab plan` says of how much fits.

use crate::common::{Directory, Lab};

fn plan(text: &str, words: &[&str]) -> String {
    let (lab, directory) = (Lab::place(), Directory::new());
    let file = directory.file("topology.yaml", text);
    lab.run(&[&["plan", &file], words].concat()).success()
}

#[test]
fn a_plan_says_how_many_nodes_and_pods_there_is_room_for() {
    for (length, addresses, pods) in [(24, 254, 253), (26, 62, 61), (27, 30, 29)] {
        let text = format!(
            "lab: x\ncluster: {{ clusterCIDR: 10.244.0.0/16, nodeCIDRMaskSize: {length}, routing: none }}\n\
             nodes: {{ a: {{ pods: {{ p: , q: }} }}, b: , c: }}\n"
        );
        let blocks = 1 << (length - 16);
        let told = plan(&text, &[]).replace('\n', " ");
        let expected = format!(
            "clusterCIDR 10.244.0.0/16 holds {blocks} blocks of /{length}, 3 in use; each holds {addresses} addresses: the \
             bridge's and those of {pods} pods, of which a uses 2, b 0, c 0."
        );
        assert!(told.contains(&expected), "{expected}\nis not in\n{told}");
        assert!(plan(&text, &["--format", "markdown"]).contains(&expected), "the worksheet says it, too");
        let document: serde_json::Value = serde_json::from_str(&plan(&text, &["--json"])).expect("JSON");
        let range = &document["capacity"]["ranges"][0];
        assert_eq!((&range["blocks"], &range["used"], &range["nodeMask"]), (&blocks.into(), &3.into(), &length.into()));
        let block = &document["capacity"]["blocks"][0];
        assert_eq!(
            (&block["node"], &block["addresses"], &block["pods"], &block["used"]),
            (&"a".into(), &addresses.into(), &pods.into(), &2.into())
        );
    }
}
