//! Random numbers for faults.

/// Random numbers that are the same in each run, or those of the seed in `MOSS_SEED`.
pub struct Random(u64);

impl Random {
    pub fn seeded() -> Self {
        Self(std::env::var("MOSS_SEED").map_or(1, |seed| seed.parse().unwrap()))
    }

    /// The next one, by SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A text of so many bytes, or some more, that repeats nothing: compressed, it takes about half of them.
    #[cfg(feature = "sqlite")]
    pub fn text(&mut self, bytes: usize) -> String {
        (0..bytes.div_ceil(16)).map(|_| format!("{:016x}", self.next())).collect()
    }

    /// The next one below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
