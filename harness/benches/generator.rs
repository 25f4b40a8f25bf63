//! How exact the load generator is, beside MLPerf LoadGen: requests a second, skew, hand-over, memory.
//!
//! `cargo bench -p tare-harness --bench generator -- [SECONDS]`: so long for each skew, 10 where nothing is said.

#[path = "../tests/queue/mod.rs"]
mod queue;
#[path = "../tests/sessions/mod.rs"]
mod sessions;

use std::sync::Arc;

use queue::{constant, poisson};
use sessions::{Acting, engine, hand_overs, no_inputs, setup};
use tare_clock::{Clock, MonotonicClock, Pacer, ThreadCpuClock};
use tare_harness::serve::slots::Slots;
use tare_harness::serve::{Served, Setup};
use tare_harness::{Pool, SampleBuffer, drive};
use tare_results::samples::Sample;
use tare_scenarios::{CellSchedule, Limits, ScenarioSpec};
use tare_statistics::{Percentile, nearest_rank};
use tare_units::Nanoseconds;

const MILLION: u64 = 1_000_000;
/// Requests a second of the skews.
const RATE: u64 = 1_000;

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let seconds: u64 = numbers.next().unwrap_or(10);
    println!("LoadGen: MLPerf LoadGen 6.0, measured on a machine of the same kind");
    closed_loop();
    open_loop();
    hand_over();
    wake_up_lag("default timer slack", seconds, false);
    let lag = wake_up_lag("timer slack of 1 ns", seconds, true);
    let distance = 1e9 / RATE as f64;
    skew("constant", constant(distance, RATE * seconds), &lag);
    println!("    LoadGen: p50 66.7 µs, p99 3.6 ms; with real-time priority 13.7 µs and 982 µs");
    skew("Poisson", poisson(distance, RATE * seconds, 1), &lag);
    println!(
        "memory of a request: {} B (LoadGen: 328 B, 639 B with its trace)",
        size_of::<Sample>()
    );
}

/// So many requests of a scenario that has one in flight.
fn alone(scenario: &str, max_requests: u64) -> CellSchedule {
    let spec: ScenarioSpec = scenario.parse().expect("a scenario");
    let limits = Limits {
        duration: Nanoseconds::from_secs(3_600),
        max_requests,
        batch: 1,
    };
    let schedule = spec.schedule(limits, Default::default(), None);
    schedule.expect("fits")
}

/// One thread that issues a request as soon as the one before is done.
fn closed_loop() {
    let mut schedule = alone("single-stream", MILLION);
    let loaded = Acting::new(|_, _| Ok(()));
    let mut session = tare_adapter_api::Loaded::session(&*loaded).expect("a session");
    let mut buffer = SampleBuffer::with_capacity(MILLION as usize);
    let pool = Pool::of_one_batch(vec![Vec::new()]);
    let clock = MonotonicClock;
    let driven = drive(
        &mut *session,
        &pool,
        &mut schedule,
        &clock,
        None,
        &mut buffer,
    );
    let rate = MILLION as f64 / (driven.ended - driven.started).as_secs_f64();
    println!(
        "closed loop, one thread: {:.2} M requests/s (LoadGen: 0.516 M with real-time priority, 0.218 M without)",
        rate / 1e6
    );
}

/// A thread that issues what is long due, and another that serves.
fn open_loop() {
    let (served, samples) = serve(poisson(1.0, MILLION, 1), MILLION as usize);
    let rate = MILLION as f64 / (served.issued.until - served.issued.started).as_secs_f64();
    let done = samples.iter().filter(|one| one.latency().is_some()).count();
    println!(
        "open loop, one thread: {:.2} M requests/s issued, {:.1}% done (LoadGen: 0.595 M)",
        rate / 1e6,
        100.0 * done as f64 / samples.len() as f64
    );
}

fn serve(mut schedule: CellSchedule, queue: usize) -> (Served, Vec<Sample>) {
    let loaded = Acting::new(|_, _| Ok(()));
    let spinning = Setup {
        spins: std::thread::available_parallelism().is_ok_and(|count| count.get() > 1),
        ..setup(1, queue)
    };
    let mut engine = engine(&loaded, no_inputs(), spinning);
    let slots = Arc::new(Slots::with_capacity(MILLION as usize));
    let until = MonotonicClock.now() + Nanoseconds::from_secs(600);
    let served = engine.serve(&mut schedule, Arc::clone(&slots), until);
    let (samples, _) = slots.to_samples(served.issued.due as usize);
    (served, samples)
}

/// From the end of a request to the issue of its client's next one, and from issue to the end of a request of no work.
fn hand_over() {
    let (_, samples) = serve(alone("closed:clients=1", 200_000), 16);
    let (back, there) = hand_overs(&samples);
    print("hand-over of a completion to the generator", back);
    print(
        "hand-over of a request to a server, until it is done",
        there,
    );
}

/// How late the kernel wakes a thread that asks for times 1 ms apart, in words.
fn wake_up_lag(name: &str, seconds: u64, tight: bool) -> String {
    let clock = MonotonicClock;
    let _tight = tight.then(|| Pacer::new(&clock));
    let started = clock.now();
    let lag = |place: u64| {
        let due = started + Nanoseconds::from_nanos(place * 1_000_000_000 / RATE);
        clock.wait_until(due);
        clock.now() - due
    };
    let lags = told((1..=RATE * seconds).map(lag).collect());
    println!("bare clock_nanosleep, {name}: wake-up lag: {lags}");
    lags
}

/// Beside what a thread that only sleeps would be late by, `lag`.
fn skew(name: &str, schedule: CellSchedule, lag: &str) {
    let cpu = ThreadCpuClock.now();
    let (served, samples) = serve(schedule, 1_024);
    let cpu = (ThreadCpuClock.now() - cpu).as_secs_f64();
    let wall = (served.issued.until - served.issued.started).as_secs_f64();
    let skews = samples
        .iter()
        .map(|one| Nanoseconds::from_nanos(u64::from(one.skew)));
    print(&format!("skew at {RATE}/s, {name}"), skews.collect());
    println!("    at {:.1}% of a core", 100.0 * cpu / wall);
    println!("    a bare clock_nanosleep here: {lag}");
}

fn print(what: &str, times: Vec<Nanoseconds>) {
    println!("{what}: {}", told(times));
}

fn told(mut times: Vec<Nanoseconds>) -> String {
    times.sort_unstable();
    let at = |percentile| nearest_rank(&times, percentile).unwrap_or_default();
    format!(
        "p50 {}, p99 {}, max {}",
        at(Percentile::P50),
        at(Percentile::P99),
        times.last().copied().unwrap_or_default()
    )
}
