//! How latencies are spread, as far as a summary's percentiles tell: each nine of the tail takes as much room.

use tare_results::{Latency, Percentile};

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::{Topic, doubts};
use super::panels::{MOST, NARROW, OPEN, Panel, grouped, left_out};
use super::table::{Column, Table, column};
use super::values::Value;
use crate::draw::ticks::si;
use crate::draw::{Axis, Curve, Dot, Plot, Scale, Series, legend};
use crate::summary::Summary;
use crate::table::{counted, numbers, p50};

const TOPICS: [Topic; 2] = [Topic::Latency, Topic::Tail];
const COLUMNS: [Column; 18] = [
    column("requests", "count"),
    column("least", "min_ns"),
    column("p50", "p50_ns"),
    column("p50 low", "p50_low_ns"),
    column("p50 high", "p50_high_ns"),
    column("p90", "p90_ns"),
    column("p90 low", "p90_low_ns"),
    column("p90 high", "p90_high_ns"),
    column("p95", "p95_ns"),
    column("p95 low", "p95_low_ns"),
    column("p95 high", "p95_high_ns"),
    column("p99", "p99_ns"),
    column("p99 low", "p99_low_ns"),
    column("p99 high", "p99_high_ns"),
    column("p99.9", "p99_9_ns"),
    column("p99.9 low", "p99_9_low_ns"),
    column("p99.9 high", "p99_9_high_ns"),
    column("most", "max_ns"),
];
const POINT: [Column; 4] = [
    column("cell", "cell"),
    column("run", "run"),
    column("share of requests", "share"),
    column("latency at most", "latency_ns"),
];
/// Percentiles that a line needs, so that no two points are taken for a distribution.
const JOINED: usize = 3;

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let shown: Vec<&Summary> = cells.valid().filter(|one| p50(one).is_some()).collect();
    let groups = grouped(shown.iter().copied(), |one| cells.place(one, &[]));
    let words = match shown.is_empty() {
        true => vec![
            "No valid cell has a median of single requests: half of them or more must end well."
                .to_owned(),
        ],
        false => decided(&shown)
            .into_iter()
            .chain(left_out(groups.len(), MOST))
            .chain(not_read(cells, &shown))
            .collect(),
    };
    let panels = groups.iter().take(MOST);
    let panels = panels.filter_map(|(place, members)| panel(cells, place, members));
    let panels = panels.collect();
    let table = cells.table(&shown, (&TOPICS, &COLUMNS), figures);
    Chart {
        reading: "Up: the share of requests that took at most so long, each further nine as high as the one before. Marks are the least, \
                  the percentiles that enough samples decide, with 95% intervals, and the most, at n of n + 1. The line is that of \
                  the requests of all repeats together where their samples are here, while a mark is the mean of the repeats' own figures, so \
                  that it may lie beside the line; a dashed one joins three percentiles or more, and what lies between its marks is not \
                  known."
            .to_owned(),
        panels,
        open: OPEN,
        width: NARROW,
        keys: cells.keys(shown.iter().copied()),
        words,
        table,
        lines: lines(cells, &shown),
    }
}

/// Why cells have no line of all their requests.
fn not_read(cells: &Cells<'_>, shown: &[&Summary]) -> Option<String> {
    let of = |one: &&Summary| cells.analysis.distributions.of(one).err();
    let lacking: Vec<Option<&str>> = shown.iter().filter_map(of).collect();
    let reason = lacking.iter().flatten().next()?;
    Some(format!(
        "{} of {} cells have no line of all requests: {reason}.",
        lacking.len(),
        shown.len()
    ))
}

/// Every point of the lines.
fn lines(cells: &Cells<'_>, shown: &[&Summary]) -> Table {
    let mut rows = Vec::new();
    for one in shown {
        let line = cells.analysis.distributions.of(one).unwrap_or_default();
        for (share, nanos) in line {
            rows.push(vec![
                Value::text(cells.label(one)),
                Value::text(one.run.clone()),
                Value::nines(*share),
                Value::time(*nanos),
            ]);
        }
    }
    Table::plain(&POINT, rows)
}

/// Which percentiles how many of the cells have.
fn decided(shown: &[&Summary]) -> Vec<String> {
    let names = |one: &Summary| percentiles(one).map(|(name, ..)| name).collect::<Vec<_>>();
    let groups = grouped(shown.iter().copied(), |one| names(one).join(", "));
    let groups = groups.iter().map(|(names, members)| {
        let count = counted(members.len() as u64, "cell");
        match names.contains(", ") {
            true => format!("{names} in {count}"),
            false => format!("{names} alone in {count}"),
        }
    });
    let groups: Vec<String> = groups.collect();
    vec![format!(
        "Percentiles that enough samples decide: {}. The others take more requests: a longer --duration, or duration= of a scenario that says it.",
        groups.join("; ")
    )]
}

/// Those that are decided, by name and rank.
fn percentiles(summary: &Summary) -> impl Iterator<Item = (String, f64, &Percentile)> {
    let all = summary.latency.iter().flat_map(Latency::percentiles);
    all.filter_map(|(name, rank, one)| Some((name.replace('_', "."), rank, one?)))
}

fn panel(cells: &Cells<'_>, title: &str, members: &[&Summary]) -> Option<Panel> {
    let series: Vec<Series> = members.iter().map(|one| series(cells, one)).collect();
    let curves: Vec<Curve> = members.iter().filter_map(|one| curve(cells, one)).collect();
    let dots = || series.iter().flat_map(|one| &one.dots);
    let points = || curves.iter().flat_map(|one| &one.points);
    let highest = dots().map(|dot| dot.y).chain(points().map(|point| point.1));
    let highest = highest.fold(0.9, f64::max);
    let plot = Plot {
        size: (NARROW, 230.0),
        x: Axis {
            scale: Scale::logarithmic(
                dots().map(|dot| dot.x).chain(points().map(|point| point.0)),
            )?,
            label: "latency".to_owned(),
            written: |nanos| si(nanos * 1e-9, "s"),
            ticks: Vec::new(),
        },
        y: Axis {
            scale: Scale::nines(1.0 - (1.0 - highest) * 0.8),
            label: "share of requests".to_owned(),
            written: |share| numbers::nines(share),
            ticks: Vec::new(),
        },
        is_interval_across: true,
        series,
        curves,
        bands: Vec::new(),
    };
    Some(Panel {
        title: title.to_owned(),
        drawing: plot.draw(),
    })
}

/// The line of all requests, and of percentiles where their samples are not here.
fn curve(cells: &Cells<'_>, summary: &Summary) -> Option<Curve> {
    let colour = legend::colour(cells.series(summary));
    let whose = cells.series_name(summary);
    if let Ok(line) = cells.analysis.distributions.of(summary) {
        return Some(Curve {
            class: format!("{colour} line"),
            points: line.iter().map(|(share, nanos)| (*nanos, *share)).collect(),
            title: format!("{whose}: all requests"),
        });
    }
    let joined: Vec<(f64, f64)> = percentiles(summary)
        .map(|(_, rank, one)| (one.value_ns, rank))
        .collect();
    (joined.len() >= JOINED).then(|| Curve {
        class: format!("{colour} line dash"),
        points: joined,
        title: format!("{whose}: percentiles"),
    })
}

fn series(cells: &Cells<'_>, summary: &Summary) -> Series {
    let mut dots = Vec::new();
    if let Some(latency) = &summary.latency {
        let whose = cells.series_name(summary);
        let is_doubtful = doubts(summary, &TOPICS).next().is_some();
        let mut dot = |name: &str, share: f64, nanos: f64, interval| {
            let figures = format!("{name} {}", numbers::time(nanos));
            let title = match name {
                "p50" => told(&whose, &figures, summary, &TOPICS).0,
                _ => format!("{whose}: {figures}"),
            };
            dots.push(Dot {
                x: nanos,
                y: share,
                interval,
                is_doubtful,
                title,
            });
        };
        let count = latency.count.saturating_sub(latency.failed) as f64;
        if let Some(least) = latency.min_ns {
            dot("least", 0.0, least.as_nanos() as f64, None);
        }
        for (name, rank, one) in percentiles(summary) {
            dot(&name, rank, one.value_ns, one.low_ns.zip(one.high_ns));
        }
        let highest = percentiles(summary).map(|one| one.1).fold(0.0, f64::max);
        let share = count / (count + 1.0);
        if let Some(most) = latency.max_ns.filter(|_| share > highest) {
            dot("most", share, most.as_nanos() as f64, None);
        }
    }
    Series {
        index: cells.series(summary),
        is_joined: false,
        dots,
    }
}

fn figures(summary: &Summary) -> Vec<Value> {
    let Some(latency) = &summary.latency else {
        return vec![Value::Missing(missing(summary, "latency")); COLUMNS.len()];
    };
    let edge = |edge: Option<tare_units::Nanoseconds>| match edge {
        Some(edge) => Value::time(edge.as_nanos() as f64),
        None => Value::Missing(None),
    };
    let mut values = vec![Value::count(latency.count), edge(latency.min_ns)];
    for (name, _, percentile) in latency.percentiles() {
        let end = |end: Option<f64>| end.map_or(Value::Missing(None), Value::time);
        let path = format!("latency.{name}");
        values.extend(match percentile {
            Some(one) => [Value::time(one.value_ns), end(one.low_ns), end(one.high_ns)],
            None => {
                let reason = missing(summary, &path);
                let named = reason.map(|reason| format!("{}: {reason}", name.replace('_', ".")));
                [
                    Value::Missing(named),
                    Value::Missing(None),
                    Value::Missing(None),
                ]
            }
        });
    }
    values.push(edge(latency.max_ns));
    values
}
