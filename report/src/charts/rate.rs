//! Latency against the rate at which requests come, on logarithmic axes: where it rises, the system is full.

use tare_results::{Met, Percentile};

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{MOST, NARROW, OPEN, Panel, grouped, left_out};
use super::table::{Column, Table, column};
use super::values::Value;
use crate::draw::ticks::si;
use crate::draw::{Axis, Curve, Dot, Plot, Scale, Series, legend};
use crate::summary::Summary;
use crate::table::numbers;

const TOPICS: [Topic; 2] = [Topic::Latency, Topic::Tail];
const COLUMNS: [Column; 14] = [
    column("offered", "offered_per_s"),
    column("achieved", "achieved_per_s"),
    column("goodput", "goodput_per_s"),
    column("p50", "latency_p50_ns"),
    column("p99", "latency_p99_ns"),
    column("p99 low", "latency_p99_low_ns"),
    column("p99 high", "latency_p99_high_ns"),
    column("effective", "latency_p99_effective_count"),
    column("skew p99", "skew_p99_ns"),
    column("due", "requests_due"),
    column("failed", "requests_failed"),
    column("most waiting", "requests_most_waiting"),
    column("objective", "objective"),
    column("met", "objective_met"),
];

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let mut shown: Vec<&Summary> = cells.valid().filter(|one| one.serving.is_some()).collect();
    let by_rate = |one: &&Summary, other: &&Summary| {
        let rate = |of: &Summary| offered(of).unwrap_or(0.0);
        rate(one).total_cmp(&rate(other))
    };
    shown.sort_by(by_rate);
    let drawn = shown.iter().copied().filter(|one| offered(one).is_some());
    let drawn: Vec<&Summary> = drawn.filter(|one| p99(one).is_some()).collect();
    let places = grouped(drawn.iter().copied(), |one| place(cells, one));
    let words = match shown.is_empty() {
        true => vec![
            "No valid cell was measured under load; --scenario server:rate=100 does.".to_owned(),
        ],
        false => not_drawn(shown.len() - drawn.len())
            .into_iter()
            .chain(left_out(places.len(), MOST))
            .collect(),
    };
    let panels = places.iter().take(MOST);
    let panels = panels.filter_map(|(place, members)| panel(cells, place, members));
    let panels = panels.collect();
    let table = cells.table(&shown, (&TOPICS, &COLUMNS), figures);
    Chart {
        reading: "Latency counts from when a request was due, so that it holds what it waited. Marks are the 99th percentile with its 95% \
                  interval, the dashed line the median, the dotted one the objective's bound. Further right with the same latency is better."
            .to_owned(),
        panels,
        open: OPEN,
        width: NARROW,
        keys: cells.keys(drawn),
        words,
        table,
        lines: Table::default(),
    }
}

fn not_drawn(count: usize) -> Option<String> {
    (count > 0).then(|| {
        format!("{count} cells have no rate that was asked for, or no p99, and stand in the table alone.")
    })
}

fn offered(summary: &Summary) -> Option<f64> {
    let rate = summary.throughput.as_ref()?.offered_per_s?;
    (rate > 0.0).then_some(rate)
}

fn p99(summary: &Summary) -> Option<&Percentile> {
    summary.latency.as_ref()?.p99.as_ref()
}

fn p50(summary: &Summary) -> Option<&Percentile> {
    summary.latency.as_ref()?.p50.as_ref()
}

/// What cells of one panel share: all but their adapter and their rate.
fn place(cells: &Cells<'_>, summary: &Summary) -> String {
    let mut without = summary.cell.clone();
    without.scenario_options.remove("rate");
    let scenario = without.scenario_spec();
    match cells.place(summary, &["scenario"]) {
        place if place.is_empty() => scenario,
        place => format!("{place} · {scenario}"),
    }
}

fn panel(cells: &Cells<'_>, title: &str, members: &[&Summary]) -> Option<Panel> {
    let lines = grouped(members.iter().copied(), |one| cells.series_name(one));
    let rates = || members.iter().filter_map(|one| offered(one));
    let levels = members.iter().flat_map(|one| {
        let both = [p50(one), p99(one)].into_iter().flatten();
        both.map(|percentile| percentile.value_ns)
    });
    let medians = lines.iter().map(|(_, line)| median(cells, line));
    let plot = Plot {
        size: (NARROW, 240.0),
        x: Axis {
            scale: Scale::logarithmic(rates())?,
            label: "requests offered a second".to_owned(),
            written: |rate| si(rate, ""),
            ticks: Vec::new(),
        },
        y: Axis {
            scale: Scale::logarithmic(levels.chain(bound(members)))?,
            label: "latency from when it was due".to_owned(),
            written: |nanos| si(nanos * 1e-9, "s"),
            ticks: Vec::new(),
        },
        is_interval_across: false,
        series: lines.iter().map(|(_, line)| series(cells, line)).collect(),
        curves: medians.chain(objective(members, rates())).collect(),
        bands: Vec::new(),
    };
    Some(Panel {
        title: title.to_owned(),
        drawing: plot.draw(),
    })
}

fn series(cells: &Cells<'_>, line: &[&Summary]) -> Series {
    let dot = |one: &&Summary| {
        let (rate, p99) = (offered(one)?, p99(one)?);
        let figures = format!(
            "p99 {} at {} requests a second",
            numbers::time(p99.value_ns),
            numbers::significant(rate)
        );
        let (title, is_doubtful) = told(&cells.series_name(one), &figures, one, &TOPICS);
        Some(Dot {
            x: rate,
            y: p99.value_ns,
            interval: p99.low_ns.zip(p99.high_ns),
            is_doubtful,
            title,
        })
    };
    Series {
        index: line.first().map_or(0, |one| cells.series(one)),
        is_joined: true,
        dots: line.iter().filter_map(dot).collect(),
    }
}

fn median(cells: &Cells<'_>, line: &[&Summary]) -> Curve {
    let point = |one: &&Summary| Some((offered(one)?, p50(one)?.value_ns));
    let index = line.first().map_or(0, |one| cells.series(one));
    Curve {
        class: format!("{} line dash", legend::colour(index)),
        points: line.iter().filter_map(point).collect(),
        title: "median".to_owned(),
    }
}

/// The bound of the objective that all of `members` are held to.
fn bound(members: &[&Summary]) -> Option<f64> {
    let bound = |one: &Summary| Some(one.serving.as_ref()?.objective.as_ref()?.bound_ns);
    let first = bound(members.first()?)?;
    let is_shared = members.iter().all(|one| bound(one) == Some(first));
    is_shared.then_some(first.as_nanos() as f64)
}

fn objective(members: &[&Summary], rates: impl Iterator<Item = f64> + Clone) -> Option<Curve> {
    let bound = bound(members)?;
    let ends = [
        rates.clone().fold(f64::INFINITY, f64::min),
        rates.fold(0.0, f64::max),
    ];
    let named = members.first()?.serving.as_ref()?.objective.as_ref()?;
    Some(Curve {
        class: "edge knee".to_owned(),
        points: ends.map(|rate| (rate, bound)).to_vec(),
        title: named.to_string(),
    })
}

fn figures(summary: &Summary) -> Vec<Value> {
    let absent = |path: &str| Value::Missing(missing(summary, path));
    let rates = summary.throughput.as_ref();
    let serving = summary.serving.as_ref();
    let objective = serving.and_then(|one| one.objective.as_ref());
    let rate = |rate: Option<f64>, path| rate.map_or_else(|| absent(path), Value::plain);
    let time = |time: Option<f64>, path| time.map_or_else(|| absent(path), Value::time);
    let count = |count: Option<u64>| count.map_or_else(|| absent("serving"), Value::count);
    let p99 = p99(summary);
    let skew = summary.schedule.as_ref();
    let none = || Value::Missing(None);
    vec![
        rate(
            rates.and_then(|one| one.offered_per_s),
            "throughput.offered_per_s",
        ),
        rate(
            rates.and_then(|one| one.achieved_per_s),
            "throughput.achieved_per_s",
        ),
        rate(
            serving.and_then(|one| one.goodput_per_s),
            "serving.goodput_per_s",
        ),
        time(p50(summary).map(|one| one.value_ns), "latency.p50"),
        time(p99.map(|one| one.value_ns), "latency.p99"),
        p99.and_then(|one| one.low_ns)
            .map_or_else(none, Value::time),
        p99.and_then(|one| one.high_ns)
            .map_or_else(none, Value::time),
        p99.and_then(|one| one.effective_count)
            .map_or_else(none, Value::plain),
        time(
            skew.map(|one| one.skew_p99_ns.as_nanos() as f64),
            "schedule",
        ),
        count(serving.map(|one| one.due)),
        count(serving.map(|one| one.failed())),
        count(serving.map(|one| one.most_waiting)),
        objective.map_or_else(
            || absent("serving.objective"),
            |one| Value::text(one.to_string()),
        ),
        objective.map_or_else(none, |one| Value::text(met(one.met))),
    ]
}

fn met(met: Met) -> &'static str {
    match met {
        Met::Met => "yes",
        Met::NotMet => "no",
        Met::NotDecided => "undecided",
    }
}
