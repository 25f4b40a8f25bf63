//! How many samples each request carries: a set number, or one that is drawn.

use std::sync::Arc;

use crate::random::{Random, Seed, Stream};

/// The sizes of a scenario's requests.
#[derive(Debug, Clone)]
pub(crate) enum Sizes {
    Fixed(u64),
    Drawn(BatchSizes),
}

impl Sizes {
    /// Of the request at `place`, which never goes back.
    #[inline]
    pub(crate) fn of(&mut self, place: u64) -> u64 {
        match self {
            Self::Fixed(size) => *size,
            Self::Drawn(sizes) => sizes.of(place),
        }
    }
}

/// Sizes drawn from a Poisson distribution, of which a zero counts as one: a request carries at least one sample. None lies
/// more than six standard deviations above the mean.
#[derive(Debug, Clone)]
pub struct BatchSizes {
    table: Arc<Table>,
    random: Random,
    place: u64,
    size: u64,
}

impl BatchSizes {
    pub(crate) fn new(mean: u64, seed: Seed) -> Self {
        let table = Arc::new(Table::new(mean));
        let mut random = Random::new(seed, Stream::Sizes);
        Self {
            size: table.size(random.unit()),
            table,
            random,
            place: 0,
        }
    }

    /// Of the request at `place`, counted from zero; no place may lie before that of an earlier call.
    pub fn of(&mut self, place: u64) -> u64 {
        while self.place < place {
            self.size = self.table.size(self.random.unit());
            self.place += 1;
        }
        self.size
    }
}

/// The largest size that is drawn: six standard deviations above the mean, so that inputs can be made for it beforehand.
/// A Poisson distribution goes beyond it less than once in ten million times from a mean of 30 on, and once in 98,000 at 1.
pub(crate) fn largest(mean: u64) -> u64 {
    mean + (6.0 * (mean as f64).sqrt()).ceil() as u64
}

/// The distribution function of a Poisson distribution, by which a uniform number becomes a size.
#[derive(Debug)]
struct Table {
    /// The smallest size in it.
    first: u64,
    /// Of each size from `first` on, the probability of a size no larger.
    below: Vec<f64>,
}

/// Sizes less likely than this, relative to the mean itself, are left out: a uniform number has 53 bits.
const NEGLIGIBLE: f64 = 1e-18;

impl Table {
    /// By the recurrence p(k+1) = p(k)·mean/(k+1), begun at the mean, where p is largest, so that nothing underflows.
    fn new(mean: u64) -> Self {
        let ratio = |size: u64| mean as f64 / size as f64;
        let mut above = vec![1.0];
        for size in mean + 1..=largest(mean) {
            let next = above[above.len() - 1] * ratio(size);
            if next < NEGLIGIBLE {
                break;
            }
            above.push(next);
        }
        let mut beneath = Vec::new();
        let mut weight = 1.0;
        for size in (1..=mean).rev() {
            weight /= ratio(size);
            if weight < NEGLIGIBLE {
                break;
            }
            beneath.push(weight);
        }
        let first = mean - beneath.len() as u64;
        let weights = beneath.iter().rev().chain(&above);
        let mut sum = 0.0;
        let mut below: Vec<f64> = weights
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        below.iter_mut().for_each(|share| *share /= sum);
        Self { first, below }
    }

    #[inline]
    fn size(&self, unit: f64) -> u64 {
        let place = self.below.partition_point(|share| *share < unit);
        (self.first + place as u64).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(mean: u64, seed: Seed, count: u64) -> Vec<u64> {
        let mut sizes = BatchSizes::new(mean, seed);
        (0..count).map(|place| sizes.of(place)).collect()
    }

    #[test]
    fn sizes_have_the_mean_and_the_variance_of_a_poisson_distribution() {
        for mean in [20, 128, 1_000, 1_000_000] {
            let count = 40_000;
            let drawn = drawn(mean, Seed::new(1, 0), count);
            let average = drawn.iter().sum::<u64>() as f64 / count as f64;
            let square = |size: &u64| (*size as f64 - average).powi(2);
            let variance = drawn.iter().map(square).sum::<f64>() / count as f64;
            let exact = mean as f64;
            assert!(
                (average - exact).abs() < 4.0 * (exact / count as f64).sqrt(),
                "{average}"
            );
            let spread = ((2.0 * exact + 1.0) * exact / count as f64).sqrt();
            assert!(
                (variance - exact).abs() < 4.0 * spread,
                "{mean}: {variance}"
            );
        }
    }

    #[test]
    fn small_sizes_come_as_often_as_the_distribution_says_and_a_zero_is_one() {
        let count = 100_000;
        let drawn = drawn(2, Seed::new(5, 0), count);
        let share =
            |size| drawn.iter().filter(|drawn| **drawn == size).count() as f64 / count as f64;
        let e2 = (-2.0_f64).exp();
        for (size, expected) in [
            (0, 0.0),
            (1, 3.0 * e2),
            (2, 2.0 * e2),
            (3, 4.0 / 3.0 * e2),
            (5, 4.0 / 15.0 * e2),
        ] {
            assert!(
                (share(size) - expected).abs() < 0.006,
                "{size}: {}",
                share(size)
            );
        }
    }

    #[test]
    fn a_size_belongs_to_its_request_however_often_it_is_asked_for() {
        let seed = Seed::new(2, 3);
        let all = drawn(128, seed, 50);
        let mut sizes = BatchSizes::new(128, seed);
        for place in [0, 0, 7, 7, 49] {
            assert_eq!(sizes.of(place), all[place as usize]);
        }
        assert!(all.iter().all(|size| *size <= largest(128)));
        assert_ne!(all, drawn(128, Seed::new(2, 4), 50));
    }

    #[test]
    fn the_sequence_of_a_seed_stays_for_ever() {
        // As an implementation of its own of the same generator and distribution gives them.
        let expected = [118, 117, 126, 122, 126, 136, 112, 118];
        assert_eq!(drawn(128, Seed::new(0, 0), 8), expected);
    }
}
