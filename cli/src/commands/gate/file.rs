//! A file of gates: what all have in common, and a table for each.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use tare_gate::Metric;
use tare_units::Nanoseconds;
use toml::{Table, Value};

use super::asked::{Asked, SideAsked};
use crate::arguments::{CellOptions, GateOptions, SideSetting, parse_percent, parse_shape};
use crate::exit::Failed;

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    alpha: Option<String>,
    seed: Option<u64>,
    #[serde(default)]
    common: Written,
    #[serde(default)]
    gate: Vec<Written>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: Option<String>,
    model: Option<String>,
    adapter: Option<String>,
    #[serde(default)]
    input: Vec<String>,
    scenario: Option<String>,
    batch: Option<u64>,
    shape: Option<String>,
    precision: Option<String>,
    device: Option<String>,
    threads: Option<u64>,
    metric: Option<String>,
    tolerance: Option<String>,
    must_detect: Option<String>,
    budget: Option<String>,
    allow_different_outputs: Option<bool>,
    baseline_bin: Option<PathBuf>,
    against: Option<PathBuf>,
    #[serde(default)]
    baseline: Table,
    #[serde(default)]
    candidate: Table,
}

/// The key of a side's variables, the only table within it.
const VARIABLES: &str = "env";

/// The gates in the file at `path`, with what the command line says instead.
///
/// # Errors
/// Where it cannot be read, or says what is no gate; with the line or the gate.
pub fn read(path: &Path, options: &GateOptions) -> Result<Vec<Asked>, Failed> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failed::told(format!(
            "cannot read the gates in {}: {error}",
            path.display()
        ))
    })?;
    gates(&text, options).map_err(|problem| Failed::told(format!("{}{problem}", path.display())))
}

fn gates(text: &str, options: &GateOptions) -> Result<Vec<Asked>, String> {
    let file: File = toml::from_str(text).map_err(|error| located(text, &error))?;
    if file.gate.is_empty() {
        return Err(
            ": it names no gate: write a [[gate]] with a baseline and a candidate".to_owned(),
        );
    }
    let alpha = match (options.alpha, &file.alpha) {
        (Some(alpha), _) => Some(alpha),
        (None, Some(text)) => {
            Some(parse_percent(text).map_err(|error| format!(": alpha: {error}"))?)
        }
        (None, None) => None,
    };
    let whole = GateOptions {
        alpha,
        seed: options.seed.or(file.seed),
        budget: options.budget,
        deadline: options.deadline,
        memory_limit: options.memory_limit,
        allow_different_outputs: options.allow_different_outputs,
        update_baseline: options.update_baseline,
        ..GateOptions::default()
    };
    let mut gates: Vec<Asked> = Vec::new();
    for (place, written) in file.gate.into_iter().enumerate() {
        let name = written.name.clone();
        let name = name.unwrap_or_else(|| format!("gate {}", place + 1));
        let gate = written.over(&file.common).asked(&name, &whole);
        let gate = gate.map_err(|problem| format!(": gate '{name}': {problem}"))?;
        if gates.iter().any(|other| other.name == gate.name) {
            return Err(format!(": two gates are named '{name}': name each once"));
        }
        gates.push(gate);
    }
    Ok(gates)
}

fn located(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| {
        let before = text.get(..span.start).unwrap_or(text);
        format!(":{}", before.matches('\n').count() + 1)
    });
    let message = error.message().replace('\n', ", ");
    format!("{}: {message}", line.unwrap_or_default())
}

impl Written {
    /// With what all gates have in common where it says nothing.
    fn over(self, common: &Self) -> Self {
        let mut all = common.clone();
        let is_paired = !self.baseline.is_empty() || self.baseline_bin.is_some();
        match self.against {
            // What stands for the baseline stands for the common one, too.
            Some(_) => (all.baseline, all.baseline_bin) = (Table::new(), None),
            None if is_paired => all.against = None,
            None => {}
        }
        Self {
            name: self.name,
            model: self.model.or(all.model),
            adapter: self.adapter.or(all.adapter),
            input: match self.input.is_empty() {
                true => all.input,
                false => self.input,
            },
            scenario: self.scenario.or(all.scenario),
            batch: self.batch.or(all.batch),
            shape: self.shape.or(all.shape),
            precision: self.precision.or(all.precision),
            device: self.device.or(all.device),
            threads: self.threads.or(all.threads),
            metric: self.metric.or(all.metric),
            tolerance: self.tolerance.or(all.tolerance),
            must_detect: self.must_detect.or(all.must_detect),
            budget: self.budget.or(all.budget),
            allow_different_outputs: self.allow_different_outputs.or(all.allow_different_outputs),
            baseline_bin: self.baseline_bin.or(all.baseline_bin),
            against: self.against.or(all.against),
            baseline: joined(all.baseline, self.baseline),
            candidate: joined(all.candidate, self.candidate),
        }
    }

    fn asked(self, name: &str, options: &GateOptions) -> Result<Asked, String> {
        let is_paired = !self.baseline.is_empty() || self.baseline_bin.is_some();
        if !is_paired && self.candidate.is_empty() && self.against.is_none() {
            return Err("it names no side: write baseline = { … } or candidate = { … }".to_owned());
        }
        if is_paired && self.against.is_some() {
            return Err(
                "it names a baseline and a stored one: leave baseline, baseline-bin or against out"
                    .to_owned(),
            );
        }
        let cell = self.cell()?;
        let baseline = side(&cell, self.baseline, self.baseline_bin)?;
        let candidate = side(&cell, self.candidate, None)?;
        let metric = parsed(self.metric.as_deref(), "metric")?.unwrap_or(Metric::P50);
        let budget: Option<Nanoseconds> = parsed(self.budget.as_deref(), "budget")?;
        let share = |text: Option<String>, what: &str| {
            let share = text.map(|text| parse_percent(&text)).transpose();
            share.map_err(|error| format!("{what}: {error}"))
        };
        let tolerance = share(self.tolerance, "tolerance")?;
        let must_detect = share(self.must_detect, "must-detect")?;
        let gate = Asked::of_sides((baseline, candidate), metric, options);
        Ok(Asked {
            name: Some(name.to_owned()),
            budget: options.budget.or(budget).unwrap_or(gate.budget),
            against: self.against,
            compared: gate.compared && !self.allow_different_outputs.unwrap_or(false),
            ..gate.limited(tolerance, must_detect)
        })
    }

    fn cell(&self) -> Result<CellOptions, String> {
        let inputs = self.input.iter().map(|text| parsed(Some(text), "input"));
        let inputs: Vec<Option<_>> = inputs.collect::<Result<_, _>>()?;
        let shape = self.shape.as_deref().map(parse_shape).transpose();
        Ok(CellOptions {
            model: self.model.clone(),
            adapter: parsed(self.adapter.as_deref(), "adapter")?,
            input: inputs.into_iter().flatten().collect(),
            scenario: parsed(self.scenario.as_deref(), "scenario")?,
            batch: self.batch,
            shape: shape.map_err(|error| format!("shape: {error}"))?,
            precision: parsed(self.precision.as_deref(), "precision")?,
            device: parsed(self.device.as_deref(), "device")?,
            threads: self.threads,
        })
    }
}

/// A side with what is its own; variables one by one.
fn joined(mut common: Table, own: Table) -> Table {
    for (key, value) in own {
        match (common.get_mut(&key), value) {
            (Some(Value::Table(variables)), Value::Table(own)) if key == VARIABLES => {
                variables.extend(own);
            }
            (_, value) => {
                common.insert(key, value);
            }
        }
    }
    common
}

/// A text, a number, or true or false, as text.
fn scalar(what: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(format!("{number:?}")),
        Value::Boolean(value) => Ok(value.to_string()),
        Value::Table(_) => Err(format!("{what} is no table: only {VARIABLES} is one")),
        Value::Array(_) | Value::Datetime(_) => Err(format!(
            "{what} is of the type {}: write a text, a number, true or false",
            value.type_str()
        )),
    }
}

fn parsed<T: FromStr<Err: ToString>>(text: Option<&str>, what: &str) -> Result<Option<T>, String> {
    let value = text.map(|text| text.parse::<T>()).transpose();
    value.map_err(|error| format!("{what}: {}", error.to_string()))
}

fn side(
    common: &CellOptions,
    written: Table,
    program: Option<PathBuf>,
) -> Result<SideAsked, String> {
    let mut settings = Vec::new();
    for (key, value) in written {
        match value {
            Value::Table(variables) if key == VARIABLES => {
                for (name, value) in variables {
                    let value = scalar(&format!("{VARIABLES} {name}"), value)?;
                    settings.push(SideSetting::of(VARIABLES, &format!("{name}={value}"))?);
                }
            }
            value => settings.push(SideSetting::of(&key, &scalar(&key, value)?)?),
        }
    }
    let (cell, environment) = common.with(&settings);
    Ok(SideAsked {
        cell,
        environment,
        program,
    })
}

#[cfg(test)]
mod tests;
