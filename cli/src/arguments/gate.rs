//! What `tare gate` takes, and how its words are read.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use tare_adapter_api::{AdapterSpec, Device, Precision};
use tare_gate::Metric;
use tare_models::InputSpec;
use tare_scenarios::ScenarioSpec;
use tare_units::{Bytes, Nanoseconds};

use super::Shape;
use super::run::{RunOptions, parse_count, parse_shape};
use super::words::help;

#[derive(Debug, Default, Args)]
pub struct GateOptions {
    #[arg(
        long,
        value_name = "KEY=VALUE",
        help = "What the baseline has instead of the common options: model, adapter, precision, device, threads, or env=NAME=VALUE; repeatable"
    )]
    pub baseline: Vec<SideSetting>,
    /// The same of the candidate
    #[arg(long, value_name = "KEY=VALUE")]
    pub candidate: Vec<SideSetting>,
    /// Another tare that executes the baseline, such as one built from the commit before
    #[arg(long, value_name = "PATH")]
    pub baseline_bin: Option<PathBuf>,
    /// A stored baseline in a file instead of one that is measured: the weaker test, which knows how much days differ once three
    /// are stored
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "baseline_bin"])]
    pub against: Option<PathBuf>,
    /// Store what is measured in the file of --against, or of a gate file's `against`, unless it is slower: the exit code is then 0
    #[arg(long)]
    pub update_baseline: bool,
    /// A file of gates, which are decided one after the other [default: tare-gate.toml, where no side is named]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub cell: CellOptions,
    #[arg(
        long,
        value_name = "METRIC",
        help = "What is compared: p50, p25, p99, throughput, load, peak-memory, energy, instructions, size, operators or flops [default: p50]"
    )]
    pub metric: Option<Metric>,
    /// How much worse the candidate may be [default: 2%, of p99 10%]
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub tolerance: Option<f64>,
    /// How much worse it must not be and pass [default: 5%, of p99 30%]
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub must_detect: Option<f64>,
    /// How often any of the gates may call a candidate slower that is not [default: 1%]
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub alpha: Option<f64>,
    /// Time that one gate takes at the most [default: 10min]
    #[arg(long, value_name = "TIME")]
    pub budget: Option<Nanoseconds>,
    /// Seed of the inputs [default: 0]; the order of the sides is drawn anew for each gate
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub seed: Option<u64>,
    /// Compare no outputs: the candidate may compute something else
    #[arg(long)]
    pub allow_different_outputs: bool,
    #[arg(long, help = concat!(help!(deadline), " [default: 2min, a quarter of the budget at the most]"), value_name = "TIME")]
    pub deadline: Option<Nanoseconds>,
    #[arg(long, help = concat!(help!(memory_limit), " [default: 90% of what is available when the gate begins]"), value_name = "SIZE")]
    pub memory_limit: Option<Bytes>,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: GateFormat,
    /// Write the result to a file as well, as its ending says: .json, .xml (JUnit), .md or .txt (the table); repeatable
    #[arg(long, short, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// Tell the result as annotations of GitHub's on standard error [default: where GITHUB_ACTIONS is set]
    #[arg(long)]
    pub annotate: bool,
    /// Print what would be measured, how many requests, processes and blocks decide, and measure nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl GateOptions {
    /// Those that are given of what a file of gates says for each of them.
    pub fn of_one_gate(&self) -> impl Iterator<Item = &'static str> {
        let cell = &self.cell;
        let given = [
            ("--baseline", !self.baseline.is_empty()),
            ("--candidate", !self.candidate.is_empty()),
            ("--baseline-bin", self.baseline_bin.is_some()),
            ("--against", self.against.is_some()),
            ("--model", cell.model.is_some()),
            ("--adapter", cell.adapter.is_some()),
            ("--input", !cell.input.is_empty()),
            ("--scenario", cell.scenario.is_some()),
            ("--batch", cell.batch.is_some()),
            ("--shape", cell.shape.is_some()),
            ("--precision", cell.precision.is_some()),
            ("--device", cell.device.is_some()),
            ("--threads", cell.threads.is_some()),
            ("--metric", self.metric.is_some()),
            ("--tolerance", self.tolerance.is_some()),
            ("--must-detect", self.must_detect.is_some()),
        ];
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(option, _)| option)
    }
}

/// The parts of a cell, one of each.
#[derive(Debug, Clone, Default, Args)]
pub struct CellOptions {
    #[arg(long, value_name = "NAME|FILE", help = help!(model))]
    pub model: Option<String>,
    #[arg(long, value_name = "SPEC", help = concat!(help!(adapter), " [default: rten]"))]
    pub adapter: Option<AdapterSpec>,
    #[arg(long, value_name = "NAME=TYPE[DIM,…]", help = help!(input))]
    pub input: Vec<InputSpec>,
    #[arg(long, help = concat!(help!(scenario), " [default: single-stream]"), value_name = "SPEC")]
    pub scenario: Option<ScenarioSpec>,
    #[arg(long, help = concat!(help!(batch), " [default: 1]"), value_name = "N", value_parser = parse_count)]
    pub batch: Option<u64>,
    #[arg(long, help = help!(shape), value_name = "SYMBOL=N,…", value_parser = parse_shape)]
    pub shape: Option<Shape>,
    #[arg(long, help = help!(precision), value_name = "P")]
    pub precision: Option<Precision>,
    #[arg(long, help = concat!(help!(device), " [default: cpu]"), value_name = "DEVICE")]
    pub device: Option<Device>,
    #[arg(long, help = concat!(help!(threads), " [default: 1]"), value_name = "N", value_parser = parse_count)]
    pub threads: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum GateFormat {
    #[default]
    Table,
    Json,
    Junit,
    Markdown,
}

/// What one side has instead of what both have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SideSetting {
    Model(String),
    Adapter(AdapterSpec),
    Precision(Precision),
    Device(Device),
    Threads(u64),
    Environment(String, String),
}

impl FromStr for SideSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            format!("'{text}' is no KEY=VALUE: write one such as adapter=onnxruntime@1.31.1")
        })?;
        Self::of(key, value)
    }
}

impl SideSetting {
    /// The part of a cell that `key` names.
    ///
    /// # Errors
    /// Where there is no such part, or it cannot have this value.
    pub fn of(key: &str, value: &str) -> Result<Self, String> {
        fn read<T: FromStr<Err: ToString>>(value: &str) -> Result<T, String> {
            value.parse().map_err(|error: T::Err| error.to_string())
        }
        match key {
            "model" => Ok(Self::Model(value.to_owned())),
            "adapter" => Ok(Self::Adapter(read(value)?)),
            "precision" => Ok(Self::Precision(read(value)?)),
            "device" => Ok(Self::Device(read(value)?)),
            "threads" => Ok(Self::Threads(parse_count(value)?)),
            "env" => variable(value),
            "scenario" | "batch" | "shape" | "seed" | "input" => Err(format!(
                "'{key}' is the same for both sides: give --{key} {value}"
            )),
            _ => Err(format!(
                "a side has no '{key}': there is model, adapter, precision, device, threads and env"
            )),
        }
    }
}

fn variable(text: &str) -> Result<SideSetting, String> {
    match text.split_once('=').filter(|(name, _)| !name.is_empty()) {
        Some((name, value)) if !text.contains('\0') => {
            Ok(SideSetting::Environment(name.to_owned(), value.to_owned()))
        }
        _ => Err(format!(
            "env={text} sets no variable: write env=NAME=VALUE, such as env=OMP_NUM_THREADS=2"
        )),
    }
}

impl CellOptions {
    /// With what one side has instead, and the variables of its environment.
    pub fn with(&self, settings: &[SideSetting]) -> (Self, Vec<(String, String)>) {
        let mut own = self.clone();
        let mut environment = Vec::new();
        for setting in settings.iter().cloned() {
            match setting {
                SideSetting::Model(model) => own.model = Some(model),
                SideSetting::Adapter(adapter) => own.adapter = Some(adapter),
                SideSetting::Precision(precision) => own.precision = Some(precision),
                SideSetting::Device(device) => own.device = Some(device),
                SideSetting::Threads(threads) => own.threads = Some(threads),
                SideSetting::Environment(name, value) => environment.push((name, value)),
            }
        }
        (own, environment)
    }

    /// As a run of this cell alone, not split and not profiled.
    pub fn run_options(self) -> RunOptions {
        RunOptions {
            model: self.model.into_iter().collect(),
            adapter: self.adapter.into_iter().collect(),
            input: self.input,
            scenario: self.scenario.into_iter().collect(),
            batch: self.batch.into_iter().collect(),
            shape: self.shape.into_iter().collect(),
            precision: self.precision,
            device: self.device.into_iter().collect(),
            threads: self.threads.into_iter().collect(),
            no_tax: true,
            ..RunOptions::default()
        }
    }
}

/// A share that is written in percent: `2%` is 0.02.
pub fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%');
    let percent: Option<f64> = number.and_then(|number| number.trim().parse().ok());
    percent
        .filter(|percent| (0.0..100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| format!("'{text}' is no share from 0% to below 100%: write one such as 2%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(text: &str) -> Result<SideSetting, String> {
        text.parse()
    }

    #[test]
    fn the_first_equals_sign_splits() {
        let adapter = setting("adapter=onnxruntime:opt=basic").expect("an adapter");
        assert!(
            matches!(adapter, SideSetting::Adapter(spec) if spec.to_string() == "onnxruntime:opt=basic")
        );
        let variable = SideSetting::Environment("A".to_owned(), "b=c".to_owned());
        assert_eq!(setting("env=A=b=c"), Ok(variable));
        let empty = SideSetting::Environment("A".to_owned(), String::new());
        assert_eq!(setting("env=A="), Ok(empty));
    }

    #[test]
    fn what_is_no_part_of_a_side_says_what_is() {
        for (text, says) in [
            ("rten", "is no KEY=VALUE"),
            (
                "adaptor=rten",
                "a side has no 'adaptor': there is model, adapter",
            ),
            ("batch=2", "give --batch 2"),
            ("env=A", "write env=NAME=VALUE"),
            ("env==b", "write env=NAME=VALUE"),
            ("threads=two", "'two' is not a whole number"),
        ] {
            let error = setting(text).expect_err(text);
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_side_has_its_own_parts_and_the_common_ones_else() {
        let common = CellOptions {
            model: Some("mlp".to_owned()),
            threads: Some(1),
            ..CellOptions::default()
        };
        let settings = ["threads=2", "env=A=1"].map(|text| setting(text).expect(text));
        let (own, environment) = common.with(&settings);
        assert_eq!((own.model.as_deref(), own.threads), (Some("mlp"), Some(2)));
        assert_eq!(environment, [("A".to_owned(), "1".to_owned())]);
        assert_eq!(own.run_options().threads, [2]);
    }

    #[test]
    fn a_share_is_written_in_percent() {
        assert_eq!(parse_percent("2%"), Ok(0.02));
        assert_eq!(parse_percent("0%"), Ok(0.0));
        for text in ["2", "0.02", "100%", "-1%", "nan%", "%", ""] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
    }
}
