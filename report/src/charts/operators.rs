//! Where the time of a request goes, by kind of operator and by operator, as each framework's own profiler says.

use std::collections::{BTreeMap, BTreeSet};

use tare_results::{OperatorShare, Profile};
use tare_units::{Bytes, Flops};

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{MOST, NARROW, OPEN, Panel, bars, grouped, left_out};
use super::table::{Column, Row, Table, column};
use super::values::Value;
use crate::draw::legend::{COLOURS, colour, legend};
use crate::draw::{Bar, Key, Part, Svg};
use crate::summary::Summary;
use crate::table::{device_sentence, numbers, share_of_roof};

const TOPICS: [Topic; 1] = [Topic::Operators];
const COLUMNS: [Column; 8] = [
    column("kind", "kind"),
    column("operator", "operator"),
    column("executed", "count"),
    column("time", "time_ns"),
    column("share", "share"),
    column("FLOP/s", "flops_per_s"),
    column("share of roof", "roof_fraction"),
    column("perturbation", "perturbation"),
];
/// Rows of the table, shared out among the cells.
const ROWS: usize = 2_000;
const MOST_OF_A_CELL: usize = 20;

/// Cells of whose devices there is a sentence.
const DEVICES: usize = 12;

const OTHERS: &str = "rest";

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let valid: Vec<&Summary> = cells.valid().collect();
    let shown: Vec<&Summary> = valid.iter().copied().filter(|one| tells(one)).collect();
    let models = grouped(shown.iter().copied(), |one| one.cell.model.clone());
    let panels: Vec<Vec<String>> = models
        .iter()
        .map(|(_, members)| heaviest(members, COLOURS))
        .collect();
    let palettes = palettes(&heaviest(&shown, usize::MAX), &panels);
    let drawn: Vec<Panel> = palettes
        .into_iter()
        .zip(&models)
        .flat_map(|(kinds, (_, members))| {
            let bars = bars(cells, members, |one| bar(cells, one, &kinds));
            bars.into_iter().map(move |panel| with_keys(panel, &kinds))
        })
        .collect();
    let mut words: Vec<String> = left_out(drawn.len(), MOST).into_iter().collect();
    if shown.len() < valid.len() {
        let reason = valid.iter().filter(|one| !tells(one));
        let mut reason = reason.filter_map(|one| missing(one, "profile.operators"));
        let reason = reason.next();
        let reason = reason.unwrap_or_else(|| "it was not asked for".to_owned());
        words.push(match shown.is_empty() {
            true => format!("No cell was profiled: {reason}."),
            false => format!(
                "{} of {} cells have no profile: {reason}.",
                valid.len() - shown.len(),
                valid.len()
            ),
        });
    }
    words.extend(devices(cells, &valid));
    let panels = drawn.into_iter().take(MOST).collect();
    let table = table(cells, &shown, &mut words);
    Chart {
        reading: "Shares of the time within operators, from a pass of its own; perturbation is how many times as long a profiled request \
                  took. A profiler weighs small operators too heavily: these shares say where the time goes, and define no tax."
            .to_owned(),
        panels,
        open: OPEN,
        width: NARROW,
        keys: Vec::new(),
        words,
        table,
        lines: Table::default(),
    }
}

/// Whether the cell's framework told of operators.
fn tells(summary: &Summary) -> bool {
    let profile = summary.profile.as_ref();
    profile.is_some_and(Profile::tells_operators)
}

/// What the devices of cells did, a sentence each.
fn devices(cells: &Cells<'_>, valid: &[&Summary]) -> Vec<String> {
    let watched = valid.iter().filter_map(|one| {
        let sentence = device_sentence(one)?;
        let (name, model) = (cells.series_name(one), &one.cell.model);
        let batch = one.cell.batch;
        Some(format!(
            "The device of {name}, {model}, b={batch}: {sentence}."
        ))
    });
    let mut all: Vec<String> = watched.collect();
    let rest = all.split_off(all.len().min(DEVICES));
    if !rest.is_empty() {
        all.push(format!(
            "tare show tells of {} further devices.",
            rest.len()
        ));
    }
    all
}

/// The kinds that take most over these cells, that which takes most first.
fn heaviest(shown: &[&Summary], most: usize) -> Vec<String> {
    let operators = shown
        .iter()
        .filter_map(|one| one.profile.as_ref())
        .flat_map(|one| &one.operators);
    let mut kinds: BTreeMap<&str, f64> = BTreeMap::new();
    for one in operators {
        *kinds.entry(&one.kind).or_default() += one.share;
    }
    let mut kinds: Vec<(&str, f64)> = kinds.into_iter().collect();
    kinds.sort_by(|one, other| other.1.total_cmp(&one.1));
    kinds
        .into_iter()
        .take(most)
        .map(|(kind, _)| kind.to_owned())
        .collect()
}

/// A kind of operator with its colour.
type Coloured = (String, usize);

/// A colour for each kind of each of `panels`, of which none has more kinds than there are colours: the same in all panels
/// that have the kind, unless the kinds beside it in one of them left none, where it takes any that is free in each.
/// `kinds` are all of them; the first have the first choice.
fn palettes(kinds: &[String], panels: &[Vec<String>]) -> Vec<Vec<Coloured>> {
    let mut common: BTreeMap<&String, usize> = BTreeMap::new();
    for kind in kinds {
        let together = panels.iter().filter(|panel| panel.contains(kind));
        let taken: BTreeSet<usize> = together
            .flatten()
            .filter_map(|beside| common.get(beside).copied())
            .collect();
        if let Some(free) = (0..COLOURS).find(|index| !taken.contains(index)) {
            common.insert(kind, free);
        }
    }
    let palette = |panel: &Vec<String>| {
        let taken: BTreeSet<usize> = panel
            .iter()
            .filter_map(|kind| common.get(kind).copied())
            .collect();
        let mut free = (0..COLOURS).filter(|index| !taken.contains(index));
        let colours = panel.iter().map(|kind| {
            let index = common.get(kind).copied().or_else(|| free.next());
            (kind.clone(), index.unwrap_or_default())
        });
        colours.collect()
    };
    panels.iter().map(palette).collect()
}

/// The panel below what its colours stand for.
fn with_keys(panel: Panel, kinds: &[Coloured]) -> Panel {
    let keys = legend(&keys(kinds), panel.drawing.width);
    let mut drawing = Svg::new(panel.drawing.width, keys.height + panel.drawing.height);
    drawing.place((0.0, 0.0), &keys);
    drawing.place((0.0, keys.height), &panel.drawing);
    Panel { drawing, ..panel }
}

fn keys(kinds: &[Coloured]) -> Vec<Key> {
    let key = |(kind, index): &Coloured| Key {
        name: kind.clone(),
        class: colour(*index),
        shape: None,
    };
    let others = Key {
        name: "others".to_owned(),
        class: OTHERS.to_owned(),
        shape: None,
    };
    match kinds.is_empty() {
        true => Vec::new(),
        false => kinds.iter().map(key).chain([others]).collect(),
    }
}

fn bar(cells: &Cells<'_>, summary: &Summary, kinds: &[Coloured]) -> Option<Bar> {
    let profile = summary.profile.as_ref()?;
    let part = |class: String, value: f64| Part { class, value };
    let share = |kind: &String| -> f64 {
        let of = profile.operators.iter().filter(|one| one.kind == *kind);
        of.map(|one| one.share).sum()
    };
    let mut parts: Vec<Part> = kinds
        .iter()
        .map(|(kind, index)| part(format!("{} box", colour(*index)), share(kind)))
        .collect();
    let named: f64 = parts.iter().map(|part| part.value).sum();
    parts.push(part(OTHERS.to_owned(), (1.0 - named).max(0.0)));
    let first = profile.operators.first()?;
    let text = format!("{} {}", first.kind, numbers::percent(first.share));
    let times = profile
        .perturbation
        .map(|times| format!(", {times:.2} times as long when profiled"));
    let figures = format!("{text}{}", times.unwrap_or_default());
    let (title, is_doubtful) = told("", &figures, summary, &TOPICS);
    let mark = if is_doubtful { " *" } else { "" };
    Some(Bar {
        label: cells.series_name(summary),
        text: format!("{text}{mark}"),
        parts,
        interval: None,
        title,
    })
}

fn table(cells: &mut Cells<'_>, shown: &[&Summary], words: &mut Vec<String>) -> Table {
    let most = (ROWS / shown.len().max(1) / 2).clamp(1, MOST_OF_A_CELL);
    let mut rows: Vec<Row> = Vec::new();
    let mut is_cut = false;
    for one in shown {
        let Some(profile) = &one.profile else {
            continue;
        };
        is_cut |= profile.operators.len() > most || profile.nodes.len() > most;
        for kind in profile.operators.iter().take(most) {
            rows.push(cells.row(one, &TOPICS, of_kind(one, profile, kind)));
        }
        for node in profile.nodes.iter().take(most) {
            let mut values = vec![
                Value::text(node.kind.clone()),
                Value::text(node.name.clone()),
                Value::count(node.count),
            ];
            values.extend([Value::time(node.time_ns), Value::share(node.share)]);
            values.extend(rates(one, (node.flops, node.bytes), node.time_ns));
            values.resize(COLUMNS.len(), Value::Missing(None));
            rows.push(cells.row(one, &TOPICS, values));
        }
    }
    if is_cut {
        words.push(format!(
            "The table has the {most} heaviest kinds and operators of each cell; tare export has all."
        ));
    }
    Table::of_cells(cells.columns(&COLUMNS), rows)
}

/// How fast operators compute, and what share of their roof that is.
fn rates(summary: &Summary, work: (Option<Flops>, Option<Bytes>), time_ns: f64) -> [Value; 2] {
    let rate = work
        .0
        .map(|flops| flops.as_operations() as f64 / (time_ns * 1e-9));
    let rate = rate.filter(|rate| rate.is_finite());
    [
        known(rate.map(|rate| Value::si(rate, "FLOP/s"))),
        known(share_of_roof(summary.peaks.as_ref(), work, time_ns).map(Value::share)),
    ]
}

fn of_kind(summary: &Summary, profile: &Profile, kind: &OperatorShare) -> Vec<Value> {
    let mut values = vec![
        Value::text(kind.kind.clone()),
        Value::text("all"),
        Value::count(kind.count),
        Value::time(kind.time_ns),
        Value::share(kind.share),
    ];
    values.extend(rates(summary, (kind.flops, kind.bytes), kind.time_ns));
    values.push(known(profile.perturbation.map(Value::plain)));
    values
}

fn known(value: Option<Value>) -> Value {
    value.unwrap_or(Value::Missing(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kinds: &[&str]) -> Vec<String> {
        kinds.iter().map(|kind| (*kind).to_owned()).collect()
    }

    #[test]
    fn a_kind_has_one_colour_in_all_panels_and_no_panel_has_a_colour_twice() {
        let all: Vec<String> = (0..12).map(|kind| format!("kind-{kind}")).collect();
        let panels = [&all[..8], &all[4..12], &all[6..9]].map(<[String]>::to_vec);
        let palettes = palettes(&all, &panels);
        let mut colours: BTreeMap<&String, BTreeSet<usize>> = BTreeMap::new();
        for palette in &palettes {
            let used: BTreeSet<usize> = palette.iter().map(|(_, index)| *index).collect();
            assert_eq!(used.len(), palette.len(), "{palette:?}");
            for (kind, index) in palette {
                colours.entry(kind).or_default().insert(*index);
            }
        }
        assert!(colours.values().all(|of| of.len() == 1), "{colours:?}");
    }

    #[test]
    fn a_kind_that_finds_no_colour_free_everywhere_takes_one_in_each_panel() {
        let all = named(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "x"]);
        let panels = [
            named(&["a", "b", "c", "d", "e", "f", "g", "x"]),
            named(&["h", "x"]),
            named(&["a", "b", "c", "d", "e", "f", "g", "h"]),
        ];
        let palettes = palettes(&all, &panels);
        let of_x: Vec<usize> = palettes[..2]
            .iter()
            .map(|panel| panel.iter().find(|(kind, _)| kind == "x").expect("x").1)
            .collect();
        assert_eq!(of_x, [7, 0]);
    }
}
