//! A stored baseline: the figures of its processes, day by day, in a file that a CI system keeps.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tare_gate::{Metric, Statistic, Stored};
use tare_results::{Cell, PlannedCell};

use super::outputs::StoredOutputs;
use super::prepared::Difference;
use crate::exit::Failed;

/// The name and version of this format.
const SCHEMA: &str = "tare.gate-baseline/1";
/// Days that are kept: older ones tell of a machine that is no longer so.
const MOST_DAYS: usize = 30;

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    schema: String,
    /// The fingerprint of the machine.
    machine: String,
    metric: Metric,
    /// What the figures are, in words.
    statistic: String,
    /// What was measured last.
    cell: Cell,
    /// Of the model's file.
    model_sha256: String,
    /// What came out last; `null` where it was not kept.
    #[serde(default)]
    outputs: Option<StoredOutputs>,
    /// Oldest first.
    days: Vec<Day>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Day {
    /// In UTC, such as `2026-11-22`.
    date: String,
    /// What was measured: the hash of a cell with its model by the file's hash.
    cell: String,
    /// The runs in the store that the figures are from.
    runs: BTreeSet<String>,
    /// One a process, in the metric's unit.
    figures: Vec<f64>,
}

/// What is measured now.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The fingerprint of this machine.
    pub machine: &'a str,
    /// What is compared.
    pub metric: Metric,
    /// The candidate.
    pub planned: &'a PlannedCell,
}

impl Baseline {
    /// The baseline in the file at `path`; `None` where there is no file.
    ///
    /// # Errors
    /// Where it cannot be read, is no baseline, or is none of this machine, metric and scenario.
    pub fn read(path: &Path, now: Now<'_>) -> Result<Option<Self>, Failed> {
        let told = |problem: String| Failed::told(format!("{}: {problem}", path.display()));
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| told(format!("cannot read the baseline: {error}")))?,
        };
        let baseline: Self = serde_json::from_str(&text)
            .map_err(|error| told(format!("it holds no stored baseline: {error}")))?;
        baseline.check(now).map_err(told)?;
        Ok(Some(baseline))
    }

    fn check(&self, now: Now<'_>) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!(
                "its schema is '{}', not {SCHEMA}: store it anew",
                self.schema
            ));
        }
        if self.machine != now.machine {
            return Err(format!(
                "it was stored on another machine (fingerprint {}, here {}): its figures say nothing here; gate against a \
                 baseline that runs beside the candidate, or store one of this machine",
                short(&self.machine),
                short(now.machine)
            ));
        }
        if self.metric != now.metric {
            return Err(format!(
                "its figures are {}, not {}: give --metric {0}",
                self.metric, now.metric
            ));
        }
        let (own, other) = (&self.cell.model, &now.planned.cell.model);
        if own != other {
            return Err(format!(
                "the sides do not match: the baseline is of the model {own}, the candidate of {other}; store a baseline of each"
            ));
        }
        let common = |cell: &Cell| {
            let Cell {
                batch, shape, seed, ..
            } = cell;
            format!(
                "{} batch={batch} shape={shape:?} seed={seed}",
                cell.scenario_spec()
            )
        };
        let (own, other) = (common(&self.cell), common(&now.planned.cell));
        match own == other {
            true => Ok(()),
            false => Err(format!(
                "the sides do not match: the baseline is of {own}, the candidate of {other}"
            )),
        }
    }

    /// Refuses figures that are no `statistic`.
    ///
    /// # Errors
    /// Says what they are.
    pub fn check_statistic(&self, statistic: Statistic) -> Result<(), Failed> {
        match self.statistic == statistic.to_string() {
            true => Ok(()),
            false => Err(Failed::invalid(format!(
                "the stored figures are {}, and what can be had now is {statistic}: store the baseline anew",
                self.statistic
            ))),
        }
    }

    /// What a comparison needs: the days of what was stored last. How much other cells or models differ from it is no spread
    /// between days.
    pub fn stored(&self) -> Stored {
        Stored {
            days: self.of_last().map(|day| day.figures.clone()).collect(),
        }
    }

    fn of_last(&self) -> impl Iterator<Item = &Day> {
        let last = self.days.last().map(|day| &day.cell);
        self.days.iter().filter(move |day| Some(&day.cell) == last)
    }

    /// The outputs that were stored last.
    pub fn outputs(&self) -> Option<&StoredOutputs> {
        self.outputs.as_ref()
    }

    /// With these outputs in the place of those that were stored.
    pub fn with_outputs(self, outputs: Option<StoredOutputs>) -> Self {
        Self { outputs, ..self }
    }

    /// The parts in which the candidate differs from what was stored last.
    pub fn differences(&self, planned: &PlannedCell) -> Vec<Difference> {
        let parts = |cell: &Cell, hash: &str| {
            [
                ("adapter", cell.adapter_spec()),
                ("device", cell.device.clone()),
                ("model", format!("{} ({})", cell.model, short(hash))),
                ("precision", cell.precision.clone()),
                ("threads", cell.threads.to_string()),
            ]
        };
        let own = parts(&self.cell, &self.model_sha256);
        let others = parts(&planned.cell, &planned.model.sha256);
        let pairs = own.into_iter().zip(others);
        let pairs = pairs.map(|((part, baseline), (_, candidate))| Difference {
            part: part.to_owned(),
            baseline,
            candidate,
        });
        pairs
            .filter(|part| part.baseline != part.candidate)
            .collect()
    }

    /// With what was measured at `created` (RFC 3339, UTC) in `run`.
    pub fn with(
        known: Option<Self>,
        (now, statistic): (Now<'_>, Statistic),
        (created, run): (&str, Option<&str>),
        figures: &[f64],
    ) -> Self {
        let mut days = known.map_or_else(Vec::new, |known| known.days);
        let date = created.get(..10).unwrap_or(created);
        let cell = &now.planned.id;
        let is_same = |day: &&mut Day| day.date == date && day.cell == *cell;
        match days.last_mut().filter(is_same) {
            Some(today) => {
                today.figures.extend_from_slice(figures);
                today.runs.extend(run.map(str::to_owned));
            }
            None => days.push(Day {
                date: date.to_owned(),
                cell: cell.clone(),
                runs: run.map(str::to_owned).into_iter().collect(),
                figures: figures.to_vec(),
            }),
        }
        let old = days.len().saturating_sub(MOST_DAYS);
        days.drain(..old);
        Self {
            schema: SCHEMA.to_owned(),
            machine: now.machine.to_owned(),
            metric: now.metric,
            statistic: statistic.to_string(),
            cell: now.planned.cell.clone(),
            model_sha256: now.planned.model.sha256.clone(),
            outputs: None,
            days,
        }
    }

    /// Days that are stored of what was stored last.
    pub fn days(&self) -> usize {
        self.of_last().count()
    }

    /// Writes it to `path`; what was there stays until it is whole.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failed> {
        let text = super::super::json(self)?;
        let beside = path.with_extension("json.new");
        let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
        written.map_err(|error| {
            Failed::told(format!(
                "cannot write the baseline {}: {error}",
                path.display()
            ))
        })
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::super::decide::tests::built;
    use super::*;

    const MACHINE: &str = "this machine";

    fn planned() -> PlannedCell {
        built::planned(built::cell(1))
    }

    fn now(planned: &PlannedCell) -> Now<'_> {
        Now {
            machine: MACHINE,
            metric: Metric::Load,
            planned,
        }
    }

    fn stored(known: Option<Baseline>, created: &str, figures: &[f64]) -> Baseline {
        stored_of(&planned(), known, created, figures)
    }

    fn stored_of(
        planned: &PlannedCell,
        known: Option<Baseline>,
        created: &str,
        figures: &[f64],
    ) -> Baseline {
        let about = (now(planned), Statistic::Once);
        Baseline::with(known, about, (created, Some(created)), figures)
    }

    #[test]
    fn days_of_another_file_or_cell_say_nothing_of_how_much_days_differ() {
        let retrained = PlannedCell {
            id: built::cell(1).id("another file"),
            ..planned()
        };
        let first = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
        let second = stored(Some(first), "2026-11-02T08:00:00Z", &[1.1]);
        let other = stored_of(&retrained, Some(second), "2026-11-02T09:00:00Z", &[2.0]);
        assert_eq!(other.stored().days, [[2.0]]);
        assert_eq!(other.days(), 1);
        let third = stored(Some(other), "2026-11-03T08:00:00Z", &[1.2]);
        assert_eq!(third.stored().days, [[1.0], [1.1], [1.2]]);
    }

    #[test]
    fn a_day_has_all_figures_of_its_date_and_the_oldest_days_go() {
        let first = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
        let same = stored(Some(first), "2026-11-01T20:00:00Z", &[2.0]);
        assert_eq!(same.stored().days, [[1.0, 2.0]]);
        assert_eq!(same.days[0].runs.len(), 2);
        let many = (0..40).fold(same, |known, day| {
            stored(
                Some(known),
                &format!("2027-{:02}-{:02}T", 1 + day / 20, 1 + day % 20),
                &[3.0],
            )
        });
        assert_eq!(many.days(), MOST_DAYS);
        assert_eq!(many.stored().days[0], [3.0]);
    }

    #[test]
    fn it_reads_back_and_refuses_what_it_is_not_of() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("baseline.json");
        let planned = planned();
        assert_eq!(Baseline::read(&path, now(&planned)).expect("no file"), None);
        let baseline = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
        baseline.write(&path).expect("writes");
        assert_eq!(
            Baseline::read(&path, now(&planned)).expect("reads"),
            Some(baseline)
        );
        let refused = |now: Now<'_>| {
            let error = Baseline::read(&path, now).expect_err("refused");
            format!("{error:?}")
        };
        let elsewhere = Now {
            machine: "another",
            ..now(&planned)
        };
        assert!(refused(elsewhere).contains("on another machine (fingerprint this machine"));
        let other = Now {
            metric: Metric::P50,
            ..now(&planned)
        };
        assert!(refused(other).contains("give --metric load"));
        let larger = built::planned(built::cell(8));
        assert!(refused(now(&larger)).contains("the sides do not match"));
        let mut other = planned.clone();
        other.cell.model = "another".to_owned();
        assert!(
            refused(now(&other)).contains("the candidate of another; store a baseline of each")
        );
        fs::write(&path, "{\"schema\":").expect("writes");
        assert!(refused(now(&planned)).contains("holds no stored baseline"));
    }

    #[test]
    fn another_statistic_is_not_compared() {
        let baseline = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
        assert!(baseline.check_statistic(Statistic::Once).is_ok());
        let conditions = tare_gate::Conditions {
            single_threaded: true,
            run_delay: true,
        };
        let error = baseline.check_statistic(Metric::P50.statistic(conditions));
        assert_eq!(error.expect_err("another").exit().code(), 3);
    }
}
