//! From a suite's text to its matrices, refusing everything that could not be measured as written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use tare_units::Nanoseconds;
use toml::de::DeValue;

use super::keys::{Keys, Kind, Value, document};
use super::{
    Choices, DEFAULT_DURATION, DEFAULT_MAX_REQUESTS, DEFAULT_REPEATS, Experiment, Matrix, Quick,
    Suite, SuiteError, Variant, WhenAbsent,
};
use crate::{Limits, ScenarioSpec};

const SUITE: Kind = Kind {
    what: "suite",
    known: &[
        "name",
        "summary",
        "absent",
        "models",
        "adapters",
        "scenarios",
        "batches",
        "shapes",
        "precisions",
        "devices",
        "threads",
        "repeats",
        "duration",
        "max_requests",
        "quick",
        "experiment",
    ],
    elsewhere: (&[], ""),
};

const QUICK: Kind = Kind {
    what: "quick variant",
    known: &[
        "models",
        "adapters",
        "scenarios",
        "batches",
        "shapes",
        "precisions",
        "devices",
        "threads",
        "repeats",
        "duration",
        "max_requests",
    ],
    elsewhere: (&["name", "summary", "absent"], "at the top of the suite"),
};

const EXPERIMENT: Kind = Kind {
    what: "experiment",
    known: &[
        "name",
        "summary",
        "models",
        "adapters",
        "scenarios",
        "batches",
        "shapes",
        "precisions",
        "devices",
        "threads",
        "quick",
    ],
    elsewhere: (
        &["absent", "repeats", "duration", "max_requests"],
        "at the top of the suite, for all its experiments",
    ),
};

const EXPERIMENT_QUICK: Kind = Kind {
    what: "quick variant of an experiment",
    known: &[
        "models",
        "adapters",
        "scenarios",
        "batches",
        "shapes",
        "precisions",
        "devices",
        "threads",
    ],
    elsewhere: (
        &["repeats", "duration", "max_requests"],
        "in the suite's [quick], for all its experiments",
    ),
};

const MODELS: &str = "a list such as [\"minilm-l6\"]";
const ADAPTERS: &str = "a list such as [\"rten\"]";
const SCENARIOS: &str = "a list such as [\"single-stream\"]";

/// The suite that `text` describes; `origin` is how errors call it, such as its path.
///
/// # Errors
/// With the line, the column and the key: text that is no TOML, unknown or missing keys, values of the wrong kind,
/// experiments of one name or with nothing of their own, quick variants with nothing in them, scenarios that do not exist
/// or do not fit the batches and limits. Models, adapters, precisions and devices are taken as they stand.
pub fn parse(text: &str, origin: &str) -> Result<Suite, SuiteError> {
    let table = document(text, origin)?;
    let tables = Tables::read(Keys::top((text, origin), &table, SUITE)?)?;
    let suite = tables.suite()?;
    tables.fit(&suite.whole(), false)?;
    if suite.has_quick() {
        tables.fit(&suite.quickly()?, true)?;
    }
    Ok(suite)
}

/// The tables of a suite, none with an unknown key.
struct Tables<'d> {
    top: Keys<'d>,
    quick: Option<Keys<'d>>,
    /// Each with its quick variant.
    experiments: Vec<(Keys<'d>, Option<Keys<'d>>)>,
}

impl<'d> Tables<'d> {
    fn read(top: Keys<'d>) -> Result<Self, SuiteError> {
        let experiments = top.tables("experiment", EXPERIMENT)?.into_iter();
        Ok(Self {
            top,
            quick: top.table("quick", QUICK)?,
            experiments: experiments
                .map(|own| Ok((own, own.table("quick", EXPERIMENT_QUICK)?)))
                .collect::<Result<_, SuiteError>>()?,
        })
    }

    fn suite(&self) -> Result<Suite, SuiteError> {
        let top = &self.top;
        let required = |key, expected| top.string(key, top.required(key, expected)?);
        let suite = Suite {
            name: required("name", "a word to call the suite by")?,
            summary: required("summary", "a sentence on what it is for")?,
            absent: read(top, "absent", absent)?.unwrap_or_default(),
            choices: with_defaults(choices(top)?),
            repeats: read(top, "repeats", Keys::count)?.unwrap_or(DEFAULT_REPEATS),
            duration: read(top, "duration", duration)?.unwrap_or(DEFAULT_DURATION),
            max_requests: read(top, "max_requests", Keys::count)?.unwrap_or(DEFAULT_MAX_REQUESTS),
            quick: self.quick.as_ref().map(quick).transpose()?,
            experiments: self.experiments()?,
        };
        if suite.experiments.is_empty() {
            top.required("models", MODELS)?;
            top.required("adapters", ADAPTERS)?;
            top.required("scenarios", SCENARIOS)?;
        }
        Ok(suite)
    }

    fn experiments(&self) -> Result<Vec<Experiment>, SuiteError> {
        let mut names = BTreeSet::new();
        let mut experiments = Vec::new();
        for (own, quick) in &self.experiments {
            let experiment = experiment(own, quick.as_ref())?;
            if !names.insert(experiment.name.clone()) {
                let problem = "names two experiments: give each a name of its own";
                let name = own
                    .value("name")
                    .map(|value| own.wrong("name", value, problem));
                return Err(name.unwrap_or_else(|| own.here(problem)));
            }
            for (key, expected) in [
                ("models", MODELS),
                ("adapters", ADAPTERS),
                ("scenarios", SCENARIOS),
            ] {
                if own.value(key).or(self.top.value(key)).is_none() {
                    return Err(own.here(&format!(
                        "experiment '{}': key '{key}' is missing here and at the top: give {expected}",
                        experiment.name
                    )));
                }
            }
            experiments.push(experiment);
        }
        Ok(experiments)
    }

    /// Every scenario must take every batch within the limits.
    fn fit(&self, variant: &Variant, quickly: bool) -> Result<(), SuiteError> {
        for (index, matrix) in variant.matrices.iter().enumerate() {
            if let Err(problem) = fits(matrix, variant) {
                return Err(self.unfit(index, quickly, &problem));
            }
        }
        Ok(())
    }

    /// At the nearest table that chooses scenarios or batches.
    fn unfit(&self, index: usize, quickly: bool, problem: &str) -> SuiteError {
        let (own, own_quick) = match self.experiments.get(index) {
            Some((own, quick)) => (Some(*own), *quick),
            None => (None, None),
        };
        let only = |keys: Option<Keys<'d>>| keys.filter(|_| quickly);
        let layers = [only(own_quick), own, only(self.quick), Some(self.top)];
        for keys in layers.into_iter().flatten() {
            for key in ["scenarios", "batches"] {
                if let Some(value) = keys.value(key) {
                    return keys.refused(key, value, problem);
                }
            }
        }
        self.top.here(problem)
    }
}

fn experiment(own: &Keys<'_>, quick: Option<&Keys<'_>>) -> Result<Experiment, SuiteError> {
    let required = |key, expected| match own.value(key) {
        Some(value) => own.string(key, value),
        None => Err(own.here(&format!(
            "experiment: key '{key}' is missing: give {expected}"
        ))),
    };
    let experiment = Experiment {
        name: required("name", "a word to call it by")?,
        summary: required("summary", "a sentence on what it shows")?,
        choices: choices(own)?,
        quick: quick.map(choices).transpose()?,
    };
    match experiment.choices.is_empty() {
        true => Err(own.here(&format!(
            "experiment '{}' is empty: give it any of models, adapters, scenarios, batches, shapes, precisions, devices \
             and threads",
            experiment.name
        ))),
        false => Ok(experiment),
    }
}

fn quick(keys: &Keys<'_>) -> Result<Quick, SuiteError> {
    Ok(Quick {
        repeats: read(keys, "repeats", Keys::count)?,
        duration: read(keys, "duration", duration)?,
        max_requests: read(keys, "max_requests", Keys::count)?,
        choices: choices(keys)?,
    })
}

fn choices(keys: &Keys<'_>) -> Result<Choices, SuiteError> {
    Ok(Choices {
        models: read(keys, "models", words)?,
        adapters: read(keys, "adapters", words)?,
        scenarios: read(keys, "scenarios", |keys, key, value| {
            keys.list(key, value, Keys::parsed::<ScenarioSpec>)
        })?,
        batches: read(keys, "batches", counts)?,
        shapes: read(keys, "shapes", |keys, key, value| {
            keys.list(key, value, shape)
        })?,
        precisions: read(keys, "precisions", words)?,
        devices: read(keys, "devices", words)?,
        threads: read(keys, "threads", counts)?,
    })
}

fn with_defaults(choices: Choices) -> Choices {
    Choices {
        devices: choices.devices.or_else(|| Some(vec!["cpu".to_owned()])),
        threads: choices.threads.or_else(|| Some(vec![1])),
        ..choices
    }
}

fn read<'d, T>(
    keys: &Keys<'d>,
    key: &str,
    read: impl Fn(&Keys<'d>, &str, &Value<'_>) -> Result<T, SuiteError>,
) -> Result<Option<T>, SuiteError> {
    let value = keys.value(key);
    value.map(|value| read(keys, key, value)).transpose()
}

fn words(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<Vec<String>, SuiteError> {
    keys.list(key, value, Keys::string)
}

fn counts(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<Vec<u64>, SuiteError> {
    keys.list(key, value, Keys::count)
}

fn absent(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<WhenAbsent, SuiteError> {
    match value.get_ref() {
        DeValue::String(text) if text == "refuse" => Ok(WhenAbsent::Refuse),
        DeValue::String(text) if text == "leave out" => Ok(WhenAbsent::LeaveOut),
        _ => Err(keys.wrong(
            key,
            value,
            "is neither \"refuse\" nor \"leave out\": write one of them",
        )),
    }
}

fn duration(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<Nanoseconds, SuiteError> {
    match keys.parsed(key, value)? {
        Nanoseconds::ZERO => Err(keys.wrong(key, value, "is no time at all: give more than 0")),
        duration => Ok(duration),
    }
}

fn shape(
    keys: &Keys<'_>,
    key: &str,
    value: &Value<'_>,
) -> Result<BTreeMap<String, u64>, SuiteError> {
    let DeValue::Table(symbols) = value.get_ref() else {
        return Err(keys.wrong(
            key,
            value,
            "is not a map from symbols to sizes: write { seq = 128 }",
        ));
    };
    let size = |(symbol, size)| -> Result<(String, u64), SuiteError> {
        let symbol: &toml::Spanned<toml::de::DeString<'_>> = symbol;
        Ok((symbol.get_ref().to_string(), keys.count(key, size)?))
    };
    symbols.iter().map(size).collect()
}

fn fits(matrix: &Matrix, variant: &Variant) -> Result<(), String> {
    let refused = |error: &dyn Display| error.to_string();
    for scenario in &matrix.scenarios {
        let batches = scenario.batches(&matrix.batches);
        for batch in batches.map_err(|error| refused(&error))? {
            let limits = Limits {
                duration: variant.duration,
                max_requests: variant.max_requests,
                batch,
            };
            let schedule = scenario.schedule(limits);
            schedule.map_err(|error| refused(&error))?;
        }
    }
    Ok(())
}
