//! What a sample costs in joules against how long a request takes.

use tare_results::Weighed;

use super::Chart;
use super::cells::{Cells, missing, told};
use super::notes::Topic;
use super::panels::{Panel, WIDE, grouped};
use super::table::{Column, Table, column};
use super::values::Value;
use crate::draw::ticks::si;
use crate::draw::{Axis, Dot, Plot, Scale, Series};
use crate::summary::Summary;
use crate::table::{numbers, p50};

const TOPICS: [Topic; 2] = [Topic::Latency, Topic::Energy];
const COLUMNS: [Column; 9] = [
    column("p50", "latency_p50_ns"),
    column("a sample", "per_sample_j"),
    column("±", "per_sample_random_j"),
    column("above idle", "above_idle_per_sample_j"),
    column("request above idle", "above_idle_j"),
    column("its twin's", "above_idle_tare_j"),
    column("net", "above_idle_net_j"),
    column("power", "average_power_w"),
    column("source", "source"),
];

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let timed: Vec<&Summary> = cells.valid().filter(|one| p50(one).is_some()).collect();
    let shown: Vec<&Summary> = timed
        .iter()
        .copied()
        .filter(|one| joules(one).is_some())
        .collect();
    let without = timed.iter().copied().filter(|one| joules(one).is_none());
    let reason = |one: &Summary| {
        let reason = missing(one, "energy.per_sample_j");
        reason.unwrap_or_else(|| "nothing here tells joules".to_owned())
    };
    let words = grouped(without, reason);
    let words = words
        .iter()
        .map(|(reason, members)| match members.len() == timed.len() {
            true => format!("No joules: {reason}."),
            false => format!(
                "No joules of {} of {} cells: {reason}.",
                members.len(),
                timed.len()
            ),
        });
    let words = words.collect();
    let panels = panel(cells, &shown).into_iter().collect();
    let keys = cells.keys(shown.iter().copied());
    let table = cells.table(&shown, (&TOPICS, &COLUMNS), figures);
    Chart {
        reading: "Gross energy of a sample, by the source that each cell names, against the median latency of a request; the bracket is \
                  the random part of its uncertainty. Lower and further left is better."
            .to_owned(),
        panels,
        open: 1,
        width: WIDE,
        keys,
        words,
        table,
        lines: Table::default(),
    }
}

fn joules(summary: &Summary) -> Option<f64> {
    let joules = summary.energy.as_ref()?.per_sample_j?;
    (joules > 0.0).then_some(joules)
}

/// Half the width of the interval of its random part.
fn random(summary: &Summary) -> Option<f64> {
    let energy = summary.energy.as_ref()?;
    let primary = energy.primary.as_ref()?;
    let source = energy.sources.iter().find(|one| one.source == *primary)?;
    Some(source.random_j? * energy.per_sample_j? / source.gross_j?)
}

fn panel(cells: &Cells<'_>, shown: &[&Summary]) -> Option<Panel> {
    let mut series: Vec<Series> = Vec::new();
    for one in shown {
        let (Some(p50), Some(joules)) = (p50(one), joules(one)) else {
            continue;
        };
        let figures = format!("{} in {}", si(joules, "J"), numbers::time(p50.value_ns));
        let (title, is_doubtful) = told(&cells.label(one), &figures, one, &TOPICS);
        let dot = Dot {
            x: p50.value_ns,
            y: joules,
            interval: random(one).map(|random| (joules - random, joules + random)),
            is_doubtful,
            title,
        };
        Series::add(&mut series, cells.series(one), dot);
    }
    let dots = || series.iter().flat_map(|one| &one.dots);
    let plot = Plot {
        size: (WIDE, 300.0),
        x: Axis {
            scale: Scale::logarithmic(dots().map(|dot| dot.x))?,
            label: "median latency of a request".to_owned(),
            written: |nanos| si(nanos * 1e-9, "s"),
            ticks: Vec::new(),
        },
        y: Axis {
            scale: Scale::logarithmic(dots().map(|dot| dot.y))?,
            label: "energy of a sample".to_owned(),
            written: |joules| si(joules, "J"),
            ticks: Vec::new(),
        },
        is_interval_across: false,
        series,
        curves: Vec::new(),
        bands: Vec::new(),
    };
    Some(Panel {
        title: String::new(),
        drawing: plot.draw(),
    })
}

fn figures(summary: &Summary) -> Vec<Value> {
    let energy = summary.energy.as_ref();
    let absent = |path: &str| Value::Missing(missing(summary, path));
    let joules =
        |joules: Option<f64>, path: &str| joules.map_or_else(|| absent(path), Value::joules);
    let above = energy.and_then(|energy| energy.above_idle_per_sample_j);
    let weighed = summary
        .tax
        .as_ref()
        .and_then(|tax| tax.above_idle_j.as_ref());
    let weighed = |of: fn(&Weighed) -> f64| match weighed {
        Some(weighed) => Value::joules(of(weighed)),
        None => Value::Missing(None),
    };
    let power = energy.and_then(|energy| energy.average_power_w);
    let source = energy.and_then(|energy| energy.primary.clone());
    vec![
        p50(summary).map_or_else(|| absent("latency"), |p50| Value::time(p50.value_ns)),
        joules(
            energy.and_then(|energy| energy.per_sample_j),
            "energy.per_sample_j",
        ),
        joules(random(summary), "energy.random_j"),
        joules(above, "energy.above_idle_per_sample_j"),
        match weighed(|of| of.gross) {
            Value::Missing(_) => absent("tax.above_idle_j"),
            gross => gross,
        },
        weighed(|of| of.tare),
        weighed(|of| of.net),
        power.map_or_else(
            || absent("energy.average_power_w"),
            |power| Value::si(power, "W"),
        ),
        source.map_or_else(|| absent("energy.primary"), Value::text),
    ]
}
