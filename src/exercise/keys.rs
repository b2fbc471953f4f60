//! Every key of an exercise's file, once, as `topology/keys.rs` has those of a topology: the decoder knows what is in these
//! tables, and `netlab exercise schema` prints them.

use crate::topology::keys::{FAMILIES, FILE, Key, Object, Shape, key, required};

/// The whole file.
pub static EXERCISE: Object = Object {
    name: "an exercise",
    about: "A story, a lab in which something is wrong, and what has to be so in the end.",
    tables: &[&[
        required("title", Shape::Text, "What it is called, in a few words that give nothing away."),
        required("level", Shape::Choice(&["easy", "medium", "hard"]), "How hard it is."),
        required("minutes", Shape::Count, "How many minutes it takes."),
        required("teaches", Shape::Text, "What one can do afterwards; not shown before it is solved."),
        required("story", Shape::Text, "What has happened."),
        required("question", Shape::Text, "What is to be done, and what must stay as it is."),
        key("look", Shape::List(&Shape::Text), "Commands with which to begin."),
        required(
            "topology",
            Shape::Object(&FILE),
            "The lab, as in a file of its own; its name `lab` is the exercise's. What is wrong may be wrong in it. Its \
             `expect` says which packets have to arrive in the end, and which must not.",
        ),
        key(
            "break",
            Shape::Text,
            "What is typed in the lab's shell once it is up: the fault that no topology can hold.",
        ),
        required("hints", Shape::List(&Shape::Text), "Hints in stages, each of which says more than the one before."),
        key(
            "check",
            Shape::Object(&CHECK),
            "What has to be so in the end beside the topology's `expect`, whoever did it and how.",
        ),
        required("solution", Shape::Object(&WAY), "The way to mend it that `netlab exercise solution` prints."),
        key(
            "otherWays",
            Shape::List(&Shape::Object(&WAY)),
            "Other right ways, which `netlab exercise solution` prints too.",
        ),
        key(
            "wrongWays",
            Shape::List(&Shape::Object(&WAY)),
            "Ways that must not count. They are never printed; `netlab exercise try` tries them.",
        ),
    ]],
};

/// What is demanded.
pub static CHECK: Object = Object {
    name: "a check",
    about: "What has to be so in the end, beside the topology's `expect`.",
    tables: &[&[
        key("model", Shape::Bool, "Whether the Kubernetes network model has to hold, as `netlab check` tests it."),
        key("transfers", Shape::List(&Shape::Object(&TRANSFER)), "Streams that arrive whole."),
        key("state", Shape::List(&Shape::Object(&STATE)), "What packets cannot tell."),
    ]],
};

/// A stream.
pub static TRANSFER: Object = Object {
    name: "a transfer",
    about: "A stream of bytes by TCP, from each of some machines to each of some machines.",
    tables: &[&[
        required("from", Shape::OneOrMany(&Shape::MachineName), "Who sends."),
        required("to", Shape::OneOrMany(&Shape::MachineName), "Who listens."),
        key("bytes", Shape::Count, "How many bytes: 200000 unless written."),
        key("family", Shape::Choice(FAMILIES), "By which family: IPv4 unless written."),
    ]],
};

/// A fact.
pub static STATE: Object = Object {
    name: "a state",
    about: "A fact about some machines: one of `sysctl`, `route`, `address`, `link` and `unchanged`.",
    tables: &[STATE_KEYS],
};

static STATE_KEYS: &[Key] = &[
    required("on", Shape::OneOrMany(&Shape::MachineName), "Which machines."),
    required("says", Shape::Text, "How the demand is called when it is checked: it must not give the mend away."),
    key("sysctl", Shape::SysctlKey, "A sysctl, whose value `is` one of some."),
    key("is", Shape::OneOrMany(&Shape::Setting), "The values that a sysctl may have."),
    key("route", Shape::Address, "Where a packet that is made there goes: by `via`, out of `dev`."),
    key("via", Shape::Address, "The gateway by which a packet has to go."),
    key("dev", Shape::LinkName, "The link out of which a packet has to go."),
    key("address", Shape::Address, "An address that it has, whatever the prefix length."),
    key("link", Shape::LinkName, "A link whose MTU is `mtu`."),
    key("mtu", Shape::Count, "The MTU that a link has, in bytes."),
    key("unchanged", Shape::Bool, "Whether nothing on it may differ from the topology."),
];

/// A way.
pub static WAY: Object = Object {
    name: "a way",
    about: "Commands, and why.",
    tables: &[&[
        required("commands", Shape::Text, "What is typed in the lab's shell, a command a line."),
        required("why", Shape::Text, "Why it is right, or why it is not."),
    ]],
};
