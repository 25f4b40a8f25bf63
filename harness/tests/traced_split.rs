//! From a tracer's records to the split of a latency: the profiled pass under the simulated clock, its record, its summary.

#[path = "../../results/tests/common/mod.rs"]
mod built;
mod common;
#[path = "common/tracer.rs"]
mod tracer;

use common::{Phases, job};
use tare_adapter_api::Device;
use tare_adapter_fake::Fake;
use tare_harness::perform_traced;
use tare_harness::protocol::{Effort, Given, Purpose};
use tare_report::summarise;
use tare_results::{Kind, Profile, Record, TaxMethod};
use tare_units::{Nanoseconds, SignedNanoseconds};
use tracer::Seeing;

const RUN: &str = "20261121-104656-3f9a";

/// The profile of a framework that tells of no operators, whose requests take 10 ms, of which two kernels take 3 ms.
fn traced() -> Profile {
    let tracer = Seeing::default();
    let mut job = job(&[("run", "10ms")]);
    job.load.device = Device::Cuda(0);
    job.purpose = Purpose::Profile(Effort {
        duration_ns: Nanoseconds::from_secs(1),
        max_requests: 100,
        trace: true,
    });
    let fake = Fake::new(tracer.clock.clone());
    let clock = tracer.clock.clone();
    let done = perform_traced(&fake, &job, &clock, &mut Phases::default(), &tracer);
    match done.expect("ends well").given {
        Given::Profiled { profile, .. } => *profile.expect("the device was watched"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_tax_of_a_gpu_is_what_the_union_of_its_kernels_leaves_of_the_unprofiled_latency() {
    let mut cell = built::cell(1);
    cell.device = "cuda:0".to_owned();
    let of = |kind, repeat: u64| -> Record {
        let mut record = built::record(RUN, cell.clone(), repeat);
        record.kind = kind;
        record
    };
    let mut records = Vec::new();
    for (repeat, p50) in [9.9e6, 10e6, 10.1e6].into_iter().enumerate() {
        let mut measured = of(Kind::Measurement, repeat as u64);
        measured.latency = Some(built::latency(p50));
        let mut profiled = of(Kind::Profile, repeat as u64);
        (profiled.latency, profiled.profile) = (None, Some(traced()));
        records.extend([measured, profiled]);
    }
    let mut run = built::run(RUN, vec![cell.clone()]);
    (run.repeats, run.profile) = (3, true);
    let summary = summarise(&run, &records).remove(0);
    let tax = summary.tax.expect("a split");
    assert_eq!(tax.method, TaxMethod::DeviceIntervals);
    let whole = SignedNanoseconds::from_nanos;
    assert_eq!(
        (tax.tax_ns, tax.kernel_ns),
        (whole(7_000_000), whole(3_000_000))
    );
    assert!(tax.tax_low_ns < Some(whole(7_000_000)) && tax.tax_high_ns > Some(whole(7_000_000)));
    let device = summary.profile.and_then(|profile| profile.device);
    let kernels = device.and_then(|device| device.kernels).expect("traced");
    assert_eq!((kernels.count, kernels.launch_delay_ns), (2, 6e6));
}
