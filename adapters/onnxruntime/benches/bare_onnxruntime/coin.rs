//! Coin flips that are the same in every run.

/// A generator of flips: Marsaglia's 64-bit xorshift.
pub struct Coin(u64);

impl Coin {
    /// From a seed other than zero.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Heads or tails.
    pub fn flip(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 63 == 1
    }
}
