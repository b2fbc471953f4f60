//! Whether what is written, and what derives from it, can be built.
//!
//! ```text
//! machines    no two of one name              names::check
//! links       no two of one name in a namespace
//! subnets     none overlaps another           subnets::check
//! addresses   each in its subnet, none twice  addresses::check
//! routes      gateways on connected subnets   routes::check
//! overlays    VXLAN devices that can be made  vxlan::check, macs::check
//! bridges     at most 1,023 ports             ports::check
//! expect      of machines that there are      expectations::check
//! ```
//!
//! If a part of the file could not be read, rules that would blame others for what is missing are left out.

pub mod addresses;
pub mod expectations;
pub mod macs;
pub mod names;
pub mod ports;
pub mod routes;
pub mod subnets;
pub mod vxlan;

use super::diagnostic::Diagnostics;
use super::spec::Spec;

/// Checks everything. `expanded` says whether `spec` is spelled out.
pub fn check(spec: &Spec, expanded: bool, diagnostics: &mut Diagnostics) {
    names::check(spec, diagnostics);
    let clashing = subnets::check(spec, diagnostics);
    addresses::check(spec, &clashing, diagnostics);
    routes::check(spec, expanded, diagnostics);
    vxlan::check(spec, expanded, diagnostics);
    macs::check(spec, diagnostics);
    ports::check(spec, diagnostics);
    expectations::check(spec, diagnostics);
}
