//! From a suite's text to its matrices, refusing everything that could not be measured as written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use tare_units::Nanoseconds;
use toml::de::DeValue;

use super::fault::{Fault, Faults, Found};
use super::keys::{Keys, Value, document};
use super::kinds::{EXPERIMENT, EXPERIMENT_QUICK, QUICK, SUITE};
use super::places::{Places, Written};
use super::{
    Choices, DEFAULT_DURATION, DEFAULT_MAX_REQUESTS, DEFAULT_REPEATS, Experiment, Matrix, Quick,
    Suite, SuiteError, Variant, WhenAbsent,
};
use crate::{Limits, ScenarioSpec, SpecError};

const MODELS: &str = "a list such as [\"minilm-l6\"]";
const ADAPTERS: &str = "a list such as [\"rten\"]";
const SCENARIOS: &str = "a list such as [\"single-stream\"]";

/// The lists that every matrix must have.
const LISTS: [(&str, &str); 3] = [
    ("models", MODELS),
    ("adapters", ADAPTERS),
    ("scenarios", SCENARIOS),
];

/// The suite that `text` describes; `origin` is how errors call it, such as its path.
///
/// # Errors
/// With the line, the column and the key of each, as many as can be told at once: text that is no TOML, unknown or missing
/// keys, values of the wrong kind, experiments of one name or with nothing of their own, quick variants with nothing in
/// them, scenarios that do not exist or do not fit the batches and limits. Models, adapters, precisions and devices are
/// taken as they stand.
pub fn parse(text: &str, origin: &str) -> Result<Suite, SuiteError> {
    read_placed(text, origin).map(|(suite, _)| suite)
}

/// As [`parse`], with the place of every value.
///
/// # Errors
/// Those of [`parse`].
pub fn read_placed(text: &str, origin: &str) -> Result<(Suite, Places), SuiteError> {
    let table = document(text).map_err(|fault| Faults::new(origin, vec![fault]))?;
    let found = Found::default();
    let tables = Tables::read(Keys::top((text, &found), &table, SUITE));
    let suite = tables.suite();
    if found.is_empty() {
        tables.fit(&suite.whole(), false);
        if suite.has_quick() {
            tables.fit(&suite.quickly()?, true);
        }
    }
    match found.is_empty() {
        true => {
            let origin = origin.to_owned();
            let written = tables.written();
            Ok((suite, Places { origin, written }))
        }
        false => Err(found.into_faults(origin).into()),
    }
}

/// The tables of a suite.
struct Tables<'d> {
    top: Keys<'d>,
    quick: Option<Keys<'d>>,
    /// Each with its quick variant.
    experiments: Vec<(Keys<'d>, Option<Keys<'d>>)>,
}

impl<'d> Tables<'d> {
    fn read(top: Keys<'d>) -> Self {
        let experiments = top.tables("experiment", EXPERIMENT).into_iter();
        Self {
            top,
            quick: top.table("quick", QUICK),
            experiments: experiments
                .map(|own| (own, own.table("quick", EXPERIMENT_QUICK)))
                .collect(),
        }
    }

    /// What is wrong is noted and left out of it.
    fn suite(&self) -> Suite {
        let top = &self.top;
        let suite = Suite {
            name: required(top, "", "name", "a word to call the suite by"),
            summary: required(top, "", "summary", "a sentence on what it is for"),
            absent: read(top, "absent", absent).unwrap_or_default(),
            choices: with_defaults(choices(top)),
            repeats: read(top, "repeats", Keys::count).unwrap_or(DEFAULT_REPEATS),
            duration: read(top, "duration", duration).unwrap_or(DEFAULT_DURATION),
            max_requests: read(top, "max_requests", Keys::count).unwrap_or(DEFAULT_MAX_REQUESTS),
            quick: self.quick.as_ref().map(quick),
            experiments: self.experiments(),
        };
        if top.value("experiment").is_none() {
            for (key, expected) in LISTS {
                if top.value(key).is_none() {
                    top.missing("", key, expected);
                }
            }
        }
        suite
    }

    fn experiments(&self) -> Vec<Experiment> {
        let mut names = BTreeSet::new();
        let mut experiments = Vec::new();
        for (own, quick) in &self.experiments {
            let experiment = experiment(own, quick.as_ref());
            if let Some(name) = own.value("name")
                && !experiment.name.is_empty()
                && !names.insert(experiment.name.clone())
            {
                let problem = "names two experiments: give each a name of its own";
                own.note(own.wrong("name", name, problem));
            }
            for (key, expected) in LISTS {
                if own.value(key).or(self.top.value(key)).is_none() {
                    own.note(own.here(&format!(
                        "experiment '{}': key '{key}' is missing here and at the top: give {expected}",
                        experiment.name
                    )));
                }
            }
            experiments.push(experiment);
        }
        experiments
    }

    /// Every value with its place, table by table.
    fn written(&self) -> Vec<Written> {
        let mut all = written(&self.top, (None, false));
        all.extend(
            self.quick
                .iter()
                .flat_map(|keys| written(keys, (None, true))),
        );
        for (place, (own, quick)) in self.experiments.iter().enumerate() {
            all.extend(written(own, (Some(place), false)));
            let quick = quick.iter();
            all.extend(quick.flat_map(|keys| written(keys, (Some(place), true))));
        }
        all
    }

    /// Every scenario must take every batch within the limits.
    fn fit(&self, variant: &Variant, quickly: bool) {
        for (index, matrix) in variant.matrices.iter().enumerate() {
            if let Err(problem) = fits(matrix, variant) {
                self.top.note(self.unfit(index, quickly, &problem));
            }
        }
    }

    /// At the nearest table that chooses scenarios or batches.
    fn unfit(&self, index: usize, quickly: bool, problem: &str) -> Fault {
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

fn experiment(own: &Keys<'_>, quick: Option<&Keys<'_>>) -> Experiment {
    let whose = "experiment: ";
    let experiment = Experiment {
        name: required(own, whose, "name", "a word to call it by"),
        summary: required(own, whose, "summary", "a sentence on what it shows"),
        choices: choices(own),
        quick: quick.map(choices),
    };
    let mut choosable = EXPERIMENT_QUICK.known.iter().copied().flatten();
    if choosable.all(|key| own.value(key).is_none()) {
        own.note(own.here(&format!(
            "experiment '{}' is empty: give it any of models, adapters, scenarios, batches, shapes, precisions, devices \
             and threads",
            experiment.name
        )));
    }
    experiment
}

/// A string that must be there; empty, and noted, where it is not.
fn required(keys: &Keys<'_>, whose: &str, key: &str, expected: &str) -> String {
    match keys.value(key) {
        Some(value) => keys.kept(keys.string(key, value)).unwrap_or_default(),
        None => {
            keys.missing(whose, key, expected);
            String::new()
        }
    }
}

fn quick(keys: &Keys<'_>) -> Quick {
    Quick {
        repeats: read(keys, "repeats", Keys::count),
        duration: read(keys, "duration", duration),
        max_requests: read(keys, "max_requests", Keys::count),
        choices: choices(keys),
    }
}

fn choices(keys: &Keys<'_>) -> Choices {
    Choices {
        models: read(keys, "models", words),
        adapters: read(keys, "adapters", words),
        scenarios: read(keys, "scenarios", |keys, key, value| {
            keys.list(key, value, scenario)
        }),
        batches: read(keys, "batches", counts),
        shapes: read(keys, "shapes", |keys, key, value| {
            keys.list(key, value, shape)
        }),
        precisions: read(keys, "precisions", words),
        devices: read(keys, "devices", words),
        threads: read(keys, "threads", counts),
    }
}

/// The values of one table that are names: of lists each value, of shapes each symbol.
fn written(keys: &Keys<'_>, (experiment, quick): (Option<usize>, bool)) -> Vec<Written> {
    let mut all = Vec::new();
    let mut add = |key: &'static str, text: String, span: std::ops::Range<usize>| {
        let (line, column) = keys.position(span);
        all.push(Written {
            experiment,
            quick,
            key,
            text,
            line,
            column,
        });
    };
    for key in [
        "models",
        "adapters",
        "scenarios",
        "shapes",
        "precisions",
        "devices",
    ] {
        let Some(DeValue::Array(values)) = keys.value(key).map(|value| value.get_ref()) else {
            continue;
        };
        for value in values.iter() {
            match value.get_ref() {
                DeValue::String(text) => add(key, text.to_string(), value.span()),
                DeValue::Table(symbols) => symbols
                    .keys()
                    .for_each(|symbol| add(key, symbol.get_ref().to_string(), symbol.span())),
                _ => {}
            }
        }
    }
    all
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
    read: impl Fn(&Keys<'d>, &str, &Value<'_>) -> Result<T, Fault>,
) -> Option<T> {
    let value = keys.value(key)?;
    keys.kept(read(keys, key, value))
}

fn words(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<Vec<String>, Fault> {
    keys.list(key, value, Keys::string)
}

fn counts(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<Vec<u64>, Fault> {
    keys.list(key, value, Keys::count)
}

fn absent(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<WhenAbsent, Fault> {
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

fn scenario(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<ScenarioSpec, Fault> {
    let text = keys.string(key, value)?;
    text.parse()
        .map_err(|error: SpecError| keys.refused(key, value, &error.to_string()))
}

fn duration(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<Nanoseconds, Fault> {
    match keys.parsed(key, value)? {
        Nanoseconds::ZERO => Err(keys.wrong(key, value, "is no time at all: give more than 0")),
        duration => Ok(duration),
    }
}

fn shape(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<BTreeMap<String, u64>, Fault> {
    let DeValue::Table(symbols) = value.get_ref() else {
        return Err(keys.wrong(
            key,
            value,
            "is not a map from symbols to sizes: write { seq = 128 }",
        ));
    };
    let size = |(symbol, size)| -> Result<(String, u64), Fault> {
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
            scenario.check(limits).map_err(|error| refused(&error))?;
        }
    }
    Ok(())
}
