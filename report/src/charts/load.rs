//! How long each framework took to get ready: loading the model, and the first request of all, with the twin's beside it.

use tare_results::Weighed;

use super::Chart;
use super::cells::{Cells, missing};
use super::notes::Topic;
use super::panels::{MOST, NARROW, OPEN, Panel, bars, grouped, left_out};
use super::table::{Column, Table, column};
use super::values::Value;
use crate::draw::{Bar, Key, Part};
use crate::summary::Summary;
use crate::table::numbers;

/// Cells that are all drawn.
const FEW: usize = 60;
const TOPICS: [Topic; 0] = [];
const COLUMNS: [Column; 6] = [
    column("loading", "load_ns"),
    column("the twin's", "load_tare_ns"),
    column("net", "load_net_ns"),
    column("first inference", "first_inference_ns"),
    column("the twin's", "first_inference_tare_ns"),
    column("net", "first_inference_net_ns"),
];
const PARTS: [(&str, &str); 4] = [
    ("tax", "tare: the hollow twin's"),
    ("floor", "net: what is left without it"),
    ("negative", "the twin's is longer, by what is outlined"),
    ("plain", "of no twin"),
];

/// Something that is waited for before requests are answered at their pace.
struct Stage {
    name: &'static str,
    path: &'static str,
    gross: fn(&Summary) -> Option<f64>,
    weighed: fn(&Summary) -> Option<Weighed>,
}

const STAGES: [Stage; 2] = [
    Stage {
        name: "loading",
        path: "load_ns",
        gross: |summary| Some(summary.load.as_ref()?.load_ns.as_nanos() as f64),
        weighed: |summary| summary.tax.as_ref()?.load_ns,
    },
    Stage {
        name: "first inference",
        path: "first_inference_ns",
        gross: |summary| Some(summary.load.as_ref()?.first_inference_ns?.as_nanos() as f64),
        weighed: |summary| summary.tax.as_ref()?.first_inference_ns,
    },
];

/// The chart.
pub fn chart(cells: &mut Cells<'_>) -> Chart {
    let shown: Vec<&Summary> = cells.valid().filter(|one| one.load.is_some()).collect();
    let drawn = drawn(cells, &shown);
    let panels = panels(cells, &drawn);
    let mut words: Vec<String> = left_out(panels.len(), MOST).into_iter().collect();
    if shown.is_empty() {
        let reason = cells.valid().find_map(|one| missing(one, "load"));
        let reason = reason.unwrap_or_else(|| "no valid cell was loaded".to_owned());
        words.push(format!("How long loading took is not known: {reason}."));
    }
    Chart {
        reading: reading(drawn.len() < shown.len()),
        panels: panels.into_iter().take(MOST).collect(),
        open: OPEN,
        width: NARROW,
        keys: keys(&drawn),
        words,
        table: cells.table(&shown, (&TOPICS, &COLUMNS), figures),
        lines: Table::default(),
    }
}

fn reading(is_cut: bool) -> String {
    let mut reading = "Loading goes from the model's path to a session; the first inference is the first request of all, which often makes what \
                       later ones use. The hollow twin's part is what the framework takes for the graph alone."
        .to_owned();
    if is_cut {
        reading.push_str(" Of each setting the smallest batch is drawn; the table has all.");
    }
    reading
}

/// All where they are few, else the smallest batch of each setting.
fn drawn<'a>(cells: &Cells<'_>, shown: &[&'a Summary]) -> Vec<&'a Summary> {
    if shown.len() <= FEW {
        return shown.to_vec();
    }
    let setting = |one: &Summary| {
        let place = cells.place(one, &["batch"]);
        format!("{}\u{0}{place}\u{0}{}", one.cell.model, cells.series(one))
    };
    let settings = grouped(shown.iter().copied(), setting).into_iter();
    let smallest = |(_, members): (String, Vec<&'a Summary>)| {
        members.into_iter().min_by_key(|one| one.cell.batch)
    };
    settings.filter_map(smallest).collect()
}

/// Of each model the stages beside each other.
fn panels(cells: &Cells<'_>, shown: &[&Summary]) -> Vec<Panel> {
    let models = grouped(shown.iter().copied(), |one| one.cell.model.clone());
    let mut panels = Vec::new();
    for (_, members) in &models {
        for stage in &STAGES {
            let members = members.iter().copied();
            let known = members.filter(|one| (stage.gross)(one).is_some());
            let known: Vec<&Summary> = known.collect();
            let drawn = bars(cells, &known, |one| bar(cells, one, stage));
            panels.extend(drawn.into_iter().map(|panel| Panel {
                title: format!("{}: {}", panel.title, stage.name),
                ..panel
            }));
        }
    }
    panels
}

fn keys(shown: &[&Summary]) -> Vec<Key> {
    let weighed = || {
        let all = shown
            .iter()
            .flat_map(|one| STAGES.iter().map(move |stage| (stage, one)));
        all.filter(|(stage, one)| (stage.gross)(one).is_some())
            .map(|(stage, one)| (stage.weighed)(one))
    };
    let is_weighed = weighed().any(|one| one.is_some());
    let is_below = weighed().flatten().any(|one| one.net < 0.0);
    let is_plain = weighed().any(|one| one.is_none());
    let shown = [is_weighed, is_weighed, is_below, is_plain];
    let key = |(class, name): &(&str, &str)| Key {
        name: (*name).to_owned(),
        class: (*class).to_owned(),
        shape: None,
    };
    let keys = PARTS.iter().zip(shown).filter(|(_, is_shown)| *is_shown);
    keys.map(|(part, _)| key(part)).collect()
}

fn bar(cells: &Cells<'_>, summary: &Summary, stage: &Stage) -> Option<Bar> {
    let gross = (stage.gross)(summary)?;
    let part = |(class, _): (&str, &str), value: f64| Part {
        class: class.to_owned(),
        value,
    };
    let weighed = (stage.weighed)(summary);
    let parts = match &weighed {
        Some(weighed) => vec![part(PARTS[0], weighed.tare), part(PARTS[1], weighed.net)],
        None => vec![part(PARTS[3], gross)],
    };
    let title = weighed.map_or(String::new(), |weighed| {
        format!("the twin's {}", numbers::time(weighed.tare))
    });
    Some(Bar {
        label: cells.series_name(summary),
        text: numbers::time(gross),
        parts,
        interval: None,
        title,
    })
}

fn figures(summary: &Summary) -> Vec<Value> {
    let of = |stage: &Stage| {
        let absent = |group: &str| {
            let path = format!("{group}.{}", stage.path);
            Value::Missing(missing(summary, &path))
        };
        let gross = (stage.gross)(summary).map_or_else(|| absent("load"), Value::time);
        match (stage.weighed)(summary) {
            Some(weighed) => [gross, Value::time(weighed.tare), Value::time(weighed.net)],
            None => [gross, absent("tax"), Value::Missing(None)],
        }
    };
    STAGES.iter().flat_map(of).collect()
}
