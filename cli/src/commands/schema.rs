//! `tare schema`: the formats of records, summaries, runs and gates, for other programs.

use super::{json, print};
use crate::arguments::SchemaOf;
use crate::exit::{Exit, Failed};

/// Prints a JSON Schema.
///
/// # Errors
/// Where it cannot be printed.
pub fn run(of: SchemaOf) -> Result<Exit, Failed> {
    print(&json(&match of {
        SchemaOf::Record => tare_results::record_schema(),
        SchemaOf::Run => tare_results::run_schema(),
        SchemaOf::Gate => super::gate::schema(),
        SchemaOf::Summary => tare_report::summary_schema(),
    })?)
}
