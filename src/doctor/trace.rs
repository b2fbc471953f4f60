//! What `netlab trace` looks with. Labs run without all of it, and `trace` without all but the first.
//!
//! ```text
//! ok       packet capture   works                    AF_PACKET: the journey
//! ok       nftables trace   works                    nftrace: which rule acted
//! absent   drop reasons     only root may ask …      eBPF at kfree_skb: the kernel's own word
//! ```

use super::{Check, Verdict};
use crate::kernel::capture::Capture;
use crate::kernel::drops::Drops;
use crate::kernel::mark::Mark;
use crate::kernel::nft::watch::Watch;

/// Tries them in the namespace of the calling thread, which is to be a throw-away one.
pub(super) fn checks() -> Vec<Check> {
    // Eight bytes where a ping has its cookie: nothing here bears them.
    let marks = [Mark { offset: 28, bytes: b"netlab ?".to_vec() }];
    let drops = match Drops::attach(&marks) {
        Ok(Ok(_)) => None,
        Ok(Err(unavailable)) => Some(unavailable.to_string()),
        Err(refusal) => Some(refusal.to_string()),
    };
    vec![
        check("packet capture", Capture::open(&marks).err().map(|e| e.to_string()), "`netlab trace` cannot work"),
        check(
            "nftables trace",
            Watch::open(&marks).err().map(|e| e.to_string()),
            "`netlab trace` reads rules, and does not see them act",
        ),
        check("drop reasons", drops, "`netlab trace` finds the cause without"),
    ]
}

fn check(what: &str, lack: Option<String>, consequence: &str) -> Check {
    match lack {
        None => Check::fine(what, "works"),
        Some(lack) => {
            Check { what: what.into(), verdict: Verdict::Optional, found: format!("{lack}; {consequence}"), help: None }
        }
    }
}
