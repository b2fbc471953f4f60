//! The files in which a node's IPAM keeps what it has given out: reading and changing them as the reference plugin does.
//!
//! ```text
//! reserve(node-1, cni0, 10.244.1.2, set 0, pod-a eth0)
//!     lock · create 10.244.1.2, which must not be there yet · write last_reserved_ip.0 · unlock
//! ```
//!
//! Where they are: [`crate::network::ipam`].

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::listeners;
use super::probe::Protocol;
use super::refusal::{Refusal, Result};
use crate::dhcp;
use crate::dhcp::book::{self, Lease};
use crate::names::MachineName;
use crate::network::ipam::{self, Granted, Holder, Ipam, Leases};

/// What the names of the files begin with that say which address was given out last.
const LAST: &str = "last_reserved_ip.";
const LOCK: &str = "lock";

/// A lease's file is short: what is longer is none.
const LONGEST: u64 = 4096;

/// What there is of a machine's IPAM. The calling thread is in its namespace.
pub fn observe(machine: &MachineName) -> Ipam {
    let listens = |port| listeners::of(Protocol::Udp(port)).into_iter();
    // What it hears of what goes to everybody says nothing of it.
    let server = |address| match address {
        IpAddr::V4(address) => Some(address).filter(|address| !address.is_broadcast()),
        IpAddr::V6(_) => None,
    };
    let client = listens(dhcp::CLIENT).next().is_some();
    let mut seen = Ipam { server: listens(dhcp::SERVER).find_map(server), client, ..Ipam::default() };
    for (name, path) in entries(ipam::data_directory(machine)) {
        if path.is_dir() {
            seen.networks.insert(name, leases(&path));
        }
    }
    for (client, path) in entries(format!("{}/hosts", ipam::dhcp_directory(machine))) {
        let address = short_text(&path).and_then(|text| text.trim().rsplit_once(',')?.1.parse().ok());
        seen.reserved.extend(address.map(|address| (client, address)));
    }
    let granted = fs::read_to_string(ipam::leases_file(machine)).unwrap_or_default();
    let granted = granted.lines().filter_map(book::entry).map(|(address, Lease { client, mac, name, until })| {
        (address, Granted { name, mac, until, declined: client.is_none() })
    });
    seen.granted = granted.collect();
    seen
}

/// What stands in a network's directory.
fn leases(directory: &Path) -> Leases {
    let mut found = Leases::default();
    for (name, path) in entries(directory) {
        // What is neither has another name, as `lock` has; what cannot be read is no lease.
        if let Ok(address) = name.parse::<IpAddr>() {
            found.held.extend(short_text(&path).map(|text| (address, Holder::read(&text))));
        } else if let Some(set) = name.strip_prefix(LAST).and_then(|set| set.parse().ok()) {
            let last = short_text(&path).and_then(|text| text.trim().parse().ok());
            found.last.extend(last.map(|address: IpAddr| (set, address)));
        }
    }
    found
}

/// The entries of a directory by their names; none, where there is no such directory.
fn entries(directory: impl AsRef<Path>) -> BTreeMap<String, PathBuf> {
    let found = fs::read_dir(directory).into_iter().flatten().flatten();
    found.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path()))).collect()
}

/// What stands in a file that is short.
fn short_text(path: &Path) -> Option<String> {
    let short = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LONGEST);
    short.then(|| fs::read_to_string(path).ok()).flatten()
}

/// Makes a network's directory, with its lock.
pub fn make(node: &MachineName, network: &str) -> Result<()> {
    let directory = ipam::network_directory(node, network);
    let made = fs::create_dir_all(&directory)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(format!("{directory}/{LOCK}")));
    made.map(drop).map_err(|e| Refusal::from_io(format!("make {directory}"), &e))
}

/// Removes a node's directory with all leases in it.
pub fn remove(node: &MachineName) -> Result<()> {
    let directory = ipam::directory(node);
    fs::remove_dir_all(&directory).map_err(|e| Refusal::from_io(format!("remove {directory}"), &e))
}

/// Reserves an address, and notes that it was the last one of its range set.
///
/// # Errors
/// `EEXIST` when somebody has it.
pub fn reserve(node: &MachineName, network: &str, address: IpAddr, set: u8, holder: &Holder) -> Result<()> {
    let directory = ipam::network_directory(node, network);
    let refused = |e: io::Error| {
        let refusal = Refusal::from_io(format!("reserve {address} for {}", holder.container), &e);
        match e.kind() {
            ErrorKind::AlreadyExists => refusal.with_hint(format!("{directory}/{address} says who has it")),
            _ => refusal,
        }
    };
    let _lock = lock(&directory)?;
    let path = format!("{directory}/{address}");
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(refused)?;
    if let Err(e) = file.write_all(holder.text().as_bytes()) {
        // Half a lease is none. Best effort: the error to report is the one above.
        let _ = fs::remove_file(&path);
        return Err(refused(e));
    }
    fs::write(format!("{directory}/{LAST}{set}"), address.to_string()).map_err(refused)
}

/// Releases an address. Which one was the last stays: so a container that comes again gets another.
pub fn release(node: &MachineName, network: &str, address: IpAddr) -> Result<()> {
    let directory = ipam::network_directory(node, network);
    let _lock = lock(&directory)?;
    let path = format!("{directory}/{address}");
    fs::remove_file(path).map_err(|e| Refusal::from_io(format!("release {address}"), &e))
}

/// Has the DHCP server keep an address for a client, or no more.
pub fn reserve_host(node: &MachineName, client: &str, address: Option<IpAddr>) -> Result<()> {
    let path = ipam::host_file(node, client);
    let done = match address {
        Some(address) => fs::write(&path, format!("id:{client},{address}\n")),
        None => fs::remove_file(&path),
    };
    done.map_err(|e| Refusal::from_io(format!("write {path}"), &e))
}

/// Waits for the lock of a network's directory and holds it.
fn lock(directory: &str) -> Result<Flock<File>> {
    let path = format!("{directory}/{LOCK}");
    let refused = |errno| Refusal::new(format!("lock {path}"), errno);
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let file = file.map_err(|e| refused(Errno::from_raw(e.raw_os_error().unwrap_or(libc::EIO))))?;
    Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| refused(errno))
}
