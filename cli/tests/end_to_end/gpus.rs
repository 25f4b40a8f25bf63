//! Cells on GPUs, with a driver that is made up: who else is on them, and what slows them down.

use std::fs;

use serde_json::Value;

use crate::made_up::MadeUp;

const QUICK: &str = "--adapter fake:run=1ms --repeats 1 --duration 300ms --format json";
const SECOND_DISTURBED: &str = "count=2\ncompute.1=71:1048576\nthrottle.1=4";

/// What was found by the checks of GPUs among `entries`, each a finding or a doubt.
fn of_gpus(entries: &Value) -> Vec<String> {
    let entries = entries.as_array().expect("a list").iter();
    let of_gpus = entries.filter(|entry| {
        let check = entry["check"].as_str().unwrap_or_default();
        check.starts_with("gpu-")
    });
    of_gpus
        .map(|entry| entry["found"].as_str().expect("what was found").to_owned())
        .collect()
}

#[test]
fn each_cell_s_doubts_are_those_of_its_own_gpu() {
    let Some(made_up) = MadeUp::with_gpus(SECOND_DISTURBED) else {
        return;
    };
    let ended = made_up
        .run(&format!("{QUICK} --device cuda:0,cuda:1,cpu"))
        .with_code(0);
    let summaries = ended.json();
    let doubts = |device: &str| {
        let mut cells = summaries.as_array().expect("summaries").iter();
        let cell = cells.find(|summary| summary["cell"]["device"] == device);
        of_gpus(&cell.expect("a cell of each device")["doubts"])
    };
    assert!(doubts("cuda:0").is_empty() && doubts("cpu").is_empty());
    let disturbed = doubts("cuda:1");
    assert_eq!(
        disturbed[0],
        "GPU 1 (NVIDIA H200): process 71 with 1.00 MiB"
    );
    assert_eq!(disturbed[1], "GPU 1 (NVIDIA H200): sw-power-cap");
    let run = made_up.bench.only_run().join("run.json");
    let run: Value = serde_json::from_slice(&fs::read(run).expect("a run")).expect("JSON");
    assert_eq!(
        of_gpus(&run["findings"]),
        [
            "GPU 0 (NVIDIA H200): no other process",
            "GPU 0 (NVIDIA H200): not slowed down",
            "GPU 1 (NVIDIA H200): process 71 with 1.00 MiB",
            "GPU 1 (NVIDIA H200): sw-power-cap",
        ]
    );
}

#[test]
fn a_strict_run_refuses_a_gpu_that_is_in_use_only_where_a_cell_is_on_it() {
    let Some(made_up) = MadeUp::with_gpus(SECOND_DISTURBED) else {
        return;
    };
    let refused = made_up.run(&format!("{QUICK} --strict --device cuda:1"));
    let refused = refused.with_code(3);
    refused.tells(&[
        "gpu-processes: GPU 1 (NVIDIA H200): process 71",
        "gpu-throttling: GPU 1 (NVIDIA H200): sw-power-cap",
    ]);
    let other = made_up.run(&format!("{QUICK} --strict --device cuda:0"));
    assert!(!other.stderr.contains("gpu-"), "{other:#?}");
}

#[test]
fn machine_check_tells_of_every_gpu() {
    let Some(made_up) = MadeUp::with_gpus(SECOND_DISTURBED) else {
        return;
    };
    let checks = made_up
        .tare("machine check --window 10ms --format json")
        .with_code(0);
    assert_eq!(of_gpus(&checks.json()["findings"]).len(), 4);
    let shown = made_up.tare("machine check --window 10ms").with_code(0);
    assert!(
        shown
            .stdout
            .contains("GPU 1 (NVIDIA H200): process 71 with 1.00 MiB"),
        "{shown:#?}"
    );
}

#[test]
fn a_driver_that_says_nothing_costs_the_findings_and_not_the_run() {
    let Some(made_up) = MadeUp::with_gpus("count=1\nfail.processes=4\nfail.throttle=3") else {
        return;
    };
    made_up
        .run(&format!("{QUICK} --device cuda:0"))
        .with_code(0);
    let run = made_up.bench.only_run().join("run.json");
    let run: Value = serde_json::from_slice(&fs::read(run).expect("a run")).expect("JSON");
    let reasons = run["findings"].as_array().expect("findings").iter();
    let reasons: Vec<&str> = reasons
        .filter_map(|finding| finding["reason"].as_str())
        .filter(|reason| reason.starts_with("GPU 0"))
        .collect();
    assert_eq!(
        reasons,
        [
            "GPU 0 (NVIDIA H200): NVML gives no permission for its processes; run as root or ask the administrator",
            "GPU 0 (NVIDIA H200): this GPU or driver does not offer what slows it down"
        ]
    );
}
