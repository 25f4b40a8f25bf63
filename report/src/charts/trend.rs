//! The straight fit of latency over what models ask for: a line for each framework at each batch, in figures and drawn.

use super::cells::Cells;
use crate::analysis::{Along, Correlated, Trend};
use crate::draw::ticks::si;
use crate::draw::{Curve, Scale, legend};
use crate::summary::Summary;
use crate::table::signed_time;

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

/// A fit in words: what a request takes at nothing, and for so many units more.
pub fn sentence(trend: &Trend, along: Along) -> String {
    let (scale, unit) = unit(along);
    let each = |nanos: f64| signed_time(nanos * scale);
    format!(
        "{} [{}, {}] + {} [{}, {}] {unit}",
        signed_time(trend.fixed_ns),
        signed_time(trend.fixed_low_ns),
        signed_time(trend.fixed_high_ns),
        each(trend.each_ns),
        each(trend.each_low_ns),
        each(trend.each_high_ns),
    )
}

fn unit(along: Along) -> (f64, &'static str) {
    match along {
        Along::Flops => (1e9, "a GFLOP"),
        Along::Macs => (1e9, "a billion MACs"),
        Along::Parameters => (1e6, "a million parameters"),
        Along::Operators => (1.0, "an operator"),
    }
}

/// The line, where it lies above zero.
pub fn curve(line: &Line<'_>, across: &Scale) -> Curve {
    let trend = line.trend;
    let latency = |amount: f64| trend.fixed_ns + trend.each_ns * amount;
    let at = across.between((trend.from, trend.to), 17).into_iter();
    let points = at.map(|at| (at, latency(at)));
    Curve {
        class: format!("{} line dash", legend::colour(line.index)),
        points: points.filter(|(_, latency)| *latency > 0.0).collect(),
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
