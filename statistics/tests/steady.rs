//! How early and how late the warm-up is declared over, by simulation of what runtimes do while they warm up.

mod common;

use common::Noise;
use tare_statistics::{SteadyState, Warmth};
use tare_units::Nanoseconds;

const SLOW_NS: f64 = 264e6;
const QUICK_NS: f64 = 1e6;
const TRIALS: u64 = 200;
const BOUND: usize = 2_000;

/// After how many requests each trial was declared steady, ascending; `BOUND` + 1 where it never was.
struct Declared(Vec<usize>);

impl Declared {
    /// Of latencies `base_ns` × `shape(request)` × e^(`noise` × normal).
    fn of(base_ns: f64, noise: f64, shape: impl Fn(usize, &mut Noise) -> f64) -> Self {
        let trial = |seed| {
            let mut random = Noise::new(seed);
            let mut latency =
                |request| base_ns * shape(request, &mut random) * (noise * random.normal()).exp();
            let mut rule = SteadyState::new();
            let steady = |request: &usize| {
                rule.feed(Nanoseconds::from_nanos_f64(latency(*request))) == Warmth::Steady
            };
            (0..BOUND).find(steady).map_or(BOUND, |request| request) + 1
        };
        let mut after: Vec<usize> = (0..TRIALS).map(trial).collect();
        after.sort_unstable();
        Self(after)
    }

    fn at(&self, percent: usize) -> usize {
        self.0[(self.0.len() - 1) * percent / 100]
    }

    fn before(&self, request: usize) -> f64 {
        let early = self.0.iter().filter(|after| **after < request).count();
        100.0 * early as f64 / self.0.len() as f64
    }

    fn never(&self) -> f64 {
        100.0 - self.before(BOUND + 1)
    }
}

fn flat(_: usize, _: &mut Noise) -> f64 {
    1.0
}

fn decay(amplitude: f64, constant: f64) -> impl Fn(usize, &mut Noise) -> f64 {
    move |request, _| 1.0 + amplitude * (-(request as f64) / constant).exp()
}

/// The request from which a decay is within 2% of its plateau.
fn plateau(amplitude: f64, constant: f64) -> usize {
    (constant * (amplitude / 0.02).ln()).ceil() as usize
}

#[test]
fn flat_slow_requests_are_steady_after_8_to_10_whatever_their_noise() {
    assert_eq!(Declared::of(SLOW_NS, 0.0, flat).at(100), 8);
    for (noise, median, late) in [
        (0.005, 8, 10),
        (0.01, 10, 18),
        (0.03, 13, 25),
        (0.1, 13, 25),
    ] {
        let declared = Declared::of(SLOW_NS, noise, flat);
        println!(
            "flat, {noise}: {} {} {}",
            declared.at(50),
            declared.at(95),
            declared.at(100)
        );
        assert!(
            declared.at(50) <= median && declared.at(95) <= late,
            "{noise}"
        );
    }
}

#[test]
fn flat_quick_requests_are_steady_after_a_tenth_of_a_second() {
    for noise in [0.01, 0.03, 0.1] {
        let declared = Declared::of(QUICK_NS, noise, flat);
        println!(
            "quick, {noise}: {} {} {}",
            declared.at(50),
            declared.at(95),
            declared.at(100)
        );
        assert!(declared.at(0) >= 95 && declared.at(95) <= 125, "{noise}");
    }
}

#[test]
fn requests_of_50_nanoseconds_are_steady_after_a_tenth_of_a_second_too() {
    let mut random = Noise::new(1);
    let mut rule = SteadyState::new();
    let mut spent = 0;
    while rule.warmth() == Warmth::NotYet && spent < 200_000_000 {
        let latency = 45 + (10.0 * random.uniform()) as u64;
        spent += latency;
        rule.feed(Nanoseconds::from_nanos(latency));
    }
    assert!((100_000_000..110_000_000).contains(&spent), "{spent} ns");
}

#[test]
fn a_decay_is_not_declared_over_while_more_than_2_percent_remain() {
    for base_ns in [SLOW_NS, QUICK_NS] {
        for noise in [0.005, 0.01] {
            for (amplitude, constants) in [
                (0.1, &[1.0, 2.0, 4.0][..]),
                (0.2, &[1.0, 4.0, 8.0, 16.0]),
                (1.0, &[1.0, 4.0, 16.0, 64.0]),
                (4.0, &[1.0, 4.0, 16.0, 64.0]),
            ] {
                for &constant in constants {
                    let plateau = plateau(amplitude, constant);
                    let declared = Declared::of(base_ns, noise, decay(amplitude, constant));
                    let early = declared.before(plateau);
                    println!(
                        "decay {base_ns:e} noise {noise} amplitude {amplitude} constant {constant}: early {early}%, plateau {plateau}, {} {}",
                        declared.at(50),
                        declared.at(95)
                    );
                    assert!(
                        early <= 2.0,
                        "{early}% of {amplitude}, {constant} at {base_ns}, {noise}"
                    );
                    let least = if base_ns == SLOW_NS { 25 } else { 125 };
                    assert!(
                        declared.at(95) <= least.max(3 * plateau + 10),
                        "{amplitude}, {constant}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_decay_of_a_tenth_too_slow_for_the_first_requests_to_show_is_declared_early() {
    let declared = Declared::of(SLOW_NS, 0.01, decay(0.1, 32.0));
    assert!(declared.before(plateau(0.1, 32.0)) > 50.0);
    let remaining = 0.1 * (-(declared.at(50) as f64) / 32.0).exp();
    assert!(remaining < 0.09, "{remaining} above the plateau");
}

#[test]
fn a_step_within_the_first_six_requests_is_never_declared_over_early() {
    for slow in 1..=6 {
        let declared = Declared::of(
            SLOW_NS,
            0.01,
            |request, _| if request < slow { 3.0 } else { 1.0 },
        );
        println!(
            "step {slow}: {} {} {}",
            declared.at(0),
            declared.at(50),
            declared.at(95)
        );
        assert_eq!(declared.before(slow + 1), 0.0, "{slow}");
        assert!(
            declared.at(50) <= slow + 12 && declared.at(95) <= slow + 20,
            "{slow}"
        );
    }
}

#[test]
fn a_step_later_than_the_fewest_requests_is_beyond_the_rule_for_slow_requests_and_not_for_quick_ones()
 {
    let step = |request: usize, _: &mut Noise| if request < 20 { 3.0 } else { 1.0 };
    assert!(Declared::of(SLOW_NS, 0.01, step).before(21) > 90.0);
    assert_eq!(Declared::of(QUICK_NS, 0.01, step).before(21), 0.0);
}

#[test]
fn a_drift_of_1_percent_a_request_is_never_steady() {
    for base_ns in [SLOW_NS, QUICK_NS] {
        let declared = Declared::of(base_ns, 0.01, |request, _| 1.0 + 0.01 * request as f64);
        assert_eq!(declared.never(), 100.0);
    }
    let gentle = Declared::of(QUICK_NS, 0.01, |request, _| 1.0 + 0.002 * request as f64);
    assert_eq!(gentle.never(), 100.0);
}

#[test]
fn a_period_of_any_length_is_steady() {
    for base_ns in [SLOW_NS, QUICK_NS] {
        for period in [2.0, 3.0, 4.0, 8.0, 16.0] {
            let wave = |request: usize, _: &mut Noise| {
                1.0 + 0.05 * (request as f64 * std::f64::consts::TAU / period + 0.3).sin()
            };
            let declared = Declared::of(base_ns, 0.01, wave);
            println!("period {period}: {} {}", declared.at(50), declared.at(95));
            let least = if base_ns == SLOW_NS { 0 } else { 100 };
            assert!(declared.at(95) <= least + 45, "{period}");
        }
    }
}

#[test]
fn heavy_tails_and_a_lone_outlier_delay_little() {
    let heavy = |_: usize, random: &mut Noise| match random.uniform() {
        rare if rare < 0.1 => (10.0 * rare).powf(-0.7),
        _ => 1.0,
    };
    let lone = |request: usize, _: &mut Noise| if request == 5 { 10.0 } else { 1.0 };
    for (name, declared) in [
        ("heavy", Declared::of(SLOW_NS, 0.01, heavy)),
        ("lone", Declared::of(SLOW_NS, 0.01, lone)),
    ] {
        println!("{name}: {} {}", declared.at(50), declared.at(95));
        assert!(declared.at(50) <= 10 && declared.at(95) <= 20, "{name}");
    }
}

#[test]
fn failed_requests_are_passed_over_and_the_answer_stays() {
    let mut rule = SteadyState::new();
    let slow = Nanoseconds::from_nanos_f64(SLOW_NS);
    for _ in 0..7 {
        assert_eq!(rule.feed(slow), Warmth::NotYet);
        assert_eq!(rule.feed(Nanoseconds::MAX), Warmth::NotYet);
    }
    assert_eq!(rule.feed(slow), Warmth::Steady);
    assert_eq!(rule.feed(slow + slow), Warmth::Steady);
}

#[test]
fn latencies_of_zero_are_steady_only_where_time_passes() {
    let mut rule = SteadyState::new();
    let timeless = (0..100_000).all(|_| rule.feed(Nanoseconds::ZERO) == Warmth::NotYet);
    assert!(timeless);
}
