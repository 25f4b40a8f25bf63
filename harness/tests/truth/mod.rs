//! Frameworks of known costs, timed through the cell loop and summarised as any run is: what comes out is held against
//! what is known.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod model;
pub mod random;
pub mod tally;

#[path = "../../../results/tests/common/mod.rs"]
mod built;

use std::num::NonZeroUsize;

use tare_adapter_api::{Device, LoadRequest, OutputSpec};
use tare_adapter_fake::Fake;
use tare_clock::Clock;
use tare_harness::perform;
use tare_harness::protocol::{Effort, Given, Job, PROTOCOL, Purpose, RunDelayOf, Timing};
use tare_models::{DataType, Graph, Inputs, TensorSpec};
use tare_report::{Laws, Summary, summarise};
use tare_results::{Cell, Kind, Record, Run, TwinFacts};
use tare_units::{Bytes, BytesPerSecond, Flops, FlopsPerSecond, Nanoseconds, Rate};

use self::model::{Bound, Framework, Model};
use self::random::Random;

/// The machine: 100 GFLOP/s and 10 GB/s, as each repeat's probes find it but for 0.2%.
const FLOPS_PER_NS: f64 = 100.0;
const BYTES_PER_NS: f64 = 10.0;
const PROBES: f64 = 0.002;
const REPEATS: u64 = 5;

/// How long each repeat is timed.
#[derive(Debug, Clone, Copy)]
pub struct Effortful {
    /// At the most.
    pub requests: u64,
    /// At the most.
    pub duration: Nanoseconds,
    /// Requests of the warm-up.
    pub warmup: u64,
    /// Whether twins are timed and profiles made.
    pub split: bool,
}

/// What came out.
pub struct Outcome {
    pub summaries: Vec<Summary>,
    pub laws: Laws,
}

/// Summaries of `models` under `framework`, five repeats each of model and twin in turn, then a profile or, where a device
/// tells how long it was busy, five.
pub fn weighed(
    framework: &Framework,
    models: &[Model],
    clock: impl Fn() -> Box<dyn Timed>,
    effort: Effortful,
    random: &mut Random,
) -> Outcome {
    let mut run = built::run("20261121-104656-3f9a", Vec::new());
    (run.repeats, run.twins, run.profile) = (REPEATS, true, true);
    run.cells = models.iter().map(planned).collect();
    let passes = if framework.is_asynchronous {
        REPEATS
    } else {
        1
    };
    let kinds = [
        (Kind::Measurement, REPEATS),
        (Kind::Twin, REPEATS),
        (Kind::Profile, passes),
    ];
    let kinds = &kinds[..if effort.split { 3 } else { 1 }];
    let mut records = Vec::new();
    for repeat in 0..REPEATS {
        for (kind, _) in kinds.iter().filter(|(_, count)| repeat < *count) {
            for model in models {
                let mut record = record(&run, model, repeat, *kind, random);
                let seed = random.bits();
                fill(
                    &mut record,
                    given(&*clock(), framework, model, *kind, effort, seed),
                );
                records.push(record);
            }
        }
    }
    let laws = Laws::of(&records);
    Outcome {
        summaries: summarise(&run, &records),
        laws,
    }
}

/// A clock and the fake framework on it.
pub trait Timed {
    fn perform(&self, job: &Job) -> Given;
}

impl<C: Clock + Clone + 'static> Timed for C {
    fn perform(&self, job: &Job) -> Given {
        let mut silent = Silent;
        let outcome = perform(&Fake::new(self.clone()), job, self, &mut silent);
        outcome.expect("the fake does as it is told").given
    }
}

struct Silent;

impl tare_harness::Reporter for Silent {
    fn phase(
        &mut self,
        _phase: tare_results::Phase,
        _own: Bytes,
    ) -> Result<(), tare_harness::JobError> {
        Ok(())
    }
}

fn given(
    clock: &dyn Timed,
    framework: &Framework,
    model: &Model,
    kind: Kind,
    effort: Effortful,
    seed: u64,
) -> Given {
    let model = match kind {
        Kind::Twin => &model.hollow(),
        _ => model,
    };
    let input = TensorSpec {
        name: "x".into(),
        dtype: DataType::F32,
        shape: vec![model.batch as usize, 1],
    };
    let output = OutputSpec {
        name: "y".into(),
        dtype: DataType::F32,
    };
    let specs = vec![input];
    let mut job = Job {
        protocol: PROTOCOL.into(),
        adapter: "fake".into(),
        inputs: Inputs::new(&Graph::default(), &specs, &|_| None, 1).expect("small inputs"),
        load: LoadRequest {
            options: framework.options(model, seed),
            threads: NonZeroUsize::MIN,
            device: Device::Cpu,
            ..LoadRequest::new("none.onnx".into(), specs, vec![output])
        },
        warmup: Default::default(),
        outputs: None,
        purpose: purpose(kind, effort, model.batch),
    };
    job.warmup.max_requests = effort.warmup;
    clock.perform(&job)
}

fn purpose(kind: Kind, effort: Effortful, batch: u64) -> Purpose {
    if kind == Kind::Profile {
        return Purpose::Profile(Effort {
            duration_ns: effort.duration,
            max_requests: effort.requests,
            trace: true,
        });
    }
    Purpose::Measure(Timing {
        scenario: "single-stream".parse().expect("a scenario"),
        batch,
        seed: Default::default(),
        trace_sha256: None,
        duration_ns: effort.duration,
        max_requests: effort.requests,
        drain_ns: Nanoseconds::ZERO,
        run_delay: RunDelayOf::Nobody,
        deadline_ns: Nanoseconds::from_secs(3_600),
        samples: None,
    })
}

fn cell(model: &Model) -> Cell {
    let mut cell = built::cell(model.batch);
    cell.model = model.name.clone();
    cell.adapter = "fake".into();
    cell
}

fn facts(model: &Model) -> tare_results::ModelFacts {
    let mut facts = built::model(1);
    (facts.name, facts.sha256) = (model.name.clone(), model.name.clone());
    let (full, partial) = (model.floor_ns, model.floor_ns * 0.3);
    let (compute, memory) = match model.bound {
        Bound::Compute => (full, partial),
        Bound::Memory => (partial, full),
    };
    facts.flops = Some(Flops::from_operations((compute * FLOPS_PER_NS) as u64));
    facts.bytes_min = Some(Bytes::from_bytes((memory * BYTES_PER_NS) as u64));
    facts
}

fn planned(model: &Model) -> tare_results::PlannedCell {
    let cell = cell(model);
    let mut planned = built::planned(cell.clone());
    planned.id = cell.id(&model.name);
    planned.model = facts(model);
    planned
}

fn record(run: &Run, model: &Model, repeat: u64, kind: Kind, random: &mut Random) -> Record {
    let cell = cell(model);
    let mut record = built::record(&run.id, cell.clone(), repeat);
    (record.id, record.kind) = (cell.id(&model.name), kind);
    (record.model, record.latency, record.fidelity) = (facts(model), None, None);
    // None are written, so there is no count of them to agree with.
    record.samples = None;
    let seen = |random: &mut Random| 1.0 + PROBES * random.normal();
    let peaks = record.peaks.as_mut().expect("peaks");
    peaks.flops_per_s = FlopsPerSecond::from_per_s(FLOPS_PER_NS * 1e9 * seen(random));
    peaks.bytes_per_s = BytesPerSecond::from_per_s(BYTES_PER_NS * 1e9 * seen(random));
    record.twin = (kind == Kind::Twin).then(|| TwinFacts {
        sha256: format!("twin of {}", model.name),
        rung: "2".into(),
        hollowness: Some(model.kept),
        elements_ratio: Some(0.0),
        elements: None,
        operators_executed: Some(model.operators),
        original_operators_executed: Some(model.operators),
        same_operators: Some(true),
        kinds: Some(model.kinds()),
    });
    record
}

fn fill(record: &mut Record, given: Given) {
    match given {
        Given::Measured(measured) => record.latency = measured.latency,
        Given::Profiled { profile, .. } => record.profile = profile.ok().map(|profile| *profile),
        Given::Referred(_) => {}
    }
}
