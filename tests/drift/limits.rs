//! Who else is there, and what netlab cannot mend.

use nix::fcntl::{Flock, FlockArg};

use crate::bench::Bench;
use crate::common::{Lab, topology};

#[test]
fn names_that_netlab_does_not_speak_are_told() {
    let mut bench = Bench::new("one-node.yaml");
    bench.shell.done("ip -n red link add 'a$b' type bridge; ip -n red link add 'über' type bridge");
    let diff = bench.diff();
    let what = diff["differences"].to_string();
    assert!(what.contains("a$b") && what.contains("über"), "{what}");
    // By hand it can be mended, and by request it is refused with a word, not a panic.
    let error = bench.lab.run(&["repair"]).fails(3);
    assert!(error.contains("still differs"), "{error}");
    let commands = bench.dry_run();
    bench.type_script(&commands);
    bench.assert_clean("deleted by hand");
}

#[test]
fn many_foreign_links_are_deleted() {
    let mut bench = Bench::new("one-node.yaml");
    bench.shell.done("for i in $(seq 100); do ip -n red link add x$i type veth peer name y$i; done");
    assert_eq!(bench.diff()["differences"].as_array().map(Vec::len), Some(200));
    assert_eq!(bench.dry_run().len(), 100);
    bench.lab.run(&["repair"]).success();
    bench.assert_links_as_new("200 links less");
}

#[test]
fn all_namespaces_may_go() {
    let mut bench = Bench::new("three-nodes.yaml");
    bench.shell.done("for ns in $(ip netns | cut -d ' ' -f 1); do ip netns delete $ns; done");
    let machines = bench.diff()["differences"].as_array().map(|all| {
        all.iter()
            .filter(|difference| difference["follows"] == false)
            .map(|one| one["sort"].to_string())
            .collect::<Vec<_>>()
    });
    assert_eq!(machines, Some(vec!["\"missing\"".to_owned(); 10]));
    bench.lab.run(&["repair"]).success();
    bench.assert_as_new("all made again");
}

#[test]
fn only_one_repairs_and_everybody_may_look() {
    let mut bench = Bench::new("one-node.yaml");
    bench.shell.done("ip -n red route delete default");
    let file = std::fs::OpenOptions::new().write(true).open(bench.lab.file("lock")).expect("the lock");
    let held = Flock::lock(file, FlockArg::LockExclusiveNonblock).expect("nobody has it");
    assert_eq!(bench.diff()["mends"][0]["command"], "ip -n red route add default via 10.244.1.1");
    assert_eq!(bench.dry_run().len(), 1);
    let error = bench.lab.run(&["repair"]).fails(3);
    assert!(error.contains("somebody") || error.contains("another") || error.contains("changing"), "{error}");
    drop(held);
    let document = bench.lab.run(&["repair", "--json"]).json();
    assert_eq!(document["done"][0]["command"], "ip -n red route add default via 10.244.1.1");
    assert_eq!((&document["done"][0]["machine"], &document["left"]), (&"red".into(), &serde_json::json!([])));
    assert_eq!(bench.lab.run(&["repair", "--json"]).json()["done"], serde_json::json!([]));
}

#[test]
fn each_of_two_labs_has_its_own_faults() {
    let (one, other) = (Lab::up(&topology("one-node.yaml")), Lab::up(&topology("one-node.yaml")));
    one.exec("red", &["ip", "link", "set", "eth0", "mtu", "1400"]).success();
    let told = one.run(&["diff"]);
    assert_eq!(told.status, Some(1), "{told}");
    assert!(told.stdout.contains("eth0 has mtu 1400, not 1500"), "{told}");
    assert!(other.run(&["diff"]).success().contains("is as its plan says"));
    one.run(&["repair"]).success();
    assert!(one.run(&["diff"]).success().contains("is as its plan says"));
}
