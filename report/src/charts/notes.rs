//! What to doubt about which number, each text kept once and named by its place.

use std::collections::HashMap;

use tare_results::{Doubt, TaxDoubt};

use crate::alike::Sentence;
use crate::summary::Summary;

/// What a number is about, and so which doubts concern it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// How long requests took.
    Latency,
    /// How long the slowest of them took.
    Tail,
    /// The parts of that.
    Split,
    /// What the machine can do.
    Peaks,
    /// What a model needs.
    Work,
    /// Joules.
    Energy,
    /// Shares of operators.
    Operators,
}

/// Every text that a number hangs on.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    texts: Vec<Sentence>,
    places: HashMap<String, usize>,
}

impl Notes {
    /// All texts, in the order of their places.
    pub fn texts(&self) -> &[Sentence] {
        &self.texts
    }

    /// The place of a text.
    pub fn add(&mut self, text: String) -> usize {
        match self.places.get(&text) {
            Some(place) => *place,
            None => self.keep(Sentence::plain(text)),
        }
    }

    fn keep(&mut self, sentence: Sentence) -> usize {
        let place = self.texts.len();
        self.places.insert(sentence.text.clone(), place);
        self.texts.push(sentence);
        place
    }

    /// The places of those doubts of a summary that concern one of `topics`.
    pub fn of(&mut self, summary: &Summary, topics: &[Topic]) -> Vec<usize> {
        doubts(summary, topics)
            .map(|doubt| {
                let sentence = Sentence::of(doubt, &summary.cell);
                match self.places.get(&sentence.text) {
                    Some(place) => *place,
                    None => self.keep(sentence),
                }
            })
            .collect()
    }
}

/// The doubts of a summary that concern one of `topics`.
pub fn doubts<'a>(
    summary: &'a Summary,
    topics: &'a [Topic],
) -> impl Iterator<Item = &'a Doubt> + 'a {
    let doubts = summary.doubts.iter();
    doubts.filter(|doubt| concerns(doubt).iter().any(|topic| topics.contains(topic)))
}

fn concerns(doubt: &Doubt) -> &'static [Topic] {
    match doubt {
        Doubt::Energy { .. } => &[Topic::Energy],
        Doubt::Peaks { .. } => &[Topic::Peaks, Topic::Split],
        Doubt::UnknownCost { .. } => &[Topic::Work, Topic::Split],
        Doubt::Tax {
            why: TaxDoubt::Perturbation { .. },
        } => &[Topic::Operators],
        Doubt::Tax { .. } => &[Topic::Split],
        Doubt::WithinRepeatSpread { percentile } if percentile != "p50" => &[Topic::Tail],
        Doubt::InfiniteOutputs { .. } | Doubt::OutputsNotSeen { .. } => &[Topic::Work],
        _ => &[Topic::Latency],
    }
}
