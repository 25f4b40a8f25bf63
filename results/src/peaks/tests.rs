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
fn a_doubt_is_data_with_its_name_and_reads_as_a_sentence() {
    let doubt = PeaksDoubt::ProbesDisagree {
        figure: "flops_per_s".into(),
        before: 1.0,
        after: 0.8,
    };
    let json = serde_json::to_value(&doubt).unwrap();
    assert_eq!(json["doubt"], "probes-disagree");
    assert_eq!(serde_json::from_value::<PeaksDoubt>(json).unwrap(), doubt);
    assert_eq!(
        doubt.to_string(),
        "the machine changed during the repeat: flops_per_s was 100% of the calibrated before and 80% after"
    );
}

#[test]
fn a_doubt_of_a_device_names_it_and_reads_back() {
    let doubt = PeaksDoubt::OfDevice {
        device: "cuda:1".into(),
        about: Box::new(PeaksDoubt::FewerRepeats {
            have: 2,
            planned: 9,
        }),
    };
    let json = serde_json::to_value(&doubt).unwrap();
    assert_eq!(json["about"]["doubt"], "fewer-repeats");
    assert_eq!(serde_json::from_value::<PeaksDoubt>(json).unwrap(), doubt);
    assert!(
        doubt
            .to_string()
            .starts_with("cuda:1: time was up after 2 of 9"),
        "{doubt}"
    );
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

#[test]
fn a_later_version_s_doubt_does_not_hide_the_peaks() {
    let json = serde_json::json!({"doubt": "eclipse", "share": 1});
    let back: PeaksDoubt = serde_json::from_value(json).unwrap();
    assert_eq!(back, PeaksDoubt::Unknown);
}
