//! What became of requests under load, over the repeats, and whether a percentile was known well enough.

use tare_results::{Decision, Met, ObjectiveKept, RateSearch, Record, SearchEnd, Serving};
use tare_statistics::{Percentile, RISK, standing};

use super::figures::{Figures, mean};

impl Figures<'_> {
    /// Sums over the repeats; of rates the means, of what waited the most. The objective is decided over all requests.
    /// Nothing of scenarios that do not serve.
    pub fn serving(&mut self) -> Option<Serving> {
        let is_served = |record: &&Record| record.serving.is_some();
        self.counted.iter().copied().find(is_served)?;
        let all = self.group("serving", |record| record.serving.as_ref())?;
        let sum = |get: fn(&Serving) -> u64| all.iter().map(|one| get(one)).sum();
        let most = |get: fn(&Serving) -> u64| all.iter().map(|one| get(one)).max();
        let objective = self.objective(&all);
        Some(Serving {
            workers: most(|one| one.workers)?,
            due: sum(|one| one.due),
            done: sum(|one| one.done),
            rejected: sum(|one| one.rejected),
            timed_out: sum(|one| one.timed_out),
            errors: sum(|one| one.errors),
            never_sent: sum(|one| one.never_sent),
            most_waiting: most(|one| one.most_waiting)?,
            mean_batch: self.mean_batch(&all),
            goodput_per_s: self
                .served("goodput_per_s", |one| one.goodput_per_s)
                .map(|rates| mean(rates.into_iter())),
            saturated: match all.iter().any(|one| one.saturated == Some(true)) {
                true => Some(true),
                false => self.served("saturated", |one| one.saturated).map(|_| false),
            },
            objective,
            search: self.search(&all),
        })
    }

    /// Why requests of different repeats are not those of one load; `None` where all were served at one rate, or it was not
    /// searched.
    pub(super) fn differing_rates(&self) -> Option<String> {
        let served = self.counted.iter();
        let served = served.filter_map(|one| one.serving.as_ref()?.search.as_ref()?.kept_per_s);
        let mut rates: Vec<f64> = served.collect();
        rates.sort_unstable_by(f64::total_cmp);
        rates.dedup();
        let [lowest, .., highest] = rates.as_slice() else {
            return None;
        };
        Some(format!(
            "repeats were served at different rates, {lowest:.3} to {highest:.3} requests a second: see each one's record"
        ))
    }

    /// The lowest rate that a repeat kept and the highest that one missed, so that both were tried and the highest rate of
    /// every repeat lies between them; the trials of all, and how sure the bracket of each is.
    fn search(&mut self, all: &[&Serving]) -> Option<RateSearch> {
        all.iter().find(|one| one.search.is_some())?;
        let each = self.served("search", |one| one.search.clone())?;
        let sure = each.iter().map(|one| one.confidence);
        let rates = |get: fn(&RateSearch) -> Option<f64>| {
            let rates: Option<Vec<f64>> = each.iter().map(get).collect();
            rates.unwrap_or_default().into_iter()
        };
        let tried = each.iter().flat_map(|one| one.tried.iter().cloned());
        let open = each.iter().find(|one| one.ended != SearchEnd::Narrow);
        Some(RateSearch {
            kept_per_s: rates(|one| one.kept_per_s).reduce(f64::min),
            missed_per_s: rates(|one| one.missed_per_s).reduce(f64::max),
            trials: each.iter().map(|one| one.trials).sum(),
            tried: tried.collect(),
            confidence: sure.reduce(f64::min)?,
            ended: open.or(each.first())?.ended,
        })
    }

    /// Requests over executions; none where nothing was executed.
    fn mean_batch(&mut self, all: &[&Serving]) -> Option<f64> {
        let sizes = self.served("mean_batch", |one| one.mean_batch)?;
        let mean = weighed(sizes.into_iter().zip(all.iter().copied()));
        if mean.is_none() {
            let reason = "no request was executed".to_owned();
            self.absent("serving.mean_batch", Some(reason));
        }
        mean
    }

    fn served<T>(&mut self, name: &str, get: fn(&Serving) -> Option<T>) -> Option<Vec<T>> {
        let path = format!("serving.{name}");
        self.group(&path, |record| get(record.serving.as_ref()?))
    }

    /// By the rule over the requests of all repeats, which are no one series: where one by itself does not hold it, or is not
    /// shown to be served without a growing queue, it does not hold. Not decided where repeats do not tell their effective
    /// sample sizes, and not known of repeats at different rates.
    fn objective(&mut self, all: &[&Serving]) -> Option<ObjectiveKept> {
        if let Some(reason) = self.differing_rates() {
            self.absent("serving.objective", Some(reason));
            return None;
        }
        let each = self.served("objective", |one| one.objective.clone())?;
        let first = each.first()?;
        let is_one = |one: &ObjectiveKept| {
            (&one.percentile, one.bound_ns) == (&first.percentile, first.bound_ns)
        };
        if !each.iter().all(is_one) {
            let reason = "repeats were held to different objectives".to_owned();
            self.absent("serving.objective", Some(reason));
            return None;
        }
        let over = each.iter().map(|one| one.over).sum();
        let due = all.iter().map(|one| one.due).sum();
        let effective: Option<f64> = each.iter().map(|one| one.effective_count).sum();
        let met = percentile(&first.percentile).zip(effective);
        let met = met.and_then(|(percentile, effective)| {
            let pooled = standing(percentile, (due, over, effective as u64), RISK).is_met();
            let each = each.iter().zip(all);
            over_repeats(
                pooled,
                each.map(|(one, serving)| (one.met, serving.saturated)),
            )
        });
        Some(ObjectiveKept {
            over,
            effective_count: effective,
            met: met.into(),
            ..first.clone()
        })
    }

    /// The decision of the repeat that knows its percentile least; nothing of scenarios that do not go on for one.
    pub fn decision(&mut self) -> Option<Decision> {
        let goes_on = |record: &&Record| record.decision.is_some();
        self.counted.iter().copied().find(goes_on)?;
        let all = self.group("decision", |record| record.decision.as_ref())?;
        let reach = |one: &Decision| one.reach.unwrap_or(f64::INFINITY);
        let worse = |one: &&Decision, other: &&Decision| {
            let decided = other.decided.cmp(&one.decided);
            decided.then(reach(one).total_cmp(&reach(other)))
        };
        all.into_iter().max_by(worse).cloned()
    }
}

/// The mean of sizes with what was executed at each, requests that failed meanwhile among it; `None` where nothing was.
fn weighed<'a>(sizes: impl Iterator<Item = (f64, &'a Serving)>) -> Option<f64> {
    let (executed, executions) = sizes.fold((0, 0.0), |(executed, executions), (size, one)| {
        let count = one.done + one.errors;
        (executed + count, executions + count as f64 / size)
    });
    (executed > 0).then(|| executed as f64 / executions)
}

/// Whether an objective is met that requests of all repeats together say is `pooled`, by whether each repeat met it and was
/// saturated.
///
/// Repeats that differ are worth less than their requests together. So what these hold is not decided where a repeat by
/// itself does not hold it, and is not held where none does. More requests do not tell of a repeat near saturation that was
/// not decided for that.
fn over_repeats(
    pooled: Option<bool>,
    each: impl Iterator<Item = (Met, Option<bool>)> + Clone,
) -> Option<bool> {
    let misses = |(met, saturated): (Met, Option<bool>)| match met {
        Met::NotMet => true,
        Met::Met | Met::NotDecided => saturated == Some(true),
    };
    let is_open =
        |(met, saturated): (Met, Option<bool>)| met == Met::NotDecided && saturated.is_none();
    if each.clone().all(misses) {
        return Some(false);
    }
    match pooled {
        Some(true) if each.clone().any(misses) || each.clone().any(is_open) => None,
        pooled => pooled,
    }
}

/// `p99`, `p99.9`.
fn percentile(name: &str) -> Option<Percentile> {
    let percent: f64 = name.strip_prefix('p')?.parse().ok()?;
    Percentile::from_per_mille((percent * 10.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MET: (Met, Option<bool>) = (Met::Met, Some(false));
    const MISSED: (Met, Option<bool>) = (Met::NotMet, Some(false));
    const OPEN: (Met, Option<bool>) = (Met::NotDecided, Some(false));

    fn together(pooled: Option<bool>, each: &[(Met, Option<bool>)]) -> Option<bool> {
        over_repeats(pooled, each.iter().copied())
    }

    #[test]
    fn an_objective_that_one_repeat_misses_is_not_held_by_all_together() {
        // Five repeats of 10,000 requests, of which 0, 0, 0, 0 and 200 exceed the bound of a p99.
        let all = (50_000, 200, 50_000);
        let pooled = standing(Percentile::P99, all, RISK).is_met();
        assert_eq!(pooled, Some(true));
        let fifth = standing(Percentile::P99, (10_000, 200, 10_000), RISK);
        assert_eq!(fifth.is_met(), Some(false));
        assert_eq!(together(pooled, &[MET, MET, MET, MET, MISSED]), None);
        assert_eq!(together(pooled, &[MET; 5]), Some(true));
    }

    #[test]
    fn what_no_repeat_decides_all_may_and_what_none_holds_is_not_held() {
        assert_eq!(together(Some(true), &[OPEN; 3]), Some(true));
        assert_eq!(together(Some(false), &[OPEN; 3]), Some(false));
        assert_eq!(together(None, &[MET; 3]), None);
        assert_eq!(together(Some(true), &[MISSED; 3]), Some(false));
        assert_eq!(together(Some(false), &[MET, MISSED]), Some(false));
    }

    #[test]
    fn a_repeat_whose_queue_grows_or_may_grow_holds_no_objective() {
        let growing = (Met::NotDecided, Some(true));
        assert_eq!(together(Some(true), &[MET, growing]), None);
        assert_eq!(together(Some(true), &[growing; 2]), Some(false));
        let near_one = (Met::NotDecided, None);
        assert_eq!(together(Some(true), &[MET, near_one]), None);
        let few = (Met::Met, None);
        assert_eq!(together(Some(true), &[MET, few]), Some(true));
    }

    #[test]
    fn sizes_of_batches_are_weighed_by_what_was_executed_and_by_nothing_where_nothing_was() {
        let ended = |done, errors| Serving {
            done,
            errors,
            ..Serving::default()
        };
        let mean = |sizes: &[(f64, Serving)]| {
            let sizes = sizes.iter();
            weighed(sizes.map(|(size, one)| (*size, one)))
        };
        // 10 one at a time and 10 two at a time take 15 executions.
        let both = mean(&[(1.0, ended(10, 0)), (2.0, ended(0, 10))]);
        assert_eq!(both, Some(20.0 / 15.0));
        assert_eq!(mean(&[(2.0, ended(0, 10))]), Some(2.0));
        assert_eq!(mean(&[(2.0, ended(0, 0))]), None);
    }
}
