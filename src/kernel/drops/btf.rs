//! Where things stand in the kernel's own structures, from the description that the kernel carries of itself (BTF).
//!
//! ```text
//! /sys/kernel/btf/vmlinux:   header · types · names
//!     types:  [1] INT unsigned int   [2] STRUCT sk_buff, 3 members   [3] ENUM skb_drop_reason, 130 values   …
//! field("net_device", "nd_net.net", 8)  ─▶  1272, the bytes from the beginning of the structure
//! ```
//!
//! The types are numbered from 1 in the order in which they stand there, each as long as its kind says; there is no
//! table of them. They are walked from the beginning until what is wanted was found, which for the kernel's core
//! structures is early. The format is that of `include/uapi/linux/btf.h`, `Documentation/bpf/btf.rst`.

mod walk;

use std::collections::BTreeMap;
use std::fmt;

pub use self::walk::kind;
use self::walk::{Type, Types};

/// How long a member is: `struct btf_member`.
const MEMBER: usize = 12;
/// How long a value of an enum is: `struct btf_enum`.
const ENUMERATOR: usize = 8;

/// How many members and qualifiers to go through at most for one question. `sk_buff` takes some dozens; a description
/// whose types go in circles ends here.
const PATIENCE: usize = 10_000;

/// Why a question found no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// The bytes are no BTF, or of another version or byte order.
    NotBtf,
    /// The bytes end where something should follow, or say what cannot be.
    Broken,
    /// A kind of type that is newer than this program, so that the types behind it cannot be found.
    Kind(u8),
    /// There is no such type, or no such member in it.
    Missing(String),
    /// It is there, but not of the size that was expected.
    Size(String),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::NotBtf => write!(f, "it is not BTF, version 1"),
            Unknown::Broken => write!(f, "it is cut off or damaged"),
            Unknown::Kind(kind) => write!(f, "it has types of a kind that netlab does not know ({kind})"),
            Unknown::Missing(name) => write!(f, "it has no {name}"),
            Unknown::Size(name) => write!(f, "in it {name} has another size than netlab knows"),
        }
    }
}

/// The result of a question.
pub type Result<T> = std::result::Result<T, Unknown>;

/// The kernel's description of its types.
#[derive(Debug)]
pub struct Btf<'a> {
    types: Types<'a>,
    /// What [`Btf::find`] found: by kind and name.
    found: BTreeMap<(u8, String), Type>,
}

impl<'a> Btf<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// Where the bytes are no BTF.
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        Ok(Btf { types: Types::new(bytes)?, found: BTreeMap::new() })
    }

    /// Looks for named types, each by its kind and its name: the first of that name counts. One that is not there is
    /// missed by whoever asks for it.
    ///
    /// # Errors
    /// Where the types cannot be read.
    pub fn find(&mut self, wanted: &[(u8, &str)]) -> Result<()> {
        let mut left = wanted.to_vec();
        while !left.is_empty() {
            let Some(found) = self.types.step()? else { break };
            if !matches!(found.kind, kind::STRUCT | kind::ENUM | kind::TYPEDEF) {
                continue;
            }
            if let Some(index) =
                left.iter().position(|(kind, name)| *kind == found.kind && self.types.is_named(found.name, name))
            {
                let (kind, name) = left.swap_remove(index);
                self.found.insert((kind, name.to_owned()), found);
            }
        }
        Ok(())
    }

    /// All enums whose name ends so, by way of the whole description: their values.
    ///
    /// # Errors
    /// Where the types cannot be read.
    pub fn enums_like(&mut self, ending: &str) -> Result<Vec<(u32, String)>> {
        let mut all = Vec::new();
        while let Some(found) = self.types.step()? {
            if found.kind == kind::ENUM && self.types.name(found.name).ends_with(ending.as_bytes()) {
                all.extend(self.values(found)?);
            }
        }
        Ok(all)
    }

    /// The names of an enum's values; it was found before.
    ///
    /// # Errors
    /// Where there is no such enum.
    pub fn enumerators(&self, name: &str) -> Result<Vec<(u32, String)>> {
        self.values(self.found(kind::ENUM, name)?)
    }

    /// How many parameters a function has that a type of this name points to.
    ///
    /// # Errors
    /// Where there is no such type.
    pub fn parameters(&mut self, typedef: &str) -> Result<usize> {
        let pointer = self.types.locate(self.found(kind::TYPEDEF, typedef)?.size)?;
        let function = self.types.locate(pointer.size)?;
        match (pointer.kind, function.kind) {
            (kind::PTR, kind::FUNC_PROTO) => Ok(function.count),
            _ => Err(Unknown::Missing(typedef.to_owned())),
        }
    }

    /// Where a member of a structure stands, in bytes from its beginning: `nd_net.net` is a member of a member. Members
    /// of structures and unions without a name count as the structure's own, as in C.
    ///
    /// # Errors
    /// Where there is no such member, or not of this size.
    pub fn field(&mut self, structure: &str, path: &str, size: u32) -> Result<i32> {
        let full = || format!("{structure}.{path}");
        let mut patience = PATIENCE;
        let mut bits = 0_u32;
        let mut place = self.found(kind::STRUCT, structure)?;
        for name in path.split('.') {
            let member = self.member(place, name, &mut patience)?;
            let (offset, number) = member.ok_or_else(|| Unknown::Missing(full()))?;
            bits = bits.checked_add(offset).ok_or(Unknown::Broken)?;
            place = self.plain(number, &mut patience)?;
        }
        let length = match place.kind {
            kind::PTR => size_of::<usize>() as u32,
            kind::INT | kind::ENUM | kind::STRUCT | kind::UNION => place.size,
            _ => 0,
        };
        if length != size || !bits.is_multiple_of(8) {
            return Err(Unknown::Size(full()));
        }
        Ok((bits / 8).cast_signed())
    }

    /// A member's offset in bits, and the number of its type.
    fn member(&mut self, of: Type, name: &str, patience: &mut usize) -> Result<Option<(u32, u32)>> {
        let mut open = vec![(of, 0_u32)];
        while let Some((of, base)) = open.pop() {
            if !matches!(of.kind, kind::STRUCT | kind::UNION) {
                continue;
            }
            for index in 0..of.count {
                *patience = patience.checked_sub(1).ok_or(Unknown::Broken)?;
                let at = of.body + index * MEMBER;
                let (called, number) = (self.types.word(at)?, self.types.word(at + 4)?);
                let offset = self.types.word(at + 8)?;
                // With the flag, the upper byte is the size of a bit field, and 0 for what is none.
                let offset = if of.flag { offset & 0x00ff_ffff } else { offset };
                let offset = base.checked_add(offset).ok_or(Unknown::Broken)?;
                if called == 0 {
                    open.push((self.plain(number, patience)?, offset));
                } else if self.types.is_named(called, name) {
                    return Ok(Some((offset, number)));
                }
            }
        }
        Ok(None)
    }

    /// A type without its qualifiers and other names.
    fn plain(&mut self, mut number: u32, patience: &mut usize) -> Result<Type> {
        loop {
            *patience = patience.checked_sub(1).ok_or(Unknown::Broken)?;
            let found = self.types.locate(number)?;
            match found.kind {
                kind::TYPEDEF | kind::VOLATILE | kind::CONST | kind::RESTRICT | kind::TYPE_TAG => number = found.size,
                _ => return Ok(found),
            }
        }
    }

    fn found(&self, kind: u8, name: &str) -> Result<Type> {
        self.found.get(&(kind, name.to_owned())).copied().ok_or_else(|| Unknown::Missing(name.to_owned()))
    }

    fn values(&self, of: Type) -> Result<Vec<(u32, String)>> {
        let value = |index| {
            let at = of.body + index * ENUMERATOR;
            let name = String::from_utf8_lossy(self.types.name(self.types.word(at)?)).into_owned();
            Ok((self.types.word(at + 4)?, name))
        };
        (0..of.count).map(value).collect()
    }
}

#[cfg(test)]
mod tests;
