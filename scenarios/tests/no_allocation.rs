//! No schedule allocates when it is asked for its next step.

use tare_scenarios::{CellSchedule, Limits, Progress, ScenarioSpec, Schedule, Seed, Step, Trace};
use tare_units::Nanoseconds;

const REQUESTS: u64 = 20_000;

fn schedule(text: &str) -> CellSchedule {
    let spec: ScenarioSpec = text.parse().unwrap();
    let batch = spec.fixed_batch().unwrap_or(1);
    let limits = Limits {
        duration: Nanoseconds::from_secs(3_600),
        max_requests: REQUESTS,
        batch,
    };
    let lines: String = (0..REQUESTS)
        .map(|place| format!("{}\n", place as f64 * 1e-4))
        .collect();
    let trace = Trace::parse(&lines, "a.txt").unwrap();
    spec.schedule(limits, Seed::new(1, 0), Some(&trace))
        .unwrap()
}

/// Requests take 2 ms each, in the order in which they were issued.
fn issued(schedule: &mut CellSchedule) -> u64 {
    let mut progress = Progress::starting_at(Nanoseconds::ZERO);
    let mut now = Nanoseconds::ZERO;
    loop {
        match schedule.next(now, &progress) {
            Step::Issue { .. } => progress.issued += 1,
            Step::WaitUntil(time) if progress.in_flight() == 0 => now = time,
            Step::WaitUntil(_) | Step::WaitForCompletion => {
                now = now + Nanoseconds::from_millis(2);
                (progress.completed, progress.ended) = (progress.completed + 1, now);
            }
            Step::Done => return progress.issued,
        }
    }
}

#[test]
fn the_next_step_never_allocates() {
    for text in [
        "single-stream",
        "random-batch:mean=128",
        "offline",
        "server:rate=10000",
        "server:rate=10000,arrivals=constant",
        "server:rate=10000,arrivals=bursty",
        "server:trace=a.txt",
        "closed:clients=50,think=exp:5ms",
        "closed:clients=7",
    ] {
        let mut schedule = schedule(text);
        let mut requests = 0;
        let counted = allocation_counter::measure(|| requests = issued(&mut schedule));
        assert_eq!(requests, REQUESTS, "{text}");
        assert_eq!(counted.count_total, 0, "{text}");
    }
}

#[test]
fn an_allocation_would_be_seen() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8])));
    assert_eq!(counted.count_total, 1);
}
