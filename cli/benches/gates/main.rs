//! Real gates: how often `tare gate` calls equal sides a regression, and how often it finds 5% more work.
//!
//! Run by `cargo bench -p tare --bench gates`, `-- N` for another number of gates of each kind. All of them are planned
//! before the first: N of a model against itself and N against the same with one layer more in twenty, 1.05 times the
//! operations and bytes, in an order that a seed gives. None is left out and none is made again; a line each, then the
//! shares with their exact intervals (C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404–413). Few gates bound an
//! error rate only roughly: `cargo bench -p tare-gate --bench errors` simulates many.

#[path = "../bare_rten/coin.rs"]
mod coin;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use serde_json::Value;
use statrs::distribution::{Beta, ContinuousCDF};

use coin::Coin;

const GATES: usize = 30;
const BUDGET: &str = "10min";
const MODEL: &str = "mlp:width=1024,depth=20";
const MORE: &str = "mlp:width=1024,depth=21";
const VERDICTS: [&str; 5] = [
    "pass",
    "improvement",
    "regression",
    "inconclusive",
    "invalid",
];

/// What a gate compares the model with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    Itself,
    More,
}

fn main() -> Result<ExitCode> {
    // Only `cargo bench` says so; `cargo test --benches` just starts it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let gates = std::env::args().find_map(|argument| argument.parse().ok());
    let gates: usize = gates.unwrap_or(GATES);
    let folder = tempfile::tempdir()?;
    let plan = planned(gates, &mut Coin::new(1));
    println!(
        "{MODEL} under rten, one thread: {gates} gates against itself, {gates} against {MORE}"
    );
    let mut found: Vec<(Against, String)> = Vec::new();
    for (place, against) in plan.iter().enumerate() {
        let gate = gate(folder.path(), *against, place)?;
        let verdict = gate["verdict"].as_str().context("a verdict")?.to_owned();
        println!("{:>3} {against:?}: {}", place + 1, line(&gate));
        found.push((*against, verdict));
    }
    for (against, what) in [
        (Against::Itself, "against itself"),
        (Against::More, "against 5% more"),
    ] {
        let own: Vec<&str> = found
            .iter()
            .filter(|(one, _)| *one == against)
            .map(|(_, verdict)| verdict.as_str())
            .collect();
        let counts = VERDICTS.map(|verdict| {
            let times = own.iter().filter(|one| **one == verdict).count();
            format!("{verdict} {}", share(times as u64, own.len() as u64))
        });
        println!("{what}: {}", counts.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

/// So many of each kind, in an order by coin flips.
fn planned(gates: usize, coin: &mut Coin) -> Vec<Against> {
    let mut left = [gates, gates];
    let mut plan = Vec::with_capacity(2 * gates);
    while left != [0, 0] {
        let place = usize::from(coin.flip());
        if let Some(rest) = left[place].checked_sub(1) {
            left[place] = rest;
            plan.push([Against::Itself, Against::More][place]);
        }
    }
    plan
}

fn gate(folder: &Path, against: Against, place: usize) -> Result<Value> {
    let candidate = match against {
        Against::Itself => MODEL,
        Against::More => MORE,
    };
    let candidate = format!("model={candidate}");
    let seed = place.to_string();
    let told = Command::new(env!("CARGO_BIN_EXE_tare"))
        .args(["gate", "--model", MODEL, "--adapter", "rten"])
        .args([
            "--candidate",
            &candidate,
            "--budget",
            BUDGET,
            "--seed",
            &seed,
        ])
        .args(["--allow-different-outputs", "--format", "json"])
        .env("TARE_STORE", folder)
        .output()?;
    let told: Value = serde_json::from_slice(&told.stdout)
        .with_context(|| String::from_utf8_lossy(&told.stderr).into_owned())?;
    Ok(told["gates"][0].clone())
}

fn line(gate: &Value) -> String {
    let number = |path: &str| {
        gate.pointer(path)
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    format!(
        "{} {:+.2}% [{:+.2}%, {:+.2}%], {} blocks in {:.0} s, waited {:.0}% of the baseline's time",
        gate["verdict"].as_str().unwrap_or_default(),
        100.0 * number("/effect/value"),
        100.0 * number("/effect/low"),
        100.0 * number("/effect/high"),
        number("/blocks"),
        number("/took_ns") / 1e9,
        100.0 * number("/sides/0/waited")
    )
}

/// `2 of 30 [0.8%, 22.1%]`: the exact interval at 95%.
fn share(times: u64, of: u64) -> String {
    let bound = |a: u64, b: u64, at: f64| {
        Beta::new(a as f64, b as f64).map_or(f64::NAN, |beta| beta.inverse_cdf(at))
    };
    let low = if times == 0 {
        0.0
    } else {
        bound(times, of - times + 1, 0.025)
    };
    let high = if times == of {
        1.0
    } else {
        bound(times + 1, of - times, 0.975)
    };
    format!(
        "{times} of {of} [{:.1}%, {:.1}%]",
        100.0 * low,
        100.0 * high
    )
}
