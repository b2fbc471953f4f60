//! Others' clients: BusyBox's asks netlab's server as if it were any other one.

use crate::common::{Lab, topology};

#[test]
fn a_client_of_somebody_elses_gets_an_address_that_is_left() {
    let lab = Lab::up(&topology("dhcp.yaml"));
    // A guest on the bridge, of whom the file knows nothing.
    lab.script(
        "fabric",
        "ip netns add guest && ip -n node-1 link add g0 type veth peer name eth0 netns guest && \
         ip -n node-1 link set g0 master cni0 up && ip -n guest link set eth0 up",
    )
    .success();
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
