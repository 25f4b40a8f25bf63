//! Latency against batch, on logarithmic axes, with the batch size at which work equals overhead.

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{MOST, NARROW, OPEN, Panel, grouped, left_out};
use super::table::{Column, Table, column};
use super::values::Value;
use crate::analysis::{BatchKnee, KneeModel, Reached};
use crate::draw::ticks::si;
use crate::draw::{Axis, Band, Curve, Dot, Plot, Scale, Series, legend};
use crate::summary::Summary;
use crate::table::{numbers, p50};

const TOPICS: [Topic; 1] = [Topic::Latency];
const COLUMNS: [Column; 8] = [
    column("p50", "latency_p50_ns"),
    column("low", "latency_p50_low_ns"),
    column("high", "latency_p50_high_ns"),
    column("samples/s", "samples_per_s"),
    column("by the fit", "fitted_ns"),
    column("knee b*", "knee_batch"),
    column("knee low", "knee_low_batch"),
    column("knee high", "knee_high_batch"),
];

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let shown: Vec<&Summary> = cells.alone().filter(|one| p50(one).is_some()).collect();
    let lines: Vec<Line<'_>> = lines(cells, &shown);
    let drawn: Vec<&Line<'_>> = lines.iter().filter(|line| line.cells.len() > 1).collect();
    let mut panels: Vec<(String, Vec<&Line<'_>>)> = Vec::new();
    for line in &drawn {
        match panels.iter_mut().find(|(place, _)| *place == line.place) {
            Some((_, members)) => members.push(line),
            None => panels.push((line.place.clone(), vec![line])),
        }
    }
    let words = words(&lines, drawn.len());
    let table = table(cells, &lines);
    Chart {
        reading: "Left of the knee b* the framework's overhead makes most of a request, right of it the work. The dotted line is the \
                  knee, the band its 95% interval, the dashed curve the fit."
            .to_owned(),
        keys: cells.keys(drawn.iter().flat_map(|line| line.cells.iter().copied())),
        words: words.into_iter().chain(left_out(panels.len(), MOST)).collect(),
        panels: panels
            .iter()
            .take(MOST)
            .filter_map(|(place, members)| panel(cells, place, members))
            .collect(),
        open: OPEN,
        width: NARROW,
        table,
        lines: Table::default(),
    }
}

/// The cells that differ in their batch only.
struct Line<'a> {
    place: String,
    series: usize,
    cells: Vec<&'a Summary>,
    knee: Option<&'a BatchKnee>,
}

fn lines<'a>(cells: &Cells<'a>, shown: &[&'a Summary]) -> Vec<Line<'a>> {
    let key = |one: &Summary| format!("{}\u{0}{}", cells.place(one, &["batch"]), cells.series(one));
    let line = |(_, mut members): (String, Vec<&'a Summary>)| {
        members.sort_by_key(|one| one.cell.batch);
        Line {
            place: cells.place(members[0], &["batch"]),
            series: cells.series(members[0]),
            knee: knee_of(cells, members[0]),
            cells: members,
        }
    };
    grouped(shown.iter().copied(), key)
        .into_iter()
        .map(line)
        .collect()
}

/// The knee over the batches of this cell.
fn knee_of<'a>(cells: &Cells<'a>, summary: &Summary) -> Option<&'a BatchKnee> {
    let mut knees = cells.analysis.knees.iter();
    knees.find(|knee| knee.is_over(summary))
}

fn words(lines: &[Line<'_>], drawn: usize) -> Vec<String> {
    if drawn == 0 {
        return vec![
            "No cell was measured at more than one batch size; --batch 1,2,4,8 does.".to_owned(),
        ];
    }
    let without = lines
        .iter()
        .filter(|line| line.cells.len() > 1 && line.knee.is_none())
        .count();
    let beyond = |line: &&Line<'_>| line.knee.is_some_and(|knee| place(knee).is_err());
    let beyond = lines.iter().filter(beyond).count();
    let mut words = Vec::new();
    if without > 0 {
        words.push(format!(
            "{without} of {drawn} lines have no knee, as a fit takes four batch sizes."
        ));
    }
    if beyond > 0 {
        words.push(format!(
            "{beyond} of {drawn} lines have their knee outside the batch sizes measured."
        ));
    }
    words
}

/// The knee, or why it is not among the batches.
fn place(knee: &BatchKnee) -> Result<f64, &'static str> {
    match knee.reached {
        Reached::Within => Ok(knee.batch),
        Reached::Below => Err("the knee lies below the batch sizes measured"),
        Reached::Above => Err("the knee is not reached within the batch sizes measured"),
    }
}

fn panel(cells: &Cells<'_>, title: &str, lines: &[&Line<'_>]) -> Option<Panel> {
    let all = || lines.iter().flat_map(|line| line.cells.iter());
    let batches = all().map(|one| one.cell.batch as f64);
    let mut ticks: Vec<f64> = batches.clone().collect();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    let plot = Plot {
        size: (NARROW, 240.0),
        x: Axis {
            scale: Scale::logarithmic(batches)?,
            label: "batch".to_owned(),
            written: |batch| si(batch, ""),
            ticks,
        },
        y: Axis {
            scale: Scale::logarithmic(all().filter_map(|one| Some(p50(one)?.value_ns)))?,
            label: "median latency".to_owned(),
            written: |nanos| si(nanos * 1e-9, "s"),
            ticks: Vec::new(),
        },
        is_interval_across: false,
        series: lines.iter().map(|line| series(cells, line)).collect(),
        curves: lines.iter().filter_map(|line| curve(line)).collect(),
        bands: lines.iter().filter_map(|line| band(line)).collect(),
    };
    Some(Panel {
        title: title.to_owned(),
        drawing: plot.draw(),
    })
}

fn series(cells: &Cells<'_>, line: &Line<'_>) -> Series {
    let dot = |one: &&Summary| {
        let p50 = p50(one)?;
        let (title, is_doubtful) = told(
            &cells.series_name(one),
            &numbers::time(p50.value_ns),
            one,
            &TOPICS,
        );
        Some(Dot {
            x: one.cell.batch as f64,
            y: p50.value_ns,
            interval: p50.low_ns.zip(p50.high_ns),
            is_doubtful,
            title,
        })
    };
    Series {
        index: line.series,
        is_joined: line.knee.is_none(),
        dots: line.cells.iter().filter_map(dot).collect(),
    }
}

fn curve(line: &Line<'_>) -> Option<Curve> {
    let knee = line.knee?;
    let batches = line.cells.iter().map(|one| one.cell.batch as f64);
    let points = Scale::logarithmic(batches)?.samples(33).into_iter();
    Some(Curve {
        class: format!("{} line dash", legend::colour(line.series)),
        points: points.map(|batch| (batch, fitted(knee, batch))).collect(),
        title: format!(
            "overhead {}, {} a sample, {}",
            numbers::time(knee.overhead_ns),
            numbers::time(knee.per_sample_ns),
            shape(knee)
        ),
    })
}

/// What the fit says of a batch.
fn fitted(knee: &BatchKnee, batch: f64) -> f64 {
    let work = knee.per_sample_ns * batch;
    let (overhead, exposed) = (knee.overhead_ns, knee.exposed);
    (overhead + exposed * work).max(work + exposed * overhead)
}

fn shape(knee: &BatchKnee) -> &'static str {
    match knee.model {
        KneeModel::Flat => "the longer hides the other",
        KneeModel::Additive => "added to each other",
        KneeModel::Partial => "the longer hides most of the other",
    }
}

fn band(line: &Line<'_>) -> Option<Band> {
    let knee = line.knee?;
    let at = place(knee).ok()?;
    let end = |end: Option<f64>| end.map_or_else(|| "open".to_owned(), numbers::significant);
    Some(Band {
        index: line.series,
        at,
        low: knee.batch_low,
        high: knee.batch_high,
        title: format!(
            "knee at batch {}, 95% interval {} to {}",
            numbers::significant(at),
            end(knee.batch_low),
            end(knee.batch_high)
        ),
    })
}

fn table(cells: &mut Cells<'_>, lines: &[Line<'_>]) -> Table {
    let mut rows = Vec::new();
    for line in lines {
        let knee = knee_values(line);
        for one in &line.cells {
            let mut values = figures(one);
            values.push(match line.knee {
                Some(knee) => Value::time(fitted(knee, one.cell.batch as f64)),
                None => Value::Missing(None),
            });
            values.extend(knee.clone());
            rows.push(cells.row(one, &TOPICS, values));
        }
    }
    Table::of_cells(cells.columns(&COLUMNS), rows)
}

fn figures(summary: &Summary) -> Vec<Value> {
    let p50 = p50(summary);
    let time = |of: Option<f64>| match of {
        Some(nanos) => Value::time(nanos),
        None => Value::Missing(missing(summary, "latency.p50.low_ns")),
    };
    let rate = summary
        .throughput
        .as_ref()
        .and_then(|one| one.samples_per_s);
    vec![
        time(p50.map(|p50| p50.value_ns)),
        time(p50.and_then(|p50| p50.low_ns)),
        time(p50.and_then(|p50| p50.high_ns)),
        match rate {
            Some(rate) => Value::plain(rate),
            None => Value::Missing(missing(summary, "throughput.samples_per_s")),
        },
    ]
}

fn knee_values(line: &Line<'_>) -> [Value; 3] {
    let absent = |reason: &str| {
        [
            Value::Missing(Some(reason.to_owned())),
            Value::Missing(None),
            Value::Missing(None),
        ]
    };
    let Some(knee) = line.knee else {
        return absent("a fit of the knee takes four batch sizes");
    };
    let end = |end: Option<f64>| end.map_or(Value::Missing(None), Value::plain);
    match place(knee) {
        Ok(at) => [Value::plain(at), end(knee.batch_low), end(knee.batch_high)],
        Err(reason) => absent(reason),
    }
}
