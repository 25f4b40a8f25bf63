//! The keys of a TOML table as typed values, each error with its line and its key.

use std::fmt::Display;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Found, Place};
use super::near::nearest;

pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// What a table is called, and the keys that it may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) what: &'static str,
    /// In groups, in the order in which they are listed.
    pub(super) known: &'static [&'static [&'static str]],
    /// Keys that belong to another table, with the place where they go.
    pub(super) elsewhere: (&'static [&'static str], &'static str),
}

/// The whole text as a table.
///
/// # Errors
/// Where it is no TOML.
pub(super) fn document(text: &str) -> Result<DeTable<'_>, Fault> {
    let table = DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        Place { text }.fault(start, error.message())
    })?;
    Ok(table.into_inner())
}

/// A table whose unknown keys are noted among what is wrong.
#[derive(Clone, Copy)]
pub(super) struct Keys<'d> {
    text: &'d str,
    table: &'d DeTable<'d>,
    found: &'d Found,
    /// Where the table begins.
    start: usize,
}

impl<'d> Keys<'d> {
    /// The whole document; notes keys that `kind` does not know.
    pub(super) fn top(
        (text, found): (&'d str, &'d Found),
        table: &'d DeTable<'d>,
        kind: Kind,
    ) -> Self {
        let keys = Self {
            text,
            table,
            found,
            start: 0,
        };
        keys.checked(kind)
    }

    /// The table at `key`, if there is one; notes keys that `kind` does not know, and a table with nothing in it.
    pub(super) fn table(&self, key: &str, kind: Kind) -> Option<Self> {
        let keys = self.kept(self.inner(key, self.value(key)?, kind))?;
        if keys.table.is_empty() {
            self.note(keys.here(&format!(
                "{key}: a {} with nothing in it is the suite again: leave it out, or say what differs",
                kind.what
            )));
        }
        Some(keys)
    }

    /// The tables at `key`, none if it is not there.
    pub(super) fn tables(&self, key: &str, kind: Kind) -> Vec<Self> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(tables) = value.get_ref() else {
            let problem = format!("is not a list of tables: write [[{key}]]");
            self.note(self.wrong(key, value, &problem));
            return Vec::new();
        };
        if tables.is_empty() {
            self.note(self.wrong(key, value, "is an empty list: leave the key out"));
        }
        let tables = tables.iter();
        tables
            .filter_map(|value| self.kept(self.inner(key, value, kind)))
            .collect()
    }

    fn inner(&self, key: &str, value: &'d Value<'d>, kind: Kind) -> Result<Self, Fault> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.wrong(key, value, &format!("is not a table: write [{key}]")));
        };
        let keys = Self {
            table,
            start: value.span().start,
            ..*self
        };
        Ok(keys.checked(kind))
    }

    fn checked(self, kind: Kind) -> Self {
        let strangers = self.table.keys().filter(|key| !kind.knows(key.get_ref()));
        for key in strangers {
            let problem = kind.stranger(key.get_ref());
            self.note(self.place().fault(key.span().start, &problem));
        }
        self
    }

    fn place(&self) -> Place<'d> {
        Place { text: self.text }
    }

    /// Adds to what is wrong.
    pub(super) fn note(&self, fault: Fault) {
        self.found.note(fault);
    }

    /// What is right; of what is not, a note.
    pub(super) fn kept<T>(&self, read: Result<T, Fault>) -> Option<T> {
        self.found.kept(read)
    }

    /// The line and the column where `span` begins.
    pub(super) fn position(&self, span: std::ops::Range<usize>) -> (usize, usize) {
        self.place().of(span.start)
    }

    /// A fault where the table begins.
    pub(super) fn here(&self, problem: &str) -> Fault {
        self.place().fault(self.start, problem)
    }

    /// The value of `key`.
    pub(super) fn value(&self, key: &str) -> Option<&'d Value<'d>> {
        self.table.get(key)
    }

    /// A fault of `value`, which belongs to `key`, that shows what is written there.
    pub(super) fn wrong(&self, key: &str, value: &Value<'_>, problem: &str) -> Fault {
        const SHOWN: usize = 40;
        let written = self.text.get(value.span()).unwrap_or_default();
        let line = written.lines().next().unwrap_or_default();
        let shown: String = line.chars().take(SHOWN).collect();
        self.refused(key, value, &format!("{shown} {problem}"))
    }

    /// A fault of `value`, which belongs to `key`, where the problem itself names the value.
    pub(super) fn refused(&self, key: &str, value: &Value<'_>, problem: &str) -> Fault {
        self.place()
            .fault(value.span().start, &format!("{key}: {problem}"))
    }

    /// Notes that a `key` of `whose` is not there, where the table begins, and what to give.
    pub(super) fn missing(&self, whose: &str, key: &str, expected: &str) {
        self.note(self.here(&format!("{whose}key '{key}' is missing: give {expected}")));
    }

    /// A string that holds more than space.
    pub(super) fn string(&self, key: &str, value: &Value<'_>) -> Result<String, Fault> {
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
    pub(super) fn parsed<T>(&self, key: &str, value: &Value<'_>) -> Result<T, Fault>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.string(key, value)?;
        text.parse()
            .map_err(|error: T::Err| self.refused(key, value, &error.to_string()))
    }

    /// A whole number from 1.
    pub(super) fn count(&self, key: &str, value: &Value<'_>) -> Result<u64, Fault> {
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
        item: impl Fn(&Self, &str, &Value<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
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
            match self.kept(item(self, key, value)) {
                Some(next) if items.contains(&next) => {
                    self.note(self.wrong(key, value, "stands twice: once is enough"));
                }
                next => items.extend(next),
            }
        }
        Ok(items)
    }
}

impl Kind {
    fn knows(&self, key: &str) -> bool {
        self.known.iter().any(|group| group.contains(&key))
    }

    fn stranger(&self, key: &str) -> String {
        let (others, place) = self.elsewhere;
        let known = self.known.concat();
        let remedy = match others.contains(&key) {
            true => format!("it belongs {place}"),
            false => format!(
                "the nearest is '{}'; there are {}",
                nearest(key, &known).unwrap_or_default(),
                known.join(", ")
            ),
        };
        format!("no {} has a key '{key}': {remedy}", self.what)
    }
}
