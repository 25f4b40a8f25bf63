//! Records from made-up readings: what is known, what is not and why, and what to doubt.

use super::*;
use crate::energy::DEFAULT_BOUND;
use crate::energy::source::SourceSpec;
use crate::energy::synthetic::{Chance, Curve, Sensor, counter, power, span};

/// 60 W idle, 300 W from 4 s to 10 s, idle again to 16 s.
fn curve() -> Curve {
    let mut chance = Chance(3);
    let watts = (0..16_000).map(|at| {
        let noise = 1.0 + 0.01 * (chance.next() - 0.5);
        noise
            * if (4_000..10_000).contains(&at) {
                300.0
            } else {
                60.0
            }
    });
    Curve(watts.collect())
}

fn seen(spec: SourceSpec, curve: &Curve) -> History {
    let sensor = Sensor {
        tick_ms: 100,
        seen_ms: 100,
        phase_ms: 13,
        period_ms: 20.0,
        jitter_ms: 1.0,
    };
    sensor.read(curve, spec, &mut Chance(5))
}

fn on(device: &str, spec: SourceSpec) -> SourceSpec {
    SourceSpec {
        device: Some(device.to_owned()),
        ..spec
    }
}

pub(super) fn measured() -> Measured {
    Measured {
        windows: Windows {
            work: span(4_000, 10_000),
            idle_before: Some(span(500, 3_500)),
            idle_after: Some(span(11_000, 15_000)),
            loaded: Some(span(3_000, 3_900)),
        },
        samples: 1_000,
        stretched: false,
        primary: Primary::Gpu("GPU-1".into()),
        bound: DEFAULT_BOUND,
    }
}

fn gpu() -> Vec<History> {
    let curve = curve();
    vec![
        seen(on("GPU-1", counter("nvml:GPU-1:counter")), &curve),
        seen(on("GPU-1", power("nvml:GPU-1:power")), &curve),
    ]
}

fn of(histories: &[History], measured: &Measured) -> Assessment {
    assess(histories, measured, &BTreeMap::new())
}

#[test]
fn gross_idle_and_above_idle_are_three_numbers_with_their_uncertainties() {
    let found = of(&gpu(), &measured());
    let energy = found.energy.unwrap();
    for source in &energy.sources {
        let near = |figure: Option<f64>, expected: f64, within: Option<f64>| {
            let (figure, within) = (figure.unwrap(), within.unwrap());
            assert!(
                (figure - expected).abs() <= within,
                "{}: {figure}",
                source.source
            );
        };
        near(source.gross_j, 1_800.0, source.random_j);
        near(source.idle_j, 360.0, Some(5.0));
        near(source.above_idle_j, 1_440.0, source.above_idle_random_j);
        near(source.loaded_idle_j, 360.0, Some(5.0));
        near(source.systematic_j, 90.0, Some(1.0));
        near(source.above_idle_systematic_j, 72.0, Some(1.0));
        near(source.idle_before_w, 60.0, Some(1.0));
        assert!(source.above_idle_random_j > source.random_j);
        assert_eq!(source.window_s, 6.0);
    }
    assert_eq!(energy.primary.as_deref(), Some("nvml:GPU-1:counter"));
    assert_eq!((energy.samples, energy.stretched), (Some(1_000), false));
    assert!((energy.per_sample_j.unwrap() - 1.8).abs() < 0.03);
    assert!((energy.above_idle_per_sample_j.unwrap() - 1.44).abs() < 0.03);
    assert!((energy.average_power_w.unwrap() - 300.0).abs() < 4.0);
    assert_eq!(found.missing, BTreeMap::new());
    let imprecise =
        |doubt: &(String, EnergyDoubt)| matches!(doubt.1, EnergyDoubt::Imprecise { .. });
    assert!(found.doubts.iter().all(imprecise), "{:?}", found.doubts);
}

#[test]
fn a_window_too_short_for_the_bound_says_how_long_would_do() {
    let short = Measured {
        windows: Windows {
            work: span(5_000, 5_500),
            ..measured().windows
        },
        ..measured()
    };
    let found = of(&gpu()[..1], &short);
    let [
        (
            source,
            EnergyDoubt::Imprecise {
                share,
                window_s: 0.5,
                needed_window_s,
                ..
            },
        ),
    ] = &found.doubts[..]
    else {
        panic!("{:?}", found.doubts);
    };
    assert_eq!(source, "nvml:GPU-1:counter");
    assert!(share.unwrap() > 0.1, "{share:?}");
    assert!(
        (3.0..12.0).contains(&needed_window_s.unwrap()),
        "{needed_window_s:?}"
    );
}

#[test]
fn counter_and_power_of_one_device_that_differ_are_a_doubt() {
    let mut histories = gpu();
    for reading in &mut histories[1].readings {
        reading.value *= 1.2;
    }
    let disagrees = |found: &Assessment| {
        let is = |(_, doubt): &(String, EnergyDoubt)| matches!(doubt, EnergyDoubt::Disagreement { with, .. } if with == "nvml:GPU-1:power");
        found.doubts.iter().any(is)
    };
    assert!(disagrees(&of(&histories, &measured())));
    assert!(!disagrees(&of(&gpu(), &measured())));
    histories[1].spec.device = Some("GPU-2".into());
    assert!(!disagrees(&of(&histories, &measured())), "two devices");
}

#[test]
fn idle_that_is_not_known_or_drifts_is_told() {
    let measured_without = |before, after| Measured {
        windows: Windows {
            idle_before: before,
            idle_after: after,
            loaded: None,
            ..measured().windows
        },
        ..measured()
    };
    let none = of(&gpu()[..1], &measured_without(None, None));
    let source = &none.energy.as_ref().unwrap().sources[0];
    assert!(source.gross_j.is_some() && source.above_idle_j.is_none());
    assert_eq!(
        none.missing["energy.sources.0.above_idle_j"],
        "idle was measured neither before nor after"
    );
    assert_eq!(
        none.missing["energy.sources.0.loaded_idle_j"],
        "it was not measured"
    );
    let one = of(&gpu()[..1], &measured_without(Some(span(500, 3_500)), None));
    assert!(
        one.doubts
            .iter()
            .any(|(_, doubt)| *doubt == EnergyDoubt::IdleOnOneSide)
    );
    let busy = measured_without(Some(span(500, 3_500)), Some(span(7_000, 9_900)));
    let drifts = of(&gpu()[..1], &busy);
    let is_drift = |(_, doubt): &(String, EnergyDoubt)| matches!(doubt, EnergyDoubt::IdleDrift { before_w, after_w } if after_w > before_w);
    assert!(drifts.doubts.iter().any(is_drift), "{:?}", drifts.doubts);
}

#[test]
fn a_source_that_died_says_why_and_the_others_stand() {
    let mut histories = gpu();
    histories[0]
        .readings
        .retain(|one| one.asked.as_secs_f64() < 6.0);
    histories[0].silent = Some("the GPU is lost".into());
    let found = of(&histories, &measured());
    let energy = found.energy.unwrap();
    assert_eq!(found.missing["energy.sources.0.gross_j"], "the GPU is lost");
    assert_eq!(energy.sources[0].gross_j, None);
    assert_eq!(energy.primary.as_deref(), Some("nvml:GPU-1:power"));
    assert!(energy.per_sample_j.is_some());
}

#[test]
fn breaks_lies_and_stretches_are_told() {
    let mut histories = gpu();
    histories[0].breaks = vec![tare_units::Nanoseconds::from_secs(7)];
    histories[1].nonsense = 2;
    histories[1].time_back = 1;
    histories[1].spec.averaged = Some(tare_units::Nanoseconds::from_secs(1));
    let is_dark = |at: f64| (6.0..9.0).contains(&at);
    histories[1]
        .readings
        .retain(|one| !is_dark(one.asked.as_secs_f64()));
    let found = of(&histories, &measured());
    assert!(found.missing["energy.sources.0.gross_j"].starts_with("the counter went back"));
    let names: Vec<String> = found
        .doubts
        .iter()
        .map(|(_, doubt)| serde_json::to_value(doubt).unwrap()["energy_doubt"].to_string())
        .collect();
    for name in ["nonsense", "time-ran-back", "averaged", "gaps", "stuck"] {
        assert!(names.contains(&format!("\"{name}\"")), "{name}: {names:?}");
    }
}

#[test]
fn no_source_is_null_with_every_reason_and_no_samples_give_no_share() {
    let reasons = [("energy.rapl", "no RAPL"), ("energy.nvml", "no driver")];
    let missing = reasons.map(|(path, reason)| (path.to_owned(), reason.to_owned()));
    let found = assess(&[], &measured(), &BTreeMap::from(missing));
    assert_eq!(found.energy, None);
    assert_eq!(
        found.missing["energy"],
        "no source of energy readings: no driver; no RAPL"
    );
    let idle = Measured {
        samples: 0,
        ..measured()
    };
    let found = of(&gpu(), &idle);
    assert_eq!(found.energy.unwrap().per_sample_j, None);
    assert_eq!(found.missing["energy.per_sample_j"], "no sample was done");
}

#[test]
fn each_device_has_its_own_source_and_a_stranger_has_none() {
    let curve = curve();
    let histories =
        ["rapl:psys", "rapl:package", "rapl:core", "meter"].map(|name| seen(counter(name), &curve));
    let primary = |primary| {
        let found = of(
            &histories,
            &Measured {
                primary,
                ..measured()
            },
        );
        (
            found.energy.unwrap().primary,
            found.missing.get("energy.primary").cloned(),
        )
    };
    assert_eq!(primary(Primary::Cpu).0.as_deref(), Some("rapl:package"));
    assert_eq!(
        primary(Primary::Gpu("GPU-9".into())).0.as_deref(),
        Some("meter")
    );
    let found = of(
        &histories[2..3],
        &Measured {
            primary: Primary::Cpu,
            ..measured()
        },
    );
    assert_eq!(found.energy.unwrap().per_sample_j, None);
    assert_eq!(
        found.missing["energy.primary"],
        "no source tells the processors' energy"
    );
}

#[test]
fn a_meter_at_nothing_gives_nothing_and_no_figure_that_is_no_number() {
    let dead = Curve(vec![0.0; 16_000]);
    let mut silent = seen(power("meter"), &dead);
    silent.spec.gain = None;
    let found = of(&[silent], &measured());
    let source = &found.energy.as_ref().unwrap().sources[0];
    assert_eq!((source.gross_j, source.needed_window_s), (Some(0.0), None));
    assert_eq!(
        found.missing["energy.sources.0.needed_window_s"],
        "not even an hour would do"
    );
    let unknown = |(_, doubt): &(String, EnergyDoubt)| {
        matches!(doubt, EnergyDoubt::Imprecise { share: None, .. })
    };
    assert!(found.doubts.iter().any(unknown), "{:?}", found.doubts);
    let text = serde_json::to_string(&found.energy).unwrap();
    let back: Option<Energy> = serde_json::from_str(&text).unwrap();
    assert_eq!(back, found.energy);
}
