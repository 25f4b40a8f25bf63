//! STREAM's four loops as the compiler makes them (McCalpin, "Memory Bandwidth and Machine Balance in Current High Performance Computers", 1995), in turns with the crate's own.

use std::hint::black_box;
use std::sync::Barrier;

use tare_calibration::WorkingSet;
use tare_clock::{Clock, MonotonicClock};
use tare_units::{BytesPerSecond, Nanoseconds, Rate};

use crate::sys::Stream;
use crate::verdict::Verdict;

/// The crate's triad over STREAM's.
const RATIO: [f64; 2] = [0.95, 1.05];

/// Behind every cache: three arrays of 320 MB, all threads together.
const BYTES: usize = 960_000_000;
const PASSES: usize = 12;
const NAMES: [&str; 6] = [
    "read",
    "triad",
    "STREAM copy",
    "STREAM scale",
    "STREAM add",
    "STREAM triad",
];

/// Start, end and bytes of one loop.
type Lap = (Nanoseconds, Nanoseconds, usize);

/// Prints the best rate of each loop; judges the median over the passes of the crate's triad over STREAM's, both of which
/// a pass measured one after the other.
pub fn compare(cpus: &[usize]) -> Vec<Verdict> {
    let mut counts = vec![1, cpus.len()];
    counts.dedup();
    let mut verdicts = Vec::new();
    for threads in counts {
        let rates = rates(threads, cpus);
        println!("\nbandwidth behind the caches, {threads} threads, best of {PASSES}");
        for (name, rates) in NAMES.iter().zip(&rates) {
            let best = rates.iter().copied().fold(0.0, f64::max);
            println!("  {name:<12} {}", BytesPerSecond::from_per_s(best));
        }
        let mut ratios: Vec<f64> = rates[1].iter().zip(&rates[5]).map(|(a, b)| a / b).collect();
        ratios.sort_by(f64::total_cmp);
        let best = |rates: &[f64]| rates.iter().copied().fold(0.0, f64::max);
        println!(
            "  triad over STREAM's (goal 0.95 to 1.05): best {:.3}; by pass {:.3}, from {:.3} to {:.3}",
            best(&rates[1]) / best(&rates[5]),
            ratios[PASSES / 2],
            ratios[0],
            ratios[PASSES - 1]
        );
        let what = format!("triad over STREAM's, {threads} threads");
        let verdict = Verdict::new(what, ratios[PASSES / 2], RATIO);
        verdicts.push(verdict.unless(is_noisy(&rates[5])));
    }
    verdicts
}

/// Whether the middle half of STREAM's own passes lies further apart than the ratio may be off.
fn is_noisy(rates: &[f64]) -> bool {
    let mut rates = rates.to_vec();
    rates.sort_by(f64::total_cmp);
    let [low, middle, high] = [1, 2, 3].map(|quarter| rates[quarter * (PASSES - 1) / 4]);
    high - low > 0.05 * middle
}

/// By loop, then pass.
fn rates(threads: usize, cpus: &[usize]) -> Vec<Vec<f64>> {
    let barrier = Barrier::new(threads);
    let members: Vec<Vec<Lap>> = std::thread::scope(|scope| {
        let spawn = |index: usize| {
            let barrier = &barrier;
            let cpu = cpus[index];
            scope.spawn(move || member(threads, cpu, barrier))
        };
        let started: Vec<_> = (0..threads).map(spawn).collect();
        started
            .into_iter()
            .map(|one| one.join().expect("a thread that ends"))
            .collect()
    });
    let mut rates = vec![Vec::new(); NAMES.len()];
    for index in 0..PASSES * NAMES.len() {
        let laps: Vec<Lap> = members.iter().map(|member| member[index]).collect();
        let start = laps.iter().map(|lap| lap.0).min().expect("a thread");
        let end = laps.iter().map(|lap| lap.1).max().expect("a thread");
        let bytes: usize = laps.iter().map(|lap| lap.2).sum();
        rates[index % NAMES.len()].push(bytes as f64 / (end - start).as_secs_f64());
    }
    rates
}

fn member(threads: usize, cpu: usize, barrier: &Barrier) -> Vec<Lap> {
    tare_calibration::pin_to(cpu).expect("a processor of its own");
    let mut own = WorkingSet::of((BYTES / threads) as u64);
    let mut stream = Stream::of(BYTES / threads);
    let mut laps = Vec::new();
    for _ in 0..PASSES {
        for which in 0..NAMES.len() {
            barrier.wait();
            let start = MonotonicClock.now();
            let bytes = pass(which, &mut own, &mut stream);
            laps.push((start, MonotonicClock.now(), bytes));
        }
    }
    laps
}

fn pass(which: usize, own: &mut WorkingSet, stream: &mut Stream) -> usize {
    let s = black_box(3.0);
    match which {
        0 => {
            black_box(own.read());
            own.bytes() as usize
        }
        1 => {
            own.triad();
            own.bytes() as usize
        }
        _ => stream.pass(which - 2, s),
    }
}
