//! Requests of several batches from outside: their summary and records, and what is refused before anything is measured.

use crate::support::Bench;

const RANDOM: [&str; 9] = [
    "--scenario",
    "random-batch:mean=8",
    "--repeats",
    "2",
    "--duration",
    "100ms",
    "--no-checks",
    "--format",
    "json",
];

#[test]
fn random_batches_are_measured_and_told_by_their_bounds_and_mean() {
    let bench = Bench::new();
    let run = bench.run(&[&["--adapter", "rten", "--reference", "none"], &RANDOM[..]].concat());
    let summaries = run.with_code(0).json();
    let summary = &summaries[0];
    assert_eq!(summary["verdict"], "valid", "{summary:#}");
    assert_eq!(summary["cell"]["batch"], 8);
    let batches = &summary["batches"];
    let [smallest, mean, largest] =
        ["smallest", "mean", "largest"].map(|key| batches[key].as_f64().expect("a number"));
    assert!(
        (1.0..8.0).contains(&smallest) && largest > 8.0 && largest <= 25.0,
        "{batches}"
    );
    assert!((mean - 8.0).abs() < 1.0, "{batches}");
    assert_eq!(batches["first_met"], 0, "{batches}");
    let count = summary["latency"]["count"].as_f64().expect("a number");
    assert!(count > 100.0, "{count}");
}

#[test]
fn a_framework_of_one_batch_is_refused_with_those_that_take_several() {
    let bench = Bench::new();
    let run = bench.run(&[&["--adapter", "fake:batches=one"], &RANDOM[..]].concat());
    let told = run.with_code(2).stderr;
    assert!(
        told.contains("fake prepares a model for one batch, not for requests of 1 to 25 samples"),
        "{told}"
    );
    assert!(told.contains("use --adapter"), "{told}");
    assert!(!bench.path("store").exists(), "nothing was begun");
}
