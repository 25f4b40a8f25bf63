//! How latencies are spread, as far as a summary's percentiles tell: each nine of the tail takes as much room.

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{MOST, NARROW, OPEN, Panel, grouped, left_out};
use super::table::Column;
use super::values::Value;
use crate::draw::ticks::si;
use crate::draw::{Axis, Dot, Plot, Scale, Series};
use crate::summary::Summary;
use crate::table::{numbers, p50};

const TOPICS: [Topic; 2] = [Topic::Latency, Topic::Tail];
const COLUMNS: [Column; 8] = [
    column("requests", "count"),
    column("least", "min_ns"),
    column("p50", "p50_ns"),
    column("p90", "p90_ns"),
    column("p95", "p95_ns"),
    column("p99", "p99_ns"),
    column("p99.9", "p99_9_ns"),
    column("most", "max_ns"),
];

const fn column(header: &'static str, key: &'static str) -> Column {
    Column { header, key }
}

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let shown: Vec<&Summary> = cells.valid().filter(|one| p50(one).is_some()).collect();
    let groups = grouped(shown.iter().copied(), |one| cells.place(one, &[]));
    let words = match shown.is_empty() {
        true => Some("No cell has latencies of single requests.".to_owned()),
        false => left_out(groups.len()),
    };
    let panels = groups.iter().take(MOST);
    let panels = panels.filter_map(|(place, members)| panel(cells, place, members));
    let panels = panels.collect();
    let table = cells.table(&shown, (&TOPICS, &COLUMNS), figures);
    Chart {
        reading: "Up: the share of requests that took at most so long, each further nine as high as the one before. Marks are the \
                  percentiles that enough samples decide, with 95% intervals; the lines between them only join them."
            .to_owned(),
        panels,
        open: OPEN,
        width: NARROW,
        keys: cells.keys(shown.iter().copied()),
        words: words.into_iter().collect(),
        table,
    }
}

fn panel(cells: &Cells<'_>, title: &str, members: &[&Summary]) -> Option<Panel> {
    let series: Vec<Series> = members.iter().map(|one| series(cells, one)).collect();
    let dots = || series.iter().flat_map(|one| &one.dots);
    let highest = dots().map(|dot| dot.y).fold(0.9, f64::max);
    let plot = Plot {
        size: (NARROW, 230.0),
        x: Axis {
            scale: Scale::logarithmic(dots().map(|dot| dot.x))?,
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
        curves: Vec::new(),
        bands: Vec::new(),
    };
    Some(Panel {
        title: title.to_owned(),
        drawing: plot.draw(),
    })
}

fn series(cells: &Cells<'_>, summary: &Summary) -> Series {
    let mut dots = Vec::new();
    if let Some(latency) = &summary.latency {
        let mut dot = |name: &str, share: f64, nanos: f64, interval| {
            let figures = format!("{name} {}", numbers::time(nanos));
            let (title, is_doubtful) =
                told(&cells.series_name(summary), &figures, summary, &TOPICS);
            dots.push(Dot {
                x: nanos,
                y: share,
                interval,
                is_doubtful,
                title,
            });
        };
        if let Some(least) = latency.min_ns {
            dot("least", 0.0, least.as_nanos() as f64, None);
        }
        for (name, rank, percentile) in latency.percentiles() {
            if let Some(one) = percentile {
                let interval = one.low_ns.zip(one.high_ns);
                dot(&name.replace('_', "."), rank, one.value_ns, interval);
            }
        }
    }
    Series {
        index: cells.series(summary),
        is_joined: true,
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
    values.extend(latency.percentiles().map(|(name, _, percentile)| {
        match percentile {
            Some(percentile) => Value::time(percentile.value_ns),
            None => Value::Missing(
                missing(summary, &format!("latency.{name}"))
                    .map(|reason| format!("{}: {reason}", name.replace('_', "."))),
            ),
        }
    }));
    values.push(edge(latency.max_ns));
    values
}
