//! Routers, kinds of clusters, and ways of leaving, against the kernel: `ip`, `nft`, `ping` and `sysctl` are the witnesses.
//!
//! ```text
//! router   the same check under nodeRoutes, router and vxlan; no redirects; routes that are left to be written
//! growth   how many routes it takes
//! kinds    flat, island, isolated: who reaches whom, and what check, trace and diff say
//! egress   pools, an address of one's own for what leaves, and the card with the gateway
//! ```

#[path = "../common/mod.rs"]
mod common;

mod egress;
mod growth;
mod kinds;
mod router;
