//! The peak memory of a worker on a GPU through NVML: its own, everybody's, and every way in which the driver does not say.

use tare_hardware::nvml::{Nvml, NvmlError};
use tare_hardware::{VramPeaks, VramWatch};
use tare_results::{Gpu, Machine};
use tare_units::Bytes;

use crate::fake::Fake;
use crate::{LOST, PERMISSION, UNSUPPORTED};

fn machine(mig: bool) -> Machine {
    let gpu = Gpu {
        name: "NVIDIA H200".to_owned(),
        uuid: Some("GPU-0".to_owned()),
        mig: Some(mig),
        ..Gpu::default()
    };
    Machine {
        gpus: vec![gpu],
        ..tare_hardware::machine(tempfile::tempdir().unwrap().path())
    }
}

fn watch(nvml: &Result<Nvml, NvmlError>) -> VramWatch {
    VramWatch::on("cuda:0", (&machine(false), None), nvml).unwrap()
}

/// The worker is this process; each entry is what the library tells at one look.
fn peaks(before: &str, looks: &[String]) -> VramPeaks {
    let fake = Fake::new(&format!("count=1\n{before}"));
    let mut watch = watch(&fake.load());
    for look in looks {
        fake.set(&format!("count=1\n{look}"));
        watch.sample(std::process::id());
    }
    watch.end()
}

fn look(used: u64, own: u64) -> String {
    let pid = std::process::id();
    format!("used={used}\ncompute=71:400,{pid}:{own}")
}

const fn bytes(count: u64) -> Bytes {
    Bytes::from_bytes(count)
}

#[test]
fn the_most_that_was_seen_is_the_peak_of_the_worker_and_of_the_device() {
    let looks = [look(1_400, 500), look(3_000, 2_100), look(900, 80)];
    let found = peaks("compute=71:400", &looks);
    assert_eq!(found.process, Ok(bytes(2_100)));
    assert_eq!(found.device, Ok(bytes(3_000)));
}

#[test]
fn a_worker_numbered_otherwise_by_the_driver_is_the_one_that_came() {
    let looks = ["used=900\ncompute=71:400,4000001:90".to_owned()];
    let found = peaks("compute=71:400", &looks);
    assert_eq!(
        (found.process, found.device),
        (Ok(bytes(90)), Ok(bytes(900)))
    );
    let idle = ["used=400\ncompute=71:400".to_owned()];
    let reason = peaks("compute=71:400", &idle).process.unwrap_err();
    assert_eq!(reason, "NVML listed no process of the worker on the GPU");
}

#[test]
fn what_is_forbidden_lost_or_not_offered_is_a_reason_for_its_own_figure() {
    let forbidden = peaks("", &[format!("used=5\nfail.processes={PERMISSION}")]);
    assert_eq!(forbidden.device, Ok(bytes(5)));
    let reason = forbidden.process.unwrap_err();
    assert!(
        reason.contains("no permission for its processes"),
        "{reason}"
    );
    let pid = std::process::id();
    let withheld = format!("compute={pid}:18446744073709551615");
    let reason = peaks("", &[withheld]).process.unwrap_err();
    assert!(
        reason.starts_with("the driver does not tell what process"),
        "{reason}"
    );
    let unsupported = format!("fail.memory={UNSUPPORTED}\ncompute={pid}:7");
    let unsupported = peaks("", &[unsupported]);
    assert_eq!(unsupported.process, Ok(bytes(7)));
    let reason = unsupported.device.unwrap_err();
    assert_eq!(reason, "this GPU or driver does not offer the memory");
    let lost = peaks("", &[look(9, 9), format!("fail.device={LOST}")]);
    for reason in [lost.process.unwrap_err(), lost.device.unwrap_err()] {
        assert!(reason.starts_with("the GPU is lost"), "{reason}");
    }
}

#[test]
fn a_divided_gpu_an_absent_driver_and_a_worker_that_dies_early_say_why() {
    let fake = Fake::new("count=1");
    let divided = VramWatch::on("cuda:0", (&machine(true), None), &fake.load()).unwrap();
    let divided = divided.end();
    assert!(divided.device.clone().unwrap_err().starts_with("MIG is on"));
    assert_eq!(divided.process, divided.device);
    let none = watch(&Err(NvmlError::NoDriver)).end();
    assert!(none.device.unwrap_err().contains("driver is not loaded"));
    let early = watch(&fake.load()).end();
    assert_eq!(early.device.unwrap_err(), "the worker did not get so far");
    assert!(VramWatch::on("cpu", (&machine(false), None), &fake.load()).is_none());
}
