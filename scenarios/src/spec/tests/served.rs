//! Scenarios under load: what their options mean, and what is refused of them.

use tare_statistics::Percentile;

use super::*;
use crate::{LimitsError, Objective, RequestRate, Serving, Trace};

#[test]
fn a_rate_is_positive_and_finite_or_max() {
    let expected = "a rate: write requests a second from 0.000001 to 1000000000, with at most six decimals, or max";
    for value in [
        "0",
        "-5",
        "inf",
        "NaN",
        "",
        "1e3",
        "1/s",
        "fast",
        "0.0000001",
        "1000000001",
    ] {
        let text = format!("server:rate={value}");
        assert_eq!(
            refusal(&text),
            format!("'{value}' for 'rate' in '{text}' is not {expected}")
        );
    }
}

/// An option, what it is given, and what the refusal says of that.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "slo",
        "p99<20",
        "is not an objective: write a percentile below a time with its unit, such as p99<20ms",
    ),
    ("slo", "20ms", "is not an objective"),
    ("slo", "p100<20ms", "is not an objective"),
    ("slo", "p99<0s", "is not an objective"),
    (
        "timeout",
        "5",
        "is not a time above zero: write a number and a unit, such as 500ms",
    ),
    ("timeout", "0s", "is not a time above zero"),
    ("timeout", "-1s", "is not a time above zero"),
    ("timeout", "infs", "is not a time above zero"),
    (
        "batch_delay",
        "2",
        "is not a time: write 0, or a number and a unit, such as 2ms",
    ),
    (
        "arrivals",
        "uniform",
        "is not one of poisson, constant, bursty",
    ),
    (
        "decide",
        "99",
        "is not a percentile from p0.1 to p99.9, such as p99",
    ),
    ("workers", "0", "is not a whole number from 1 to 4096"),
    (
        "seed",
        "-1",
        "is not a whole number from 0 to 18446744073709551615",
    ),
    (
        "max",
        "100000001",
        "is not a whole number from 1 to 100000000",
    ),
];

#[test]
fn values_of_every_kind_are_refused_with_how_to_write_them() {
    for (option, value, part) in WRONG {
        let text = format!("server:rate=5,{option}={value}");
        let expected = format!("'{value}' for '{option}' in '{text}' {part}");
        assert!(refusal(&text).starts_with(&expected), "{}", refusal(&text));
    }
    assert_eq!(
        refusal("closed:clients=2,think=exp:0s"),
        "'exp:0s' for 'think' in 'closed:clients=2,think=exp:0s' is not a think time: write 0, a time such as 5ms, \
         or exp: and the mean of drawn ones, such as exp:5ms"
    );
    assert!(refusal("server:trace=").contains("is not the name of a file"));
}

/// What is written, and what is said of it.
const TOGETHER: &[(&str, &str)] = &[
    (
        "server",
        "'server' does not say when requests are due: give rate=N in requests a second, trace=FILE, or rate=max \
             with slo",
    ),
    (
        "server:rate=max",
        "'server:rate=max' does not say what the highest rate must keep: give an objective such as slo=p99<20ms",
    ),
    (
        "closed:think=5ms",
        "'closed:think=5ms' does not say how many clients there are: give clients=N",
    ),
    (
        "server:rate=5,trace=a.txt",
        "'server:rate=5,trace=a.txt' gives both 'rate' and 'trace', which exclude each other: give one",
    ),
    (
        "server:trace=a.txt,arrivals=constant",
        "'server:trace=a.txt,arrivals=constant' gives both 'arrivals' and 'trace', which exclude each other: give one",
    ),
    (
        "server:rate=max,slo=p99<1s,decide=p99",
        "'server:rate=max,slo=p99<1s,decide=p99' gives both 'rate=max' and 'decide', which exclude each other: give one",
    ),
    (
        "single-stream:decide=p99,duration=1s",
        "'single-stream:decide=p99,duration=1s' gives both 'decide' and 'duration', which exclude each other: give one",
    ),
    (
        "single-stream:limit=1s",
        "'limit' in 'single-stream:limit=1s' has a meaning only with decide: give that too, or leave limit out",
    ),
    (
        "server:rate=5,on=1s",
        "'on' in 'server:rate=5,on=1s' has a meaning only with arrivals=bursty: give that too, or leave on out",
    ),
    (
        "server:rate=5,budget=1s",
        "'budget' in 'server:rate=5,budget=1s' has a meaning only with rate=max: give that too, or leave budget out",
    ),
    (
        "server:rate=5,batch_delay=1ms,max_batch=1",
        "'batch_delay' in 'server:rate=5,batch_delay=1ms,max_batch=1' has a meaning only with max_batch of 2 or more: \
             give that too, or leave batch_delay out",
    ),
    (
        "server:rate=5,max_batch=8,queue=7",
        "'server:rate=5,max_batch=8,queue=7' executes up to 8 requests together, and no more than 7 may wait: give queue=8 or \
             more, or a smaller max_batch",
    ),
    (
        "server:rate=5,max_batch=1025",
        "'server:rate=5,max_batch=1025' executes up to 1025 requests together, and no more than 1024 may wait: give \
             queue=1025 or more, or a smaller max_batch",
    ),
    (
        "closed:clients=5,max_batch=8,batch_delay=1ms",
        "'closed:clients=5,max_batch=8,batch_delay=1ms' executes up to 8 requests together, and its 5 clients have no more \
             than 5 in flight: give clients=8 or more, or a smaller max_batch",
    ),
    (
        "server:rate=5,max_batch=8,batch_delay=2s,timeout=500ms",
        "'server:rate=5,max_batch=8,batch_delay=2s,timeout=500ms' lets requests wait 2.00 s for others, and those that waited \
             500 ms have failed: give a batch_delay shorter than timeout, or a longer timeout",
    ),
    (
        "offline:samples=5,max=9",
        "'offline:samples=5,max=9' gives both 'max' and 'samples', which exclude each other: give one",
    ),
];

#[test]
fn options_that_do_not_go_together_are_refused() {
    for (text, message) in TOGETHER {
        assert_eq!(&refusal(text), message);
    }
    assert!(
        refusal("offline:decide=p99")
            .contains("'decide' in 'offline:decide=p99' is no option of offline")
    );
    assert!(refusal("sever:rate=5").ends_with("; the nearest is 'server'"));
    assert!(refusal("server:rat=5").ends_with("; the nearest is 'rate'"));
}

#[test]
fn a_batch_of_all_clients_and_a_delay_shorter_than_the_timeout_are_accepted() {
    let held = |text: &str| spec(text).serving().map(|serving| serving.max_batch);
    assert_eq!(held("closed:clients=8,max_batch=8"), Some(8));
    let shorter = "server:rate=5,max_batch=8,batch_delay=499ms,timeout=500ms";
    assert_eq!(held(shorter), Some(8));
    assert!(refusal(&shorter.replace("499", "500")).contains("a longer timeout"));
}

#[test]
fn how_requests_are_served_is_said_by_the_options_or_their_defaults() {
    let plain = Serving {
        workers: 1,
        max_batch: 1,
        batch_delay: Nanoseconds::ZERO,
        queue: 1_024,
        timeout: None,
        objective: None,
        search: false,
    };
    assert_eq!(spec("server:rate=5").serving(), Some(plain));
    assert_eq!(spec("server:trace=a.txt").serving(), Some(plain));
    let queue = 3;
    assert_eq!(
        spec("closed:clients=3").serving(),
        Some(Serving { queue, ..plain })
    );
    let full =
        "server:rate=max,slo=p99.9<1500us,workers=2,max_batch=8,batch_delay=2ms,queue=9,timeout=1s";
    let objective = Objective {
        percentile: Percentile::P99_9,
        bound: Nanoseconds::from_micros(1_500),
    };
    assert_eq!(
        spec(full).serving(),
        Some(Serving {
            workers: 2,
            max_batch: 8,
            batch_delay: Nanoseconds::from_millis(2),
            queue: 9,
            timeout: Some(Nanoseconds::from_secs(1)),
            objective: Some(objective),
            search: true,
        })
    );
    for text in [
        "single-stream",
        "offline",
        "random-batch",
        "multi-stream",
        "fixed-batch",
    ] {
        assert_eq!(spec(text).serving(), None);
    }
}

#[test]
fn a_search_tries_rates_without_its_budget_and_duration() {
    let searched = spec("server:rate=max,slo=p99<20ms,duration=9s,workers=2");
    assert_eq!(searched.budget(), Some(Nanoseconds::from_secs(60)));
    assert_eq!(searched.rate(), None);
    let rate = RequestRate::from_per_s(12.5).unwrap();
    let tried = searched.at_rate(rate).unwrap();
    assert_eq!(tried.to_string(), "server:rate=12.5,slo=p99<20ms,workers=2");
    assert_eq!((tried.rate(), tried.budget()), (Some(rate), None));
    assert_eq!(tried.at_rate(rate), None, "nothing is searched any longer");
    assert_eq!(spec("single-stream").at_rate(rate), None);
    let error = searched.schedule(limits(1_000, 10, 1), Seed::default(), None);
    assert!(matches!(error, Err(LimitsError::NoRate { .. })));
    assert_eq!(searched.check(limits(1_000, 10, 1)), Ok(()));
    assert_eq!(
        searched.timed(limits(1_000, 10, 1), Nanoseconds::ZERO),
        Ok(Nanoseconds::from_secs(69))
    );
}

#[test]
fn a_trial_is_held_to_the_limits_of_its_own_alone() {
    let rate = RequestRate::from_per_s(12.5).unwrap();
    let searched = spec("server:rate=max,slo=p99<20ms,min=40,max=90,budget=5s");
    let served = searched.at_rate(rate).unwrap();
    assert_eq!(
        served.to_string(),
        "server:max=90,min=40,rate=12.5,slo=p99<20ms"
    );
    let tried = searched.tried_at(rate).unwrap();
    assert_eq!(tried.to_string(), "server:rate=12.5,slo=p99<20ms");
    assert_eq!(spec("server:rate=5").tried_at(rate), None);
}

#[test]
fn arrivals_in_phases_have_a_cycle() {
    let bursty = spec("server:rate=5,arrivals=bursty,on=20ms");
    assert_eq!(bursty.cycle(), Nanoseconds::from_millis(120));
    assert_eq!(spec("server:rate=5").cycle(), Nanoseconds::ZERO);
}

#[test]
fn the_time_of_requests_that_nobody_knows_is_the_duration_at_the_least() {
    let given = limits(1_000, 50, 1);
    let timed = |text: &str| spec(text).timed_at_least(given).as_nanos();
    assert_eq!(timed("single-stream"), 1_000);
    assert_eq!(timed("single-stream:duration=7us"), 7_000);
    assert_eq!(timed("server:rate=0.5"), 12_000_000_000, "six requests");
    assert_eq!(timed("server:rate=max,slo=p99<1s,budget=1us"), 2_000);
    assert_eq!(timed("closed:clients=2,decide=p90,limit=3us"), 3_000);
}

#[test]
fn a_scenarios_own_limits_stand_in_the_place_of_the_cells() {
    let given = limits(1_000, 50, 4);
    assert_eq!(spec("single-stream").limits(given), given);
    let own = spec("single-stream:duration=2us,max=900").limits(given);
    assert_eq!(own, limits(2_000, 900, 4));
    let decided = spec("single-stream:decide=p90,limit=3us");
    assert_eq!(decided.limits(given), limits(3_000, 50, 4));
    let decision = decided.decision().unwrap();
    assert_eq!(
        (decision.percentile, decision.limit),
        (Percentile::P90, Nanoseconds::from_micros(3))
    );
    let by_default = spec("closed:clients=2,decide=p99").decision().unwrap();
    assert_eq!(by_default.limit, Nanoseconds::from_secs(60));
    assert_eq!(spec("server:rate=5").decision(), None);
    let more = spec("single-stream:min=60,max=80").check(given);
    assert_eq!(more, Ok(()), "its own maximum is the one that counts");
    let contradicts = spec("single-stream:min=60,max=10").check(limits(1_000, 100, 4));
    assert!(matches!(
        contradicts,
        Err(LimitsError::TooFew {
            requests: 60,
            max_requests: 10,
            ..
        })
    ));
}

#[test]
fn the_time_of_a_repeat_under_load_is_that_of_its_schedule() {
    let timed = |text: &str, duration: Nanoseconds, max_requests| {
        let limits = Limits {
            duration,
            max_requests,
            batch: 1,
        };
        let request = Nanoseconds::from_millis(10);
        spec(text).timed(limits, request).unwrap().as_secs_f64()
    };
    let (second, many) = (Nanoseconds::from_secs(1), 1_000_000);
    assert_eq!(timed("server:rate=100", second, many), 1.0);
    assert_eq!(
        timed("server:rate=2", second, many),
        3.0,
        "six requests at the least"
    );
    assert_eq!(timed("server:rate=100", second, 50), 0.5);
    assert_eq!(timed("server:trace=a.txt", second, many), 1.0);
    assert_eq!(
        timed("closed:clients=4,min=200", second, many),
        2.0,
        "100 a second by one worker"
    );
    assert_eq!(
        timed("closed:clients=4,min=200,workers=2", second, many),
        1.0
    );
    assert_eq!(
        timed("closed:clients=1,think=90ms,min=20", second, many),
        2.0
    );
}

#[test]
fn a_trace_is_needed_where_it_is_replayed_and_long_enough() {
    let replayed = spec("server:trace=a.txt,min=3");
    assert_eq!(replayed.trace_path().unwrap().to_str(), Some("a.txt"));
    assert_eq!(spec("server:rate=1").trace_path(), None);
    let given = limits(10_000_000_000, 50, 1);
    let refused = |trace| {
        replayed
            .schedule(given, Seed::default(), trace)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(None),
        "scenario 'server:min=3,trace=a.txt' replays a trace that was not read: read its file first"
    );
    let two = Trace::parse("0\n1\n", "a.txt").unwrap();
    assert_eq!(
        refused(Some(&two)),
        "scenario 'server:min=3,trace=a.txt' asks for 3 requests and its trace has 2: ask for less, or give a longer trace"
    );
    let three = Trace::parse("0\n1\n2\n", "a.txt").unwrap();
    assert!(
        replayed
            .schedule(given, Seed::default(), Some(&three))
            .is_ok()
    );
}
