//! Labs on this machine: where their state is, which of them run, who may change them.
//!
//! ```text
//! /run/netlab  or  $XDG_RUNTIME_DIR/netlab      Store
//! └─ three-nodes/                               Lab
//!    ├─ topology.yaml   the file as it was read
//!    ├─ pause           the pause process: pid, start time, boot
//!    ├─ journal         what was done
//!    ├─ hints           which hints a learner was given
//!    ├─ faults          what `netlab break` broke
//!    ├─ change          a change that is under way, and its journal
//!    ├─ addresses       which addresses pods were given last
//!    ├─ exercise.yaml   if it is an exercise's lab: the exercise
//!    ├─ session         and what was done so far
//!    └─ lock            held by whoever changes the lab
//! ```

pub mod change;
pub mod exercise;

mod log;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::Uid;

use crate::error::{Error, Result};
use crate::kernel::Sandbox;
use crate::kernel::process::ProcessId;
use crate::kernel::sandbox::{self, Ended};
use crate::names::LabName;
use crate::topology::model::Topology;

/// The variable that says where the state of labs is kept, in place of the usual directory.
pub const STATE_DIR: &str = "NETLAB_STATE_DIR";

/// The files of a lab, and the drafts that a killed writer leaves. The lock comes last: it is what makes a directory a
/// lab's.
const FILES: [&str; 17] = [
    "pause",
    "pause.new",
    "topology.yaml",
    "topology.yaml.new",
    "journal",
    "journal.new",
    "change",
    "change.new",
    "addresses",
    "addresses.new",
    "hints",
    "faults",
    "exercise.yaml",
    "exercise.yaml.new",
    "session",
    "session.new",
    "lock",
];

/// The directory that holds the state of all labs of this user.
#[derive(Debug, Clone)]
pub struct Store(PathBuf);

/// How often to try for a lock that is taken away while it is being opened.
const ROUNDS: usize = 100;

/// One lab's state.
#[derive(Debug, Clone)]
pub struct Lab {
    /// Its name.
    pub name: LabName,
    directory: PathBuf,
}

/// The right to change a lab. It ends when this is dropped, or with the process.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] Flock<File>);

impl Store {
    /// This user's store.
    ///
    /// # Errors
    /// When the only place left is a directory that belongs to somebody else.
    pub fn of_this_user() -> Result<Self> {
        if let Some(path) = std::env::var_os(STATE_DIR).filter(|path| !path.is_empty()) {
            let absolute = std::path::absolute(&path).map_err(|e| {
                Error::usage(format!("{STATE_DIR} is not a path: {e}")).help("name a directory, or leave it unset")
            })?;
            return Ok(Store(absolute));
        }
        let uid = Uid::effective();
        if uid.is_root() {
            return Ok(Store("/run/netlab".into()));
        }
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        let candidates = runtime.into_iter().chain([PathBuf::from(format!("/run/user/{uid}"))]);
        let mine = |path: &PathBuf| fs::metadata(path).is_ok_and(|m| m.is_dir() && m.uid() == uid.as_raw());
        if let Some(runtime) = candidates.into_iter().find(mine) {
            return Ok(Store(runtime.join("netlab")));
        }
        // No login session (`su`, a container): a directory of our own, which nobody else must have made.
        let path = std::env::temp_dir().join(format!("netlab-{uid}"));
        match fs::symlink_metadata(&path) {
            Ok(found) if !found.is_dir() || found.uid() != uid.as_raw() => {
                Err(Error::refused(format!("{} belongs to somebody else", path.display()))
                    .help(format!("set {STATE_DIR} to a directory of your own")))
            }
            _ => Ok(Store(path)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A lab of this name, whether it exists or not.
    pub fn lab(&self, name: &LabName) -> Lab {
        Lab { name: name.clone(), directory: self.0.join(name.as_str()) }
    }

    /// All labs that left state here, by name.
    pub fn labs(&self) -> Vec<Lab> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut labs: Vec<Lab> =
            entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).map(|name| self.lab(&name)).collect();
        labs.retain(Lab::exists);
        labs.sort_by(|a, b| a.name.cmp(&b.name));
        labs
    }

    /// The lab that a command means: the one named, or the only one that runs.
    ///
    /// # Errors
    /// When it does not run, or several do and none was named.
    pub fn choose(&self, named: Option<&LabName>) -> Result<Lab> {
        if let Some(name) = named {
            let lab = self.lab(name);
            return match lab.sandbox() {
                Some(_) => Ok(lab),
                None if lab.exists() => Err(lab.gone()),
                None => Err(self.unknown(name)),
            };
        }
        let all = self.labs();
        let (mut running, gone): (Vec<Lab>, Vec<Lab>) = all.into_iter().partition(|lab| lab.sandbox().is_some());
        match (running.pop(), running.is_empty(), gone.first()) {
            (Some(lab), true, _) => Ok(lab),
            (Some(last), false, _) => {
                let names: Vec<String> = running.iter().chain([&last]).map(|lab| lab.name.to_string()).collect();
                Err(Error::usage(format!("several labs run: {}", names.join(", "))).help("choose one with --lab NAME"))
            }
            (None, _, Some(lab)) => Err(lab.gone()),
            (None, _, None) => {
                Err(Error::usage("no lab runs").help("`netlab up topologies/three-nodes.yaml` brings one up"))
            }
        }
    }

    fn unknown(&self, name: &LabName) -> Error {
        let names: Vec<String> = self.labs().iter().map(|lab| lab.name.to_string()).collect();
        let there_are = if names.is_empty() { "none runs".into() } else { format!("there are: {}", names.join(", ")) };
        Error::usage(format!("there is no lab {name}")).help(there_are)
    }
}

impl Lab {
    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Whether it left any state. A directory without a lock is somebody else's: the lock is the first file of a lab.
    pub fn exists(&self) -> bool {
        self.file("lock").is_file()
    }

    /// Its pause process, whether it still runs or not. What somebody else has written is not believed: `down` kills
    /// the process that is named here.
    pub fn pause(&self) -> Option<ProcessId> {
        let path = self.file("pause");
        let mine = fs::symlink_metadata(&path).is_ok_and(|m| m.is_file() && m.uid() == Uid::effective().as_raw());
        mine.then(|| serde_json::from_str(&fs::read_to_string(path).ok()?).ok()).flatten()
    }

    /// Its sandbox, if its pause process still runs.
    pub fn sandbox(&self) -> Option<Sandbox> {
        Sandbox::find(&self.pause()?)
    }

    /// Ends its sandbox and what runs inside, under its lock.
    ///
    /// # Errors
    /// As [`sandbox::end`].
    pub fn end(&self, _lock: &Lock) -> Result<Ended> {
        let nothing = Ended { pause: false, companions: 0 };
        Ok(self.pause().map(|pause| sandbox::end(self.name.as_str(), &pause)).transpose()?.unwrap_or(nothing))
    }

    /// The error that says that its pause process is gone.
    pub fn gone(&self) -> Error {
        Error::usage(format!("lab {} is gone: its pause process was killed, and with it all its namespaces", self.name))
            .help(format!("`netlab up FILE` builds it again, `netlab down {}` forgets it", self.name))
    }

    /// Takes the right to change the lab, whose directory is made if need be.
    ///
    /// # Errors
    /// When somebody else holds it, or the directory cannot be written.
    pub fn lock(&self) -> Result<Lock> {
        let path = self.file("lock");
        // Each round is lost to a `down` that took the directory away in between.
        for _ in 0..ROUNDS {
            self.make_directory()?;
            let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
            // A disk that has become read-only must not keep a lab from being taken down: reading is enough to lock.
            let file = match open.or_else(|error| File::open(&path).map_err(|_| error)) {
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                other => other.map_err(|e| self.unwritable(&path, &e))?,
            };
            let mut lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
                Errno::EWOULDBLOCK => self.busy(),
                errno => self.unwritable(&path, &errno.into()),
            })?;
            // `down` removes the directory under the lock: what we hold must be the lock that the next one finds.
            let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
            if let (Ok(held), Ok(there)) = (lock.metadata(), fs::metadata(&path))
                && same(&held, &there)
            {
                // Only a help for whoever finds it locked; nothing depends on it.
                let _ = lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id()));
                return Ok(Lock(lock));
            }
        }
        Err(self.unwritable(&path, &ErrorKind::NotFound.into()))
    }

    fn busy(&self) -> Error {
        let holder = fs::read_to_string(self.file("lock")).unwrap_or_default();
        let holder = if holder.is_empty() { String::new() } else { format!(" (process {})", holder.trim()) };
        Error::refused(format!("lab {} is being changed by another netlab{holder}", self.name))
            .help("wait until it is done, then try again")
            .busy()
    }

    fn make_directory(&self) -> Result<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        made.map_err(|e| self.unwritable(&self.directory, &e))
    }

    fn unwritable(&self, path: &Path, error: &std::io::Error) -> Error {
        Error::refused(format!("cannot write {}: {error}", path.display()))
            .help(format!("the state of labs is kept there; {STATE_DIR} names another directory"))
    }

    /// Writes a file whole or not at all.
    fn write(&self, name: &str, text: &str) -> Result<()> {
        let (draft, path) = (self.file(&format!("{name}.new")), self.file(name));
        fs::write(&draft, text).and_then(|()| fs::rename(&draft, &path)).map_err(|e| {
            let _ = fs::remove_file(&draft);
            self.unwritable(&path, &e)
        })
    }

    /// Begins the lab's state anew, under its lock.
    ///
    /// # Errors
    /// When it cannot be written: the disk is full, or the directory read-only.
    pub fn begin(&self, _lock: &Lock, text: &str, pause: &ProcessId) -> Result<()> {
        for stale in
            ["pause", "change", "journal", "addresses", "hints", "faults", "exercise.yaml", "session", "topology.yaml"]
        {
            match fs::remove_file(self.file(stale)) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(self.unwritable(&self.file(stale), &e)),
                _ => {}
            }
        }
        self.write("topology.yaml", text)?;
        self.write("pause", &serde_json::json!(pause).to_string())
    }

    /// Forgets the lab, under its lock, which is gone with it.
    ///
    /// # Errors
    /// When the directory is read-only.
    pub fn forget(&self, lock: Lock) -> Result<()> {
        let removed = self.remove_files().map_err(|e| self.unwritable(&self.directory, &e));
        drop(lock);
        // The store goes with its last lab; one that holds others stays.
        if let Some(store) = self.directory.parent() {
            let _ = fs::remove_dir(store);
        }
        removed
    }

    /// Removes the files of a lab, the lock last, and the directory unless somebody keeps other things there.
    fn remove_files(&self) -> std::io::Result<()> {
        for name in FILES {
            match fs::remove_file(self.file(name)) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        match fs::remove_dir(&self.directory) {
            Err(e) if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => Err(e),
            _ => Ok(()),
        }
    }

    /// Its topology; in the midst of a change the new one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn topology(&self) -> Result<Topology> {
        let text = match self.underway()? {
            Some(underway) => underway.to,
            None => self.base_text()?,
        };
        Ok(self.parse(&text)?)
    }

    /// The hints that were given, a line each.
    pub fn hints(&self) -> String {
        fs::read_to_string(self.file("hints")).unwrap_or_default()
    }

    /// Adds a line to the hints.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add_hint(&self, line: &str) -> Result<()> {
        self.append("hints", line)
    }

    /// The faults that were done to it, a line each.
    pub fn faults(&self) -> String {
        fs::read_to_string(self.file("faults")).unwrap_or_default()
    }

    /// Adds a line to the faults.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add_fault(&self, line: &str) -> Result<()> {
        self.append("faults", line)
    }

    fn append(&self, name: &str, line: &str) -> Result<()> {
        let path = self.file(name);
        let open = OpenOptions::new().create(true).append(true).open(&path);
        let write = |mut file: File| {
            let length = file.metadata()?.len();
            // Half a line would spoil the next one.
            file.write_all(line.as_bytes()).inspect_err(|_| _ = file.set_len(length))
        };
        open.and_then(write).map_err(|e| self.unwritable(&path, &e))
    }
}
