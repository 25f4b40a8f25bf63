//! The list of cases that an adapter is known to fail, each with its reason.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Case names with reasons, read from lines `name: reason`; `#` starts a comment line.
///
/// A case that passes must leave the list, unless its reason begins with `sometimes`: what is random, or a matter of the
/// last bit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreList {
    reasons: BTreeMap<String, String>,
}

/// Why a list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A line is not `name: reason`.
    #[error("line {line} '{text}' of the ignore list gives no reason: write name: reason")]
    NoReason {
        /// Counted from one.
        line: usize,
        /// The line.
        text: String,
    },
    /// A case stands twice.
    #[error("'{name}' stands twice in the ignore list, again in line {line}: remove one")]
    Twice {
        /// The case.
        name: String,
        /// Of the second, counted from one.
        line: usize,
    },
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
    type Err = IgnoreError;

    fn from_str(text: &str) -> Result<Self, IgnoreError> {
        let mut reasons = BTreeMap::new();
        let lines = text.lines().map(str::trim).enumerate();
        for (index, text) in lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
            let line = index + 1;
            let (name, reason) = text
                .split_once(':')
                .map(|(name, reason)| (name.trim(), reason.trim()))
                .filter(|(name, reason)| !name.is_empty() && !reason.is_empty())
                .ok_or_else(|| IgnoreError::NoReason {
                    line,
                    text: text.to_owned(),
                })?;
            if reasons.insert(name.to_owned(), reason.to_owned()).is_some() {
                return Err(IgnoreError::Twice {
                    name: name.to_owned(),
                    line,
                });
            }
        }
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

    #[test]
    fn a_line_without_a_reason_or_a_second_of_a_name_is_refused() {
        let error = |text: &str| {
            text.parse::<IgnoreList>()
                .expect_err("malformed")
                .to_string()
        };
        assert_eq!(
            error("\ntest_a"),
            "line 2 'test_a' of the ignore list gives no reason: write name: reason"
        );
        assert_eq!(
            error("test_a:"),
            "line 1 'test_a:' of the ignore list gives no reason: write name: reason"
        );
        assert_eq!(
            error("a: x\na: y"),
            "'a' stands twice in the ignore list, again in line 2: remove one"
        );
    }
}
