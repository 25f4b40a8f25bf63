//! The open loop issues what is due when it is due, ends as its bounds say, and never looks at what became of requests.

use crate::simulation::{limits, run, schedule};
use crate::{CellSchedule, Progress, ScenarioSpec, Schedule, Seed, Step, Trace};
use tare_units::Nanoseconds;

const SECOND: u64 = 1_000_000_000;
const MANY: u64 = 1_000_000;

fn issued(text: &str, duration: u64, max: u64, cost: u64) -> crate::simulation::Trace {
    run(
        &mut schedule(text, limits(duration, max, 1)),
        70,
        1_000_000,
        |_| cost,
    )
}

/// Every step of a generator that is never late, with how many requests were issued at the end.
fn steps(text: &str, seed: Seed) -> Vec<Step> {
    let spec: ScenarioSpec = text.parse().unwrap();
    let mut schedule = spec.schedule(limits(SECOND, MANY, 1), seed, None).unwrap();
    let mut progress = Progress::starting_at(Nanoseconds::from_nanos(5));
    let mut now = progress.started;
    let mut steps = Vec::new();
    loop {
        let step = schedule.next(now, &progress);
        steps.push(step);
        match step {
            Step::Issue { .. } => progress.issued += 1,
            Step::WaitUntil(time) => now = time,
            Step::WaitForCompletion => panic!("an open loop waits for nobody"),
            Step::Done => return steps,
        }
    }
}

#[test]
fn requests_are_issued_when_they_are_due_however_long_those_before_them_take() {
    for cost in [0, 1_000, 10 * SECOND] {
        let trace = issued("server:rate=200,arrivals=constant", SECOND, MANY, cost);
        let expected: Vec<u64> = (0..200).map(|place| 70 + place * 5_000_000).collect();
        assert_eq!(trace.scheduled, expected);
        assert_eq!(trace.issued, expected);
        assert_eq!(
            trace.ended,
            (70 + SECOND).max(expected[199] + cost),
            "it waits for its end"
        );
    }
}

#[test]
fn a_generator_that_is_held_up_issues_all_that_was_due_with_the_times_it_was_due_at() {
    let mut held_up = schedule(
        "server:rate=1000,arrivals=constant",
        limits(SECOND, MANY, 1),
    );
    let trace = run(
        &mut held_up,
        0,
        1,
        |request| if request == 0 { SECOND } else { 1 },
    );
    assert_eq!(trace.requests(), 1_000);
    let due = (0..1_000).map(|place| place * 1_000_000);
    assert!(
        trace.scheduled.iter().copied().eq(due),
        "coordinated omission leaves nothing out"
    );
    assert_eq!(trace.issued[1], SECOND);
}

#[test]
fn the_count_lies_within_what_a_poisson_process_allows() {
    for seed in 0..200 {
        let spec: ScenarioSpec = format!("server:rate=1000,seed={seed}").parse().unwrap();
        let mut schedule = spec
            .schedule(limits(SECOND, MANY, 1), Seed::default(), None)
            .unwrap();
        let requests = run(&mut schedule, 0, 1_000_000, |_| 1).requests() as f64;
        assert!(
            (requests - 1_000.0).abs() < 4.5 * 1_000_f64.sqrt(),
            "{seed}: {requests}"
        );
    }
}

#[test]
fn duration_minimum_and_maximum_bound_the_requests() {
    for rate in [1, 7, 100, 2_000] {
        for (min, max) in [(1, MANY), (50, MANY), (1, 20), (20, 20), (500, 600)] {
            let text = format!("server:rate={rate},arrivals=constant,min={min}");
            let trace = issued(&text, SECOND, max, 3);
            assert_eq!(
                trace.requests(),
                rate.max(min).min(max),
                "{rate} {min} {max}"
            );
            let drawn = issued(&format!("server:rate={rate},min={min}"), SECOND, max, 3);
            assert!(
                (min..=max).contains(&drawn.requests()),
                "{rate} {min} {max}"
            );
            assert!(drawn.scheduled.is_sorted());
        }
    }
}

#[test]
fn a_trace_is_issued_within_the_duration_and_ends_with_its_last_arrival() {
    let trace = Trace::parse("0\n0.2\n0.2\n0.7\n1.5\n", "a.txt").unwrap();
    let issued = |text: &str| {
        let spec: ScenarioSpec = text.parse().unwrap();
        let mut schedule = spec
            .schedule(limits(SECOND, MANY, 3), Seed::default(), Some(&trace))
            .unwrap();
        run(&mut schedule, 0, 100, |_| 1)
    };
    let within = issued("server:trace=a.txt");
    assert_eq!(
        within.scheduled,
        [0, SECOND / 5, SECOND / 5, 7 * SECOND / 10]
    );
    assert_eq!((within.samples, within.ended), (12, SECOND));
    let whole = issued("server:trace=a.txt,duration=1h");
    assert_eq!((whole.requests(), whole.ended), (5, 3 * SECOND / 2 + 1));
    let length = |text: &str| {
        let spec: ScenarioSpec = text.parse().unwrap();
        let schedule = spec.schedule(limits(SECOND, MANY, 3), Seed::default(), Some(&trace));
        schedule.unwrap().length().map(Nanoseconds::as_nanos)
    };
    assert_eq!(length("server:trace=a.txt"), Some(SECOND));
    assert_eq!(
        length("server:trace=a.txt,duration=1h"),
        Some(3 * SECOND / 2)
    );
    assert_eq!(length("server:trace=a.txt,min=5"), Some(3 * SECOND / 2));
    let asked = issued("server:trace=a.txt,min=5");
    assert_eq!(asked.requests(), 5, "a minimum that was asked for holds");
}

#[test]
fn a_trace_of_which_nothing_lies_within_the_duration_is_refused() {
    let trace = Trace::parse("1\n1.5\n", "a.txt").unwrap();
    let scheduled = |text: &str| {
        let spec: ScenarioSpec = text.parse().unwrap();
        spec.schedule(limits(SECOND, MANY, 1), Seed::default(), Some(&trace))
    };
    let refused = scheduled("server:trace=a.txt").unwrap_err().to_string();
    assert_eq!(
        refused,
        "scenario 'server:trace=a.txt' replays a trace whose first arrival is at 1.00 s, and its duration is 1.00 s: \
         give a longer duration="
    );
    assert!(scheduled("server:trace=a.txt,duration=1001ms").is_ok());
    assert!(scheduled("server:trace=a.txt,min=1").is_ok());
}

#[test]
fn it_lasts_until_its_duration_or_until_the_least_of_requests_are_due() {
    let nanos = |text: &str, max| {
        let length = schedule(text, limits(SECOND, max, 1)).length();
        length.map(Nanoseconds::as_nanos)
    };
    assert_eq!(nanos("server:rate=2000", MANY), Some(SECOND));
    let slow = "server:rate=0.1,arrivals=constant";
    assert_eq!(
        nanos(slow, MANY),
        Some(50 * SECOND),
        "the sixth is due then"
    );
    assert_eq!(nanos(slow, 3), Some(20 * SECOND));
    for text in ["server:rate=0.1", "server:rate=3,arrivals=bursty,min=40"] {
        let last = issued(text, SECOND, MANY, 1).scheduled.pop();
        let last = last.map(|due| due - 70);
        assert!(last > Some(2 * SECOND));
        assert_eq!(nanos(text, MANY), last, "{text}");
    }
    for text in ["single-stream", "offline", "closed:clients=2"] {
        assert_eq!(nanos(text, MANY), None, "{text}");
    }
}

#[test]
fn a_step_is_the_same_however_often_it_is_asked_for_and_wherever_one_woke_up_early() {
    let spec: ScenarioSpec = "server:rate=1000".parse().unwrap();
    let mut asked_twice = spec
        .schedule(limits(SECOND, MANY, 1), Seed::new(1, 2), None)
        .unwrap();
    let mut progress = Progress::starting_at(Nanoseconds::ZERO);
    let mut now = Nanoseconds::ZERO;
    let mut times = Vec::new();
    while progress.issued < 100 {
        let step = asked_twice.next(now, &progress);
        assert_eq!(asked_twice.next(now, &progress), step);
        match step {
            Step::WaitUntil(time) => {
                now = Nanoseconds::from_nanos((now.as_nanos() + time.as_nanos()).div_ceil(2))
            }
            Step::Issue { scheduled, .. } => {
                times.push(scheduled);
                progress.issued += 1;
            }
            step => panic!("{step:?}"),
        }
    }
    let plain = issued_times("server:rate=1000", Seed::new(1, 2));
    assert_eq!(times, plain[..100]);
}

fn issued_times(text: &str, seed: Seed) -> Vec<Nanoseconds> {
    let spec: ScenarioSpec = text.parse().unwrap();
    let mut schedule: CellSchedule = spec.schedule(limits(SECOND, MANY, 1), seed, None).unwrap();
    let far = Nanoseconds::from_secs(10);
    let mut progress = Progress::starting_at(Nanoseconds::ZERO);
    let mut times = Vec::new();
    while let Step::Issue { scheduled, .. } = schedule.next(far, &progress) {
        times.push(scheduled);
        progress.issued += 1;
    }
    times
}

#[test]
fn the_same_seed_gives_the_same_steps_and_another_one_others() {
    for text in [
        "server:rate=500",
        "server:rate=500,arrivals=bursty,on=20ms,off=30ms",
    ] {
        assert_eq!(steps(text, Seed::new(3, 0)), steps(text, Seed::new(3, 0)));
        assert_ne!(steps(text, Seed::new(3, 0)), steps(text, Seed::new(4, 0)));
        assert_ne!(steps(text, Seed::new(3, 0)), steps(text, Seed::new(3, 1)));
        let own = format!("{text},seed=3");
        assert_eq!(steps(&own, Seed::new(4, 0)), steps(text, Seed::new(3, 0)));
    }
}
