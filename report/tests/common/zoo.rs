//! A run of many models under many frameworks with everything that a record can hold, for reports as large as they become.

use tare_results::{
    Cell, Doubt, Energy, EnergySource, Latency, ModelFacts, Percentile, PlannedCell, Record, Run,
    TaxDoubt, TwinFacts,
};
use tare_units::{Bytes, Flops, Nanoseconds};

use super::twins::facts;
use super::{failed, planned, profiled, run_of, timed};

/// A name that would be markup, were it not escaped.
pub const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&.onnx";
const ADAPTERS: [(&str, &str, f64, f64); 5] = [
    ("rten", "", 380.0, 4e10),
    ("tract", "", 210.0, 3e10),
    ("onnxruntime@1.31.1", "all", 390.0, 8e10),
    ("libtorch", "eager", 2_900.0, 7e10),
    ("libtorch", "script", 1_700.0, 7.5e10),
];
const BATCHES: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const REPEATS: u64 = 2;

/// Name, GFLOP a sample, operators, millions of parameters.
const MODELS: [(&str, f64, u64, f64); 20] = [
    ("mlp", 0.000_11, 6, 0.05),
    ("bert-tiny", 0.0072, 83, 4.4),
    ("bert-mini", 0.081, 149, 11.2),
    ("bert-small", 0.65, 149, 28.8),
    ("bert-medium", 1.3, 281, 41.4),
    ("bert-base", 22.4, 413, 109.5),
    ("distilbert", 11.2, 215, 66.4),
    ("albert-base-v2", 22.4, 409, 11.7),
    ("mobilebert", 10.7, 2_045, 24.6),
    ("squeezebert", 14.8, 463, 51.1),
    ("minilm-l6", 2.87, 178, 22.7),
    ("gpt2", 29.1, 570, 124.4),
    ("resnet-18", 3.64, 49, 11.7),
    ("resnet-50", 8.2, 122, 25.6),
    ("resnet-101", 15.6, 241, 44.5),
    ("resnet-152", 23.1, 360, 60.2),
    ("wide-resnet-50-2", 22.8, 122, 68.9),
    ("vit-b-32", 8.8, 320, 88.2),
    (
        "a-model-whose-name-is-as-long-as-names-of-files-become-when-nobody-minds-v2-final.onnx",
        1.9,
        90,
        3.0,
    ),
    (HOSTILE, 0.4, 60, 2.0),
];

/// A run with the first `cells` of its thousand cells, and all its records.
pub fn zoo(cells: usize) -> (Run, Vec<Record>) {
    let mut run = run_of(Vec::new(), REPEATS);
    (run.twins, run.profile) = (true, true);
    let mut records = Vec::new();
    for index in 0..cells {
        let one = One::of(index);
        records.extend(one.records(index));
        run.cells.push(one.planned);
    }
    (run, records)
}

/// A cell and what it costs in nanoseconds.
struct One {
    planned: PlannedCell,
    tax: f64,
    work: f64,
    operators: u64,
}

impl One {
    /// Batches turn fastest, then adapters, then models.
    fn of(index: usize) -> Self {
        let batch = BATCHES[index % 10];
        let (adapter, option, operator_ns, rate) = ADAPTERS[index / 10 % 5];
        let (model, gflop, operators, millions) = MODELS[index / 50 % 20];
        let mut cell = super::cell(batch);
        (cell.model, cell.adapter) = (model.to_owned(), adapter.to_owned());
        if !option.is_empty() {
            let key = if adapter == "libtorch" { "mode" } else { "opt" };
            cell.adapter_options
                .insert(key.to_owned(), option.to_owned());
        }
        let flops = gflop * 1e9 * batch as f64;
        let mut planned = planned(cell);
        planned.model = model_facts(planned.model, model, flops, operators);
        let weights = millions * 1e6;
        planned.model.parameters = Some(weights as u64);
        let moved = weights * 0.6 + 1e5 * batch as f64 * millions.sqrt();
        planned.model.bytes_min = Some(Bytes::from_bytes(moved as u64));
        planned.id = planned.cell.id(&planned.model.sha256);
        Self {
            planned,
            tax: 4_000.0 + operator_ns * operators as f64,
            work: flops / rate * 1e9 * (1.0 + 0.3 * wobble(index)),
            operators,
        }
    }

    fn records(&self, index: usize) -> Vec<Record> {
        let cell = &self.planned.cell;
        if index % 97 == 96 {
            let refused = "no operator <b>Mish</b> of domain ai.onnx";
            return (0..REPEATS)
                .map(|repeat| self.of_this(failed(cell, repeat, refused)))
                .collect();
        }
        let mut records = Vec::new();
        for repeat in 0..REPEATS {
            let noise = 1.0 + 0.02 * wobble(index * 7 + repeat as usize);
            records.push(self.of_this(self.measured(cell, repeat, noise, index)));
            let mut twin = super::twins::twin(cell, repeat, self.tax * noise);
            twin.twin = Some(self.hollow());
            records.push(self.of_this(twin));
        }
        records.push(self.of_this(self.profiled(cell, index)));
        records
    }

    /// A twin of which a hundredth of its latency at the most is work of its own.
    fn hollow(&self) -> TwinFacts {
        let most = 0.01 * self.tax / self.work;
        let facts = facts(self.operators);
        TwinFacts {
            hollowness: facts.hollowness.map(|left| left.min(most)),
            elements_ratio: facts.elements_ratio.map(|left| left.min(most)),
            ..facts
        }
    }

    fn measured(&self, cell: &Cell, repeat: u64, noise: f64, index: usize) -> Record {
        let p50 = (self.tax + self.work) * noise;
        let mut record = timed(cell, repeat, p50);
        record.latency = Some(latency(p50, index));
        record.energy = Some(energy(p50, cell.batch));
        record.missing.remove("energy");
        if let Some(memory) = &mut record.memory {
            let weights = self.planned.model.parameters.unwrap_or_default() * 4;
            memory.peak_rss_bytes = Some(Bytes::from_bytes(40_000_000 + weights * 2));
        }
        if index.is_multiple_of(7) {
            let warmup_requests = 100 + index as u64;
            record.doubts.push(Doubt::Unsteady { warmup_requests });
        }
        if index.is_multiple_of(11) {
            record.doubts.push(Doubt::Tax {
                why: TaxDoubt::Threads { threads: 1 },
            });
        }
        record
    }

    fn profiled(&self, cell: &Cell, index: usize) -> Record {
        let kinds = [
            ("MatMul", 5.0),
            ("Gemm", 2.5),
            ("Conv", 2.0 * wobble(index)),
            ("Softmax", 0.9),
            ("Add", 0.8),
            ("LayerNormalization", 0.7),
            ("Gelu", 0.5),
            ("Transpose", 0.4),
            ("Reshape", 0.1),
            ("<script>", 0.05),
        ];
        let mut record = profiled(cell, Some(1.0 + 0.4 * wobble(index)), &kinds);
        if let Some(profile) = &mut record.profile {
            let rest = self.operators - self.operators / 10 * 9;
            for (place, kind) in profile.operators.iter_mut().enumerate() {
                kind.count = if place == 0 {
                    rest
                } else {
                    self.operators / 10
                };
                kind.flops = (place < 3).then_some(Flops::from_operations(1_000_000));
            }
        }
        record
    }

    fn of_this(&self, mut record: Record) -> Record {
        record.id.clone_from(&self.planned.id);
        record.model.clone_from(&self.planned.model);
        if let Some(runtime) = &mut record.runtime {
            let spec = self.planned.cell.adapter_spec();
            runtime.name = spec.split(['@', ':']).next().unwrap_or_default().to_owned();
            runtime
                .options
                .clone_from(&self.planned.cell.adapter_options);
        }
        record
    }
}

fn model_facts(like: ModelFacts, name: &str, flops: f64, operators: u64) -> ModelFacts {
    let sha256 = format!(
        "{:064x}",
        name.bytes()
            .fold(7u64, |hash, byte| hash.wrapping_mul(31) + u64::from(byte))
    );
    ModelFacts {
        name: name.to_owned(),
        sha256,
        operators: Some(operators),
        flops: Some(Flops::from_operations(flops as u64)),
        ..like
    }
}

/// Fast models have so many samples that even p99.9 is decided.
fn latency(p50: f64, index: usize) -> Latency {
    let mut latency = super::latency(p50);
    let around = |factor: f64| Percentile {
        value_ns: p50 * factor,
        low_ns: Some(p50 * factor * 0.985),
        high_ns: Some(p50 * factor * 1.02),
        tau: Some(1.0),
        effective_count: None,
    };
    if p50 < 5e7 {
        latency.p95 = Some(around(1.12));
        latency.p99 = Some(around(1.2 + 0.1 * wobble(index)));
    }
    if p50 < 1e6 {
        latency.p99_9 = Some(around(1.5 + 0.4 * wobble(index)));
        latency.max_ns = Some(Nanoseconds::from_nanos_f64(p50 * 3.0));
    }
    latency
}

fn energy(p50: f64, batch: u64) -> Energy {
    let per_sample = 35.0 * p50 * 1e-9 / batch as f64;
    Energy {
        sources: vec![EnergySource {
            source: "rapl:package".to_owned(),
            gross_j: Some(40.0),
            random_j: Some(0.6),
            window_s: 1.0,
            ..EnergySource::default()
        }],
        samples: Some(batch * 100),
        primary: Some("rapl:package".to_owned()),
        per_sample_j: Some(per_sample),
        above_idle_per_sample_j: Some(per_sample * 0.6),
        average_power_w: Some(35.0),
        ..Energy::default()
    }
}

/// From 0 to 1, always the same for one index.
fn wobble(index: usize) -> f64 {
    ((index as u64).wrapping_mul(2_654_435_761) % 1_009) as f64 / 1_009.0
}
