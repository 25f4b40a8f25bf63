//! In what the cells of a table differ: that becomes columns, what they share is said once.

use tare_results::Cell;

use crate::summary::Summary;

/// One thing that tells cells apart.
pub struct Dimension {
    /// The column's header.
    pub name: &'static str,
    /// In a column.
    pub value: fn(&Summary) -> String,
    /// In a sentence, without a header.
    pub described: fn(&Summary) -> String,
    /// Whether it is a column even where all cells share it.
    pub is_always_shown: bool,
}

/// The dimensions of some summaries, without the batch.
pub struct Dimensions {
    /// In which they differ.
    pub varying: Vec<&'static Dimension>,
    /// Which they share.
    pub shared: Vec<&'static Dimension>,
    /// Whether they differ in their batch.
    pub is_batch_varying: bool,
}

impl Dimensions {
    /// Of at least one summary.
    pub fn of(summaries: &[Summary]) -> Self {
        let differ = |value: fn(&Summary) -> String| {
            let mut values = summaries.iter().map(value);
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        let (varying, shared) = ALL.iter().partition(|dimension| differ(dimension.value));
        Self {
            varying,
            shared,
            is_batch_varying: differ(|summary| summary.cell.batch.to_string()),
        }
    }
}

const ALL: &[Dimension] = &[
    Dimension {
        name: "model",
        value: |summary| summary.cell.model.clone(),
        described: |summary| summary.cell.model.clone(),
        is_always_shown: true,
    },
    Dimension {
        name: "adapter",
        value: |summary| summary.cell.adapter_spec(),
        described: adapter,
        is_always_shown: true,
    },
    Dimension {
        name: "scenario",
        value: |summary| summary.cell.scenario_spec(),
        described: |summary| summary.cell.scenario_spec(),
        is_always_shown: false,
    },
    Dimension {
        name: "shape",
        value: |summary| shape(&summary.cell),
        described: |summary| shape(&summary.cell),
        is_always_shown: false,
    },
    Dimension {
        name: "precision",
        value: |summary| summary.cell.precision.clone(),
        described: |summary| summary.cell.precision.clone(),
        is_always_shown: false,
    },
    Dimension {
        name: "device",
        value: |summary| summary.cell.device.clone(),
        described: |summary| summary.cell.device.clone(),
        is_always_shown: false,
    },
    Dimension {
        name: "threads",
        value: |summary| summary.cell.threads.to_string(),
        described: |summary| counted(summary.cell.threads, "thread"),
        is_always_shown: false,
    },
    Dimension {
        name: "seed",
        value: |summary| summary.cell.seed.to_string(),
        described: |_| String::new(),
        is_always_shown: false,
    },
    Dimension {
        name: "run",
        value: |summary| summary.run.clone(),
        described: |summary| format!("run {}", summary.run),
        is_always_shown: false,
    },
];

/// `1 thread`, `2 threads`.
pub fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn adapter(summary: &Summary) -> String {
    let spec = summary.cell.adapter_spec();
    match &summary.runtime {
        Some(runtime) if !summary.cell.adapter.contains('@') => {
            let (name, options) = spec.split_once(':').unwrap_or((&spec, ""));
            let options = if options.is_empty() {
                String::new()
            } else {
                format!(" ({options})")
            };
            format!("{name} {}{options}", runtime.version)
        }
        _ => spec,
    }
}

fn shape(cell: &Cell) -> String {
    let sizes = cell
        .shape
        .iter()
        .map(|(name, size)| format!("{name}={size}"));
    sizes.collect::<Vec<_>>().join(",")
}
