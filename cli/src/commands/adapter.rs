//! `tare adapter`: which frameworks can be measured here.

use serde::Serialize;
use tare_adapter_api::{Options, Readiness};
use tare_adapter_registry::ADAPTERS;
use tare_clock::MonotonicClock;
use tare_harness::WorkerProgram;

use super::{json, print, worker};
use crate::arguments::{AdapterCommand, ListFormat};
use crate::exit::{Exit, Failed};

#[derive(Serialize)]
struct Row {
    name: &'static str,
    summary: &'static str,
    #[serde(flatten)]
    readiness: Readiness,
}

/// Lists the adapters.
///
/// # Errors
/// Where the list cannot be printed.
pub fn run(command: &AdapterCommand) -> Result<Exit, Failed> {
    let AdapterCommand::List { format } = command;
    let program = worker::program()?;
    let shown = ADAPTERS.iter().filter(|entry| !entry.hidden);
    let rows: Vec<Row> = shown.map(|entry| row(entry, &program)).collect();
    match format {
        ListFormat::Json => print(&json(&rows)?),
        ListFormat::Table => print(&rows.iter().map(line).collect::<String>()),
    }
}

fn row(entry: &tare_adapter_registry::Entry, program: &WorkerProgram) -> Row {
    Row {
        name: entry.name,
        summary: entry.summary,
        readiness: tare_harness::describe(program, entry.name, &Options::new(), &MonotonicClock),
    }
}

fn line(row: &Row) -> String {
    let state = match &row.readiness {
        Readiness::Ready(runtime) => format!("ready    {} {}", runtime.name, runtime.version),
        Readiness::Unavailable { reason, remedy } => format!("missing  {reason}; {remedy}"),
    };
    format!("{:12} {state:24} {}\n", row.name, row.summary)
}
