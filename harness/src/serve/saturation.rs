//! Whether requests come faster than they are served, so that those that wait grow without bound.

use tare_results::samples::Sample;

/// Blocks that a repeat is cut into.
const BLOCKS: usize = 32;
/// Requests of a repeat at the least.
const FEWEST: usize = 256;
/// Student's t of 31 degrees of freedom that is exceeded once in 200 times.
const T: f64 = 2.744;
/// The share of the servers' time that requests need, at the least, where they are too many.
const LOADED: f64 = 0.9;

/// Whether the requests of an open loop grow without bound; `None` where there are too few to tell. `load` is the share of
/// the servers' time that all requests that were due would have needed.
///
/// Of each of 32 blocks of time it is asked by how much more requests came than were done, whatever became of the others.
/// They are too many where the mean over the blocks is above zero by more than their own noise allows, by Student's t at
/// 0.5%. A queue whose load is exactly 1 is a random walk that is reflected at zero, of which the end is |N(0, σ²)| of the
/// same σ: there the rule errs in about one of 100 cases, and less the lower the load is. As a small queue rejects requests
/// of servers that are often idle, the load must be near 1 as well.
pub fn is_saturated(samples: &[Sample], load: f64) -> Option<bool> {
    if samples.len() < FEWEST {
        return None;
    }
    let due = |sample: &Sample| sample.issued.saturating_sub(u64::from(sample.skew));
    let first = due(samples.first()?);
    let length = due(samples.last()?).saturating_sub(first);
    if length == 0 {
        return None;
    }
    let block = |time: u64| {
        let place = u128::from(time.saturating_sub(first)) * BLOCKS as u128;
        (place / (u128::from(length) + 1)) as usize
    };
    let mut grown = [0.0_f64; BLOCKS];
    for sample in samples {
        grown[block(due(sample))] += 1.0;
        if let Some(latency) = sample.latency()
            && let Some(done) = grown.get_mut(block(due(sample) + latency.as_nanos()))
        {
            *done -= 1.0;
        }
    }
    Some(load >= LOADED && grows(&grown))
}

/// Whether the mean is above zero by more than chance allows.
fn grows(grown: &[f64; BLOCKS]) -> bool {
    let count = BLOCKS as f64;
    let mean = grown.iter().sum::<f64>() / count;
    let squares: f64 = grown.iter().map(|block| (block - mean).powi(2)).sum();
    let error = (squares / (count - 1.0) / count).sqrt();
    mean > T * error && mean > 0.0
}
