//! What `tare run` takes, and how its words are read.

use std::fmt;
use std::str::FromStr;

use clap::Args;
use tare_adapter_api::{AdapterSpec, AdapterSpecError, Device, Precision};
use tare_hardware::energy::DEFAULT_BOUND;
use tare_harness::plan::ReferenceChoice;
use tare_models::InputSpec;
use tare_scenarios::ScenarioSpec;
use tare_units::{Bytes, Nanoseconds};

use super::Format;
use super::words::help;

#[derive(Debug, Default, Args)]
pub struct RunOptions {
    /// A suite by name, or a TOML file; options below override what it says [default: first, unless --model is given]
    #[arg(long, value_name = "NAME|FILE")]
    pub suite: Option<String>,
    /// The suite's quick variant: smaller models, fewer and shorter repeats
    #[arg(long)]
    pub quick: bool,
    #[arg(long, value_name = "NAME|FILE", help = concat!(help!(model), "; repeatable"))]
    pub model: Vec<String>,
    #[arg(long, value_name = "SPEC", help = concat!(help!(adapter), "; repeatable"))]
    pub adapter: Vec<AdapterSpec>,
    #[arg(long, value_name = "NAME=TYPE[DIM,…]", help = help!(input))]
    pub input: Vec<InputSpec>,
    /// The adapter whose outputs the others' are compared with, or none [default: onnxruntime, else tract, else rten]
    #[arg(long, value_name = "SPEC|none")]
    pub reference: Option<Reference>,
    /// Profile each cell by operator in a worker of its own, once its repeats are done
    #[arg(long)]
    pub profile: bool,
    /// Time no hollow twins and profile nothing: the latency as it is, not split into floor, inefficiency and tax
    #[arg(long)]
    pub no_tax: bool,
    #[arg(long, value_name = "SPEC", help = concat!(help!(scenario), "; repeatable"))]
    pub scenario: Vec<ScenarioSpec>,
    #[arg(long, help = help!(batch), value_name = "N,…", value_delimiter = ',', value_parser = parse_count)]
    pub batch: Vec<u64>,
    #[arg(long, help = concat!(help!(shape), "; repeat the option for more shapes"), value_name = "SYMBOL=N,…", value_parser = parse_shape)]
    pub shape: Vec<Shape>,
    #[arg(long, help = help!(precision), value_name = "P")]
    pub precision: Option<Precision>,
    #[arg(long, help = help!(device), value_name = "DEVICE", value_delimiter = ',')]
    pub device: Vec<Device>,
    #[arg(long, help = concat!(help!(threads), " [default: 1]"), value_name = "N,…", value_delimiter = ',', value_parser = parse_count)]
    pub threads: Vec<u64>,
    /// Fresh workers for each cell [default: 5]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub repeats: Option<u64>,
    /// Timed work of a repeat, where its scenario does not say its own [default: 1s]
    #[arg(long, value_name = "TIME")]
    pub duration: Option<Nanoseconds>,
    /// Timed requests of a repeat at the most, where its scenario does not say its own [default: 1000000]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub max_requests: Option<u64>,
    /// Seed of the inputs, and of what a scenario draws [default: 0]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub seed: Option<u64>,
    #[arg(long, help = concat!(help!(deadline), " [default: 2min, or 20 times the timed work of the longest repeat]"), value_name = "TIME")]
    pub deadline: Option<Nanoseconds>,
    #[arg(long, help = concat!(help!(memory_limit), " [default: 90% of what is available when the run begins]"), value_name = "SIZE")]
    pub memory_limit: Option<Bytes>,
    /// Go on with a run that was stopped: an id, a unique prefix of one, or latest; --deadline and --memory-limit may differ
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all = ["suite", "quick", "model", "adapter", "input", "reference", "profile", "no_tax", "scenario", "batch", "shape", "precision", "device",
                              "threads", "repeats", "duration", "max_requests", "seed", "strict", "no_checks", "no_probes", "energy_bound", "dry_run"]
    )]
    pub resume: Option<String>,
    /// A program that prints joules or watts of an external meter, a line a reading: SECONDS VALUE J, or W
    #[arg(long, value_name = "COMMAND")]
    pub meter: Option<String>,
    /// How accurate the meter is, as its data sheet says: the typical relative error of its gain; else the meter's own line `# accuracy 1%`
    #[arg(long, value_name = "PERCENT", requires = "meter", value_parser = parse_accuracy)]
    pub meter_accuracy: Option<f64>,
    /// How well energy is to be known, as a share of it: workers go on with further requests for it, a minute at the most; off for none
    #[arg(long, value_name = "PERCENT|off", default_value = "2%", value_parser = parse_bound)]
    pub energy_bound: EnergyBound,
    /// Refuse to measure, or to call valid, what a disturbed machine measured: --strict heeds the default set,
    /// --strict=default,turbo,-steal another one; `tare machine check` tells what disturbs and what is in the set
    #[arg(long, value_name = "CHECKS", num_args = 0..=1, require_equals = true, default_missing_value = "default",
          value_parser = parse_strict, conflicts_with_all = ["no_checks", "no_probes"])]
    pub strict: Option<StrictSet>,
    /// Check nothing of the machine; every record says so
    #[arg(long)]
    pub no_checks: bool,
    /// As root: governors at performance, turbo off and GPUs at their base clock while the run goes, set back on every
    /// way out; a run that was tuned is resumed with --tune, another one without
    #[arg(long)]
    pub tune: bool,
    /// Read nothing beside the workers: no memory, and no limit on it, no counters, energy or peaks; with --no-checks, for seeing what watching costs
    #[arg(long, conflicts_with_all = ["memory_limit", "meter"])]
    pub no_probes: bool,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
    /// Print what would be measured and about how long it takes, and measure nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What `--strict` says: the names of checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrictSet(pub Vec<String>);

fn parse_strict(text: &str) -> Result<StrictSet, String> {
    let names = tare_hardware::checks::strict_set(text)?;
    Ok(StrictSet(names.into_iter().map(str::to_owned).collect()))
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

/// What `--energy-bound` says: a share, or none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnergyBound(pub Option<f64>);

impl Default for EnergyBound {
    fn default() -> Self {
        Self(Some(DEFAULT_BOUND))
    }
}

fn parse_bound(text: &str) -> Result<EnergyBound, String> {
    if text == "off" {
        return Ok(EnergyBound(None));
    }
    let share = share(text).map(|share| EnergyBound(Some(share)));
    share.ok_or(format!(
        "'{text}' is no share between 0 and 100%: write one such as 2%, or off"
    ))
}

fn parse_accuracy(text: &str) -> Result<f64, String> {
    share(text).ok_or(format!(
        "'{text}' is no share between 0 and 100%: write one such as 1%"
    ))
}

fn share(text: &str) -> Option<f64> {
    let percent: f64 = text.trim_end_matches('%').parse().ok()?;
    let share = percent / 100.0;
    (share > 0.0 && share < 1.0).then_some(share)
}

/// Sizes by symbol, as one `--shape` gives them.
pub type Shape = std::collections::BTreeMap<String, u64>;

pub fn parse_count(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("'{text}' is not a whole number below 2^64: write one such as 8"))
}

pub fn parse_shape(text: &str) -> Result<Shape, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_bound_is_a_share_in_percent_or_off() {
        assert_eq!(parse_bound("2%"), Ok(EnergyBound::default()));
        assert_eq!(parse_bound("0.5"), Ok(EnergyBound(Some(0.005))));
        assert_eq!(parse_bound("off"), Ok(EnergyBound(None)));
        for text in ["0", "100%", "-1", "nan", "two", ""] {
            assert!(parse_bound(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_reference_is_an_adapter_or_none() {
        assert_eq!("none".parse(), Ok(Reference(ReferenceChoice::None)));
        let named: Reference = "rten:prepack=false".parse().expect("a spec");
        assert_eq!(named.to_string(), "rten:prepack=false");
        assert!(":x".parse::<Reference>().is_err());
    }
}
