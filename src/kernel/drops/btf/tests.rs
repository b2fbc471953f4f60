//! A small description made by hand, and what becomes of it when it is damaged.

use super::walk::{MAGIC, VERSION};
use super::*;

/// A description as it grows.
#[derive(Default)]
struct Blob {
    types: Vec<u8>,
    names: Vec<u8>,
    count: u32,
}

impl Blob {
    fn new() -> Self {
        Blob { names: vec![0], ..Blob::default() }
    }

    fn name(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        let at = self.names.len() as u32;
        self.names.extend_from_slice(name.as_bytes());
        self.names.push(0);
        at
    }

    /// Adds a type, with what follows its head, and gives out its number.
    fn add(&mut self, kind: u8, name: &str, count: usize, size: u32, rest: &[u32]) -> u32 {
        let info = u32::from(kind) << 24 | count as u32;
        self.add_with(info, name, size, rest)
    }

    fn add_with(&mut self, info: u32, name: &str, size: u32, rest: &[u32]) -> u32 {
        let name = self.name(name);
        for word in [name, info, size].iter().chain(rest) {
            self.types.extend_from_slice(&word.to_ne_bytes());
        }
        self.count += 1;
        self.count
    }

    /// A structure or union: each member's name, type and offset in bits.
    fn compound(&mut self, kind: u8, name: &str, size: u32, members: &[(&str, u32, u32)]) -> u32 {
        let mut rest = Vec::new();
        for (name, number, offset) in members {
            rest.extend([self.name(name), *number, *offset]);
        }
        self.add(kind, name, members.len(), size, &rest)
    }

    fn values(&mut self, name: &str, values: &[(&str, u32)]) -> u32 {
        let mut rest = Vec::new();
        for (name, value) in values {
            rest.extend([self.name(name), *value]);
        }
        self.add(kind::ENUM, name, values.len(), 4, &rest)
    }

    fn bytes(&self) -> Vec<u8> {
        let (types, names) = (self.types.len() as u32, self.names.len() as u32);
        let mut bytes = [&MAGIC[..], &[VERSION, 0]].concat();
        for word in [24, 0, types, types, names] {
            bytes.extend_from_slice(&u32::to_ne_bytes(word));
        }
        [bytes, self.types.clone(), self.names.clone()].concat()
    }
}

/// Everything of every kind, in a shape like the kernel's.
fn kernel() -> Vec<u8> {
    let mut b = Blob::new();
    let int = b.add(kind::INT, "unsigned int", 0, 4, &[32]);
    let short = b.add(kind::INT, "unsigned short", 0, 2, &[16]);
    b.add(kind::ARRAY, "", 0, 0, &[int, int, 7]);
    b.add(kind::FWD, "later", 0, 0, &[]);
    b.add(kind::FLOAT, "double", 0, 8, &[]);
    b.add(kind::ENUM64, "wide", 1, 8, &[0, 1, 2]);
    let proto = b.add(kind::FUNC_PROTO, "", 5, 0, &[0, int, 0, int, 0, int, 0, int, 0, int]);
    b.add(kind::FUNC, "function", 0, proto, &[]);
    let var = b.add(kind::VAR, "variable", 0, int, &[1]);
    b.add(kind::DATASEC, ".data", 1, 4, &[var, 0, 4]);
    b.add(kind::DECL_TAG, "tag", 0, var, &[0]);
    b.values("another_drop_reason", &[("__ANOTHER", 0x20000), ("ANOTHER_LOST", 0x20001)]);
    // Of the same name, but no structure.
    b.add(kind::TYPEDEF, "net", 0, int, &[]);
    let be16 = b.add(kind::TYPEDEF, "__be16", 0, short, &[]);
    let tagged = b.add(kind::TYPE_TAG, "rcu", 0, be16, &[]);
    let ns = b.compound(kind::STRUCT, "ns_common", 16, &[("ops", int, 0), ("inum", int, 64)]);
    let net = b.compound(kind::STRUCT, "net", 64, &[("passive", int, 0), ("ns", ns, 128)]);
    let to_net = b.add(kind::PTR, "", 0, net, &[]);
    let possible = b.compound(kind::STRUCT, "", 8, &[("net", to_net, 0)]);
    let possible = b.add(kind::TYPEDEF, "possible_net_t", 0, possible, &[]);
    let possible = b.add(kind::CONST, "", 0, possible, &[]);
    let members = [("", b.count + 2, 64), ("nd_net", possible, 256)];
    let device = b.compound(kind::STRUCT, "net_device", 64, &members);
    b.compound(kind::UNION, "", 8, &[("state", int, 0), ("ifindex", int, 32)]);
    let to_device = b.add(kind::PTR, "", 0, device, &[]);
    let to_device = b.add(kind::VOLATILE, "", 0, to_device, &[]);
    let scratch = b.compound(kind::UNION, "", 8, &[("dev", to_device, 0), ("dev_scratch", int, 0)]);
    let list = b.compound(kind::STRUCT, "", 24, &[("next", to_net, 0), ("prev", to_net, 64), ("", scratch, 128)]);
    let queue = b.compound(kind::UNION, "", 24, &[("", list, 0), ("rbnode", int, 0)]);
    // A structure with bit fields has the size of each in the upper byte of its offset.
    let rest = [b.name("cloned"), int, 1 << 24 | 195, b.name("protocol"), tagged, 208, 0, queue, 0];
    b.add_with(1 << 31 | u32::from(kind::STRUCT) << 24 | 3, "sk_buff", 64, &rest);
    b.values("skb_drop_reason", &[("SKB_NOT_DROPPED_YET", 0), ("SKB_DROP_REASON_NO_SOCKET", 3)]);
    let to_proto = b.add(kind::PTR, "", 0, proto, &[]);
    b.add(kind::TYPEDEF, "btf_trace_kfree_skb", 0, to_proto, &[]);
    b.bytes()
}

const WANTED: [(u8, &str); 5] = [
    (kind::STRUCT, "sk_buff"),
    (kind::STRUCT, "net_device"),
    (kind::STRUCT, "net"),
    (kind::ENUM, "skb_drop_reason"),
    (kind::TYPEDEF, "btf_trace_kfree_skb"),
];

/// Asks everything that there is to ask.
fn ask(bytes: &[u8]) -> Result<Vec<i32>> {
    let mut btf = Btf::new(bytes)?;
    btf.find(&WANTED)?;
    let pointer = size_of::<usize>() as u32;
    let mut answers = vec![
        btf.field("sk_buff", "dev", pointer)?,
        btf.field("sk_buff", "prev", pointer)?,
        btf.field("sk_buff", "protocol", 2)?,
        btf.field("net_device", "ifindex", 4)?,
        btf.field("net_device", "nd_net.net", pointer)?,
        btf.field("net", "ns.inum", 4)?,
    ];
    answers.push(btf.parameters("btf_trace_kfree_skb")? as i32);
    answers.extend(btf.enumerators("skb_drop_reason")?.iter().map(|(value, _)| *value as i32));
    answers.extend(Btf::new(bytes)?.enums_like("_drop_reason")?.iter().map(|(value, _)| *value as i32));
    Ok(answers)
}

#[test]
fn members_are_found_also_within_what_has_no_name() {
    assert_eq!(ask(&kernel()), Ok(vec![16, 8, 26, 12, 32, 24, 5, 0, 3, 0x20000, 0x20001, 0, 3]));
}

#[test]
fn what_is_missing_is_named() {
    let bytes = kernel();
    let mut btf = Btf::new(&bytes).unwrap();
    btf.find(&[(kind::STRUCT, "sock"), (kind::STRUCT, "net"), (kind::STRUCT, "sk_buff")]).unwrap();
    assert_eq!(btf.field("sock", "sk", 8), Err(Unknown::Missing("sock".into())));
    assert_eq!(btf.field("net", "ns.stashed", 4), Err(Unknown::Missing("net.ns.stashed".into())));
    assert_eq!(btf.field("net", "passive.deeper", 4), Err(Unknown::Missing("net.passive.deeper".into())));
    assert_eq!(btf.field("net", "", 4), Err(Unknown::Missing("net.".into())));
    assert_eq!(btf.field("net", "ns.inum", 8), Err(Unknown::Size("net.ns.inum".into())));
    assert_eq!(btf.field("sk_buff", "cloned", 4), Err(Unknown::Size("sk_buff.cloned".into())));
    assert_eq!(btf.enumerators("skb_drop_reason"), Err(Unknown::Missing("skb_drop_reason".into())));
}

#[test]
fn what_is_no_description_is_refused() {
    for bytes in [&b""[..], b"\x7fELF", &MAGIC, &[MAGIC[1], MAGIC[0], 1, 0]] {
        assert_eq!(Btf::new(bytes).err(), Some(Unknown::NotBtf), "{bytes:?}");
    }
    let bytes = kernel();
    for length in 3..bytes.len() {
        // The names come last: of those cut off there, none is found.
        assert!(ask(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn damage_anywhere_is_survived() {
    let bytes = kernel();
    for at in 0..bytes.len() {
        for value in [0, 1, 0x0d, 0x7f, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            // Some damage does not matter; none must lead outside or round and round.
            let _ = ask(&damaged);
        }
    }
}

#[test]
fn types_that_go_in_circles_end() {
    let mut b = Blob::new();
    b.add(kind::TYPEDEF, "", 0, 1, &[]);
    b.compound(kind::STRUCT, "net", 8, &[("itself", 1, 0), ("", 3, 0), ("", 3, 0), ("", 2, 0)]);
    b.compound(kind::UNION, "", 8, &[("", 3, 8), ("", 3, 8)]);
    let bytes = b.bytes();
    let mut btf = Btf::new(&bytes).unwrap();
    btf.find(&[(kind::STRUCT, "net")]).unwrap();
    assert_eq!(btf.field("net", "itself", 4), Err(Unknown::Broken));
    assert_eq!(btf.field("net", "other", 4), Err(Unknown::Broken));
}

#[test]
fn a_kind_that_is_newer_is_named() {
    let mut b = Blob::new();
    b.add(20, "new", 0, 0, &[]);
    b.compound(kind::STRUCT, "net", 8, &[]);
    let bytes = b.bytes();
    assert_eq!(Btf::new(&bytes).unwrap().find(&[(kind::STRUCT, "net")]), Err(Unknown::Kind(20)));
}
