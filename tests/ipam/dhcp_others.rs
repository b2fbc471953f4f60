//! Others' clients: BusyBox's asks netlab's server as if it were any other one.

use crate::common::{Lab, topology};

/// A guest on node-1's bridge, of whom the file knows nothing.
const GUEST: &str = "ip netns add guest && ip -n node-1 link add g0 type veth peer name eth0 netns guest && \
     ip -n node-1 link set g0 master cni0 up && ip -n guest link set eth0 up";

#[test]
fn a_client_of_somebody_elses_gets_an_address_that_is_left() {
    let lab = Lab::up(&topology("dhcp.yaml"));
    lab.script("fabric", GUEST).success();
    let said = lab.exec("guest", &["udhcpc", "-f", "-n", "-q", "-i", "eth0", "-s", "/bin/true"]);
    let told = format!("{}{}", said.stdout, said.stderr);
    assert!(said.status == Some(0) && told.contains("lease of 10.244.0.4 obtained"), "{said}");
    // One that asks for a pod's address does not get what that pod has and uses.
    let said = lab.exec("guest", &["udhcpc", "-f", "-n", "-q", "-i", "eth0", "-s", "/bin/true", "-r", "10.244.0.2"]);
    let told = format!("{}{}", said.stdout, said.stderr);
    assert!(said.status == Some(0) && told.contains("lease of 10.244.0.4 obtained"), "it wants pod-a's: {said}");
    let written = lab.exec("node-1", &["cat", "/run/cni/node-1/dhcp/leases"]).success();
    assert_eq!(written.lines().count(), 3, "{written}");
    assert!(written.lines().any(|line| line.contains(" 10.244.0.4 * 01:")), "{written}");
}

#[test]
fn an_address_that_somebody_uses_is_declined_and_another_one_is_given() {
    let lab = Lab::up(&topology("dhcp.yaml"));
    lab.script("fabric", GUEST).success();
    // Somebody has taken the first address that is left, and asked nobody.
    lab.exec("pod-b", &["ip", "addr", "add", "10.244.0.4/32", "dev", "eth0"]).success();
    // It asks by ARP (-a), and tries again soon (-A).
    let said = lab.exec("guest", &["udhcpc", "-f", "-n", "-q", "-a", "-A", "1", "-i", "eth0", "-s", "/bin/true"]);
    let told = format!("{}{}", said.stdout, said.stderr);
    assert!(said.status == Some(0) && told.contains("lease of 10.244.0.5 obtained"), "{said}");
    let written = lab.exec("node-1", &["cat", "/run/cni/node-1/dhcp/leases"]).success();
    assert!(written.lines().any(|line| line.ends_with(" 10.244.0.4 declined *")), "{written}");
    let shown = lab.run(&["show", "node-1"]).success();
    assert!(shown.contains("nobody") && shown.contains("dhcp, declined: somebody uses it, for "), "{shown}");
    let document = lab.run(&["show", "node-1", "--json"]).json();
    let leases = document["leases"].as_array().unwrap_or_else(|| panic!("{document}"));
    let declined = |address: &str| leases.iter().find(|lease| lease["address"] == address).map(|l| &l["declined"]);
    assert_eq!(
        (declined("10.244.0.4"), declined("10.244.0.5")),
        (Some(&true.into()), Some(&false.into())),
        "{document}"
    );
    // Nor does a pod get it that comes later.
    let added = lab.run(&["pod", "add", "pod-z", "--node", "node-1"]).success();
    assert!(added.contains("pod-z is on node-1 with 10.244.0.6"), "{added}");
}
