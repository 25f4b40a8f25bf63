//! How the latencies of a cell's requests are spread, by all of its samples.

use std::collections::BTreeMap;

use tare_results::samples::Sample;

use crate::summary::Summary;

/// Points of the lines of a report together, at the most.
const POINTS: usize = 4_000;
const LEAST: usize = 12;
const MOST: usize = 64;

/// A share of all requests, and what these took at most, in nanoseconds.
pub type Quantile = (f64, f64);

/// The distributions of the cells of a report; whoever can read their samples adds them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distributions {
    /// By run and cell: the line, or why there is none.
    cells: BTreeMap<(String, String), Result<Vec<Quantile>, String>>,
}

impl Distributions {
    /// Those of `summaries` that count, with the samples of all repeats that `samples` reads of each, or why it does not.
    pub fn read(
        summaries: &[Summary],
        mut samples: impl FnMut(&Summary) -> Result<Vec<Sample>, String>,
    ) -> Self {
        let counted: Vec<&Summary> = summaries
            .iter()
            .filter(|one| one.reasons.is_empty() && one.latency.is_some())
            .collect();
        let points = (POINTS / counted.len().max(1)).min(MOST);
        let line = |one: &&Summary| {
            let read = match points >= LEAST {
                true => samples(one).map(|samples| quantiles(&samples, points)),
                false => Err(format!(
                    "a report of more than {} cells draws none",
                    POINTS / LEAST
                )),
            };
            (key(one), read)
        };
        Self {
            cells: counted.iter().map(line).collect(),
        }
    }

    /// That of a cell, from its fastest request to its slowest; where there is none, why, if that is known.
    pub fn of(&self, summary: &Summary) -> Result<&[Quantile], Option<&str>> {
        match self.cells.get(&key(summary)) {
            Some(Ok(line)) => Ok(line),
            Some(Err(reason)) => Err(Some(reason)),
            None => Err(None),
        }
    }
}

fn key(summary: &Summary) -> (String, String) {
    (summary.run.clone(), summary.id.clone())
}

/// Nearest-rank quantiles at `points` shares 1 − 10⁻ᵘ, u even from 0 to that of the slowest of n, n ÷ (n + 1); those that
/// fall on failed requests are left out.
fn quantiles(samples: &[Sample], points: usize) -> Vec<Quantile> {
    let mut latencies: Vec<u64> = samples.iter().map(|sample| sample.latency).collect();
    latencies.sort_unstable();
    let count = latencies.len() as f64;
    let nines = (count + 1.0).log10();
    let at = |point: usize| 1.0 - 10f64.powf(-nines * point as f64 / (points.max(2) - 1) as f64);
    let quantile = |share: f64| {
        let rank = (share * (count + 1.0)).round().clamp(1.0, count) as usize;
        (share, latencies[rank - 1])
    };
    let all = (0..points).filter(|_| !latencies.is_empty());
    all.map(|point| quantile(at(point)))
        .filter(|(_, latency)| *latency != Sample::FAILED)
        .map(|(share, latency)| (share, latency as f64))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(latencies: impl IntoIterator<Item = u64>) -> Vec<Sample> {
        let sample = |latency| Sample {
            latency,
            ..Sample::default()
        };
        latencies.into_iter().map(sample).collect()
    }

    #[test]
    fn a_line_goes_from_the_fastest_to_the_slowest_whatever_their_order() {
        let line = quantiles(&samples((1..=999).rev()), 31);
        assert_eq!(line.first(), Some(&(0.0, 1.0)));
        let (share, slowest) = line[30];
        assert!((share - 0.999).abs() < 1e-9 && slowest == 999.0, "{line:?}");
        for (share, latency) in &line[1..] {
            assert!((share * 1000.0 - latency).abs() <= 0.5, "{share} {latency}");
        }
    }

    #[test]
    fn requests_that_failed_are_the_slowest_and_have_no_point() {
        let some = samples((1..=90).chain([Sample::FAILED; 9]));
        let line = quantiles(&some, 40);
        assert!(line.iter().all(|(_, latency)| *latency <= 90.0));
        assert!(line.last().is_some_and(|(share, _)| *share <= 0.905));
        assert!(quantiles(&samples([Sample::FAILED]), 40).is_empty());
        assert!(quantiles(&[], 40).is_empty());
    }
}
