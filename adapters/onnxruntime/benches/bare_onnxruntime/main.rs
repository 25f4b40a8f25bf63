//! Whether ONNX Runtime through its adapter is as quick as the C interface and the Python package by themselves, and loads
//! BERT-base in the same time and memory.
//!
//! Run by `cargo bench -p tare-adapter-onnxruntime`, with names of models after `--` for those alone. Blocks of requests alternate in an order drawn by coin flips. Where
//! weights happen to lie in memory changes a model's speed, so all sides are loaded afresh many times, and a load is what the
//! intervals count as a repeat. Each load of BERT-base is a process of its own.
//! Fails where the 95% interval of a ratio lies above its limit: 1.01 for latency, 1.05 for loading.

mod coin;
mod ffi;
mod latency;
mod loading;
mod python;
mod subject;

use std::process::ExitCode;

use anyhow::{Result, bail};
use tare_adapter_api::{Adapter, Options, Readiness, RuntimeFacts};
use tare_adapter_onnxruntime::OnnxRuntime;
use tare_statistics::MeanInterval;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [side, work] = arguments.as_slice()
        && let Some(side) = loading::Side::of(side)
    {
        loading::child(side, work.as_ref())?;
        return Ok(ExitCode::SUCCESS);
    }
    // Only `cargo bench` says so; `cargo test --benches` just starts it.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let facts = ready()?;
    println!(
        "onnxruntime {}, one thread, ratios [95% interval]",
        facts.version
    );
    let mut names = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .peekable();
    let all = names.peek().is_none();
    let names: Vec<&str> = names.map(String::as_str).collect();
    let is_asked = |model: &str| all || names.contains(&model);
    let latency = latency::compare(&facts.version, &is_asked)?;
    let loading = !is_asked(loading::MODEL) || loading::compare()?;
    Ok(if latency && loading {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What runs; the library is open from here on.
fn ready() -> Result<RuntimeFacts> {
    match OnnxRuntime.check(None, &Options::new()) {
        Readiness::Ready(facts) => Ok(facts),
        Readiness::Unavailable { reason, remedy } => bail!("{reason}; {remedy}"),
    }
}

/// Prints a ratio, given by its logarithm, and whether it is not shown to lie above `limit`.
fn tell(what: &str, ratio: &MeanInterval, limit: f64) -> bool {
    let [mean, low, high] = [ratio.mean, ratio.low, ratio.high].map(f64::exp);
    let verdict = match (low > limit, high > limit) {
        (true, _) => "above",
        (false, true) => "undecided, the interval spans",
        (false, false) => "within",
    };
    println!("  {what} {mean:.4} [{low:.4}, {high:.4}]: {verdict} {limit}");
    low <= limit
}
