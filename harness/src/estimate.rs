//! How long the rest of a run will take, from the workers that have ended.

use std::collections::BTreeMap;

use tare_units::Nanoseconds;

/// Times of ended workers, by cell.
#[derive(Debug, Default)]
pub struct Estimate {
    by_cell: BTreeMap<usize, (u64, u64)>,
}

impl Estimate {
    /// A worker of `cell` took `time`.
    pub fn ended(&mut self, cell: usize, time: Nanoseconds) {
        let (total, count) = self.by_cell.entry(cell).or_default();
        *total += time.as_nanos();
        *count += 1;
    }

    /// What workers of these cells will take: a cell's own mean, else the mean of all cells; `None` before any ended.
    pub fn left(&self, cells: impl Iterator<Item = usize>) -> Option<Nanoseconds> {
        let means: Vec<u64> = self
            .by_cell
            .values()
            .map(|(total, count)| total / count)
            .collect();
        let mean = means.iter().sum::<u64>().checked_div(means.len() as u64)?;
        let left = cells
            .map(|cell| {
                self.by_cell
                    .get(&cell)
                    .map_or(mean, |(total, count)| total / count)
            })
            .sum();
        Some(Nanoseconds::from_nanos(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_s_own_mean_comes_before_the_mean_of_all() {
        let mut estimate = Estimate::default();
        assert_eq!(estimate.left([0].into_iter()), None);
        estimate.ended(0, Nanoseconds::from_secs(1));
        estimate.ended(0, Nanoseconds::from_secs(3));
        estimate.ended(1, Nanoseconds::from_secs(4));
        assert_eq!(
            estimate.left([0, 1, 2].into_iter()),
            Some(Nanoseconds::from_secs(2 + 4 + 3))
        );
        assert_eq!(estimate.left([].into_iter()), Some(Nanoseconds::ZERO));
    }
}
