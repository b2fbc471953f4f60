//! What a watch leaves behind: nothing. And that nobody else notices it.

use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use netlab::kernel::listen::Listener;
use netlab::kernel::nft::{self, Watch};
use netlab::kernel::observe::{View, observe};
use netlab::kernel::{Kernel, sandbox};
use netlab::names::MachineName;

use crate::common::row::{deliver, in_a_row, nft, sh, socket};
use crate::common::wait::{self, PATIENCE};
use crate::{COOKIE, mark, shorts};

const TABLES: &str = "table inet netlab-trace\ntable bridge netlab-trace\n";

/// Waits until these tables are left. A socket that was closed lives on for the moment in which another test's thread has
/// forked and not yet executed its program.
fn until_tables_left(wished: &str) {
    wait::until("the tables that should be left", || (sh("nft list tables") == wished).then_some(()));
}

#[test]
fn it_ends_with_its_socket() {
    in_a_row(|| {
        let watch = Watch::open(&[mark()]).unwrap();
        assert_eq!(sh("nft list tables"), TABLES);
        drop(watch);
        until_tables_left("");
    });
}

#[test]
fn it_ends_with_the_process_that_has_it() {
    in_a_row(|| {
        let watch = Watch::open(&[mark()]).unwrap();
        let held = Stdio::from(watch.as_fd().try_clone_to_owned().unwrap());
        let mut holder = Command::new("sleep").arg("1000").stdin(held).spawn().unwrap();
        drop(watch);
        assert_eq!(sh("nft list tables"), TABLES);
        holder.kill().unwrap();
        holder.wait().unwrap();
        until_tables_left("");
    });
}

#[test]
fn it_can_be_stopped_before_it_is_read() {
    in_a_row(|| {
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let watch = Watch::open(&[mark()]).unwrap();
        deliver(&client, &server, COOKIE);
        watch.stop();
        assert_eq!(sh("nft list tables"), "");
        deliver(&client, &server, COOKIE);
        let (events, lost) = watch.read().unwrap();
        assert_eq!((events.len(), lost), (6, false), "{:?}", shorts(&events));
        watch.stop();
        assert_eq!(watch.read().unwrap(), (vec![], false));
    });
}

#[test]
fn nobody_can_take_it_away() {
    in_a_row(|| {
        nft("table ip users { }");
        let watch = Watch::open(&[mark()]).unwrap();
        sh("nft flush ruleset; ! nft delete table inet netlab-trace 2>/dev/null");
        assert_eq!(sh("nft list tables"), TABLES);
        drop(watch);
    });
}

#[test]
fn two_at_a_time() {
    in_a_row(|| {
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let first = Watch::open(&[mark()]).unwrap();
        let second = Watch::open(&[mark()]).unwrap();
        assert_eq!(sh("nft list tables").lines().count(), 4);
        deliver(&client, &server, COOKIE);
        for watch in [first, second] {
            // Each sees its own crumbs only.
            assert_eq!(watch.read().unwrap().0.iter().filter(|event| event.breadcrumb().is_some()).count(), 6);
        }
        until_tables_left("");
    });
}

#[test]
fn no_dump_shows_it() {
    in_a_row(|| {
        nft("
            table ip users {
                chain forward {
                    type filter hook forward priority 0;
                    counter drop
                }
            }");
        let socket = nft::open().unwrap();
        let before = nft::dump(&socket).unwrap();
        let watches = [Watch::open(&[mark()]).unwrap(), Watch::open(&[mark()]).unwrap()];
        assert_eq!(nft::dump(&socket).unwrap(), before);
        assert_eq!(before.len(), 1);
        drop(watches);

        // What bears the name without an owner is somebody's, and is shown; it is in nobody's way.
        nft("table inet netlab-trace { }");
        let watch = Watch::open(&[mark()]).unwrap();
        let names: Vec<_> = nft::dump(&socket).unwrap().into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["users", "netlab-trace"]);
        drop(watch);
        until_tables_left("table ip users\ntable inet netlab-trace\n");
    });
}

/// `netlab learn` hears that there is news, looks, and sees what it saw before.
#[test]
fn who_listens_finds_nothing_new() {
    let run = |kernel: &Kernel| {
        let fabric = MachineName::fabric();
        let look = || format!("{:?}", observe(kernel, [&fabric], &View::WHOLE).unwrap());
        nft("table ip users { }");
        let mut listener = Listener::new(kernel).unwrap();
        let before = look();
        let watch = Watch::open(&[mark()]).unwrap();
        assert_eq!(listener.wait(PATIENCE, None).unwrap().machines, std::slice::from_ref(&fabric));
        assert_eq!(look(), before);
        watch.stop();
        assert_eq!(listener.wait(PATIENCE, None).unwrap().machines, std::slice::from_ref(&fabric));
        assert_eq!(look(), before);
    };
    sandbox::briefly(run).expect("a sandbox: run the tests as root, or under `unshare -Urn`");
}

#[test]
fn too_many_events_are_not_kept_secret() {
    in_a_row(|| {
        let (client, server) = (socket("client", "10.244.1.2:40000"), socket("server", "10.244.2.2:99"));
        let watch = Watch::open(&[mark()]).unwrap();
        // Six events and more each; those that fit are kept.
        for _ in 0..5_000 {
            deliver(&client, &server, COOKIE);
        }
        let (events, lost) = watch.read().unwrap();
        assert!(lost && events.len() > 300, "{lost} {}", events.len());
        deliver(&client, &server, COOKIE);
        let (events, lost) = watch.read().unwrap();
        assert_eq!((events.len(), lost), (6, false));
    });
}
