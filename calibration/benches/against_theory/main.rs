//! What calibrating takes, the share of the documented operations a cycle that it reaches, and its bandwidth over that of STREAM's four loops.
//!
//! Ends with a verdict for each criterion and fails where one is missed. On a machine that others use, too, the shares are lower bounds and the ratios scatter; the spread stands beside each, and where STREAM's own passes scatter, a ratio is no more than unclear.

mod stream;
mod sys;
mod verdict;

use std::path::Path;
use std::process::ExitCode;

use tare_calibration::{
    Need, Options, Precision, ProbeRequest, Target, allowed_cpus, answer, calibrate, needed,
    parse_answer, render,
};
use tare_clock::{Clock, MonotonicClock, utc_now};
use tare_results::Peaks;
use tare_units::{Bytes, Nanoseconds};
use verdict::Verdict;

/// Of the documented operations a cycle, at the least.
const SHARE: [f64; 2] = [0.95, f64::INFINITY];
/// For everything, and for what one run lacks.
const TIMES: [Nanoseconds; 2] = [Nanoseconds::from_secs(60), Nanoseconds::from_secs(5)];

fn main() -> ExitCode {
    let target = target();
    let (peaks, took) = everything(&target);
    print!("{}", render(&peaks));
    let mut verdicts = vec![within("everything", took, TIMES[0])];
    verdicts.extend(shares(&peaks));
    verdicts.extend(one_run(&target));
    probes(&target);
    verdicts.extend(stream::compare(&target.cpus));
    println!("\nverdicts");
    verdicts.iter().for_each(|verdict| println!("  {verdict}"));
    match verdicts.iter().any(Verdict::is_missed) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

fn within(what: &str, took: Nanoseconds, most: Nanoseconds) -> Verdict {
    let seconds = took.as_secs_f64();
    Verdict::new(format!("{what}, in s"), seconds, [0.0, most.as_secs_f64()])
}

fn target() -> Target {
    let machine = tare_hardware::machine(Path::new("/"));
    let available = tare_hardware::available_memory(Path::new("/"));
    Target::of(&machine, available.ok(), allowed_cpus())
}

fn everything(target: &Target) -> (Peaks, Nanoseconds) {
    let options = Options::everything(target.clone(), utc_now());
    let (start, mut first) = (MonotonicClock.now(), None);
    let peaks = calibrate(&options, &MonotonicClock, &mut |progress| {
        first.get_or_insert(progress.left);
    });
    let took = MonotonicClock.now() - start;
    let foreseen = first.map_or("nothing".to_owned(), |left| left.to_string());
    println!("everything: {took} (60 s at most; foreseen at the first step: {foreseen})\n");
    (peaks, took)
}

/// Of each kernel on registers of which a figure is documented.
fn shares(peaks: &Peaks) -> Vec<Verdict> {
    let kernels = peaks.compute.iter().flat_map(|peak| &peak.kernels);
    let known = kernels.filter_map(|kernel| Some((kernel, kernel.share?)));
    let share = |kernel: &str| format!("{kernel}: share of the documented operations a cycle");
    known
        .map(|(kernel, found)| Verdict::new(share(&kernel.kernel), found, SHARE))
        .collect()
}

fn one_run(target: &Target) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    println!("\nwhat one run lacks (5 s at most)");
    for mib in [0, 1, 64, 4_096] {
        let need = Need {
            precision: Precision::Fp32,
            threads: target.cpus.len() as u64,
            processors: target.cpus.len() as u64,
            working_set: Bytes::from_bytes(mib << 20 | 16 << 10),
        };
        let start = MonotonicClock.now();
        let peaks = needed(None, &[need], target, "now", &MonotonicClock, &mut |_| {});
        let took = MonotonicClock.now() - start;
        let levels: Vec<&str> = peaks
            .bandwidth
            .iter()
            .map(|peak| peak.level.as_str())
            .collect();
        println!(
            "  {:>9}: {took}, {}",
            need.working_set.to_string(),
            levels.join(" ")
        );
        let what = format!("what a run of {} lacks", need.working_set);
        verdicts.push(within(&what, took, TIMES[1]));
    }
    verdicts
}

fn probes(target: &Target) {
    println!("\nprobe (about 50 ms)");
    for precision in Precision::ALL {
        for threads in [1, target.cpus.len() as u64] {
            let request = ProbeRequest {
                precision,
                threads,
                cpus: target.cpus.clone(),
            };
            let start = MonotonicClock.now();
            let line = answer(&request, &MonotonicClock);
            let took = MonotonicClock.now() - start;
            match parse_answer(&line) {
                Ok(reading) => println!(
                    "  {precision} × {threads}: {took}, {}, {}",
                    reading.flops_per_s, reading.bytes_per_s
                ),
                Err(error) => println!("  {precision} × {threads}: {error}"),
            }
        }
    }
}
