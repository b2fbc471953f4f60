//! The addresses that a node has given out.
//!
//! ```text
//! ADDRESS     WHOSE       BY
//! 10.244.1.2  pod-a eth0  host-local cni0
//! 10.244.1.3  pod-b eth0  host-local cni0, the last one
//! 10.244.2.2  pod-c       dhcp, for 3541 s
//! 10.244.2.3  nobody      dhcp, declined: somebody uses it, for 120 s
//! ```

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::{lines, table};
use crate::network::ipam::Ipam;

/// A lease for programs.
#[derive(Debug, Serialize)]
pub struct LeaseDocument {
    address: String,
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    /// Whether it was declined: somebody uses it to whom it was not given.
    declined: bool,
    /// Whether it is the one that was given out last.
    last: bool,
}

/// The leases for programs.
pub fn documents(ipam: &Ipam) -> Vec<LeaseDocument> {
    let held = ipam.networks.iter().flat_map(|(network, leases)| {
        leases.held.iter().map(|(address, holder)| LeaseDocument {
            address: address.to_string(),
            by: "host-local",
            network: Some(network.clone()),
            name: Some(holder.container.clone()),
            interface: Some(holder.interface.clone()),
            mac: None,
            until: None,
            declined: false,
            last: leases.last.values().any(|last| last == address),
        })
    });
    let granted = ipam.granted.iter().map(|(address, lease)| LeaseDocument {
        address: address.to_string(),
        by: "dhcp",
        network: None,
        name: lease.name.clone(),
        interface: None,
        mac: Some(lease.mac.to_string()),
        until: Some(lease.until),
        declined: lease.declined,
        last: false,
    });
    held.chain(granted).collect()
}

/// The leases for people; nothing, if there are none.
pub fn text(ipam: &Ipam, columns: usize) -> String {
    let leases = documents(ipam);
    if leases.is_empty() {
        return String::new();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut table = table(columns.saturating_sub(2), ["ADDRESS", "WHOSE", "BY"]);
    for lease in leases {
        let whose = if lease.declined { Some("nobody".to_owned()) } else { lease.name.or(lease.mac) };
        let whose: Vec<String> = whose.into_iter().chain(lease.interface).collect();
        let network = lease.network.map(|network| format!(" {network}")).unwrap_or_default();
        let last = if lease.last { ", the last one" } else { "" };
        let declined = if lease.declined { ", declined: somebody uses it" } else { "" };
        let time = lease.until.map(|until| match until.saturating_sub(now) {
            0 => ", its time is over".to_owned(),
            left => format!(", for {left} s"),
        });
        table.add_row([
            lease.address,
            whose.join(" "),
            format!("{}{network}{last}{declined}{}", lease.by, time.unwrap_or_default()),
        ]);
    }
    lines(&table)
}
