//! Which records of a cell stand for its repeats, which of them count, and why the others do not.

use std::collections::BTreeMap;

use tare_results::{Doubt, Record, SampleFile, Verdict};

/// The repeats of a cell.
pub struct Repeats<'a> {
    planned: u64,
    /// One record a repeat, in their order.
    pub made: Vec<&'a Record>,
    /// Those that the figures are made of: the valid ones, or all that were timed where none is valid.
    pub counted: Vec<&'a Record>,
}

impl<'a> Repeats<'a> {
    /// Of a cell's measurements in the order in which they were appended.
    pub fn of(records: &[&'a Record], planned: u64) -> Self {
        let mut by_repeat: BTreeMap<u64, &Record> = BTreeMap::new();
        for &record in records {
            let standing = by_repeat.entry(record.repeat).or_insert(record);
            if !is_valid(standing) {
                *standing = record;
            }
        }
        let made: Vec<&Record> = by_repeat.into_values().collect();
        let only = |keep: fn(&Record) -> bool| {
            let kept = made.iter().copied().filter(|record| keep(record));
            kept.collect::<Vec<_>>()
        };
        let mut counted = only(is_valid);
        if counted.is_empty() {
            counted = only(|record| record.failure.is_none());
        }
        Self {
            planned,
            made,
            counted,
        }
    }

    /// When the last worker ended.
    pub fn created(&self) -> Option<&'a str> {
        let created = self.made.iter().map(|record| record.created.as_str());
        created.max()
    }

    /// Valid where every planned repeat is, and there is one.
    pub fn verdict(&self) -> Verdict {
        let valid = self.valid();
        if valid > 0 && valid >= self.planned && valid == self.made.len() as u64 {
            Verdict::Valid
        } else {
            Verdict::Invalid
        }
    }

    /// Why the verdict is invalid: each reason once, with the repeats that it holds for unless it holds for all.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<(String, Vec<u64>)> = Vec::new();
        let invalid = self.made.iter().filter(|record| !is_valid(record));
        let given =
            invalid.flat_map(|record| why(record).into_iter().map(|why| (why, record.repeat)));
        let absent = (0..self.planned)
            .filter(|repeat| !self.made.iter().any(|record| record.repeat == *repeat))
            .map(|repeat| ("not made yet".to_owned(), repeat));
        for (reason, repeat) in given.chain(absent) {
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, repeats)) => repeats.push(repeat),
                None => reasons.push((reason, vec![repeat])),
            }
        }
        if reasons.is_empty() && self.made.is_empty() {
            return vec!["no repeat was planned".to_owned()];
        }
        reasons
            .into_iter()
            .map(|(reason, repeats)| self.with_repeats(reason, &repeats))
            .collect()
    }

    /// What is doubtful about their number.
    pub fn doubts(&self) -> impl Iterator<Item = Doubt> {
        let have = self.valid();
        let missing = (have < self.planned).then_some(Doubt::MissingRepeats {
            have,
            planned: self.planned,
        });
        let single = (self.counted.len() == 1).then_some(Doubt::SingleRepeat);
        missing.into_iter().chain(single)
    }

    /// The samples that the figures are made of.
    pub fn samples(&self) -> Vec<SampleFile> {
        let samples = self
            .counted
            .iter()
            .filter_map(|record| record.samples.clone());
        samples.collect()
    }

    fn valid(&self) -> u64 {
        self.made.iter().filter(|record| is_valid(record)).count() as u64
    }

    fn with_repeats(&self, reason: String, repeats: &[u64]) -> String {
        let all = repeats.len() as u64 >= self.planned;
        let from_one = repeats.iter().map(|repeat| (repeat + 1).to_string());
        let numbers: Vec<String> = from_one.collect();
        match numbers.as_slice() {
            _ if all => reason,
            [number] => format!("repeat {number} of {}: {reason}", self.planned),
            numbers => format!(
                "repeats {} of {}: {reason}",
                numbers.join(", "),
                self.planned
            ),
        }
    }
}

/// Whether it counts: it says so, its worker ended well, and nothing in it contradicts that.
pub fn is_valid(record: &Record) -> bool {
    record.verdict == Verdict::Valid
        && record.failure.is_none()
        && record.contradictions().is_empty()
}

fn why(record: &Record) -> Vec<String> {
    let mut reasons = record.reasons.clone();
    reasons.extend(record.contradictions());
    if let Some(failure) = &record.failure
        && !reasons
            .iter()
            .any(|reason| reason.contains(&failure.message))
    {
        reasons.push(format!(
            "failed while {}: {}",
            failure.phase, failure.message
        ));
    }
    if reasons.is_empty() {
        reasons.push("invalid for a reason that was not recorded".to_owned());
    }
    reasons
}
