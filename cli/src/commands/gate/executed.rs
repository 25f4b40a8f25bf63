//! What executed the processes of a stored day, beside the cell: what a day of something else says nothing of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tare_results::{Kind, Record, Runtime};
use tare_runtimes::file_sha256;

use super::super::short;
use super::prepared::{Difference, SidePlan};
use crate::exit::Failed;

/// What is of a side and stands in no cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Executed {
    /// The variables that it was given.
    pub environment: BTreeMap<String, String>,
    /// Such as `rten 0.27.0`, with the hash of its file where it has one; `null` before it was measured, and where it never said.
    pub library: Option<String>,
    /// The hash of the `tare` that executes it.
    pub tare: Option<String>,
}

impl Executed {
    /// What will execute `side`, as far as that is known before it does.
    ///
    /// # Errors
    /// Where the program cannot be read.
    pub fn before(side: &SidePlan) -> Result<Self, Failed> {
        Ok(Self {
            environment: side.environment.clone(),
            library: None,
            tare: Some(file_sha256(&side.tare.path).map_err(Failed::input)?),
        })
    }

    /// With the library that the timed processes of `records` said.
    pub fn by(self, library: Option<String>) -> Self {
        Self { library, ..self }
    }

    /// What differs from this in `now`; of a library that is not known yet, nothing is said.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let (own, others) = (self.parts(), now.parts());
        let mut parts: Vec<&String> = own.keys().chain(others.keys()).collect();
        parts.sort();
        parts.dedup();
        let is_known = |part: &&&String| part.as_str() != LIBRARY || now.library.is_some();
        let differences = parts.iter().filter(is_known).map(|part| {
            let of = |parts: &BTreeMap<String, String>, none: &str| {
                parts.get(*part).cloned().unwrap_or_else(|| none.to_owned())
            };
            let none = match part.starts_with(VARIABLE) {
                true => "not set",
                false => "not known",
            };
            Difference {
                part: (*part).clone(),
                baseline: of(&own, none),
                candidate: of(&others, none),
            }
        });
        differences
            .filter(|part| part.baseline != part.candidate)
            .collect()
    }

    fn parts(&self) -> BTreeMap<String, String> {
        let variables = self.environment.iter();
        let variables = variables.map(|(name, value)| (format!("{VARIABLE}{name}"), value.clone()));
        let library = self.library.clone();
        let library = library.map(|library| (LIBRARY.to_owned(), library));
        let tare = self.tare.as_deref();
        let tare = tare.map(|hash| ("tare".to_owned(), short(hash).to_owned()));
        variables.chain(library).chain(tare).collect()
    }
}

const LIBRARY: &str = "library";
const VARIABLE: &str = "env ";

/// The library that executed the first timed process of `records` that says it.
pub fn library(records: &[Record]) -> Option<String> {
    let mut timed = records
        .iter()
        .filter(|record| record.kind == Kind::Measurement);
    let runtime = timed.find_map(|record| record.runtime.as_ref())?;
    let Runtime {
        name,
        version,
        library_sha256,
        ..
    } = runtime;
    Some(match library_sha256 {
        Some(hash) => format!("{name} {version} ({})", short(hash)),
        None => format!("{name} {version}"),
    })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// By this library.
    pub fn executed(library: &str) -> Executed {
        Executed {
            environment: BTreeMap::from([("A".to_owned(), "1".to_owned())]),
            library: Some(library.to_owned()),
            tare: Some("0123456789abcdef".to_owned()),
        }
    }

    #[test]
    fn what_executed_differs_by_variables_library_and_program() {
        let baseline = executed("rten 0.27.0");
        assert_eq!(baseline.differences(&baseline), []);
        let before = baseline.clone().by(None);
        assert_eq!(baseline.differences(&before), [], "not known yet");
        let now = Executed {
            environment: BTreeMap::from([("B".to_owned(), "2".to_owned())]),
            library: Some("rten 0.28.0".to_owned()),
            tare: None,
        };
        let told =
            |part: Difference| format!("{}: {} → {}", part.part, part.baseline, part.candidate);
        let differences: Vec<String> = baseline.differences(&now).into_iter().map(told).collect();
        assert_eq!(
            differences,
            [
                "env A: 1 → not set",
                "env B: not set → 2",
                "library: rten 0.27.0 → rten 0.28.0",
                "tare: 0123456789ab → not known",
            ]
        );
    }
}
