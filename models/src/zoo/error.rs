//! Why a zoo name was refused.

use super::catalogue::ENTRIES;

/// Why a name and its options give no architecture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZooError {
    /// No entry of this name.
    #[error(
        "no zoo model is named `{name}`{}; the zoo has {}",
        suggest(name),
        names()
    )]
    UnknownName {
        /// The name asked for.
        name: String,
    },
    /// The entry has no such option.
    #[error("`{name}` has no option `{key}`, use {known}")]
    UnknownOption {
        /// The entry.
        name: String,
        /// The option asked for.
        key: String,
        /// The options it has, separated by commas.
        known: String,
    },
    /// An option that is not `key=number`, or is given twice.
    #[error("`{text}` in the options of `{name}` {problem}, write them as key=number,key=number")]
    Malformed {
        /// The entry.
        name: String,
        /// The part that cannot be read.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A value that the option cannot take.
    #[error("`{key}={value}` of `{name}` is out of range, use a number from {low} to {high}")]
    OutOfRange {
        /// The entry.
        name: String,
        /// The option.
        key: String,
        /// The value asked for.
        value: usize,
        /// The least value.
        low: usize,
        /// The greatest value.
        high: usize,
    },
    /// A size that another one must divide.
    #[error(
        "`{key}={value}` of `{name}` is no multiple of {divisor_key} ({divisor}), change one of them"
    )]
    Indivisible {
        /// The entry.
        name: String,
        /// The option.
        key: &'static str,
        /// Its value.
        value: usize,
        /// What must divide it.
        divisor_key: &'static str,
        /// The value of that.
        divisor: usize,
    },
    /// More than a single ONNX file can hold.
    #[error(
        "`{name}` would have {bytes} bytes of weights, more than the {limit} that one ONNX file holds, choose smaller options"
    )]
    TooLarge {
        /// Name and options.
        name: String,
        /// Bytes of weights.
        bytes: u64,
        /// The most that is built.
        limit: u64,
    },
}

fn names() -> String {
    let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
    names.join(" ")
}

fn suggest(name: &str) -> String {
    let wanted = name.to_lowercase();
    let near = ENTRIES
        .iter()
        .map(|entry| (distance(&wanted, entry.name), entry.name))
        .min();
    match near {
        Some((distance, near)) if distance <= 3.max(near.len() / 3) => {
            format!(" (did you mean `{near}`?)")
        }
        _ => String::new(),
    }
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in right.iter().enumerate() {
            let swap = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = swap.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("gpt2", "gpt2"), 0);
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        assert!(suggest("resnet50").contains("`resnet-50`"));
        assert!(suggest("BERT-base").contains("`bert-base`"));
        assert_eq!(suggest("something else entirely"), "");
    }
}
