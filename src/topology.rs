//! The file: `topology.yaml` → [`model::Topology`].

pub mod model;
