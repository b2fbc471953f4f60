//! The only door to Linux.

pub mod nft;
