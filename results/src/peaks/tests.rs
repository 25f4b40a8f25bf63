//! Peaks as they are written, read back and told.

use tare_units::Rate;

use super::*;

fn spread(value: f64) -> Spread<BytesPerSecond> {
    let value = BytesPerSecond::from_per_s(value);
    Spread {
        value,
        low: value,
        high: value,
        repeats: 1,
    }
}

#[test]
fn a_level_gives_the_larger_of_reading_and_triad() {
    let peak = |read, triad| BandwidthPeak {
        device: "cpu".into(),
        level: "L2".into(),
        working_set_bytes: Bytes::from_mib(1),
        threads: 1,
        read_bytes_per_s: spread(read),
        triad_bytes_per_s: spread(triad),
    };
    assert_eq!(peak(2.0, 1.0).bytes_per_s().per_s(), 2.0);
    assert_eq!(peak(1.0, 3.0).bytes_per_s().per_s(), 3.0);
}

#[test]
fn a_spread_in_json_is_plain_numbers() {
    let json = serde_json::to_value(spread(1.5)).unwrap();
    let expected = serde_json::json!({"value": 1.5, "low": 1.5, "high": 1.5, "repeats": 1});
    assert_eq!(json, expected);
    let back: Spread<BytesPerSecond> = serde_json::from_value(json).unwrap();
    assert_eq!(back, spread(1.5));
}

#[test]
fn peaks_without_devices_read_as_before() {
    let json = serde_json::json!({
        "schema": PEAKS_SCHEMA, "method": 1, "machine": "f", "calibrated_at": "", "compute": [],
        "bandwidth": [], "probes": [], "timing": null, "doubts": [], "missing": {},
    });
    let back: Peaks = serde_json::from_value(json).unwrap();
    assert!(back.transfers.is_empty() && back.launches.is_empty());
}
