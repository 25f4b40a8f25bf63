//! Joules of an external meter stand in the record, or the reason why there are none.

use crate::support::Bench;

const QUICK: [&str; 8] = [
    "--adapter",
    "fake:run=1ms",
    "--repeats",
    "1",
    "--duration",
    "500ms",
    "--format",
    "json",
];

/// Ten watts, fifty times a second.
const TEN_WATTS: &str = "while :; do printf '%s 10.0 W\\n' \"$(date +%s.%N)\"; sleep 0.02; done";

#[test]
fn a_meter_that_was_asked_for_tells_the_joules_of_each_sample() {
    let bench = Bench::new();
    let asked = [&QUICK[..], &["--meter", TEN_WATTS]].concat();
    let summary = bench.run(&asked).with_code(0).json()[0].clone();
    let sources = summary["energy"]["sources"].as_array().expect("sources");
    let meter = sources.iter().find(|one| one["source"] == "meter");
    let meter = meter.unwrap_or_else(|| panic!("no meter in {summary:#}"));
    let number = |key: &str| {
        meter[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{key}: {summary:#}"))
    };
    let watts = number("gross_j") / number("window_s");
    assert!((watts - 10.0).abs() < 0.1, "{watts} W");
    assert!(number("above_idle_j").abs() < 0.5, "{meter:#}");
    assert!(number("random_j") > 0.0);
}

#[test]
fn without_a_source_the_record_says_why_and_a_meter_that_fails_is_refused() {
    let bench = Bench::new();
    let refused = bench
        .run(&[&QUICK[..], &["--meter", "exit 7"]].concat())
        .with_code(2);
    assert!(refused.stderr.contains("--meter: "), "{}", refused.stderr);
    let summary = bench.run(&QUICK).with_code(0).json()[0].clone();
    if summary["energy"].is_null() {
        let reason = summary["missing"]["energy"].as_str().expect("a reason");
        assert!(
            reason.starts_with("no source of energy readings"),
            "{reason}"
        );
    }
}
