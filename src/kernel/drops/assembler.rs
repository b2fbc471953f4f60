//! A small assembler for eBPF: instructions one after the other, and jumps to places that have names.
//!
//! ```text
//! let out = code.label();                          85 00 00 00 05 00 00 00      call 5 (bpf_ktime_get_ns)
//! code.call(helper::KTIME_GET_NS);         ─▶      55 00 01 00 00 00 00 00      if r0 != 0 goto +1
//! code.jump(If::NotEqual, R0, 0, out);             b7 00 00 00 01 00 00 00      r0 = 1
//! code.set(R0, 1);                                 95 00 00 00 00 00 00 00      exit
//! code.bind(out);
//! code.exit();
//! ```
//!
//! An instruction is `struct bpf_insn` of `include/uapi/linux/bpf.h`: operation, two registers, an offset, a number.

/// Operations: a class, and what the class does (`include/uapi/linux/bpf_common.h`, `bpf.h`).
mod op {
    /// `BPF_LD | BPF_DW | BPF_IMM`, two instructions long.
    pub const LOAD_MAP: u8 = 0x18;
    /// `BPF_LDX`, `BPF_ST` and `BPF_STX`, all with `BPF_MEM`.
    pub const LOAD: u8 = 0x61;
    pub const STORE_NUMBER: u8 = 0x62;
    pub const STORE: u8 = 0x63;
    /// `BPF_ALU64 | BPF_ADD`, `BPF_SUB` and `BPF_MOV`, with a number (`BPF_K`) or a register (`BPF_X`).
    pub const ADD: u8 = 0x07;
    pub const ADD_REGISTER: u8 = 0x0f;
    pub const SUBTRACT_REGISTER: u8 = 0x1f;
    pub const SET: u8 = 0xb7;
    pub const COPY: u8 = 0xbf;
    /// `BPF_JMP | BPF_JA`, `BPF_CALL`, `BPF_EXIT`.
    pub const GO: u8 = 0x05;
    pub const CALL: u8 = 0x85;
    pub const EXIT: u8 = 0x95;
    /// `BPF_JMP` and `BPF_JMP32`, whose upper bits are the condition.
    pub const JUMP: u8 = 0x05;
    pub const JUMP_32: u8 = 0x06;
}

/// Says of a `BPF_LD | BPF_IMM` that the number is a map's descriptor: `BPF_PSEUDO_MAP_FD`.
const MAP_DESCRIPTOR: u8 = 1;

/// A register. R0 is what a call gives back, R1 to R5 are what it takes and are lost by it, R6 to R9 stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Register(u8);

pub const R0: Register = Register(0);
pub const R1: Register = Register(1);
pub const R2: Register = Register(2);
pub const R3: Register = Register(3);
pub const R4: Register = Register(4);
pub const R6: Register = Register(6);
pub const R7: Register = Register(7);
pub const R8: Register = Register(8);
pub const R9: Register = Register(9);
/// The end of the stack, which grows downwards: 512 bytes.
pub const FRAME: Register = Register(10);

/// How many bytes to load or store: `BPF_W`, `BPF_H`, `BPF_B`, `BPF_DW`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Four = 0x00,
    Two = 0x08,
    One = 0x10,
    Eight = 0x18,
}

/// When to jump: `BPF_JEQ`, `BPF_JNE`, `BPF_JGT`, `BPF_JSGT`, `BPF_JSLT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum If {
    Equal = 0x10,
    NotEqual = 0x50,
    Above = 0x20,
    SignedAbove = 0x60,
    SignedBelow = 0xc0,
}

/// A place in the program to jump to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label(usize);

/// One instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Instruction {
    operation: u8,
    to: u8,
    from: u8,
    offset: i16,
    number: i32,
}

/// A program as it grows.
#[derive(Debug, Default)]
pub struct Code {
    instructions: Vec<Instruction>,
    /// Where each label is, once it is bound: the number of the instruction.
    labels: Vec<Option<usize>>,
    /// Which instruction jumps to which label.
    jumps: Vec<(usize, Label)>,
}

impl Code {
    /// `to = number`
    pub fn set(&mut self, to: Register, number: i32) {
        self.push(op::SET, to, R0, 0, number);
    }

    /// `to = from`
    pub fn copy(&mut self, to: Register, from: Register) {
        self.push(op::COPY, to, from, 0, 0);
    }

    /// `to += number`
    pub fn add(&mut self, to: Register, number: i32) {
        self.push(op::ADD, to, R0, 0, number);
    }

    /// `to += from`
    pub fn add_register(&mut self, to: Register, from: Register) {
        self.push(op::ADD_REGISTER, to, from, 0, 0);
    }

    /// `to -= from`
    pub fn subtract_register(&mut self, to: Register, from: Register) {
        self.push(op::SUBTRACT_REGISTER, to, from, 0, 0);
    }

    /// `to = *(from + offset)`, the upper bits 0.
    pub fn load(&mut self, size: Size, to: Register, from: Register, offset: i16) {
        self.push(op::LOAD | size as u8, to, from, offset, 0);
    }

    /// `*(to + offset) = from`
    pub fn store(&mut self, size: Size, to: Register, offset: i16, from: Register) {
        self.push(op::STORE | size as u8, to, from, offset, 0);
    }

    /// `*(to + offset) = number`
    pub fn store_number(&mut self, size: Size, to: Register, offset: i16, number: i32) {
        self.push(op::STORE_NUMBER | size as u8, to, R0, offset, number);
    }

    /// `to = the map of this descriptor`
    pub fn load_map(&mut self, to: Register, descriptor: i32) {
        self.push(op::LOAD_MAP, to, Register(MAP_DESCRIPTOR), 0, descriptor);
        self.push(0, R0, R0, 0, 0);
    }

    /// `r0 = helper(r1, r2, r3, r4, r5)`
    pub fn call(&mut self, helper: i32) {
        self.push(op::CALL, R0, R0, 0, helper);
    }

    /// The end: what is in R0 is what the program gives back.
    pub fn exit(&mut self) {
        self.push(op::EXIT, R0, R0, 0, 0);
    }

    /// A label that is yet to be bound.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// The label means this place.
    pub fn bind(&mut self, label: Label) {
        let here = self.instructions.len();
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = Some(here);
        }
    }

    /// `goto label`
    pub fn go(&mut self, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(op::GO, R0, R0, 0, 0);
    }

    /// `if register … number goto label`, all 64 bits; the number with its sign.
    pub fn jump(&mut self, condition: If, register: Register, number: i32, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(op::JUMP | condition as u8, register, R0, 0, number);
    }

    /// The same with the lower 32 bits.
    pub fn jump_32(&mut self, condition: If, register: Register, number: u32, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(op::JUMP_32 | condition as u8, register, R0, 0, number.cast_signed());
    }

    /// The instructions as the kernel reads them, 8 bytes each; nothing where a jump has no place to go to, or goes too
    /// far (32,767 instructions).
    pub fn finish(mut self) -> Option<Vec<u64>> {
        for (from, label) in &self.jumps {
            let to = (*self.labels.get(label.0)?)?;
            // It counts from the instruction after the jump.
            let distance = to as i64 - (*from as i64 + 1);
            self.instructions.get_mut(*from)?.offset = i16::try_from(distance).ok()?;
        }
        Some(self.instructions.into_iter().map(Instruction::encode).collect())
    }

    fn push(&mut self, operation: u8, to: Register, from: Register, offset: i16, number: i32) {
        self.instructions.push(Instruction { operation, to: to.0, from: from.0, offset, number });
    }
}

impl Instruction {
    fn encode(self) -> u64 {
        // Two bit fields of four bits share a byte: the first is the lower one where bytes are, too.
        let registers =
            if cfg!(target_endian = "little") { self.to | self.from << 4 } else { self.to << 4 | self.from };
        let ([a, b], [c, d, e, f]) = (self.offset.to_ne_bytes(), self.number.to_ne_bytes());
        u64::from_ne_bytes([self.operation, registers, a, b, c, d, e, f])
    }
}

#[cfg(test)]
mod tests;
