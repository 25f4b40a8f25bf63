//! The tax against the operators executed, with the dispatch law of each framework as it was run.

use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{NARROW, Panel};
use super::table::{Column, column};
use super::values::Value;
use crate::draw::ticks::si;
use crate::draw::{Axis, Curve, Dot, Plot, Scale, Series, legend};
use crate::known_tax::KnownTax;
use crate::split::DispatchLaw;
use crate::summary::Summary;
use crate::table::{numbers, signed_time};

const TOPICS: [Topic; 1] = [Topic::Split];
/// What is known of a cell's tax.
pub const COLUMNS: [Column; 6] = [
    column("tax", "tax_ns"),
    column("tax low", "tax_low_ns"),
    column("tax high", "tax_high_ns"),
    column("by the law", "predicted_tax_ns"),
    column("law low", "predicted_tax_low_ns"),
    column("law high", "predicted_tax_high_ns"),
];

/// A law and the series that it is the law of.
pub struct Line<'a> {
    law: &'a DispatchLaw,
    index: usize,
    name: String,
}

/// The laws that hold for some of `members`, each once.
pub fn lines<'a>(cells: &Cells<'a>, members: &[&Summary]) -> Vec<Line<'a>> {
    let line = |law: &'a DispatchLaw| {
        let member = members.iter().find(|one| is_of(law, one))?;
        Some(Line {
            law,
            index: cells.series(member),
            name: cells.series_name(member),
        })
    };
    cells.analysis.laws.iter().filter_map(line).collect()
}

/// The tax of a cell and what the law foretells of it: [`COLUMNS`].
pub fn figures(summary: &Summary) -> Vec<Value> {
    let Some(tax) = &summary.tax else {
        let mut values = vec![Value::Missing(missing(summary, "tax"))];
        values.resize(COLUMNS.len(), Value::Missing(None));
        return values;
    };
    let own = Value::time(tax.tax_ns.as_nanos_f64()).marked(KnownTax::of(tax).mark());
    let others = [
        (tax.tax_low_ns, "tax_low_ns"),
        (tax.tax_high_ns, "tax_high_ns"),
        (tax.predicted_tax_ns, "predicted_tax_ns"),
        (tax.predicted_tax_low_ns, "predicted_tax_low_ns"),
        (tax.predicted_tax_high_ns, "predicted_tax_high_ns"),
    ]
    .into_iter()
    .map(|(time, path)| match time {
        Some(time) => Value::time(time.as_nanos_f64()),
        None => Value::Missing(missing(summary, &format!("tax.{path}"))),
    });
    [own].into_iter().chain(others).collect()
}

fn is_of(law: &DispatchLaw, summary: &Summary) -> bool {
    let cell = &summary.cell;
    let is_there = law.machine == summary.machine.fingerprint
        && (&law.device, law.threads) == (&cell.device, cell.threads);
    let runtime = summary.runtime.as_ref();
    is_there
        && runtime.is_some_and(|one| {
            (&law.runtime, &law.version) == (&one.name, &one.version)
                && law.library_sha256 == one.library_sha256
                && law.options == one.options
        })
}

/// A law in words, with its intervals.
pub fn sentence(line: &Line<'_>) -> String {
    let law = line.law;
    let time = numbers::time;
    format!(
        "{}: tax = {} [{}, {}] + {} [{}, {}] for each operator, over {} twins of {} to {} operators.",
        line.name,
        signed_time(law.fixed_ns),
        signed_time(law.fixed_low_ns),
        signed_time(law.fixed_high_ns),
        time(law.per_operator_ns),
        signed_time(law.per_operator_low_ns),
        time(law.per_operator_high_ns),
        law.twins,
        law.operators_low,
        law.operators_high
    )
}

/// The tax of `members` against the operators that they execute; `None` where no split tells both.
pub fn panel(cells: &Cells<'_>, members: &[&Summary], lines: &[Line<'_>]) -> Option<Panel> {
    let mut series: Vec<Series> = Vec::new();
    for one in members {
        if let Some(dot) = dot(cells, one) {
            Series::add(&mut series, cells.series(one), dot);
        }
    }
    let dots = || series.iter().flat_map(|one| &one.dots);
    let across = Scale::logarithmic(dots().map(|dot| dot.x))?;
    let curves = lines.iter().map(|line| curve(line, &across)).collect();
    let plot = Plot {
        size: (NARROW, NARROW * 0.7),
        x: Axis {
            scale: across,
            label: "operators executed in a request".to_owned(),
            written: |amount| si(amount, ""),
            ticks: Vec::new(),
        },
        y: Axis {
            scale: Scale::logarithmic(dots().map(|dot| dot.y))?,
            label: "tax".to_owned(),
            written: |nanos| si(nanos * 1e-9, "s"),
            ticks: Vec::new(),
        },
        is_interval_across: false,
        series,
        curves,
        bands: Vec::new(),
    };
    Some(Panel {
        title: "the tax alone, with the dispatch law".to_owned(),
        drawing: plot.draw(),
    })
}

fn dot(cells: &Cells<'_>, summary: &Summary) -> Option<Dot> {
    let tax = summary.tax.as_ref()?;
    let operators = tax.operators_executed?;
    let shown = KnownTax::of(tax).marked(&tax.tax_ns.to_string());
    let figures = format!("tax {shown} for {operators} operators");
    let (title, is_doubtful) = told(&cells.label(summary), &figures, summary, &TOPICS);
    let ends = tax.tax_low_ns.zip(tax.tax_high_ns);
    Some(Dot {
        x: operators as f64,
        y: tax.tax_ns.as_nanos_f64(),
        interval: ends.map(|(low, high)| (low.as_nanos_f64(), high.as_nanos_f64())),
        is_doubtful,
        title,
    })
    .filter(|dot| dot.x > 0.0 && dot.y > 0.0)
}

fn curve(line: &Line<'_>, across: &Scale) -> Curve {
    let law = line.law;
    let ends = (law.operators_low as f64, law.operators_high as f64);
    let tax = |operators: f64| law.fixed_ns + law.per_operator_ns * operators;
    let at = across.between(ends, 65).into_iter();
    Curve {
        class: format!("{} line dash", legend::colour(line.index)),
        points: at.map(|at| (at, tax(at))).collect(),
        title: sentence(line),
    }
}
