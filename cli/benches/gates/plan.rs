//! What is planned before the first gate, so that nothing can be chosen once something is seen.

use serde::{Deserialize, Serialize};

use crate::coin::Coin;

/// Gates of each kind.
pub const GATES: usize = 30;
/// What the order of the kinds is drawn from.
pub const SEED: u64 = 1;
/// Time that a gate takes at the most.
pub const BUDGET: &str = "10min";
/// A few milliseconds a request on one core of the machine that docs/gate.md names, of arithmetic: its weights lie in a cache.
pub const MODEL: &str = "mlp:width=256,depth=20";
/// The same with one layer more in twenty: 1.05 times the operations.
pub const MORE: &str = "mlp:width=256,depth=21";
/// Samples of a request.
pub const BATCH: u64 = 256;

/// What a gate compares the model with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    Itself,
    More,
}

/// What results are of: two plans that differ are never joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub model: String,
    pub more: String,
    pub batch: u64,
    /// Of each kind.
    pub gates: usize,
    pub seed: u64,
    pub budget: String,
    /// The program that decides.
    pub tare_sha256: String,
    /// The fingerprint of the machine.
    pub machine: String,
}

impl Plan {
    /// So many of each kind, in an order by coin flips; `--seed` of each is its place.
    pub fn order(&self) -> Vec<Against> {
        let mut coin = Coin::new(self.seed);
        let mut left = [self.gates, self.gates];
        let mut order = Vec::with_capacity(2 * self.gates);
        while left != [0, 0] {
            let place = usize::from(coin.flip());
            if let Some(rest) = left[place].checked_sub(1) {
                left[place] = rest;
                order.push([Against::Itself, Against::More][place]);
            }
        }
        order
    }
}
