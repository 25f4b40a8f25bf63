//! The name that was probably meant.

/// The candidate within two edits, or a third of the word's length where that is more; ties go to the first.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let within = (word.chars().count() / 3).max(2);
    candidates
        .iter()
        .map(|candidate| (edits(&word, candidate), *candidate))
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
    fn a_misspelt_word_finds_its_neighbour_and_a_strange_one_none() {
        let names = ["onnxruntime", "onnxruntime-gpu"];
        assert_eq!(nearest("onxruntime", &names), Some("onnxruntime"));
        assert_eq!(nearest("ONNXRuntime_GPU", &names), Some("onnxruntime-gpu"));
        assert_eq!(nearest("tensorflow", &names), None);
        assert_eq!(nearest("1.31", &["1.30.0", "1.31.1"]), Some("1.31.1"));
        assert_eq!(nearest("x", &[]), None);
    }
}
