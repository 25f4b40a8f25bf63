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
    match &row.readiness {
        Readiness::Ready(runtime) => {
            let runs = format!("{} {}", runtime.name, runtime.version);
            format!("{:12} ready    {runs:19} {}\n", row.name, row.summary)
        }
        Readiness::Unavailable { reason, remedy } => format!(
            "{:12} missing  {:19} {}\n{:22}{reason}\n{:22}{remedy}\n",
            row.name, "", row.summary, "", ""
        ),
    }
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::RuntimeFacts;

    use super::*;

    #[test]
    fn what_is_missing_is_told_with_its_remedy_below_it() {
        let row = |readiness| Row {
            name: "any",
            summary: "a framework",
            readiness,
        };
        let ready = row(Readiness::Ready(RuntimeFacts {
            name: "any".to_owned(),
            version: "1.2".to_owned(),
            ..RuntimeFacts::default()
        }));
        assert_eq!(
            line(&ready),
            "any          ready    any 1.2             a framework\n"
        );
        let missing = row(Readiness::Unavailable {
            reason: "no library".to_owned(),
            remedy: "install it".to_owned(),
        });
        let shown = line(&missing);
        let below: Vec<&str> = shown.lines().skip(1).map(str::trim_start).collect();
        assert_eq!(below, ["no library", "install it"]);
    }
}
