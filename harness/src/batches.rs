//! Which batches requests had: counted while they are timed, remembered from the warm-up.

use std::collections::BTreeSet;

use tare_results::Batches;

/// How many requests had each batch. Counting never allocates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchCounts {
    /// By their rows, from one.
    counts: Vec<u64>,
}

impl BatchCounts {
    /// None yet, of batches up to `largest`; where there is no largest, none is counted.
    pub fn up_to(largest: Option<u64>) -> Self {
        let largest = largest.and_then(|largest| usize::try_from(largest).ok());
        Self {
            counts: vec![0; largest.unwrap_or(0)],
        }
    }

    /// One more of so many samples.
    #[inline]
    pub fn count(&mut self, samples: u64) {
        self.count_many(samples, 1);
    }

    /// So many more of so many samples.
    #[inline]
    pub fn count_many(&mut self, samples: u64, more: u64) {
        let place = usize::try_from(samples).unwrap_or(usize::MAX);
        if let Some(count) = self.counts.get_mut(place.wrapping_sub(1)) {
            *count += more;
        }
    }

    /// Those that each of the two has.
    pub fn in_both(mut self, other: &Self) -> Self {
        for (samples, count) in (1..).zip(&mut self.counts) {
            *count = (*count).min(other.of(samples));
        }
        self
    }

    /// Those of both.
    pub fn and(mut self, other: Self) -> Self {
        let most = self.counts.len().max(other.counts.len());
        self.counts.resize(most, 0);
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self
    }

    /// How many had so many samples.
    pub fn of(&self, samples: u64) -> u64 {
        let place = usize::try_from(samples).unwrap_or(usize::MAX);
        let count = self.counts.get(place.wrapping_sub(1));
        count.copied().unwrap_or(0)
    }

    /// What of each is told, where `warm` are those of the warm-up; `None` where none was counted.
    pub fn told(&self, warm: &Self) -> Option<Batches> {
        let had = || (1..).zip(&self.counts).filter(|(_, count)| **count > 0);
        let requests: u64 = self.counts.iter().sum();
        let samples: u64 = had().map(|(batch, count): (u64, &u64)| batch * count).sum();
        let (smallest, _) = had().next()?;
        let (largest, _) = had().last()?;
        let new = had().filter(|(batch, _)| warm.of(*batch) == 0);
        Some(Batches {
            smallest,
            mean: samples as f64 / requests as f64,
            largest,
            first_met: new.count() as u64,
        })
    }
}

/// Every batch up to `largest` once, for requests of which it is not known which will come: the bounds first, as the largest
/// needs the most memory, then those that are the nearest to `own`.
pub fn around(own: u64, largest: u64) -> Vec<u64> {
    let beside = (0..=largest).flat_map(|distance| {
        let above = own.checked_add(distance);
        let below = own.checked_sub(distance).filter(|_| distance > 0);
        above.into_iter().chain(below)
    });
    let between = beside.filter(|batch| *batch > 1 && *batch < largest);
    let bounds = [largest, 1].into_iter().take(largest.min(2) as usize);
    bounds.chain(between).collect()
}

/// Each of `batches` where it comes first.
pub fn each_once(batches: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut known = BTreeSet::new();
    batches.filter(|batch| known.insert(*batch)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_batch_comes_once_the_bounds_first_and_then_the_nearest_to_the_own() {
        assert_eq!(around(3, 7), [7, 1, 3, 4, 2, 5, 6]);
        assert_eq!(around(1, 4), [4, 1, 2, 3]);
        assert_eq!(around(4, 4), [4, 1, 3, 2]);
        assert_eq!(around(1, 1), [1]);
        assert_eq!(each_once([3, 1, 3, 2, 1].into_iter()), [3, 1, 2]);
    }

    #[test]
    fn batches_are_told_by_their_bounds_and_mean_and_those_that_the_warm_up_had_not() {
        let mut warm = BatchCounts::up_to(Some(9));
        let mut timed = warm.clone();
        assert_eq!(timed.told(&warm), None);
        [9, 1, 2, 3].into_iter().for_each(|batch| warm.count(batch));
        let batches = [3, 2, 7, 7, 6, 2, 10, 0];
        batches.into_iter().for_each(|batch| timed.count(batch));
        let told = timed.told(&warm).expect("six were counted");
        assert_eq!((told.smallest, told.mean, told.largest), (2, 4.5, 7));
        assert_eq!(told.first_met, 2, "6 and 7");
    }

    #[test]
    fn a_batch_that_one_of_two_has_not_is_not_in_both() {
        let mut one = BatchCounts::up_to(Some(3));
        let mut other = one.clone();
        one.count_many(2, 5);
        one.count(3);
        other.count_many(2, 4);
        let both = one.in_both(&other);
        assert_eq!([1, 2, 3].map(|samples| both.of(samples)), [0, 4, 0]);
    }

    #[test]
    fn where_there_is_one_batch_alone_nothing_is_told() {
        let mut counts = BatchCounts::up_to(None);
        counts.count(8);
        assert_eq!(counts.told(&BatchCounts::default()), None);
    }
}
