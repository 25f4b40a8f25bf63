//! Doubts and reasons that follow from how requests were served under load.

use tare_results::samples::Sample;
use tare_results::{
    Doubt, Latency, Met, Percentile, RateSearch, Record, ScheduleSkew, Serving, ServingDoubt,
    Verdict,
};
use tare_units::Nanoseconds;

use crate::protocol::Measured;

/// What the largest is called beside percentiles.
const MAX: &str = "max";

/// The generator's lag at a percentile may be this share of the latency at it.
const SKEW_SHARE: f64 = 0.05;

/// Says of `record` what is to be doubted of the load, on so many `processors`.
pub fn judge_load(record: &mut Record, measured: &Measured, processors: Option<u64>) {
    let untold = measured.schedule.as_ref().and_then(untold);
    refuse(record, untold);
    let Some(serving) = &measured.serving else {
        return;
    };
    let skews = measured.schedule.as_ref().zip(measured.latency.as_ref());
    let late = skews.map_or_else(Vec::new, |(skew, latency)| late(skew, latency));
    let left = measured.left_waiting;
    let left = left.map(|(waiting, after_ns)| ServingDoubt::LeftWaiting {
        waiting,
        due: serving.due,
        after_ns,
    });
    let cut = measured.cut.map(|(why, after_ns)| ServingDoubt::Cut {
        why,
        due: serving.due,
        after_ns,
    });
    refuse(record, late.into_iter().chain(cut).chain(left));
    let is_found = |search: &RateSearch| search.kept_per_s.is_some();
    if !serving.search.as_ref().is_none_or(is_found) {
        record.verdict = Verdict::Invalid;
        let why = measured.missing.get("latency");
        let none = || "no rate was found to serve".to_owned();
        record.reasons.push(why.cloned().unwrap_or_else(none));
    }
    let threads = record.cell.threads;
    let doubts = [
        alone(serving, threads, processors),
        (serving.saturated == Some(true)).then_some(ServingDoubt::Saturated {
            most_waiting: serving.most_waiting,
        }),
        undecided(serving),
    ];
    let doubts = doubts.into_iter().flatten();
    record
        .doubts
        .extend(doubts.map(|why| Doubt::Serving { why }));
}

/// Makes `record` invalid for each of these.
fn refuse(record: &mut Record, whys: impl IntoIterator<Item = ServingDoubt>) {
    for why in whys {
        record.verdict = Verdict::Invalid;
        record.reasons.push(why.to_string());
        record.doubts.push(Doubt::Serving { why });
    }
}

/// The largest lag is as long as a sample can hold, and so may be longer.
fn untold(skew: &ScheduleSkew) -> Option<ServingDoubt> {
    let longest = Nanoseconds::from_nanos(u64::from(Sample::LONGEST_SKEW));
    (skew.skew_max_ns >= longest).then_some(ServingDoubt::UntoldSkew {
        at_least_ns: longest,
    })
}

/// The generator has no processor of its own.
fn alone(serving: &Serving, threads: u64, processors: Option<u64>) -> Option<ServingDoubt> {
    let taken = serving.workers.saturating_mul(threads);
    let processors = processors.filter(|processors| *processors <= taken)?;
    Some(ServingDoubt::NoCoreForGenerator {
        workers: serving.workers,
        threads,
        processors,
    })
}

fn undecided(serving: &Serving) -> Option<ServingDoubt> {
    let objective = serving.objective.as_ref();
    let objective = objective.filter(|objective| objective.met == Met::NotDecided)?;
    Some(ServingDoubt::ObjectiveNotDecided {
        objective: format!("{}<{}", objective.percentile, objective.bound_ns),
        over: objective.over,
        due: serving.due,
    })
}

/// Where the generator's own lag is too much of the latency: at each percentile of it that is known, and at the largest of
/// all where the 99th is not.
pub fn late(skew: &ScheduleSkew, latency: &Latency) -> Vec<ServingDoubt> {
    let value = |percentile: &Option<Percentile>| percentile.as_ref().map(|one| one.value_ns);
    let p99 = value(&latency.p99);
    let max = latency.max_ns.filter(|_| p99.is_none());
    let each = [
        ("p50", Some(skew.skew_p50_ns), value(&latency.p50)),
        ("p90", skew.skew_p90_ns, value(&latency.p90)),
        ("p95", skew.skew_p95_ns, value(&latency.p95)),
        ("p99", Some(skew.skew_p99_ns), p99),
        ("p99.9", skew.skew_p99_9_ns, value(&latency.p99_9)),
        (
            MAX,
            Some(skew.skew_max_ns),
            max.map(|max| max.as_nanos() as f64),
        ),
    ];
    let known = each.into_iter().filter_map(|(name, skew_ns, value_ns)| {
        let (skew_ns, value_ns) = skew_ns.zip(value_ns)?;
        let is_late = skew_ns.as_nanos() as f64 > SKEW_SHARE * value_ns;
        is_late.then(|| ServingDoubt::Skew {
            percentile: name.to_owned(),
            skew_ns,
            latency_ns: Nanoseconds::from_nanos_f64(value_ns),
        })
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use tare_results::Cut;

    use super::*;
    use crate::check::Check;
    use crate::compose::tests::{built, measured};

    fn latency(p50_ns: f64, p99_ns: Option<f64>) -> Latency {
        let mut latency = built::latency(p50_ns);
        let p50 = latency.p50.clone().expect("a median");
        latency.p99 = p99_ns.map(|value_ns| Percentile { value_ns, ..p50 });
        latency
    }

    fn skew(p50: u64, p99: u64) -> ScheduleSkew {
        let [p50, p99] = [p50, p99].map(Nanoseconds::from_nanos);
        ScheduleSkew {
            skew_p50_ns: p50,
            skew_p90_ns: Some(p50),
            skew_p95_ns: Some(p50),
            skew_p99_ns: p99,
            skew_p99_9_ns: Some(p99),
            skew_max_ns: p99,
        }
    }

    #[test]
    fn a_lag_above_a_twentieth_of_the_latency_at_its_percentile_is_told_there() {
        let names = |skew: ScheduleSkew, latency: Latency| -> Vec<String> {
            let late = late(&skew, &latency).into_iter();
            late.map(|why| why.to_string()).collect()
        };
        let slow = || latency(1e6, Some(2e6));
        assert!(names(skew(50_000, 100_000), slow()).is_empty());
        let told = names(skew(50_001, 100_000), slow());
        assert!(told.len() == 1 && told[0].contains("at p50"), "{told:?}");
        let told = names(skew(0, 100_001), slow());
        assert!(told.len() == 1 && told[0].contains("at p99"), "{told:?}");
    }

    /// Latencies of 1 ms with these in the place of its tail.
    fn told_at(change: impl Fn(&mut Latency, &mut ScheduleSkew)) -> Vec<String> {
        let (mut latency, mut skew) = (latency(1e6, Some(1e6)), skew(0, 0));
        (latency.p90, latency.max_ns) = (None, Some(Nanoseconds::from_millis(1)));
        change(&mut latency, &mut skew);
        let late = late(&skew, &latency).into_iter();
        let name = |doubt| match doubt {
            ServingDoubt::Skew { percentile, .. } => percentile,
            other => panic!("{other:?}"),
        };
        late.map(name).collect()
    }

    #[test]
    fn a_lag_counts_at_every_percentile_that_is_known_and_at_the_largest_where_the_99th_is_not() {
        let late = Nanoseconds::from_micros(51);
        let known = |latency: &Latency| latency.p50.clone();
        assert!(told_at(|_, skew| skew.skew_p90_ns = Some(late)).is_empty());
        let told = told_at(|latency, skew| {
            (latency.p90, skew.skew_p90_ns) = (known(latency), Some(late));
        });
        assert_eq!(told, ["p90"]);
        let told = told_at(|latency, skew| {
            (latency.p95, skew.skew_p95_ns) = (known(latency), Some(late));
        });
        assert_eq!(told, ["p95"]);
        let told = told_at(|latency, skew| {
            (latency.p99_9, skew.skew_p99_9_ns) = (known(latency), Some(late));
        });
        assert_eq!(told, ["p99.9"]);
        assert!(told_at(|_, skew| skew.skew_max_ns = late).is_empty());
        let told = told_at(|latency, skew| {
            (latency.p99, skew.skew_max_ns) = (None, late);
        });
        assert_eq!(told, [MAX], "too few requests for a p99");
    }

    fn serving() -> Serving {
        Serving {
            workers: 2,
            ..Serving::default()
        }
    }

    /// What is said of a repeat that `change` was done to.
    fn judged(change: impl Fn(&mut Measured)) -> (Verdict, Vec<String>) {
        let mut record = built::record("run", built::cell(1), 0);
        let mut measured = measured(Check::default());
        measured.serving = Some(serving());
        change(&mut measured);
        judge_load(&mut record, &measured, None);
        let told = |reason: &String| {
            let doubts = record.doubts.iter();
            doubts
                .map(ToString::to_string)
                .any(|doubt| doubt == *reason)
        };
        assert!(record.reasons.iter().all(told), "{:?}", record.doubts);
        (record.verdict, record.reasons)
    }

    #[test]
    fn a_repeat_that_did_not_wait_for_all_of_its_requests_is_invalid_and_says_how_many() {
        assert_eq!(judged(|_| ()), (Verdict::Valid, Vec::new()));
        let (verdict, reasons) = judged(|measured| {
            measured.left_waiting = Some((7, Nanoseconds::from_secs(30)));
            measured.serving = Some(Serving {
                due: 10,
                done: 3,
                timed_out: 7,
                ..serving()
            });
        });
        assert_eq!(verdict, Verdict::Invalid);
        let told = "7 of 10 requests still waited 30.0 s after the last was due";
        assert!(reasons[0].starts_with(told), "{reasons:?}");
        assert!(reasons[0].ends_with("lower the rate, or raise --deadline"));
    }

    #[test]
    fn a_lag_that_a_sample_cannot_hold_is_told_as_at_least_that_however_long_requests_take() {
        let lag = |nanos: u64| {
            judged(|measured| {
                let skew_max_ns = Nanoseconds::from_nanos(nanos);
                measured.latency = Some(latency(1e12, Some(1e12)));
                measured.schedule = Some(ScheduleSkew {
                    skew_max_ns,
                    ..skew(0, 0)
                });
            })
        };
        let longest = u64::from(Sample::LONGEST_SKEW);
        assert_eq!(lag(longest - 1).0, Verdict::Valid);
        let (verdict, reasons) = lag(longest);
        assert_eq!((verdict, reasons.len()), (Verdict::Invalid, 1));
        assert!(reasons[0].starts_with("requests were issued at least 4.29 s late"));
        let (verdict, _) = judged(|measured| {
            measured.serving = None;
            measured.schedule = Some(ScheduleSkew {
                skew_max_ns: Nanoseconds::from_nanos(longest),
                ..skew(0, 0)
            });
        });
        assert_eq!(verdict, Verdict::Invalid, "nor without load");
    }

    #[test]
    fn a_repeat_that_was_cut_is_invalid_though_no_request_failed() {
        let mut record = built::record("run", built::cell(1), 0);
        let mut measured = measured(Check::default());
        measured.serving = Some(serving());
        judge_load(&mut record, &measured, None);
        assert_eq!(record.verdict, Verdict::Valid);
        measured.cut = Some((Cut::Time, Nanoseconds::from_secs(16)));
        judge_load(&mut record, &measured, None);
        assert_eq!(record.verdict, Verdict::Invalid);
        let told = "requests were issued for 16.0 s only, 0 of them, and the schedule went on";
        assert!(record.reasons[0].starts_with(told), "{:?}", record.reasons);
        assert!(
            record
                .doubts
                .iter()
                .any(|doubt| doubt.to_string() == record.reasons[0])
        );
    }

    #[test]
    fn the_generator_needs_a_processor_beyond_those_of_all_workers() {
        let is_alone = |threads, processors| alone(&serving(), threads, processors).is_some();
        assert!(!is_alone(1, Some(3)) && is_alone(1, Some(2)));
        assert!(!is_alone(4, Some(9)) && is_alone(4, Some(8)));
        assert!(!is_alone(4, None), "nothing is known");
    }
}
