//! Runs and records with plausible figures, for the tests of whatever reads them.
#![allow(
    dead_code,
    reason = "each test program that includes this uses a part of it"
)]

use std::collections::BTreeMap;

use tare_results::*;
use tare_units::{Bytes, BytesPerSecond, Flops, FlopsPerSecond, Nanoseconds, Rate};

/// The hash of the builder's model.
pub const MODEL: &str = "5f1d6e6b1a0c4d7c9b0a8e3f2d1c0b9a8f7e6d5c4b3a29180716253443526170";

/// A cell of MiniLM under rten.
pub fn cell(batch: u64) -> Cell {
    Cell {
        model: "minilm-l6".into(),
        adapter: "rten".into(),
        adapter_options: BTreeMap::new(),
        scenario: "single-stream".into(),
        scenario_options: BTreeMap::new(),
        batch,
        shape: BTreeMap::from([("seq".into(), 128)]),
        precision: "fp32".into(),
        device: "cpu".into(),
        threads: 1,
        seed: 0,
    }
}

/// What is known of the model at `batch`: 2.87 GFLOP a sample.
pub fn model(batch: u64) -> ModelFacts {
    ModelFacts {
        name: "minilm-l6".into(),
        sha256: MODEL.into(),
        format: "onnx".into(),
        opset: Some(17),
        parameters: Some(22_713_216),
        operators: Some(178),
        flops: Some(Flops::from_macs(1_434_451_968 * batch)),
        macs_paper: Some(1_359_000_000 * batch),
        bytes_min: Some(Bytes::from_mib(42 + batch)),
        bytes_unfused: Some(Bytes::from_mib(42 + 30 * batch)),
        input_bytes: Some(Bytes::from_bytes(3_072 * batch)),
        output_bytes: Some(Bytes::from_bytes(196_608 * batch)),
        peak_activation_bytes: Some(Bytes::from_mib(3 * batch)),
    }
}

/// A cell of the plan.
pub fn planned(cell: Cell) -> PlannedCell {
    PlannedCell {
        id: cell.id(MODEL),
        model: model(cell.batch),
        model_path: "/cache/minilm-l6.onnx".into(),
        inputs: Vec::new(),
        cell,
    }
}

/// A run of `cells`, five repeats each.
pub fn run(id: &str, cells: Vec<Cell>) -> Run {
    Run {
        schema: RUN_SCHEMA.into(),
        id: id.into(),
        created: "2026-11-21T10:46:56.123Z".into(),
        producer: producer(),
        machine: machine(),
        suite: None,
        repeats: 5,
        duration_ns: Nanoseconds::from_secs(1),
        max_requests: 1_000_000,
        deadline_ns: Nanoseconds::from_secs(60),
        memory_limit_bytes: None,
        reference: None,
        profile: false,
        twins: false,
        checks: Checking::default(),
        strict: Vec::new(),
        probes: true,
        energy_bound: Some(0.02),
        meter: None,
        meter_accuracy: None,
        findings: Vec::new(),
        tuned: None,
        left_out: Vec::new(),
        side: None,
        cells: cells.into_iter().map(planned).collect(),
    }
}

/// A repeat of `cell` that ended well: a median of 30 ms, 33 requests, no p99.
pub fn record(run: &str, cell: Cell, repeat: u64) -> Record {
    Record {
        schema: RECORD_SCHEMA.into(),
        id: cell.id(MODEL),
        run: run.into(),
        created: format!("2026-11-21T10:47:{:02}.000Z", repeat % 60),
        producer: producer(),
        kind: Kind::Measurement,
        repeat,
        model: model(cell.batch),
        runtime: Some(runtime()),
        machine: machine().fingerprint,
        peaks: Some(peaks()),
        probe: Some(probes()),
        harness: Some(HarnessCost {
            p50_ns: 62.0,
            p99_ns: Some(81.0),
            clock_ns: 24.5,
            run_delay_ns: None,
        }),
        load: Some(load()),
        latency: Some(latency(30_000_000.0)),
        batches: None,
        effective_latency: Some(latency(29_900_000.0)),
        throughput: Some(Throughput {
            samples_per_s: Some(33.0 * cell.batch as f64),
            ..Throughput::default()
        }),
        schedule: Some(skew()),
        serving: None,
        decision: None,
        memory: Some(memory()),
        counters: None,
        energy: None,
        twin: None,
        profile: None,
        fidelity: Some(fidelity()),
        doubts: Vec::new(),
        verdict: Verdict::Valid,
        reasons: Vec::new(),
        wrong_outputs: Vec::new(),
        missing: missing(),
        failure: None,
        samples: Some(samples(&cell, repeat)),
        cell,
    }
}

fn samples(cell: &Cell, repeat: u64) -> SampleFile {
    SampleFile {
        path: format!("samples/{}-{repeat}.npy", &cell.id(MODEL)[..16]),
        count: 33,
        delays: None,
    }
}

fn peaks() -> CellPeaks {
    CellPeaks {
        flops_per_s: FlopsPerSecond::from_per_s(1.2e11),
        bytes_per_s: BytesPerSecond::from_per_s(1.5e10),
        level: "DRAM".into(),
        h2d_bytes_per_s: None,
        d2h_bytes_per_s: None,
        calibrated_at: "2026-11-21T09:00:00Z".into(),
    }
}

fn probes() -> ProbesBeside {
    ProbesBeside {
        before: Some(probed(1e11)),
        after: Some(probed(0.98e11)),
    }
}

fn probed(flops_per_s: f64) -> ProbeReading {
    ProbeReading {
        precision: "fp32".into(),
        threads: 1,
        kernel: "fma-avx512".into(),
        flops_per_s: FlopsPerSecond::from_per_s(flops_per_s),
        bytes_per_s: BytesPerSecond::from_per_s(1.4e10),
    }
}

fn skew() -> ScheduleSkew {
    ScheduleSkew {
        skew_p50_ns: Nanoseconds::from_nanos(80),
        skew_p90_ns: Some(Nanoseconds::from_nanos(120)),
        skew_p95_ns: Some(Nanoseconds::from_nanos(150)),
        skew_p99_ns: Nanoseconds::from_nanos(200),
        skew_p99_9_ns: None,
        skew_max_ns: Nanoseconds::from_nanos(900),
    }
}

fn load() -> Load {
    Load {
        load_ns: Nanoseconds::from_millis(120),
        first_inference_ns: Some(Nanoseconds::from_millis(45)),
        warmup_requests: 12,
        steady: true,
    }
}

/// 33 requests around `p50`: too few for a p99.
pub fn latency(p50: f64) -> Latency {
    let around = |factor: f64| Percentile {
        value_ns: p50 * factor,
        low_ns: Some(p50 * factor * 0.99),
        high_ns: Some(p50 * factor * 1.01),
        tau: Some(1.0),
        effective_count: Some(33.0),
    };
    Latency {
        count: 33,
        failed: 0,
        mean_ns: Some(p50),
        std_ns: Some(p50 * 0.05),
        min_ns: Some(Nanoseconds::from_nanos_f64(p50 * 0.9)),
        max_ns: Some(Nanoseconds::from_nanos_f64(p50 * 1.25)),
        p50: Some(around(1.0)),
        p90: Some(around(1.1)),
        p95: None,
        p99: None,
        p99_9: None,
    }
}

fn missing() -> Missing {
    let few = |path: &str, needed: u64| (path.to_owned(), format!("33 of {needed} samples"));
    let no_device = |path: &str| (path.to_owned(), "no NVIDIA driver".to_owned());
    Missing::from([
        few("latency.p95", 72),
        few("latency.p99", 368),
        few("latency.p99_9", 3_688),
        (
            "harness.run_delay_ns".to_owned(),
            "reading it costs too much".to_owned(),
        ),
        ("energy".to_owned(), "no source".to_owned()),
        ("counters".to_owned(), "no counters here".to_owned()),
        (
            "runtime.dispatched_calls".to_owned(),
            "the library walks the model itself".to_owned(),
        ),
        no_device("memory.peak_vram_device_bytes"),
        no_device("memory.peak_vram_process_bytes"),
    ])
}

/// An output of 49,152 values close to ONNX Runtime's.
pub fn fidelity() -> Fidelity {
    Fidelity {
        reference: "onnxruntime 1.31.1".into(),
        max_abs: 3.1e-6,
        max_relative: 4.2e-6,
        atol: 1e-4,
        rtol: 1e-3,
        outputs: vec![OutputFidelity {
            name: "last_hidden_state".into(),
            count: 49_152,
            beyond: 0,
            scale: 0.81,
            max_abs: 3.1e-6,
            max_relative: 4.2e-6,
        }],
    }
}

fn memory() -> Memory {
    Memory {
        before_load_rss_bytes: Some(Bytes::from_mib(11)),
        after_load_rss_bytes: Some(Bytes::from_mib(180)),
        peak_rss_bytes: Some(Bytes::from_mib(196)),
        peak_pss_bytes: Some(Bytes::from_mib(190)),
        major_faults: Some(0),
        minor_faults: Some(4_096),
        ..Memory::default()
    }
}

fn runtime() -> Runtime {
    let option = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Runtime {
        name: "rten".into(),
        version: "0.27.0".into(),
        library_sha256: None,
        dispatched_calls: None,
        options: BTreeMap::from([option("optimize", "true"), option("prepack", "true")]),
    }
}

fn producer() -> Producer {
    Producer {
        version: "0.1.0".into(),
        commit: Some("52280e3".into()),
        profile: "release".into(),
        binary_sha256: None,
    }
}

fn machine() -> Machine {
    Machine {
        fingerprint: "9a3e1b40c7d25f86".repeat(4),
        cpu: Cpu {
            model: Some("Intel(R) Xeon(R) Processor".into()),
            architecture: "x86_64".into(),
            identity: Some("GenuineIntel 6-143-8".into()),
            microcode: None,
            sockets: Some(1),
            cores: Some(2),
            logical_cpus: Some(2),
            allowed_cpus: Some(2),
            allowed_cores: Some(2),
            allowed_numa_nodes: Some(1),
            isolated_cpus: Some(0),
            smt: Some(false),
            numa_nodes: Some(1),
            min_frequency_khz: None,
            base_frequency_khz: None,
            max_frequency_khz: None,
            frequency_limit_khz: None,
            caches: vec![Cache {
                level: 1,
                kind: "data".into(),
                size_bytes: Bytes::from_bytes(49_152),
                shared_by: Some(1),
            }],
            extensions: vec!["avx2".into(), "fma".into()],
        },
        memory: MemoryFacts {
            total_bytes: Some(Bytes::from_mib(24_576)),
            swap_bytes: Some(Bytes::from_bytes(0)),
            allowed_numa_nodes: Some(1),
        },
        gpus: Vec::new(),
        os: OperatingSystem {
            name: "Linux".into(),
            kernel: Some("6.12.0".into()),
            distribution: Some("Debian GNU/Linux 12 (bookworm)".into()),
            c_library: None,
        },
        environment: Environment::default(),
        missing: BTreeMap::from([("cpu.microcode".into(), "not readable".into())]),
    }
}
