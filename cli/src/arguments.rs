//! The command line as it is written; what it means is decided by the commands.

mod compare;
mod gate;
mod report;
mod run;
mod runtime;
mod words;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tare_adapter_cuda::Held;
use tare_models::hollow::Rung;
use tare_units::Nanoseconds;

pub use compare::CompareOptions;
pub use gate::{CellOptions, GateFormat, GateOptions, SideSetting, parse_percent};
pub use report::{ReportFormat, ReportOptions};
pub use run::parse_shape;
pub use run::{EnergyBound, Reference, RunOptions, Shape};
pub use runtime::{RuntimeCommand, RuntimeSpec};

const EXIT_CODES: &str = "Exit codes: 0 done · 1 the gate found a regression · 2 bad arguments or bad input · 3 invalid or inconclusive measurement · \
                          4 at least one cell failed (the others are recorded) · 5 not set back after --tune · 130 stopped by Ctrl-C";

/// The scale for inference frameworks: weighs what a framework adds to the work a model needs.
///
/// Without a command it measures a model of its own zoo with the embedded framework.
#[derive(Debug, Parser)]
#[command(name = "tare", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// Folder of runs [default: tare/runs in the user's data folder]
    #[arg(
        long,
        global = true,
        env = "TARE_STORE",
        value_name = "DIR",
        hide_env_values = true
    )]
    pub store: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure models under adapters and scenarios
    Run(Box<RunOptions>),
    /// Decide whether a change makes inference slower, from interleaved measurements of both sides
    Gate(Box<GateOptions>),
    /// The zoo, and what is known of a model
    #[command(subcommand)]
    Model(ModelCommand),
    /// The frameworks that can be measured
    #[command(subcommand)]
    Adapter(AdapterCommand),
    /// The libraries of frameworks that are fetched, not compiled in
    #[command(subcommand)]
    Runtime(RuntimeCommand),
    /// How requests arrive
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// Named matrices of cells
    #[command(subcommand)]
    Suite(SuiteCommand),
    /// What is known of this machine
    #[command(subcommand)]
    Machine(MachineCommand),
    /// Print the table of a run
    Show(ShowOptions),
    /// Compare runs, or the parts of one, cell by cell
    Compare(CompareOptions),
    /// Write the summaries of a run in a format for other programs
    Export(ExportOptions),
    /// Write runs as one page with charts, as Markdown, or one chart as a drawing
    Report(ReportOptions),
    /// Print a JSON Schema
    Schema {
        /// Which format
        of: SchemaOf,
    },
    #[command(hide = true)]
    Worker,
    #[command(hide = true)]
    Guard,
    #[command(hide = true)]
    Probe {
        #[arg(long)]
        gpu: bool,
    },
}

impl Default for Command {
    fn default() -> Self {
        Self::Run(Box::default())
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Csv,
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    Record,
    Summary,
    Run,
    Gate,
}

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the zoo
    List {
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ListFormat,
    },
    /// Parameters, FLOPs and bytes of a model
    Facts(FactsOptions),
    /// A model as a static plan: fused steps, what each costs, and the places of their buffers in one arena
    Plan(PlanOptions),
    /// Write a zoo model to a file
    Make(MakeOptions),
    /// Write a model's hollow twin: the same operators with every dimension shrunk
    Hollow(HollowOptions),
}

/// A model with all its sizes.
#[derive(Debug, Args)]
pub struct SizedModel {
    /// A zoo model by name, or an ONNX file
    #[arg(value_name = "NAME|FILE")]
    pub model: String,
    /// Samples a request carries [default: 1]
    #[arg(long, value_name = "N")]
    pub batch: Option<u64>,
    /// Sizes of the model's free dimensions
    #[arg(long, value_name = "SYMBOL=N,…", value_parser = parse_shape)]
    pub shape: Option<Shape>,
}

#[derive(Debug, Args)]
pub struct FactsOptions {
    #[command(flatten)]
    pub sized: SizedModel,
    /// List every operator
    #[arg(long)]
    pub operators: bool,
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
}

#[derive(Debug, Args)]
pub struct PlanOptions {
    #[command(flatten)]
    pub sized: SizedModel,
    /// Leave every operator a step of its own, or several
    #[arg(long)]
    pub unfused: bool,
    /// How floats are held between steps: fp32, fp16 or bf16
    #[arg(long, value_name = "P", default_value = "fp32")]
    pub precision: Held,
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
}

#[derive(Debug, Args)]
pub struct MakeOptions {
    /// A zoo model, with options such as mlp:width=256,depth=2
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where the file goes [default: NAME.onnx]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The hollow twin: the same operators with every dimension shrunk
    #[arg(long)]
    pub hollow: bool,
    /// Seed of the weights
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct HollowOptions {
    #[command(flatten)]
    pub sized: SizedModel,
    /// Where the twin goes
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// How small it is: 2, 2+distinct, 16,2, 16,2+height, 16,2+height+width, 16,16 or 16,2+tied [default: 2]
    #[arg(long, value_name = "N")]
    pub rung: Option<Rung>,
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Table,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum AdapterCommand {
    /// List the adapters: ready, or the reason why not and what mends it
    List {
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ListFormat,
    },
}

#[derive(Debug, Subcommand)]
pub enum ScenarioCommand {
    /// List the scenarios
    List,
    /// Print a scenario with all its options
    Show {
        #[arg(value_name = "NAME")]
        scenario: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum SuiteCommand {
    /// List the suites
    List,
    /// Print a suite
    Show {
        #[arg(value_name = "NAME|FILE")]
        suite: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum MachineCommand {
    /// Processors, memory, accelerators, limits, and the fingerprint
    Show {
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ListFormat,
    },
    /// What disturbs measurements here, and what to do about it
    Check {
        /// How long to watch what happens
        #[arg(long, value_name = "TIME", default_value = "1s")]
        window: Nanoseconds,
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ListFormat,
    },
    /// Set back what a killed `tare run --tune` left behind
    Restore,
    /// Measure what this machine can do, in under a minute, and keep it for later runs
    Calibrate {
        /// Repeats of each measurement, where there is time for them; what is measured replaces what was kept
        #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=100))]
        repeats: u64,
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ListFormat,
    },
}

#[derive(Debug, Args)]
pub struct ShowOptions {
    /// An id, a unique prefix of one, or latest
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ExportOptions {
    /// An id, a unique prefix of one, or latest
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub format: Format,
    /// A file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_command_at_all_means_run() {
        let arguments = Arguments::parse_from(["tare"]);
        assert!(matches!(
            arguments.command.unwrap_or_default(),
            Command::Run(_)
        ));
    }

    #[test]
    fn resuming_takes_nothing_that_the_run_already_says() {
        assert!(
            Arguments::try_parse_from(["tare", "run", "--resume", "latest", "--batch", "2"])
                .is_err()
        );
        let bound = ["tare", "run", "--resume", "latest", "--energy-bound", "5%"];
        assert!(Arguments::try_parse_from(bound).is_err());
        assert!(Arguments::try_parse_from(&bound[..4]).is_ok());
    }
}
