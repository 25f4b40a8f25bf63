//! The facts that could not be read, by dotted path, gathered while the others are.

use std::collections::BTreeMap;
use std::fmt::Display;

#[derive(Debug, Default)]
pub(crate) struct Gaps(BTreeMap<String, String>);

impl Gaps {
    /// The value, or its reason under `path`.
    pub(crate) fn keep<T, E: Display>(&mut self, path: &str, found: Result<T, E>) -> Option<T> {
        match found {
            Ok(value) => Some(value),
            Err(reason) => {
                self.0.insert(path.to_owned(), reason.to_string());
                None
            }
        }
    }

    pub(crate) fn into_missing(self) -> BTreeMap<String, String> {
        self.0
    }
}
