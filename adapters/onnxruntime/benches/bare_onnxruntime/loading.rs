//! Time and memory to load BERT-base through the adapter over those of the C interface, each load in a fresh process.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tare_adapter_api::{Adapter, LoadRequest, Tensor};
use tare_adapter_onnxruntime::OnnxRuntime;
use tare_clock::{Clock, MonotonicClock, ThreadCpuClock};
use tare_statistics::mean_interval;

use crate::coin::Coin;
use crate::ffi::Bare;
use crate::subject::Subject;
use crate::{ready, tell};

/// What is loaded.
pub const MODEL: &str = "bert-base";
const LIMIT: f64 = 1.05;
const LIMIT_MIB: f64 = 10.0;
const PAIRS: usize = 24;
const REQUESTS: usize = 2;

/// Who loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The adapter.
    Adapter,
    /// The C interface by itself.
    Bare,
}

impl Side {
    /// From a child's argument.
    pub fn of(argument: &str) -> Option<Self> {
        [Self::Adapter, Self::Bare]
            .into_iter()
            .find(|side| side.argument() == argument)
    }

    fn argument(self) -> &'static str {
        match self {
            Self::Adapter => "load-adapter",
            Self::Bare => "load-bare",
        }
    }
}

/// What a child measured.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    cpu_ns: u64,
    wall_ns: u64,
    peak_kib: u64,
}

/// What a child has to load.
#[derive(Serialize, Deserialize)]
struct Work {
    load: LoadRequest,
    outputs: Vec<Vec<usize>>,
}

/// Prints the ratios of times and the difference of memory; whether none is shown to lie above its limit.
///
/// ONNX Runtime peaks 130 MiB higher in about every fourth load, from either side: it is the lowest peaks that are compared.
pub fn compare() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let subject = Subject::new(MODEL, Some(128), folder.path())?;
    let work = folder.path().join("work.json");
    fs::write(&work, serde_json::to_vec(&work_of(&subject)?)?)?;
    let mut coin = Coin::new(2);
    let [mut cpu, mut wall, mut milliseconds] = [const { Vec::new() }; 3];
    let mut lowest = [f64::INFINITY; 2];
    for _ in 0..PAIRS {
        let first = coin
            .flip()
            .then(|| measure(Side::Bare, &work))
            .transpose()?;
        let adapter = measure(Side::Adapter, &work)?;
        let bare = first.map_or_else(|| measure(Side::Bare, &work), Ok)?;
        cpu.push((adapter.cpu_ns as f64 / bare.cpu_ns as f64).ln());
        wall.push((adapter.wall_ns as f64 / bare.wall_ns as f64).ln());
        milliseconds.push(adapter.wall_ns as f64 / 1e6);
        for (lowest, measured) in lowest.iter_mut().zip([adapter, bare]) {
            *lowest = lowest.min(measured.peak_kib as f64 / 1024.0);
        }
    }
    let interval = |values: &[f64]| mean_interval(values).context("two pairs or more");
    let weights = fs::metadata(&subject.load.model)?.len() as f64 / 1024.0 / 1024.0;
    println!(
        "load of {MODEL} ({weights:.0} MiB): {:.0} ms, {PAIRS} fresh processes a side",
        interval(&milliseconds)?.mean
    );
    let is_quick = tell("over the C interface, by CPU time", &interval(&cpu)?, LIMIT);
    tell(
        "over the C interface, by wall    ",
        &interval(&wall)?,
        LIMIT,
    );
    let [adapter, bare] = lowest;
    println!(
        "  peak resident memory {adapter:.1} MiB, the C interface's {bare:.1} MiB: {:+.1}, at most {LIMIT_MIB} allowed",
        adapter - bare
    );
    Ok(is_quick && adapter - bare <= LIMIT_MIB)
}

fn work_of(subject: &Subject) -> Result<Work> {
    let loaded = OnnxRuntime.load(&subject.load)?;
    let mut session = loaded.session()?;
    session.run(subject.inputs.first().context("inputs")?)?;
    let outputs = session.outputs()?;
    Ok(Work {
        load: subject.load.clone(),
        outputs: outputs
            .iter()
            .map(|output| output.shape().to_vec())
            .collect(),
    })
}

fn measure(side: Side, work: &Path) -> Result<Measured> {
    let output = Command::new(std::env::current_exe()?)
        .arg(side.argument())
        .arg(work)
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{side:?} failed: {told}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Loads, runs, and prints what that took.
pub fn child(side: Side, work: &Path) -> Result<()> {
    let work: Work = serde_json::from_slice(&fs::read(work)?)?;
    ready()?;
    let inputs = vec![zeros(&work.load)?];
    let started = (ThreadCpuClock.now(), MonotonicClock.now());
    let took = || {
        let cpu = ThreadCpuClock.now().saturating_sub(started.0);
        let wall = MonotonicClock.now().saturating_sub(started.1);
        (cpu.as_nanos(), wall.as_nanos())
    };
    let (cpu_ns, wall_ns) = match side {
        Side::Adapter => {
            let loaded = OnnxRuntime.load(&work.load)?;
            let took = took();
            let mut session = loaded.session()?;
            for _ in 0..REQUESTS {
                session.run(&inputs[0])?;
            }
            took
        }
        Side::Bare => {
            let mut bare = Bare::load(&work.load, &inputs)?;
            let took = took();
            let dtypes = work.load.outputs.iter().map(|output| output.dtype);
            let outputs: Vec<_> = dtypes.zip(work.outputs).collect();
            bare.bind(&work.load, &outputs)?;
            bare.block(REQUESTS, &MonotonicClock)?;
            took
        }
    };
    let measured = Measured {
        cpu_ns,
        wall_ns,
        peak_kib: peak_kib()?,
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn zeros(load: &LoadRequest) -> Result<Vec<Tensor>> {
    let zeros = load.inputs.iter().map(|spec| {
        let values = vec![0i64; spec.shape.iter().product()];
        Ok(Tensor::from_values(spec.shape.clone(), values)?)
    });
    zeros.collect()
}

/// The largest resident memory of this process so far (proc(5), `VmHWM`).
fn peak_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let mut lines = status.lines();
    let line = lines
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
