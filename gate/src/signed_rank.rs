//! Wilcoxon's signed-rank statistic, and its exact distribution where differences are symmetric around the shift.
//!
//! F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945) 80–83.

/// The sums of ranks on either side of a shift; ranks are by distance from it, from 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRanks {
    /// Of the differences below the shift.
    pub below: f64,
    /// Of those above it.
    pub above: f64,
}

impl SignedRanks {
    /// Of `differences` around `shift`. Equal distances share the mean of their ranks; a difference that is the shift itself
    /// counts on both sides, so that it speaks against whatever is to be shown.
    pub fn of(differences: &[f64], shift: f64) -> Self {
        let mut from: Vec<f64> = differences.iter().map(|one| one - shift).collect();
        from.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
        let mut ranks = Self {
            below: 0.0,
            above: 0.0,
        };
        let mut before = 0;
        for alike in from.chunk_by(|one, other| one.abs() == other.abs()) {
            let rank = before as f64 + (alike.len() + 1) as f64 / 2.0;
            before += alike.len();
            for one in alike {
                if *one <= 0.0 {
                    ranks.below += rank;
                }
                if *one >= 0.0 {
                    ranks.above += rank;
                }
            }
        }
        ranks
    }
}

/// How likely each sum of ranks of one sign is where every sign is as likely as the other.
#[derive(Debug, Clone, PartialEq)]
pub struct NullDistribution {
    /// P(sum ≤ place).
    cumulative: Vec<f64>,
}

impl NullDistribution {
    /// Of `count` differences: each rank from 1 to `count` is in the sum or not, each with probability ½.
    pub fn of(count: usize) -> Self {
        let mut chances = vec![1.0];
        for rank in 1..=count {
            let with = chances.len() + rank;
            let mut next = vec![0.0; with];
            for (sum, chance) in chances.iter().enumerate() {
                next[sum] += chance / 2.0;
                next[sum + rank] += chance / 2.0;
            }
            chances = next;
        }
        let mut sum = 0.0;
        let cumulative = chances.into_iter().map(|chance| {
            sum += chance;
            sum
        });
        Self {
            cumulative: cumulative.collect(),
        }
    }

    /// The probability of a sum of at most `sum`.
    pub fn at_most(&self, sum: u64) -> f64 {
        let place = usize::try_from(sum).unwrap_or(usize::MAX);
        self.cumulative.get(place).copied().unwrap_or(1.0)
    }

    /// The largest sum that is reached, or stayed below, with a probability of at most `level`; `None` where even 0 is likelier.
    pub fn cut_off(&self, level: f64) -> Option<u64> {
        let below = self.cumulative.partition_point(|chance| *chance <= level);
        below.checked_sub(1).map(|sum| sum as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_by_distance_from_the_shift() {
        let ranks = SignedRanks::of(&[0.1, -0.2, 0.3, 0.4], 0.0);
        assert_eq!(
            ranks,
            SignedRanks {
                below: 2.0,
                above: 8.0
            }
        );
        let shifted = SignedRanks::of(&[1.1, 0.8, 1.3, 1.4], 1.0);
        assert_eq!(shifted, ranks);
    }

    #[test]
    fn equal_distances_share_their_ranks_and_none_at_all_counts_against_both_sides() {
        let ranks = SignedRanks::of(&[1.0, -1.0, 2.0, 0.0], 0.0);
        assert_eq!(
            ranks,
            SignedRanks {
                below: 1.0 + 2.5,
                above: 1.0 + 2.5 + 4.0
            }
        );
    }

    #[test]
    fn the_distribution_is_that_of_the_published_tables() {
        let ten = NullDistribution::of(10);
        assert_eq!(ten.at_most(0), 1.0 / 1024.0);
        assert_eq!(ten.at_most(10), 43.0 / 1024.0);
        assert_eq!(ten.at_most(55), 1.0);
        assert_eq!(ten.at_most(1_000), 1.0);
        let two_sided = |count, level: f64| NullDistribution::of(count).cut_off(level / 2.0);
        let tables = [(6, Some(0)), (10, Some(8)), (16, Some(29)), (25, Some(89))];
        for (count, cut_off) in tables {
            assert_eq!(two_sided(count, 0.05), cut_off, "{count} at 5%");
        }
        assert_eq!(two_sided(5, 0.05), None, "five can never tell");
    }
}
