//! The keys of a TOML table as typed values, each error with its line and its key.

use std::fmt::Display;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::SuiteError;
use super::near::nearest;

pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// What a table is called, and the keys that it may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) what: &'static str,
    pub(super) known: &'static [&'static str],
    /// Keys that belong to another table, with the place where they go.
    pub(super) elsewhere: (&'static [&'static str], &'static str),
}

/// The whole text as a table.
///
/// # Errors
/// Where it is no TOML.
pub(super) fn document<'a>(text: &'a str, origin: &str) -> Result<DeTable<'a>, SuiteError> {
    let table = DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        Place { origin, text }.error(start, error.message())
    })?;
    Ok(table.into_inner())
}

/// A table that has no unknown keys.
#[derive(Clone, Copy)]
pub(super) struct Keys<'d> {
    origin: &'d str,
    text: &'d str,
    table: &'d DeTable<'d>,
    /// Where the table begins.
    start: usize,
}

impl<'d> Keys<'d> {
    /// The whole document; refuses keys that `kind` does not know.
    pub(super) fn top(
        (text, origin): (&'d str, &'d str),
        table: &'d DeTable<'d>,
        kind: Kind,
    ) -> Result<Self, SuiteError> {
        let keys = Self {
            origin,
            text,
            table,
            start: 0,
        };
        keys.checked(kind)
    }

    /// The table at `key`, if there is one; refuses keys that `kind` does not know, and a table with nothing in it.
    pub(super) fn table(&self, key: &str, kind: Kind) -> Result<Option<Self>, SuiteError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let keys = self.inner(key, value, kind)?;
        match keys.table.is_empty() {
            true => Err(keys.here(&format!(
                "{key}: a {} with nothing in it is the suite again: leave it out, or say what differs",
                kind.what
            ))),
            false => Ok(Some(keys)),
        }
    }

    /// The tables at `key`, none if it is not there.
    pub(super) fn tables(&self, key: &str, kind: Kind) -> Result<Vec<Self>, SuiteError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let DeValue::Array(tables) = value.get_ref() else {
            return Err(self.wrong(
                key,
                value,
                &format!("is not a list of tables: write [[{key}]]"),
            ));
        };
        if tables.is_empty() {
            return Err(self.wrong(key, value, "is an empty list: leave the key out"));
        }
        let tables = tables.iter();
        tables.map(|value| self.inner(key, value, kind)).collect()
    }

    fn inner(&self, key: &str, value: &'d Value<'d>, kind: Kind) -> Result<Self, SuiteError> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.wrong(key, value, &format!("is not a table: write [{key}]")));
        };
        let keys = Self {
            table,
            start: value.span().start,
            ..*self
        };
        keys.checked(kind)
    }

    fn checked(self, kind: Kind) -> Result<Self, SuiteError> {
        let names = self.table.keys();
        match names
            .filter(|key| !kind.knows(key.get_ref()))
            .min_by_key(|key| key.span().start)
        {
            Some(key) => Err(self
                .place()
                .error(key.span().start, &kind.stranger(key.get_ref()))),
            None => Ok(self),
        }
    }

    fn place(&self) -> Place<'d> {
        Place {
            origin: self.origin,
            text: self.text,
        }
    }

    /// An error where the table begins.
    pub(super) fn here(&self, problem: &str) -> SuiteError {
        self.place().error(self.start, problem)
    }

    /// The value of `key`.
    pub(super) fn value(&self, key: &str) -> Option<&'d Value<'d>> {
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
        self.place()
            .error(value.span().start, &format!("{key}: {problem}"))
    }

    /// The value of `key`, or an error that says what to give.
    pub(super) fn required(
        &self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<&'d Value<'d>, SuiteError> {
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
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        SuiteError::Text {
            origin: self.origin.to_owned(),
            line: 1 + before.matches('\n').count(),
            column: 1 + line.chars().count(),
            problem: problem.to_owned(),
        }
    }
}

impl Kind {
    fn knows(&self, key: &str) -> bool {
        self.known.contains(&key)
    }

    fn stranger(&self, key: &str) -> String {
        let (others, place) = self.elsewhere;
        let remedy = match others.contains(&key) {
            true => format!("it belongs {place}"),
            false => format!(
                "the nearest is '{}'; there are {}",
                nearest(key, self.known).unwrap_or_default(),
                self.known.join(", ")
            ),
        };
        format!("no {} has a key '{key}': {remedy}", self.what)
    }
}
