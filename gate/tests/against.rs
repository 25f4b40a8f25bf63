//! A candidate against stored figures of other days.

use tare_gate::{Metric, Obstacle, Stored, Unpaired, Verdict, against};

/// Days around these levels, five processes each.
fn stored(levels: &[f64]) -> Stored {
    let around = |level: &f64| {
        [0.998, 0.999, 1.0, 1.001, 1.002]
            .map(|off| level * off)
            .to_vec()
    };
    Stored {
        days: levels.iter().map(around).collect(),
    }
}

fn compare(metric: Metric, days: &[f64], candidate: f64) -> Unpaired {
    let own = stored(&[candidate]).days.concat();
    against(metric, metric.limits(), &stored(days), &own).expect("limits")
}

const ALIKE: [f64; 5] = [5.0, 5.01, 4.99, 5.005, 4.995];
const APART: [f64; 5] = [5.0, 5.5, 4.5, 5.3, 4.8];

#[test]
fn days_that_are_alike_tell_what_days_that_differ_cannot() {
    let word = |days: &[f64], candidate| compare(Metric::P50, days, candidate).verdict.name();
    assert_eq!(word(&ALIKE, 5.0), "pass");
    assert_eq!(word(&ALIKE, 5.5), "regression");
    assert_eq!(word(&ALIKE, 4.5), "improvement");
    let wide = compare(Metric::P50, &APART, 5.5);
    assert_eq!(wide.verdict, Verdict::Inconclusive(vec![Obstacle::TooWide]));
    let spread = wide.between_days.expect("five days");
    assert!((0.07..0.09).contains(&spread), "{spread}");
}

#[test]
fn the_bounds_are_students_prediction_interval() {
    let days: [f64; 3] = [5.0, 5.0 * 0.01_f64.exp(), 5.0 * (-0.01_f64).exp()];
    let found = compare(Metric::P50, &days, 5.0);
    let between = found.between_days.expect("three days");
    assert!((between - 0.01).abs() < 1e-12);
    let own: [f64; 5] = [0.998_f64, 0.999, 1.0, 1.001, 1.002].map(f64::ln);
    let mean = own.iter().sum::<f64>() / 5.0;
    let variance = own.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / 4.0;
    let median = std::f64::consts::FRAC_PI_2 * variance / 5.0;
    let scatter = (between.powi(2) * 4.0 / 3.0 + median).sqrt();
    let low = found.effect.and_then(|effect| effect.low).expect("a bound");
    let expected = (-6.964_557 * scatter).exp_m1();
    assert!(
        (low - expected).abs() < 1e-6,
        "{low} and {expected}: t of 2 at 99% is 6.96"
    );
}

#[test]
fn too_few_days_or_processes_never_pass() {
    let one_day = compare(Metric::P50, &[5.0], 5.0);
    let days = Obstacle::DaysUnknown { days: 1, needed: 3 };
    assert_eq!(one_day.verdict, Verdict::Inconclusive(vec![days]));
    assert_eq!(one_day.between_days, None);
    let few = against(
        Metric::P50,
        Metric::P50.limits(),
        &stored(&ALIKE),
        &[5.0, 5.0],
    );
    let processes = Obstacle::TooFewProcesses {
        processes: 2,
        needed: 5,
    };
    assert_eq!(
        few.map(|few| few.verdict),
        Ok(Verdict::Inconclusive(vec![processes]))
    );
    let none = against(Metric::P50, Metric::P50.limits(), &stored(&[]), &[]).expect("limits");
    assert_eq!((none.verdict.name(), none.effect), ("inconclusive", None));
}

#[test]
fn exact_figures_need_neither_days_nor_repetition() {
    let of = |stored: f64, own: f64| {
        let stored = Stored {
            days: vec![vec![stored]],
        };
        let found = against(Metric::Size, Metric::Size.limits(), &stored, &[own]);
        found.expect("limits").verdict
    };
    assert_eq!(of(1_000.0, 1_000.0), Verdict::Pass);
    assert_eq!(of(1_000.0, 1_001.0), Verdict::Regression);
    assert_eq!(of(1_000.0, 999.0), Verdict::Improvement);
}

#[test]
fn an_exact_figure_is_compared_with_the_newest_alone() {
    let stored = Stored {
        days: vec![vec![200_000.0], vec![200_000.0], vec![140_000.0, 35_000.0]],
    };
    let of = |own: f64| {
        let found = against(Metric::Size, Metric::Size.limits(), &stored, &[own]);
        let found = found.expect("limits");
        (
            found.verdict.name(),
            found.effect.map(|effect| effect.value),
        )
    };
    assert_eq!(of(35_000.0), ("pass", Some(0.0)));
    let (verdict, effect) = of(70_000.0);
    assert_eq!(verdict, "regression");
    assert!(
        effect.is_some_and(|effect| (effect - 1.0).abs() < 1e-9),
        "{effect:?}"
    );
    let none = Stored { days: Vec::new() };
    let first = against(Metric::Size, Metric::Size.limits(), &none, &[35_000.0]);
    let first = first.expect("limits").verdict;
    assert!(
        matches!(&first, Verdict::Inconclusive(why) if matches!(why[..], [tare_gate::Obstacle::DaysUnknown { days: 0, .. }])),
        "{first:?}"
    );
}

#[test]
fn a_stored_figure_that_is_none_makes_it_invalid() {
    let stored = Stored {
        days: vec![vec![5.0, f64::NAN]],
    };
    let found = against(Metric::P50, Metric::P50.limits(), &stored, &[5.0]);
    assert_eq!(found.map(|found| found.verdict.name()), Ok("invalid"));
}
