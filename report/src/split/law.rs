//! The dispatch law: what a framework's tax is as a function of the operators that it executes, over all twins.

mod choice;
mod timed;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_results::Record;
use tare_statistics::{MeanInterval, RobustFit};

use super::twin::Executed;
use crate::summarise::mean;
use crate::table::counted;
use choice::Columns;
use timed::{Timed, Turns, Twin, originals, told};

/// a + b · operators executed, of one framework as it was run on one machine.
///
/// Fitted by [`RobustFit`] over all its twins, of which those that execute the same operators count once, with their mean.
/// Kinds of operator have a cost of their own where twins tell them apart well enough: see `per_kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DispatchLaw {
    /// The fingerprint of the machine.
    pub machine: String,
    /// The framework's name.
    pub runtime: String,
    /// Its version.
    pub version: String,
    /// Of the library file, where there is one.
    pub library_sha256: Option<String>,
    /// Every option in force.
    pub options: BTreeMap<String, String>,
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// Threads that may execute operators.
    pub threads: u64,
    /// Twins that it was fitted over.
    pub twins: u64,
    /// Different sets of operators among them, each of which counts once.
    #[serde(default)]
    pub operator_sets: u64,
    /// Models among them.
    pub models: u64,
    /// Twins that were not taken, as work of their own may be more than a twentieth of what they cost.
    #[serde(default)]
    pub not_hollow: u64,
    /// The fewest operators that one of them executes.
    pub operators_low: u64,
    /// The most.
    pub operators_high: u64,
    /// a, with its 95% interval.
    pub fixed_ns: f64,
    /// Lower bound.
    pub fixed_low_ns: f64,
    /// Upper bound.
    pub fixed_high_ns: f64,
    /// b: of every kind of operator alike, whatever `per_kind` says.
    pub per_operator_ns: f64,
    /// Lower bound.
    pub per_operator_low_ns: f64,
    /// Upper bound.
    pub per_operator_high_ns: f64,
    /// The largest share of a twin's latency that may be work of its own: what a model's tax may be lower than foretold,
    /// beside the scatter.
    #[serde(default)]
    pub residual_share: f64,
    /// The standard deviation of one twin around the law, as a share of its latency.
    pub scatter: f64,
    /// b by kind of operator, the last for all other kinds; empty where all cost alike as far as these twins tell.
    pub per_kind: Vec<KindCost>,
}

/// What dispatching one kind of operator costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KindCost {
    /// The framework's name of the kind; `null` for all others.
    pub kind: Option<String>,
    /// Its b, with its 95% interval.
    pub cost_ns: f64,
    /// Lower bound.
    pub cost_low_ns: f64,
    /// Upper bound.
    pub cost_high_ns: f64,
}

/// The laws that some records give.
#[derive(Debug, Clone, Default)]
pub struct Laws(BTreeMap<Framework, Fitted>);

/// The laws of one framework.
#[derive(Debug, Clone)]
struct Fitted {
    all: Result<Law, String>,
    /// Over the twins of all models but the one and those that execute the same operators, such as itself in another width,
    /// so that what is foretold of a model was not learnt from it.
    without: BTreeMap<String, Result<Law, String>>,
}

#[derive(Debug, Clone)]
struct Law {
    published: DispatchLaw,
    alike: RobustFit,
    by_kind: Option<(Columns, RobustFit)>,
}

impl Law {
    /// The tax of a model that executes these operators: its twins may each do a little work of their own, so the tax may be
    /// lower by as large a share as that of any of them.
    fn predict(&self, executed: &Executed) -> Option<MeanInterval> {
        let by_kind = self.by_kind.as_ref().zip(executed.kinds.as_ref());
        let predicted = match by_kind {
            Some(((columns, fit), kinds)) => fit.predict(&columns.row(executed.count, kinds)),
            None => self.alike.predict(&[executed.count as f64]),
        }?;
        Some(MeanInterval {
            low: predicted.low - self.published.residual_share * predicted.mean.abs(),
            ..predicted
        })
    }
}

/// What a law holds for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Framework {
    machine: String,
    runtime: String,
    version: String,
    library_sha256: Option<String>,
    options: BTreeMap<String, String>,
    device: String,
    threads: u64,
}

impl Framework {
    fn of(record: &Record) -> Option<Self> {
        let runtime = record.runtime.as_ref()?;
        Some(Self {
            machine: record.machine.clone(),
            runtime: runtime.name.clone(),
            version: runtime.version.clone(),
            library_sha256: runtime.library_sha256.clone(),
            options: runtime.options.clone(),
            device: record.cell.device.clone(),
            threads: record.cell.threads,
        })
    }
}

/// `, key=value` for each of `options` that one of `others` has another value of, or not at all.
pub fn differing<'a>(
    options: &BTreeMap<String, String>,
    others: impl Iterator<Item = &'a BTreeMap<String, String>> + Clone,
) -> String {
    let differs = |(key, value): &(&String, &String)| {
        let mut others = others.clone();
        others.any(|other| other.get(*key) != Some(*value))
    };
    let told = options.iter().filter(differs);
    told.map(|(key, value)| format!(", {key}={value}"))
        .collect()
}

/// Twins that execute the same operators: one point of the law.
pub(super) struct Point {
    pub(super) operators: u64,
    pub(super) kinds: Option<BTreeMap<String, u64>>,
    pub(super) models: BTreeSet<String>,
    latencies: Vec<f64>,
}

impl Point {
    /// The mean of its twins, in nanoseconds.
    pub(super) fn latency(&self) -> f64 {
        mean(self.latencies.iter().copied())
    }
}

/// The points of some twins; of those whose kinds are not known, the ones of a model and a number of operators are one.
fn points<'a>(twins: impl Iterator<Item = &'a Twin>) -> Vec<Point> {
    let mut points: BTreeMap<_, Point> = BTreeMap::new();
    for twin in twins {
        let unknown = twin.kinds.is_none().then_some(&twin.model);
        let point = points
            .entry((twin.operators, &twin.kinds, unknown))
            .or_insert_with(|| Point {
                operators: twin.operators,
                kinds: twin.kinds.clone(),
                models: BTreeSet::new(),
                latencies: Vec::new(),
            });
        point.models.insert(twin.model.clone());
        point.latencies.push(twin.latency);
    }
    points.into_values().collect()
}

impl Laws {
    /// Of all twins among `records`, which may be those of many runs; each framework as it was run has a law of its own.
    ///
    /// Whether a twin is hollow takes the latency of its original: give the measurements of its cell too.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let records: Vec<&Record> = records.into_iter().collect();
        let turns = Turns::of(&records);
        let originals = originals(&records, &turns);
        let mut twins: BTreeMap<Framework, BTreeMap<(&str, &str), Vec<Timed<'_>>>> =
            BTreeMap::new();
        for record in records {
            let Some(timed) = told(record, &turns) else {
                continue;
            };
            let key = (record.id.as_str(), timed.facts.sha256.as_str());
            let twin = twins.entry(timed.framework.clone()).or_default();
            twin.entry(key).or_default().push(timed);
        }
        let laws = twins.into_iter().map(|(framework, twins)| {
            let twins = twins.into_iter().map(|((id, _), repeats)| {
                let original = originals.get(&(framework.clone(), id));
                Twin::of(&repeats, original)
            });
            let twins: Vec<Twin> = twins.flatten().collect();
            let fitted = Fitted::of(&framework, &twins);
            (framework, fitted)
        });
        Self(laws.collect())
    }

    /// All that could be fitted.
    pub fn all(&self) -> impl Iterator<Item = &DispatchLaw> {
        let laws = self
            .0
            .values()
            .filter_map(|fitted| fitted.all.as_ref().ok());
        laws.map(|law| &law.published)
    }

    /// The frameworks whose laws could not be fitted, those with one reason in one sentence.
    pub fn lacking(&self) -> impl Iterator<Item = String> {
        let mut lacking: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (framework, fitted) in &self.0 {
            if let Err(reason) = &fitted.all {
                lacking
                    .entry(reason)
                    .or_default()
                    .push(self.name(framework));
            }
        }
        let told = lacking.into_iter();
        told.map(|(reason, names)| format!("no dispatch law of {}: {reason}", names.join("; ")))
    }

    /// Such as `rten 0.27.0 (cpu, 1 thread)`, with the options that tell it from others of its runtime.
    fn name(&self, framework: &Framework) -> String {
        let (runtime, version) = (&framework.runtime, &framework.version);
        let others = self.0.keys().filter(|other| other.runtime == *runtime);
        let options = differing(&framework.options, others.map(|other| &other.options));
        let (device, threads) = (&framework.device, counted(framework.threads, "thread"));
        format!("{runtime} {version} ({device}, {threads}{options})")
    }

    /// The tax of the model of `record`, which executes these operators, under the framework that ran it, with the interval
    /// that holds 95% of such models, and the law that says so; or why none does. The law is that of all other models' twins.
    pub(super) fn predict(
        &self,
        record: &Record,
        executed: Option<&Executed>,
    ) -> Result<(MeanInterval, &DispatchLaw), String> {
        let framework = Framework::of(record).ok_or("the framework did not say what it is")?;
        let fitted = self.0.get(&framework);
        let fitted =
            fitted.ok_or("no twin of this framework was timed with its operators counted")?;
        let law = fitted.without.get(&record.cell.model);
        let law = law.unwrap_or(&fitted.all).as_ref().map_err(Clone::clone)?;
        let executed = executed.ok_or("how many operators the model executes is not known")?;
        let predicted = law.predict(executed).ok_or("the law gives no interval")?;
        if predicted.mean <= 0.0 {
            return Err(format!(
                "the law foretells {:.2} µs for {} operators, which is none that could be: it was fitted over {} to {}",
                predicted.mean / 1e3,
                executed.count,
                law.published.operators_low,
                law.published.operators_high
            ));
        }
        Ok((predicted, &law.published))
    }
}

impl Fitted {
    fn of(framework: &Framework, twins: &[Twin]) -> Self {
        let models: BTreeSet<&String> = twins.iter().map(|twin| &twin.model).collect();
        let without = models.into_iter().map(|model| {
            let own = twins.iter().filter(|twin| twin.model == *model);
            let own: BTreeSet<_> = own.filter_map(Twin::executes).collect();
            let is_own = |twin: &Twin| twin.executes().is_some_and(|all| own.contains(all));
            let others = twins
                .iter()
                .filter(|twin| twin.model != *model && !is_own(twin));
            let law = law(framework, &others.collect::<Vec<_>>());
            let law = law.map_err(|reason| format!("without the model's own twins: {reason}"));
            (model.clone(), law)
        });
        Self {
            without: without.collect(),
            all: law(framework, &twins.iter().collect::<Vec<_>>()),
        }
    }
}

fn law(framework: &Framework, twins: &[&Twin]) -> Result<Law, String> {
    let (hollow, others): (Vec<&Twin>, Vec<&Twin>) =
        twins.iter().partition(|twin| twin.is_hollow());
    let points = points(hollow.iter().copied());
    let counts = points.iter().map(|point| vec![point.operators as f64]);
    let counts: Vec<Vec<f64>> = counts.collect();
    let latencies: Vec<f64> = points.iter().map(Point::latency).collect();
    let alike = RobustFit::of(&counts, &latencies).ok_or_else(|| few(&points))?;
    let (fixed, slope) = alike
        .coefficient(0)
        .zip(alike.coefficient(1))
        .ok_or_else(|| few(&points))?;
    refuse_nothing(slope)?;
    let by_kind = choice::by_kind(&points, &alike);
    let operators = || points.iter().map(|point| point.operators);
    let models: BTreeSet<&String> = hollow.iter().map(|twin| &twin.model).collect();
    let framework = framework.clone();
    let published = DispatchLaw {
        machine: framework.machine,
        runtime: framework.runtime,
        version: framework.version,
        library_sha256: framework.library_sha256,
        options: framework.options,
        device: framework.device,
        threads: framework.threads,
        twins: hollow.len() as u64,
        operator_sets: points.len() as u64,
        models: models.len() as u64,
        not_hollow: others.len() as u64,
        operators_low: operators().min().unwrap_or_default(),
        operators_high: operators().max().unwrap_or_default(),
        fixed_ns: fixed.mean,
        fixed_low_ns: fixed.low,
        fixed_high_ns: fixed.high,
        per_operator_ns: slope.mean,
        per_operator_low_ns: slope.low,
        per_operator_high_ns: slope.high,
        residual_share: most_residual(&hollow),
        scatter: alike.scatter,
        per_kind: by_kind
            .as_ref()
            .map_or_else(Vec::new, |(columns, fit)| columns.costs(fit)),
    };
    Ok(Law {
        published,
        alike,
        by_kind,
    })
}

/// The largest share of a twin's latency that may be work of its own.
fn most_residual(twins: &[&Twin]) -> f64 {
    let shares = twins.iter().filter_map(|twin| twin.residual);
    shares.fold(0.0, f64::max)
}

fn refuse_nothing(slope: MeanInterval) -> Result<(), String> {
    if slope.low > 0.0 {
        return Ok(());
    }
    Err(format!(
        "an operator would cost {:.0} ns [{:.0}, {:.0}], which may be nothing; more twins of other sizes tell",
        slope.mean, slope.low, slope.high
    ))
}

fn few(points: &[Point]) -> String {
    let numbers: BTreeSet<u64> = points.iter().map(|point| point.operators).collect();
    format!(
        "a law takes twins with three different sets of operators, of two numbers at least; here are {} of {}",
        points.len(),
        numbers.len()
    )
}
