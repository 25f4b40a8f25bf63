//! A stored baseline: the figures of its processes, day by day, in a file that a CI system keeps.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tare_gate::{Contention, Metric, SideEvidence, SideFigure, Statistic, Stored};
use tare_results::{Cell, PlannedCell};

use super::super::short;
use super::executed::Executed;
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
    /// In the order in which they were last added to.
    days: Vec<Day>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Day {
    /// In UTC, such as `2026-11-22`.
    date: String,
    /// What was measured: the hash of a cell with its model by the file's hash.
    cell: String,
    /// What executed it.
    #[serde(default)]
    executed: Executed,
    /// The inputs as they were written by hand, for a model that does not declare its own; `null` of a day that was stored before these
    /// were.
    #[serde(default)]
    inputs: Option<Vec<String>>,
    /// The runs in the store that the figures are from.
    runs: BTreeSet<String>,
    /// One a process, in the metric's unit.
    figures: Vec<f64>,
    /// The requests of each of these processes; fewer than figures where some were stored before these were.
    #[serde(default)]
    requests: Vec<u64>,
    /// How much the requests of each waited for a core, `null` where that was not read; fewer where some were stored before it was.
    #[serde(default)]
    contention: Vec<Option<Contention>>,
}

/// What the figures of processes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureKind {
    /// What makes them.
    pub statistic: Statistic,
    /// What counts them, where they are counted.
    pub counter: Option<&'static str>,
}

impl fmt::Display for FigureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.counter {
            Some(counter) => write!(f, "{}, counted by {counter}", self.statistic),
            None => write!(f, "{}", self.statistic),
        }
    }
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
    /// What executes it, as far as that is known.
    pub executed: &'a Executed,
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
        let days = baseline.days.into_iter().fold(Vec::new(), with_day);
        Ok(Some(Self { days, ..baseline }))
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
        self.check_side(now.planned)?;
        let empty = self.days.iter().find(|day| day.figures.is_empty());
        empty.map_or(Ok(()), |day| {
            Err(format!(
                "its day {} holds no figure: take that day out of it, or remove the file and store the baseline anew",
                day.date
            ))
        })
    }

    fn check_side(&self, planned: &PlannedCell) -> Result<(), String> {
        let (own, other) = (&self.cell.model, &planned.cell.model);
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
        let (own, other) = (common(&self.cell), common(&planned.cell));
        if own != other {
            return Err(format!(
                "the sides do not match: the baseline is of {own}, the candidate of {other}"
            ));
        }
        let stored = self.inputs().unwrap_or(&planned.inputs);
        if stored != planned.inputs {
            return Err(format!(
                "the sides do not match: the baseline is of {}, the candidate of {}; store a baseline of each",
                written(stored),
                written(&planned.inputs)
            ));
        }
        Ok(())
    }

    /// Refuses figures that are of no such `kind`.
    ///
    /// # Errors
    /// Says what they are.
    pub fn check_kind(&self, kind: FigureKind) -> Result<(), Failed> {
        match self.statistic == kind.to_string() {
            true => Ok(()),
            false => Err(Failed::invalid(format!(
                "the stored figures are {}, and what can be had now is {kind}: remove the file and store the baseline anew",
                self.statistic
            ))),
        }
    }

    /// What is known of the processes of these days.
    pub fn evidence(&self) -> SideEvidence {
        let days = || self.of_last();
        let figures: Vec<SideFigure> = days().flat_map(Day::processes).collect();
        let is_told = days().all(|day| day.requests.len() == day.figures.len());
        let evidence = SideEvidence::of(&figures);
        SideEvidence {
            requests: evidence.requests.filter(|_| is_told),
            ..evidence
        }
    }

    /// What a comparison needs: the days of what was stored last. How much other cells, models, libraries, environments or programs
    /// differ from it is no spread between days.
    pub fn stored(&self) -> Stored {
        Stored {
            days: self.of_last().map(|day| day.figures.clone()).collect(),
        }
    }

    fn of_last(&self) -> impl Iterator<Item = &Day> {
        let last = self.days.last().map(Day::of);
        self.days.iter().filter(move |day| Some(day.of()) == last)
    }

    /// The inputs that were written by hand for what was stored last; `None` where that is not known.
    fn inputs(&self) -> Option<&[String]> {
        self.days.last()?.inputs.as_deref()
    }

    /// What is not known of the inputs of what was stored last, where the candidate's were written by hand.
    pub fn inputs_note(&self, planned: &PlannedCell) -> Option<String> {
        let is_open = self.inputs().is_none() && !planned.inputs.is_empty();
        is_open.then(|| {
            format!(
                "whether the stored figures are of {} as well is not known, as they were stored before inputs were",
                written(&planned.inputs)
            )
        })
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
    pub fn differences(&self, planned: &PlannedCell, executed: &Executed) -> Vec<Difference> {
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
        let last = self.days.last();
        let of_last = last.map(|day| day.executed.differences(executed));
        pairs
            .filter(|part| part.baseline != part.candidate)
            .chain(of_last.into_iter().flatten())
            .collect()
    }

    /// With what processes gave that were measured at `created` (RFC 3339, UTC) in `run`: of one date, cell and what executed it
    /// there is one day, whatever was stored in between.
    pub fn with(
        known: Option<Self>,
        (now, kind): (Now<'_>, FigureKind),
        (created, run): (&str, Option<&str>),
        processes: &[SideFigure],
    ) -> Self {
        let days = known.map_or_else(Vec::new, |known| known.days);
        let date = created.get(..10).unwrap_or(created);
        let mut today = Day {
            date: date.to_owned(),
            cell: now.planned.id.clone(),
            executed: now.executed.clone(),
            inputs: Some(now.planned.inputs.clone()),
            runs: run.map(str::to_owned).into_iter().collect(),
            ..Day::default()
        };
        today.take(processes);
        let mut days = with_day(days, today);
        let old = days.len().saturating_sub(MOST_DAYS);
        days.drain(..old);
        Self {
            schema: SCHEMA.to_owned(),
            machine: now.machine.to_owned(),
            metric: now.metric,
            statistic: kind.to_string(),
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

/// `days` with this one at their end, which is one with those of the same date of the same: files of earlier versions may have several.
fn with_day(days: Vec<Day>, day: Day) -> Vec<Day> {
    let is_same = |other: &Day| other.date == day.date && other.of() == day.of();
    let (same, mut others): (Vec<Day>, Vec<Day>) = days.into_iter().partition(is_same);
    let whole = same.into_iter().chain([day]).reduce(Day::and);
    others.extend(whole);
    others
}

/// These inputs, in words.
fn written(inputs: &[String]) -> String {
    match inputs.is_empty() {
        true => "the inputs that its model declares".to_owned(),
        false => format!("--input {}", inputs.join(" --input ")),
    }
}

impl Day {
    /// What it is of: another one of these differs by more than a day.
    fn of(&self) -> (&str, &Executed, &[String]) {
        let inputs = self.inputs.as_deref().unwrap_or_default();
        (&self.cell, &self.executed, inputs)
    }

    /// With what `later` has of the same day.
    fn and(self, later: Self) -> Self {
        Self {
            runs: self.runs.into_iter().chain(later.runs).collect(),
            figures: [self.figures, later.figures].concat(),
            requests: [self.requests, later.requests].concat(),
            contention: [self.contention, later.contention].concat(),
            inputs: later.inputs.or(self.inputs),
            ..later
        }
    }

    /// With what these processes gave.
    fn take(&mut self, processes: &[SideFigure]) {
        let all = processes.iter();
        self.figures.extend(all.clone().map(|one| one.value));
        self.requests.extend(all.clone().map(|one| one.requests));
        self.contention.extend(all.map(|one| one.contention));
    }

    /// What its processes gave; without requests and contention where these are not known of each.
    fn processes(&self) -> Vec<SideFigure> {
        let known = self.figures.len();
        let is_told = self.requests.len() == known && self.contention.len() == known;
        let figure = |(place, value): (usize, &f64)| match is_told {
            true => SideFigure {
                value: *value,
                requests: self.requests[place],
                contention: self.contention[place],
            },
            false => SideFigure::once(*value),
        };
        self.figures.iter().enumerate().map(figure).collect()
    }
}

#[cfg(test)]
mod tests;
