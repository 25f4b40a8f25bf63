//! Real gates: how often `tare gate` calls equal sides a regression, how often it finds 5 % more work, and how long it takes.
//!
//! Run by `cargo bench -p tare --bench gates`, `-- N` for another number of gates of each kind, `--budget=TIME` for each,
//! `--model=SPEC`, `--more=SPEC` and `--batch=N` for another model, what has more work than it, and samples of a request,
//! `--out=DIR` for another folder than `gates` below the target's `tmp`. All of them are planned before the first (`plan.rs`): N of a
//! model against itself and N against the same with one layer more in twenty, in an order that a seed gives. None is left
//! out and none is made again but what was stopped, which the table says. Each is on disk (`gates.jsonl`) before the next begins: where this is stopped, the
//! same command goes on. `gates.md` beside it is the table. Few gates bound an error rate only
//! roughly: `cargo bench -p tare-gate --bench errors` simulates many.

#[path = "../bare_rten/coin.rs"]
mod coin;
mod kept;
mod plan;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tare_clock::{Clock, MonotonicClock};

use kept::{Gate, Kept, NONE};
use plan::{Against, BATCH, BUDGET, GATES, MODEL, MORE, Plan, SEED};

fn main() -> Result<ExitCode> {
    // Only `cargo bench` says so; `cargo test --benches` just starts it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = option("--out=").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("gates"),
        PathBuf::from,
    );
    std::fs::create_dir_all(&folder)?;
    let plan = planned()?;
    let order = plan.order();
    let mut kept = Kept::open(&folder.join("gates.jsonl"), &plan)?;
    println!(
        "{} gates of {} under rten, batch {}, one thread, in {}; {} are done",
        order.len(),
        plan.model,
        plan.batch,
        folder.display(),
        kept.gates.len()
    );
    let table = |kept: &Kept| table::table(&plan, &kept.gates, kept.stopped());
    for place in kept.gates.len()..order.len() {
        eprintln!(
            "gate {} of {}{}",
            place + 1,
            order.len(),
            left(&kept.gates, order.len())
        );
        kept.begin()?;
        let gate = gate(&plan, &folder, order[place], place)?;
        println!(
            "{:>3} {:?}: {}",
            place + 1,
            gate.against,
            table::line(&gate)
        );
        kept.end(gate)?;
        std::fs::write(folder.join("gates.md"), table(&kept))?;
    }
    println!("\n{}", table(&kept));
    Ok(ExitCode::SUCCESS)
}

fn option(name: &str) -> Option<String> {
    std::env::args().find_map(|argument| argument.strip_prefix(name).map(str::to_owned))
}

fn planned() -> Result<Plan> {
    let gates = std::env::args().find_map(|argument| argument.parse().ok());
    let program = Path::new(env!("CARGO_BIN_EXE_tare"));
    Ok(Plan {
        model: option("--model=").unwrap_or_else(|| MODEL.to_owned()),
        more: option("--more=").unwrap_or_else(|| MORE.to_owned()),
        batch: match option("--batch=") {
            Some(batch) => batch.parse().context("--batch takes a number")?,
            None => BATCH,
        },
        gates: gates.unwrap_or(GATES),
        seed: SEED,
        budget: option("--budget=").unwrap_or_else(|| BUDGET.to_owned()),
        tare_sha256: tare_runtimes::file_sha256(program)?,
        machine: tare_hardware::machine(Path::new("/")).fingerprint,
    })
}

/// About how long the rest takes, at the pace of those that are done.
fn left(gates: &[Gate], all: usize) -> String {
    let seconds: f64 = gates.iter().map(|gate| gate.seconds).sum();
    let left = seconds / gates.len() as f64 * (all - gates.len()) as f64;
    match gates.is_empty() {
        true => String::new(),
        false => format!(", about {:.0} min left", (left / 60.0).ceil()),
    }
}

fn gate(plan: &Plan, folder: &Path, against: Against, place: usize) -> Result<Gate> {
    let candidate = match against {
        Against::Itself => &plan.model,
        Against::More => &plan.more,
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_tare"));
    command
        .args(["gate", "--model", &plan.model, "--adapter", "rten"])
        .args(["--candidate", &format!("model={candidate}")])
        .args(["--batch", &plan.batch.to_string()])
        .args(["--budget", &plan.budget, "--seed", &place.to_string()])
        .args(["--allow-different-outputs", "--format", "json"])
        .env("TARE_STORE", folder.join("store"));
    let began = MonotonicClock.now();
    let ended = command.output()?;
    let seconds = MonotonicClock.now().saturating_sub(began).as_secs_f64();
    ensure!(
        !matches!(ended.status.code(), None | Some(130)),
        "gate {} was stopped: the same command goes on with it",
        place + 1
    );
    let told: Value = serde_json::from_slice(&ended.stdout).unwrap_or_default();
    let errors = String::from_utf8_lossy(&ended.stderr);
    let last = errors.lines().last().context("it said nothing");
    let number = |path: &str| {
        told.pointer(&format!("/gates/0{path}"))
            .and_then(Value::as_f64)
    };
    let verdict = told.pointer("/gates/0/verdict").and_then(Value::as_str);
    Ok(Gate {
        place,
        against,
        verdict: verdict.unwrap_or(NONE).to_owned(),
        why: match verdict {
            Some(_) => None,
            None => Some(last?.to_owned()),
        },
        worse: ["value", "low", "high"].map(|bound| number(&format!("/effect/{bound}"))),
        blocks: number("/blocks").map(|blocks| blocks as u64),
        seconds,
        baseline_ns: number("/sides/0/median"),
        waited: [0, 1].map(|side| number(&format!("/sides/{side}/waited"))),
    })
}
