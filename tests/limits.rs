//! A machine that refuses: a full disk, a read-only state directory, limits on namespaces. The error is clear and names
//! the step or the setting, `status` describes what there is, and `down` works.
//!
//! ```text
//! unshare --user --map-root-user --net --mount   a computer of the test's own, whose limits and disks are its own
//! ```

mod common;

use common::program::netlab_program;
use common::{Lab, Ran, run_with_input, tool, topology};

/// Runs a script as root of a user namespace, whose limits concern nobody else. In it `$NETLAB` is netlab, `$STATE` an
/// empty directory of the script's own, `$NETLAB_STATE_DIR` a place in it, and `$THREE` the file of three nodes.
#[track_caller]
fn on_a_machine_of_its_own(script: &str) -> Ran {
    let lab = Lab::place();
    let state = lab.state();
    std::fs::create_dir(&state).expect("a directory");
    let mut command = tool("unshare");
    command.args(["--user", "--map-root-user", "--net", "--mount", "sh", "-s"]);
    command.env("NETLAB", netlab_program()).env("THREE", topology("three-nodes.yaml"));
    command.env("STATE", &state).env("NETLAB_STATE_DIR", state.join("labs"));
    let ran = run_with_input(&mut command, format!("set -u\n{script}").as_bytes());
    assert!(ran.status == Some(0) && !ran.stderr.contains("panicked"), "{ran}");
    std::fs::remove_dir_all(&state).expect("the directory");
    ran
}

#[test]
fn a_full_disk_gives_a_clear_error_and_down_works() {
    // Room for one page, two, …: the lock, the file as it was read, the pause process, the journal.
    for pages in 0..=5 {
        let ran = on_a_machine_of_its_own(&format!(
            r#"
            mount -t tmpfs -o size=1m tmpfs $STATE
            head -c $((1048576 - 4096 * {pages})) /dev/zero > $STATE/filler
            $NETLAB up $THREE; echo "up: $?"
            $NETLAB list; echo "list: $?"
            $NETLAB status >/dev/null; echo "status: $?"
            $NETLAB down; echo "down: $?"
            [ ! -e $NETLAB_STATE_DIR ]; echo "left: $?"
            rm $STATE/filler
            $NETLAB up $THREE >/dev/null; echo "up with room: $?"
            $NETLAB down >/dev/null; echo "down: $?"
            "#
        ));
        if ran.stdout.contains("up: 3\n") {
            assert!(ran.message().contains("No space left on device"), "{pages} pages: {ran}");
        } else {
            assert!(ran.stdout.contains("up: 0"), "{pages} pages: {ran}");
        }
        assert_eq!(ran.stdout.matches("down: 0").count(), 2, "{pages} pages: {ran}");
        assert!(ran.stdout.contains("list: 0\n"), "{pages} pages: {ran}");
        assert!(ran.stdout.contains("left: 0\n") && ran.stdout.contains("up with room: 0\n"), "{pages} pages: {ran}");
    }
}

#[test]
fn a_disk_that_is_full_half_way_stops_up_which_goes_on_once_there_is_room() {
    // Step by step, so that the journal of this lab fills more than a page.
    let script = r#"
        mount -t tmpfs -o size=1m tmpfs $STATE
        $NETLAB generate 4 14 > $STATE/lab.yaml
        size=$(stat -c %s $STATE/lab.yaml)
        pages=$(( (size + 4095) / 4096 + 3 ))
        used=$(df --output=used -B 4096 $STATE | tail -n 1)
        head -c $((1048576 - 4096 * (used + pages))) /dev/zero > $STATE/filler
        $NETLAB up --no-fuse $STATE/lab.yaml; echo "up: $?"
        $NETLAB status | head -n 1
        rm $STATE/filler
        $NETLAB up $STATE/lab.yaml; echo "again: $?"
        $NETLAB down
    "#;
    let ran = on_a_machine_of_its_own(script);
    assert!(ran.message().contains("cannot write the journal"), "{ran}");
    for words in ["No space left on device", "`netlab up` goes on", "`netlab down large`"] {
        assert!(ran.message().contains(words), "{words}: {ran}");
    }
    for words in ["up: 3\n", "steps done; pause process", "missing and", "again: 0\n", "is down"] {
        assert!(ran.stdout.contains(words), "{words}: {ran}");
    }
}

#[test]
fn a_read_only_state_directory_gives_a_clear_error() {
    let script = r#"
        mount -t tmpfs -o ro tmpfs $STATE
        $NETLAB up $THREE; echo "up: $?"
        $NETLAB list; $NETLAB down; echo "down: $?"
    "#;
    let ran = on_a_machine_of_its_own(script);
    assert!(ran.stdout.contains("up: 3\n") && ran.stdout.contains("no lab is up\ndown: 0\n"), "{ran}");
    for words in ["Read-only file system", "NETLAB_STATE_DIR"] {
        assert!(ran.message().contains(words), "{words}: {ran}");
    }
}

#[test]
fn a_state_directory_that_becomes_read_only_keeps_nobody_from_looking_and_from_taking_the_lab_down() {
    let script = r#"
        mount -t tmpfs tmpfs $STATE
        $NETLAB up $THREE >/dev/null; echo "up: $?"
        mount -o remount,bind,ro $STATE
        $NETLAB status >/dev/null; echo "status: $?"
        $NETLAB exec pod-a -- ping -n -q -c 1 -W 1 10.244.3.2 >/dev/null; echo "exec: $?"
        $NETLAB up $THREE >/dev/null; echo "up again: $?"
        $NETLAB down >/dev/null; echo "down: $?"
        mount -o remount,bind,rw $STATE
        $NETLAB down >/dev/null; echo "down: $?"
        $NETLAB list
    "#;
    let ran = on_a_machine_of_its_own(script);
    assert!(ran.stdout.starts_with("up: 0\nstatus: 0\nexec: 0\nup again: 3\ndown: "), "{ran}");
    assert!(ran.stdout.ends_with("down: 0\nno lab is up\n"), "{ran}");
}

#[test]
fn a_limit_on_network_namespaces_that_is_reached_half_way_names_the_step_and_up_goes_on() {
    // One more than the fabric: the test's own namespace counts too.
    for limit in [2, 3, 6, 10, 11] {
        let ran = on_a_machine_of_its_own(&format!(
            r#"
            before=$(cat /proc/sys/user/max_net_namespaces)
            echo {limit} > /proc/sys/user/max_net_namespaces
            $NETLAB up $THREE; echo "up: $?"
            $NETLAB status >$STATE/status; echo "status: $?"
            cat $STATE/status
            $NETLAB --lab three-nodes down; echo "down: $?"
            $NETLAB up $THREE >/dev/null 2>&1
            echo $before > /proc/sys/user/max_net_namespaces
            $NETLAB up $THREE; echo "again: $?"
            $NETLAB exec pod-a -- ping -n -q -c 1 -W 1 10.244.3.3 >/dev/null; echo "ping: $?"
            $NETLAB down; echo "down: $?"
            [ ! -e $NETLAB_STATE_DIR ]; echo "left: $?"
            "#
        ));
        let said = ran.message();
        assert!(ran.stdout.starts_with("up: 3\nstatus: 0\n"), "limit {limit}: {ran}");
        assert!(said.contains("of 140 failed: Create the network namespace"), "limit {limit}: {ran}");
        assert!(said.contains("command: ip netns add ") && said.contains("max_net_namespaces"), "limit {limit}: {ran}");
        assert!(ran.stdout.contains("failed: Create the network namespace"), "limit {limit}, status: {ran}");
        for words in ["down: 0\n", "again: 0\n", "ping: 0\n", "left: 0\n"] {
            assert!(ran.stdout.contains(words), "limit {limit}, {words}: {ran}");
        }
    }
}

#[test]
fn where_no_network_namespace_may_be_made_the_error_names_the_setting_and_nothing_is_left() {
    let script = r#"
        echo 0 > /proc/sys/user/max_net_namespaces
        $NETLAB up $THREE; echo "up: $?"
        $NETLAB list; $NETLAB down; echo "down: $?"
        $NETLAB doctor; echo "doctor: $?"
        [ ! -e $NETLAB_STATE_DIR ]; echo "left: $?"
    "#;
    let ran = on_a_machine_of_its_own(script);
    assert!(ran.stdout.starts_with("up: 3\nno lab is up\nno lab is up\ndown: 0\n"), "{ran}");
    assert!(ran.message().contains("max_net_namespaces"), "{ran}");
    assert!(ran.stdout.contains("cannot run labs") && ran.stdout.contains("doctor: 1\nleft: 0\n"), "{ran}");
}

#[test]
fn where_no_user_namespace_may_be_made_the_error_names_the_setting_and_sudo() {
    let script = r#"
        echo 0 > /proc/sys/user/max_user_namespaces
        powerless() { setpriv --bounding-set=-all --inh-caps=-all "$@"; }
        powerless $NETLAB up $THREE; echo "up: $?"
        powerless $NETLAB list; powerless $NETLAB down; echo "down: $?"
        powerless $NETLAB doctor; echo "doctor: $?"
        $NETLAB up $THREE >/dev/null; echo "as root: $?"
        $NETLAB down >/dev/null; echo "down: $?"
    "#;
    let ran = on_a_machine_of_its_own(script);
    let said = ran.message();
    for words in ["user.max_user_namespaces", "sudo netlab"] {
        assert!(said.contains(words), "{words}: {ran}");
    }
    assert!(ran.stdout.starts_with("up: 3\nno lab is up\nno lab is up\ndown: 0\n"), "{ran}");
    assert!(ran.stdout.contains("doctor: 1\nas root: 0\ndown: 0\n"), "{ran}");
}
