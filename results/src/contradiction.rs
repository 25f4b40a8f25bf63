//! What cannot be true of a record that says it is valid: a verdict fails closed.

use crate::measures::Latency;
use crate::record::Record;
use crate::verdict::Verdict;

impl Record {
    /// What contradicts itself or is not there without a reason, a sentence each with its values; empty where nothing does.
    ///
    /// Looked at are records that time a cell; a record with a contradiction counts as invalid whatever its verdict says.
    pub fn contradictions(&self) -> Vec<String> {
        if !self.kind.times_a_cell() || self.failure.is_some() {
            return Vec::new();
        }
        let mut found = self.unexplained();
        if self.verdict == Verdict::Valid && !self.reasons.is_empty() {
            let reasons = self.reasons.join("; ");
            found.push(format!(
                "it says that it is valid, and why it is not: {reasons}"
            ));
        }
        let latencies = [
            ("latency", &self.latency),
            ("effective latency", &self.effective_latency),
        ];
        for (name, latency) in latencies {
            let latency = latency.as_ref();
            found.extend(
                latency
                    .and_then(Latency::contradiction)
                    .map(|what| format!("the {name} contradicts itself: {what}")),
            );
        }
        found.extend(self.rates());
        found.extend(self.counts());
        found
    }

    /// Groups that a valid record has or gives a reason for.
    fn unexplained(&self) -> Vec<String> {
        let groups = [
            ("load", self.load.is_none()),
            ("latency", self.latency.is_none()),
            ("throughput", self.throughput.is_none()),
            ("schedule", self.schedule.is_none()),
            ("serving", self.serving.is_none() && self.cell.is_served()),
        ];
        let absent = groups
            .into_iter()
            .filter(|(group, is_absent)| *is_absent && !self.missing.contains_key(*group));
        absent
            .map(|(group, _)| format!("there is no {group}, and no reason why"))
            .collect()
    }

    fn rates(&self) -> Option<String> {
        let rates = self.throughput.as_ref()?;
        let named = [
            ("samples_per_s", rates.samples_per_s),
            ("pipelined_samples_per_s", rates.pipelined_samples_per_s),
            ("offered_per_s", rates.offered_per_s),
            ("achieved_per_s", rates.achieved_per_s),
        ];
        let is_wrong = |rate: f64| !rate.is_finite() || rate < 0.0;
        let mut wrong = named
            .into_iter()
            .filter_map(|(name, rate)| Some((name, rate?)));
        let (name, rate) = wrong.find(|(_, rate)| is_wrong(*rate))?;
        Some(format!("throughput.{name} is {rate}, which no rate is"))
    }

    /// The same requests, counted in several places.
    fn counts(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Some((latency, samples)) = self.latency.as_ref().zip(self.samples.as_ref())
            && latency.count != samples.count
        {
            found.push(format!(
                "{} requests have a latency, but {} samples were written",
                latency.count, samples.count
            ));
        }
        let Some(serving) = &self.serving else {
            return found;
        };
        found.extend(serving.contradiction());
        if let Some(latency) = &self.latency
            && (latency.count, latency.failed) != (serving.due, serving.failed())
        {
            found.push(format!(
                "{} of {} requests failed by their latencies, but {} of {} by what became of them",
                latency.failed,
                latency.count,
                serving.failed(),
                serving.due
            ));
        }
        found
    }
}

impl Latency {
    /// What cannot be true of it, with its values.
    fn contradiction(&self) -> Option<String> {
        if self.failed > self.count {
            return Some(format!("{} of {} requests failed", self.failed, self.count));
        }
        let mut last = ("p0", 0.0);
        for (name, _, percentile) in self.percentiles() {
            let Some(one) = percentile else { continue };
            let low = one.low_ns.unwrap_or(one.value_ns);
            let high = one.high_ns.unwrap_or(one.value_ns);
            let is_ordered = low <= one.value_ns && one.value_ns <= high && high.is_finite();
            if !is_ordered {
                return Some(format!(
                    "{name} is {} ns, its interval {low} to {high} ns",
                    one.value_ns
                ));
            }
            if one.value_ns < last.1 {
                let (below, value) = last;
                return Some(format!(
                    "{name} is {} ns, below {below} with {value} ns",
                    one.value_ns
                ));
            }
            last = (name, one.value_ns);
        }
        let (mean, min, max) = (self.mean_ns?, self.min_ns?, self.max_ns?);
        let is_between =
            min.as_nanos() as f64 <= mean * ROUNDING && mean <= max.as_nanos() as f64 * ROUNDING;
        (!is_between).then(|| format!("the mean is {mean} ns between {min} and {max}"))
    }
}

/// What rounding may add.
const ROUNDING: f64 = 1.0 + 1e-9;
