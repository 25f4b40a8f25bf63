//! What calibrating takes, the share of the documented operations a cycle that it reaches, and its bandwidth over that of STREAM's four loops.
//!
//! On a machine that others use, too, the shares are lower bounds and the ratios scatter; the spread stands beside each.

mod stream;
mod sys;

use std::path::Path;

use tare_calibration::{
    Need, Options, Precision, ProbeRequest, Target, allowed_cpus, answer, calibrate, needed,
    parse_answer, render,
};
use tare_clock::{Clock, MonotonicClock, utc_now};
use tare_results::Peaks;
use tare_units::Bytes;

const GOAL: f64 = 0.95;

fn main() {
    let target = target();
    let peaks = everything(&target);
    print!("{}", render(&peaks));
    shares(&peaks);
    one_run(&target);
    probes(&target);
    stream::compare(&target.cpus);
}

fn target() -> Target {
    let machine = tare_hardware::machine(Path::new("/"));
    let available = tare_hardware::available_memory(Path::new("/"));
    Target::of(&machine, available.ok(), allowed_cpus())
}

fn everything(target: &Target) -> Peaks {
    let options = Options::everything(target.clone(), utc_now());
    let (start, mut first) = (MonotonicClock.now(), None);
    let peaks = calibrate(&options, &MonotonicClock, &mut |progress| {
        first.get_or_insert(progress.left);
    });
    let took = MonotonicClock.now() - start;
    let foreseen = first.map_or("nothing".to_owned(), |left| left.to_string());
    println!("everything: {took} (60 s at most; foreseen at the first step: {foreseen})\n");
    peaks
}

fn shares(peaks: &Peaks) {
    println!("\nshare of the documented operations a cycle (goal {GOAL})");
    let kernels = peaks.compute.iter().flat_map(|peak| &peak.kernels);
    for kernel in kernels {
        if let Some(share) = kernel.share {
            let word = if share >= GOAL { "reached" } else { "missed" };
            println!("  {:<16} {:.3} {word}", kernel.kernel, share);
        }
    }
}

fn one_run(target: &Target) {
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
    }
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
