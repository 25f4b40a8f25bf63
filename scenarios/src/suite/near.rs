//! The known word that a misspelt one is nearest to.

/// The word of `known` that takes the fewest edits; the first of several.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let mut known = known.to_vec();
    known.sort_by_key(|other| edits(word, other));
    known.first().copied()
}

/// Letters to insert, remove or replace (Levenshtein 1966).
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (column, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_both_ways() {
        for (left, right, count) in [("kitten", "sitting", 3), ("", "abc", 3), ("é", "e", 1)] {
            assert_eq!(edits(left, right), count);
            assert_eq!(edits(right, left), count);
        }
        assert_eq!(edits("batches", "batches"), 0);
    }

    #[test]
    fn the_nearest_is_the_first_of_those_with_the_fewest_edits() {
        assert_eq!(nearest("batch", &["models", "batches"]), Some("batches"));
        assert_eq!(nearest("x", &["a", "b"]), Some("a"));
        assert_eq!(nearest("x", &[]), None);
    }
}
