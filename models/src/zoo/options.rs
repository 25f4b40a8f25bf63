//! The options behind a zoo name: read once, then asked for by the family that knows them.

use super::error::ZooError;

/// Sizes by key; a family asks for each that it knows with its default.
#[derive(Debug, Clone)]
pub(super) struct Options {
    name: String,
    given: Vec<(String, usize)>,
    asked: Vec<(&'static str, usize, usize)>,
}

impl Options {
    /// Reads `key=number,…`; empty text gives none.
    pub fn parse(name: &str, text: &str) -> Result<Self, ZooError> {
        let mut options = Self {
            name: name.into(),
            given: Vec::new(),
            asked: Vec::new(),
        };
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let (key, value) = options.pair(part)?;
            options.given.push((key, value));
        }
        Ok(options)
    }

    /// The size that was given for `key`, or its default.
    pub fn size(
        &mut self,
        key: &'static str,
        default: usize,
        high: usize,
    ) -> Result<usize, ZooError> {
        let given = self.given.iter().find(|(given, _)| given == key);
        let value = given.map_or(default, |(_, value)| *value);
        if !(1..=high).contains(&value) {
            let (name, key) = (self.name.clone(), key.to_owned());
            return Err(ZooError::OutOfRange {
                name,
                key,
                value,
                low: 1,
                high,
            });
        }
        self.asked.push((key, value, default));
        Ok(value)
    }

    /// Refuses a `value` of `key` that `divisor` does not divide.
    pub fn divides(
        &self,
        key: &'static str,
        value: usize,
        divisor_key: &'static str,
        divisor: usize,
    ) -> Result<(), ZooError> {
        if value.is_multiple_of(divisor) {
            return Ok(());
        }
        Err(ZooError::Indivisible {
            name: self.name.clone(),
            key,
            value,
            divisor_key,
            divisor,
        })
    }

    /// Refuses what was given but never asked for.
    pub fn finish(&self) -> Result<(), ZooError> {
        let known = |key: &str| self.asked.iter().any(|(asked, ..)| *asked == key);
        match self.given.iter().find(|(key, _)| !known(key)) {
            None => Ok(()),
            Some((key, _)) => Err(ZooError::UnknownOption {
                name: self.name.clone(),
                key: key.clone(),
                known: self.keys(),
            }),
        }
    }

    /// Each option in the family's order with its value.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.asked.iter().map(|(key, value, _)| (*key, *value))
    }

    /// The options whose value is not the default, as `key=number`.
    pub fn changed(&self) -> Vec<String> {
        let changed = self
            .asked
            .iter()
            .filter(|(_, value, default)| value != default);
        changed
            .map(|(key, value, _)| format!("{key}={value}"))
            .collect()
    }

    fn keys(&self) -> String {
        let keys: Vec<&str> = self.asked.iter().map(|(key, ..)| *key).collect();
        keys.join(", ")
    }

    fn pair(&self, part: &str) -> Result<(String, usize), ZooError> {
        let malformed = |problem| ZooError::Malformed {
            name: self.name.clone(),
            text: part.into(),
            problem,
        };
        let (key, value) = part.split_once('=').ok_or(malformed("has no `=`"))?;
        if self.given.iter().any(|(given, _)| given == key) {
            return Err(malformed("is given twice"));
        }
        let value = value.parse().map_err(|_| malformed("is no whole number"))?;
        Ok((key.into(), value))
    }
}
