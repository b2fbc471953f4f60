//! netlab builds a Kubernetes-style pod network by hand from Linux parts, on one machine.
//!
//! Data flows down the page once; each floor imports only floors below it:
//!
//! ```text
//! cli        parse arguments, call one function, print
//! report     tables, JSON: values in, text out
//! exercise   something is wrong in a lab: stories, hints, and whether it is mended
//! up  down  pod  learn  inject  list  doctor   what these commands do
//! alter      a running lab is changed: worked out, written down, carried out
//! graph      a lab as things that can be drawn
//! check      who reaches whom: the Kubernetes network model, tried with packets
//! fault      what can be broken, and who should find out
//! trace      a packet's way: what was observed, what was decided, and why it died
//! diff  repair   what differs from the plan, and what mends it
//! stepping   step by step, asking before each: what the view asks the lab
//! cursor     one step forwards or backwards
//! course     what the cursor moves along: a plan, or a change
//! run        step through a plan      journal  what was done      lab  find and enter a lab
//! change     what leads from one plan to another
//! plan       spelled-out topology → chapters of steps             fuse  steps → requests
//! reach      who is to reach whom: the Kubernetes network model, and the kinds of clusters
//! feature    pod bridge, node routes, masquerade …: which steps each thing in the file means
//! topology   the file: schema, spans, diagnostics, expansion
//! step       one page per kind of step
//! kernel     the only door to Linux
//! dhcp       what DHCP's clients and servers say and know, as plain values
//! network    a namespace's links, addresses, routes, rules as plain values
//! names      names that cannot be wrong once made
//! ```
//!
//! Beside them stand `error`, what the user is told, and `prose`, how it is broken into lines.

pub mod alter;
pub mod change;
pub mod check;
pub mod cli;
pub mod course;
pub mod cursor;
pub mod dhcp;
pub mod diff;
pub mod doctor;
pub mod down;
pub mod error;
pub mod exercise;
pub mod fault;
pub mod feature;
pub mod fuse;
pub mod graph;
pub mod inject;
pub mod journal;
pub mod kernel;
pub mod lab;
pub mod learn;
pub mod list;
pub mod names;
pub mod network;
pub mod plan;
pub mod pod;
pub mod prose;
pub mod reach;
pub mod repair;
pub mod report;
pub mod run;
pub mod step;
pub mod stepping;
pub mod topology;
pub mod trace;
pub mod up;
