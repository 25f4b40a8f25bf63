//! The profiled pass on a GPU under the simulated clock: what a tracer saw is told for every framework alike, what it cannot
//! see has a reason, and on the host nothing is looked for.

mod common;
#[path = "common/tracer.rs"]
mod tracer;

use std::sync::{Arc, Mutex};

use common::{Phases, job};
use tare_adapter_api::Device;
use tare_adapter_fake::Fake;
use tare_harness::perform_traced;
use tare_harness::protocol::{Effort, Given, Job, Purpose};
use tare_results::{DeviceMeans, Missing, Phase, Profile};
use tare_units::Nanoseconds;
use tracer::Seeing;

fn profiling(options: &[(&str, &str)], device: Device) -> Job {
    let mut job = job(options);
    job.load.device = device;
    job.purpose = Purpose::Profile(Effort {
        duration_ns: Nanoseconds::from_secs(1),
        max_requests: 20,
        trace: true,
    });
    job
}

fn profiled(job: &Job, tracer: &Seeing) -> (Result<Profile, String>, Missing) {
    let fake = Fake::new(tracer.clock.clone());
    let mut phases = Phases::default();
    let outcome = perform_traced(&fake, job, &tracer.clock, &mut phases, tracer);
    assert_eq!(
        phases
            .0
            .iter()
            .filter(|phase| **phase == Phase::Run)
            .count(),
        1
    );
    match outcome.expect("ends well").given {
        Given::Profiled {
            profile, missing, ..
        } => (profile.map(|profile| *profile), missing),
        other => panic!("{other:?}"),
    }
}

const GPU: Device = Device::Cuda(0);
const ASYNCHRONOUS: &[(&str, &str)] = &[
    ("run", "1ms"),
    ("profiler", "1.5"),
    ("mode", "asynchronous"),
    ("work", "2ms"),
];

#[test]
fn a_framework_that_tells_of_operators_has_them_beside_what_the_device_did() {
    let tracer = Seeing::default();
    let job = profiling(&[("run", "10ms"), ("profiler", "1.5")], GPU);
    let (profile, missing) = profiled(&job, &tracer);
    let profile = profile.expect("offered");
    assert_eq!((profile.latency_p50_ns, profile.operators.len()), (15e6, 2));
    let device = profile.device.expect("traced");
    assert_eq!(device.means, DeviceMeans::Cupti);
    assert_eq!(
        device.latency_p50_ns,
        Some(10e6),
        "not under the framework's profiler"
    );
    assert_eq!((device.busy_ns.value_ns, device.idle_ns), (3e6, Some(7e6)));
    let kernels = device.kernels.expect("traced");
    assert_eq!((kernels.count, kernels.mean_ns), (2, 1.5e6));
    assert_eq!(kernels.launch_delay_ns, 2e6 + 4e6);
    let counts = device.activities.expect("traced");
    assert_eq!(
        (counts.recorded, counts.lost()),
        (40, 0),
        "warm ones among them"
    );
    assert_eq!(missing, Missing::new());
    assert_eq!(*tracer.said.lock().unwrap(), ["attach", "begin", "end"]);
}

#[test]
fn a_framework_without_a_profiler_still_has_its_device_watched() {
    let tracer = Seeing::default();
    let (profile, missing) = profiled(&profiling(&[("run", "10ms")], GPU), &tracer);
    let profile = profile.expect("the device was watched");
    assert_eq!((profile.requests, profile.latency_p50_ns), (17, 10e6));
    assert_eq!((profile.operators.len(), profile.nodes.len()), (0, 0));
    assert_eq!(profile.device.expect("traced").busy_ns.value_ns, 3e6);
    assert_eq!(
        missing["profile.operators"],
        "this adapter does not offer a profile by operator"
    );
}

#[test]
fn a_library_that_only_the_framework_brings_is_found_after_loading() {
    let tracer = Seeing {
        refusals: Arc::new(Mutex::new(vec!["not found".to_owned()])),
        ..Seeing::default()
    };
    let (profile, _) = profiled(&profiling(&[("run", "10ms")], GPU), &tracer);
    assert!(profile.expect("the device was watched").device.is_some());
    assert_eq!(tracer.said.lock().unwrap()[..2], ["attach", "attach"]);
}

fn refusing() -> Seeing {
    let reason = || "no permission".to_owned();
    Seeing {
        refusals: Arc::new(Mutex::new(vec![reason(), reason()])),
        ..Seeing::default()
    }
}

#[test]
fn what_the_framework_tells_of_its_device_stands_in_with_the_tracer_s_reason() {
    let (profile, missing) = profiled(&profiling(ASYNCHRONOUS, GPU), &refusing());
    let device = profile.expect("offered").device.expect("the fake tells");
    assert_eq!(device.means, DeviceMeans::Events);
    assert_eq!(device.kernels, None);
    for part in ["kernels", "copies", "activities"] {
        assert_eq!(missing[&format!("profile.device.{part}")], "no permission");
    }
}

#[test]
fn where_neither_tells_the_reason_stands_in_the_place_of_the_device() {
    let job = profiling(&[("run", "10ms"), ("profiler", "1")], GPU);
    let (profile, missing) = profiled(&job, &refusing());
    assert_eq!(profile.expect("offered").device, None);
    assert_eq!(missing["profile.device"], "no permission");
    let failing = Seeing {
        fails_at_end: true,
        ..Seeing::default()
    };
    let (profile, missing) = profiled(&profiling(&[("run", "10ms")], GPU), &failing);
    assert_eq!(
        profile,
        Err("this adapter does not offer a profile by operator".to_owned())
    );
    assert_eq!(missing["profile.device"], "the device was lost");
}

#[test]
fn long_requests_are_watched_as_often_as_decides_a_median_and_no_longer() {
    let tracer = Seeing::default();
    let (profile, _) = profiled(&profiling(&[("run", "400ms")], GPU), &tracer);
    assert_eq!(profile.expect("the device was watched").requests, 10);
}

#[test]
fn what_was_dropped_is_told() {
    let tracer = Seeing {
        dropped: 9,
        ..Seeing::default()
    };
    let (profile, _) = profiled(&profiling(&[("run", "10ms")], GPU), &tracer);
    let device = profile.expect("the device was watched").device;
    let counts = device.and_then(|device| device.activities).expect("traced");
    assert_eq!((counts.dropped, counts.lost()), (9, 9));
}

#[test]
fn on_the_host_and_where_operators_are_only_counted_nobody_attaches() {
    let tracer = Seeing::default();
    let options = [("run", "10ms"), ("profiler", "1")];
    let (profile, missing) = profiled(&profiling(&options, Device::Cpu), &tracer);
    assert_eq!(
        (profile.expect("offered").device, missing),
        (None, Missing::new())
    );
    let mut counting = profiling(&options, GPU);
    counting.purpose = Purpose::Profile(Effort {
        duration_ns: Nanoseconds::from_millis(100),
        max_requests: 3,
        trace: false,
    });
    profiled(&counting, &tracer).0.expect("offered");
    assert!(tracer.said.lock().unwrap().is_empty());
}

#[test]
fn a_framework_on_the_host_s_side_of_its_device_tells_by_its_own_account() {
    let tracer = Seeing::default();
    let (profile, missing) = profiled(&profiling(ASYNCHRONOUS, Device::Cpu), &tracer);
    let device = profile.expect("offered").device.expect("the fake tells");
    assert_eq!(device.means, DeviceMeans::Framework);
    let idle = device.latency_p50_ns.expect("timed") - device.busy_ns.value_ns;
    assert_eq!(device.idle_ns, Some(idle));
    assert!(missing["profile.device.kernels"].starts_with("the framework tells when"));
}
