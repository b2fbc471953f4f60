//! Reads the file itself, and refuses what cannot be one before looking at its meaning.
//!
//! ```text
//! error: topology.yaml does not exist
//!   = help: try one that comes with netlab: `netlab up topologies/three-nodes.yaml`
//! ```

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::diagnostic::Diagnostic;
use super::failure::Failure;
use super::span::Span;

/// The largest file that is read. A thousand pods are 20 kB; something bigger than this is not a topology.
pub const LARGEST: u64 = 8 * 1024 * 1024;

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "topology.yaml";

/// Reads `path`, or standard input for `-`, and returns its name for messages and its text.
pub fn read(path: &Path) -> Result<(String, String), Failure> {
    if path.as_os_str() == "-" {
        let name = "standard input";
        return Ok((name.to_owned(), text(name, bounded(name, io::stdin().lock())?)?));
    }
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| cannot_open(&name, &error))?;
    if let Ok(metadata) = file.metadata() {
        if metadata.is_dir() {
            let help = format!("name a file in it, such as {}", path.join("three-nodes.yaml").display());
            return Err(outside(&name, format!("{name} is a directory, not a file"), &help));
        }
        if metadata.is_file() && metadata.len() > LARGEST {
            return Err(too_large(&name, &format!("{:.1} MiB", metadata.len() as f64 / 1024.0 / 1024.0)));
        }
    }
    let text = text(&name, bounded(&name, file)?)?;
    Ok((name, text))
}

/// Reads no more than one byte beyond the largest size: a pipe or a device has no size to ask for.
fn bounded(name: &str, reader: impl Read) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let count = reader.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| cannot_open(name, &error))?;
    if count as u64 > LARGEST {
        return Err(too_large(name, "more than 8 MiB"));
    }
    Ok(bytes)
}

/// Checks that the bytes are text. A byte order mark at the beginning is left out.
pub(super) fn text(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(outside(name, format!("{name} is UTF-16, not UTF-8"), "save it as UTF-8"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let title = format!("{name} is not a text file: byte {at} is NUL");
        return Err(outside(name, title, "a topology is a YAML file; is this the right one?"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(error) => {
            // Everything before the bad byte is valid, so the place is the same in the repaired text.
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or_default();
            let repaired = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let span = Span { start: at, end: at + '\u{fffd}'.len_utf8() };
            let diagnostic = Diagnostic::new(span, format!("{name} is not UTF-8: byte {at} is {byte:#04x}"))
                .label("expected UTF-8")
                .help("save it as UTF-8");
            Err(Failure::single(name, &repaired, diagnostic))
        }
    }
}

fn too_large(name: &str, size: &str) -> Failure {
    let title = format!("{name} is too large: {size}, and a topology has at most 8 MiB");
    outside(name, title, "a thousand pods need about 20 kB; is this the right file?")
}

fn cannot_open(name: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound if name == DEFAULT_FILE => outside(
            name,
            format!("there is no {DEFAULT_FILE} here"),
            "name a file, such as one that comes with netlab: `netlab up topologies/three-nodes.yaml`",
        ),
        io::ErrorKind::NotFound => {
            outside(name, format!("{name} does not exist"), "check the path; `-` reads standard input")
        }
        io::ErrorKind::PermissionDenied => {
            outside(name, format!("you may not read {name}"), &format!("look at its permissions: `ls -l {name}`"))
        }
        io::ErrorKind::IsADirectory => outside(name, format!("{name} is a directory, not a file"), "name a file in it"),
        _ => outside(name, format!("{name} cannot be read: {error}"), "check the path; `-` reads standard input"),
    }
}

/// A mistake that is not in the text.
fn outside(name: &str, title: String, help: &str) -> Failure {
    Failure::single(name, "", Diagnostic::nowhere(title).help(help))
}
