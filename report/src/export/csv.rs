//! A row a summary, the same columns always: the dotted paths, with maps and lists as JSON and nothing for `null`.
//!
//! Of a profile and of fidelity, the lists by operator and by output are left to JSON.

use serde_json::Value;

use super::{ExportError, Exporter};
use crate::summary::Summary;

/// `csv`.
pub struct Csv;

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn export(&self, summaries: &[Summary]) -> Result<Vec<u8>, ExportError> {
        let failed = |reason: &dyn std::fmt::Display| ExportError::write("CSV", reason);
        let columns = columns();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&columns).map_err(|e| failed(&e))?;
        for summary in summaries {
            let value = serde_json::to_value(summary).map_err(|e| failed(&e))?;
            let cells = columns.iter().map(|path| cell(&value, path));
            writer.write_record(cells).map_err(|e| failed(&e))?;
        }
        writer.into_inner().map_err(|e| failed(&e))
    }
}

/// Groups of fields; an empty name is the top.
const GROUPS: &[(&str, &[&str])] = &[
    ("", &["schema", "id", "run", "created"]),
    (
        "producer",
        &["version", "commit", "profile", "binary_sha256"],
    ),
    (
        "cell",
        &[
            "model",
            "adapter",
            "adapter_options",
            "scenario",
            "scenario_options",
            "batch",
            "shape",
            "precision",
            "device",
            "threads",
            "seed",
        ],
    ),
    ("", &["repeats"]),
    (
        "model",
        &[
            "name",
            "sha256",
            "format",
            "opset",
            "parameters",
            "operators",
            "flops",
            "macs_paper",
            "bytes_min",
            "bytes_unfused",
            "input_bytes",
            "output_bytes",
            "peak_activation_bytes",
        ],
    ),
    (
        "runtime",
        &[
            "name",
            "version",
            "library_sha256",
            "dispatched_calls",
            "options",
        ],
    ),
    ("machine", &["fingerprint"]),
    (
        "machine.cpu",
        &[
            "model",
            "architecture",
            "identity",
            "microcode",
            "sockets",
            "cores",
            "smt",
            "logical_cpus",
            "allowed_cpus",
            "allowed_cores",
            "isolated_cpus",
            "numa_nodes",
            "allowed_numa_nodes",
            "min_frequency_khz",
            "base_frequency_khz",
            "max_frequency_khz",
            "frequency_limit_khz",
            "caches",
            "extensions",
        ],
    ),
    (
        "machine.memory",
        &["total_bytes", "swap_bytes", "allowed_numa_nodes"],
    ),
    ("machine", &["gpus"]),
    (
        "machine.os",
        &["name", "kernel", "distribution", "c_library"],
    ),
    (
        "machine.environment",
        &[
            "hypervisor",
            "container",
            "cpu_limit_millis",
            "memory_limit_bytes",
            "memory_high_bytes",
            "tasks_limit",
            "governor",
            "frequency_driver",
            "energy_preference",
            "turbo",
            "mitigations",
            "numa_balancing",
            "transparent_huge_pages",
            "clock_source",
        ],
    ),
    ("machine", &["missing"]),
    ("tuned", &["changed", "left"]),
    (
        "peaks",
        &[
            "flops_per_s",
            "bytes_per_s",
            "level",
            "h2d_bytes_per_s",
            "d2h_bytes_per_s",
            "calibrated_at",
        ],
    ),
    ("probe.before", PROBED),
    ("probe.after", PROBED),
    ("harness", &["p50_ns", "p99_ns", "clock_ns", "run_delay_ns"]),
    (
        "load",
        &["load_ns", "first_inference_ns", "warmup_requests", "steady"],
    ),
    ("latency", MOMENTS),
    ("latency.p50", BOUNDED),
    ("latency.p90", BOUNDED),
    ("latency.p95", BOUNDED),
    ("latency.p99", BOUNDED),
    ("latency.p99_9", BOUNDED),
    ("effective_latency", MOMENTS),
    ("effective_latency.p50", BOUNDED),
    ("effective_latency.p90", BOUNDED),
    ("effective_latency.p95", BOUNDED),
    ("effective_latency.p99", BOUNDED),
    ("effective_latency.p99_9", BOUNDED),
    (
        "throughput",
        &[
            "samples_per_s",
            "pipelined_samples_per_s",
            "offered_per_s",
            "achieved_per_s",
        ],
    ),
    (
        "schedule",
        &[
            "skew_p50_ns",
            "skew_p90_ns",
            "skew_p95_ns",
            "skew_p99_ns",
            "skew_p99_9_ns",
            "skew_max_ns",
        ],
    ),
    ("batches", &["smallest", "mean", "largest", "first_met"]),
    (
        "serving",
        &[
            "workers",
            "due",
            "done",
            "rejected",
            "timed_out",
            "errors",
            "never_sent",
            "most_waiting",
            "mean_batch",
            "goodput_per_s",
            "saturated",
        ],
    ),
    (
        "serving.objective",
        &["percentile", "bound_ns", "over", "effective_count", "met"],
    ),
    (
        "serving.search",
        &[
            "kept_per_s",
            "missed_per_s",
            "trials",
            "tried",
            "confidence",
            "ended",
        ],
    ),
    (
        "decision",
        &[
            "percentile",
            "decided",
            "wanted",
            "reach",
            "value_ns",
            "low_ns",
            "high_ns",
            "confidence",
            "looks",
            "count",
        ],
    ),
    (
        "memory",
        &[
            "before_load_rss_bytes",
            "before_load_pss_bytes",
            "after_load_rss_bytes",
            "after_load_pss_bytes",
            "after_run_rss_bytes",
            "after_run_pss_bytes",
            "peak_rss_bytes",
            "run_peak_rss_bytes",
            "peak_rss_of",
            "ended_child_peak_rss_bytes",
            "peak_pss_bytes",
            "cgroup_peak_bytes",
            "cgroup_other_processes",
            "peak_vram_process_bytes",
            "peak_vram_device_bytes",
            "major_faults",
            "minor_faults",
        ],
    ),
    (
        "counters",
        &[
            "wall_ns",
            "cpu_ns",
            "issuing_cpu_ns",
            "user_ns",
            "system_ns",
            "mean_threads",
            "threads_used",
            "threads_ran",
            "threads_ended",
            "voluntary_switches",
            "involuntary_switches",
        ],
    ),
    ("counters.instructions", COUNTED),
    ("counters.cycles", COUNTED),
    ("counters.cache_misses", COUNTED),
    ("counters.task_clock_ns", COUNTED),
    ("counters.context_switches", COUNTED),
    ("counters.page_faults", COUNTED),
    ("counters.cpu_migrations", COUNTED),
    (
        "energy",
        &[
            "samples",
            "stretched",
            "primary",
            "per_sample_j",
            "above_idle_per_sample_j",
            "average_power_w",
            "sources",
        ],
    ),
    ("tax", TAX),
    ("tax.peak_rss_bytes", WEIGHED),
    ("tax.load_ns", WEIGHED),
    ("tax.first_inference_ns", WEIGHED),
    ("tax.above_idle_j", WEIGHED),
    (
        "twin",
        &[
            "repeats",
            "latency_p50_ns",
            "load_ns",
            "first_inference_ns",
            "peak_rss_bytes",
            "above_idle_j",
        ],
    ),
    ("profile", &["perturbation", "requests", "latency_p50_ns"]),
    ("profile.device.busy_ns", BOUNDED),
    ("profile.device", &["intervals"]),
    (
        "fidelity",
        &["reference", "max_abs", "max_relative", "atol", "rtol"],
    ),
    ("", &["doubts", "verdict", "reasons", "missing", "samples"]),
];

const MOMENTS: &[&str] = &["count", "failed", "mean_ns", "std_ns", "min_ns", "max_ns"];
const PROBED: &[&str] = &[
    "precision",
    "threads",
    "kernel",
    "flops_per_s",
    "bytes_per_s",
];
const TAX: &[&str] = &[
    "method",
    "latency_ns",
    "floor_ns",
    "floor_low_ns",
    "floor_high_ns",
    "floor_term",
    "inefficiency_ns",
    "inefficiency_low_ns",
    "inefficiency_high_ns",
    "algorithmic",
    "tax_ns",
    "tax_low_ns",
    "tax_high_ns",
    "kernel_ns",
    "kernel_low_ns",
    "kernel_high_ns",
    "tax_fraction",
    "tax_fraction_low",
    "tax_fraction_high",
    "class",
    "operators_executed",
    "twin_operators_executed",
    "rung",
    "hollowness",
    "elements_ratio",
    "residual_ns",
    "predicted_tax_ns",
    "predicted_tax_low_ns",
    "predicted_tax_high_ns",
];
const WEIGHED: &[&str] = &["gross", "tare", "net"];
const COUNTED: &[&str] = &["value", "counted_share", "user_space_only"];
const BOUNDED: &[&str] = &["value_ns", "low_ns", "high_ns", "effective_count"];

fn columns() -> Vec<String> {
    let paths = |(group, fields): &(&str, &[&str])| {
        let path = |field: &&str| match *group {
            "" => (*field).to_owned(),
            group => format!("{group}.{field}"),
        };
        fields.iter().map(path).collect::<Vec<_>>()
    };
    GROUPS.iter().flat_map(paths).collect()
}

fn cell(value: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(value, |value, key| value.get(key));
    match found {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
