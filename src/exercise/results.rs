//! A file of results, for a student's next session and for a teacher: only where somebody asks for one.
//!
//! ```text
//! {"student":"ada","netlab":"0.1.0","exercise":"red-cannot-ping-blue","state":"solved","points":85,"seconds":312,…}
//! {"student":"ada","netlab":"0.1.0","exercise":"the-forgotten-route","state":"inProgress",…}
//! ```
//!
//! A line for each time that an exercise was begun, so that the files of many students are joined by `cat`. A line is known
//! by its student, exercise and beginning, and is replaced as the exercise goes on.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::unistd::{AccessFlags, access};
use serde::{Deserialize, Serialize};

use super::clock::rfc3339;
use super::model::Exercise;
use super::session::Session;
use crate::error::{Error, Result};

/// The largest file that is read. A line has some 300 bytes.
const LARGEST: u64 = 8 * 1024 * 1024;

/// What to do where something else stands in the file.
const ANOTHER: &str = "name a file that `netlab exercise` has made, or one that does not exist yet";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Who.
    pub student: String,
    /// The version of netlab.
    pub netlab: String,
    /// Which exercise.
    pub exercise: String,
    /// What it is called.
    pub title: String,
    /// How hard it is.
    pub level: String,
    /// `solved` or `inProgress`.
    pub state: String,
    /// Points: 0 while it is not solved.
    pub points: u32,
    /// How long it took, or had taken when this was written, in seconds.
    pub seconds: u64,
    /// How many hints were given.
    pub hints: usize,
    /// How many checks were made until it was solved.
    pub checks: u32,
    /// Whether the solution was shown before it was solved.
    pub solution_shown: bool,
    /// When it began (RFC 3339, UTC).
    pub started_at: String,
    /// When it was solved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<String>,
}

impl Record {
    /// How an exercise stands.
    pub fn of(exercise: &Exercise, session: &Session) -> Self {
        Record {
            student: session.student.clone(),
            netlab: env!("CARGO_PKG_VERSION").to_owned(),
            exercise: exercise.name.to_string(),
            title: exercise.title.clone(),
            level: exercise.level.to_string(),
            state: session.state().to_owned(),
            points: session.points(),
            seconds: session.seconds(),
            hints: session.hints,
            checks: session.checks,
            solution_shown: session.solution_shown,
            started_at: rfc3339(session.started_at),
            solved_at: session.solved_at.map(rfc3339),
        }
    }

    /// All that is text in it.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let Record { student, netlab, exercise, title, level, state, started_at, solved_at, .. } = self;
        let all = [student, netlab, exercise, title, level, state, started_at].into_iter().chain(solved_at);
        all.map(String::as_str)
    }

    /// Whether it is of the same beginning.
    pub fn is_same_run(&self, other: &Record) -> bool {
        let key = |record: &Record| (record.student.clone(), record.exercise.clone(), record.started_at.clone());
        key(self) == key(other)
    }

    /// Whether it was solved.
    pub fn is_solved(&self) -> bool {
        self.state == "solved"
    }
}

/// Reads a file of results; one that does not exist holds none.
///
/// # Errors
/// When it cannot be read, is a directory or a device, is too large, or something else stands in it.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    let text = match text(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) if e.kind() == ErrorKind::InvalidInput => {
            return Err(Error::usage(format!("{} is not a regular file", path.display())).help(ANOTHER));
        }
        Err(e) if e.kind() == ErrorKind::FileTooLarge => {
            let most = LARGEST / 1024 / 1024;
            return Err(Error::usage(format!("{} is larger than {most} MiB", path.display())).help(ANOTHER));
        }
        other => other.map_err(|e| Error::usage(format!("cannot read {}: {e}", path.display())))?,
    };
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let record = |(number, line)| match serde_json::from_str::<Record>(line) {
        // It is printed, and somebody else may have written it: a terminal would obey them.
        Ok(record) if record.texts().any(|text| text.contains(|c: char| c.is_control() && c != '\n')) => {
            Err(foreign(path, number, &"it has control characters in it"))
        }
        Ok(record) => Ok(record),
        Err(e) => Err(foreign(path, number, &e)),
    };
    lines.map(record).collect()
}

/// The text of a regular file: a pipe would keep its reader waiting, and a device may have no end.
fn text(path: &Path) -> std::io::Result<String> {
    // Looked at before it is opened, which may do something to a device; and opened so that a pipe that has taken its
    // place since does not wait.
    if !fs::metadata(path)?.is_file() {
        return Err(ErrorKind::InvalidInput.into());
    }
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(ErrorKind::InvalidInput.into());
    }
    let mut text = String::new();
    match file.take(LARGEST + 1).read_to_string(&mut text)? as u64 > LARGEST {
        true => Err(ErrorKind::FileTooLarge.into()),
        false => Ok(text),
    }
}

fn foreign(path: &Path, line: usize, why: &dyn fmt::Display) -> Error {
    Error::usage(format!("{}:{line} is not a result of an exercise: {why}", path.display())).help(ANOTHER)
}

/// Finds out, before anything is begun, whether results can be kept in a file.
///
/// # Errors
/// When its directory cannot be written to, or something else stands in it.
pub fn probe(path: &Path) -> Result<()> {
    access(directory(path), AccessFlags::R_OK | AccessFlags::W_OK | AccessFlags::X_OK)
        .map_err(|errno| unwritable(path, &errno.into()))?;
    read(path).map(|_| ())
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unwritable(path: &Path, why: &std::io::Error) -> Error {
    Error::refused(format!("cannot write the results to {}: {why}", path.display()))
        .help("name a file in a directory that you may write to")
}

/// Writes how an exercise stands into its file, in the place of what was there of the same beginning.
///
/// # Errors
/// When it cannot be written, or something else stands in it.
pub fn keep(path: &Path, record: &Record) -> Result<()> {
    // What a link leads to is replaced, and not the link.
    let whole = fs::canonicalize(path);
    let path = whole.as_deref().unwrap_or(path);
    let unwritable = |e| unwritable(path, &e);
    // The lock is the directory's, because the file is replaced: several exercises may go on at once.
    let directory = File::open(directory(path)).map_err(unwritable)?;
    let _lock = Flock::lock(directory, FlockArg::LockExclusive).map_err(|(_, errno)| unwritable(errno.into()))?;
    let mut records = read(path)?;
    match records.iter_mut().find(|known| known.is_same_run(record)) {
        Some(known) => known.clone_from(record),
        None => records.push(record.clone()),
    }
    let mut text = String::new();
    for record in &records {
        let line = serde_json::to_string(record);
        text += &line.map_err(|e| Error::refused(format!("cannot write JSON: {e}")))?;
        text.push('\n');
    }
    let draft = draft(path);
    let write = |mut file: File| {
        // Who may read them stays as it was.
        if let Ok(known) = fs::metadata(path) {
            file.set_permissions(known.permissions())?;
        }
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
    };
    File::create(&draft).and_then(write).and_then(|()| fs::rename(&draft, path)).map_err(|e| {
        let _ = fs::remove_file(&draft);
        unwritable(e)
    })
}

/// The file that becomes the results once it is whole: by a name that nobody else gives to a file.
fn draft(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".netlab");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn record(student: &str, started_at: &str, points: u32) -> Record {
        Record {
            student: student.into(),
            netlab: "0".into(),
            exercise: "x".into(),
            title: "X".into(),
            level: "easy".into(),
            state: "solved".into(),
            points,
            seconds: 1,
            hints: 0,
            checks: 1,
            solution_shown: false,
            started_at: started_at.into(),
            solved_at: None,
        }
    }

    #[test]
    fn a_line_for_each_beginning_and_none_is_lost() {
        let directory = std::env::temp_dir().join(format!("netlab-results-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let path = directory.join("results.json");
        assert_eq!(read(&path).unwrap(), []);
        std::thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || keep(path, &record(&format!("s{n}"), "a", 1)).unwrap());
            }
        });
        keep(&path, &record("s3", "a", 7)).unwrap();
        keep(&path, &record("s3", "b", 9)).unwrap();
        let all = read(&path).unwrap();
        let points: Vec<u32> = all.iter().filter(|r| r.student == "s3").map(|r| r.points).collect();
        assert_eq!((all.len(), points), (9, vec![7, 9]));
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "nothing is left beside it");
        // A link stays one, and what it leads to as private as it was.
        let link = directory.join("link.json");
        std::os::unix::fs::symlink("results.json", &link).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        keep(&link, &record("s9", "a", 1)).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap().len(), 10);
        fs::write(&path, "something else\n").unwrap();
        assert!(keep(&path, &record("s", "c", 1)).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "something else\n", "what is somebody's is not overwritten");
        keep(&directory.join("odd.json"), &record("\u{1b}[31mada", "a", 1)).unwrap();
        assert!(read(&directory.join("odd.json")).unwrap_err().to_string().contains("not a result"));
        // What is no file is not replaced by one.
        let pipe = directory.join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert!(probe(&pipe).unwrap_err().to_string().contains("is not a regular file"));
        assert!(keep(&pipe, &record("s", "d", 1)).is_err());
        assert!(!fs::metadata(&pipe).unwrap().is_file());
        assert!(probe(&directory).is_err());
        // What has no end is not read to its end.
        File::create(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("is larger than 8 MiB"));
        fs::remove_dir_all(&directory).unwrap();
    }
}
