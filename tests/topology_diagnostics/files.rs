//! Files that cannot be read.

use super::*;
use crate::common::Directory;
use std::path::{Path, PathBuf};

#[track_caller]
fn refused(path: &Path, part: &str) {
    let failure = netlab::topology::load(path).expect_err("this is no topology");
    assert!(failure.to_string().contains(part), "{part:?} is not in\n{failure}");
    assert!(failure.diagnostics()[0].help.is_some());
}

#[test]
fn files_that_are_none() {
    let directory = Directory::new();
    let file = |name: &str, bytes: &[u8]| PathBuf::from(directory.file(name, bytes));
    refused(Path::new("no/such/file"), "no/such/file does not exist");
    refused(Path::new("topology.yaml"), "netlab up topologies/three-nodes.yaml");
    refused(&std::env::temp_dir(), "is a directory, not a file");
    refused(Path::new("/dev/zero"), "too large: more than 8 MiB");
    refused(&file("binary", b"\x7fELF\0\0"), "is not a text file: byte 4 is NUL");
    refused(&file("latin1", b"lab: x\n# \xe4\n"), "is not UTF-8: byte 9 is 0xe4");
    refused(&file("latin1", b"lab: x\n# \xe4\n"), "latin1:2:3");
    refused(&file("utf16", b"\xff\xfel\0"), "is UTF-16");
}

#[test]
fn a_large_file_is_refused_by_its_size() {
    let directory = Directory::new();
    let path = PathBuf::from(directory.file("large", b""));
    std::fs::File::options().write(true).open(&path).unwrap().set_len(50_000_000).unwrap();
    refused(&path, "too large: 47.7 MiB, and a topology has at most 8 MiB");
    assert_eq!(source::LARGEST, 8 << 20);
}

#[test]
fn a_byte_order_mark_is_left_out() {
    let directory = Directory::new();
    let path = PathBuf::from(directory.file("bom", b"\xef\xbb\xbflab: x\nnodes: {}\n"));
    assert_eq!(netlab::topology::load(&path).unwrap().text, "lab: x\nnodes: {}\n");
}
