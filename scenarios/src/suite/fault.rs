//! What is wrong with a suite's text, each at its place, as many as can be told at once.

use std::cell::RefCell;
use std::fmt;

/// Faults that are told of one file; those after them are counted.
pub const TOLD: usize = 10;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counts from 1.
    pub line: usize,
    /// Counts characters from 1.
    pub column: usize,
    /// What is wrong with which key, and what mends it.
    pub problem: String,
}

/// Everything that was found wrong with one file, in its order; printed as `FILE:LINE:COLUMN: …`, a line each, the first
/// [`TOLD`] of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The file.
    pub origin: String,
    /// At least one.
    pub faults: Vec<Fault>,
}

impl Faults {
    /// In the order of their places, each once.
    pub fn new(origin: &str, found: Vec<Fault>) -> Self {
        let mut faults: Vec<Fault> = Vec::new();
        for fault in found {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        faults.sort_by_key(|fault| (fault.line, fault.column));
        Self {
            origin: origin.to_owned(),
            faults,
        }
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().take(TOLD).enumerate() {
            let Fault {
                line,
                column,
                problem,
            } = fault;
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{line}:{column}: {problem}", self.origin)?;
        }
        match self.faults.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more in {}", self.origin),
        }
    }
}

/// The text of a suite, in which places are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) text: &'a str,
}

impl Place<'_> {
    /// The line and the column of the byte at `offset`, both from 1.
    pub(super) fn of(self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        (1 + before.matches('\n').count(), 1 + line.chars().count())
    }

    pub(super) fn fault(self, offset: usize, problem: &str) -> Fault {
        let (line, column) = self.of(offset);
        Fault {
            line,
            column,
            problem: problem.to_owned(),
        }
    }
}

/// Faults as they are found, while reading goes on.
#[derive(Debug, Default)]
pub(super) struct Found(RefCell<Vec<Fault>>);

impl Found {
    pub(super) fn note(&self, fault: Fault) {
        self.0.borrow_mut().push(fault);
    }

    /// What is right; of what is not, a note.
    pub(super) fn kept<T>(&self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.note(fault)).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(super) fn into_faults(self, origin: &str) -> Faults {
        Faults::new(origin, self.0.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(line: usize) -> Fault {
        Fault {
            line,
            column: 1,
            problem: format!("problem {line}"),
        }
    }

    #[test]
    fn faults_are_told_in_the_order_of_the_file_each_once() {
        let faults = Faults::new("a.toml", vec![fault(3), fault(1), fault(3)]);
        assert_eq!(
            faults.to_string(),
            "a.toml:1:1: problem 1\na.toml:3:1: problem 3"
        );
    }

    #[test]
    fn after_ten_faults_the_rest_are_counted() {
        let told = Faults::new("a.toml", (1..=12).map(fault).collect()).to_string();
        assert_eq!(told.lines().count(), TOLD + 1);
        assert!(told.ends_with("\n… and 2 more in a.toml"), "{told}");
        let ten = Faults::new("a.toml", (1..=10).map(fault).collect()).to_string();
        assert!(!ten.contains("more"), "{ten}");
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let place = Place { text: "äb\ncd" };
        assert_eq!(place.of(0), (1, 1));
        assert_eq!(place.of(2), (1, 2), "a letter of two bytes is one column");
        assert_eq!(place.of(5), (2, 2));
        assert_eq!(place.fault(4, "x").line, 2);
    }

    #[test]
    fn what_is_right_is_kept_and_what_is_wrong_noted() {
        let found = Found::default();
        assert_eq!(found.kept(Ok(1)), Some(1));
        assert!(found.is_empty());
        assert_eq!(found.kept(Err::<(), _>(fault(2))), None);
        assert_eq!(found.into_faults("a.toml").faults, [fault(2)]);
    }
}
