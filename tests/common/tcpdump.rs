//! `tcpdump` in a lab without root.

use std::path::PathBuf;

use nix::unistd::Uid;

use super::program::{Directory, run, tool};

/// Debian's tcpdump lets go of root by initgroups(3), which is not for who became root without root's help.
const STAYING: &str = "int initgroups(const char *user, unsigned group) { (void)user; (void)group; return 0; }";

/// A library with which tcpdump stays what it is, to be preloaded where root is not root of the host; it lasts as long as
/// this value.
#[derive(Debug)]
pub struct Staying(Option<Directory>);

impl Staying {
    /// Makes it, where it is needed.
    #[track_caller]
    pub fn make() -> Self {
        if Uid::effective().is_root() {
            return Staying(None);
        }
        let directory = Directory::new();
        let source = directory.file("staying.c", STAYING);
        run(tool("cc").args(["-shared", "-fPIC", "-o"]).arg(directory.path().join("staying.so")).arg(source)).success();
        Staying(Some(directory))
    }

    /// The file to preload, if any.
    pub fn preloaded(&self) -> Option<PathBuf> {
        self.0.as_ref().map(|directory| directory.path().join("staying.so"))
    }
}
