//! What a worker's own part of a repeat takes in memory, known before any is started.

use std::num::NonZeroUsize;

use tare_results::samples::Sample;
use tare_units::{Bytes, Nanoseconds};

use super::Work;
use crate::pool::Pool;
use crate::serve::ROOM;

impl Work {
    /// Memory that is the harness's own in a worker, where these are the limits of a repeat: the inputs of every batch that
    /// its requests may have, and a place for each sample.
    pub fn own_bytes(&self, duration: Nanoseconds, max_requests: u64) -> Bytes {
        let limits = self.limits(duration, max_requests);
        let trials = self.scenario.budget().map_or(0, |_| ROOM);
        let samples = limits.max_requests.max(trials);
        let samples = samples.saturating_mul(size_of::<Sample>() as u64);
        let inputs = Pool::byte_len(&self.inputs, self.load.largest_batch.map(NonZeroUsize::get));
        Bytes::from_bytes(samples.saturating_add(inputs.as_bytes()))
    }
}
