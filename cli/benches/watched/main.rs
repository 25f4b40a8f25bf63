//! Whether watching a worker changes its latency: the median with every probe and check over that with none.
//!
//! Run by `cargo bench -p tare --bench watched`, `-- N` for another number of pairs, `-- MODEL` for one of the two models
//! only. Pairs of runs of one repeat follow each other, which first by coin flip; a pair is what the interval counts. Their
//! number is fixed beforehand. The ratio is Hodges and Lehmann's estimate over the pairs with the interval of their signed
//! ranks, so that a burst of other work in one run weighs no more than any other pair; the mean's interval stands beside it.
//! Both are equivalent where the 90% interval of the ratio lies within 0.5% of 1; anything else fails. An external meter is among what is read, so that the cost of reading joules is there on every machine: this
//! program, which as `-- meter` prints a made-up power ten times a second.

#[path = "../bare_rten/coin.rs"]
mod coin;

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tare_gate::{Estimate, estimate};
use tare_statistics::mean_interval_at;

use coin::Coin;

const MARGIN: f64 = 0.005;
const LEVEL: f64 = 0.90;
const PAIRS: usize = 80;
const MODELS: [&str; 2] = ["bert-tiny", "minilm-l6"];

fn main() -> Result<ExitCode> {
    // Only `cargo bench` says so; `cargo test --benches` just starts it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    if std::env::args().any(|argument| argument == "meter") {
        return meter();
    }
    let pairs = std::env::args().find_map(|argument| argument.parse().ok());
    let pairs: usize = pairs.unwrap_or(PAIRS);
    let mut coin = Coin::new(1);
    let mut code = ExitCode::SUCCESS;
    println!("watched over unwatched: ratio of median latencies [90% interval], rten, one thread");
    let named = |model: &&str| std::env::args().any(|argument| argument == **model);
    let chosen: Vec<&str> = MODELS
        .iter()
        .copied()
        .filter(|model| named(model))
        .collect();
    let models = if chosen.is_empty() {
        MODELS.to_vec()
    } else {
        chosen
    };
    for model in models {
        let folder = tempfile::tempdir()?;
        let ratios = compare(model, folder.path(), pairs, &mut coin)?;
        let ratio = estimate(&ratios, LEVEL).context("there is a pair")?;
        let mean = mean_interval_at(&ratios, LEVEL).context("an interval needs two pairs")?;
        println!(
            "{model}: {}, {pairs} pairs: {}; by the mean {}",
            shown(ratio.value, ratio.low, ratio.high),
            verdict(&ratio),
            shown(mean.mean, Some(mean.low), Some(mean.high))
        );
        if !is_equivalent(&ratio) {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Says what an external meter says, until nobody listens.
fn meter() -> Result<ExitCode> {
    let mut output = std::io::stdout();
    loop {
        let uptime = std::fs::read_to_string("/proc/uptime").context("Linux tells its uptime")?;
        let now = uptime.split(' ').next().context("the uptime is a number")?;
        if writeln!(output, "{now} 50 W")
            .and_then(|()| output.flush())
            .is_err()
        {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn compare(model: &str, folder: &Path, pairs: usize, coin: &mut Coin) -> Result<Vec<f64>> {
    median(model, folder, true)?;
    let mut ratios = Vec::new();
    for _ in 0..pairs {
        let watched_first = coin.flip();
        let first = median(model, folder, watched_first)?;
        let second = median(model, folder, !watched_first)?;
        let ratio = match watched_first {
            true => first / second,
            false => second / first,
        };
        ratios.push(ratio.ln());
    }
    Ok(ratios)
}

/// The median latency of one repeat, in nanoseconds.
fn median(model: &str, folder: &Path, is_watched: bool) -> Result<f64> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tare"));
    command
        .args(["run", "--model", model, "--adapter", "rten"])
        .args(["--shape", "seq=32", "--batch", "1", "--repeats", "1"])
        .args(["--reference", "none", "--no-tax", "--format", "json"])
        .env("TARE_STORE", folder.join("store"));
    match is_watched {
        true => {
            let own = std::env::current_exe().context("this program has a path")?;
            let meter = format!("exec '{}' --bench meter", own.display());
            command.args(["--meter", &meter, "--energy-bound", "off"])
        }
        false => command.args(["--no-probes", "--no-checks"]),
    };
    let output = command.output().context("the binary starts")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{model}: {text}");
    let summaries: Value = serde_json::from_slice(&output.stdout)?;
    let p50 = summaries[0]["latency"]["p50"]["value_ns"].as_f64();
    p50.with_context(|| format!("{model}: no median: {text}"))
}

fn is_equivalent(ratio: &Estimate) -> bool {
    let within = |end: Option<f64>| end.is_some_and(|end| (end.exp() - 1.0).abs() <= MARGIN);
    within(ratio.low) && within(ratio.high)
}

fn verdict(ratio: &Estimate) -> &'static str {
    let is_above = |end: Option<f64>| end.is_some_and(|end| end.exp() > 1.0 + MARGIN);
    let is_below = |end: Option<f64>| end.is_some_and(|end| end.exp() < 1.0 - MARGIN);
    match is_equivalent(ratio) {
        true => "equivalent within 0.5%",
        false if is_above(ratio.low) || is_below(ratio.high) => "not equivalent",
        false => "undecided",
    }
}

fn shown(value: f64, low: Option<f64>, high: Option<f64>) -> String {
    let end = |end: Option<f64>| end.map_or("?".to_owned(), |end| format!("{:.4}", end.exp()));
    format!("{:.4} [{}, {}]", value.exp(), end(low), end(high))
}
