//! The command line as it is written; what it means is decided by the commands.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tare_adapter_api::{AdapterSpec, AdapterSpecError, Device, Precision};
use tare_harness::plan::ReferenceChoice;
use tare_models::InputSpec;
use tare_scenarios::ScenarioSpec;
use tare_units::{Bytes, Nanoseconds};

const EXIT_CODES: &str = "Exit codes: 0 done · 2 bad arguments or bad input · 3 invalid measurement · \
                          4 at least one cell failed (the others are recorded) · 130 stopped by Ctrl-C";

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
    /// The zoo, and what is known of a model
    #[command(subcommand)]
    Model(ModelCommand),
    /// The frameworks that can be measured
    #[command(subcommand)]
    Adapter(AdapterCommand),
    /// Named matrices of cells
    #[command(subcommand)]
    Suite(SuiteCommand),
    /// What is known of this machine
    #[command(subcommand)]
    Machine(MachineCommand),
    /// Print the table of a run
    Show(ShowOptions),
    /// Write the summaries of a run in a format for other programs
    Export(ExportOptions),
    /// Print a JSON Schema
    Schema {
        /// Which format
        of: SchemaOf,
    },
    #[command(hide = true)]
    Worker,
}

impl Default for Command {
    fn default() -> Self {
        Self::Run(Box::default())
    }
}

#[derive(Debug, Default, Args)]
pub struct RunOptions {
    /// A suite by name, or a TOML file; options below override what it says [default: first, unless --model is given]
    #[arg(long, value_name = "NAME|FILE")]
    pub suite: Option<String>,
    /// A zoo model by name, an ONNX file, or a TorchScript file; repeatable
    #[arg(long, value_name = "NAME|FILE")]
    pub model: Vec<String>,
    #[arg(
        long,
        value_name = "SPEC",
        help = "name[@version][:key=value,…], such as rten, onnxruntime@1.31.1:opt=basic or libtorch:mode=script; repeatable"
    )]
    pub adapter: Vec<AdapterSpec>,
    #[arg(
        long,
        value_name = "NAME=TYPE[DIM,…]",
        help = "An argument of a TorchScript file's forward, such as 'x=f32[batch,3,224,224]'; repeat it for each, in their order"
    )]
    pub input: Vec<InputSpec>,
    /// The adapter whose outputs the others' are compared with, or none [default: onnxruntime, else tract, else rten]
    #[arg(long, value_name = "SPEC|none")]
    pub reference: Option<Reference>,
    /// Profile each cell by operator in a worker of its own, once its repeats are done
    #[arg(long)]
    pub profile: bool,
    #[arg(
        long,
        value_name = "SPEC",
        help = "name[:key=value,…], such as single-stream or offline:samples=512; repeatable"
    )]
    pub scenario: Vec<ScenarioSpec>,
    /// Samples a request carries
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = parse_count)]
    pub batch: Vec<u64>,
    /// Sizes of the model's free dimensions, such as seq=128; repeat the option for more shapes
    #[arg(long, value_name = "SYMBOL=N,…", value_parser = parse_shape)]
    pub shape: Vec<Shape>,
    /// Arithmetic other than the file's: fp32, fp16, bf16, tf32, int8
    #[arg(long, value_name = "P")]
    pub precision: Option<Precision>,
    /// Where operators execute: cpu or cuda:0
    #[arg(long, value_name = "DEVICE", value_delimiter = ',')]
    pub device: Vec<Device>,
    /// Threads that may execute operators [default: 1]
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = parse_count)]
    pub threads: Vec<u64>,
    /// Fresh workers for each cell [default: 5]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub repeats: Option<u64>,
    /// Timed work of a repeat [default: 1s]
    #[arg(long, value_name = "TIME")]
    pub duration: Option<Nanoseconds>,
    /// Timed requests of a repeat at the most [default: 1000000]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub max_requests: Option<u64>,
    /// Seed of the inputs [default: 0]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub seed: Option<u64>,
    /// How long one worker may take [default: 2min, or 20 times --duration if that is longer]
    #[arg(long, value_name = "TIME")]
    pub deadline: Option<Nanoseconds>,
    /// Resident memory one worker may take [default: 90% of what is available when the run begins]
    #[arg(long, value_name = "SIZE")]
    pub memory_limit: Option<Bytes>,
    /// Go on with a run that was stopped: an id, a unique prefix of one, or latest; --deadline and --memory-limit may differ
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all = ["suite", "model", "adapter", "input", "reference", "profile", "scenario", "batch", "shape", "precision", "device",
                              "threads", "repeats", "duration", "max_requests", "seed", "dry_run"]
    )]
    pub resume: Option<String>,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
    /// Print what would be measured, and measure nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What `--reference` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference(pub ReferenceChoice);

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(ReferenceChoice::None)),
            spec => spec
                .parse()
                .map(|spec| Self(ReferenceChoice::Named(spec)))
                .map_err(|error: AdapterSpecError| error.to_string()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ReferenceChoice::Default => f.write_str("default"),
            ReferenceChoice::None => f.write_str("none"),
            ReferenceChoice::Named(spec) => write!(f, "{spec}"),
        }
    }
}

/// Sizes by symbol, as one `--shape` gives them.
pub type Shape = std::collections::BTreeMap<String, u64>;

fn parse_count(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("'{text}' is not a whole number below 2^64: write one such as 8"))
}

fn parse_shape(text: &str) -> Result<Shape, String> {
    let mut shape = Shape::new();
    for part in text.split(',') {
        let (symbol, size) = part
            .rsplit_once('=')
            .filter(|(symbol, _)| !symbol.is_empty())
            .ok_or_else(|| format!("'{part}' is not a size: write SYMBOL=N, such as seq=128"))?;
        let size = size
            .parse()
            .map_err(|_| format!("'{size}' is not a whole number: write {symbol}=128"))?;
        if size == 0 {
            return Err(format!("{symbol}=0 measures nothing: use 1 or more"));
        }
        if shape.insert(symbol.to_owned(), size).is_some() {
            return Err(format!(
                "'{symbol}' stands twice: repeat --shape for another shape"
            ));
        }
    }
    Ok(shape)
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
    /// Write a zoo model to a file
    Make(MakeOptions),
}

#[derive(Debug, Args)]
pub struct FactsOptions {
    /// A zoo model by name, or an ONNX file
    #[arg(value_name = "NAME|FILE")]
    pub model: String,
    /// Samples a request carries [default: 1]
    #[arg(long, value_name = "N")]
    pub batch: Option<u64>,
    /// Sizes of the model's free dimensions
    #[arg(long, value_name = "SYMBOL=N,…", value_parser = parse_shape)]
    pub shape: Option<Shape>,
    /// List every operator
    #[arg(long)]
    pub operators: bool,
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
    fn a_shape_names_each_symbol_once() {
        assert_eq!(
            parse_shape("seq=128,images:2=7").expect("well formed")["images:2"],
            7
        );
        assert!(parse_shape("seq").is_err());
        assert!(parse_shape("seq=x").is_err());
        assert!(parse_shape("seq=0").is_err());
        assert!(parse_shape("seq=1,seq=2").is_err());
    }

    #[test]
    fn resuming_takes_nothing_that_the_run_already_says() {
        assert!(
            Arguments::try_parse_from(["tare", "run", "--resume", "latest", "--batch", "2"])
                .is_err()
        );
    }
}
