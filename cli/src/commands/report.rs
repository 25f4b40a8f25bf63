//! `tare report`: stored runs as one page, as Markdown, or one chart of them as a file.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::Context;
use tare_report::{Laws, Summary, summarise_by};
use tare_results::store::RunContents;

use super::print;
use super::show::read;
use crate::arguments::{ReportFormat, ReportOptions};
use crate::exit::{Exit, Failed};

/// Writes the report of one run or of several to a file or standard output.
///
/// # Errors
/// Where there is no such run or chart, or the file cannot be written.
pub fn report(store: Option<&Path>, options: &ReportOptions) -> Result<Exit, Failed> {
    let is_on_terminal = options.output.is_none() && std::io::stdout().is_terminal();
    if options.format() == ReportFormat::Png && is_on_terminal {
        return Err(Failed::told(
            "a PNG is not for a terminal; name a file with -o FILE",
        ));
    }
    let runs = runs(store, &options.runs)?;
    let laws = Laws::of(runs.iter().flat_map(|one| &one.records));
    let summaries = runs
        .iter()
        .flat_map(|one| summarise_by(&one.run, &one.records, &laws));
    let bytes = made(&summaries.collect::<Vec<_>>(), &laws, options)?;
    match &options.output {
        Some(path) => std::fs::write(path, bytes)
            .with_context(|| format!("cannot write {}", path.display()))
            .map(|()| Exit::Done)
            .map_err(Failed::input),
        None => print(&bytes),
    }
}

/// The runs that are asked for, each once.
fn runs(store: Option<&Path>, names: &[String]) -> Result<Vec<RunContents>, Failed> {
    let mut runs: Vec<RunContents> = Vec::new();
    for name in names {
        let contents = read(store, name)?;
        if runs.iter().all(|known| known.run.id != contents.run.id) {
            runs.push(contents);
        }
    }
    Ok(runs)
}

fn made(summaries: &[Summary], laws: &Laws, options: &ReportOptions) -> Result<Vec<u8>, Failed> {
    let drawing = |chart: &str| tare_report::chart(chart, summaries, laws).map_err(Failed::input);
    match (options.format(), &options.chart) {
        (ReportFormat::Html, None) => Ok(tare_report::page(summaries, laws).into_bytes()),
        (ReportFormat::Markdown, None) => tare_report::digest(summaries, laws)
            .map(String::into_bytes)
            .map_err(Failed::input),
        (ReportFormat::Svg, Some(chart)) => drawing(chart).map(String::into_bytes),
        (ReportFormat::Png, Some(chart)) => pixels(&drawing(chart)?),
        (ReportFormat::Html | ReportFormat::Markdown, Some(chart)) => Err(Failed::told(format!(
            "--chart {chart} is for one drawing; add --format svg or png, or leave --chart out"
        ))),
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
        "this build cannot draw PNG; take --format svg, or build with cargo build --release --features png",
    ))
}
