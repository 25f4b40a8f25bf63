//! ONNX's own node tests, all of them, against one adapter.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use tare_adapter_api::Adapter;

use crate::case::{self, Outcome};
use crate::ignore::IgnoreList;

/// The environment variable with the path of the folder `data` of `onnx/backend/test`.
pub const NODE_TESTS: &str = "TARE_ONNX_NODE_TESTS";

/// Cases whose expected outputs ONNX drew at random without a seed that another framework could follow.
const RANDOM: [&str; 10] = [
    "test_bernoulli",
    "test_bernoulli_double",
    "test_bernoulli_double_expanded",
    "test_bernoulli_expanded",
    "test_bernoulli_seed",
    "test_bernoulli_seed_expanded",
    "test_training_dropout",
    "test_training_dropout_default",
    "test_training_dropout_default_mask",
    "test_training_dropout_mask",
];

/// How the node cases went.
///
/// The tensor cases are those whose inputs and outputs are all tensors of numbers that the inputs determine. Counted apart, and
/// asked of no adapter, are cases with sequences, optionals, maps or strings, as requests carry numbers only, and the ten whose
/// expected outputs were drawn at random.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeReport {
    /// The tensor cases, however they went.
    pub tensor_cases: usize,
    /// Cases whose outputs are right.
    pub passed: usize,
    /// Cases that were refused by name before anything ran, with what is lacking.
    pub refused: BTreeMap<String, String>,
    /// How many of the refused were refused as [`tare_adapter_api::AdapterError::Lacks`].
    pub lacking: usize,
    /// Cases that fail and stand in the list.
    pub ignored: usize,
    /// Cases that fail and do not stand in the list, with what went wrong.
    pub failed: BTreeMap<String, String>,
    /// Entries of the list that do not fail, with how they went.
    pub stale: BTreeMap<String, String>,
    /// Cases that are no tensor cases.
    pub other: usize,
}

/// Runs every case in `folder/node`; `None` where `folder` is.
///
/// # Errors
/// Where the folder cannot be read.
pub fn node_cases(
    adapter: &dyn Adapter,
    folder: Option<&OsStr>,
    ignore: &IgnoreList,
) -> std::io::Result<Option<NodeReport>> {
    let Some(folder) = folder else {
        return Ok(None);
    };
    let mut report = NodeReport::default();
    let mut outcomes = BTreeMap::new();
    for entry in std::fs::read_dir(Path::new(folder).join("node"))? {
        let folder = entry?.path();
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let outcome = match RANDOM.contains(&name.as_str()) {
            true => Outcome::Other,
            false => case::run(adapter, &folder),
        };
        outcomes.insert(name, outcome);
    }
    for name in ignore.names().filter(|name| !outcomes.contains_key(*name)) {
        report
            .stale
            .insert(name.to_owned(), "no such case".to_owned());
    }
    for (name, outcome) in outcomes {
        report.add(name, outcome, ignore);
    }
    Ok(Some(report))
}

impl NodeReport {
    /// Whether every case passed, was refused, or fails as listed.
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.stale.is_empty()
    }

    /// The share of the tensor cases that passed; `None` where there are none.
    pub fn share(&self) -> Option<f64> {
        (self.tensor_cases > 0).then(|| self.passed as f64 / self.tensor_cases as f64)
    }

    fn add(&mut self, name: String, outcome: Outcome, ignore: &IgnoreList) {
        let listed = ignore.reason(&name).is_some();
        match &outcome {
            Outcome::Other => self.other += 1,
            _ => self.tensor_cases += 1,
        }
        if matches!(outcome, Outcome::Lacks(_)) && !listed {
            self.lacking += 1;
        }
        match (outcome, listed) {
            (Outcome::Passed, false) => self.passed += 1,
            (Outcome::Refused(reason) | Outcome::Lacks(reason), false) => {
                self.refused.insert(name, reason);
            }
            (Outcome::Failed(_), true) => self.ignored += 1,
            (Outcome::Passed, true) if ignore.may_pass(&name) => self.ignored += 1,
            (Outcome::Failed(reason), false) => {
                self.failed.insert(name, reason);
            }
            (Outcome::Passed, true) => {
                self.stale.insert(name, "passes now".to_owned());
            }
            (Outcome::Refused(reason) | Outcome::Lacks(reason), true) => {
                self.stale.insert(name, format!("is refused: {reason}"));
            }
            (Outcome::Other, false) => {}
            (Outcome::Other, true) => {
                self.stale.insert(name, "is no tensor case".to_owned());
            }
        }
    }
}

/// One line of counts, then a line for each failure and each stale entry of the list.
impl fmt::Display for NodeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "node cases: {} of {} tensor cases passed",
            self.passed, self.tensor_cases
        )?;
        if let Some(share) = self.share() {
            write!(f, " ({:.1}%)", share * 100.0)?;
        }
        write!(
            f,
            ", {} refused ({} for operators), {} ignored, {} failed, {} stale; {} other",
            self.refused.len(),
            self.lacking,
            self.ignored,
            self.failed.len(),
            self.stale.len(),
            self.other
        )?;
        for (name, reason) in &self.failed {
            write!(f, "\n  failed {name}: {reason}")?;
        }
        for (name, how) in &self.stale {
            write!(f, "\n  stale {name}: {how}: remove it from the ignore list")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_must_fail_and_what_fails_must_be_listed() {
        let ignore: IgnoreList = "fails: known\npasses: once failed\nrefused: once ran"
            .parse()
            .expect("well formed");
        let mut report = NodeReport::default();
        let failure = || Outcome::Failed("wrong".to_owned());
        for (name, outcome) in [
            ("fails", failure()),
            ("passes", Outcome::Passed),
            ("refused", Outcome::Refused("no FFT".to_owned())),
            ("good", Outcome::Passed),
            ("lacking", Outcome::Lacks("no FFT".to_owned())),
            ("unfit", Outcome::Refused("no f16".to_owned())),
            ("sequence", Outcome::Other),
        ] {
            report.add(name.to_owned(), outcome, &ignore);
        }
        assert_eq!(
            report.to_string(),
            "node cases: 1 of 6 tensor cases passed (16.7%), 2 refused (1 for operators), 1 ignored, 0 failed, 2 stale; 1 other\n  stale passes: passes now: remove it from the ignore list\n  stale refused: is refused: no FFT: remove it from the ignore list"
        );
        assert!(!report.is_clean());
        let mut bad = NodeReport::default();
        bad.add("new".to_owned(), failure(), &ignore);
        assert!(!bad.is_clean());
        assert!(bad.to_string().ends_with("\n  failed new: wrong"));
        assert_eq!(bad.share(), Some(0.0));
    }

    #[test]
    fn without_tensor_cases_there_is_no_share() {
        let mut report = NodeReport::default();
        let listed: IgnoreList = "sequence: once a tensor".parse().expect("well formed");
        report.add("sequence".to_owned(), Outcome::Other, &listed);
        assert_eq!(
            report.to_string(),
            "node cases: 0 of 0 tensor cases passed, 0 refused (0 for operators), 0 ignored, 0 failed, 1 stale; 1 other\n  stale sequence: is no tensor case: remove it from the ignore list"
        );
    }
}
