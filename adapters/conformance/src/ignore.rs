//! The list of cases that an adapter is known to fail, each with its reason.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::list::{ListError, reasons};

/// Case names with reasons, read from lines `name: reason`; `#` starts a comment line.
///
/// A case that passes must leave the list, unless its reason begins with `sometimes`: what is random, or a matter of the
/// last bit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreList {
    reasons: BTreeMap<String, String>,
}

impl IgnoreList {
    /// Why the case of this name is ignored; `None` where it is not.
    pub fn reason(&self, name: &str) -> Option<&str> {
        self.reasons.get(name).map(String::as_str)
    }

    /// Whether the case is in the list but may pass.
    pub fn may_pass(&self, name: &str) -> bool {
        self.reason(name)
            .is_some_and(|reason| reason.starts_with("sometimes"))
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.reasons.keys().map(String::as_str)
    }
}

impl FromStr for IgnoreList {
    type Err = ListError;

    fn from_str(text: &str) -> Result<Self, ListError> {
        let reasons = reasons(text)?;
        Ok(Self { reasons })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_with_their_reasons() {
        let list: IgnoreList = "# rten 0.27\n\ntest_a: rounds: half up\n test_b : no\n"
            .parse()
            .expect("well formed");
        assert_eq!(list.reason("test_a"), Some("rounds: half up"));
        assert_eq!(list.reason("test_b"), Some("no"));
        assert_eq!(list.reason("test_c"), None);
        assert!(!list.may_pass("test_b"));
        assert_eq!(list.names().collect::<Vec<_>>(), ["test_a", "test_b"]);
    }

    #[test]
    fn what_fails_sometimes_may_pass() {
        let list: IgnoreList = "a: sometimes: random\nb: never sometimes"
            .parse()
            .expect("well formed");
        assert!(list.may_pass("a"));
        assert!(!list.may_pass("b"));
        assert!(!list.may_pass("c"));
    }
}
