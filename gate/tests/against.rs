//! A candidate against stored figures of other days.

use tare_gate::{
    Conditions, Contention, Metric, Obstacle, Side, SideFigure, Statistic, Stored, Unpaired,
    Verdict, against,
};

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

/// Of requests that are enough for any metric and did not wait, where it is of requests.
fn figure(value: f64) -> SideFigure {
    SideFigure {
        requests: 400,
        ..SideFigure::once(value)
    }
}

fn by(metric: Metric, is_effective: bool) -> (Metric, Statistic) {
    let conditions = Conditions {
        single_threaded: is_effective,
        run_delay: is_effective,
    };
    (metric, metric.statistic(conditions))
}

fn compare(metric: Metric, days: &[f64], candidate: f64) -> Unpaired {
    let own = stored(&[candidate]).days.concat();
    let own: Vec<SideFigure> = own.into_iter().map(figure).collect();
    against(by(metric, true), metric.limits(), &stored(days), &own).expect("limits")
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
        by(Metric::P50, true),
        Metric::P50.limits(),
        &stored(&ALIKE),
        &[figure(5.0), figure(5.0)],
    );
    let processes = Obstacle::TooFewProcesses {
        processes: 2,
        needed: 5,
    };
    assert_eq!(
        few.map(|few| few.verdict),
        Ok(Verdict::Inconclusive(vec![processes]))
    );
    for own in [0, 4] {
        let first = against(
            by(Metric::P50, true),
            Metric::P50.limits(),
            &stored(&[]),
            &vec![figure(5.0); own],
        );
        let first = first.expect("limits");
        let processes = Obstacle::TooFewProcesses {
            processes: own,
            needed: 5,
        };
        assert_eq!(first.verdict, Verdict::Inconclusive(vec![processes]));
        assert_eq!(first.effect, None);
    }
}

#[test]
fn what_a_gate_in_blocks_could_not_decide_by_is_not_decided_by_stored_days_either() {
    let side = Side::Candidate;
    let of = |by: (Metric, Statistic), level: f64, figure: SideFigure| {
        let own = stored(&[level]).days.concat();
        let own: Vec<SideFigure> = own
            .into_iter()
            .map(|value| SideFigure { value, ..figure })
            .collect();
        let found = against(by, by.0.limits(), &stored(&ALIKE), &own).expect("limits");
        found.verdict
    };
    let few = SideFigure {
        requests: 20,
        ..figure(1.0)
    };
    let obstacle = Obstacle::TooFewRequests {
        side,
        requests: 20,
        needed: 200,
    };
    let tail = by(Metric::P99, true);
    assert_eq!(of(tail, 5.0, figure(1.0)), Verdict::Pass);
    assert_eq!(of(tail, 5.0, few), Verdict::Inconclusive(vec![obstacle]));
    let waiting = |delayed| SideFigure {
        contention: Some(Contention {
            delayed,
            waited: delayed,
        }),
        ..figure(1.0)
    };
    let wall = by(Metric::P50, false);
    for level in [5.0, 5.5, 4.5] {
        assert_ne!(of(wall, level, waiting(0.3)).name(), "inconclusive");
        let verdict = of(wall, level, waiting(0.6));
        let obstacle = Obstacle::Delayed {
            side,
            delayed: 0.6,
            most: 0.4,
        };
        let Verdict::Inconclusive(why) = verdict else {
            panic!("{level}: {verdict}");
        };
        let [Obstacle::Delayed { delayed, most, .. }] = why[..] else {
            panic!("{why:?} is not {obstacle:?}");
        };
        assert!((delayed - 0.6).abs() < 1e-12 && most == 0.4);
    }
    assert_eq!(of(by(Metric::P50, true), 5.0, waiting(0.6)), Verdict::Pass);
}

#[test]
fn exact_figures_need_neither_days_nor_repetition() {
    let of = |stored: f64, own: f64| {
        let stored = Stored {
            days: vec![vec![stored]],
        };
        let own = [SideFigure::once(own)];
        let found = against(by(Metric::Size, true), Metric::Size.limits(), &stored, &own);
        found.expect("limits").verdict
    };
    assert_eq!(of(0.0, 0.0), Verdict::Pass);
    assert_eq!(of(0.0, 1.0), Verdict::Regression);
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
        let own = [SideFigure::once(own)];
        let found = against(by(Metric::Size, true), Metric::Size.limits(), &stored, &own);
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
    let own = [SideFigure::once(35_000.0)];
    let first = against(by(Metric::Size, true), Metric::Size.limits(), &none, &own);
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
    let limits = Metric::P50.limits();
    let found = against(by(Metric::P50, true), limits, &stored, &[figure(5.0)]);
    assert_eq!(found.map(|found| found.verdict.name()), Ok("invalid"));
}
