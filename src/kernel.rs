//! The only door to Linux: netlink, nftables, namespaces, mounts, sysctls, processes.
//!
//! ```text
//!             a lab's pause process ── holds ──▶ user ns (without root) · mount ns · fabric's net ns
//!                     ▲                              /run/netns/node-1, pod-a, …  (bind mounts)
//! Sandbox::create ────┘
//! Sandbox::enter ────▶ Kernel ──▶ Worker   sends requests            (worker, message, netlink, nft, sysctl)
//!                            ├──▶ observe  reads what there is       (observe, ready)
//!                            ├──▶ Listener hears what changes        (listen)
//!                            ├──▶ Prober   sends a packet            (probe)
//!                            ├──▶ transfer sends a stream                (transfer)
//!                            ├──▶ Volley   pings many, from everywhere   (volley, echo)
//!                            ├──▶ call     knocks at ports               (calls)
//!                            ├──▶ Capture  sees it at interfaces     (capture, mark)
//!                            ├──▶ Watch    what rules do with it     (nft::watch)
//!                            ├──▶ lookup   where it would be sent    (lookup, conntrack, listeners, counters)
//!                            ├──▶ dhcp     serves and leases addresses    (dhcp, leases)
//!                            └──▶ rehearse asks what would be        (rehearsal)
//!
//! root of the host ──▶ Drops    is told where and why packets are dropped, on the whole machine   (drops)
//! ```
//!
//! Whatever changes or asks Linux takes a [`Kernel`], which exists only inside a lab's sandbox: code that holds one
//! cannot touch the host's network by mistake. (`drops` takes none: it changes nothing, and hears of all namespaces.)
//! Everything above this floor is plain values.

pub mod apart;
pub mod calls;
pub mod capture;
pub mod conntrack;
pub mod counters;
pub mod dhcp;
pub mod drops;
pub mod echo;
pub mod exec;
pub mod host;
pub mod leases;
pub mod listen;
pub mod listeners;
pub mod lookup;
pub mod mark;
pub mod message;
mod netfilter;
pub mod netlink;
pub mod netns;
mod news;
pub mod nft;
pub mod observe;
pub mod option;
mod pmtu;
pub mod probe;
pub mod process;
pub mod ready;
pub mod refusal;
pub mod rehearsal;
pub mod request;
pub mod sandbox;
pub mod signal;
pub mod sysctl;
pub mod transfer;
pub mod volley;
pub mod worker;

pub use refusal::Refusal;
pub use sandbox::{Kernel, Sandbox};
