//! The types one behind the other, and their names.
//!
//! ```text
//! name  info: kind, count  size or type │ what the kind adds
//! 4 bytes   4                4          │ STRUCT: 12 for each member   ENUM: 8 for each value   PTR: nothing   …
//! ```

use super::{Result, Unknown};

/// `BTF_MAGIC` and the version, as the header begins in the machine's own byte order.
pub const MAGIC: [u8; 2] = 0xeb9f_u16.to_ne_bytes();
pub const VERSION: u8 = 1;

/// How long a type is without what its kind adds: `struct btf_type`.
const TYPE: usize = 12;
/// One in so many types has its place remembered; from there it is a short walk to the others.
const MARKED: usize = 64;

/// The kinds of types, `BTF_KIND_*`.
pub mod kind {
    pub const INT: u8 = 1;
    pub const PTR: u8 = 2;
    pub const ARRAY: u8 = 3;
    pub const STRUCT: u8 = 4;
    pub const UNION: u8 = 5;
    pub const ENUM: u8 = 6;
    pub const FWD: u8 = 7;
    pub const TYPEDEF: u8 = 8;
    pub const VOLATILE: u8 = 9;
    pub const CONST: u8 = 10;
    pub const RESTRICT: u8 = 11;
    pub const FUNC: u8 = 12;
    pub const FUNC_PROTO: u8 = 13;
    pub const VAR: u8 = 14;
    pub const DATASEC: u8 = 15;
    pub const FLOAT: u8 = 16;
    pub const DECL_TAG: u8 = 17;
    pub const TYPE_TAG: u8 = 18;
    pub const ENUM64: u8 = 19;
}

/// A description, and how far it was walked.
#[derive(Debug)]
pub struct Types<'a> {
    types: &'a [u8],
    names: &'a [u8],
    /// Where every [`MARKED`]th type begins: type 1 first.
    marks: Vec<usize>,
    /// How many types were walked over, and where the next one begins.
    walked: usize,
    next: usize,
}

/// One type: its kind, and where the rest of it stands.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    pub name: u32,
    pub kind: u8,
    /// `kind_flag`: the offsets of members carry the sizes of bit fields.
    pub flag: bool,
    /// How many members, values or parameters.
    pub count: usize,
    /// Its size in bytes, or the number of the type it refers to.
    pub size: u32,
    /// Where what follows the head begins.
    pub body: usize,
}

impl<'a> Types<'a> {
    /// Reads the header.
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        if !bytes.starts_with(&MAGIC) || bytes.get(2) != Some(&VERSION) {
            return Err(Unknown::NotBtf);
        }
        let header = word(bytes, 4)? as usize;
        let section = |at: usize| {
            let start = header.checked_add(word(bytes, at)? as usize).ok_or(Unknown::Broken)?;
            let end = start.checked_add(word(bytes, at + 4)? as usize).ok_or(Unknown::Broken)?;
            bytes.get(start..end).ok_or(Unknown::Broken)
        };
        Ok(Types { types: section(8)?, names: section(16)?, marks: Vec::new(), walked: 0, next: 0 })
    }

    /// Four bytes of the types.
    pub fn word(&self, at: usize) -> Result<u32> {
        word(self.types, at)
    }

    /// The type of this number.
    pub fn locate(&mut self, number: u32) -> Result<Type> {
        let index = (number as usize).checked_sub(1).ok_or(Unknown::Broken)?;
        while self.walked <= index {
            self.step()?.ok_or(Unknown::Broken)?;
        }
        let mut at = self.marks.get(index / MARKED).copied().ok_or(Unknown::Broken)?;
        for _ in 0..index % MARKED {
            at = self.read(at)?.1;
        }
        Ok(self.read(at)?.0)
    }

    /// Walks over one type.
    pub fn step(&mut self) -> Result<Option<Type>> {
        if self.next >= self.types.len() {
            return Ok(None);
        }
        if self.walked.is_multiple_of(MARKED) {
            self.marks.push(self.next);
        }
        let (found, next) = self.read(self.next)?;
        (self.walked, self.next) = (self.walked + 1, next);
        Ok(Some(found))
    }

    /// The type that begins here, and where the next one does.
    fn read(&self, at: usize) -> Result<(Type, usize)> {
        let head = self.types.get(at..).and_then(|rest| rest.first_chunk::<TYPE>()).ok_or(Unknown::Broken)?;
        let [a, b, c, d, i, j, k, l, s, t, u, v] = *head;
        let info = u32::from_ne_bytes([i, j, k, l]);
        let (kind, flag, count) = ((info >> 24) as u8 & 0x1f, info >> 31 != 0, (info & 0xffff) as usize);
        let more = match kind {
            kind::INT | kind::VAR | kind::DECL_TAG => 4,
            kind::ARRAY => 12,
            kind::STRUCT | kind::UNION | kind::DATASEC | kind::ENUM64 => 12 * count,
            kind::ENUM | kind::FUNC_PROTO => 8 * count,
            kind::PTR | kind::FWD | kind::TYPEDEF | kind::VOLATILE | kind::CONST | kind::RESTRICT => 0,
            kind::FUNC | kind::FLOAT | kind::TYPE_TAG => 0,
            _ => return Err(Unknown::Kind(kind)),
        };
        let (name, size) = (u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([s, t, u, v]));
        let body = at + TYPE;
        Ok((Type { name, kind, flag, count, size, body }, body + more))
    }

    /// Whether this is the name that stands there.
    pub fn is_named(&self, at: u32, name: &str) -> bool {
        let rest = self.names.get(at as usize..).unwrap_or_default();
        rest.starts_with(name.as_bytes()) && rest.get(name.len()) == Some(&0)
    }

    /// A name, without its zero byte; nothing where there is none.
    pub fn name(&self, at: u32) -> &'a [u8] {
        let rest = self.names.get(at as usize..).unwrap_or_default();
        rest.split(|byte| *byte == 0).next().unwrap_or_default()
    }
}

fn word(bytes: &[u8], at: usize) -> Result<u32> {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).ok_or(Unknown::Broken)?;
    Ok(u32::from_ne_bytes(*four))
}
