//! When to look, and what each look must show: a group-sequential signed-rank test with two boundaries.
//!
//! At each look the candidate is called slower where the ranks say that it is slower than the tolerance, and passes where they
//! say that it is not as much slower as must be detected. What is neither at the last look is inconclusive.

use crate::signed_rank::{NullDistribution, SignedRanks};

/// Blocks at which one looks.
const LOOKS: [usize; 5] = [10, 16, 25, 40, 64];
/// Sums of ranks below the tolerance, at the most, that make a regression: together 0.93% under repeated looks.
const REGRESSION: [u64; 5] = [1, 16, 61, 206, 628];
/// Sums of ranks above what must be detected, at the most, that make a pass: together 2.35%.
const PASS: [u64; 5] = [4, 21, 72, 228, 674];
/// The errors that these sums keep to.
const STANDARD: Errors = Errors {
    false_alarm: 0.01,
    wrong_pass: 0.025,
};

/// How often a plan may err.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// A candidate that is slower by the tolerance, or less, is called a regression.
    pub false_alarm: f64,
    /// A candidate that is slower by what must be detected, or more, passes.
    pub wrong_pass: f64,
}

impl Default for Errors {
    fn default() -> Self {
        STANDARD
    }
}

impl Errors {
    /// What each of `gates` may err so that all of them together keep to these (Bonferroni).
    pub fn shared_by(self, gates: usize) -> Self {
        let gates = gates.max(1) as f64;
        Self {
            false_alarm: self.false_alarm / gates,
            wrong_pass: self.wrong_pass / gates,
        }
    }
}

/// One look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Blocks that it takes.
    pub blocks: usize,
    /// The sum of ranks below the tolerance, at the most, for a regression; `None` where this look can never tell.
    pub regression: Option<u64>,
    /// The sum of ranks above what must be detected, at the most, for a pass; `None` where this look can never tell.
    pub pass: Option<u64>,
}

/// A plan, fixed before anything is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    tolerance: f64,
    must_detect: f64,
    looks: Vec<Look>,
}

/// What a plan says of the blocks so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Too little is known: measure until there are this many.
    More {
        /// Blocks at the next look.
        blocks: usize,
    },
    /// It is over.
    Decided(Decision),
}

/// How a gate ends by its blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Slower than the tolerance.
    Regression,
    /// Not as much slower as must be detected.
    Pass,
    /// Neither could be shown.
    Inconclusive,
}

/// Why there is no such plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// What must be detected is not beyond the tolerance.
    #[error(
        "what must be detected, {must_detect:.1}%, is not beyond the tolerance, {tolerance:.1}%: raise the one or lower the other"
    )]
    NoRoom {
        /// In percent.
        tolerance: f64,
        /// In percent.
        must_detect: f64,
    },
    /// An error rate is no probability that can be kept.
    #[error("{what} of {value} is not between 0 and 0.5")]
    Rate {
        /// Which.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// No look could ever reject.
    #[error(
        "no number of blocks up to {most} can show a regression with an error of at most {false_alarm}: allow more, or gate less at once"
    )]
    Hopeless {
        /// The most blocks of a gate.
        most: usize,
        /// The error allowed.
        false_alarm: f64,
    },
}

impl Plan {
    /// Of a candidate that may be slower by `tolerance`, and must not pass where it is slower by `must_detect`: shares, such as
    /// 0.02 and 0.05.
    ///
    /// # Errors
    /// Where nothing could be decided by it.
    pub fn new(tolerance: f64, must_detect: f64, errors: Errors) -> Result<Self, PlanError> {
        if must_detect.partial_cmp(&tolerance) != Some(std::cmp::Ordering::Greater) {
            return Err(PlanError::NoRoom {
                tolerance: 100.0 * tolerance,
                must_detect: 100.0 * must_detect,
            });
        }
        let rates = [
            ("a rate of false alarms", errors.false_alarm),
            ("a rate of wrong passes", errors.wrong_pass),
        ];
        for (what, value) in rates {
            if !(value > 0.0 && value < 0.5) {
                return Err(PlanError::Rate { what, value });
            }
        }
        let looks = looks(errors);
        if looks.iter().all(|look| look.regression.is_none()) {
            return Err(PlanError::Hopeless {
                most: LOOKS[LOOKS.len() - 1],
                false_alarm: errors.false_alarm,
            });
        }
        Ok(Self {
            tolerance: tolerance.ln_1p(),
            must_detect: must_detect.ln_1p(),
            looks,
        })
    }

    /// The looks, in order.
    pub fn looks(&self) -> &[Look] {
        &self.looks
    }

    /// What the blocks so far say; looks are taken only at their own numbers of blocks, whatever stands between.
    pub fn step(&self, differences: &[f64]) -> Step {
        for look in &self.looks {
            let Some(seen) = differences.get(..look.blocks) else {
                return Step::More {
                    blocks: look.blocks,
                };
            };
            if let Some(decision) = self.decide(*look, seen) {
                return Step::Decided(decision);
            }
        }
        Step::Decided(Decision::Inconclusive)
    }

    fn decide(&self, look: Look, differences: &[f64]) -> Option<Decision> {
        let is_within = |sum: f64, most: Option<u64>| most.is_some_and(|most| sum <= most as f64);
        let slower = SignedRanks::of(differences, self.tolerance);
        if is_within(slower.below, look.regression) {
            return Some(Decision::Regression);
        }
        let as_slow = SignedRanks::of(differences, self.must_detect);
        is_within(as_slow.above, look.pass).then_some(Decision::Pass)
    }
}

fn looks(errors: Errors) -> Vec<Look> {
    let regression = sums(&REGRESSION, STANDARD.false_alarm, errors.false_alarm);
    let pass = sums(&PASS, STANDARD.wrong_pass, errors.wrong_pass);
    let sums = regression.into_iter().zip(pass);
    let looks = LOOKS.into_iter().zip(sums);
    looks
        .map(|(blocks, (regression, pass))| Look {
            blocks,
            regression,
            pass,
        })
        .filter(|look| look.regression.is_some() || look.pass.is_some())
        .collect()
}

/// The sums that keep to `error`: those of `standard` where they do, else each with a share of `error` in proportion to what it
/// has of `kept`. The shares add up to `error`, so repeated looks cannot exceed it, however they depend on each other.
fn sums(standard: &[u64; 5], kept: f64, error: f64) -> Vec<Option<u64>> {
    if error == kept {
        return standard.iter().copied().map(Some).collect();
    }
    let nulls = LOOKS.map(NullDistribution::of);
    let own = nulls.iter().zip(standard);
    let own: Vec<f64> = own.map(|(null, sum)| null.at_most(*sum)).collect();
    let all: f64 = own.iter().sum();
    let levels = own.iter().map(|own| own / all * error);
    nulls
        .iter()
        .zip(levels)
        .map(|(null, level)| null.cut_off(level))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan::new(0.02, 0.05, Errors::default()).expect("a plan")
    }

    /// So many blocks around a ratio, each a little off, as often to either side.
    fn around(ratio: f64, blocks: usize) -> Vec<f64> {
        let off = |place: usize| {
            (place as f64 + 0.5) * if place.is_multiple_of(2) { 1e-5 } else { -1e-5 }
        };
        (0..blocks).map(|place| ratio.ln() + off(place)).collect()
    }

    #[test]
    fn clear_cases_end_at_the_first_look_and_no_sooner() {
        let plan = plan();
        assert_eq!(plan.step(&around(1.0, 9)), Step::More { blocks: 10 });
        let cases = [
            (1.0, Decision::Pass),
            (1.015, Decision::Pass),
            (0.8, Decision::Pass),
            (1.06, Decision::Regression),
            (2.0, Decision::Regression),
        ];
        for (ratio, decision) in cases {
            let step = plan.step(&around(ratio, 10));
            assert_eq!(step, Step::Decided(decision), "{ratio}");
        }
    }

    #[test]
    fn between_tolerance_and_what_must_be_detected_a_regression_goes_first() {
        let step = plan().step(&around(1.035, 64));
        assert_eq!(step, Step::Decided(Decision::Regression));
    }

    #[test]
    fn what_no_look_can_tell_is_inconclusive_and_what_lies_between_looks_is_not_looked_at() {
        let plan = plan();
        let wide: Vec<f64> = (0..64)
            .map(|place| {
                let away = 0.01 * f64::from(place + 1);
                1.035_f64.ln() + if place % 4 < 2 { away } else { -away }
            })
            .collect();
        assert_eq!(plan.step(&wide[..24]), Step::More { blocks: 25 });
        assert_eq!(plan.step(&wide), Step::Decided(Decision::Inconclusive));
        let mut late = wide[..10].to_vec();
        late.extend(around(2.0, 5));
        assert_eq!(plan.step(&late), Step::More { blocks: 16 });
    }

    #[test]
    fn gates_that_share_their_errors_have_stricter_sums() {
        let shared = Plan::new(0.02, 0.05, Errors::default().shared_by(20)).expect("a plan");
        let standard = plan();
        for look in shared.looks() {
            let same = standard
                .looks()
                .iter()
                .find(|one| one.blocks == look.blocks);
            let same = same.expect("the same looks");
            assert!(
                look.regression < same.regression && look.pass < same.pass,
                "{look:?}"
            );
        }
        assert_eq!(
            shared.looks()[0].blocks,
            16,
            "ten blocks cannot tell that well"
        );
    }

    #[test]
    fn what_could_never_be_decided_is_refused() {
        let error = |tolerance, must_detect, false_alarm| {
            let errors = Errors {
                false_alarm,
                ..Errors::default()
            };
            Plan::new(tolerance, must_detect, errors)
                .expect_err("no plan")
                .to_string()
        };
        assert!(error(0.05, 0.05, 0.01).contains("5.0%, is not beyond the tolerance, 5.0%"));
        assert!(error(f64::NAN, 0.05, 0.01).contains("NaN"));
        assert!(error(0.02, 0.05, 0.0).contains("a rate of false alarms of 0 is not"));
        assert!(error(0.02, 0.05, 1e-30).contains("up to 64"));
    }
}
