//! On the real clock, splits come out as the framework's known costs say, however busy the machine is.
//!
//! Takes a minute of one processor and is not part of the usual tests:
//! `cargo nextest run -p tare-harness --test ground_truth_live --run-ignored only --no-capture`.

mod truth;

use tare_clock::MonotonicClock;
use tare_units::{Nanoseconds, SignedNanoseconds};
use truth::model::{Framework, Model};
use truth::random::Random;
use truth::{Effortful, Timed, weighed};

const SETTINGS: u64 = 50;
const EFFORT: Effortful = Effortful {
    requests: 10_000,
    duration: Nanoseconds::from_millis(30),
    warmup: 10,
    split: true,
};

fn real() -> Box<dyn Timed> {
    Box::new(MonotonicClock)
}

/// The largest distance of a part from what is known, over the latency.
fn worst(seed: u64, is_asynchronous: bool) -> f64 {
    let mut random = Random::new(seed);
    let framework = Framework {
        dispatch_ns: random.spread(300.0, 1_000.0) as u64,
        noise_percent: 1.0,
        drift_percent: 0.2,
        spin: "busy",
        is_asynchronous,
        ..Framework::draw(1.0, &mut random)
    };
    // An even number, as a device of two queues has as much to do on each.
    let operators = 2 * random.spread(30.0, 150.0) as u64;
    let mut model = Model::draw(&framework, 0, operators, &mut random);
    let share = random.between(0.15, 0.95);
    let work = framework.overhead(&model) * (1.0 - share) / share;
    (model.floor_ns, model.excess_ns) = ((work * 0.7).round(), (work * 0.3).round());
    let outcome = weighed(&framework, &[model.clone()], real, EFFORT, &mut random);
    let tax = outcome.summaries[0].tax.as_ref().expect("a split");
    let truth = framework.truth(&model);
    let nanos = |part: Option<SignedNanoseconds>| part.expect("a part").as_nanos_f64();
    let parts = [
        (nanos(tax.floor_ns), truth.floor),
        (nanos(tax.inefficiency_ns), truth.inefficiency),
        (tax.tax_ns.as_nanos_f64(), truth.tax),
    ];
    let off = parts.map(|(found, expected)| (found - expected).abs() / truth.latency);
    let worst = off.into_iter().fold(0.0, f64::max);
    eprintln!(
        "{seed}: {} of which {} tax, off by {:.2}%",
        tax.latency_ns,
        tax.tax_ns,
        worst * 100.0
    );
    worst
}

#[test]
#[ignore = "takes a minute of real time"]
fn each_part_is_within_2_percent_of_the_latency_in_95_of_100_settings() {
    for (host, is_asynchronous) in [("waiting", false), ("ahead of its device", true)] {
        let settings = (0..SETTINGS).map(|seed| worst(seed, is_asynchronous));
        let close = settings.filter(|worst| *worst < 0.02).count() as u64;
        eprintln!("a host {host}: {close} of {SETTINGS} within 2%");
        assert!(
            close * 100 >= SETTINGS * 95,
            "{host}: {close} of {SETTINGS}"
        );
    }
}
