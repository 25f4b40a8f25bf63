//! The batch from which on work outweighs overhead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_results::Cell;
use tare_statistics::{KneeShape, knee};

use super::setting::{Setting, of_cell, of_machine, of_run};
use super::{alike, p50};
use crate::summary::Summary;

/// b* of a set of cells that differ in their batch only; fitted over their medians.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchKnee {
    /// The run that the cells are of; cells of several runs may be of several versions of a runtime.
    #[serde(default)]
    pub run: String,
    /// The fingerprint of the machine.
    pub machine: String,
    /// Of the model's file.
    #[serde(default)]
    pub model_sha256: String,
    /// The cell of the smallest batch.
    pub cell: Cell,
    /// The batches.
    pub batches: Vec<u64>,
    /// The shape that fits best; the additive one where no other is clearly better.
    pub model: KneeModel,
    /// b*: the batch at which work equals overhead, as the fit has it, whether or not it lies among the batches.
    pub batch: f64,
    /// Lower end of its 95% interval; `null` where arbitrarily small batches fit as well.
    pub batch_low: Option<f64>,
    /// Upper end; `null` where arbitrarily large batches fit as well.
    pub batch_high: Option<f64>,
    /// Whether b* lies among the batches; it does not where its interval has no end on one side.
    pub reached: Reached,
    /// The overhead a.
    pub overhead_ns: f64,
    /// The work of one sample s.
    pub per_sample_ns: f64,
    /// e: the share of the shorter of the two that the longer does not hide.
    pub exposed: f64,
    /// By how much the next best shape's information criterion (AICc) is larger; below zero where another is a little better.
    pub advantage: f64,
}

/// How overhead and work make up the latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KneeModel {
    /// max(a, s·batch): a device works while the host dispatches.
    Flat,
    /// a + s·batch: the host waits for each operator.
    Additive,
    /// max(a + e·s·batch, s·batch + e·a): a device works behind the host, but for a share e that nothing hides.
    Partial,
}

/// Where a knee lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// Among the batches.
    Within,
    /// Below the smallest: work outweighs overhead at all of them.
    Below,
    /// Above the largest: it was not reached.
    Above,
}

impl BatchKnee {
    /// Whether a cell is of those that it is over.
    pub fn is_over(&self, summary: &Summary) -> bool {
        let mut cell = summary.cell.clone();
        cell.batch = self.cell.batch;
        self.cell == cell
            && self.run == summary.run
            && self.machine == summary.machine.fingerprint
            && self.model_sha256 == summary.model.sha256
    }
}

impl Setting for BatchKnee {
    fn name(&self) -> String {
        format!("{} by {}", self.cell.model, self.cell.adapter_spec())
    }

    fn parts(&self) -> Vec<String> {
        let file = format!("file {:.12}", self.model_sha256);
        let mut parts = of_cell(&self.cell);
        parts.extend([file, of_machine(&self.machine), of_run(&self.run)]);
        parts
    }
}

/// Each set of at least four batches in one run.
pub fn knees(summaries: &[&Summary]) -> Vec<BatchKnee> {
    let key = |summary: &Summary| {
        let mut cell = summary.cell.clone();
        cell.batch = 0;
        (
            cell,
            summary.run.clone(),
            summary.model.sha256.clone(),
            summary.machine.fingerprint.clone(),
        )
    };
    let groups = alike(summaries, key).into_iter();
    groups.filter_map(|(_, group)| of(&group)).collect()
}

fn of(group: &[&Summary]) -> Option<BatchKnee> {
    let mut points: Vec<(u64, f64, &Summary)> = group
        .iter()
        .filter(|summary| summary.cell.scenario != "offline")
        .filter_map(|summary| Some((summary.cell.batch, p50(summary)?, *summary)))
        .collect();
    points.sort_by_key(|point| point.0);
    let pairs: Vec<(f64, f64)> = points.iter().map(|one| (one.0 as f64, one.1)).collect();
    let knee = knee(&pairs)?;
    let (first, last) = (pairs.first()?.0, pairs.last()?.0);
    let smallest = points.first()?.2;
    let mut batches: Vec<u64> = points.iter().map(|point| point.0).collect();
    batches.dedup();
    Some(BatchKnee {
        run: smallest.run.clone(),
        machine: smallest.machine.fingerprint.clone(),
        model_sha256: smallest.model.sha256.clone(),
        cell: smallest.cell.clone(),
        batches,
        model: match knee.shape {
            KneeShape::Flat => KneeModel::Flat,
            KneeShape::Additive => KneeModel::Additive,
            KneeShape::Partial => KneeModel::Partial,
        },
        batch: knee.size,
        batch_low: knee.low,
        batch_high: knee.high,
        reached: match (knee.low, knee.high) {
            (Some(_), None) => Reached::Above,
            (None, Some(_)) => Reached::Below,
            _ if knee.size < first => Reached::Below,
            _ if knee.size > last => Reached::Above,
            _ => Reached::Within,
        },
        overhead_ns: knee.overhead,
        per_sample_ns: knee.slope,
        exposed: knee.exposed,
        advantage: knee.advantage,
    })
}
