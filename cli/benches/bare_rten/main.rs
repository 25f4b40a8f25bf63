//! Whether latency through tare with rten is within 1% of the same model run by a bare rten loop, both in one process.
//!
//! Run by `cargo bench -p tare --bench bare_rten`. Blocks of requests alternate in an order drawn by coin flips. Where weights happen to lie in memory changes a
//! model's speed, so both sides are loaded afresh many times, and a load is what the intervals count as a repeat.
//! Fails where the 95% interval of the ratio of CPU times reaches above 1.01; the wall clock stands beside it.

mod bare;
mod coin;
mod through;

use std::process::ExitCode;

use anyhow::{Context, Result};
use tare_clock::{Clock, MonotonicClock, ThreadCpuClock};
use tare_harness::plan::Work;
use tare_models::Tensor;
use tare_statistics::{MeanInterval, mean_interval};

use bare::Bare;
use coin::Coin;
use through::Through;

const LIMIT: f64 = 1.01;
const LOADS: usize = 32;
const BLOCKS: usize = 6;
const WARM_UP: usize = 2;

/// A model, and the requests of a block.
struct Subject {
    model: &'static str,
    seq: usize,
    requests: usize,
    /// Whether its interval must lie within the limit; for the others it is enough not to lie above.
    decides: bool,
}

/// One model with work enough to hide behind, and one where every microsecond shows.
const SUBJECTS: [Subject; 2] = [
    Subject {
        model: "minilm-l6",
        seq: 128,
        requests: 2,
        decides: true,
    },
    Subject {
        model: "bert-tiny",
        seq: 32,
        requests: 51,
        decides: false,
    },
];

fn main() -> Result<ExitCode> {
    // Only `cargo bench` says so; `cargo test --benches` just starts it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let mut coin = Coin::new(1);
    let mut code = ExitCode::SUCCESS;
    println!(
        "tare over bare rten: ratio of median latencies [95% interval], {LOADS} loads x {BLOCKS} blocks a side"
    );
    for subject in &SUBJECTS {
        let folder = tempfile::tempdir()?;
        let work = through::work(subject.model, subject.seq, folder.path())?;
        let ratios = compare(&work, subject.requests, &mut coin)?;
        let [cpu, wall] = &ratios;
        println!(
            "{} seq={}, blocks of {} requests",
            subject.model, subject.seq, subject.requests
        );
        println!("  by CPU time {}", shown(cpu));
        println!("  by wall     {}", shown(wall));
        println!("  {}", verdict(cpu));
        if cpu.low.exp() > LIMIT || (subject.decides && cpu.high.exp() > LIMIT) {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Where the interval of a ratio lies.
fn verdict(ratio: &MeanInterval) -> String {
    match (ratio.low.exp() > LIMIT, ratio.high.exp() > LIMIT) {
        (true, _) => format!("above {LIMIT}"),
        (false, true) => format!("undecided: the interval spans {LIMIT}"),
        (false, false) => format!("within {LIMIT}"),
    }
}

/// The logarithms of the ratios of medians, by CPU time and by wall.
fn compare(work: &Work, requests: usize, coin: &mut Coin) -> Result<[MeanInterval; 2]> {
    let inputs: Vec<Vec<Tensor>> = (0..16).map(|index| work.inputs.generate(index)).collect();
    let [mut cpu, mut wall] = [Vec::new(), Vec::new()];
    for _ in 0..LOADS {
        let bare_first = coin.flip();
        let first = bare_first.then(|| Bare::load(work, &inputs)).transpose()?;
        let loaded = through::load(work)?;
        let bare = first.map_or_else(|| Bare::load(work, &inputs), Ok)?;
        let mut through = Through::new(loaded.as_ref(), work, &inputs)?;
        pairs(
            &bare,
            &mut through,
            WARM_UP,
            requests,
            &MonotonicClock,
            coin,
        )?;
        cpu.push(pairs(
            &bare,
            &mut through,
            BLOCKS,
            requests,
            &ThreadCpuClock,
            coin,
        )?);
        wall.push(pairs(
            &bare,
            &mut through,
            BLOCKS,
            requests,
            &MonotonicClock,
            coin,
        )?);
    }
    let interval = |ratios: &[f64]| mean_interval(ratios).context("two loads or more");
    Ok([interval(&cpu)?, interval(&wall)?])
}

/// The logarithm of the ratio of the medians over the requests of `blocks` pairs of blocks.
fn pairs(
    bare: &Bare,
    through: &mut Through<'_>,
    blocks: usize,
    requests: usize,
    clock: &impl Clock,
    coin: &mut Coin,
) -> Result<f64> {
    let [mut tare, mut rten] = [Vec::new(), Vec::new()];
    for _ in 0..blocks {
        let is_bare_first = coin.flip();
        if is_bare_first {
            rten.extend(bare.block(requests, clock)?);
        }
        tare.extend(through.block(requests, clock)?);
        if !is_bare_first {
            rten.extend(bare.block(requests, clock)?);
        }
    }
    Ok((median(tare) / median(rten)).ln())
}

fn median(mut nanos: Vec<u64>) -> f64 {
    nanos.sort_unstable();
    let middle = nanos.len() / 2;
    (nanos[middle] + nanos[(nanos.len() - 1) / 2]) as f64 / 2.0
}

fn shown(logarithm: &MeanInterval) -> String {
    let [mean, low, high] = [logarithm.mean, logarithm.low, logarithm.high].map(f64::exp);
    format!("{mean:.4} [{low:.4}, {high:.4}]")
}
