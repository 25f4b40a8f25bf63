//! How often intervals held the truth, and whether that is as often as they claim.

use statrs::distribution::{Binomial, DiscreteCDF};

/// Intervals counted by what they are of.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub held: u64,
    pub count: u64,
}

impl Tally {
    pub fn add(&mut self, low: f64, truth: f64, high: f64) {
        self.count += 1;
        self.held += u64::from((low..=high).contains(&truth));
    }

    pub fn share(&self) -> f64 {
        self.held as f64 / self.count as f64
    }

    /// Whether so few are likely from intervals that hold 95% or more.
    pub fn is_of_95_percent_or_more(&self) -> bool {
        let nominal = Binomial::new(0.95, self.count).expect("a distribution");
        nominal.cdf(self.held) > 0.025
    }

    /// Whether 95% lies in the exact interval of the coverage (Clopper and Pearson, 1934): neither so few nor so many are
    /// likely from intervals that hold 95%. It is one of `among` that hold together with 95% (Bonferroni).
    pub fn is_of_95_percent(&self, among: usize) -> bool {
        let nominal = Binomial::new(0.95, self.count).expect("a distribution");
        let (as_few, fewer) = (nominal.cdf(self.held), self.held.checked_sub(1));
        let as_many = 1.0 - fewer.map_or(0.0, |fewer| nominal.cdf(fewer));
        let tail = 0.025 / among as f64;
        as_few > tail && as_many > tail
    }
}
