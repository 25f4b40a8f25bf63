//! The cells of a report: which are drawn, in which colour, and how each is told from the others.

use super::notes::{Notes, Topic, doubts};
use super::table::{Column, Row, Table};
use super::values::Value;
use crate::analysis::Analysis;
use crate::draw::{Key, legend};
use crate::summary::Summary;
use crate::table::{Dimension, Dimensions};

/// Every cell of a report.
pub struct Cells<'a> {
    /// As they were given.
    pub all: &'a [Summary],
    /// What to doubt about them, as far as a table refers to it.
    pub notes: Notes,
    /// What they say together.
    pub analysis: &'a Analysis,
    series: Vec<String>,
    varying: Vec<&'static Dimension>,
    is_one_run: bool,
    is_one_batch: bool,
}

/// Dimensions that are no part of a place, as they are a colour.
const COLOURED: [&str; 2] = ["adapter", "run"];

impl<'a> Cells<'a> {
    /// Of at least one summary.
    pub fn of(all: &'a [Summary], analysis: &'a Analysis) -> Self {
        let dimensions = Dimensions::of(all);
        let is_one_run = dimensions.varying.iter().all(|one| one.name != "run");
        let mut series: Vec<String> = Vec::new();
        for summary in all {
            let name = series_name(summary, is_one_run);
            if !series.contains(&name) {
                series.push(name);
            }
        }
        Self {
            all,
            analysis,
            notes: Notes::default(),
            series,
            is_one_batch: !dimensions.is_batch_varying,
            varying: dimensions.varying,
            is_one_run,
        }
    }

    /// The cells whose measurement counts.
    pub fn valid(&self) -> impl Iterator<Item = &'a Summary> + use<'a> {
        self.all.iter().filter(|one| one.reasons.is_empty())
    }

    /// Those of which a latency is what one execution takes, as requests did not wait for others.
    pub fn alone(&self) -> impl Iterator<Item = &'a Summary> + use<'a> {
        self.valid().filter(|one| one.serving.is_none())
    }

    /// How many machines they were measured on.
    pub fn machines(&self) -> usize {
        let mut machines: Vec<&str> = self
            .all
            .iter()
            .map(|one| one.machine.fingerprint.as_str())
            .collect();
        machines.sort_unstable();
        machines.dedup();
        machines.len()
    }

    /// Which colour and shape: that of its adapter and, of several runs, its run.
    pub fn series(&self, summary: &Summary) -> usize {
        let name = series_name(summary, self.is_one_run);
        let place = self.series.iter().position(|known| *known == name);
        place.unwrap_or_default()
    }

    /// The name of its series.
    pub fn series_name(&self, summary: &Summary) -> String {
        series_name(summary, self.is_one_run)
    }

    /// What the marks of the series of `summaries` stand for.
    pub fn keys<'s>(&self, summaries: impl IntoIterator<Item = &'s Summary>) -> Vec<Key> {
        let mut used: Vec<usize> = summaries.into_iter().map(|one| self.series(one)).collect();
        used.sort_unstable();
        used.dedup();
        let key = |index: usize| Key {
            name: self.series[index].clone(),
            class: legend::colour(index),
            shape: Some(legend::shape(index)),
        };
        used.into_iter().map(key).collect()
    }

    /// What tells a cell from others of its series, without the dimensions in `but`; `batch` is one.
    pub fn place(&self, summary: &Summary, but: &[&str]) -> String {
        let named = self
            .varying
            .iter()
            .filter(|one| !COLOURED.contains(&one.name) && !but.contains(&one.name));
        let mut parts: Vec<String> = named.map(|one| described(one, summary)).collect();
        if !self.is_one_batch && !but.contains(&"batch") {
            parts.push(format!("batch {}", summary.cell.batch));
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" · ")
    }

    /// A cell in full: its place, then its series.
    pub fn label(&self, summary: &Summary) -> String {
        let place = match self.place(summary, &[]) {
            place if place.is_empty() => summary.cell.model.clone(),
            place => place,
        };
        format!("{place} · {}", self.series_name(summary))
    }

    /// The columns that tell cells apart, before those of `figures`.
    pub fn columns(&self, figures: &[Column]) -> Vec<Column> {
        let named = |name| Column {
            header: name,
            key: name,
        };
        let mut columns = vec![named("model"), named("adapter")];
        columns.extend(self.more().map(|one| named(one.name)));
        columns.push(named("batch"));
        columns.extend_from_slice(figures);
        columns
    }

    /// A table with a row for each of `shown`, which holds what `figures` tells of it.
    pub fn table(
        &mut self,
        shown: &[&Summary],
        (topics, columns): (&[Topic], &[Column]),
        figures: impl Fn(&Summary) -> Vec<Value>,
    ) -> Table {
        let rows = shown.iter().map(|one| self.row(one, topics, figures(one)));
        let rows = rows.collect();
        Table::of_cells(self.columns(columns), rows)
    }

    /// A row of such columns.
    pub fn row(&mut self, summary: &Summary, topics: &[Topic], figures: Vec<Value>) -> Row {
        let notes = self.notes.of(summary, topics);
        let mut gaps: Vec<usize> = Vec::new();
        for figure in &figures {
            if let Value::Missing(Some(reason)) = figure {
                let gap = self.notes.add(format!("–: {reason}"));
                if !gaps.contains(&gap) {
                    gaps.push(gap);
                }
            }
        }
        let mut values = vec![
            Value::text(summary.cell.model.clone()),
            Value::text(summary.cell.adapter_spec()),
        ];
        values.extend(self.more().map(|one| Value::text((one.value)(summary))));
        values.push(Value::count(summary.cell.batch));
        values.extend(figures);
        Row {
            values,
            notes,
            gaps,
            weight: summary.tax.as_ref().map_or(0.0, |tax| tax.tax_fraction),
        }
    }

    fn more(&self) -> impl Iterator<Item = &&'static Dimension> {
        let named = ["model", "adapter"];
        self.varying
            .iter()
            .filter(move |one| !named.contains(&one.name))
    }
}

/// What a dot tells, and whether it is doubtful for one of `topics`; of several doubts the first and how many more.
pub fn told(label: &str, figures: &str, summary: &Summary, topics: &[Topic]) -> (String, bool) {
    let mut all = doubts(summary, topics);
    let first = all.next().map(|one| format!("* {one}"));
    let more = match all.count() {
        0 => None,
        1 => Some("* 1 more doubt".to_owned()),
        more => Some(format!("* {more} more doubts")),
    };
    let doubts: Vec<String> = first.into_iter().chain(more).collect();
    let first = match label {
        "" => figures.to_owned(),
        label => format!("{label}: {figures}"),
    };
    let lines = [vec![first], doubts.clone()].concat();
    (lines.join("\n"), !doubts.is_empty())
}

/// The reason why a figure is not there, by its dotted path or that of what it belongs to.
pub fn missing(summary: &Summary, path: &str) -> Option<String> {
    let mut path = path;
    loop {
        if let Some(reason) = summary.missing.get(path) {
            return Some(reason.clone());
        }
        path = path.rsplit_once('.')?.0;
    }
}

fn series_name(summary: &Summary, is_one_run: bool) -> String {
    match is_one_run {
        true => summary.cell.adapter_spec(),
        false => format!("{} · {}", summary.cell.adapter_spec(), summary.run),
    }
}

fn described(dimension: &Dimension, summary: &Summary) -> String {
    match dimension.name {
        "seed" => format!("seed={}", summary.cell.seed),
        _ => (dimension.described)(summary),
    }
}
