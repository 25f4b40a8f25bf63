//! The headline: each latency as floor, inefficiency and tax, stacked, adapters below each other.

use std::collections::HashSet;

use tare_results::Tax;
use tare_units::SignedNanoseconds;

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{NARROW, OPEN, Panel, bars, grouped, left_out};
use super::table::{Column, Table, column};
use super::values::Value;
use crate::draw::{Bar, Key, Part};
use crate::known_tax::KnownTax;
use crate::summary::Summary;
use crate::table::{numbers, p50};

/// The parts, from the bottom or the left.
const LAYERS: [(&str, &str); 3] = [
    ("floor", "floor: what the hardware needs"),
    ("inefficiency", "inefficiency: work done slower than that"),
    ("tax", "tax: what remains without the work"),
];
const NEGATIVE: (&str, &str) = ("negative", "inefficiency below zero, outlined backwards");
const UNSPLIT: (&str, &str) = ("plain", "latency that is not split further");
/// Bars that are seen at once.
const FEW: usize = 60;
/// Panels of the headline that are drawn at all.
const MOST: usize = 120;
const TOPICS: [Topic; 2] = [Topic::Latency, Topic::Split];
const READING: &str = "Each bar is a median latency. Floor, inefficiency and tax add up to it exactly; the bracket is the 95% interval of \
                       where the work ends and the tax begins. Before a share ≤ says that it is an upper bound, as the twin may still do work, \
                       and ~ that a dispatch law foretells it. Bars below one heading share a scale.";

const COLUMNS: [Column; 20] = [
    column("latency", "latency_p50_ns"),
    column("floor", "floor_ns"),
    column("inefficiency", "inefficiency_ns"),
    column("tax", "tax_ns"),
    column("floor low", "floor_low_ns"),
    column("floor high", "floor_high_ns"),
    column("ineff. low", "inefficiency_low_ns"),
    column("ineff. high", "inefficiency_high_ns"),
    column("tax low", "tax_low_ns"),
    column("tax high", "tax_high_ns"),
    column("work low", "kernel_low_ns"),
    column("work high", "kernel_high_ns"),
    column("tax share", "tax_fraction"),
    column("class", "class"),
    column("method", "method"),
    column("operators", "operators_executed"),
    column("predicted tax", "predicted_tax_ns"),
    column("predicted low", "predicted_tax_low_ns"),
    column("predicted high", "predicted_tax_high_ns"),
    column("residual", "residual_ns"),
];

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let shown: Vec<&Summary> = cells.alone().filter(|one| p50(one).is_some()).collect();
    let of = |some: &[&Summary]| bars(cells, some, |one| bar(cells, one));
    let all = of(&shown);
    let more = left_out(all.len(), MOST);
    let few = telling(cells, &shown);
    let mut reading = READING.to_owned();
    let mut panels: Vec<Panel> = Vec::new();
    if few.len() < shown.len() {
        panels = of(&few);
        reading.push_str(&first_seen(few.len(), shown.len()));
    }
    let open = match panels.len() {
        0 => OPEN,
        telling => telling,
    };
    panels.extend(all.into_iter().take(MOST));
    Chart {
        reading,
        open,
        panels,
        width: NARROW,
        keys: keys(&shown),
        words: words(&shown).into_iter().chain(more).collect(),
        table: cells.table(&shown, (&TOPICS, &COLUMNS), figures),
        lines: Table::default(),
    }
}

fn keys(shown: &[&Summary]) -> Vec<Key> {
    let key = |(class, name): (&str, &str)| Key {
        name: name.to_owned(),
        class: class.to_owned(),
        shape: None,
    };
    let has = |found: fn(&Summary) -> bool| shown.iter().any(|one| found(one));
    let mut keys: Vec<Key> = Vec::new();
    if has(|one| tax_of(one).is_some()) {
        keys.extend(LAYERS.map(key));
    }
    let is_below = |one: &Summary| {
        let inefficiency = tax_of(one).and_then(|tax| tax.inefficiency_ns);
        inefficiency.is_some_and(|value| value.is_negative())
    };
    if has(is_below) {
        keys.push(key(NEGATIVE));
    }
    if has(|one| tax_of(one).is_none_or(|tax| tax.floor_ns.is_none())) {
        keys.push(key(UNSPLIT));
    }
    keys
}

/// Why latencies are not split, once each with how many cells it holds for.
fn words(shown: &[&Summary]) -> Vec<String> {
    if shown.is_empty() {
        return vec!["No valid cell has a latency of single requests.".to_owned()];
    }
    let unsplit = shown.iter().filter(|one| tax_of(one).is_none());
    let reason =
        |one: &Summary| missing(one, "tax").unwrap_or_else(|| "no twin was run".to_owned());
    let reasons = grouped(unsplit.copied(), reason);
    reasons
        .iter()
        .map(|(reason, members)| match members.len() == shown.len() {
            true => format!("No latency is split: {reason}."),
            false => format!(
                "{} of {} latencies are not split: {reason}.",
                members.len(),
                shown.len()
            ),
        })
        .collect()
}

/// Those of `shown` that are seen at once: all where they are few, else whole settings, that is the cells that differ in
/// their adapter only. Of each model the setting in which the tax is the largest share, then the one in which it is the
/// smallest, then the others, as far as there is room.
fn telling<'a>(cells: &Cells<'_>, shown: &[&'a Summary]) -> Vec<&'a Summary> {
    if shown.len() <= FEW {
        return shown.to_vec();
    }
    let models = grouped(shown.iter().copied(), |one| one.cell.model.clone());
    let mut models: Vec<Vec<Vec<&Summary>>> = models
        .into_iter()
        .map(|(_, members)| settings(cells, members))
        .collect();
    models.sort_by(|one, other| taxed(&other[0]).total_cmp(&taxed(&one[0])));
    let rounds = models.iter().map(Vec::len).max().unwrap_or_default();
    let turns = (0..rounds).flat_map(|round| models.iter().filter_map(move |one| one.get(round)));
    let mut chosen: HashSet<(&str, &str)> = HashSet::new();
    for setting in turns {
        if chosen.len() + setting.len() > FEW && !chosen.is_empty() {
            break;
        }
        chosen.extend(setting.iter().take(FEW).map(|one| name(one)));
    }
    let shown = shown.iter().copied();
    shown.filter(|one| chosen.contains(&name(one))).collect()
}

/// A model's settings in the order in which they are shown.
fn settings<'a>(cells: &Cells<'_>, members: Vec<&'a Summary>) -> Vec<Vec<&'a Summary>> {
    let settings = grouped(members, |one| cells.place(one, &["model"]));
    let mut settings: Vec<Vec<&Summary>> = settings.into_iter().map(|one| one.1).collect();
    settings.sort_by(|one, other| taxed(other).total_cmp(&taxed(one)));
    if let Some(least) = settings.pop() {
        settings.insert(settings.len().min(1), least);
    }
    settings
}

/// The largest share of the tax among cells.
fn taxed(members: &[&Summary]) -> f64 {
    let shares = members.iter().filter_map(|one| tax_of(one));
    shares.map(|tax| tax.tax_fraction).fold(-1.0, f64::max)
}

fn name(summary: &Summary) -> (&str, &str) {
    (&summary.run, &summary.id)
}

fn first_seen(few: usize, all: usize) -> String {
    format!(
        " Seen first are {few} of {all} cells: of each model, as far as there is room, the setting in which the tax is the largest \
         share, then the one in which it is the smallest. More are drawn below them on demand."
    )
}

fn parts(tax: &Tax) -> Vec<Part> {
    let part = |class: &str, value: f64| Part {
        class: class.to_owned(),
        value,
    };
    let nanos = |value: SignedNanoseconds| value.as_nanos_f64();
    let work = match (tax.floor_ns, tax.inefficiency_ns) {
        (Some(floor), Some(inefficiency)) => vec![
            part("floor", nanos(floor)),
            part("inefficiency", nanos(inefficiency)),
        ],
        _ => vec![part("plain", nanos(tax.kernel_ns))],
    };
    work.into_iter()
        .chain([part("tax", nanos(tax.tax_ns))])
        .collect()
}

fn bar(cells: &Cells<'_>, summary: &Summary) -> Option<Bar> {
    let latency = p50(summary)?.value_ns;
    let tax = tax_of(summary);
    let figures = match tax {
        None => numbers::time(latency),
        Some(tax) => format!(
            "{}, {} tax",
            numbers::time(latency),
            KnownTax::of(tax).marked(&numbers::percent(tax.tax_fraction))
        ),
    };
    let (title, is_doubtful) = told("", &parts_told(summary), summary, &TOPICS);
    let mark = if is_doubtful { " *" } else { "" };
    let interval = tax.and_then(|tax| Some((tax.kernel_low_ns?, tax.kernel_high_ns?)));
    Some(Bar {
        label: cells.series_name(summary),
        text: format!("{figures}{mark}"),
        parts: match tax {
            Some(tax) => parts(tax),
            None => vec![Part {
                class: UNSPLIT.0.to_owned(),
                value: latency,
            }],
        },
        interval: interval.map(|(low, high)| (low.as_nanos_f64(), high.as_nanos_f64())),
        title,
    })
}

/// The parts with their numbers.
fn parts_told(summary: &Summary) -> String {
    let Some(tax) = tax_of(summary) else {
        return "not split".to_owned();
    };
    let part = |name: &str, value: Option<SignedNanoseconds>| {
        let value = value.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
        format!("{name} {value}")
    };
    [
        part("floor", tax.floor_ns),
        part("inefficiency", tax.inefficiency_ns),
        format!("tax {}", KnownTax::of(tax).marked(&tax.tax_ns.to_string())),
    ]
    .join(", ")
}

fn figures(summary: &Summary) -> Vec<Value> {
    let Some(tax) = tax_of(summary) else {
        let latency = p50(summary).map(|p50| Value::time(p50.value_ns));
        let reason = missing(summary, "tax").unwrap_or_else(|| "no twin was run".to_owned());
        let mut values = vec![
            latency.unwrap_or(Value::Missing(None)),
            Value::Missing(Some(reason)),
        ];
        values.resize(COLUMNS.len(), Value::Missing(None));
        return values;
    };
    let absent = |path: &str| Value::Missing(missing(summary, &format!("tax.{path}")));
    let time = |value: Option<SignedNanoseconds>, path: &str| match value {
        Some(value) => Value::time(value.as_nanos_f64()),
        None => absent(path),
    };
    let mark = KnownTax::of(tax).mark();
    vec![
        time(Some(tax.latency_ns), "latency_ns"),
        time(tax.floor_ns, "floor_ns"),
        time(tax.inefficiency_ns, "inefficiency_ns"),
        Value::time(tax.tax_ns.as_nanos_f64()).marked(mark),
        time(tax.floor_low_ns, "floor_low_ns"),
        time(tax.floor_high_ns, "floor_high_ns"),
        time(tax.inefficiency_low_ns, "inefficiency_low_ns"),
        time(tax.inefficiency_high_ns, "inefficiency_high_ns"),
        time(tax.tax_low_ns, "tax_low_ns"),
        time(tax.tax_high_ns, "tax_high_ns"),
        time(tax.kernel_low_ns, "kernel_low_ns"),
        time(tax.kernel_high_ns, "kernel_high_ns"),
        Value::share(tax.tax_fraction).marked(mark),
        tax.class
            .map_or_else(|| absent("class"), |class| Value::text(class.name())),
        Value::text(tax.method.name()),
        tax.operators_executed
            .map_or_else(|| absent("operators_executed"), Value::count),
        time(tax.predicted_tax_ns, "predicted_tax_ns"),
        time(tax.predicted_tax_low_ns, "predicted_tax_low_ns"),
        time(tax.predicted_tax_high_ns, "predicted_tax_high_ns"),
        time(tax.residual_ns, "residual_ns"),
    ]
}

fn tax_of(summary: &Summary) -> Option<&Tax> {
    summary.tax.as_ref()
}
