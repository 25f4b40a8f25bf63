//! Versions in the order in which they were released, not that of their letters.

use std::cmp::Ordering;

/// Compares part by part between the dots, as numbers where both are some: `1.9.0` is before `1.10.0`.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    key(left).cmp(&key(right))
}

fn key(version: &str) -> Vec<(u64, &str)> {
    version.split('.').map(part).collect()
}

/// The digits at the beginning of a part as a number, and what follows them.
fn part(text: &str) -> (u64, &str) {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.parse().unwrap_or(0), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_compared_as_numbers() {
        let mut versions = ["1.31.1", "1.9.0", "1.4", "1.24.1", "1.31.0"];
        versions.sort_by(|left, right| compare(left, right));
        assert_eq!(versions, ["1.4", "1.9.0", "1.24.1", "1.31.0", "1.31.1"]);
    }

    #[test]
    fn what_is_no_number_is_still_ordered() {
        assert_eq!(compare("2.11.0+cu130", "2.11.0"), Ordering::Greater);
        assert_eq!(compare("a", "a"), Ordering::Equal);
    }
}
