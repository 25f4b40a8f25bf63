//! A scenario as it is written on the command line, `name[:key=value,…]`.

mod limits;
mod meaning;
mod rules;
mod schedule;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use limits::Limits;
pub use meaning::Decision;
pub use schedule::CellSchedule;

use crate::catalogue::{self, Entry, Key, Value};
use crate::error::SpecError;

/// A scenario and the options it was given; only what exists can be written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ScenarioSpec {
    entry: &'static Entry,
    options: BTreeMap<&'static str, Value>,
}

impl ScenarioSpec {
    /// Such as `single-stream`.
    pub fn name(&self) -> &'static str {
        self.entry.name
    }

    /// The options that were given, as they are recorded: each value in its one form, whichever way it was written.
    pub fn options(&self) -> BTreeMap<String, String> {
        let text = |(key, value): (&&str, &Value)| ((*key).to_owned(), value.to_string());
        self.options.iter().map(text).collect()
    }

    fn given(&self, key: &Key) -> Option<&Value> {
        self.options.get(key.name)
    }

    /// What was given, else what then holds.
    fn value(&self, key: &'static Key) -> Option<&Value> {
        self.given(key).or(key.default.as_ref())
    }
}

impl FromStr for ScenarioSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (name, tail) = text.split_once(':').unwrap_or((text, ""));
        let entry = catalogue::find(text, name)?;
        let mut options = BTreeMap::new();
        for part in tail.split(',').filter(|part| !part.is_empty()) {
            let (key, value) = entry.option(text, part)?;
            if options.insert(key.name, value).is_some() {
                return Err(SpecError::Twice {
                    text: text.to_owned(),
                    key: key.name,
                });
            }
        }
        rules::check(text, entry, &options)?;
        Ok(Self { entry, options })
    }
}

impl fmt::Display for ScenarioSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.entry.name.to_owned();
        for (index, (key, value)) in self.options.iter().enumerate() {
            text.push(if index == 0 { ':' } else { ',' });
            text.push_str(&format!("{key}={value}"));
        }
        f.pad(&text)
    }
}

impl From<ScenarioSpec> for String {
    fn from(spec: ScenarioSpec) -> Self {
        spec.to_string()
    }
}

impl TryFrom<String> for ScenarioSpec {
    type Error = SpecError;

    fn try_from(text: String) -> Result<Self, SpecError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests;
