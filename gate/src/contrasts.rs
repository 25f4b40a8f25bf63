//! Contrasts of the two sides, and how likely it is that so few of them lie on one side of the truth.
//!
//! In blocks, the contrasts are the means of all pairs of differences (Walsh averages), each with itself too: as many lie at or
//! below a shift as the ranks of the differences below it add up to, Wilcoxon's signed-rank statistic. Of two unpaired samples,
//! they are all differences between them, and their number is Mann and Whitney's U.
//!
//! F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945) 80–83; H. B. Mann and D. R. Whitney,
//! Annals of Mathematical Statistics 18 (1947) 50–60; J. L. Hodges and E. L. Lehmann, ibid. 34 (1963) 598–611.

use serde::Serialize;

/// How figures of the two sides belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// In blocks.
    Paired,
    /// Not at all.
    Unpaired,
}

/// All contrasts, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrasts(Vec<f64>);

impl Design {
    /// The contrasts of blocks of a baseline's and a candidate's figure, both logarithms.
    pub fn contrasts(self, blocks: &[(f64, f64)]) -> Contrasts {
        match self {
            Self::Paired => {
                let differences = blocks
                    .iter()
                    .map(|(baseline, candidate)| candidate - baseline);
                Contrasts::of_differences(&differences.collect::<Vec<_>>())
            }
            Self::Unpaired => {
                let (baseline, candidate): (Vec<f64>, Vec<f64>) = blocks.iter().copied().unzip();
                Contrasts::between(&baseline, &candidate)
            }
        }
    }
}

/// Figures in ascending order, of which contrasts can be counted without making them: a walk from both ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// Differences, or the candidate's figures.
    one: Vec<f64>,
    /// Nothing, or the baseline's figures turned round: a contrast is then a sum either way.
    other: Option<Vec<f64>>,
}

impl Design {
    /// For counting the contrasts of blocks of a baseline's and a candidate's figure, both logarithms.
    pub fn counts(self, blocks: &[(f64, f64)]) -> Counts {
        match self {
            Self::Paired => Counts {
                one: ascending(
                    blocks
                        .iter()
                        .map(|(baseline, candidate)| candidate - baseline),
                ),
                other: None,
            },
            Self::Unpaired => Counts {
                one: ascending(blocks.iter().map(|(_, candidate)| *candidate)),
                other: Some(ascending(blocks.iter().map(|(baseline, _)| -baseline))),
            },
        }
    }
}

fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

impl Counts {
    /// How many contrasts are at most `shift`.
    pub fn at_or_below(&self, shift: f64) -> u64 {
        let is_within = |one: f64, other: f64| match self.other {
            None => (one + other) / 2.0 <= shift,
            Some(_) => one + other <= shift,
        };
        let other = self.other.as_ref().unwrap_or(&self.one);
        let mut end = other.len();
        let mut count = 0;
        for (place, one) in self.one.iter().enumerate() {
            while end > 0 && !is_within(*one, other[end - 1]) {
                end -= 1;
            }
            let begin = if self.other.is_none() { place } else { 0 };
            count += end.saturating_sub(begin) as u64;
        }
        count
    }

    /// How many contrasts are at least `shift`.
    pub fn at_or_above(&self, shift: f64) -> u64 {
        let turned = |values: &[f64]| values.iter().rev().map(|value| -value).collect();
        let turned = Self {
            one: turned(&self.one),
            other: self.other.as_deref().map(turned),
        };
        turned.at_or_below(-shift)
    }
}

impl Contrasts {
    /// The means of all pairs of `differences`.
    pub fn of_differences(differences: &[f64]) -> Self {
        let mut means = Vec::with_capacity(differences.len() * (differences.len() + 1) / 2);
        for (place, one) in differences.iter().enumerate() {
            means.extend(differences[place..].iter().map(|other| (one + other) / 2.0));
        }
        Self::sorted(means)
    }

    /// What each of `candidate` has more than each of `baseline`.
    pub fn between(baseline: &[f64], candidate: &[f64]) -> Self {
        let differences = candidate
            .iter()
            .flat_map(|one| baseline.iter().map(move |other| one - other));
        Self::sorted(differences.collect())
    }

    fn sorted(mut contrasts: Vec<f64>) -> Self {
        contrasts.sort_unstable_by(f64::total_cmp);
        Self(contrasts)
    }

    /// Hodges and Lehmann's estimate of how far apart the sides are; `None` of none.
    pub fn median(&self) -> Option<f64> {
        let last = self.0.len().checked_sub(1)?;
        Some((self.0[last / 2] + self.0[last.div_ceil(2)]) / 2.0)
    }

    /// The contrast that just `most` others may lie at or below: it exceeds a shift where no more than `most` lie at or below
    /// that shift.
    pub fn at(&self, most: u64) -> Option<f64> {
        self.0.get(usize::try_from(most).ok()?).copied()
    }

    /// The same from above.
    pub fn from_above(&self, most: u64) -> Option<f64> {
        let last = self.0.len().checked_sub(1)?;
        self.0
            .get(last.checked_sub(usize::try_from(most).ok()?)?)
            .copied()
    }
}

/// How likely each number of contrasts on one side of the truth is, where differences lie as likely on either side of it, or
/// each order of both samples is as likely as another.
#[derive(Debug, Clone, PartialEq)]
pub struct NullDistribution {
    /// P(number ≤ place).
    cumulative: Vec<f64>,
}

impl NullDistribution {
    /// Of `count` blocks.
    pub fn of(design: Design, count: usize) -> Self {
        let chances = match design {
            Design::Paired => signed_ranks(count),
            Design::Unpaired => rank_sums(count),
        };
        let mut sum = 0.0;
        let cumulative = chances.into_iter().map(|chance| {
            sum += chance;
            sum
        });
        Self {
            cumulative: cumulative.collect(),
        }
    }

    /// The probability of a number of at most `most`.
    pub fn at_most(&self, most: u64) -> f64 {
        let place = usize::try_from(most).unwrap_or(usize::MAX);
        self.cumulative.get(place).copied().unwrap_or(1.0)
    }

    /// The largest number that is reached, or stayed below, with a probability of at most `level`; `None` where even 0 is
    /// likelier.
    pub fn cut_off(&self, level: f64) -> Option<u64> {
        let below = self.cumulative.partition_point(|chance| *chance <= level);
        below.checked_sub(1).map(|sum| sum as u64)
    }
}

/// Each rank from 1 to `count` is in the sum or not, each with probability ½.
fn signed_ranks(count: usize) -> Vec<f64> {
    let mut chances = vec![1.0];
    for rank in 1..=count {
        let mut next = vec![0.0; chances.len() + rank];
        for (sum, chance) in chances.iter().enumerate() {
            next[sum] += chance / 2.0;
            next[sum + rank] += chance / 2.0;
        }
        chances = next;
    }
    chances
}

/// Of two samples of `count` each. Adding the largest of all: it is the candidate's with a probability of its share of the
/// sizes, and then exceeds all of the baseline's (Mann and Whitney's recursion).
fn rank_sums(count: usize) -> Vec<f64> {
    let mut rows: Vec<Vec<f64>> = vec![vec![1.0]; count + 1];
    for own in 1..=count {
        let mut next: Vec<Vec<f64>> = vec![vec![1.0]];
        for other in 1..=count {
            let share = own as f64 / (own + other) as f64;
            let mut chances = vec![0.0; own * other + 1];
            for (sum, chance) in rows[other].iter().enumerate() {
                chances[sum + other] += share * chance;
            }
            for (sum, chance) in next[other - 1].iter().enumerate() {
                chances[sum] += (1.0 - share) * chance;
            }
            next.push(chances);
        }
        rows = next;
    }
    rows.swap_remove(count)
}
