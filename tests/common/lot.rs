//! Numbers by lot, the same ones for the same seed.

/// Numbers by lot (Knuth's MMIX generator).
#[derive(Debug)]
pub struct Lot(pub u64);

impl Lot {
    /// A number below this one.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(limit.max(1))).expect("a small number")
    }

    /// A place in a list of so many.
    pub fn place(&mut self, count: usize) -> usize {
        self.below(u32::try_from(count).expect("a short list")) as usize
    }

    /// One time in so many.
    pub fn once_in(&mut self, limit: u32) -> bool {
        self.below(limit) == 0
    }

    /// One time in two.
    pub fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    /// One of these.
    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.place(of.len())]
    }
}
