//! Changes between small plans, on predicted networks.

use super::*;
use crate::plan::Plan;
use crate::topology::parse;
