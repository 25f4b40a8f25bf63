//! What records say together: a summary of each cell over its repeats, as a table for people and in formats for programs.
//!
//! Everything here is a pure function of a run and its records: nothing is measured, no sample file is opened.
//! - [`summarise`]: records → summaries.
//! - [`analyse`]: summaries → dispatch laws, knees over batches, correlations across models; [`findings`]: these as sentences.
//! - [`table`]: summaries → text for a terminal of a given width.
//! - [`compare`]: sides, of one run or of several → which cells differ, and by how much.
//! - [`exporter`]: summaries → JSON, CSV, Markdown; [`analysis_json`]: their analysis → JSON.
//! - [`page`], [`digest`], [`chart`]: summaries and their analysis → a report with charts, as HTML, as Markdown, and one chart as SVG.
#![forbid(unsafe_code)]

mod alike;
mod analysis;
mod chart_file;
mod charts;
mod compare;
mod digest;
mod draw;
mod export;
mod findings;
mod known_tax;
mod page;
#[cfg(feature = "png")]
mod png;
mod quantiles;
mod split;
mod summarise;
mod summary;
mod table;

pub use analysis::{
    Along, Analysis, BatchKnee, Correlated, KneeModel, Reached, Size, Trend, analyse,
};
pub use chart_file::{ChartError, chart, chart_names};
pub use compare::{
    COMPARISON_SCHEMA, CompareError, Compared, Comparing, Comparison, Difference, Effect, Figure,
    LeftOut, Side, SideFacts, compare,
};
pub use digest::digest;
pub use export::{EXPORTERS, ExportError, Exporter, analysis_json, exporter};
pub use findings::findings;
pub use known_tax::KnownTax;
pub use page::page;
#[cfg(feature = "png")]
pub use png::{PngError, png};
pub use quantiles::{Distributions, Quantile};
pub use split::{DispatchLaw, KindCost, Laws};
pub use summarise::{summarise, summarise_by};
pub use summary::{SUMMARY_SCHEMA, Summary, summary_schema};
pub use table::{Style, table};
