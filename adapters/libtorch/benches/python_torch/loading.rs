//! Time and memory to load BERT-base beside what Python's PyTorch needs for its own files, each load in a fresh process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tare_adapter_api::{Adapter, LoadRequest, ModelFormat, Tensor};
use tare_adapter_libtorch::Libtorch;
use tare_clock::{Clock, MonotonicClock, ThreadCpuClock};
use tare_models::zoo::Form;
use tare_statistics::mean_interval;

use crate::child::Child;
use crate::common::zoo;
use crate::pool::Pool;
use crate::{Coin, Subject, shown, version};

/// What a child process is started with.
pub const ARGUMENT: &str = "load";
const LIMIT: f64 = 1.05;
const LIMIT_MIB: f64 = 10.0;
const PAIRS: usize = 16;
const REQUESTS: usize = 2;
/// What is loaded.
pub const SUBJECT: Subject = Subject {
    model: "bert-base",
    sizes: &[("seq", 128)],
    encoder: [12, 768, 12],
    requests: REQUESTS,
};

/// What a child measured.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    cpu_ns: u64,
    wall_ns: u64,
    /// How far resident memory rose above what it was before loading, two requests included.
    grown_kib: u64,
}

/// One comparison: what is loaded here, and what Python is asked to load.
struct Pair {
    title: &'static str,
    ours: LoadRequest,
    theirs: Value,
    /// How much more memory may be needed here.
    limit_mib: f64,
}

/// Prints ratios of times and differences of memory; whether both keep their limits.
///
/// An ONNX file is held until its weights are libtorch's tensors, so that they may be there once more.
pub fn compare(python: &Path) -> bool {
    let zoo = zoo(SUBJECT.model, Form::Full, SUBJECT.sizes);
    let pool = Pool::of(&zoo);
    let file = fs::metadata(&zoo.request.model).expect("written");
    let weights_mib = file.len() as f64 / 1024.0 / 1024.0;
    let folder = tempfile::tempdir().expect("a folder");
    let [state, module] = ["state.pt", "module.pt"].map(|name| folder.path().join(name));
    let mut saver = Child::start(python, &version());
    let load = pool.load(&SUBJECT, "eager");
    saver.ask(&json!({ "save": load, "state": state, "module": module }));
    drop(saver);
    let theirs = |mode: &str, file: &PathBuf| {
        let mut load = pool.load(&SUBJECT, mode);
        load["file"] = json!(file);
        json!({ "open": load, "requests": REQUESTS })
    };
    let script = LoadRequest {
        model: module.clone(),
        format: ModelFormat::TorchScript,
        outputs: vec![],
        options: [("mode".to_owned(), "script".to_owned())].into(),
        ..zoo.request.clone()
    };
    let pairs = [
        Pair {
            title: "mode=script over torch.jit.load, freeze and optimize_for_inference of the same file",
            ours: script,
            theirs: theirs("script", &module),
            limit_mib: LIMIT_MIB,
        },
        Pair {
            title: "mode=eager of an ONNX file over torch.load of a state dict into a module without memory",
            ours: zoo.request.clone(),
            theirs: theirs("eager", &state),
            limit_mib: LIMIT_MIB + weights_mib,
        },
    ];
    let work = folder.path().join("work.json");
    let mut coin = Coin::new();
    let kept = pairs.iter().map(|pair| {
        let json = serde_json::to_vec(&pair.ours).expect("plain");
        fs::write(&work, json).expect("written");
        pair.measure(python, &work, &mut coin)
    });
    kept.collect::<Vec<bool>>().into_iter().all(|kept| kept)
}

impl Pair {
    fn measure(&self, python: &Path, work: &Path, coin: &mut Coin) -> bool {
        let [mut cpu, mut wall] = [Vec::new(), Vec::new()];
        let mut lowest = [u64::MAX; 2];
        for _ in 0..PAIRS {
            let first = coin.flip().then(|| self.theirs(python));
            let ours = ours(work);
            let theirs = first.unwrap_or_else(|| self.theirs(python));
            cpu.push((ours.cpu_ns as f64 / theirs.cpu_ns as f64).ln());
            wall.push((ours.wall_ns as f64 / theirs.wall_ns as f64).ln());
            for (lowest, side) in lowest.iter_mut().zip([ours, theirs]) {
                *lowest = side.grown_kib.min(*lowest);
            }
        }
        let [cpu, wall] = [cpu, wall].map(|ratios| mean_interval(&ratios).expect("two or more"));
        let [ours, theirs] = lowest.map(|kib| kib as f64 / 1024.0);
        println!("load of {}: {}", SUBJECT.model, self.title);
        println!("  by CPU time {}", shown(&cpu));
        println!("  by wall     {}", shown(&wall));
        println!(
            "  resident memory grew by {ours:.1} MiB, in Python by {theirs:.1}: {:+.1}, at most {:.0} allowed",
            ours - theirs,
            self.limit_mib
        );
        let is_kept = cpu.low.exp() <= LIMIT && ours - theirs <= self.limit_mib;
        if !is_kept {
            println!("  above {LIMIT}, or {:.0} MiB", self.limit_mib);
        }
        is_kept
    }

    fn theirs(&self, python: &Path) -> Measured {
        let answer = Child::start(python, &version()).ask(&self.theirs);
        serde_json::from_value(answer).expect("what was measured")
    }
}

fn ours(work: &Path) -> Measured {
    let program = std::env::current_exe().expect("a path");
    let output = Command::new(program).arg(ARGUMENT).arg(work).output();
    let output = output.expect("starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).expect("what was measured")
}

/// Loads, runs, and prints what that took.
pub fn child(work: &Path) {
    let request: LoadRequest =
        serde_json::from_slice(&fs::read(work).expect("work")).expect("a request");
    let inputs = request.inputs.iter().map(|spec| {
        let values = vec![1i64; spec.shape.iter().product()];
        Tensor::from_values(spec.shape.clone(), values).expect("fits")
    });
    let inputs: Vec<Tensor> = inputs.collect();
    version();
    fs::write("/proc/self/clear_refs", "5").expect("the high-water mark is set back");
    let before = kib("VmRSS:");
    let started = (ThreadCpuClock.now(), MonotonicClock.now());
    let loaded = Libtorch.load(&request).expect("loads");
    let cpu = ThreadCpuClock.now().saturating_sub(started.0);
    let wall = MonotonicClock.now().saturating_sub(started.1);
    let mut session = loaded.session().expect("a session");
    for _ in 0..REQUESTS {
        session.run(&inputs).expect("runs");
    }
    let measured = Measured {
        cpu_ns: cpu.as_nanos(),
        wall_ns: wall.as_nanos(),
        grown_kib: kib("VmHWM:") - before,
    };
    println!("{}", serde_json::to_string(&measured).expect("plain"));
}

/// A line of this process's status (proc(5)).
fn kib(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.expect("a known field").trim().trim_end_matches("kB");
    number.trim().parse().expect("a number")
}
