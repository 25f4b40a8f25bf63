//! `tare adapter`: which frameworks can be measured here.

use serde::Serialize;
use tare_adapter_api::{AdapterSpec, Options, Readiness};
use tare_adapter_registry::ADAPTERS;
use tare_harness::Desk;

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
    let rows = worker::with_desk(|desk| {
        let shown = ADAPTERS.iter().filter(|entry| !entry.hidden);
        shown
            .map(|entry| row(entry, desk))
            .collect::<Result<Vec<Row>, Failed>>()
    })?;
    match format {
        ListFormat::Json => print(&json(&rows)?),
        ListFormat::Table => print(&rows.iter().map(line).collect::<String>()),
    }
}

fn row(entry: &tare_adapter_registry::Entry, desk: &dyn Desk) -> Result<Row, Failed> {
    let spec = AdapterSpec {
        name: entry.name.to_owned(),
        version: None,
        options: Options::new(),
    };
    Ok(Row {
        name: entry.name,
        summary: entry.summary,
        readiness: desk.describe(&spec).map_err(Failed::told)?.readiness,
    })
}

fn line(row: &Row) -> String {
    let state = match &row.readiness {
        Readiness::Ready(runtime) => format!("ready    {} {}", runtime.name, runtime.version),
        Readiness::Unavailable { reason, remedy } => format!("missing  {reason}; {remedy}"),
    };
    format!("{:12} {state:24} {}\n", row.name, row.summary)
}
