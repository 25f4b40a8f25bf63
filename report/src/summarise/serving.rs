//! What became of requests under load, over the repeats, and whether a percentile was known well enough.

use tare_results::{Decision, ObjectiveKept, RateSearch, Record, SearchEnd, Serving};
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
            mean_batch: self
                .served("mean_batch", |one| one.mean_batch)
                .map(|sizes| {
                    let executions = sizes.iter().zip(&all);
                    let executions = executions.map(|(size, one)| one.done as f64 / size);
                    sum(|one| one.done) as f64 / executions.sum::<f64>()
                }),
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

    fn served<T>(&mut self, name: &str, get: fn(&Serving) -> Option<T>) -> Option<Vec<T>> {
        let path = format!("serving.{name}");
        self.group(&path, |record| get(record.serving.as_ref()?))
    }

    /// By the rule over the requests of all repeats; not decided where repeats do not tell their effective sample sizes, and
    /// not known of repeats at different rates.
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
            standing(percentile, (due, over, effective as u64), RISK).is_met()
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

/// `p99`, `p99.9`.
fn percentile(name: &str) -> Option<Percentile> {
    let percent: f64 = name.strip_prefix('p')?.parse().ok()?;
    Percentile::from_per_mille((percent * 10.0).round() as u16)
}
