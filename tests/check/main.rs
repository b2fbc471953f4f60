//! `netlab check` against the kernel: `ping`, `nft`, `ip` and `nc` say what it should have found.
//!
//! ```text
//! oracle     all pairs by ping, and by whom nft heard them: the same cells fail, under the same addresses
//! expect     what a file may demand, held and broken
//! sizes      path MTU: narrow paths, and black holes
//! large      samples, blocks, and full matrices
//! manners    --wait, --junit, --json, neighbours, labs that are not there yet
//! ```

#[path = "../common/mod.rs"]
mod common;

mod expect;
mod large;
mod manners;
mod oracle;
mod sizes;
