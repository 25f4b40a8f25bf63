//! The batches of a cell's requests over its repeats.

use tare_results::Batches;

use super::figures::{Figures, mean};

impl Figures<'_> {
    /// Of scenarios whose requests have several; a reason is not missed elsewhere.
    pub fn batches(&self) -> Option<Batches> {
        let all = self.counted.iter().map(|record| record.batches.as_ref());
        let all: Vec<&Batches> = all.collect::<Option<_>>()?;
        Some(Batches {
            smallest: all.iter().map(|batches| batches.smallest).min()?,
            mean: mean(all.iter().map(|batches| batches.mean)),
            largest: all.iter().map(|batches| batches.largest).max()?,
            first_met: all.iter().map(|batches| batches.first_met).max()?,
        })
    }
}
