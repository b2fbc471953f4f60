//! `netlab down`: nothing is left behind.
//!
//! ```text
//! lock ─▶ end what runs inside ─▶ end the pause process (the kernel removes the rest) ─▶ forget the state
//! ```

use crate::error::Result;
use crate::lab::Lab;

/// What `down` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Whether the lab ran, and was not gone already.
    pub ran: bool,
    /// How many processes were ended that had been started inside.
    pub processes: usize,
}

/// Takes a lab away, in whatever state it is.
///
/// # Errors
/// When it is being changed by somebody else, or belongs to somebody else.
pub fn down(lab: &Lab) -> Result<Done> {
    let lock = lab.lock()?;
    let sandbox = lab.sandbox();
    let ran = sandbox.is_some();
    let processes = sandbox.map(|sandbox| sandbox.destroy()).transpose()?.unwrap_or(0);
    lab.forget(lock).map_err(|error| match ran {
        true => error.with("note", format!("lab {} itself is down: nothing of it runs any more", lab.name)),
        false => error,
    })?;
    Ok(Done { ran, processes })
}
