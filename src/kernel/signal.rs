//! Ctrl-C: remembered, and asked for between two batches.
//!
//! ```text
//! ^C ─▶ handler sets a flag ─▶ workers finish their batch and stop ─▶ `up` says how to go on
//! ```

use std::sync::atomic::{AtomicI32, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// The signal that asked last; 0 while nobody did.
static ASKED: AtomicI32 = AtomicI32::new(0);

extern "C" fn remember(signal: i32) {
    ASKED.store(signal, Ordering::Relaxed);
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
    ASKED.load(Ordering::Relaxed) != 0
}

extern "C" fn pass_over(_signal: i32) {}

/// From here on Ctrl-C and Ctrl-\ on this terminal are the business of a program that was started on it. That one has
/// them as usual: a handler, unlike being ignored, is not handed down.
pub fn leave_interrupts_to_others() {
    let action = SigAction::new(SigHandler::Handler(pass_over), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGQUIT] {
        // SAFETY: the handler does nothing.
        let _ = unsafe { sigaction(signal, &action) };
    }
}

/// Makes this process one that the terminal listens to, after a shell was killed that had the terminal for itself: who
/// writes to it or flushes it from the background would be stopped (SIGTTOU).
pub fn take_the_terminal_back() {
    let action = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler is called.
    let _ = unsafe { sigaction(Signal::SIGTTOU, &action) };
    let _ = nix::unistd::tcsetpgrp(std::io::stdin(), nix::unistd::getpgrp());
}

/// Forgets a Ctrl-C that was meant for somebody else: a shell on the same terminal, which has ended since.
pub fn forget_interrupts() {
    let _ = ASKED.compare_exchange(Signal::SIGINT as i32, 0, Ordering::Relaxed, Ordering::Relaxed);
}
