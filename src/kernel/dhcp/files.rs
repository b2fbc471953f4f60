//! The server's files: who is to have which address, and who has it.
//!
//! ```text
//! DIRECTORY/hosts/pod-a     id:pod-a,10.244.1.2        read at each question: a new one counts at once
//! DIRECTORY/leases          1795000000 0a:58:… …       written before the answer goes out
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::kernel::refusal::{Refusal, Result};

/// More than any server of netlab's writes.
const LONGEST: u64 = 16 << 20;

/// The directory of a server.
#[derive(Debug, Clone)]
pub struct Files(PathBuf);

impl Files {
    /// Makes the directory, if need be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(directory: &Path) -> Result<Self> {
        let hosts = directory.join("hosts");
        fs::create_dir_all(&hosts).map_err(|e| Refusal::from_io(format!("make {}", hosts.display()), &e))?;
        Ok(Files(directory.to_owned()))
    }

    /// The addresses that are kept for clients, by their names. What cannot be read keeps nothing.
    pub fn reserved(&self) -> BTreeMap<String, Ipv4Addr> {
        let entries = fs::read_dir(self.0.join("hosts")).into_iter().flatten().flatten();
        let texts = entries.filter_map(|entry| text(&entry.path()).ok());
        texts.flat_map(|text| text.lines().filter_map(reservation).collect::<Vec<_>>()).collect()
    }

    /// What stands in the file of leases; nothing, if there is none yet.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn leases(&self) -> Result<String> {
        let path = self.0.join("leases");
        match text(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other.map_err(|e| Refusal::from_io(format!("read {}", path.display()), &e)),
        }
    }

    /// Writes the file of leases, so that whoever reads it finds it whole.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn write(&self, leases: &str) -> Result<()> {
        let (path, new) = (self.0.join("leases"), self.0.join("leases.new"));
        let written = fs::write(&new, leases).and_then(|()| fs::rename(&new, &path));
        written.map_err(|e| Refusal::from_io(format!("write {}", path.display()), &e))
    }
}

fn text(path: &Path) -> io::Result<String> {
    match fs::metadata(path)?.len() {
        0..=LONGEST => fs::read_to_string(path),
        _ => Err(io::ErrorKind::FileTooLarge.into()),
    }
}

/// `id:pod-a,10.244.1.2`, as dnsmasq's `dhcp-host` has it.
fn reservation(line: &str) -> Option<(String, Ipv4Addr)> {
    let (name, address) = line.trim().strip_prefix("id:")?.split_once(',')?;
    Some((name.trim().to_owned(), address.trim().parse().ok()?))
}
