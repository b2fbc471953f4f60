//! Whether an exercise is solved: real packets, real streams, and the state of machines where these cannot tell.
//!
//! ```text
//! topology.expect ─▶ packets ┐
//! transfers ───────▶ streams ├─▶ [Verdict { says: "red reaches blue", holds: false, found: ["red → blue is lost"] }]
//! state ───────────▶ state   ┘
//! ```
//!
//! A verdict says what is not so, and never why: to find that out is the exercise.

mod packets;
mod state;
mod streams;

use super::model::Exercise;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::lab::Lab;
use crate::plan::Plan;

/// How many of the things that are not so are listed for one demand.
pub const LISTED: usize = 4;

/// One thing that was demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What was demanded.
    pub says: String,
    /// Whether it is so.
    pub holds: bool,
    /// What was found instead, for each pair of machines.
    pub found: Vec<String>,
}

impl Verdict {
    /// The verdict on a demand of which this is not so.
    fn new(says: String, found: Vec<String>) -> Self {
        Verdict { says, holds: found.is_empty(), found }
    }
}

/// Judges the lab.
///
/// # Errors
/// When the lab cannot be looked at.
pub fn judge(kernel: &Kernel, lab: &Lab, exercise: &Exercise) -> Result<Vec<Verdict>> {
    let plan = Plan::of(&exercise.topology);
    let record = lab.record(&plan)?;
    let mut verdicts = packets::judge(kernel, exercise, &plan, &record.done)?;
    verdicts.extend(streams::judge(kernel, &plan, &exercise.transfers)?);
    verdicts.extend(state::judge(kernel, lab, &plan, &exercise.state)?);
    Ok(verdicts)
}
