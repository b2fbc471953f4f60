//! How pods come by their addresses: who has which is in files and in programs that anybody can look at, and others' tools
//! agree with them.
//!
//! ```text
//! host-local   the reference plugin itself goes on where the lab stopped
//! weave        ARP, `bridge` and ping across nodes find one subnet
//! dhcp         tcpdump sees the exchange, udhcpc gets an address of the same server
//! ```

#[path = "../common/mod.rs"]
mod common;

mod capacity;
mod dhcp;
mod dhcp_others;
mod host_local;
mod weave;
