//! Clients issue, wait and think, one request each at a time.

use tare_units::Nanoseconds;

use crate::simulation::{limits, run, schedule};
use crate::{Progress, Schedule, Step};

const SECOND: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;
const MANY: u64 = 1_000_000;

fn issued(
    text: &str,
    duration: u64,
    room: usize,
    cost: impl Fn(u64) -> u64,
) -> crate::simulation::Trace {
    run(
        &mut schedule(text, limits(duration, MANY, 1)),
        30,
        room,
        cost,
    )
}

#[test]
fn one_client_that_does_not_think_is_a_single_stream() {
    let client = issued("closed:clients=1", SECOND, 9, |_| 7 * MS);
    let stream = issued("single-stream", SECOND, 9, |_| 7 * MS);
    assert_eq!(client, stream);
    assert_eq!(client.requests(), 143);
}

#[test]
fn each_client_has_one_request_in_flight_and_thinks_after_it() {
    let trace = issued("closed:clients=3,think=30ms", SECOND, 9, |_| 10 * MS);
    assert_eq!(
        trace.scheduled[..6],
        [0, 10, 20, 40, 50, 60].map(|ms| 30 + ms * MS)
    );
    assert_eq!(trace.issued, trace.scheduled);
    assert_eq!(trace.most_in_flight, 1, "one ends as the next begins");
    assert_eq!(trace.requests(), 75, "3 clients every 40 ms");
}

#[test]
fn no_more_requests_are_in_flight_than_there_are_clients() {
    for clients in [1, 2, 5, 40] {
        let text = format!("closed:clients={clients},think=exp:5ms");
        let trace = issued(&text, SECOND, 1_000, |request| (1 + request % 13) * MS);
        assert!(trace.most_in_flight <= clients);
        assert!(trace.scheduled.is_sorted() || clients > 1);
        let cycle = 7.0 + 5.0;
        let expected = clients as f64 * 1e3 / cycle;
        let requests = trace.requests() as f64;
        assert!(
            (requests - expected).abs() < 5.0 * expected.sqrt(),
            "{clients}: {requests}"
        );
    }
}

#[test]
fn requests_wait_for_room_with_the_time_they_were_due_at() {
    let trace = issued("closed:clients=4", SECOND, 1, |_| 100 * MS);
    assert_eq!(trace.scheduled[..5], [30, 30, 30, 30, 30 + 100 * MS]);
    assert_eq!(
        trace.issued[..5],
        [0, 100, 200, 300, 400].map(|ms| 30 + ms * MS)
    );
}

#[test]
fn duration_minimum_and_maximum_bound_the_requests() {
    let bounded = |text: &str, max| {
        let mut schedule = schedule(text, limits(100 * MS, max, 1));
        run(&mut schedule, 0, 100, |_| 9 * MS)
    };
    assert_eq!(bounded("closed:clients=2,think=1ms", MANY).requests(), 20);
    assert_eq!(
        bounded("closed:clients=2,think=1ms,min=33", MANY).requests(),
        33
    );
    assert_eq!(bounded("closed:clients=2,think=1ms", 7).requests(), 7);
    let late = bounded("closed:clients=2,think=1h,min=1", MANY);
    assert_eq!(
        (late.requests(), late.ended),
        (1, 100 * MS),
        "the end is not slept through"
    );
}

#[test]
fn think_times_have_their_mean_and_come_from_the_seed() {
    let think = |seed: u64| {
        let text = format!("closed:clients=1,think=exp:10ms,seed={seed}");
        issued(&text, 200 * SECOND, 1, |_| MS).issued
    };
    let times = think(5);
    let gaps = times.windows(2).map(|pair| (pair[1] - pair[0] - MS) as f64);
    let mean = gaps.sum::<f64>() / (times.len() - 1) as f64 / MS as f64;
    assert!(
        (mean - 10.0).abs() < 4.0 * 10.0 / (times.len() as f64).sqrt(),
        "{mean}"
    );
    assert_eq!(times, think(5));
    assert_ne!(times[..5], think(6)[..5]);
}

#[test]
fn a_request_that_ends_at_once_lets_its_client_think_anew() {
    let trace = issued("closed:clients=2,think=20ms", SECOND, 9, |_| 0);
    assert_eq!(trace.requests(), 100, "2 clients every 20 ms");
}

/// Two requests of two clients ended at 700 and 900, which is heard of at 5,000.
#[test]
fn a_client_thinks_from_the_end_of_its_request_however_late_that_is_heard_of() {
    let ns = Nanoseconds::from_nanos;
    let mut clients = schedule("closed:clients=2,think=100ns", limits(SECOND, MANY, 1));
    let issue = |scheduled| Step::Issue {
        scheduled: ns(scheduled),
        samples: 1,
    };
    let mut progress = Progress::starting_at(ns(30));
    assert_eq!(clients.next(ns(90), &progress), issue(30));
    progress.issued = 1;
    assert_eq!(clients.next(ns(90), &progress), issue(80));
    progress.issued = 2;
    assert_eq!(clients.next(ns(90), &progress), Step::WaitForCompletion);
    (progress.completed, progress.ended) = (1, ns(900));
    assert_eq!(clients.next(ns(5_000), &progress), issue(1_000));
    (progress.completed, progress.ended) = (2, ns(700));
    assert_eq!(clients.next(ns(5_000), &progress), issue(800));
    progress.issued = 3;
    assert_eq!(clients.next(ns(5_000), &progress), issue(1_000));
}
