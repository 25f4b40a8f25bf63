//! The charts of a report, each with its drawings, the numbers behind them, and what to doubt about these.

mod batch;
mod cells;
mod distribution;
mod energy;
mod law;
mod load;
mod memory;
mod notes;
mod operators;
mod panels;
mod rate;
mod roofline;
mod split;
mod table;
mod together;
mod trend;
mod values;
mod work;

pub use cells::Cells;
pub use panels::Panel;
pub use table::{Column, Row, Table};
pub use together::{Named, TOGETHER, TOGETHER_READING, TOGETHER_TITLE, together};
pub use values::Value;

use crate::draw::{Key, Svg, legend};

/// A chart by name.
pub struct Entry {
    /// As it is asked for, and its place in a page.
    pub name: &'static str,
    /// Above it.
    pub title: &'static str,
    /// Makes it.
    pub build: fn(&mut Cells<'_>) -> Chart,
    /// Whether it is of requests under load, and so left out of a report that has none.
    pub is_of_load: bool,
}

/// The charts that a report of `cells` has.
pub fn shown(cells: &Cells<'_>) -> Vec<&'static Entry> {
    let is_served = cells.all.iter().any(|one| one.serving.is_some());
    let charts = CHARTS.iter();
    charts
        .filter(|entry| is_served || !entry.is_of_load)
        .collect()
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// How it is read.
    pub reading: String,
    /// What is drawn; empty where there is nothing, and then the words say why.
    pub panels: Vec<Panel>,
    /// How many panels are seen at once, the others on demand.
    pub open: usize,
    /// The width of a panel in pixels.
    pub width: f64,
    /// What the colours stand for.
    pub keys: Vec<Key>,
    /// What is to be said beside it, such as why something is not there.
    pub words: Vec<String>,
    /// The numbers.
    pub table: Table,
    /// The points of its lines; without rows where the table has them all.
    pub lines: Table,
}

/// Every chart, in the order of the page.
pub const CHARTS: &[Entry] = &[
    Entry {
        name: "split",
        title: "Floor, inefficiency and tax",
        build: split::chart,
        is_of_load: false,
    },
    Entry {
        name: "batch",
        title: "Latency against batch",
        build: batch::chart,
        is_of_load: false,
    },
    Entry {
        name: "roofline",
        title: "Roofline",
        build: roofline::chart,
        is_of_load: false,
    },
    Entry {
        name: "distribution",
        title: "Distribution of latencies",
        build: distribution::chart,
        is_of_load: false,
    },
    Entry {
        name: "rate",
        title: "Latency under load",
        build: rate::chart,
        is_of_load: true,
    },
    Entry {
        name: "flops",
        title: "Latency against FLOPs",
        build: work::flops,
        is_of_load: false,
    },
    Entry {
        name: "calls",
        title: "Latency against operators",
        build: work::operators,
        is_of_load: false,
    },
    Entry {
        name: "energy",
        title: "Energy against latency",
        build: energy::chart,
        is_of_load: false,
    },
    Entry {
        name: "memory",
        title: "Memory",
        build: memory::chart,
        is_of_load: false,
    },
    Entry {
        name: "load",
        title: "Loading and first inference",
        build: load::chart,
        is_of_load: false,
    },
    Entry {
        name: "operators",
        title: "Where the time goes",
        build: operators::chart,
        is_of_load: false,
    },
];

/// Panels that stand beside each other in a file of one chart.
const ABREAST: usize = 2;
const MARGIN: f64 = 16.0;

impl Chart {
    /// One drawing of everything that is seen at once, or `None` where nothing is drawn.
    pub fn sheet(&self, title: &str) -> Option<Svg> {
        let shown = &self.panels[..self.open.min(self.panels.len())];
        if shown.is_empty() {
            return None;
        }
        let abreast = ABREAST.min(shown.len());
        let width = abreast as f64 * (self.width + MARGIN) + MARGIN;
        let keys = match self.keys.is_empty() {
            true => Svg::new(0.0, 0.0),
            false => legend::legend(&self.keys, width - 2.0 * MARGIN),
        };
        let mut placed = vec![((MARGIN, 34.0), keys.clone())];
        let mut titles = vec![((MARGIN, 22.0), title)];
        let mut y = 34.0 + keys.height + 8.0;
        for row in shown.chunks(abreast) {
            for (column, panel) in row.iter().enumerate() {
                let x = MARGIN + column as f64 * (self.width + MARGIN);
                titles.push(((x, y + 12.0), &panel.title));
                placed.push(((x, y + 20.0), panel.drawing.clone()));
            }
            let tallest = row.iter().map(|panel| panel.drawing.height);
            y += tallest.fold(0.0, f64::max) + 20.0 + MARGIN;
        }
        let mut sheet = Svg::new(width, y);
        for (place, title) in titles.into_iter().filter(|(_, title)| !title.is_empty()) {
            sheet.text(
                "strong",
                place,
                &legend::fitted(title, width - 2.0 * MARGIN),
            );
        }
        for (place, drawing) in placed {
            sheet.place(place, &drawing);
        }
        Some(sheet)
    }
}
