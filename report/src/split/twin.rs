//! What the twin says beside its latency: its own figures, how hollow it is, and the same subtraction for other figures.

use std::collections::BTreeMap;

use tare_results::{Memory, Missing, Record, Tax, TaxMethod, TwinFigures, Weighed as Figure};
use tare_units::SignedNanoseconds;

use super::{Weighed, Weighing, lack};
use crate::summarise::{Figures, mean, reason};

/// Operators executed in one request: in all, and by kind where that is told.
pub struct Executed {
    /// In all.
    pub count: u64,
    /// By the framework's name of their kind.
    pub kinds: Option<BTreeMap<String, u64>>,
}

impl Weighing<'_> {
    /// What the twin's repeats show; `None` where there is none.
    pub fn twin_figures(&self, missing: &mut Missing) -> Option<TwinFigures> {
        if self.twins.counted.is_empty() {
            missing.insert("twin".to_owned(), self.no_twin());
            return None;
        }
        let mut figures = Figures::of(self.twins);
        let latency = figures.latency("latency", |record| record.latency.as_ref());
        let p50 = latency.and_then(|pooled| pooled.latency.p50);
        let load = figures.load();
        let memory = figures.memory();
        let energy = joules(&self.twins.counted);
        if energy.is_none() {
            let record = self.twins.counted.first();
            figures.absent(ENERGY, record.map(|record| reason(record, ENERGY)));
        }
        let reasons = figures.missing();
        for (field, path) in OF_TWIN {
            let told = [path, group(path)]
                .iter()
                .find_map(|path| reasons.get(*path));
            if let Some(told) = told {
                missing.insert(format!("twin.{field}"), told.clone());
            }
        }
        Some(TwinFigures {
            repeats: self.twins.counted.len() as u64,
            latency_p50_ns: p50.map(|p50| p50.value_ns),
            load_ns: load.as_ref().map(|load| load.load_ns),
            first_inference_ns: load.and_then(|load| load.first_inference_ns),
            peak_rss_bytes: memory.and_then(|memory| memory.peak_rss_bytes),
            above_idle_j: energy,
        })
    }

    /// The operators that the cell itself executes.
    pub fn operators(&self) -> Option<Executed> {
        let profile = self.profile.and_then(|record| record.profile.as_ref());
        if let Some(profile) = profile.filter(|profile| profile.tells_operators()) {
            let kinds = profile.operators.iter();
            let kinds: BTreeMap<String, u64> =
                kinds.map(|one| (one.kind.clone(), one.count)).collect();
            return Some(Executed {
                count: kinds.values().sum(),
                kinds: Some(kinds),
            });
        }
        let facts = self.facts()?;
        Some(Executed {
            count: facts.original_operators_executed?,
            kinds: facts
                .kinds
                .clone()
                .filter(|_| facts.same_operators == Some(true)),
        })
    }

    /// Puts in what is executed.
    pub fn count(&self, tax: &mut Tax, missing: &mut Missing) {
        tax.operators_executed = self.operators().map(|executed| executed.count);
        if tax.operators_executed.is_none() {
            let record = self.profile.or(self.cell.counted.first().copied());
            let path = match record.is_some_and(|record| record.profile.is_some()) {
                true => "profile.operators",
                false => "profile",
            };
            let told = record.map(|record| reason(record, path));
            let told = told.unwrap_or_else(|| "the cell has no profile".to_owned());
            lack(missing, &["operators_executed"], &told);
        }
    }

    /// Puts in how hollow the twin is and what work it leaves.
    pub fn describe_twin(&self, tax: &mut Tax, missing: &mut Missing) {
        let facts = self.facts().filter(|_| Self::is_by_twin(tax));
        tax.rung = facts.map(|facts| facts.rung.clone());
        tax.hollowness = facts.and_then(|facts| facts.hollowness);
        tax.twin_operators_executed = facts.and_then(|facts| facts.operators_executed);
        tax.elements_ratio = facts.and_then(|facts| facts.elements_ratio);
        let residual = self.residual().filter(|_| facts.is_some());
        let residual = residual.and_then(|residual| residual.most_ns());
        tax.residual_ns = residual.map(SignedNanoseconds::from_nanos_f64);
        let told = |field: &str| match (facts, self.twins.counted.first()) {
            (Some(_), Some(record)) => reason(record, &format!("twin.{field}")),
            _ => self.why_by_law(),
        };
        if facts.is_none() {
            lack(missing, &["rung"], &told("rung"));
        }
        if tax.hollowness.is_none() {
            lack(missing, &["hollowness"], &told("hollowness"));
        }
        if tax.elements_ratio.is_none() {
            lack(missing, &["elements_ratio"], &told("elements_ratio"));
        }
        if tax.residual_ns.is_none() {
            lack(missing, &["residual_ns"], &told("hollowness"));
        }
        if tax.twin_operators_executed.is_none() {
            let field = "operators_executed";
            lack(missing, &["twin_operators_executed"], &told(field));
        }
    }

    /// Puts in gross, tare and net of other figures.
    pub fn compare(&self, tax: &mut Tax, weighed: &mut Weighed) {
        let figures = || Figures::of(self.cell);
        let load = figures().load();
        let first = load.as_ref().and_then(|load| load.first_inference_ns);
        let memory: Option<Memory> = figures().memory();
        let gross = [
            memory
                .and_then(|memory| memory.peak_rss_bytes)
                .map(|of| of.as_bytes() as f64),
            load.as_ref().map(|load| load.load_ns.as_nanos() as f64),
            first.map(|first| first.as_nanos() as f64),
            joules(&self.cell.counted),
        ];
        let twin = weighed.twin.as_ref();
        let tare = [
            twin.and_then(|twin| twin.peak_rss_bytes)
                .map(|of| of.as_bytes() as f64),
            twin.and_then(|twin| twin.load_ns)
                .map(|of| of.as_nanos() as f64),
            twin.and_then(|twin| twin.first_inference_ns)
                .map(|of| of.as_nanos() as f64),
            twin.and_then(|twin| twin.above_idle_j),
        ];
        let mut both = gross.into_iter().zip(tare).zip(OF_TWIN.iter().skip(1));
        let mut next = || {
            let ((gross, tare), (field, path)) = both.next()?;
            let weight = gross.zip(tare).map(|(gross, tare)| Figure::of(gross, tare));
            if weight.is_none() {
                let told = match (gross, self.cell.counted.first()) {
                    (None, Some(record)) => reason(record, path),
                    _ => weighed
                        .missing
                        .get(&format!("twin.{field}"))
                        .cloned()
                        .unwrap_or_else(|| self.no_twin()),
                };
                lack(&mut weighed.missing, &[field], &told);
            }
            weight
        };
        tax.peak_rss_bytes = next();
        tax.load_ns = next();
        tax.first_inference_ns = next();
        tax.above_idle_j = next();
    }

    /// Whether the law stands in for a twin.
    pub fn is_by_law(tax: &Tax) -> bool {
        tax.method == TaxMethod::Law
    }
}

const ENERGY: &str = "energy.above_idle_per_sample_j";
/// The figures of a twin, each with the path in its records that says why it is not there.
const OF_TWIN: [(&str, &str); 5] = [
    ("latency_p50_ns", "latency.p50"),
    ("peak_rss_bytes", "memory.peak_rss_bytes"),
    ("load_ns", "load"),
    ("first_inference_ns", "load.first_inference_ns"),
    ("above_idle_j", ENERGY),
];

fn group(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Mean energy above idle of one request, where all of `records` know theirs.
fn joules(records: &[&Record]) -> Option<f64> {
    let each: Option<Vec<f64>> = records
        .iter()
        .map(|record| {
            let energy = record.energy.as_ref()?.above_idle_per_sample_j?;
            Some(energy * record.cell.batch as f64)
        })
        .collect();
    each.filter(|each| !each.is_empty())
        .map(|each| mean(each.into_iter()))
}
