//! What latencies go along with across models, at the smallest and the largest batch.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_statistics::{PowerLaw, pearson, power_law};

use super::setting::{Setting, of_machine, of_run, of_sizes};
use super::{alike, p50};
use crate::summarise::mean;
use crate::summary::Summary;

/// Pearson's r of the median latency and one property of the model, across models, each of which counts once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correlated {
    /// The run that the cells are of.
    #[serde(default)]
    pub run: String,
    /// The fingerprint of the machine.
    pub machine: String,
    /// The adapter with its options.
    pub adapter: String,
    /// The scenario with its options.
    pub scenario: String,
    /// The size of each symbol that most of the models have in common; models without a symbol are among them.
    pub shape: BTreeMap<String, u64>,
    /// Such as `fp32`.
    pub precision: String,
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// Threads that may execute operators.
    pub threads: u64,
    /// Of the inputs.
    #[serde(default)]
    pub seed: u64,
    /// The batch.
    pub batch: u64,
    /// Whether it is the smallest or the largest of those measured.
    pub size: Size,
    /// The property.
    pub along: Along,
    /// Models that tell both.
    pub models: u64,
    /// r, from −1 to 1.
    pub r: f64,
    /// Lower end of its 95% interval (Fisher's transformation).
    pub r_low: f64,
    /// Upper end.
    pub r_high: f64,
    /// The fit of the logarithms; `null` where an amount of nothing has none.
    pub trend: Option<Trend>,
}

/// The median latency as factor · amount^exponent over the models, by least squares of the logarithms, in which a model of a
/// microsecond counts as much as one of a second; 95% intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// How the latency grows: 1 where it follows the amount, 0 where it does not depend on it.
    pub exponent: f64,
    /// Lower end of its interval.
    pub exponent_low: f64,
    /// Upper end.
    pub exponent_high: f64,
    /// The latency at an amount of one.
    pub factor_ns: f64,
    /// Pearson's r of the logarithms.
    pub r: f64,
    /// Lower end of its interval.
    pub r_low: f64,
    /// Upper end.
    pub r_high: f64,
    /// The least amount among the models.
    pub from: f64,
    /// The greatest.
    pub to: f64,
}

impl Trend {
    fn of(amounts: &[f64], latencies: &[f64]) -> Option<Self> {
        let PowerLaw {
            factor,
            exponent,
            r,
        } = power_law(amounts, latencies)?;
        Some(Self {
            exponent: exponent.mean,
            exponent_low: exponent.low,
            exponent_high: exponent.high,
            factor_ns: factor,
            r: r.mean,
            r_low: r.low,
            r_high: r.high,
            from: amounts.iter().copied().fold(f64::INFINITY, f64::min),
            to: amounts.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }

    /// What it says of an amount, in nanoseconds.
    pub fn latency_ns(&self, amount: f64) -> f64 {
        self.factor_ns * amount.powf(self.exponent)
    }
}

impl Correlated {
    /// Whether a cell is one of those that it is over.
    pub fn is_over(&self, summary: &Summary) -> bool {
        let cell = &summary.cell;
        (&self.run, &self.machine) == (&summary.run, &summary.machine.fingerprint)
            && self.adapter == cell.adapter_spec()
            && self.scenario == cell.scenario_spec()
            && self.batch == cell.batch
            && is_within(&cell.shape, &self.shape)
            && (&self.precision, &self.device) == (&cell.precision, &cell.device)
            && (self.threads, self.seed) == (cell.threads, cell.seed)
    }
}

impl Setting for Correlated {
    fn name(&self) -> String {
        self.adapter.clone()
    }

    fn parts(&self) -> Vec<String> {
        vec![
            self.scenario.clone(),
            of_sizes(&self.shape),
            self.precision.clone(),
            self.device.clone(),
            format!("threads={}", self.threads),
            format!("seed={}", self.seed),
            of_machine(&self.machine),
            of_run(&self.run),
        ]
    }
}

/// Which of the batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// The smallest.
    Smallest,
    /// The largest.
    Largest,
}

impl Size {
    /// As it is called in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smallest => "smallest",
            Self::Largest => "largest",
        }
    }
}

/// A property of a model at its shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Along {
    /// Floating-point operations of a request.
    Flops,
    /// Multiply-accumulates of a request, as the Framework Tax paper's tool counts them.
    Macs,
    /// Numbers in the weights.
    Parameters,
    /// Operators: those executed where a profile told, else those of the model's graph.
    Operators,
}

impl Along {
    const ALL: [Self; 4] = [Self::Flops, Self::Macs, Self::Parameters, Self::Operators];

    /// As it is called in sentences and formulas.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flops => "FLOPs",
            Self::Macs => "MACs",
            Self::Parameters => "parameters",
            Self::Operators => "operators",
        }
    }

    fn of(self, summary: &Summary) -> Option<f64> {
        let model = &summary.model;
        let executed = || summary.tax.as_ref()?.operators_executed;
        let value = match self {
            Self::Flops => model.flops?.as_operations(),
            Self::Macs => model.macs_paper?,
            Self::Parameters => model.parameters?,
            Self::Operators => executed().or(model.operators)?,
        };
        Some(value as f64)
    }
}

/// Each property at the smallest and, where there is another, the largest batch at which four models or more were measured,
/// of cells of one run that differ in model, sizes and batch only.
pub fn correlations(summaries: &[&Summary]) -> Vec<Correlated> {
    let key = |summary: &Summary| {
        let mut cell = summary.cell.clone();
        (cell.batch, cell.model) = (0, String::new());
        cell.shape.clear();
        let machine = summary.machine.fingerprint.clone();
        (cell, summary.run.clone(), machine)
    };
    let online: Vec<&Summary> = summaries
        .iter()
        .copied()
        .filter(|summary| summary.cell.scenario != "offline" && p50(summary).is_some())
        .collect();
    let mut found = Vec::new();
    for (_, group) in alike(&online, key) {
        let mut batches: BTreeMap<u64, Vec<&Summary>> = BTreeMap::new();
        for one in group {
            batches.entry(one.cell.batch).or_default().push(one);
        }
        let sets = batches.into_values().map(Set::of);
        let sets: Vec<Set<'_>> = sets.filter(|set| set.models.len() >= FEWEST).collect();
        let largest = sets.last().filter(|_| sets.len() > 1);
        let smallest = sets.first().map(|set| (Size::Smallest, set));
        for (size, set) in smallest
            .into_iter()
            .chain(largest.map(|set| (Size::Largest, set)))
        {
            let each = Along::ALL.into_iter();
            found.extend(each.filter_map(|along| set.correlated(size, along)));
        }
    }
    found
}

/// Models of one set of cells.
const FEWEST: usize = 4;

/// Cells of one batch: of each model those at the sizes that most models have in common.
struct Set<'a> {
    shape: BTreeMap<String, u64>,
    models: BTreeMap<&'a str, Vec<&'a Summary>>,
}

impl<'a> Set<'a> {
    fn of(cells: Vec<&'a Summary>) -> Self {
        let shape = common_sizes(&cells);
        let mut models: BTreeMap<&str, Vec<&Summary>> = BTreeMap::new();
        for one in cells {
            if is_within(&one.cell.shape, &shape) {
                models.entry(&one.cell.model).or_default().push(one);
            }
        }
        Self { shape, models }
    }

    fn correlated(&self, size: Size, along: Along) -> Option<Correlated> {
        let points = self.models.values().filter_map(|cells| {
            let told = cells.iter();
            let told = told.filter_map(|one| Some((along.of(one)?, p50(one)?)));
            let (amounts, latencies): (Vec<f64>, Vec<f64>) = told.unzip();
            let is_known = !amounts.is_empty();
            is_known.then(|| (mean(amounts.into_iter()), mean(latencies.into_iter())))
        });
        let (xs, ys): (Vec<f64>, Vec<f64>) = points.unzip();
        let r = pearson(&xs, &ys).filter(|_| xs.len() >= FEWEST)?;
        let first = self.models.values().next()?.first()?;
        let cell = &first.cell;
        Some(Correlated {
            run: first.run.clone(),
            machine: first.machine.fingerprint.clone(),
            adapter: cell.adapter_spec(),
            scenario: cell.scenario_spec(),
            shape: self.shape.clone(),
            precision: cell.precision.clone(),
            device: cell.device.clone(),
            threads: cell.threads,
            seed: cell.seed,
            batch: cell.batch,
            size,
            along,
            models: xs.len() as u64,
            r: r.mean,
            r_low: r.low,
            r_high: r.high,
            trend: Trend::of(&xs, &ys),
        })
    }
}

/// Of each symbol the size that most models have, the larger one of two that are as common.
fn common_sizes(cells: &[&Summary]) -> BTreeMap<String, u64> {
    let mut models: BTreeMap<&str, BTreeMap<u64, BTreeSet<&str>>> = BTreeMap::new();
    for cell in cells.iter().map(|one| &one.cell) {
        for (symbol, size) in &cell.shape {
            let sizes = models.entry(symbol).or_default();
            sizes.entry(*size).or_default().insert(&cell.model);
        }
    }
    let most = models.into_iter().filter_map(|(symbol, sizes)| {
        let most = sizes.into_iter().max_by_key(|(size, of)| (of.len(), *size));
        Some((symbol.to_owned(), most?.0))
    });
    most.collect()
}

fn is_within(shape: &BTreeMap<String, u64>, common: &BTreeMap<String, u64>) -> bool {
    shape
        .iter()
        .all(|(symbol, size)| common.get(symbol) == Some(size))
}
