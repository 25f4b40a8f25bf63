//! What only several cells together say: dispatch laws, knees over batches, and what latencies go along with.

mod correlation;
mod knee;
mod setting;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantiles::Distributions;
use crate::split::{DispatchLaw, Laws};
use crate::summary::Summary;
pub use correlation::{Along, Correlated, Size, Trend};
pub use knee::{BatchKnee, KneeModel, Reached};
pub(crate) use setting::{Setting, apart};

/// What a set of cells says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// One for each framework as it was run.
    pub laws: Vec<DispatchLaw>,
    /// Frameworks of which no law could be fitted, a line each with the reason.
    #[serde(default)]
    pub lacking_laws: Vec<String>,
    /// One for each set of cells of one run that differ in their batch only.
    pub knees: Vec<BatchKnee>,
    /// Latencies across models of one run against what is known of these.
    pub correlations: Vec<Correlated>,
    /// What was asked for and is not among the cells, a line each; whoever knows the runs adds it.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// All latencies of its cells; whoever can read samples adds them.
    #[serde(skip)]
    pub distributions: Distributions,
}

/// Of the valid ones among `summaries`, which may be of several runs, with the laws that stand beside them; without those
/// under load, whose latencies are mostly what requests waited.
pub fn analyse(summaries: &[Summary], laws: &Laws) -> Analysis {
    let valid: Vec<&Summary> = summaries
        .iter()
        .filter(|summary| summary.reasons.is_empty() && summary.serving.is_none())
        .collect();
    Analysis {
        laws: laws.all().cloned().collect(),
        lacking_laws: laws.lacking().collect(),
        knees: knee::knees(&valid),
        correlations: correlation::correlations(&valid),
        left_out: Vec::new(),
        distributions: Distributions::default(),
    }
}

/// The summaries that are alike in everything that `key` tells, in the order of their first.
fn alike<'a, K: PartialEq>(
    summaries: &[&'a Summary],
    key: impl Fn(&Summary) -> K,
) -> Vec<(K, Vec<&'a Summary>)> {
    let mut groups: Vec<(K, Vec<&Summary>)> = Vec::new();
    for summary in summaries.iter().copied() {
        let key = key(summary);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(summary),
            None => groups.push((key, vec![summary])),
        }
    }
    groups
}

/// The median in nanoseconds.
fn p50(summary: &Summary) -> Option<f64> {
    Some(summary.latency.as_ref()?.p50.as_ref()?.value_ns)
}
