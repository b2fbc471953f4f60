//! A trace: the way there and back as a tree, and why a packet died.
//!
//! ```text
//! pod-a → pod-c  ICMP echo, 10.244.1.2 → 10.244.2.2, 56 bytes
//! lost in node-1 after cni0: no-route
//!
//! there     pod-a → node-1 ✗
//! ● pod-a
//! ●     eth0 →          10.244.1.2 → 10.244.2.2  ttl 64  echo request
//! ○       route         default via 10.244.1.1 dev eth0
//! ● node-1
//! ●   → veth-pod-a                                                         +1.3 µs
//! ●   → cni0                                                               +0.9 µs
//! ●   ✗ not seen any further
//! ```
//!
//! | for | made by |
//! |---|---|
//! | people | [`text`] |
//! | programs | [`document`] |
//! | a page | [`mermaid`] |
//! | a slide | [`picture`] |
//! | Wireshark and tcpdump | [`pcapng`] |
//! | whoever watches | [`changes`] |

mod changes;
mod command;
mod death;
mod document;
mod headers;
mod headline;
mod layout;
mod paint;
mod passages;
mod pcapng;
mod picture;
mod rounds;
mod sequence;
mod text;
mod tree;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use changes::changes;
pub use command::{fix, in_netlab};
pub use document::{Document, document};
pub use pcapng::pcapng;
pub use picture::{Journey, picture};
pub use sequence::mermaid;
pub use text::{brief, text};
