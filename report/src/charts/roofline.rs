//! Every cell under the roofs of its machine: what arithmetic and memory allow, and what was reached.

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{Panel, WIDE, grouped};
use super::table::{Column, Table, column};
use super::values::Value;
use tare_units::Rate;

use crate::draw::ticks::si;
use crate::draw::{Axis, Curve, Dot, Plot, Scale, Series};
use crate::summary::Summary;
use crate::table::p50;

const TOPICS: [Topic; 3] = [Topic::Latency, Topic::Work, Topic::Peaks];
const COLUMNS: [Column; 6] = [
    column("FLOPs a byte", "flops_per_byte"),
    column("FLOP/s", "flops_per_s"),
    column("share of roof", "roof_fraction"),
    column("peak FLOP/s", "peak_flops_per_s"),
    column("peak bytes/s", "peak_bytes_per_s"),
    column("memory level", "level"),
];
/// Roofs that are drawn; those of the most cells.
const ROOFS: usize = 4;

/// Where a cell stands.
struct Place<'a> {
    summary: &'a Summary,
    intensity: f64,
    rate: f64,
}

/// What a machine can do for some cells: the median of their peaks.
struct Roof {
    name: String,
    flops_per_s: f64,
    bytes_per_s: f64,
}

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let places: Vec<Place<'_>> = cells.alone().filter_map(place).collect();
    let (roofs, more) = roofs(cells, &places);
    let mut words = Vec::new();
    if places.is_empty() {
        words.push("No cell has both a latency and known FLOPs and bytes.".to_owned());
    } else if roofs.is_empty() {
        let reason = places.iter().find_map(|one| missing(one.summary, "peaks"));
        let reason = reason.unwrap_or_else(|| "the machine was not calibrated".to_owned());
        words.push(format!("There is no roof: {reason}."));
    }
    words.extend(roofs.iter().map(|roof| {
        let (flops, bytes) = (si(roof.flops_per_s, "FLOP/s"), si(roof.bytes_per_s, "B/s"));
        format!("Roof of {}: {flops}, {bytes}.", roof.name)
    }));
    if more > 0 {
        words.push(format!("{more} more roofs are in the table and not drawn."));
    }
    let panels = panel(cells, &places, &roofs);
    let keys = cells.keys(places.iter().map(|one| one.summary));
    let table = table(cells, &places);
    Chart {
        reading: "Across: FLOPs for each byte that must move. Up: FLOP/s reached in a median request. Far below its roof a cell spends its time \
                  elsewhere; above it, it does less than was counted or keeps its data nearer than was thought. Roofs are measured, not \
                  taken from a data sheet."
            .to_owned(),
        panels: panels.into_iter().collect(),
        open: 1,
        width: WIDE,
        keys,
        words,
        table,
        lines: Table::default(),
    }
}

fn place(summary: &Summary) -> Option<Place<'_>> {
    let seconds = p50(summary)?.value_ns * 1e-9;
    let flops = summary.model.flops?.as_operations() as f64;
    let bytes = summary.model.bytes_min?.as_bytes() as f64;
    let is_placed = flops > 0.0 && bytes > 0.0 && seconds > 0.0;
    is_placed.then(|| Place {
        summary,
        intensity: flops / bytes,
        rate: flops / seconds,
    })
}

fn roof_of(summary: &Summary) -> Option<(f64, f64)> {
    let peaks = summary.peaks.as_ref()?;
    Some((peaks.flops_per_s.per_s(), peaks.bytes_per_s.per_s()))
}

/// The roofs of the most cells, and how many more there are.
fn roofs(cells: &Cells<'_>, places: &[Place<'_>]) -> (Vec<Roof>, usize) {
    let with = places
        .iter()
        .map(|one| one.summary)
        .filter(|one| one.peaks.is_some());
    let mut groups = grouped(with, |one| roof_name(cells, one));
    groups.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let more = groups.len().saturating_sub(ROOFS);
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let roof = |(name, members): (String, Vec<&Summary>)| {
        let peaks: Vec<(f64, f64)> = members.into_iter().filter_map(roof_of).collect();
        Roof {
            name,
            flops_per_s: median(peaks.iter().map(|peak| peak.0).collect()),
            bytes_per_s: median(peaks.iter().map(|peak| peak.1).collect()),
        }
    };
    (groups.into_iter().take(ROOFS).map(roof).collect(), more)
}

fn roof_name(cells: &Cells<'_>, summary: &Summary) -> String {
    let level = summary.peaks.as_ref().map_or("", |peaks| &peaks.level);
    let cell = &summary.cell;
    let threads = match cell.threads {
        1 => "1 thread".to_owned(),
        many => format!("{many} threads"),
    };
    let machine = match cells.machines() > 1 {
        true => format!(", machine {:.8}", summary.machine.fingerprint),
        false => String::new(),
    };
    format!(
        "{} in {}, {threads}, {level}{machine}",
        cell.precision, cell.device
    )
}

fn panel(cells: &Cells<'_>, places: &[Place<'_>], roofs: &[Roof]) -> Option<Panel> {
    let heights = places
        .iter()
        .map(|one| one.rate)
        .chain(roofs.iter().map(|roof| roof.flops_per_s));
    let ridges = roofs.iter().map(|roof| roof.flops_per_s / roof.bytes_per_s);
    let across = Scale::logarithmic(places.iter().map(|one| one.intensity).chain(ridges))?;
    let curves = roofs.iter().map(|roof| curve(&across, roof)).collect();
    let plot = Plot {
        size: (WIDE, 320.0),
        y: Axis {
            scale: Scale::logarithmic(heights)?,
            label: "FLOP/s reached".to_owned(),
            written: |rate| si(rate, ""),
            ticks: Vec::new(),
        },
        x: Axis {
            scale: across,
            label: "FLOPs for each byte that must move".to_owned(),
            written: |intensity| si(intensity, ""),
            ticks: Vec::new(),
        },
        is_interval_across: false,
        series: all_series(cells, places),
        curves,
        bands: Vec::new(),
    };
    (!places.is_empty()).then(|| Panel {
        title: String::new(),
        drawing: plot.draw(),
    })
}

fn curve(across: &Scale, roof: &Roof) -> Curve {
    let ridge = roof.flops_per_s / roof.bytes_per_s;
    let mut at = across.samples(121);
    at.push(ridge);
    at.sort_by(f64::total_cmp);
    let height = |x: f64| (x * roof.bytes_per_s).min(roof.flops_per_s);
    Curve {
        class: "roof".to_owned(),
        points: at.into_iter().map(|x| (x, height(x))).collect(),
        title: format!("roof of {}", roof.name),
    }
}

fn all_series(cells: &Cells<'_>, places: &[Place<'_>]) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for one in places {
        let figures = format!(
            "{} at {} FLOPs a byte",
            si(one.rate, "FLOP/s"),
            si(one.intensity, "")
        );
        let (title, is_doubtful) = told(&cells.label(one.summary), &figures, one.summary, &TOPICS);
        let dot = Dot {
            x: one.intensity,
            y: one.rate,
            interval: None,
            is_doubtful,
            title,
        };
        Series::add(&mut all, cells.series(one.summary), dot);
    }
    all
}

fn table(cells: &mut Cells<'_>, places: &[Place<'_>]) -> Table {
    let rows = places.iter().map(|one| {
        let mut values = vec![Value::si(one.intensity, ""), Value::si(one.rate, "FLOP/s")];
        match (roof_of(one.summary), &one.summary.peaks) {
            (Some((flops, bytes)), Some(peaks)) => values.extend([
                Value::share(one.rate / flops.min(one.intensity * bytes)),
                Value::si(flops, "FLOP/s"),
                Value::si(bytes, "B/s"),
                Value::text(peaks.level.clone()),
            ]),
            _ => {
                values.push(Value::Missing(missing(one.summary, "peaks")));
                values.resize(COLUMNS.len(), Value::Missing(None));
            }
        }
        cells.row(one.summary, &TOPICS, values)
    });
    let rows = rows.collect();
    Table::of_cells(cells.columns(&COLUMNS), rows)
}
