//! `tare show` and `tare export`: a stored run as a table or for other programs.

use std::path::Path;

use tare_report::{Analysis, Laws, Style, Summary, analyse, summarise_by};
use tare_results::store::{RunContents, Store, Torn};
use tare_results::{Record, Run};

use super::{print, write_or_print};
use crate::arguments::{ExportOptions, Format, ShowOptions};
use crate::exit::{Exit, Failed};
use crate::terminal;

/// Prints a run.
///
/// # Errors
/// Where there is no such run, or it cannot be read.
pub fn show(store: Option<&Path>, options: &ShowOptions) -> Result<Exit, Failed> {
    let (store, contents) = read(store, &options.run)?;
    let (summaries, analysis) = summaries(&store, &contents.run, &contents.records);
    print(&render(&summaries, &analysis, options.format)?)
}

/// Writes a run's summaries to a file or standard output.
///
/// # Errors
/// Where there is no such run, or the file cannot be written.
pub fn export(store: Option<&Path>, options: &ExportOptions) -> Result<Exit, Failed> {
    let (store, contents) = read(store, &options.run)?;
    let (summaries, analysis) = summaries(&store, &contents.run, &contents.records);
    let text = render(&summaries, &analysis, options.format)?;
    write_or_print(options.output.as_deref(), text.as_bytes())
}

/// The store that was asked for, else the user's own.
///
/// # Errors
/// Where no folder can be made out.
pub fn open(store: Option<&Path>) -> Result<Store, Failed> {
    match store {
        Some(dir) => Ok(Store::open(dir)),
        None => Store::default_dir().map(Store::open).map_err(Failed::input),
    }
}

/// The summaries of a run, and what they say together, with the laws of the twins of all runs in the store on like machines; no law where the run has no twins.
pub fn summaries(store: &Store, run: &Run, records: &[Record]) -> (Vec<Summary>, Analysis) {
    let others = match run.twins {
        true => store.twins(&run.machine.fingerprint),
        false => Vec::new(),
    };
    let others = others.iter().filter(|record| record.run != run.id);
    let laws = Laws::of(records.iter().chain(others));
    let summaries = summarise_by(run, records, &laws);
    let analysis = Analysis {
        left_out: run.left_out.clone(),
        ..analyse(&summaries, &laws)
    };
    (summaries, analysis)
}

/// The summaries in the format asked for; below a table, what they say together.
///
/// # Errors
/// Where a format cannot express them.
pub fn render(
    summaries: &[Summary],
    analysis: &Analysis,
    format: Format,
) -> Result<String, Failed> {
    let name = match format {
        Format::Json => "json",
        Format::Csv => "csv",
        Format::Markdown => "markdown",
        Format::Table => return Ok(told(summaries, analysis)),
    };
    let exporter = tare_report::exporter(name).map_err(Failed::input)?;
    let bytes = exporter.export(summaries).map_err(Failed::input)?;
    String::from_utf8(bytes).map_err(Failed::input)
}

fn told(summaries: &[Summary], analysis: &Analysis) -> String {
    let table = tare_report::table(summaries, style());
    let findings = tare_report::findings(analysis, style());
    match findings.is_empty() {
        true => table,
        false => format!("{table}\n{findings}"),
    }
}

/// How a table looks on this terminal.
pub fn style() -> Style {
    Style {
        width: terminal::width(),
        color: terminal::colour(),
        unicode: terminal::unicode(),
    }
}

/// Says that a run's last line was not written to its end.
pub fn warn_of_torn(run: &str, torn: Option<&Torn>) {
    if let Some(torn) = torn {
        eprintln!(
            "warning: run {run}: cells.jsonl line {} was not written to its end ({} bytes) and is left out",
            torn.line, torn.bytes
        );
    }
}

/// The store and the run with its records, torn lines told and left out.
///
/// # Errors
/// Where there is no such run, or it cannot be read.
pub fn read(store: Option<&Path>, run: &str) -> Result<(Store, RunContents), Failed> {
    let store = open(store)?;
    let contents = store.read(run).map_err(Failed::input)?;
    warn_of_torn(&contents.run.id, contents.torn.as_ref());
    Ok((store, contents))
}
