//! A candidate against a stored record: the weaker test, for where there is nothing to rerun.
//!
//! Nothing that both sides share cancels here, so the test knows what days do: the same model on the same machine differs from day
//! to day, and only several stored days tell by how much.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::block::{Side, SideFigure};
use crate::evidence::{delayed, median, too_few};
use crate::limits::{Limits, PlanError};
use crate::metric::{Metric, Repeatability};
use crate::statistic::Statistic;
use crate::verdict::{Effect, Flaw, Obstacle, SideEvidence, Verdict};

/// Days that it takes to know how much days differ.
pub const DAYS: usize = 3;
/// Processes of either side, at the least.
pub const PROCESSES: usize = 5;

/// What is stored of a baseline: the figures of its processes, day by day; all of one fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// A list of figures for each day, in the metric's unit.
    pub days: Vec<Vec<f64>>,
}

/// What such a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unpaired {
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How much worse the candidate is; `None` without figures.
    pub effect: Option<Effect>,
    /// The standard deviation between the stored days, as a logarithm; `None` of one day.
    pub between_days: Option<f64>,
}

/// Compares the figures of the `candidate`'s processes with those that are `stored`.
///
/// With D days whose medians have the standard deviation s between them, the candidate's own day included, the difference of the
/// candidate from the mean of the days scatters by s·√(1 + 1/D), and the bounds lie Student's t of D − 1 degrees of freedom times
/// that away from it (a prediction interval; G. J. Hahn, J. Am. Stat. Assoc. 64 (1969) 878–888). What processes of one day scatter is in s
/// already, and is added once more for the candidate's, who may have fewer.
///
/// Requests that are too few for the `statistic`, and too many that waited for a core without anything that corrects for it, leave
/// it undecided, as they do a gate in blocks.
///
/// # Errors
/// Where nothing could be decided by `limits`.
pub fn against(
    (metric, statistic): (Metric, Statistic),
    limits: Limits,
    stored: &Stored,
    candidate: &[SideFigure],
) -> Result<Unpaired, PlanError> {
    if metric.repeatability() != Repeatability::Exact {
        limits.check()?;
    }
    let cost = |value: &f64| metric.cost(*value);
    let figures = stored.days.iter().flatten();
    let flaw = figures.clone().map(|value| (Side::Baseline, value));
    let flaw = flaw.chain(candidate.iter().map(|one| (Side::Candidate, &one.value)));
    let mut flaw = flaw.filter(|(_, value)| !(**value >= 0.0 && value.is_finite()));
    if let Some((side, value)) = flaw.next() {
        let value = *value;
        return Ok(Unpaired {
            verdict: Verdict::Invalid(vec![Flaw::NoFigure {
                side,
                metric,
                value,
            }]),
            effect: None,
            between_days: None,
        });
    }
    let days: Vec<Vec<f64>> = stored
        .days
        .iter()
        .map(|day| day.iter().map(cost).collect())
        .collect();
    let own: Vec<f64> = candidate.iter().map(|one| cost(&one.value)).collect();
    let found = compare(metric, limits, &days, &own);
    Ok(Unpaired {
        verdict: held_up(found.verdict, obstacles(metric, statistic, candidate)),
        ..found
    })
}

/// What stands against a decision by these figures.
fn obstacles(metric: Metric, statistic: Statistic, candidate: &[SideFigure]) -> Vec<Obstacle> {
    let side = Side::Candidate;
    let few = too_few(metric, candidate.iter().map(|one| (side, one)));
    let delayed = delayed(statistic, side, &SideEvidence::of(candidate));
    few.into_iter().chain(delayed).collect()
}

fn held_up(verdict: Verdict, obstacles: Vec<Obstacle>) -> Verdict {
    match verdict {
        Verdict::Inconclusive(why) => {
            Verdict::Inconclusive(why.into_iter().chain(obstacles).collect())
        }
        Verdict::Pass | Verdict::Improvement | Verdict::Regression if !obstacles.is_empty() => {
            Verdict::Inconclusive(obstacles)
        }
        verdict => verdict,
    }
}

fn compare(metric: Metric, limits: Limits, days: &[Vec<f64>], own: &[f64]) -> Unpaired {
    let levels: Option<Vec<f64>> = days.iter().map(|day| median(day.clone())).collect();
    let levels = levels.unwrap_or_default();
    let between_days = deviation(&levels);
    let is_exact = metric.repeatability() == Repeatability::Exact;
    let needed = if is_exact { 1 } else { PROCESSES };
    let Some(value) = median(own.to_vec())
        .zip(mean(&levels))
        .map(|(own, days)| own - days)
    else {
        return Unpaired {
            verdict: Verdict::Inconclusive(vec![few(days, own, needed)]),
            effect: None,
            between_days,
        };
    };
    if is_exact {
        let newest = days.last().and_then(|day| day.last());
        let newest = newest.copied().unwrap_or(f64::NAN);
        let value = own.last().copied().unwrap_or(f64::NAN);
        // The logarithm of a count of 0 has no distance from itself.
        let value = if value == newest { 0.0 } else { value - newest };
        return decided(limits, value, Some((value, value)), 1.0, between_days);
    }
    let enough = levels.len() >= DAYS && own.len() >= needed;
    let bounds = between_days.filter(|_| enough).map(|between| {
        let errors = limits.errors;
        let far = |error: f64| scatter(between, levels.len(), own) * beyond(error, levels.len());
        (
            value - far(errors.false_alarm),
            value + far(errors.wrong_pass),
        )
    });
    let confidence = 1.0 - limits.errors.false_alarm - limits.errors.wrong_pass;
    let mut found = decided(limits, value, bounds, confidence, between_days);
    if bounds.is_none() {
        found.verdict = Verdict::Inconclusive(vec![few(days, own, needed)]);
    }
    found
}

fn few(days: &[Vec<f64>], own: &[f64], needed: usize) -> Obstacle {
    if own.len() < needed {
        return Obstacle::TooFewProcesses {
            processes: own.len(),
            needed,
        };
    }
    Obstacle::DaysUnknown {
        days: days.len(),
        needed: DAYS,
    }
}

/// Of the candidate's median less the mean of the days.
fn scatter(between: f64, days: usize, own: &[f64]) -> f64 {
    let own_scatter = deviation(own).unwrap_or_default();
    let median = std::f64::consts::FRAC_PI_2 * own_scatter.powi(2) / own.len() as f64;
    (between.powi(2) * (1.0 + 1.0 / days as f64) + median).sqrt()
}

/// How many standard deviations, known from so many days, are exceeded with a probability of `error`.
fn beyond(error: f64, days: usize) -> f64 {
    let freedom = days.saturating_sub(1).max(1) as f64;
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - error))
}

fn decided(
    limits: Limits,
    value: f64,
    bounds: Option<(f64, f64)>,
    confidence: f64,
    between_days: Option<f64>,
) -> Unpaired {
    let tolerance = limits.tolerance.ln_1p();
    let exact = bounds.is_some_and(|(low, high)| low == high);
    let must_detect = if exact {
        tolerance.next_up()
    } else {
        limits.must_detect.ln_1p()
    };
    let verdict = match bounds {
        Some((low, _)) if low > tolerance => Verdict::Regression,
        Some((_, high)) if high < -tolerance => Verdict::Improvement,
        Some((_, high)) if high < must_detect => Verdict::Pass,
        _ => Verdict::Inconclusive(vec![Obstacle::TooWide]),
    };
    let effect = Effect {
        value: value.exp_m1(),
        low: bounds.map(|(low, _)| low.exp_m1()),
        high: bounds.map(|(_, high)| high.exp_m1()),
        confidence,
    };
    Unpaired {
        verdict,
        effect: Some(effect),
        between_days,
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation, of at least two.
fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}
