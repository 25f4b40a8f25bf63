//! One chart of a report as a file of its own.

use crate::analysis::Analysis;
use crate::charts::{CHARTS, Cells};
use crate::draw::sheet;
use crate::summary::Summary;

/// The names of the charts, in the order of a page.
pub fn chart_names() -> Vec<&'static str> {
    CHARTS.iter().map(|entry| entry.name).collect()
}

/// The chart called `name` as SVG that needs nothing else, in the colours of a light page; of many panels those that a
/// page shows at once.
///
/// # Errors
/// Where there is no such chart, or nothing to draw in it.
pub fn chart(name: &str, summaries: &[Summary], analysis: &Analysis) -> Result<String, ChartError> {
    let mut entries = CHARTS.iter();
    let Some(entry) = entries.find(|entry| entry.name == name) else {
        return Err(ChartError::Unknown {
            name: name.to_owned(),
            known: chart_names(),
        });
    };
    let empty = |reason: String| ChartError::Empty {
        name: entry.name,
        reason,
    };
    if summaries.is_empty() {
        return Err(empty("no cell was measured".to_owned()));
    }
    let chart = (entry.build)(&mut Cells::of(summaries, analysis));
    let drawn = chart.sheet(entry.title);
    let drawn = drawn.ok_or_else(|| empty(why_empty(&chart.words, summaries)))?;
    Ok(drawn.document(entry.title, &sheet::for_file()))
}

/// What the chart says itself, else how many cells there are that it could have shown.
fn why_empty(words: &[String], summaries: &[Summary]) -> String {
    let reasons = summaries.iter().flat_map(|one| &one.reasons);
    let valid = summaries
        .iter()
        .filter(|one| one.reasons.is_empty())
        .count();
    let reason = match (valid, reasons.clone().next()) {
        (0, Some(first)) => format!("no cell is valid: {first}"),
        _ => words.join(" ").trim_end_matches('.').to_owned(),
    };
    match reason.is_empty() {
        true => format!("none of the {valid} valid cells has what it shows"),
        false => reason,
    }
}

/// Why there is no drawing.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// There is no such chart.
    #[error("no chart '{name}'; take one of {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The charts that exist.
        known: Vec<&'static str>,
    },
    /// No cell has what it shows.
    #[error("chart '{name}' has nothing to draw: {reason}")]
    Empty {
        /// The chart.
        name: &'static str,
        /// What the cells lack.
        reason: String,
    },
}
