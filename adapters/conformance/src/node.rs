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

/// How the node cases went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeReport {
    /// Cases whose outputs are right.
    pub passed: usize,
    /// Cases that were refused by name before anything ran, with what is lacking.
    pub refused: BTreeMap<String, String>,
    /// Cases that fail and stand in the list.
    pub ignored: usize,
    /// Cases that fail and do not stand in the list, with what went wrong.
    pub failed: BTreeMap<String, String>,
    /// Entries of the list that do not fail, with how they went.
    pub stale: BTreeMap<String, String>,
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
        outcomes.insert(name, case::run(adapter, &folder));
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

    fn add(&mut self, name: String, outcome: Outcome, ignore: &IgnoreList) {
        let listed = ignore.reason(&name).is_some();
        match (outcome, listed) {
            (Outcome::Passed, false) => self.passed += 1,
            (Outcome::Refused(reason), false) => {
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
            (Outcome::Refused(reason), true) => {
                self.stale.insert(name, format!("is refused: {reason}"));
            }
        }
    }
}

/// One line of counts, then a line for each failure and each stale entry of the list.
impl fmt::Display for NodeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "node cases: {} passed, {} refused, {} ignored, {} failed, {} stale",
            self.passed,
            self.refused.len(),
            self.ignored,
            self.failed.len(),
            self.stale.len()
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
            ("lacking", Outcome::Refused("no FFT".to_owned())),
        ] {
            report.add(name.to_owned(), outcome, &ignore);
        }
        assert_eq!(
            report.to_string(),
            "node cases: 1 passed, 1 refused, 1 ignored, 0 failed, 2 stale\n  stale passes: passes now: remove it from the ignore list\n  stale refused: is refused: no FFT: remove it from the ignore list"
        );
        assert!(!report.is_clean());
        let mut bad = NodeReport::default();
        bad.add("new".to_owned(), failure(), &ignore);
        assert!(!bad.is_clean());
        assert!(bad.to_string().ends_with("\n  failed new: wrong"));
    }
}
