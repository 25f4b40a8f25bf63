//! Latency against what a model asks for: floating-point operations, and operators that a framework must call.

use std::collections::BTreeSet;

use super::Chart;
use super::cells::{Cells, missing, told};
use super::law;
use super::notes::Topic;
use super::panels::{NARROW, Panel, WIDE};
use super::table::{Column, Table, column};
use super::trend;
use super::values::Value;
use crate::analysis::{Along, Correlated, apart};
use crate::draw::ticks::si;
use crate::draw::{Axis, Dot, Plot, Scale, Series};
use crate::summary::Summary;
use crate::table::{numbers, p50};

const TOPICS: [Topic; 2] = [Topic::Latency, Topic::Work];

/// What latencies are set against.
struct Against {
    amount: fn(&Summary) -> Option<f64>,
    name: &'static str,
    unit: &'static str,
    path: &'static str,
    key: &'static str,
    reading: &'static str,
    along: Along,
}

/// Latency against floating-point operations.
pub fn flops(cells: &mut Cells<'_>) -> Chart {
    chart(
        cells,
        &Against {
            amount: |summary| Some(summary.model.flops?.as_operations() as f64),
            name: "FLOPs of a request",
            unit: "FLOP",
            path: "model.flops",
            key: "flops",
            reading: "Where latency follows the work, models stand on a rising line; where it does not, something else than arithmetic takes \
                      the time. The dashed lines are power laws; an exponent of 1 is latency that follows the work.",
            along: Along::Flops,
        },
    )
}

/// Latency against operators.
pub fn operators(cells: &mut Cells<'_>) -> Chart {
    chart(
        cells,
        &Against {
            amount: |summary| Some(operators_of(summary)? as f64),
            name: "operators of a request",
            unit: "",
            path: "model.operators",
            key: "operators",
            reading: "Where a framework's overhead rules, latency follows the number of operators: those executed after fusion where that is \
                      known, else those of the model. The dashed lines are power laws; over the tax alone, the dispatch laws, \
                      fitted over hollow twins.",
            along: Along::Operators,
        },
    )
}

/// Executed, else those of the model.
fn operators_of(summary: &Summary) -> Option<u64> {
    let executed = summary.tax.as_ref().and_then(|tax| tax.operators_executed);
    executed.or(summary.model.operators)
}

fn chart(cells: &mut Cells<'_>, against: &Against) -> Chart {
    let placed = |one: &&Summary| {
        p50(one).is_some() && (against.amount)(one).is_some_and(|amount| amount > 0.0)
    };
    let shown: Vec<&Summary> = cells.alone().filter(placed).collect();
    let batches = ends(cells, &shown, against.along);
    let width = if batches.len() > 1 { NARROW } else { WIDE };
    let mut words = Vec::new();
    if shown.is_empty() {
        words.push(format!(
            "No valid cell has both a latency and known {}.",
            against.name
        ));
    }
    words.extend(correlations(cells, against.along));
    let mut panels = Vec::new();
    for batch in &batches {
        let members: Vec<&Summary> = shown
            .iter()
            .copied()
            .filter(|one| one.cell.batch == *batch)
            .collect();
        panels.extend(panel(cells, &members, against, (*batch, width)));
    }
    if against.along == Along::Operators {
        let smallest = batches.first();
        let members = shown
            .iter()
            .copied()
            .filter(|one| Some(&one.cell.batch) == smallest);
        let members: Vec<&Summary> = members.collect();
        let lines = law::lines(cells, &members);
        words.extend(lines.iter().map(law::sentence));
        panels.extend(law::panel(cells, &members, &lines));
    }
    let keys = cells.keys(shown.iter().copied());
    let table = table(cells, &shown, against);
    Chart {
        reading: against.reading.to_owned(),
        open: panels.len().max(1),
        panels,
        width,
        keys,
        words,
        table,
        lines: Table::default(),
    }
}

/// The batches at which models are compared, or else the smallest and the largest, once where they are one.
fn ends(cells: &Cells<'_>, shown: &[&Summary], along: Along) -> Vec<u64> {
    let compared = cells.analysis.correlations.iter();
    let compared = compared.filter(|one| one.along == along);
    let mut batches: Vec<u64> = compared.map(|one| one.batch).collect();
    if batches.is_empty() {
        batches.extend(shown.iter().map(|one| one.cell.batch));
    }
    let ends = BTreeSet::from_iter(batches.iter().min().into_iter().chain(batches.iter().max()));
    ends.into_iter().copied().collect()
}

/// How closely latency follows, in words.
fn correlations(cells: &Cells<'_>, along: Along) -> Vec<String> {
    let all = cells.analysis.correlations.iter();
    let all: Vec<&Correlated> = all.filter(|one| one.along == along).collect();
    let sentence = |(one, apart): (&&Correlated, String)| {
        let fit = one.trend.as_ref().map_or(String::new(), |trend| {
            format!("; {}", trend::sentence(trend, along))
        });
        format!(
            "{}{apart}, batch {}: r = {:.2} [{:.2}, {:.2}] over {} models{fit}.",
            one.adapter, one.batch, one.r, one.r_low, one.r_high, one.models
        )
    };
    all.iter().zip(apart(&all)).map(sentence).collect()
}

fn panel(
    cells: &Cells<'_>,
    members: &[&Summary],
    against: &Against,
    (batch, width): (u64, f64),
) -> Option<Panel> {
    let mut series: Vec<Series> = Vec::new();
    for one in members {
        if let Some(dot) = dot(cells, one, against) {
            Series::add(&mut series, cells.series(one), dot);
        }
    }
    let dots = || series.iter().flat_map(|one| &one.dots);
    let across = Scale::logarithmic(dots().map(|dot| dot.x))?;
    let lines = trend::lines(cells, members, against.along);
    let curves = lines.iter().map(trend::curve).collect();
    let plot = Plot {
        size: (width, width * 0.7),
        x: Axis {
            scale: across,
            label: against.name.to_owned(),
            written: |amount| si(amount, ""),
            ticks: Vec::new(),
        },
        y: Axis {
            scale: Scale::logarithmic(dots().map(|dot| dot.y))?,
            label: "median latency".to_owned(),
            written: |nanos| si(nanos * 1e-9, "s"),
            ticks: Vec::new(),
        },
        is_interval_across: false,
        series,
        curves,
        bands: Vec::new(),
    };
    Some(Panel {
        title: format!("batch {batch}"),
        drawing: plot.draw(),
    })
}

fn dot(cells: &Cells<'_>, summary: &Summary, against: &Against) -> Option<Dot> {
    let (amount, p50) = ((against.amount)(summary)?, p50(summary)?);
    let figures = format!(
        "{} for {}",
        numbers::time(p50.value_ns),
        si(amount, against.unit)
    );
    let (title, is_doubtful) = told(&cells.label(summary), &figures, summary, &TOPICS);
    Some(Dot {
        x: amount,
        y: p50.value_ns,
        interval: p50.low_ns.zip(p50.high_ns),
        is_doubtful,
        title,
    })
}

const COLUMNS: [Column; 4] = [
    column("p50", "latency_p50_ns"),
    column("low", "latency_p50_low_ns"),
    column("high", "latency_p50_high_ns"),
    column("by the fit", "fitted_ns"),
];

fn table(cells: &mut Cells<'_>, shown: &[&Summary], against: &Against) -> Table {
    let is_over_operators = against.along == Along::Operators;
    let topics: &[Topic] = match is_over_operators {
        true => &[Topic::Latency, Topic::Work, Topic::Split],
        false => &TOPICS,
    };
    let rows = shown.iter().map(|one| {
        let mut values = figures(one, against);
        let trend = trend::of(cells, one, against.along).zip((against.amount)(one));
        values.push(match trend {
            Some((trend, amount)) => Value::time(trend.latency_ns(amount)),
            None => Value::Missing(None),
        });
        if is_over_operators {
            values.extend(law::figures(one));
        }
        cells.row(one, topics, values)
    });
    let rows = rows.collect();
    let mut columns = vec![column(against.name, against.key)];
    columns.extend(COLUMNS);
    if is_over_operators {
        columns.extend(law::COLUMNS);
    }
    Table::of_cells(cells.columns(&columns), rows)
}

fn figures(summary: &Summary, against: &Against) -> Vec<Value> {
    let p50 = p50(summary);
    let time = |of: Option<f64>, path: &str| match of {
        Some(nanos) => Value::time(nanos),
        None => Value::Missing(missing(summary, path)),
    };
    vec![
        match (against.amount)(summary) {
            Some(amount) => Value::si(amount, against.unit),
            None => Value::Missing(missing(summary, against.path)),
        },
        time(p50.map(|p50| p50.value_ns), "latency"),
        time(p50.and_then(|p50| p50.low_ns), "latency.p50.low_ns"),
        time(p50.and_then(|p50| p50.high_ns), "latency.p50.high_ns"),
    ]
}
