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
    let asked = [
        &QUICK[..],
        &["--meter", TEN_WATTS, "--meter-accuracy", "1%"],
    ]
    .concat();
    let summary = bench.run(&asked).with_code(0).json()[0].clone();
    let run = std::fs::read_to_string(bench.only_run().join("run.json")).expect("a plan");
    let run: serde_json::Value = serde_json::from_str(&run).expect("JSON");
    assert_eq!(run["meter"], TEN_WATTS, "to go on with");
    assert_eq!(run["meter_accuracy"], 0.01);
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
    let systematic = number("systematic_j") / number("gross_j");
    assert!((systematic - 0.01).abs() < 1e-9, "{meter:#}");
}

/// Ten watts, as joules that are counted anew some twenty times a second.
const TEN_WATTS_COUNTED: &str = "b=$(date +%s%N); while :; do n=$(date +%s%N); m=$(( (n - b) / 100000 )); \
    printf '%d.%09d %d.%03d J\\n' $((n / 1000000000)) $((n % 1000000000)) $((m / 1000)) $((m % 1000)); sleep 0.04; done";

#[test]
fn a_counter_too_slow_for_the_timed_requests_is_given_a_stretch_of_further_ones() {
    let bench = Bench::new();
    let asked = [&QUICK[..], &["--meter", TEN_WATTS_COUNTED]].concat();
    let summary = bench.run(&asked).with_code(0).json()[0].clone();
    let energy = &summary["energy"];
    assert_eq!(energy["stretched"], true, "{summary:#}");
    let sources = energy["sources"].as_array().expect("sources");
    let meter = sources.iter().find(|one| one["source"] == "meter");
    let number = |of: &serde_json::Value, key: &str| of[key].as_f64().expect("a number");
    let meter = meter.expect("the meter");
    let [gross, random, window] = ["gross_j", "random_j", "window_s"].map(|key| number(meter, key));
    assert!(window > 1.0, "half a second is far too short: {window}");
    assert!(
        (gross / window - 10.0).abs() <= random / window,
        "{meter:#}"
    );
    let doubts = summary["doubts"].as_array().expect("doubts");
    let is_told = doubts
        .iter()
        .any(|doubt| doubt["energy_doubt"] == "imprecise");
    assert_eq!(random > 0.02 * gross, is_told, "{summary:#}");
    let (samples, per_sample) = (number(energy, "samples"), number(energy, "per_sample_j"));
    assert!((samples * per_sample - gross).abs() < 1e-6 * gross);
    let timed = number(&summary["latency"], "count");
    assert!(
        samples > timed && timed <= 500.0,
        "{samples} beside {timed}"
    );
}

#[test]
fn without_a_source_the_record_says_why_and_a_meter_that_fails_is_refused() {
    let bench = Bench::new();
    let refused = bench
        .run(&[&QUICK[..], &["--meter", "exit 7"]].concat())
        .with_code(2);
    refused.tells(&["--meter: the meter 'exit 7' ended"]);
    let summary = bench.run(&QUICK).with_code(0).json()[0].clone();
    if summary["energy"].is_null() {
        let reason = summary["missing"]["energy"].as_str().expect("a reason");
        assert!(
            reason.starts_with("no source of energy readings"),
            "{reason}"
        );
    }
}

/// As above for a fifth of a second, and then no more.
const DIES: &str = "for i in 1 2 3 4 5 6 7 8 9 10; do printf '%s 10.0 W\\n' \"$(date +%s.%N)\"; sleep 0.02; done; exit 7";

#[test]
fn a_meter_that_dies_costs_the_joules_alone_and_a_person_is_told_why() {
    let bench = Bench::new();
    let told = bench
        .run(&[&QUICK[..6], &["--meter", DIES]].concat())
        .with_code(0);
    let line = told
        .stdout
        .lines()
        .find(|line| line.starts_with("no joules: "));
    let line = line.unwrap_or_else(|| panic!("not told: {told:#?}"));
    assert!(line.starts_with("no joules: meter: "), "{line}");
    let record = bench.measurements()[0].clone();
    assert!(record["latency"]["p50"]["value_ns"].is_number());
    let reason = &record["missing"]["energy.per_sample_j"];
    assert!(
        reason.as_str().expect("a reason").contains("ended"),
        "{reason}"
    );
}
