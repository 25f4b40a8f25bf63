//! How fast a thread of this machine executes models, before any was executed: a share of what it was measured to do.

use tare_results::Peaks;
use tare_units::{BytesPerSecond, FlopsPerSecond, Rate};

/// The share of a kernel's best rate that whole models reach with one thread, as a rule. Over 46 cells of 20 MFLOP and more
/// (four models, four frameworks) on a processor whose best kernel reaches 217 GFLOP/s it lay between 0.12 and 0.70, half of
/// them between 0.30 and 0.48.
const SHARE: f64 = 0.4;
/// The share of the bandwidth of memory beyond the caches.
const BANDWIDTH_SHARE: f64 = 0.8;
/// Arithmetic of one thread: what a modest core reaches with small matrices.
const MODEST_FLOPS_PER_S: f64 = 25e9;
/// Bytes a second that operators read and write on such a core.
const MODEST_BYTES_PER_S: f64 = 4e9;

/// Rates of one thread of the processor in 32-bit floats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// What models are taken to reach.
    pub flops_per_s: FlopsPerSecond,
    /// What operators are taken to read and write.
    pub bytes_per_s: BytesPerSecond,
    /// Of which rate of this machine the first is a share, and which share; `None` where none was measured.
    pub measured: Option<(FlopsPerSecond, f64)>,
}

impl Rates {
    /// Of a modest core, where nothing is known of this machine.
    pub fn assumed() -> Self {
        Self {
            flops_per_s: FlopsPerSecond::from_per_s(MODEST_FLOPS_PER_S),
            bytes_per_s: BytesPerSecond::from_per_s(MODEST_BYTES_PER_S),
            measured: None,
        }
    }

    /// From what one thread of this machine was measured to do; assumed where that was not measured.
    pub fn of(peaks: &Peaks) -> Self {
        let assumed = Self::assumed();
        let mut compute = peaks.compute.iter();
        let Some(best) = compute.find(|peak| {
            (peak.device.as_str(), peak.precision.as_str(), peak.threads) == ("cpu", "fp32", 1)
        }) else {
            return assumed;
        };
        let own = peaks.bandwidth.iter();
        let own = own.filter(|peak| peak.device == "cpu" && peak.threads == 1);
        let largest = own.max_by_key(|peak| peak.working_set_bytes);
        let bandwidth = largest.map(|peak| peak.bytes_per_s().scaled(BANDWIDTH_SHARE));
        Self {
            flops_per_s: best.flops_per_s.scaled(SHARE),
            bytes_per_s: bandwidth.unwrap_or(assumed.bytes_per_s),
            measured: Some((best.flops_per_s, SHARE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn peaks(compute: serde_json::Value) -> Peaks {
        let spread =
            |value: f64| json!({"value": value, "low": value, "high": value, "repeats": 1});
        let bandwidth = |bytes: u64, rate: f64, threads: u64| {
            json!({
                "device": "cpu", "level": "L3", "working_set_bytes": bytes, "threads": threads,
                "read_bytes_per_s": spread(rate), "triad_bytes_per_s": spread(rate / 2.0),
            })
        };
        let mut peaks = Peaks::none(2, "any", "2026-11-22T00:00:00Z");
        peaks.compute = serde_json::from_value(compute).expect("compute");
        let bandwidths = [
            bandwidth(1 << 10, 9e10, 1),
            bandwidth(1 << 30, 1e10, 1),
            bandwidth(1 << 31, 9e9, 2),
        ];
        peaks.bandwidth = serde_json::from_value(json!(bandwidths)).expect("bandwidth");
        peaks
    }

    fn compute(device: &str, precision: &str, threads: u64, rate: f64) -> serde_json::Value {
        json!({
            "device": device, "precision": precision, "threads": threads, "flops_per_s": rate, "kernel": "fma", "kernels": [],
        })
    }

    #[test]
    fn rates_are_shares_of_what_one_thread_of_the_processor_was_measured_to_do() {
        let all = json!([
            compute("cuda:0", "fp32", 1, 9e13),
            compute("cpu", "bf16", 1, 9e12),
            compute("cpu", "fp32", 2, 4e11),
            compute("cpu", "fp32", 1, 2e11),
        ]);
        let rates = Rates::of(&peaks(all));
        assert_eq!(rates.flops_per_s.per_s(), 2e11 * SHARE);
        assert_eq!(rates.bytes_per_s.per_s(), 1e10 * BANDWIDTH_SHARE);
        assert_eq!(
            rates.measured,
            Some((FlopsPerSecond::from_per_s(2e11), SHARE))
        );
    }

    #[test]
    fn where_the_processor_was_not_measured_a_modest_core_is_assumed() {
        let gpu = json!([compute("cuda:0", "fp32", 1, 9e13)]);
        assert_eq!(Rates::of(&peaks(gpu)), Rates::assumed());
        assert_eq!(Rates::assumed().measured, None);
    }
}
