//! Sentences that say the same of other numbers, told as one: the worst of them, with the range of its numbers.

use tare_results::{Cell, Doubt};

use crate::summarise::{is_alike, severity};

/// A sentence, and the doubt that it tells where it tells one.
#[derive(Debug, Clone)]
pub struct Sentence {
    /// For a person.
    pub text: String,
    doubt: Option<Doubt>,
    shape: String,
}

impl Sentence {
    /// Of no doubt.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            shape: shape(&text),
            text,
            doubt: None,
        }
    }

    /// What a doubt says of itself, about `cell`.
    pub fn of(doubt: &Doubt, cell: &Cell) -> Self {
        Self {
            doubt: Some(doubt.clone()),
            ..Self::plain(doubt.told_of(cell))
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        let doubts = self.doubt.as_ref().zip(other.doubt.as_ref());
        self.shape == other.shape || doubts.is_some_and(|(one, other)| is_alike(one, other))
    }

    fn severity(&self) -> f64 {
        self.doubt.as_ref().map_or(0.0, severity)
    }
}

/// Sentences that say the same, each once, with what they are about.
#[derive(Debug)]
pub struct Alike<'a, T> {
    sentences: Vec<&'a Sentence>,
    /// A thing a sentence that was gathered, in their order.
    pub about: Vec<T>,
}

/// What is said, by what says the same, in the order of the first of each.
pub fn gathered<'a, T>(said: impl IntoIterator<Item = (&'a Sentence, T)>) -> Vec<Alike<'a, T>> {
    let mut all: Vec<Alike<'a, T>> = Vec::new();
    for (sentence, about) in said {
        match all
            .iter_mut()
            .find(|one| one.sentences[0].is_like(sentence))
        {
            Some(known) => {
                if known.sentences.iter().all(|one| one.text != sentence.text) {
                    known.sentences.push(sentence);
                }
                known.about.push(about);
            }
            None => all.push(Alike {
                sentences: vec![sentence],
                about: vec![about],
            }),
        }
    }
    all
}

impl<T> Alike<'_, T> {
    /// The worst of them; a number in which they differ stands as a range, and where they differ in words it is said
    /// how far apart they are.
    pub fn text(&self) -> String {
        let worst = self.worst();
        if self.sentences.len() == 1 {
            return worst.text.clone();
        }
        if self.sentences.iter().any(|one| one.shape != worst.shape) {
            return format!("{} ({})", worst.text, self.apart());
        }
        let all: Vec<Vec<Token>> = self.sentences.iter().map(|one| tokens(&one.text)).collect();
        let words = tokens(&worst.text).into_iter().enumerate();
        let words = words.map(|(place, token)| match token {
            Token::Word(word) => word,
            Token::Number(_) => range(all.iter().filter_map(|one| one.get(place)?.number())),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    fn worst(&self) -> &Sentence {
        let first = self.sentences[0];
        let worse = |worst: &Sentence, one: &Sentence| one.severity() > worst.severity();
        let others = self.sentences.iter().copied();
        others.fold(
            first,
            |worst, one| if worse(worst, one) { one } else { worst },
        )
    }

    /// How far those of other words are from the worst.
    fn apart(&self) -> String {
        let excesses = self.sentences.iter().filter_map(|one| match &one.doubt {
            Some(Doubt::Environment { excess, .. }) => *excess,
            _ => None,
        });
        let (low, high) = excesses.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| {
            (low.min(one), high.max(one))
        });
        let count = self.sentences.len();
        match low < high {
            true => format!("the worst of {count} like it, {low:.1} to {high:.1} times the bound"),
            false => format!("one of {count} like it"),
        }
    }
}

/// A word, or a number with its unit.
enum Token {
    Word(String),
    Number(Number),
}

struct Number {
    /// In nanoseconds, bytes, or as it stands.
    value: f64,
    digits: String,
    unit: Option<&'static Unit>,
    tail: String,
}

struct Unit {
    name: &'static str,
    of: char,
    factor: f64,
}

const fn unit(name: &'static str, of: char, factor: f64) -> Unit {
    Unit { name, of, factor }
}

const KIB: f64 = 1024.0;
const UNITS: [Unit; 9] = [
    unit("ns", 's', 1.0),
    unit("µs", 's', 1e3),
    unit("ms", 's', 1e6),
    unit("s", 's', 1e9),
    unit("B", 'B', 1.0),
    unit("KiB", 'B', KIB),
    unit("MiB", 'B', KIB * KIB),
    unit("GiB", 'B', KIB * KIB * KIB),
    unit("TiB", 'B', KIB * KIB * KIB * KIB),
];

impl Token {
    fn number(&self) -> Option<&Number> {
        match self {
            Self::Word(_) => None,
            Self::Number(number) => Some(number),
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let Some(mut number) = number(word) else {
            tokens.push(Token::Word(word.to_owned()));
            continue;
        };
        let follows = words.peek().filter(|_| number.tail.is_empty());
        if let Some((unit, tail)) = follows.and_then(|next| with_tail(next)) {
            words.next();
            number.value *= unit.factor;
            (number.unit, number.tail) = (Some(unit), tail);
        }
        tokens.push(Token::Number(number));
    }
    tokens
}

/// `7.0%;` as 7 and what stands behind it; a version such as `1.31.1` is none.
fn number(word: &str) -> Option<Number> {
    let end = word.find(|c: char| !c.is_ascii_digit() && !"+-−±.,".contains(c));
    let digits = &word[..end.unwrap_or(word.len())];
    let digits = digits.trim_end_matches(['.', ',']);
    let plain = digits.replace(['±', ',', '+'], "").replace('−', "-");
    Some(Number {
        value: plain.parse().ok()?,
        digits: digits.to_owned(),
        unit: None,
        tail: word[digits.len()..].to_owned(),
    })
}

fn with_tail(word: &str) -> Option<(&'static Unit, String)> {
    let name = word.trim_end_matches(['.', ',', ';', ':', ')']);
    let unit = UNITS.iter().find(|unit| unit.name == name)?;
    Some((unit, word[name.len()..].to_owned()))
}

/// From the least to the greatest of them, or the one that all are.
fn range<'a>(numbers: impl Iterator<Item = &'a Number> + Clone) -> String {
    let by_value = |one: &&Number, other: &&Number| one.value.total_cmp(&other.value);
    let ends = numbers
        .clone()
        .min_by(by_value)
        .zip(numbers.max_by(by_value));
    let Some((low, high)) = ends else {
        return String::new();
    };
    let unit = |of: &Number| {
        of.unit
            .map_or(String::new(), |unit| format!(" {}", unit.name))
    };
    let shared = unit(low) == unit(high);
    let from = match (low.digits == high.digits && shared, shared) {
        (true, _) => String::new(),
        (false, true) => format!("{} to ", low.digits),
        (false, false) => format!("{}{} to ", low.digits, unit(low)),
    };
    format!("{from}{}{}{}", high.digits, unit(high), high.tail)
}

/// The text without its numbers.
fn shape(text: &str) -> String {
    let open = |token: Token| match token {
        Token::Word(word) => word,
        Token::Number(number) => {
            let of = number.unit.map_or(' ', |unit| unit.of);
            format!("\u{0}{of}{}", number.tail)
        }
    };
    let words = tokens(text).into_iter().map(open);
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sentences: &[Sentence]) -> Vec<(String, usize)> {
        let all = gathered(sentences.iter().map(|one| (one, ())));
        all.iter()
            .map(|one| (one.text(), one.about.len()))
            .collect()
    }

    fn plain(texts: &[&str]) -> Vec<Sentence> {
        texts.iter().map(|text| Sentence::plain(*text)).collect()
    }

    fn load(found: &str, excess: f64) -> Sentence {
        let doubt = Doubt::Environment {
            check: "load".to_owned(),
            found: found.to_owned(),
            excess: Some(excess),
            remedy: "end them".to_owned(),
        };
        Sentence {
            text: doubt.to_string(),
            shape: shape(&doubt.to_string()),
            doubt: Some(doubt),
        }
    }

    #[test]
    fn texts_that_differ_in_a_number_are_one_with_its_range() {
        let texts = plain(&[
            "5.1% where 5% is the bound",
            "no meter",
            "18% where 5% is the bound",
            "18% where 5% is the bound",
        ]);
        let expected = [("5.1 to 18% where 5% is the bound", 3), ("no meter", 1)];
        let expected = expected.map(|(text, count)| (text.to_owned(), count));
        assert_eq!(told(&texts), expected);
    }

    #[test]
    fn ranges_know_units_signs_and_separated_thousands() {
        let texts = plain(&[
            "took −3.91 ms; wait",
            "took 820 ns; wait",
            "took 1.20 ms; wait",
        ]);
        assert_eq!(told(&texts)[0].0, "took −3.91 to 1.20 ms; wait");
        let texts = plain(&["of 820 ns.", "of 3.91 ms."]);
        assert_eq!(told(&texts)[0].0, "of 820 ns to 3.91 ms.");
        let texts = plain(&["1,200 requests", "900 requests"]);
        assert_eq!(told(&texts)[0].0, "900 to 1,200 requests");
    }

    #[test]
    fn texts_that_differ_in_a_name_a_version_or_a_unit_of_another_kind_stay_apart() {
        for texts in [
            ["p95: 33 of 72 samples", "p99: 33 of 368 samples"],
            ["by tract 0.23.9", "by tract 0.24.1"],
            ["of 3 ms", "of 3 MiB"],
            ["at 3%", "at 3"],
        ] {
            assert_eq!(told(&plain(&texts)).len(), 2, "{texts:?}");
        }
    }

    #[test]
    fn of_a_doubt_in_other_words_the_worst_stands_with_how_far_the_others_are() {
        let found = [
            load("others kept 0.50 processors busy: rustc (41) 0.50", 2.0),
            load(
                "others kept 1.00 processors busy: rustc (41) 0.50, ld (7) 0.50",
                10.0,
            ),
        ];
        let expected = "load: others kept 1.00 processors busy: rustc (41) 0.50, ld (7) 0.50; end them \
                        (the worst of 2 like it, 2.0 to 10.0 times the bound)";
        assert_eq!(told(&found), [(expected.to_owned(), 2)]);
    }

    #[test]
    fn one_alone_is_told_as_it_is() {
        let alone = [load("3 in 0.10 s", 1.5), load("3 in 0.10 s", 1.5)];
        assert_eq!(
            told(&alone),
            [("load: 3 in 0.10 s; end them".to_owned(), 2)]
        );
    }
}
