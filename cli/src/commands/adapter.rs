//! `tare adapter`: which frameworks can be measured here.

use serde::Serialize;
use tare_adapter_api::{Options, Readiness};
use tare_adapter_registry::{ADAPTERS, Home};

use super::{json, print};
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
    let rows: Vec<Row> = ADAPTERS
        .iter()
        .filter(|entry| !entry.hidden)
        .map(row)
        .collect();
    match format {
        ListFormat::Json => print(&json(&rows)?),
        ListFormat::Table => print(&rows.iter().map(line).collect::<String>()),
    }
}

fn row(entry: &tare_adapter_registry::Entry) -> Row {
    let readiness = match entry.home {
        Home::Linked(adapter) => adapter.check(&Options::new()),
        Home::Worker(program) => Readiness::Unavailable {
            reason: format!("its worker {program} was not asked"),
            remedy: "measure with it: a run says what is missing".into(),
        },
    };
    Row {
        name: entry.name,
        summary: entry.summary,
        readiness,
    }
}

fn line(row: &Row) -> String {
    let state = match &row.readiness {
        Readiness::Ready(runtime) => format!("ready    {} {}", runtime.name, runtime.version),
        Readiness::Unavailable { reason, remedy } => format!("missing  {reason}; {remedy}"),
    };
    format!("{:12} {state:24} {}\n", row.name, row.summary)
}
