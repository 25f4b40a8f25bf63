//! Tails of the binomial distribution at any number of trials, where a continued fraction of bounded length fails.

use std::iter::successors;
use std::ops::RangeInclusive;

/// The `low..=high` of the number X of successes with P(X < low) ≤ `tail`, P(X > high) ≤ `tail`, as narrow as can be.
///
/// `chance` lies strictly between 0 and 1. Weights are taken outward from the mode, relative to it, and normalised by
/// their sum: O(√trials) terms and no special function.
pub(crate) fn central(trials: u64, chance: f64, tail: f64) -> RangeInclusive<u64> {
    let odds = chance / (1.0 - chance);
    let mode = (((trials + 1) as f64 * chance) as u64).min(trials);
    let down = successors(Some((mode, 1.0)), |&(k, weight)| {
        (k > 0).then(|| (k - 1, weight * k as f64 / ((trials - k + 1) as f64 * odds)))
    });
    let up = successors(Some((mode, 1.0)), |&(k, weight)| {
        (k < trials).then(|| (k + 1, weight * (trials - k) as f64 * odds / (k + 1) as f64))
    });
    let mut weights: Vec<(u64, f64)> = down.take_while(matters).collect();
    weights.reverse();
    weights.extend(up.skip(1).take_while(matters));
    let allowed = tail * weights.iter().map(|&(_, weight)| weight).sum::<f64>();
    let low = boundary(weights.iter().copied(), allowed).unwrap_or(mode);
    let high = boundary(weights.iter().rev().copied(), allowed).unwrap_or(mode);
    low..=high
}

/// Weights below this share of the mode's change no tail in the digits that count.
const NEGLIGIBLE: f64 = 1e-18;

fn matters(&(_, weight): &(u64, f64)) -> bool {
    weight > NEGLIGIBLE
}

/// The first count at which the weights summed so far exceed what is allowed.
fn boundary(from_the_end: impl Iterator<Item = (u64, f64)>, allowed: f64) -> Option<u64> {
    from_the_end
        .scan(0.0, |sum, (k, weight)| {
            *sum += weight;
            Some((k, *sum))
        })
        .find(|&(_, sum)| sum > allowed)
        .map(|(k, _)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fair_coin_thrown_six_times_excludes_all_and_none() {
        assert_eq!(central(6, 0.5, 0.025), 1..=5);
        assert_eq!(central(5, 0.5, 0.025), 0..=5);
    }

    #[test]
    fn a_million_trials_are_summed_not_approximated() {
        assert_eq!(central(1_000_000, 0.5, 0.025), 499_020..=500_980);
    }
}
