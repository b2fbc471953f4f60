//! What all of netfilter's netlink families have in common: nftables and conntrack speak it.
//!
//! ```text
//! socket     NETLINK_NETFILTER, of one namespace
//! message    nlmsghdr · nfgenmsg · attributes
//! attribute  length · type · value, which may be attributes again
//! ```

pub mod attribute;
pub mod message;
pub mod socket;
