//! The intervals hold the truth as often as they claim, which intervals that ignore correlation or repeats do not.

mod common;

use common::{DEVIATION_NS, MEDIAN_NS, Noise};
use tare_statistics::{
    Across, Distribution, Percentile, PercentileEstimate, Undecided, across_repeats, samples_needed,
};
use tare_units::Nanoseconds;

const P90_DEVIATIONS: f64 = 1.281_551_565_544_600_4;
const P99_DEVIATIONS: f64 = 2.326_347_874_040_840_8;

/// Of how many series the interval holds the truth, in percent, and how many decide it.
fn coverage(percentile: Percentile, deviations: f64, count: usize, phi: f64) -> (f64, f64) {
    let truth = MEDIAN_NS + deviations * DEVIATION_NS;
    let (mut held, mut decided) = (0, 0);
    for seed in 0..SERIES {
        let samples = Noise::new(seed).autoregressive(phi, count);
        if let Some(Ok(interval)) = Distribution::of(&samples).percentile(percentile) {
            decided += 1;
            held += u64::from(holds(&interval, truth));
        }
    }
    (
        100.0 * held as f64 / decided as f64,
        100.0 * decided as f64 / SERIES as f64,
    )
}

const SERIES: u64 = 400;

fn holds(interval: &PercentileEstimate, truth: f64) -> bool {
    (interval.low.as_nanos() as f64..=interval.high.as_nanos() as f64).contains(&truth)
}

#[test]
fn the_effective_sample_size_keeps_coverage_near_95_percent_in_correlated_series() {
    for phi in [0.0, 0.3, 0.6, 0.9] {
        for (percentile, deviations) in [
            (Percentile::P50, 0.0),
            (Percentile::P90, P90_DEVIATIONS),
            (Percentile::P99, P99_DEVIATIONS),
        ] {
            let (held, decided) = coverage(percentile, deviations, 4_000, phi);
            assert!(
                (92.0..=99.0).contains(&held),
                "{percentile} at {phi}: {held}% hold"
            );
            assert!(decided > 95.0, "{percentile} at {phi}: {decided}% decide");
        }
    }
}

#[test]
fn an_interval_that_takes_correlated_samples_for_independent_covers_far_less() {
    let mut held = 0;
    for seed in 0..SERIES {
        let samples = Noise::new(seed).autoregressive(0.9, 4_000);
        let shuffled: Vec<Nanoseconds> = (0..4_000)
            .map(|place| samples[place * 1_777 % 4_000])
            .collect();
        let naive = Distribution::of(&shuffled)
            .percentile(Percentile::P50)
            .unwrap()
            .unwrap();
        held += u64::from(holds(&naive, MEDIAN_NS));
    }
    assert!(held * 100 < SERIES * 60, "{held} of {SERIES} hold");
}

#[test]
fn short_series_of_independent_samples_are_hardly_ever_refused_and_cover() {
    for count in [6, 8, 10, 15, 20, 40] {
        let (held, decided) = coverage(Percentile::P50, 0.0, count, 0.0);
        assert!(
            held >= 93.0 && decided >= 97.0,
            "{count}: {held}% of {decided}%"
        );
    }
}

#[test]
fn every_percentile_is_decided_from_exactly_the_samples_that_it_needs() {
    let needs = [6, 36, 72, 368, 3_688];
    assert_eq!(Percentile::REPORTED.map(samples_needed), needs);
    for (percentile, need) in Percentile::REPORTED.into_iter().zip(needs) {
        let decide = |count: usize| {
            let samples = Noise::new(3).autoregressive(0.0, count);
            Distribution::of(&samples).percentile(percentile).unwrap()
        };
        assert!(decide(need as usize).is_ok(), "{percentile}");
        let have = need - 1;
        assert_eq!(decide(have as usize), Err(Undecided::TooFew { have, need }));
    }
}

/// Repeats of 400 samples whose levels differ by 0.5% while samples within one differ by 1%.
fn repeats(seed: u64, number: usize) -> Vec<Vec<Nanoseconds>> {
    let mut noise = Noise::new(seed);
    let repeat = |_| {
        let level = MEDIAN_NS * (1.0 + 0.005 * noise.normal());
        let sample = |_| Nanoseconds::from_nanos_f64(level + DEVIATION_NS * noise.normal());
        (0..400).map(sample).collect()
    };
    (0..number).map(repeat).collect()
}

#[test]
fn students_interval_over_repeats_that_differ_covers_95_percent_and_pooling_does_not() {
    let (mut student, mut pooled) = (0, 0);
    for seed in 0..SERIES {
        let repeats = repeats(seed, 5);
        let median = |samples: &[Nanoseconds]| {
            Distribution::of(samples)
                .percentile(Percentile::P50)
                .unwrap()
        };
        let medians: Vec<_> = repeats.iter().map(|samples| median(samples)).collect();
        let Ok(Across::Between(between)) = across_repeats(&medians) else {
            panic!("five repeats are between repeats");
        };
        student += u64::from((between.interval.low..=between.interval.high).contains(&MEDIAN_NS));
        let mixed: Vec<Nanoseconds> = (0..2_000)
            .map(|place| repeats[place % 5][place / 5])
            .collect();
        pooled += u64::from(holds(&median(&mixed).unwrap(), MEDIAN_NS));
    }
    let percent = |held: u64| 100.0 * held as f64 / SERIES as f64;
    assert!(
        (92.0..=98.0).contains(&percent(student)),
        "{}%",
        percent(student)
    );
    assert!(percent(pooled) < 60.0, "{}%", percent(pooled));
}
