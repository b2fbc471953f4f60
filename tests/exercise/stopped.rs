//! Ctrl-C at any moment, and the script of a fault that fails or leaves something behind.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::bench::Student;
use crate::common::program::{Ran, finish, start};
use crate::common::{Directory, Lab, until};
use crate::trouble::own;

/// An exercise whose fault takes long while a file `slow` is there, and says by a file `begun` that it has begun.
fn slow(directory: &Directory) -> (String, PathBuf) {
    let (slow, begun) = (directory.path().join("slow"), directory.path().join("begun"));
    let (wait, say) = (slow.display(), begun.display());
    let fault =
        format!("ip -n red link set eth0 down; if [ -e {wait} ]; then rm {wait}; : >{say}; sleep 1000; exit 0; fi");
    (own(directory, &fault), begun)
}

/// Presses Ctrl-C once the fault has begun.
fn interrupted(directory: &Directory, lab: &Lab, words: &[&str], begun: &Path) -> Ran {
    directory.file("slow", "");
    let mut command = lab.netlab(words);
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = start(&mut command);
    until("the fault begins", || begun.exists().then_some(()));
    std::fs::remove_file(begun).expect("the file");
    killpg(Pid::from_raw(child.id() as i32), Signal::SIGINT).expect("a signal");
    finish(child, &words.join(" "), b"")
}

#[test]
fn a_start_that_is_stopped_is_begun_anew() {
    let directory = Directory::new();
    let (file, begun) = slow(&directory);
    let student = Student { lab: Lab::place() };
    let said = interrupted(&directory, &student.lab, &["exercise", "start", &file], &begun).fails(130);
    assert!(said.contains("stopped") && said.contains("half made") && !said.contains("apt"), "{said}");
    student.exercise(&["start", &file]).success();
    student.fails("at the start");
    student.lab.down();
}

#[test]
fn a_reset_that_is_stopped_loses_nothing() {
    let directory = Directory::new();
    let (file, begun) = slow(&directory);
    let student = Student::begins(&file);
    student.exercise(&["hint"]).success();
    let before = student.fails("at the start");
    for again in [vec!["reset"], vec!["start", &file]] {
        let said = interrupted(&directory, &student.lab, &["exercise", "reset"], &begun).fails(130);
        assert!(said.contains("netlab exercise reset"), "{said}");
        assert!(student.exercise(&["check"]).fails(2).contains("half made"));
        student.exercise(&again).success();
        let after = student.fails("as at the start");
        assert_eq!((&after["startedAt"], &after["hints"]), (&before["startedAt"], &1.into()), "{again:?}");
    }
    student.lab.down();
}

#[test]
fn a_trial_that_is_stopped_leaves_nothing_behind() {
    let directory = Directory::new();
    let (file, begun) = slow(&directory);
    let lab = Lab::place();
    let said = interrupted(&directory, &lab, &["exercise", "try", &file], &begun).fails(130);
    assert!(said.contains("not everything was tried"), "{said}");
    lab.assert_gone();
}

#[test]
fn a_lab_of_which_only_the_lock_is_left_is_nobodys() {
    let student = Student { lab: Lab::place() };
    let lock = student.lab.file("lock");
    std::fs::create_dir_all(lock.parent().expect("a directory")).expect("the directory");
    std::fs::write(&lock, "").expect("the lock");
    student.exercise(&["start", "red-cannot-ping-blue"]).success();
    student.fails("at the start");
    student.lab.down();
}

#[test]
fn a_fault_that_fails_says_how_it_ended() {
    let directory = Directory::new();
    let lab = Lab::place();
    let said = lab.run(&["exercise", "start", &own(&directory, "echo no luck >&2; exit 7")]).fails(3);
    assert!(said.contains("exit status 7") && said.contains("no luck") && !said.contains("apt"), "{said}");
    let said = lab.run(&["exercise", "start", &own(&directory, "no-such-program")]).fails(3);
    assert!(said.contains("exit status 127") && said.contains("apt install"), "{said}");
    lab.down();
}

#[test]
fn what_a_fault_leaves_in_the_background_keeps_nobody_waiting() {
    let directory = Directory::new();
    let student = Student::begins(&own(&directory, "ip -n red link set eth0 down; sleep 1000 &"));
    student.fails("at the start");
    student.lab.down();
}
