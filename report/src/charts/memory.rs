//! Resident memory at its peak, adapters below each other.

use std::collections::BTreeSet;

use super::Chart;
use super::cells::{Cells, missing};
use super::notes::Topic;
use super::panels::{MOST, NARROW, OPEN, bars, left_out};
use super::table::{Column, Table, column};
use super::values::Value;
use crate::draw::{Bar, Key, Part};
use crate::summary::Summary;
use tare_units::Bytes;

const TOPICS: [Topic; 0] = [];
const COLUMNS: [Column; 5] = [
    column("peak", "peak_rss_bytes"),
    column("before loading", "before_load_rss_bytes"),
    column("after loading", "after_load_rss_bytes"),
    column("the twin's peak", "twin_peak_rss_bytes"),
    column("net of the twin", "net_peak_rss_bytes"),
];
const PARTS: [(&str, &str); 5] = [
    ("tax", "tare: the hollow twin's peak"),
    ("floor", "net: what is left without it"),
    ("plain", "there before the model was loaded"),
    ("inefficiency", "since then"),
    ("rest", "the peak, of which no part is known"),
];

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let shown: Vec<&Summary> = cells.valid().filter(|one| peak(one).is_some()).collect();
    let bars = bars(cells, &shown, |one| bar(cells, one));
    let mut words: Vec<String> = left_out(bars.len(), MOST).into_iter().collect();
    if shown.is_empty() {
        let reason = cells
            .valid()
            .find_map(|one| missing(one, "memory.peak_rss_bytes"));
        let reason = reason.unwrap_or_else(|| "no worker was watched".to_owned());
        words.push(format!("No peak of memory is known: {reason}."));
    }
    let panels = bars.into_iter().take(MOST).collect();
    let parts = shown.iter().filter_map(|one| divided(one)).flatten();
    let drawn: BTreeSet<usize> = parts.map(|(place, _)| place).collect();
    let keys = drawn.into_iter().map(|place| PARTS[place]);
    let keys = keys.map(|(class, name)| Key {
        name: name.to_owned(),
        class: class.to_owned(),
        shape: None,
    });
    let keys = keys.collect();
    let table = cells.table(&shown, (&TOPICS, &COLUMNS), figures);
    Chart {
        reading: "Each bar is the peak of the worker's resident memory, its descendants included. The hollow twin's is what the framework \
                  itself takes."
            .to_owned(),
        panels,
        open: OPEN,
        width: NARROW,
        keys,
        words,
        table,
        lines: Table::default(),
    }
}

fn peak(summary: &Summary) -> Option<f64> {
    let peak = summary.memory.as_ref()?.peak_rss_bytes?;
    Some(peak.as_bytes() as f64)
}

/// The twin's peak.
fn twin(summary: &Summary) -> Option<f64> {
    Some(summary.tax.as_ref()?.peak_rss_bytes?.tare)
}

/// The parts of a peak, each by its place in [`PARTS`].
fn divided(summary: &Summary) -> Option<Vec<(usize, f64)>> {
    let peak = peak(summary)?;
    let before = summary.memory.as_ref()?.before_load_rss_bytes;
    let before = before.map(|before| before.as_bytes() as f64);
    Some(match (twin(summary), before) {
        (Some(twin), _) => vec![(0, twin), (1, peak - twin)],
        (None, Some(before)) => vec![(2, before.min(peak)), (3, (peak - before).max(0.0))],
        (None, None) => vec![(4, peak)],
    })
}

fn bar(cells: &Cells<'_>, summary: &Summary) -> Option<Bar> {
    let peak = peak(summary)?;
    let part = |(place, value): (usize, f64)| Part {
        class: PARTS[place].0.to_owned(),
        value,
    };
    let parts = divided(summary)?.into_iter().map(part).collect();
    let text = Bytes::from_bytes(peak as u64).to_string();
    Some(Bar {
        label: cells.series_name(summary),
        text,
        parts,
        interval: None,
        title: String::new(),
    })
}

fn figures(summary: &Summary) -> Vec<Value> {
    let absent = |path: &str| Value::Missing(missing(summary, path));
    let bytes = |bytes: Option<Bytes>, path: &str| match bytes {
        Some(bytes) => Value::bytes(bytes.as_bytes() as f64),
        None => absent(path),
    };
    let memory = summary.memory.as_ref();
    let before = memory.and_then(|memory| memory.before_load_rss_bytes);
    let after = memory.and_then(|memory| memory.after_load_rss_bytes);
    let (peak, twin) = (peak(summary), twin(summary));
    let net = peak.zip(twin).map(|(peak, twin)| peak - twin);
    vec![
        peak.map_or_else(|| absent("memory.peak_rss_bytes"), Value::bytes),
        bytes(before, "memory.before_load_rss_bytes"),
        bytes(after, "memory.after_load_rss_bytes"),
        twin.map_or_else(|| absent("tax.peak_rss_bytes"), Value::bytes),
        net.map_or(Value::Missing(None), Value::bytes),
    ]
}
