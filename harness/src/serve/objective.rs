//! Whether requests keep an objective: by their latencies, and by whether those that wait grow without bound.

use tare_results::ObjectiveKept;
use tare_results::samples::Sample;
use tare_scenarios::Objective;
use tare_statistics::{RISK, Standing};

use super::saturation::{LOADED, Untold};
use crate::figures::wall;

/// Whether requests wait for each other more and more, and the share of the servers' time that all that were due would have
/// needed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pressure {
    /// As [`is_saturated`](super::saturation::is_saturated) says.
    pub saturated: Result<bool, Untold>,
    /// 1 is all of it.
    pub load: f64,
}

impl Pressure {
    /// Of requests that are no more than those who ask.
    pub const NONE: Self = Self {
        saturated: Ok(false),
        load: 0.0,
    };

    /// What requests say of an objective of which their latencies say `by_latency`. A queue that grows without bound keeps
    /// none, however many requests of a short time were within it; where that is not told and the load is near 1, nothing is
    /// decided.
    pub fn allows(self, by_latency: Standing) -> Standing {
        match (by_latency, self.saturated) {
            (_, Ok(true)) | (Standing::NotMet, _) => Standing::NotMet,
            (Standing::Met, Ok(false)) => Standing::Met,
            (Standing::Met, Err(_)) if self.load < LOADED => Standing::Met,
            _ => Standing::NotDecided,
        }
    }
}

/// Whether `objective` is kept, by early stopping and by `pressure`.
pub fn kept(objective: Objective, samples: &[Sample], pressure: Pressure) -> ObjectiveKept {
    let (percentile, bound) = (objective.percentile, objective.bound);
    let kept = tare_statistics::kept(wall(samples), (percentile, bound), RISK);
    ObjectiveKept {
        percentile: percentile.to_string(),
        bound_ns: bound,
        over: kept.over,
        effective_count: Some(kept.effective as f64),
        met: pressure.allows(kept.standing).is_met().into(),
    }
}

#[cfg(test)]
mod tests {
    use tare_results::Met;
    use tare_statistics::Percentile;
    use tare_units::Nanoseconds;

    use super::super::saturation::is_saturated;
    use super::super::saturation::tests::served;
    use super::*;

    #[test]
    fn an_objective_is_held_where_latencies_hold_it_and_no_queue_grows() {
        use Standing::{Met, NotDecided, NotMet};
        let of = |saturated, load, by_latency| Pressure { saturated, load }.allows(by_latency);
        let (near, few) = (Err(Untold::NearOne), Err(Untold::TooFew));
        assert_eq!(of(Ok(false), 0.95, Met), Met);
        assert_eq!(of(Ok(true), 1.1, Met), NotMet);
        assert_eq!(of(Ok(true), 1.1, NotDecided), NotMet);
        assert_eq!(of(near, 0.95, Met), NotDecided);
        assert_eq!(of(few, 0.9, Met), NotDecided);
        assert_eq!(of(few, 0.89, Met), Met);
        assert_eq!(of(few, f64::NAN, Met), NotDecided);
        assert_eq!(of(near, 0.95, NotMet), NotMet);
        assert_eq!(of(Ok(false), 0.5, NotDecided), NotDecided);
        assert_eq!(Pressure::NONE.allows(Met), Met);
    }

    #[test]
    fn a_generous_objective_is_not_met_by_requests_of_which_more_and_more_wait() {
        let generous = Objective {
            percentile: Percentile::P90,
            bound: Nanoseconds::from_secs(3_600),
        };
        let met = |rho| {
            let (samples, load) = served(rho, 2_000, usize::MAX, 1);
            let saturated = is_saturated(&samples, load, super::super::saturation::RISK);
            let kept = kept(generous, &samples, Pressure { saturated, load });
            assert_eq!(kept.over, 0);
            kept.met
        };
        assert_eq!(met(0.5), Met::Met);
        assert_eq!(met(2.0), Met::NotMet);
    }
}
