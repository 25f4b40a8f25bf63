//! GPUs watched through NVML: strangers, what slows them down, and every way in which the driver does not say.

use tare_hardware::checks::GpuWatch;
use tare_hardware::nvml::{Nvml, NvmlError};
use tare_results::{Finding, Gpu, Machine, Outcome};
use tempfile::TempDir;

use crate::fake::Fake;
use crate::{LOST, PERMISSION, UNSUPPORTED};

const POWER_CAP: u32 = 0x4;

/// A folder in which a driver shows.
fn with_driver() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("dev")).unwrap();
    std::fs::write(root.path().join("dev/nvidiactl"), "").unwrap();
    root
}

/// Two GPUs whose order is not NVML's.
fn machine() -> Machine {
    let gpu = |uuid: &str| Gpu {
        name: "NVIDIA H200".to_owned(),
        uuid: Some(uuid.to_owned()),
        ..Gpu::default()
    };
    Machine {
        gpus: vec![gpu("GPU-1"), gpu("GPU-0")],
        ..tare_hardware::machine(tempfile::tempdir().unwrap().path())
    }
}

/// The problem or the reason of each finding, or an empty text where it is fine.
fn texts(findings: Vec<Finding>) -> Vec<String> {
    let text = |finding: Finding| match finding.outcome {
        Outcome::Problem { found, .. } => format!("{}: {found}", finding.check),
        Outcome::Unchecked { reason } => reason,
        Outcome::Fine { .. } => String::new(),
    };
    findings.into_iter().map(text).collect()
}

fn watched(fake: &Fake) -> Vec<String> {
    let watches = GpuWatch::on_each(with_driver().path(), || fake.load());
    let ended = watches.into_iter().flat_map(|mut watch| {
        watch.sample();
        watch.end()
    });
    texts(ended.collect())
}

#[test]
fn each_of_two_gpus_has_its_own_strangers_and_slowness() {
    let fake = Fake::new(&format!(
        "count=2\ncompute.0=71:1048576\ncompute.1=\nthrottle.0=0\nthrottle.1={POWER_CAP}"
    ));
    assert_eq!(
        watched(&fake),
        [
            "gpu-processes: GPU 0 (NVIDIA H200): process 71 with 1.00 MiB",
            "",
            "",
            "gpu-throttling: GPU 1 (NVIDIA H200): sw-power-cap"
        ]
    );
}

#[test]
fn a_machine_without_a_driver_has_nothing_to_be_watched() {
    let root = tempfile::tempdir().unwrap();
    let asked = || -> Result<Nvml, NvmlError> { panic!("is not asked") };
    assert!(GpuWatch::on_each(root.path(), asked).is_empty());
}

#[test]
fn what_the_driver_does_not_say_is_a_reason_for_each_check() {
    let none = GpuWatch::on_each(with_driver().path(), || Err(NvmlError::NoDriver));
    assert_eq!(none.len(), 1);
    let reasons = texts(none[0].clone().end());
    let reason =
        "all GPUs: the NVIDIA driver is not loaded; load its kernel module (modprobe nvidia)";
    assert_eq!(reasons, [reason, reason]);
    assert!(watched(&Fake::new("count=0"))[0].contains("NVML lists no GPU"));
    let forbidden = Fake::new(&format!(
        "count=1\nfail.processes={PERMISSION}\nfail.throttle={UNSUPPORTED}"
    ));
    let name = "GPU 0 (NVIDIA H200)";
    assert_eq!(
        watched(&forbidden),
        [
            format!(
                "{name}: NVML gives no permission for its processes; run as root or ask the administrator"
            ),
            format!("{name}: this GPU or driver does not offer what slows it down"),
        ]
    );
    let lost = watched(&Fake::new(&format!("count=1\nfail.device={LOST}")));
    assert!(
        lost[0].starts_with("GPU 0: the GPU is lost (its processes)"),
        "{lost:?}"
    );
    assert!(
        lost[1].starts_with("GPU 0: the GPU is lost (what slows it down)"),
        "{lost:?}"
    );
}

#[test]
fn a_library_that_hangs_costs_its_deadline_and_is_a_reason() {
    let fake = Fake::new("count=1\nhang.throttle=1");
    let texts = watched(&fake);
    assert_eq!(
        texts,
        [
            "",
            "GPU 0 (NVIDIA H200): NVML did not tell what slows it down within 200 ms; look for a hung GPU with nvidia-smi"
        ]
    );
    fake.set("");
}

#[test]
fn a_cell_s_device_means_the_machine_s_gpu_of_that_number_by_its_identifier() {
    let fake = Fake::new(&format!("count=2\ncompute.0=71:0\nthrottle.0={POWER_CAP}"));
    let nvml = fake.load();
    let machine = machine();
    assert!(GpuWatch::on("cpu", (&machine, None), &nvml).is_none());
    let seen = |device: &str, visible: Option<&str>, nvml: &Result<Nvml, NvmlError>| {
        let mut watch = GpuWatch::on(device, (&machine, visible), nvml).unwrap();
        watch.sample();
        texts(watch.end())
    };
    let findings = |device: &str, nvml: &Result<Nvml, NvmlError>| seen(device, None, nvml);
    assert_eq!(findings("cuda:0", &nvml), ["", ""]);
    assert!(seen("cuda:0", Some("1"), &nvml)[0].contains("process 71"));
    assert_eq!(
        findings("cuda:1", &nvml),
        [
            "gpu-processes: GPU 1 (NVIDIA H200): process 71 with 0 B",
            "gpu-throttling: GPU 1 (NVIDIA H200): sw-power-cap"
        ]
    );
    let reason = "cuda:2: the driver lists no GPU 2";
    assert_eq!(findings("cuda:2", &nvml), [reason, reason]);
    let without = findings("cuda:0", &Err(NvmlError::NoDriver));
    assert!(
        without[0].starts_with("GPU 0 (NVIDIA H200): the NVIDIA driver is not loaded"),
        "{without:?}"
    );
}

#[test]
fn what_was_seen_in_part_of_a_window_says_in_which_part() {
    let fake = Fake::new("count=1");
    let mut watch = GpuWatch::on_each(with_driver().path(), || fake.load()).remove(0);
    watch.sample();
    fake.set(&format!("count=1\nthrottle={POWER_CAP}"));
    watch.sample();
    assert_eq!(
        texts(watch.clone().end())[1],
        "gpu-throttling: GPU 0 (NVIDIA H200): sw-power-cap in 1 of 2 looks"
    );
    fake.set(&format!("count=1\nfail.device={LOST}"));
    watch.sample();
    assert!(
        texts(watch.end())[1].contains("sw-power-cap in 1 of 2"),
        "what was seen stays seen"
    );
}

#[test]
fn a_gpu_that_is_lost_in_the_middle_or_never_looked_at_was_not_found_to_be_fine() {
    let fake = Fake::new("count=1");
    let mut watch = GpuWatch::on_each(with_driver().path(), || fake.load()).remove(0);
    assert_eq!(
        texts(watch.clone().end())[1],
        "GPU 0 (NVIDIA H200): nothing was timed on it"
    );
    watch.sample();
    fake.set(&format!("count=1\nfail.device={LOST}"));
    watch.sample();
    assert!(texts(watch.end())[1].contains("the GPU is lost"));
}

#[test]
fn who_comes_to_a_gpu_meanwhile_is_told_and_a_worker_s_own_process_is_not() {
    let fake = Fake::new("count=1\ncompute=71:0");
    let mut watch = GpuWatch::on_each(with_driver().path(), || fake.load()).remove(0);
    let own = std::process::id();
    fake.set(&format!("count=1\ncompute=71:0,{own}:0"));
    watch.sample_beside(own);
    let found = texts(watch.clone().end())[0].clone();
    assert!(
        found.contains("process 71") && !found.contains("meanwhile"),
        "{found}"
    );
    fake.set(&format!("count=1\ncompute=71:0,{own}:0,90:0"));
    watch.sample_beside(own);
    fake.set(&format!("count=1\ncompute=71:0,{own}:0"));
    watch.sample_beside(own);
    let found = texts(watch.end())[0].clone();
    assert!(
        found.contains("process 90 with 0 B, which came meanwhile"),
        "{found}"
    );
}
