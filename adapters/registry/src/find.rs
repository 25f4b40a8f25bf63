//! From a name to its adapter, or to the list of names with the one that was probably meant.

use crate::{ADAPTERS, Entry};

/// No adapter has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown adapter '{name}': use {}{}", known.join(", "), suggestion.map_or(String::new(), |nearest| format!("; did you mean {nearest}?")))]
pub struct UnknownAdapter {
    /// What was written.
    pub name: String,
    /// The names that are not hidden, in order.
    pub known: Vec<&'static str>,
    /// The name that differs least, where few letters differ.
    pub suggestion: Option<&'static str>,
}

/// The entry of this name, hidden ones included.
///
/// # Errors
/// Where there is none, with the names that there are.
pub fn find(name: &str) -> Result<&'static Entry, UnknownAdapter> {
    ADAPTERS
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| {
            let known: Vec<&'static str> = ADAPTERS
                .iter()
                .filter(|entry| !entry.hidden)
                .map(|entry| entry.name)
                .collect();
            UnknownAdapter {
                name: name.to_owned(),
                suggestion: nearest(name, &known),
                known,
            }
        })
}

/// The candidate within two edits, or a third of the name's length where that is more; ties go to the first.
fn nearest(name: &str, candidates: &[&'static str]) -> Option<&'static str> {
    let name = name.to_lowercase();
    let within = (name.chars().count() / 3).max(2);
    candidates
        .iter()
        .map(|candidate| (edits(&name, candidate), *candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= within && *distance < candidate.len())
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_by_its_name() {
        for entry in ADAPTERS {
            assert_eq!(find(entry.name).map(|found| found.name), Ok(entry.name));
        }
    }

    #[test]
    fn a_misspelt_name_gets_the_list_and_a_suggestion() {
        let error = find("rtne").map(|entry| entry.name).expect_err("unknown");
        assert_eq!(error.suggestion, Some("rten"));
        assert_eq!(
            error.to_string(),
            format!(
                "unknown adapter 'rtne': use {}; did you mean rten?",
                error.known.join(", ")
            )
        );
    }

    #[test]
    fn a_name_like_no_other_gets_the_list_alone() {
        let error = find("tensorrt-llm")
            .map(|entry| entry.name)
            .expect_err("unknown");
        assert_eq!(error.suggestion, None);
        let list = format!("use {}", error.known.join(", "));
        assert!(error.to_string().ends_with(&list), "{error}");
    }

    #[test]
    fn hidden_names_are_not_listed() {
        let error = find("?").map(|entry| entry.name).expect_err("unknown");
        assert!(
            ADAPTERS
                .iter()
                .all(|entry| entry.hidden != error.known.contains(&entry.name))
        );
    }

    #[test]
    fn distance_counts_insertions_deletions_and_replacements() {
        for (from, to, distance) in [
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("rten", "rten", 0),
        ] {
            assert_eq!(edits(from, to), distance);
            assert_eq!(edits(to, from), distance);
        }
    }
}
