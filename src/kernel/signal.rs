//! Ctrl-C: remembered, and asked for between two batches.
//!
//! ```text
//! ^C ─▶ handler sets a flag ─▶ workers finish their batch and stop ─▶ `up` says how to go on
//! ```

use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static ASKED: AtomicBool = AtomicBool::new(false);

extern "C" fn remember(_signal: i32) {
    ASKED.store(true, Ordering::Relaxed);
}

/// From here on SIGINT, SIGTERM and SIGHUP are remembered instead of ending the process.
pub fn remember_requests_to_stop() {
    let action = SigAction::new(SigHandler::Handler(remember), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler stores to an atomic and does nothing else.
        let _ = unsafe { sigaction(signal, &action) };
    }
}

/// Whether somebody asked to stop.
pub fn asked_to_stop() -> bool {
    ASKED.load(Ordering::Relaxed)
}
