//! What only several cells say, in tables: dispatch laws, knees over batches, correlations and fits across models.

use std::collections::BTreeMap;

use tare_results::Cell;

use super::table::{Column, Table, column};
use super::values::Value;
use crate::analysis::{Analysis, BatchKnee, Correlated, KneeModel, Reached};
use crate::split::{DispatchLaw, KindCost};

/// The place of these tables in a page.
pub const TOGETHER: &str = "together";
/// Above them.
pub const TOGETHER_TITLE: &str = "What the cells say together";
/// What they hold.
pub const TOGETHER_READING: &str = "Figures that no single cell has: what an operator costs by the twins of all models, where work \
                                    begins to outweigh overhead, and what latencies go along with. Low and high are the ends of 95% intervals.";

/// A table with a name.
pub struct Named {
    /// Of its file.
    pub name: &'static str,
    /// Above it.
    pub title: &'static str,
    /// Its rows.
    pub table: Table,
    /// What it takes to have any.
    pub lack: &'static str,
}

/// The laws, their costs by kind of operator, the knees, and the correlations.
pub fn together(analysis: &Analysis) -> [Named; 4] {
    let laws = analysis.laws.iter();
    let costs = laws.clone().flat_map(|law| {
        let kinds = law.per_kind.iter();
        kinds.map(|kind| [framework(law), cost(kind)].concat())
    });
    [
        Named {
            name: "laws",
            title: "Dispatch laws",
            table: Table::plain(
                &[FRAMEWORK.as_slice(), &LAW].concat(),
                laws.clone()
                    .map(|one| [framework(one), law(one)].concat())
                    .collect(),
            ),
            lack: "No dispatch law: one takes hollow twins with three different sets of operators, of two numbers at least.",
        },
        Named {
            name: "costs",
            title: "Costs by kind of operator",
            table: Table::plain(&[FRAMEWORK.as_slice(), &COST].concat(), costs.collect()),
            lack: "No costs by kind of operator: as far as the twins tell, all kinds cost alike.",
        },
        Named {
            name: "knees",
            title: "Knees over batches",
            table: Table::plain(&KNEE, analysis.knees.iter().map(knee).collect()).without_alike(&[
                "run",
                "seed",
                "model_sha256",
            ]),
            lack: "No knee: one takes cells at four batch sizes.",
        },
        Named {
            name: "correlations",
            title: "Correlations and fits across models",
            table: Table::plain(
                &CORRELATION,
                analysis.correlations.iter().map(correlated).collect(),
            )
            .without_alike(&["run", "seed"]),
            lack: "No correlation: one takes four models.",
        },
    ]
}

const FRAMEWORK: [Column; 7] = [
    column("framework", "runtime"),
    column("version", "version"),
    column("options", "options"),
    column("library", "library_sha256"),
    column("device", "device"),
    column("threads", "threads"),
    column("machine", "machine"),
];

fn framework(law: &DispatchLaw) -> Vec<Value> {
    let options = pairs(&law.options);
    vec![
        Value::text(law.runtime.clone()),
        Value::text(law.version.clone()),
        Value::text(options),
        Value::text(
            law.library_sha256
                .as_ref()
                .map_or(String::new(), |sha| format!("{sha:.12}")),
        ),
        Value::text(law.device.clone()),
        Value::count(law.threads),
        Value::text(format!("{:.8}", law.machine)),
    ]
}

const LAW: [Column; 11] = [
    column("twins", "twins"),
    column("models", "models"),
    column("fewest operators", "operators_low"),
    column("most operators", "operators_high"),
    column("fixed", "fixed_ns"),
    column("low", "fixed_low_ns"),
    column("high", "fixed_high_ns"),
    column("an operator", "per_operator_ns"),
    column("low", "per_operator_low_ns"),
    column("high", "per_operator_high_ns"),
    column("scatter", "scatter_fraction"),
];

fn law(law: &DispatchLaw) -> Vec<Value> {
    let counts = [law.twins, law.models, law.operators_low, law.operators_high];
    let times = [
        law.fixed_ns,
        law.fixed_low_ns,
        law.fixed_high_ns,
        law.per_operator_ns,
        law.per_operator_low_ns,
        law.per_operator_high_ns,
    ];
    let counts = counts.into_iter().map(Value::count);
    let times = times.into_iter().map(Value::time);
    counts
        .chain(times)
        .chain([Value::share(law.scatter)])
        .collect()
}

const COST: [Column; 4] = [
    column("kind", "kind"),
    column("an operator", "cost_ns"),
    column("low", "cost_low_ns"),
    column("high", "cost_high_ns"),
];

fn cost(cost: &KindCost) -> Vec<Value> {
    let kind = cost.kind.as_deref().unwrap_or("any other");
    let times = [cost.cost_ns, cost.cost_low_ns, cost.cost_high_ns];
    let times = times.into_iter().map(Value::time);
    [Value::text(kind)].into_iter().chain(times).collect()
}

const KNEE: [Column; 20] = [
    column("model", "model"),
    column("adapter", "adapter"),
    column("scenario", "scenario"),
    column("shape", "shape"),
    column("precision", "precision"),
    column("device", "device"),
    column("threads", "threads"),
    column("seed", "seed"),
    column("file", "model_sha256"),
    column("machine", "machine"),
    column("run", "run"),
    column("batches", "batches"),
    column("knee b*", "knee_batch"),
    column("low", "knee_low_batch"),
    column("high", "knee_high_batch"),
    column("reached", "reached"),
    column("overhead", "overhead_ns"),
    column("a sample", "per_sample_ns"),
    column("overlap", "overlap"),
    column("AICc ahead", "aicc_advantage"),
];

fn knee(knee: &BatchKnee) -> Vec<Value> {
    let batches: Vec<String> = knee.batches.iter().map(u64::to_string).collect();
    let end = |end: Option<f64>| match end {
        Some(end) => Value::plain(end),
        None => Value::Missing(None),
    };
    let mut values = setting(&knee.cell);
    values.extend([
        Value::text(format!("{:.12}", knee.model_sha256)),
        Value::text(format!("{:.8}", knee.machine)),
        Value::text(knee.run.clone()),
        Value::text(batches.join(" ")),
        Value::plain(knee.batch),
        end(knee.batch_low),
        end(knee.batch_high),
        Value::text(match knee.reached {
            Reached::Within => "within",
            Reached::Below => "below",
            Reached::Above => "above",
        }),
        Value::time(knee.overhead_ns),
        Value::time(knee.per_sample_ns),
        Value::text(match knee.model {
            KneeModel::Flat => "the longer hides the other".to_owned(),
            KneeModel::Additive => "none".to_owned(),
            KneeModel::Partial => format!("all but {:.0}%", 100.0 * knee.exposed),
        }),
        Value::plain(knee.advantage),
    ]);
    values
}

fn setting(cell: &Cell) -> Vec<Value> {
    vec![
        Value::text(cell.model.clone()),
        Value::text(cell.adapter_spec()),
        Value::text(cell.scenario_spec()),
        Value::text(pairs(&cell.shape)),
        Value::text(cell.precision.clone()),
        Value::text(cell.device.clone()),
        Value::count(cell.threads),
        Value::count(cell.seed),
    ]
}

const CORRELATION: [Column; 25] = [
    column("adapter", "adapter"),
    column("scenario", "scenario"),
    column("shape", "shape"),
    column("precision", "precision"),
    column("device", "device"),
    column("threads", "threads"),
    column("seed", "seed"),
    column("machine", "machine"),
    column("run", "run"),
    column("batch", "batch"),
    column("size", "size"),
    column("against", "along"),
    column("models", "models"),
    column("r", "r"),
    column("low", "r_low"),
    column("high", "r_high"),
    column("exponent", "exponent"),
    column("low", "exponent_low"),
    column("high", "exponent_high"),
    column("latency at one", "factor_ns"),
    column("r of logarithms", "log_r"),
    column("low", "log_r_low"),
    column("high", "log_r_high"),
    column("from", "from"),
    column("to", "to"),
];

fn correlated(one: &Correlated) -> Vec<Value> {
    let mut values = vec![
        Value::text(one.adapter.clone()),
        Value::text(one.scenario.clone()),
        Value::text(pairs(&one.shape)),
        Value::text(one.precision.clone()),
        Value::text(one.device.clone()),
        Value::count(one.threads),
        Value::count(one.seed),
        Value::text(format!("{:.8}", one.machine)),
        Value::text(one.run.clone()),
        Value::count(one.batch),
        Value::text(one.size.name()),
        Value::text(one.along.name()),
        Value::count(one.models),
    ];
    values.extend([one.r, one.r_low, one.r_high].map(Value::plain));
    match &one.trend {
        Some(trend) => {
            let exponent = [trend.exponent, trend.exponent_low, trend.exponent_high];
            let r = [trend.r, trend.r_low, trend.r_high];
            values.extend(exponent.map(Value::plain));
            values.push(Value::small_time(trend.factor_ns));
            values.extend(r.map(Value::plain));
            values.extend([trend.from, trend.to].map(Value::plain));
        }
        None => values.resize(CORRELATION.len(), Value::Missing(None)),
    }
    values
}

/// `depth=2,width=64`.
fn pairs<T: std::fmt::Display>(of: &BTreeMap<String, T>) -> String {
    let pairs = of.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}
