//! Faults for programs.

use serde::Serialize;

use crate::fault::{Cell, Deed, Site, Strike, broken, kinds, ways_about};
use crate::inject::Revealed;
use crate::names::{LabName, MachineName};
use crate::network::Namespaces;
use crate::topology::model::Topology;

/// Every kind of fault.
#[derive(Debug, Serialize)]
pub struct List {
    faults: Vec<KindDocument>,
}

#[derive(Debug, Serialize)]
struct KindDocument {
    fault: &'static str,
    does: &'static str,
    /// `either`, `all`, `ipv4`, `ipv6`.
    families: &'static str,
    causes: Vec<&'static str>,
    /// `reach`, `source`, `size`, `address`.
    spoils: &'static str,
}

/// What was broken.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    seed: u64,
    count: usize,
    secret: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<Vec<FaultDocument<'a>>>,
}

#[derive(Debug, Serialize)]
struct FaultDocument<'a> {
    fault: &'static str,
    does: &'static str,
    machine: &'a MachineName,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<&'a MachineName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<u8>,
    commands: Vec<String>,
    causes: Vec<&'static str>,
    spoils: &'static str,
    expect: Vec<CellDocument>,
}

#[derive(Debug, Serialize)]
struct CellDocument {
    source: MachineName,
    destination: MachineName,
    family: u8,
}

/// What was broken so far.
#[derive(Debug, Serialize)]
pub struct Reveal<'a> {
    lab: &'a LabName,
    faults: Vec<RevealedDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct RevealedDocument<'a> {
    fault: &'a str,
    machine: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<u8>,
    commands: &'a [String],
    /// How many of the commands were done.
    done: usize,
    secret: bool,
    /// In seconds since 1970.
    at: u64,
    /// `broken` or `mended`.
    state: &'static str,
}

fn number(ipv6: bool) -> u8 {
    if ipv6 { 6 } else { 4 }
}

/// Every kind of fault.
pub fn list_document() -> List {
    let kind = |kind: &'static crate::fault::Kind| KindDocument {
        fault: kind.slug,
        does: kind.does,
        families: kind.families.slug(),
        causes: kind.causes.iter().map(|cause| cause.slug()).collect(),
        spoils: kind.spoils.word(),
    };
    List { faults: kinds().map(kind).collect() }
}

/// What was broken; without telling what, if it is a secret.
pub fn document<'a>(
    lab: &'a LabName,
    topology: &Topology,
    seed: u64,
    strikes: &'a [Strike],
    secret: bool,
) -> Document<'a> {
    let none = Namespaces::new();
    let site = Site::new(topology, &none);
    let faults = (!secret).then(|| strikes.iter().map(|strike| fault(&site, strike)).collect());
    Document { lab, seed, count: strikes.len(), secret, faults }
}

fn fault<'a>(site: &Site<'_>, strike: &'a Strike) -> FaultDocument<'a> {
    let ways = ways_about(site, &[strike]);
    let cell = |Cell { source, destination, ipv6 }: &Cell| CellDocument {
        source: source.clone(),
        destination: destination.clone(),
        family: number(*ipv6),
    };
    FaultDocument {
        fault: strike.kind.slug,
        does: strike.kind.does,
        machine: &strike.machine,
        other: strike.other.as_ref(),
        family: strike.ipv6.map(number),
        commands: strike.deeds.iter().map(Deed::command).collect(),
        causes: strike.kind.causes.iter().map(|cause| cause.slug()).collect(),
        spoils: strike.kind.spoils.word(),
        expect: broken(strike, &ways).map(cell).collect(),
    }
}

/// What was broken so far, and what of it is still there.
pub fn reveal_document<'a>(lab: &'a LabName, revealed: &'a [Revealed]) -> Reveal<'a> {
    let one = |Revealed { note, is_broken }: &'a Revealed| RevealedDocument {
        fault: &note.fault,
        machine: &note.machine,
        other: note.other.as_deref(),
        family: note.ipv6.map(number),
        commands: &note.commands,
        done: note.done,
        secret: note.secret,
        at: note.at,
        state: if *is_broken { "broken" } else { "mended" },
    };
    Reveal { lab, faults: revealed.iter().map(one).collect() }
}
