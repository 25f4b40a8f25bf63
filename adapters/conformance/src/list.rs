//! Lines `name: reason`, as the lists beside an adapter hold them.

use std::collections::BTreeMap;

/// Why a list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A line is not `name: reason`.
    #[error("line {line} '{text}' of the list gives no reason: write name: reason")]
    NoReason {
        /// Counted from one.
        line: usize,
        /// The line.
        text: String,
    },
    /// A case stands twice.
    #[error("'{name}' stands twice in the list, again in line {line}: remove one")]
    Twice {
        /// The case.
        name: String,
        /// Of the second, counted from one.
        line: usize,
    },
}

/// Reasons by name; empty lines and those that begin with `#` are passed over.
pub(crate) fn reasons(text: &str) -> Result<BTreeMap<String, String>, ListError> {
    let mut reasons = BTreeMap::new();
    let lines = text.lines().map(str::trim).enumerate();
    for (index, text) in lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
        let line = index + 1;
        let (name, reason) = text
            .split_once(':')
            .map(|(name, reason)| (name.trim(), reason.trim()))
            .filter(|(name, reason)| !name.is_empty() && !reason.is_empty())
            .ok_or_else(|| ListError::NoReason {
                line,
                text: text.to_owned(),
            })?;
        if reasons.insert(name.to_owned(), reason.to_owned()).is_some() {
            return Err(ListError::Twice {
                name: name.to_owned(),
                line,
            });
        }
    }
    Ok(reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_a_reason_or_a_second_of_a_name_is_refused() {
        let error = |text: &str| reasons(text).expect_err("malformed").to_string();
        assert_eq!(
            error("\ntest_a"),
            "line 2 'test_a' of the list gives no reason: write name: reason"
        );
        assert_eq!(
            error("test_a:"),
            "line 1 'test_a:' of the list gives no reason: write name: reason"
        );
        assert_eq!(
            error("a: x\na: y"),
            "'a' stands twice in the list, again in line 2: remove one"
        );
    }
}
