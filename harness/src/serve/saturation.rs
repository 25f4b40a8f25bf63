//! Whether requests come faster than they are served, so that those that wait grow without bound.

use std::fmt;

use tare_results::samples::Sample;
use tare_statistics::mean_interval_at;

/// The chance at which a record calls a load too much that is not.
pub const RISK: f64 = 0.005;
/// The share of the servers' time that requests need, at the least, where they are too many.
pub const LOADED: f64 = 0.9;

/// Requests that wait do not grow where all that may be meant by noise is less than this share of those that come.
const NEGLIGIBLE: f64 = 0.01;

/// Blocks that a repeat is cut into.
const BLOCKS: usize = 32;
/// Requests of a repeat at the least.
const FEWEST: usize = 256;

/// Why it is not told whether requests grow without bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untold {
    /// There are too few, all are of one moment, or none was executed.
    TooFew,
    /// The load is near 1, and they would have to be watched for longer.
    NearOne,
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooFew => "too few to tell",
            Self::NearOne => {
                "they need nearly all of the workers' time, or more, and are too few to tell which: lower the rate, or raise \
                 --duration"
            }
        })
    }
}

/// Whether those that wait of an open loop's requests grow without bound, or why that is not told. `load` is the share of the
/// servers' time that all requests that were due would have needed.
///
/// Of each of 32 blocks of time it is asked by how much more requests came than were done, whatever became of the others.
/// They are too many where the mean over the blocks is above zero by more than their own noise allows, by Student's t at
/// `risk`. A queue whose load is exactly 1 is a random walk that is reflected at zero, of which the end is |N(0, σ²)| of the
/// same σ: there the rule errs about twice as often as `risk` says, and less the lower the load is. As a small queue rejects
/// requests of servers that are often idle, the load must be near 1 as well.
///
/// That nothing of it was shown does not say that they are not too many. They are not where the load is below 0.9, or where
/// the upper end of the same interval is less than a hundredth of the requests that came.
///
/// # Errors
/// Where neither is shown.
pub fn is_saturated(samples: &[Sample], load: f64, risk: f64) -> Result<bool, Untold> {
    if samples.len() < FEWEST || load.is_nan() {
        return Err(Untold::TooFew);
    }
    let due = |sample: &Sample| sample.issued.saturating_sub(u64::from(sample.skew));
    let ends = samples.first().zip(samples.last());
    let (first, last) = ends.map_or((0, 0), |(first, last)| (due(first), due(last)));
    let length = last.saturating_sub(first);
    if length == 0 {
        return Err(Untold::TooFew);
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
    let mean = mean_interval_at(&grown, 1.0 - 2.0 * risk).ok_or(Untold::TooFew)?;
    let negligible = NEGLIGIBLE * samples.len() as f64 / BLOCKS as f64;
    match load {
        load if load < LOADED => Ok(false),
        _ if mean.low > 0.0 => Ok(true),
        _ if mean.high <= negligible => Ok(false),
        _ => Err(Untold::NearOne),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use tare_units::Nanoseconds;

    use super::*;
    use crate::serve::dispatch::Dispatch;
    use crate::serve::simulated::{Execution, Simulated};

    const SERVICE_NS: f64 = 1e6;

    /// A sequence of numbers between 0 and 1 (SplitMix64: Steele, Lea, Flood 2014).
    struct Uniform(u64);

    impl Uniform {
        fn exponential(&mut self, mean: f64) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let state = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let uniform = ((state ^ (state >> 31)) >> 11) as f64 + 0.5;
            (-mean * (uniform / (1_u64 << 53) as f64).ln()) as u64
        }
    }

    struct Poisson {
        random: Uniform,
        mean: f64,
        due: u64,
        left: u64,
    }

    impl tare_scenarios::Schedule for Poisson {
        fn next(&mut self, now: Nanoseconds, _: &tare_scenarios::Progress) -> tare_scenarios::Step {
            let due = Nanoseconds::from_nanos(self.due);
            if self.left == 0 {
                return tare_scenarios::Step::Done;
            }
            if now < due {
                return tare_scenarios::Step::WaitUntil(due);
            }
            self.left -= 1;
            self.due += self.random.exponential(self.mean);
            tare_scenarios::Step::Issue {
                scheduled: due,
                samples: 1,
            }
        }
    }

    /// `count` requests at this load of one server with room for `queue`, and their share of its time.
    pub fn served(rho: f64, count: u64, queue: usize, seed: u64) -> (Vec<Sample>, f64) {
        let rules = Simulated {
            servers: 1,
            dispatch: Dispatch {
                max_batch: 1,
                batch_delay: Nanoseconds::ZERO,
                timeout: None,
            },
            queue,
        };
        let mut schedule = Poisson {
            random: Uniform(seed << 20),
            mean: SERVICE_NS / rho,
            due: 0,
            left: count,
        };
        let mut random = Uniform((seed << 20) + (1 << 19));
        let mut busy = 0.0;
        let served = rules.serve(&mut schedule, |_: Execution| {
            let time = random.exponential(SERVICE_NS);
            busy += time as f64;
            Some(Nanoseconds::from_nanos(time))
        });
        let executed = served.counts().done as f64;
        let end = served.passed.iter().filter_map(|one| one.begun).max();
        let whole = end.map_or(0, Nanoseconds::as_nanos) as f64;
        let load = busy / whole.max(busy) * served.passed.len() as f64 / executed;
        (served.samples(), load)
    }

    /// Whether they are called too many.
    fn told(rho: f64, count: u64, queue: usize, seed: u64) -> Result<bool, Untold> {
        let (samples, load) = served(rho, count, queue, seed);
        is_saturated(&samples, load, RISK)
    }

    fn share(rho: f64, count: u64, queue: usize) -> f64 {
        let told = (0..200).filter(|seed| told(rho, count, queue, *seed) == Ok(true));
        told.count() as f64 / 200.0
    }

    #[test]
    fn a_load_that_can_be_served_is_hardly_ever_called_too_much() {
        for rho in [0.5, 0.8, 0.95, 1.0] {
            for count in [300, 3_000, 20_000] {
                let share = share(rho, count, usize::MAX);
                assert!(share <= 0.025, "{rho} of {count}: {share}");
            }
        }
    }

    #[test]
    fn a_load_that_cannot_be_served_is_called_so_whether_or_not_the_queue_has_room() {
        for (rho, count) in [(1.2, 3_000), (1.5, 1_000), (3.0, 400)] {
            for queue in [50, usize::MAX] {
                let share = share(rho, count, queue);
                assert!(share >= 0.95, "{rho} of {count}, queue {queue}: {share}");
            }
        }
    }

    #[test]
    fn a_queue_that_rejects_while_its_server_is_often_idle_is_too_small_and_not_saturated() {
        let share = share(0.6, 5_000, 1);
        assert!(share <= 0.025, "{share}");
    }

    #[test]
    fn few_requests_and_those_of_one_moment_do_not_tell() {
        assert_eq!(told(3.0, 255, usize::MAX, 1), Err(Untold::TooFew));
        let at_once = vec![Sample::default(); 1_000];
        assert_eq!(is_saturated(&at_once, 1.0, RISK), Err(Untold::TooFew));
    }

    #[test]
    fn a_load_of_a_little_more_than_can_be_served_is_never_called_none() {
        for (rho, count) in [(1.02, 1_000), (1.05, 3_000), (1.05, 20_000)] {
            let told = |seed| told(rho, count, usize::MAX, seed);
            let held = (0..200).filter(|seed| told(*seed) == Ok(false)).count();
            // A few runs find servers that were idle for a tenth of the time.
            assert!(held <= 10, "{rho} of {count}: {held} of 200");
        }
    }

    #[test]
    fn what_is_not_shown_to_grow_holds_only_below_nine_tenths_or_where_next_to_nothing_may_be_added()
     {
        assert_eq!(told(0.5, 3_000, usize::MAX, 1), Ok(false));
        assert_eq!(told(0.97, 3_000, usize::MAX, 1), Err(Untold::NearOne));
        let even = |latency| {
            let each = (0..3_200).map(|number| Sample {
                issued: number * 1_000,
                latency,
                ..Sample::default()
            });
            each.collect::<Vec<_>>()
        };
        assert_eq!(is_saturated(&even(990), 0.99, RISK), Ok(false));
    }
}
