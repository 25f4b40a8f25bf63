//! From what the tables of a suite say to the matrices that are measured: the nearest table wins, key by key.

use std::collections::BTreeMap;

use tare_units::Nanoseconds;

use super::{Suite, SuiteError, WhenAbsent, with_quick};
use crate::ScenarioSpec;

/// What one table of a suite says of the cells; `None` where it leaves it to the table above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Zoo models by name, or files.
    pub models: Option<Vec<String>>,
    /// Adapters as written on the command line.
    pub adapters: Option<Vec<String>>,
    /// Scenarios.
    pub scenarios: Option<Vec<ScenarioSpec>>,
    /// Samples a request.
    pub batches: Option<Vec<u64>>,
    /// Sizes by symbol, without the batch's.
    pub shapes: Option<Vec<BTreeMap<String, u64>>>,
    /// Such as `fp32`.
    pub precisions: Option<Vec<String>>,
    /// `cpu` or `cuda:0`.
    pub devices: Option<Vec<String>>,
    /// Threads that may execute operators.
    pub threads: Option<Vec<u64>>,
}

/// A matrix of cells: the product of its lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The experiment's name; `None` where the suite is one matrix.
    pub experiment: Option<String>,
    /// Zoo models by name, or files.
    pub models: Vec<String>,
    /// Adapters as written on the command line.
    pub adapters: Vec<String>,
    /// Scenarios.
    pub scenarios: Vec<ScenarioSpec>,
    /// Samples a request; empty leaves it to the scenario.
    pub batches: Vec<u64>,
    /// Sizes by symbol, without the batch's; empty leaves them to the model.
    pub shapes: Vec<BTreeMap<String, u64>>,
    /// Such as `fp32`; empty leaves it to the model's file.
    pub precisions: Vec<String>,
    /// `cpu` or `cuda:0`.
    pub devices: Vec<String>,
    /// Threads that may execute operators.
    pub threads: Vec<u64>,
}

/// A suite as it is run: whole, or its quick variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The suite's name, with `:quick` behind it where this is its quick variant.
    pub name: String,
    /// What becomes of adapters that are not here.
    pub absent: WhenAbsent,
    /// Whose cells it is, each cell once.
    pub matrices: Vec<Matrix>,
    /// Fresh workers for each cell.
    pub repeats: u64,
    /// Timed work of a repeat.
    pub duration: Nanoseconds,
    /// Requests of a repeat at the most.
    pub max_requests: u64,
}

impl Suite {
    /// Whether there is a quick variant.
    pub fn has_quick(&self) -> bool {
        let quick = |experiment: &super::Experiment| experiment.quick.is_some();
        self.quick.is_some() || self.experiments.iter().any(quick)
    }

    /// The whole suite.
    pub fn whole(&self) -> Variant {
        Variant {
            name: self.name.clone(),
            absent: self.absent,
            matrices: self.matrices(false),
            repeats: self.repeats,
            duration: self.duration,
            max_requests: self.max_requests,
        }
    }

    /// The quick variant.
    ///
    /// # Errors
    /// `NoQuick`, where the suite has none.
    pub fn quickly(&self) -> Result<Variant, SuiteError> {
        if !self.has_quick() {
            return Err(SuiteError::NoQuick {
                name: self.name.clone(),
                known: with_quick(),
            });
        }
        let quick = self.quick.clone().unwrap_or_default();
        Ok(Variant {
            name: format!("{}:quick", self.name),
            matrices: self.matrices(true),
            repeats: quick.repeats.unwrap_or(self.repeats),
            duration: quick.duration.unwrap_or(self.duration),
            max_requests: quick.max_requests.unwrap_or(self.max_requests),
            ..self.whole()
        })
    }

    fn matrices(&self, quickly: bool) -> Vec<Matrix> {
        let quick = self.quick.as_ref().filter(|_| quickly);
        let top = match quick {
            Some(quick) => quick.choices.over(&self.choices),
            None => self.choices.clone(),
        };
        if self.experiments.is_empty() {
            return vec![top.matrix(None)];
        }
        let experiments = self.experiments.iter();
        experiments
            .map(|experiment| {
                let own = experiment.choices.over(&top);
                let quick = experiment.quick.as_ref().filter(|_| quickly);
                let choices = quick.map_or_else(|| own.clone(), |quick| quick.over(&own));
                choices.matrix(Some(experiment.name.clone()))
            })
            .collect()
    }
}

impl Choices {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is said here, else what `under` says.
    pub fn over(&self, under: &Self) -> Self {
        Self {
            models: or(&self.models, &under.models),
            adapters: or(&self.adapters, &under.adapters),
            scenarios: or(&self.scenarios, &under.scenarios),
            batches: or(&self.batches, &under.batches),
            shapes: or(&self.shapes, &under.shapes),
            precisions: or(&self.precisions, &under.precisions),
            devices: or(&self.devices, &under.devices),
            threads: or(&self.threads, &under.threads),
        }
    }

    fn matrix(self, experiment: Option<String>) -> Matrix {
        Matrix {
            experiment,
            models: self.models.unwrap_or_default(),
            adapters: self.adapters.unwrap_or_default(),
            scenarios: self.scenarios.unwrap_or_default(),
            batches: self.batches.unwrap_or_default(),
            shapes: self.shapes.unwrap_or_default(),
            precisions: self.precisions.unwrap_or_default(),
            devices: self.devices.unwrap_or_default(),
            threads: self.threads.unwrap_or_default(),
        }
    }
}

fn or<T: Clone>(own: &Option<T>, under: &Option<T>) -> Option<T> {
    own.clone().or_else(|| under.clone())
}
