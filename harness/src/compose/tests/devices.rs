//! Records of profiled passes in which a device was watched.

use tare_results::{DeviceMeans, DeviceTime};

use super::*;

/// A profile of a framework that tells of no operators, on a device that was watched.
fn watched() -> Profile {
    let busy = built::latency(2e6).p50.expect("a median");
    let device = DeviceTime {
        latency_p50_ns: Some(3e6),
        ..DeviceTime::of_busy(busy, 7, DeviceMeans::Cupti)
    };
    Profile {
        operators: Vec::new(),
        device: Some(device),
        ..profile()
    }
}

#[test]
fn how_much_watching_a_device_slows_down_is_told_or_why_nobody_knows() {
    let perturbation = |record: &Record| {
        let device = record.profile.as_ref()?.device.as_ref()?;
        device.perturbation
    };
    let known = profiling(Ok(watched()), Some(2e6));
    assert_eq!(perturbation(&known), Some(1.5));
    assert!(!known.missing.contains_key("profile.operators.flops"));
    let unknown = profiling(Ok(watched()), None);
    assert_eq!(perturbation(&unknown), None);
    assert_eq!(
        unknown.missing["profile.device.perturbation"],
        "no repeat of the cell has a median latency"
    );
}
