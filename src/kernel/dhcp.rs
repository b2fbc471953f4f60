//! DHCP's server and client: the sockets and the loops around what [`crate::dhcp`] knows.
//!
//! ```text
//! ip netns exec node-1 netlab dhcp serve cni0 …      UDP 67 on cni0 ── who asks? ──▶ answer ──▶ leases, reply
//! ip netns exec pod-a  netlab dhcp client eth0 …     DISCOVER … ACK ──▶ address, route ──▶ in the background: T1, T2, end
//! ```
//!
//! Both are programs in a machine's namespace, which is found by being in it: `daemon` knows how they go into the
//! background, how they are found again, and when they end.

mod client;
mod daemon;
mod files;
mod ground;
mod interface;
mod packet;
mod server;
mod socket;
mod spawn;

pub use client::{Client, Outcome};
pub use daemon::{CLIENT, SERVER, stop};
pub use server::Server;
pub use spawn::{lease, release, serve, stop_serving};
