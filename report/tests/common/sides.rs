//! Runs as the sides of a comparison.

use tare_report::{CompareError, Comparing, Comparison, Figure, Side, compare, summarise};
use tare_results::{Record, Run};

/// What `tare compare` asks where nothing is said.
pub const ASKED: Comparing = Comparing {
    figure: Figure::P50,
    across_machines: false,
};

/// A run with its records.
pub struct Made {
    pub run: Run,
    pub records: Vec<Record>,
}

impl Made {
    pub fn side(&self) -> Side<'_> {
        Side {
            name: self.run.id.clone(),
            run: &self.run,
            records: &self.records,
            summaries: summarise(&self.run, &self.records),
        }
    }
}

/// The medians of two runs.
pub fn between(one: &Made, other: &Made) -> Result<Comparison, CompareError> {
    compare(&[one.side(), other.side()], ASKED)
}
