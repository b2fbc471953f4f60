//! `netlab down`: nothing is left behind.
//!
//! ```text
//! lock ─▶ end what runs inside ─▶ end the pause process (the kernel removes the rest) ─▶ forget the state
//! ```

use crate::error::Result;
use crate::kernel::sandbox::Ended;
use crate::lab::Lab;

/// Takes a lab away, in whatever state it is.
///
/// # Errors
/// When it is being changed by somebody else, or belongs to somebody else.
pub fn down(lab: &Lab) -> Result<Ended> {
    let lock = lab.lock()?;
    let ended = lab.end(&lock)?;
    lab.forget(lock).map_err(|error| match ended.pause {
        true => error.with("note", format!("lab {} itself is down: nothing of it runs any more", lab.name)),
        false => error,
    })?;
    Ok(ended)
}
