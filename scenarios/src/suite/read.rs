//! From a suite's text to its matrix, refusing everything that could not be measured as written.

use std::collections::BTreeMap;

use tare_units::Nanoseconds;
use toml::de::DeValue;

use super::keys::{Keys, Value};
use super::{DEFAULT_DURATION, DEFAULT_MAX_REQUESTS, DEFAULT_REPEATS, Suite, SuiteError};
use crate::{Limits, ScenarioSpec};

const KEYS: &[&str] = &[
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
    "repeats",
    "duration",
    "max_requests",
];

/// The suite that `text` describes; `origin` is how errors call it, such as its path.
///
/// # Errors
/// With the line and the key: text that is no TOML, unknown or missing keys, values of the wrong kind, scenarios that do
/// not exist or do not fit the batches and limits. Models, adapters, precisions and devices are taken as they stand.
pub fn parse(text: &str, origin: &str) -> Result<Suite, SuiteError> {
    let keys = Keys::parse(text, origin, KEYS)?;
    let suite = Suite {
        name: keys.string(
            "name",
            keys.required("name", "a word to call the suite by")?,
        )?,
        summary: keys.string(
            "summary",
            keys.required("summary", "a sentence on what it is for")?,
        )?,
        models: words(
            &keys,
            "models",
            keys.required("models", "a list such as [\"minilm-l6\"]")?,
        )?,
        adapters: words(
            &keys,
            "adapters",
            keys.required("adapters", "a list such as [\"rten\"]")?,
        )?,
        scenarios: keys.list(
            "scenarios",
            keys.required("scenarios", "a list such as [\"single-stream\"]")?,
            Keys::parsed::<ScenarioSpec>,
        )?,
        batches: optional(&keys, "batches", Vec::new(), counts)?,
        shapes: optional(&keys, "shapes", Vec::new(), |keys, key, value| {
            keys.list(key, value, shape)
        })?,
        precisions: optional(&keys, "precisions", Vec::new(), words)?,
        devices: optional(&keys, "devices", vec!["cpu".to_owned()], words)?,
        threads: optional(&keys, "threads", vec![1], counts)?,
        repeats: optional(&keys, "repeats", DEFAULT_REPEATS, Keys::count)?,
        duration: optional(&keys, "duration", DEFAULT_DURATION, duration)?,
        max_requests: optional(&keys, "max_requests", DEFAULT_MAX_REQUESTS, Keys::count)?,
    };
    fits(&keys, &suite)?;
    Ok(suite)
}

fn optional<'a, T>(
    keys: &Keys<'a>,
    key: &str,
    otherwise: T,
    read: impl Fn(&Keys<'a>, &str, &Value<'_>) -> Result<T, SuiteError>,
) -> Result<T, SuiteError> {
    keys.value(key)
        .map_or(Ok(otherwise), |value| read(keys, key, value))
}

fn words(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<Vec<String>, SuiteError> {
    keys.list(key, value, Keys::string)
}

fn counts(keys: &Keys<'_>, key: &str, value: &Value<'_>) -> Result<Vec<u64>, SuiteError> {
    keys.list(key, value, Keys::count)
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

/// Every scenario must take every batch within the limits.
fn fits(keys: &Keys<'_>, suite: &Suite) -> Result<(), SuiteError> {
    let Some(value) = keys.value("scenarios") else {
        return Ok(());
    };
    for scenario in &suite.scenarios {
        let refused =
            |error: &dyn std::fmt::Display| keys.refused("scenarios", value, &error.to_string());
        for batch in scenario
            .batches(&suite.batches)
            .map_err(|error| refused(&error))?
        {
            let limits = Limits {
                duration: suite.duration,
                max_requests: suite.max_requests,
                batch,
            };
            scenario.schedule(limits).map_err(|error| refused(&error))?;
        }
    }
    Ok(())
}
