//! Whether a model through this adapter is as quick as the same model written in Python's PyTorch of the same version.
//!
//! `TARE_TORCH_PYTHON` names a Python with torch; `cargo bench -p tare-adapter-libtorch --bench python_torch` then runs
//! both, eager against eager modules and script against `torch.jit.trace`, `freeze` and `optimize_for_inference`, one
//! thread each, in inference mode; the name of a model after `--` chooses that one, and `bert-base` is loaded only. Blocks of requests alternate in an order drawn by coin flips. Where weights lie in
//! memory changes a model's speed, so both sides are loaded afresh many times, and a load is what the intervals count as
//! a repeat. Fails where the ratio of CPU times is proven above 1.01; the wall clock stands beside it.

mod child;
#[path = "../../tests/common/mod.rs"]
mod common;
mod loading;
mod pool;

use std::path::Path;
use std::process::ExitCode;

use common::{Zoo, zoo};
use tare_adapter_api::{Adapter, LoadRequest, Session, Tensor};
use tare_adapter_libtorch::Libtorch;
use tare_clock::{Clock, MonotonicClock, ThreadCpuClock};
use tare_models::zoo::Form;
use tare_statistics::{MeanInterval, mean_interval};

use child::{Child, Measure};
use pool::Pool;

const PYTHON: &str = "TARE_TORCH_PYTHON";
const LIMIT: f64 = 1.01;
const LOADS: usize = 16;
const BLOCKS: usize = 8;
const WARM_UP: usize = 3;
/// Outputs further apart than this, relative to their magnitude, are not the same model's.
const TOLERANCE: f64 = 1e-3;

/// A model, and how many requests make a block.
struct Subject {
    model: &'static str,
    sizes: &'static [(&'static str, usize)],
    /// Layers, hidden size and heads of an encoder.
    encoder: [usize; 3],
    requests: usize,
}

const SUBJECTS: [Subject; 4] = [
    Subject {
        model: "bert-tiny",
        sizes: &[("seq", 1)],
        encoder: [2, 128, 2],
        requests: 100,
    },
    Subject {
        model: "bert-tiny",
        sizes: &[("seq", 32)],
        encoder: [2, 128, 2],
        requests: 40,
    },
    Subject {
        model: "minilm-l6",
        sizes: &[("seq", 128)],
        encoder: [6, 384, 12],
        requests: 2,
    },
    Subject {
        model: "resnet-18",
        sizes: &[],
        encoder: [0; 3],
        requests: 2,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [argument, work] = arguments.as_slice()
        && argument == loading::ARGUMENT
    {
        loading::child(work.as_ref());
        return ExitCode::SUCCESS;
    }
    // Only `cargo bench` says so; `cargo test --benches` just starts it.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let Some(python) = std::env::var_os(PYTHON) else {
        println!("not run: {PYTHON} names no Python with torch {}", version());
        return ExitCode::SUCCESS;
    };
    let mut names = arguments.iter().filter(|name| !name.starts_with('-'));
    let chosen = names.next();
    let is_chosen = |subject: &&Subject| chosen.is_none_or(|name| name == subject.model);
    let mut coin = Coin::new();
    let mut code = ExitCode::SUCCESS;
    println!(
        "tare over Python's PyTorch: ratio of median latencies [95% interval], {LOADS} loads x {BLOCKS} blocks a side"
    );
    for subject in SUBJECTS.iter().filter(is_chosen) {
        let zoo = zoo(subject.model, Form::Full, subject.sizes);
        let pool = Pool::of(&zoo);
        for mode in ["eager", "script"] {
            let [cpu, wall] = compare(subject, &zoo, &pool, mode, python.as_ref(), &mut coin);
            println!("{} {:?} mode={mode}", subject.model, subject.sizes);
            println!("  by CPU time {}", shown(&cpu));
            println!("  by wall     {}", shown(&wall));
            if cpu.low.exp() > LIMIT {
                println!("  above {LIMIT}");
                code = ExitCode::FAILURE;
            }
        }
    }
    if is_chosen(&&loading::SUBJECT) && !loading::compare(python.as_ref()) {
        code = ExitCode::FAILURE;
    }
    code
}

fn version() -> String {
    let check = Libtorch.check(None, &Default::default());
    match check {
        tare_adapter_api::Readiness::Ready(facts) => facts.version,
        tare_adapter_api::Readiness::Unavailable { reason, .. } => panic!("{reason}"),
    }
}

/// The logarithms of the ratios of medians, by CPU time and by wall.
fn compare(
    subject: &Subject,
    zoo: &Zoo,
    pool: &Pool,
    mode: &str,
    python: &Path,
    coin: &mut Coin,
) -> [MeanInterval; 2] {
    let request = LoadRequest {
        options: [("mode".to_owned(), mode.to_owned())].into(),
        ..zoo.request.clone()
    };
    let [mut cpu, mut wall] = [Vec::new(), Vec::new()];
    for _ in 0..LOADS {
        let python_first = coin.flip();
        let spawned = || {
            let mut child = Child::start(python, &version());
            let outputs = child.load(&pool.load(subject, mode));
            (child, outputs)
        };
        let first = python_first.then(spawned);
        let loaded = Libtorch.load(&request).expect("loads");
        let (mut child, outputs) = first.unwrap_or_else(spawned);
        let mut session = loaded.session().expect("a session");
        session.enter(&mut |session| {
            agree(session, &pool.inputs[0], &outputs);
            let mut sides = Sides {
                session,
                child: &mut child,
                pool,
                requests: subject.requests,
            };
            sides.pairs(WARM_UP, Measure::Wall, coin);
            cpu.push(sides.pairs(BLOCKS, Measure::Cpu, coin));
            wall.push(sides.pairs(BLOCKS, Measure::Wall, coin));
        });
    }
    [cpu, wall].map(|ratios| mean_interval(&ratios).expect("two loads or more"))
}

struct Sides<'a> {
    session: &'a mut dyn Session,
    child: &'a mut Child,
    pool: &'a Pool,
    requests: usize,
}

impl Sides<'_> {
    /// The logarithm of the ratio of the medians over the requests of `blocks` pairs of blocks.
    fn pairs(&mut self, blocks: usize, measure: Measure, coin: &mut Coin) -> f64 {
        let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
        for _ in 0..blocks {
            let is_ours_first = coin.flip();
            if is_ours_first {
                ours.extend(self.ours(measure));
            }
            theirs.extend(self.child.times(measure, self.requests));
            if !is_ours_first {
                ours.extend(self.ours(measure));
            }
        }
        (median(ours) / median(theirs)).ln()
    }

    fn ours(&mut self, measure: Measure) -> Vec<u64> {
        match measure {
            Measure::Cpu => self.timed(&ThreadCpuClock),
            Measure::Wall => self.timed(&MonotonicClock),
        }
    }

    fn timed(&mut self, clock: &impl Clock) -> Vec<u64> {
        let inputs = self.pool.inputs.iter().cycle().take(self.requests);
        let timed = inputs.map(|inputs| {
            let start = clock.now();
            self.session.run(inputs).expect("runs");
            clock.now().saturating_sub(start).as_nanos()
        });
        timed.collect()
    }
}

/// Both sides compute the same, or nothing is worth comparing.
fn agree(session: &mut dyn Session, inputs: &[Tensor], outputs: &[Vec<f64>]) {
    session.run(inputs).expect("runs");
    let ours = session.outputs().expect("outputs");
    assert_eq!(ours.len(), outputs.len());
    for (ours, theirs) in ours.iter().zip(outputs) {
        let ours = ours.values::<f32>().expect("floats");
        assert_eq!(ours.len(), theirs.len());
        for (a, b) in ours.iter().zip(theirs) {
            let apart = (f64::from(*a) - b).abs() / b.abs().max(1.0);
            assert!(apart < TOLERANCE, "{a} here, {b} in Python");
        }
    }
}

/// Flips that are the same in every run: Marsaglia's 64-bit xorshift.
struct Coin(u64);

impl Coin {
    fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn flip(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 63 == 1
    }
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
