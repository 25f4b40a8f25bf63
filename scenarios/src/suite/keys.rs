//! The keys of a TOML table as typed values, each error with its line and its key.

use std::fmt::Display;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::SuiteError;

pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// A table that has no unknown keys.
pub(super) struct Keys<'a> {
    origin: &'a str,
    text: &'a str,
    table: DeTable<'a>,
}

impl<'a> Keys<'a> {
    /// The document; refuses what is no TOML and keys that are not among `known`.
    pub(super) fn parse(
        text: &'a str,
        origin: &'a str,
        known: &[&str],
    ) -> Result<Self, SuiteError> {
        let place = Place { origin, text };
        let table = DeTable::parse(text)
            .map_err(|error| {
                place.error(error.span().map_or(0, |span| span.start), error.message())
            })?
            .into_inner();
        let stranger = table
            .keys()
            .find(|key| !known.contains(&key.get_ref().as_ref()));
        if let Some(key) = stranger {
            let problem = format!(
                "no suite has a key '{}': there are {}",
                key.get_ref(),
                known.join(", ")
            );
            return Err(place.error(key.span().start, &problem));
        }
        Ok(Self {
            origin,
            text,
            table,
        })
    }

    /// The value of `key`.
    pub(super) fn value(&self, key: &str) -> Option<&Value<'a>> {
        self.table.get(key)
    }

    /// An error at `value`, which belongs to `key`, that shows what is written there.
    pub(super) fn wrong(&self, key: &str, value: &Value<'_>, problem: &str) -> SuiteError {
        const SHOWN: usize = 40;
        let written = self.text.get(value.span()).unwrap_or_default();
        let line = written.lines().next().unwrap_or_default();
        let shown: String = line.chars().take(SHOWN).collect();
        self.refused(key, value, &format!("{shown} {problem}"))
    }

    /// An error at `value`, which belongs to `key`, where the problem itself names the value.
    pub(super) fn refused(&self, key: &str, value: &Value<'_>, problem: &str) -> SuiteError {
        let place = Place {
            origin: self.origin,
            text: self.text,
        };
        place.error(value.span().start, &format!("{key}: {problem}"))
    }

    /// The value of `key`, or an error that says what to give.
    pub(super) fn required(
        &self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<&Value<'a>, SuiteError> {
        self.value(key).ok_or_else(|| SuiteError::Missing {
            origin: self.origin.to_owned(),
            key,
            expected,
        })
    }

    /// A string that holds more than space.
    pub(super) fn string(&self, key: &str, value: &Value<'_>) -> Result<String, SuiteError> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Ok(text.to_string()),
            _ => Err(self.wrong(
                key,
                value,
                "is not a string with something in it: write \"…\"",
            )),
        }
    }

    /// A string that reads as a `T`.
    pub(super) fn parsed<T>(&self, key: &str, value: &Value<'_>) -> Result<T, SuiteError>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.string(key, value)?;
        text.parse()
            .map_err(|error: T::Err| self.refused(key, value, &error.to_string()))
    }

    /// A whole number from 1.
    pub(super) fn count(&self, key: &str, value: &Value<'_>) -> Result<u64, SuiteError> {
        let number = match value.get_ref() {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        number
            .filter(|number| *number > 0)
            .ok_or_else(|| self.wrong(key, value, "is not a whole number from 1"))
    }

    /// A list with something in it and nothing twice, each of its values read by `item`.
    pub(super) fn list<T: PartialEq>(
        &self,
        key: &str,
        value: &Value<'_>,
        item: impl Fn(&Self, &str, &Value<'_>) -> Result<T, SuiteError>,
    ) -> Result<Vec<T>, SuiteError> {
        let DeValue::Array(values) = value.get_ref() else {
            return Err(self.wrong(key, value, "is not a list: write […]"));
        };
        if values.is_empty() {
            return Err(self.wrong(
                key,
                value,
                "is an empty list: leave the key out, or name something",
            ));
        }
        let mut items = Vec::with_capacity(values.len());
        for value in values.iter() {
            let next = item(self, key, value)?;
            if items.contains(&next) {
                return Err(self.wrong(key, value, "stands twice: once is enough"));
            }
            items.push(next);
        }
        Ok(items)
    }
}

struct Place<'a> {
    origin: &'a str,
    text: &'a str,
}

impl Place<'_> {
    fn error(&self, offset: usize, problem: &str) -> SuiteError {
        let before = self.text.as_bytes().iter().take(offset);
        SuiteError::Text {
            origin: self.origin.to_owned(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
            problem: problem.to_owned(),
        }
    }
}
