//! The arguments of `tare compare`.

use std::path::PathBuf;

use clap::Args;
use tare_report::Figure;

use super::Format;

/// What is compared, and how it is written.
#[derive(Debug, Args)]
pub struct CompareOptions {
    /// Ids, unique prefixes of one, or latest; ratios are over the first
    #[arg(value_name = "RUN", default_value = "latest")]
    pub runs: Vec<String>,
    /// Split one run into sides instead: adapter, model, threads, precision, batch or whatever its cells differ in
    #[arg(long, value_name = "KEY")]
    pub by: Option<String>,
    /// The side of --by that ratios are over [default: the first]
    #[arg(long, value_name = "VALUE", requires = "by")]
    pub over: Option<String>,
    /// What is compared
    #[arg(long, value_name = "FIGURE", default_value = "p50", help = figure_help())]
    pub figure: Figure,
    /// Compare runs of different machines, and say so in every line
    #[arg(long)]
    pub across_machines: bool,
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
    /// A file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

fn figure_help() -> String {
    format!("What is compared: {}", Figure::names().join(", "))
}
