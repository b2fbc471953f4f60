//! The tables of [`keys`](super::keys) → JSON Schema, for editors: `netlab schema > netlab.schema.json`, and in the
//! file `# yaml-language-server: $schema=netlab.schema.json`.
//!
//! The schema says which keys there are and how their values are spelled. Whether an address is in its subnet is beyond
//! it: `netlab validate` knows.

use serde_json::{Map, Value, json};

use super::keys::{FILE, GROUP_OF_CLUSTER, GROUPS, Object, Shape};
use super::sysctl;
use crate::names::{LINK_NAME_MAX, MACHINE_NAME_MAX};
use crate::network::setting::IPV6_MIN_MTU;

/// What all names have in common; see [`crate::names`].
const NAME: &str = "^[A-Za-z0-9_][A-Za-z0-9_.-]*$";

/// The schema of the file, short and spelled-out (JSON Schema, draft 2020-12).
pub fn schema() -> Value {
    schema_of(&FILE, "netlab topology")
}

/// The schema of a file that is one mapping.
pub(crate) fn schema_of(file: &'static Object, name: &str) -> Value {
    let mut definitions = Map::new();
    define(file, &mut definitions);
    let root = definitions.remove(&title(file)).unwrap_or_default();
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.extend(root.as_object().cloned().unwrap_or_default());
    schema.insert("title".into(), name.into());
    definitions.extend(simple());
    schema.insert("$defs".into(), Value::Object(definitions));
    Value::Object(schema)
}

/// `a masquerade entry` → `masqueradeEntry`.
fn title(object: &Object) -> String {
    let mut words = object.name.split(' ').skip(1);
    let mut title = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        title.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        title.extend(letters);
    }
    title
}

/// Adds the definition of an object, and of all that its keys need.
fn define(object: &'static Object, definitions: &mut Map<String, Value>) {
    if definitions.contains_key(&title(object)) {
        return;
    }
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    for key in object.keys() {
        let mut shape = describe(&key.shape, definitions);
        if !key.required {
            shape = or_null(shape);
        }
        if let Value::Object(shape) = &mut shape {
            shape.insert("description".into(), key.about.into());
        }
        properties.insert(key.name.into(), shape);
        required.extend(key.required.then_some(key.name));
    }
    // With nothing required, nothing may be written for the whole.
    let kind = if required.is_empty() { json!(["object", "null"]) } else { json!("object") };
    let mut schema = json!({
        "type": kind,
        "description": object.about,
        "properties": properties,
        "additionalProperties": false,
    });
    if let (Value::Object(schema), false) = (&mut schema, required.is_empty()) {
        schema.insert("required".into(), required.into());
    }
    definitions.insert(title(object), schema);
}

fn describe(shape: &Shape, definitions: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::LabName => reference("labName"),
        Shape::MachineName => reference("machineName"),
        Shape::LinkName => reference("linkName"),
        Shape::Address => reference("address"),
        Shape::Interface => reference("addressWithPrefixLength"),
        Shape::Subnet => reference("subnet"),
        Shape::Destination => json!({ "anyOf": [{ "const": "default" }, reference("subnet")] }),
        Shape::SysctlKey => reference("sysctlKey"),
        Shape::Text => json!({ "type": "string" }),
        Shape::Seconds => json!({ "type": "integer", "minimum": 2, "maximum": 31_536_000 }),
        Shape::Count => json!({ "type": "integer", "minimum": 1 }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::PrefixLength => json!({ "type": "integer", "minimum": 1, "maximum": 128 }),
        Shape::Mtu => json!({ "type": "integer", "minimum": IPV6_MIN_MTU, "maximum": 65535 }),
        Shape::Vni => json!({ "type": "integer", "minimum": 1, "maximum": 0x00ff_ffff }),
        Shape::Mac => json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$" }),
        Shape::Method => json!({ "type": "string", "pattern": "^(first-found|(can-reach|interface|cidr)=.+)$" }),
        Shape::ClusterName => reference("clusterName"),
        Shape::Port => json!({ "type": "integer", "minimum": 1, "maximum": u16::MAX }),
        Shape::Party => json!({ "anyOf": [{ "enum": GROUPS }, group_of_cluster(), reference("machineName")] }),
        Shape::Target => {
            json!({ "anyOf": [{ "enum": GROUPS }, group_of_cluster(), reference("machineName"), reference("address")] })
        }
        Shape::Identity => {
            json!({ "anyOf": [{ "enum": ["own", "node"] }, reference("machineName"), reference("address")] })
        }
        Shape::Setting => json!({ "type": ["string", "number"], "pattern": "^[ -~]*[!-~][ -~]*$" }),
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::OneOrMany(item) => {
            let item = describe(item, definitions);
            json!({ "anyOf": [item, { "type": "array", "items": item }] })
        }
        Shape::List(item) => json!({ "type": "array", "items": describe(item, definitions) }),
        Shape::Map(key, value) => json!({
            "type": "object",
            "propertyNames": describe(key, definitions),
            "additionalProperties": describe(value, definitions),
        }),
        Shape::Object(object) => {
            define(object, definitions);
            reference(&title(object))
        }
    }
}

fn group_of_cluster() -> Value {
    json!({ "type": "string", "pattern": GROUP_OF_CLUSTER })
}

fn or_null(shape: Value) -> Value {
    json!({ "anyOf": [shape, { "type": "null" }] })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// The definitions of single values.
fn simple() -> Map<String, Value> {
    let name = |about: &str, longest: usize, not: &[&str]| json!({ "type": "string", "description": about, "pattern": NAME, "maxLength": longest, "not": { "enum": not } });
    let text = |about: &str, pattern: &str| json!({ "type": "string", "description": about, "pattern": pattern });
    let mut simple = Map::new();
    simple.insert("labName".into(), name("The name of a lab.", MACHINE_NAME_MAX, &[".", ".."]));
    simple.insert("clusterName".into(), name("The name of a cluster.", MACHINE_NAME_MAX, &[".", ".."]));
    let reserved = [".", "..", crate::names::FABRIC];
    simple.insert("machineName".into(), name("The name of a node, pod or host.", MACHINE_NAME_MAX, &reserved));
    let reserved = [".", "..", "all", "default", "lo"];
    simple.insert("linkName".into(), name("The name of a link or network.", LINK_NAME_MAX, &reserved));
    simple.insert("address".into(), text("An IPv4 or IPv6 address.", "^[0-9A-Fa-f.:]+$"));
    simple.insert(
        "addressWithPrefixLength".into(),
        text("An address with its prefix length, such as 10.244.1.2/24.", "^[0-9A-Fa-f.:]+/[0-9]{1,3}$"),
    );
    simple.insert("subnet".into(), text("A subnet, such as 10.244.0.0/16.", "^[0-9A-Fa-f.:]+/[0-9]{1,3}$"));
    simple.insert("sysctlKey".into(), text("The key of a sysctl of a network namespace.", sysctl::PATTERN));
    simple
}
