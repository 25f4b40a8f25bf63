//! Writes the processes of runs as lines that the benchmark of error rates plays again.
//!
//! `cargo run -p tare-gate --example processes -- STORE SETTING MOST RUN… > FILE.csv`, where the runs are of one cell, or of both sides
//! of a gate whose sides are the same; at most MOST requests of each process. The format is that of `benches/errors/recorded.rs`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use tare_results::samples::{self, Sample};
use tare_results::store::Store;
use tare_results::{Kind, Record, Verdict};

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    match lines(&given) {
        Ok(lines) => {
            print!("{lines}");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::from(2)
        }
    }
}

fn lines(given: &[String]) -> Result<String, String> {
    let [store, setting, most, runs @ ..] = given else {
        return Err("give STORE SETTING MOST RUN…".into());
    };
    if setting.contains([',', '\n', '#']) {
        return Err(format!(
            "setting `{setting}`: no comma, line break or # can stand in it"
        ));
    }
    let most: usize = most
        .parse()
        .map_err(|_| format!("`{most}` is no number of requests"))?;
    let store = Store::open(store);
    let mut processes = Vec::new();
    for run in runs {
        let contents = store.read(run).map_err(|error| error.to_string())?;
        let folder = store.dir().join(&contents.run.id);
        let measured = contents.records.into_iter();
        let measured = measured.filter(|record| record.kind == Kind::Measurement);
        processes.extend(measured.map(|record| (folder.clone(), record)));
    }
    processes.sort_by(|(_, one), (_, other)| one.created.cmp(&other.created));
    let mut lines = String::new();
    for (folder, record) in &processes {
        let requests = requests(folder, record, most)?;
        let _ = writeln!(lines, "{setting},{requests}");
    }
    Ok(lines)
}

fn requests(folder: &Path, record: &Record, most: usize) -> Result<String, String> {
    let wrong = |why: &str| format!("repeat {} of run {}: {why}", record.repeat, record.run);
    if record.verdict != Verdict::Valid {
        return Err(wrong("its record is invalid"));
    }
    let harness = record.harness.as_ref();
    if harness.and_then(|cost| cost.run_delay_ns).is_none() {
        return Err(wrong("its run delay was not read"));
    }
    let file = record
        .samples
        .as_ref()
        .ok_or_else(|| wrong("it has no samples"))?;
    let samples = samples::read(&folder.join(&file.path)).map_err(|error| error.to_string())?;
    let one = |sample: &Sample| match sample.delay {
        0 => sample.latency.to_string(),
        delay => format!("{}+{delay}", sample.latency),
    };
    let requests: Vec<String> = samples.iter().take(most).map(one).collect();
    Ok(requests.join(","))
}
