//! Notes that say the same of other numbers, told as one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The notes at `places` of `texts`, those that differ in numbers only as one, each with how often it is named; the most
/// frequent first.
///
/// Words that begin as numbers do and in which they differ are left open: `not steady after … requests`.
pub fn counted<'a>(
    places: impl IntoIterator<Item = &'a usize>,
    texts: &[String],
) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for place in places {
        *counts.entry(*place).or_default() += 1;
    }
    let mut alike: BTreeMap<String, (Vec<&str>, usize)> = BTreeMap::new();
    for (place, count) in counts {
        let text = texts.get(place).map_or("", String::as_str);
        let words: Vec<&str> = text.split(' ').collect();
        let (common, total) = alike.entry(shape(&words)).or_insert((words.clone(), 0));
        for (known, word) in common.iter_mut().zip(words) {
            if *known != word {
                *known = "…";
            }
        }
        *total += count;
    }
    let mut told: Vec<(String, usize)> = alike
        .into_values()
        .map(|(words, count)| (words.join(" "), count))
        .collect();
    told.sort_by_key(|(_, count)| Reverse(*count));
    told
}

/// The text without its numbers.
fn shape(words: &[&str]) -> String {
    let open = |word: &&str| match word
        .starts_with(|c: char| c.is_ascii_digit() || "+-−±".contains(c))
    {
        true => "\u{0}".to_owned(),
        false => (*word).to_owned(),
    };
    words.iter().map(open).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(texts: &[&str], places: &[usize]) -> Vec<(String, usize)> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        counted(places, &texts)
    }

    #[test]
    fn texts_that_differ_in_a_number_are_one_with_a_gap() {
        let texts = [
            "5.1% where 5% is the bound",
            "no meter",
            "18% where 5% is the bound",
        ];
        let expected = [("… where 5% is the bound", 4), ("no meter", 1)];
        let expected = expected.map(|(text, count)| (text.to_owned(), count));
        assert_eq!(told(&texts, &[0, 0, 2, 1, 2]), expected);
    }

    #[test]
    fn texts_that_differ_in_a_name_stay_apart() {
        let texts = ["p95: 33 of 72 samples", "p99: 33 of 368 samples"];
        assert_eq!(told(&texts, &[0, 1]).len(), 2);
        assert_eq!(told(&texts, &[1]), [(texts[1].to_owned(), 1)]);
    }
}
