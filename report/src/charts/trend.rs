//! The power law of latency over what models ask for: a line for each framework at each batch, in figures and drawn.

use super::cells::Cells;
use crate::analysis::{Along, Correlated, Trend};
use crate::draw::ticks::si;
use crate::draw::{Curve, legend};
use crate::summary::Summary;

/// A fit and the series that it is the fit of.
pub struct Line<'a> {
    of: &'a Correlated,
    trend: &'a Trend,
    index: usize,
    name: String,
}

/// The fits over some of `members`, which are of one batch, each once.
pub fn lines<'a>(cells: &Cells<'a>, members: &[&Summary], along: Along) -> Vec<Line<'a>> {
    let line = |of: &'a Correlated| {
        let member = members.iter().find(|one| of.is_over(one))?;
        Some(Line {
            of,
            trend: of.trend.as_ref()?,
            index: cells.series(member),
            name: cells.series_name(member),
        })
    };
    let all = cells.analysis.correlations.iter();
    all.filter(|one| one.along == along)
        .filter_map(line)
        .collect()
}

/// The fit that a cell is one of the models of.
pub fn of<'a>(cells: &Cells<'a>, summary: &Summary, along: Along) -> Option<&'a Trend> {
    let mut all = cells.analysis.correlations.iter();
    let over = all.find(|one| one.along == along && one.is_over(summary));
    over?.trend.as_ref()
}

/// A fit in words.
pub fn sentence(trend: &Trend, along: Along) -> String {
    format!(
        "latency ~ {}^{:.2} [{:.2}, {:.2}], r of the logarithms {:.2} [{:.2}, {:.2}]",
        along.name(),
        trend.exponent,
        trend.exponent_low,
        trend.exponent_high,
        trend.r,
        trend.r_low,
        trend.r_high,
    )
}

/// The line, straight on logarithmic axes.
pub fn curve(line: &Line<'_>) -> Curve {
    let trend = line.trend;
    let ends = [trend.from, trend.to].into_iter();
    Curve {
        class: format!("{} line dash", legend::colour(line.index)),
        points: ends.map(|at| (at, trend.latency_ns(at))).collect(),
        title: format!(
            "{} at batch {}: {}; {} models from {} to {}",
            line.name,
            line.of.batch,
            sentence(trend, line.of.along),
            line.of.models,
            si(trend.from, ""),
            si(trend.to, ""),
        ),
    }
}
