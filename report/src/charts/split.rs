//! The headline: each latency as floor, inefficiency and tax, stacked, adapters below each other.

use tare_results::Tax;
use tare_units::SignedNanoseconds;

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{MOST, NARROW, OPEN, Panel, bars, grouped, left_out};
use super::table::Column;
use super::values::Value;
use crate::draw::{Bar, Key, Part, Shares};
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
/// Beyond so many cells the shares of all are shown first, and the bars on demand.
const FEW: usize = 60;
const TOPICS: [Topic; 2] = [Topic::Latency, Topic::Split];

const COLUMNS: [Column; 12] = [
    column("latency", "latency_p50_ns"),
    column("floor", "floor_ns"),
    column("inefficiency", "inefficiency_ns"),
    column("tax", "tax_ns"),
    column("tax low", "tax_low_ns"),
    column("tax high", "tax_high_ns"),
    column("tax share", "tax_fraction"),
    column("class", "class"),
    column("method", "method"),
    column("operators", "operators_executed"),
    column("predicted tax", "predicted_tax_ns"),
    column("residual", "residual_ns"),
];

const fn column(header: &'static str, key: &'static str) -> Column {
    Column { header, key }
}

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let shown: Vec<&Summary> = cells.valid().filter(|one| p50(one).is_some()).collect();
    let bars = bars(cells, &shown, |one| bar(cells, one));
    let more = left_out(bars.len());
    let mut panels: Vec<Panel> = Vec::new();
    let is_many = shown.len() > FEW;
    if is_many {
        panels.extend(overview(cells, &shown));
    }
    let open = match panels.len() {
        0 => OPEN,
        overviews => overviews,
    };
    panels.extend(bars.into_iter().take(MOST));
    Chart {
        reading: "Each bar is a median latency. Floor, inefficiency and tax add up to it exactly; the bracket is the 95% \
                  interval of where the work ends and the tax begins. Bars below one heading share a scale."
            .to_owned(),
        open,
        panels,
        width: NARROW,
        keys: keys(&shown),
        words: words(&shown).into_iter().chain(more).collect(),
        table: cells.table(&shown, (&TOPICS, &COLUMNS), figures),
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

/// The shares of all cells of an adapter, from the least tax to the most.
fn overview(cells: &Cells<'_>, shown: &[&Summary]) -> Vec<Panel> {
    let split = shown.iter().copied().filter(|one| tax_of(one).is_some());
    let panel = |(adapter, members): (String, Vec<&Summary>)| {
        let mut columns: Vec<Vec<f64>> = members
            .iter()
            .filter_map(|one| shares(tax_of(one)?))
            .collect();
        columns.sort_by(|one, other| one[3].total_cmp(&other[3]));
        let count = columns.len();
        let shares = Shares {
            width: NARROW,
            classes: vec!["plain", "floor", "inefficiency", "tax"],
            columns,
            label: format!("{count} cells, from the least tax to the most"),
        };
        Panel {
            title: adapter,
            drawing: shares.draw(),
        }
    };
    let groups = grouped(split, |one| cells.series_name(one));
    groups.into_iter().map(panel).collect()
}

/// Unsplit work, floor, inefficiency and tax as shares of the latency; parts below zero count as nothing.
fn shares(tax: &Tax) -> Option<Vec<f64>> {
    let parts = parts(tax);
    let of = |class: &str| {
        let found = parts.iter().find(|part| part.class == class);
        found.map_or(0.0, |part| part.value.max(0.0))
    };
    let values = ["plain", "floor", "inefficiency", "tax"].map(of);
    let total: f64 = values.iter().sum();
    (total > 0.0).then(|| values.map(|value| value / total).to_vec())
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
            "{}, {:.0}% tax",
            numbers::time(latency),
            tax.tax_fraction * 100.0
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
        part("tax", Some(tax.tax_ns)),
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
    vec![
        time(Some(tax.latency_ns), "latency_ns"),
        time(tax.floor_ns, "floor_ns"),
        time(tax.inefficiency_ns, "inefficiency_ns"),
        time(Some(tax.tax_ns), "tax_ns"),
        time(tax.tax_low_ns, "tax_low_ns"),
        time(tax.tax_high_ns, "tax_high_ns"),
        Value::share(tax.tax_fraction),
        tax.class
            .map_or_else(|| absent("class"), |class| Value::text(class.name())),
        Value::text(tax.method.name()),
        tax.operators_executed
            .map_or_else(|| absent("operators_executed"), Value::count),
        time(tax.predicted_tax_ns, "predicted_tax_ns"),
        time(tax.residual_ns, "residual_ns"),
    ]
}

fn tax_of(summary: &Summary) -> Option<&Tax> {
    summary.tax.as_ref()
}
