//! `tare report`: stored runs as one page, as Markdown, or one chart of them as a file.

use std::collections::BTreeSet;
use std::io::{ErrorKind, IsTerminal};
use std::path::Path;

use tare_report::{Analysis, Distributions, Laws, Summary, analyse, summarise_by};
use tare_results::Record;
use tare_results::samples::{self, Sample};
use tare_results::store::{RunContents, StoreError};

use super::show::{open, read};
use super::write_or_print;
use crate::arguments::{ReportFormat, ReportOptions};
use crate::exit::{Exit, Failed};

/// Samples that are read for a report: 192 MB of files.
const MOST_SAMPLES: u64 = 8_000_000;

/// Writes the report of one run or of several to a file or standard output.
///
/// # Errors
/// Where there is no such run or chart, or the file cannot be written.
pub fn report(store: Option<&Path>, options: &ReportOptions) -> Result<Exit, Failed> {
    let format = options.format().map_err(Failed::told)?;
    let is_on_terminal = options.output.is_none() && std::io::stdout().is_terminal();
    if format == ReportFormat::Png && is_on_terminal {
        return Err(Failed::told(
            "a PNG is not for a terminal; name a file with -o FILE",
        ));
    }
    let runs = runs(store, &options.runs)?;
    let laws = laws(store, &runs)?;
    let summaries = runs
        .iter()
        .flat_map(|one| summarise_by(&one.run, &one.records, &laws));
    let summaries: Vec<Summary> = summaries.collect();
    let mut analysis = analyse(&summaries, &laws);
    analysis.left_out = left_out(&runs);
    if matches!(
        format,
        ReportFormat::Html | ReportFormat::Svg | ReportFormat::Png
    ) {
        let store = open(store)?;
        let mut left = MOST_SAMPLES;
        analysis.distributions = Distributions::read(&summaries, |one| {
            samples_of(one, &store.dir().join(&one.run), &mut left)
        });
    }
    let bytes = made(&summaries, &analysis, (format, options.chart.as_deref()))?;
    write_or_print(options.output.as_deref(), &bytes)
}

/// The samples of all repeats of a cell, whose run is in `folder`.
fn samples_of(cell: &Summary, folder: &Path, left: &mut u64) -> Result<Vec<Sample>, String> {
    let files = &cell.samples;
    if files.is_empty() {
        return Err("no samples were kept".to_owned());
    }
    let count = files.iter().map(|file| file.count);
    let count = count.fold(0, u64::saturating_add);
    *left = left.checked_sub(count).ok_or_else(|| {
        format!("their samples are beyond the {MOST_SAMPLES} that a report reads; name fewer runs")
    })?;
    let mut all = Vec::new();
    for file in files {
        let read = samples::read(&folder.join(&file.path)).map_err(unread)?;
        if read.len() as u64 != file.count {
            let (found, told) = (read.len(), file.count);
            let path = &file.path;
            return Err(format!("{path} holds {found} samples and not {told}"));
        }
        all.extend(read);
    }
    Ok(all)
}

fn unread(error: StoreError) -> String {
    match error {
        StoreError::Io { reason, .. } if reason.kind() == ErrorKind::NotFound => {
            "their files of samples are not in the store".to_owned()
        }
        error => error.to_string(),
    }
}

/// The runs that are asked for, each once.
///
/// # Errors
/// Where there is no such run, or it cannot be read.
pub fn runs(store: Option<&Path>, names: &[String]) -> Result<Vec<RunContents>, Failed> {
    let mut runs: Vec<RunContents> = Vec::new();
    for name in names {
        let (_, contents) = read(store, name)?;
        if runs.iter().all(|known| known.run.id != contents.run.id) {
            runs.push(contents);
        }
    }
    Ok(runs)
}

/// What the runs left out, each line once.
fn left_out(runs: &[RunContents]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in runs.iter().flat_map(|one| &one.run.left_out) {
        if !lines.contains(line) {
            lines.push(line.clone());
        }
    }
    lines
}

/// The laws of the twins of these runs and of all others in the store on like machines.
fn laws(store: Option<&Path>, runs: &[RunContents]) -> Result<Laws, Failed> {
    let store = open(store)?;
    let machines: BTreeSet<&str> = runs
        .iter()
        .filter(|one| one.run.twins)
        .map(|one| one.run.machine.fingerprint.as_str())
        .collect();
    let twins = machines
        .into_iter()
        .flat_map(|machine| store.twins(machine));
    let twins: Vec<Record> = twins.collect();
    let is_other = |twin: &&Record| runs.iter().all(|one| one.run.id != twin.run);
    let own = runs.iter().flat_map(|one| &one.records);
    Ok(Laws::of(own.chain(twins.iter().filter(is_other))))
}

fn made(
    summaries: &[Summary],
    analysis: &Analysis,
    asked: (ReportFormat, Option<&str>),
) -> Result<Vec<u8>, Failed> {
    let drawing =
        |chart: &str| tare_report::chart(chart, summaries, analysis).map_err(Failed::input);
    match asked {
        (ReportFormat::Html, None) => Ok(tare_report::page(summaries, analysis).into_bytes()),
        (ReportFormat::Markdown, None) => Ok(tare_report::digest(summaries, analysis).into_bytes()),
        (ReportFormat::Json, None) => tare_report::analysis_json(analysis).map_err(Failed::input),
        (ReportFormat::Svg, Some(chart)) => drawing(chart).map(String::into_bytes),
        (ReportFormat::Png, Some(chart)) => pixels(&drawing(chart)?),
        (ReportFormat::Html | ReportFormat::Markdown | ReportFormat::Json, Some(chart)) => {
            Err(Failed::told(format!(
                "--chart {chart} is for one drawing; add --format svg or png, or leave --chart out"
            )))
        }
        (ReportFormat::Svg | ReportFormat::Png, None) => Err(Failed::told(format!(
            "a drawing shows one chart; name it with --chart: {}",
            tare_report::chart_names().join(", ")
        ))),
    }
}

#[cfg(feature = "png")]
fn pixels(svg: &str) -> Result<Vec<u8>, Failed> {
    tare_report::png(svg).map_err(Failed::input)
}

#[cfg(not(feature = "png"))]
fn pixels(_: &str) -> Result<Vec<u8>, Failed> {
    Err(Failed::told(
        "this build cannot draw PNG; take --format svg, or build without --no-default-features",
    ))
}
