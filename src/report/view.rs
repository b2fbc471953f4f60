//! The view of `up --step`: where the lab is, what comes next, which keys there are.
//!
//! ```text
//!  one-node  ━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────────  11 of 29 steps
//!  ✓ red: namespace                                                             2/2
//!  ▶ red: veth pipe                                                             2/9
//!     ✓ 11  Move peer-red into red, where it is called eth0
//!     ▶ 12  Attach veth-red to the bridge cni0
//!     · 13  Let veth-red have no IPv6 link-local address
//!  next: step 12 · red: veth pipe
//!  Attach veth-red to the bridge cni0: the other end is plugged into the switch.
//!    ip -n node-1 link set veth-red master cni0
//!  Enter next  c chapter  r rest  b back  e explain  s shell  q quit  ? keys
//! ```
//!
//! It stands at the bottom of the terminal; what was done, and what it changed, is ordinary text above it. Drawing is a
//! pure function of a [`Model`].

pub mod command;
mod draw;
pub mod keys;
mod outline;

use crate::journal::Record;
use crate::plan::Plan;
use crate::step::{Step, Way};

pub use draw::{draw, rows};

/// What there is to draw.
#[derive(Debug)]
pub struct Model<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Which steps are in force.
    pub record: &'a Record,
    /// Forwards or backwards.
    pub way: Way,
    /// How many steps are to be in force at the end.
    pub target: u32,
    /// The next step, as it will be done, with its number.
    pub next: Option<(u32, Step)>,
    /// What the view is at.
    pub doing: Doing,
    /// Whether in colour.
    pub color: bool,
}

/// What the view is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It waits for a key.
    Asks,
    /// Steps are being done.
    Works,
    /// It has made room for text to be read.
    MakesRoom,
}
