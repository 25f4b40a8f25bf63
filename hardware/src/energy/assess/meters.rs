//! What is made of a meter's readings: slow ones, steady ones, and meters that hang.

use super::tests::measured;
use super::*;
use crate::energy::series::Reading;
use crate::energy::source::SourceSpec;
use crate::energy::synthetic::{power, span};

/// A meter that tells 300 W while there is work and 60 W else, so many milliseconds apart, for a minute.
fn slow_meter(step_ms: u64, offset_ms: u64) -> History {
    let spec = SourceSpec {
        name: "meter".to_owned(),
        tick: Nanoseconds::ZERO,
        ..power("meter")
    };
    let times = (offset_ms..75_000).step_by(step_ms as usize);
    let readings = times.map(|at| {
        let watts = match at {
            20_000..50_000 => 300.0,
            _ => 60.0,
        };
        let flicker = 0.2 * (at / step_ms % 2) as f64;
        crate::energy::synthetic::reading((at, watts + flicker))
    });
    History::of(spec, readings)
}

fn measured_by_meter() -> Measured {
    Measured {
        windows: Windows {
            work: span(20_000, 50_000),
            idle_before: Some(span(5_000, 19_000)),
            idle_after: Some(span(54_000, 69_000)),
            loaded: None,
        },
        primary: Primary::Cpu,
        ..measured()
    }
}

fn of_slow_meter(step_ms: u64, offset_ms: u64) -> Assessment {
    assess(
        &[slow_meter(step_ms, offset_ms)],
        &measured_by_meter(),
        &BTreeMap::new(),
    )
}

#[test]
fn a_meter_slower_than_two_seconds_tells_gross_and_idle_without_seeming_stuck() {
    for (step_ms, offset_ms) in [(1_000, 0), (2_500, 900), (4_000, 300), (5_000, 0)] {
        let found = of_slow_meter(step_ms, offset_ms);
        let source = &found.energy.as_ref().unwrap().sources[0];
        let error = (source.gross_j.unwrap() - 9_000.0).abs();
        assert!(error <= source.random_j.unwrap(), "{step_ms}: {source:?}");
        let error = (source.above_idle_j.unwrap() - 7_200.0).abs();
        assert!(
            error <= source.above_idle_random_j.unwrap(),
            "{step_ms}: {source:?}"
        );
        let is_strange = |(_, doubt): &(String, EnergyDoubt)| {
            matches!(doubt, EnergyDoubt::Stuck { .. } | EnergyDoubt::Gaps { .. })
        };
        assert!(!found.doubts.iter().any(is_strange), "{:?}", found.doubts);
    }
}

#[test]
fn a_meter_of_a_steady_load_reads_the_same_for_a_while_and_no_longer() {
    let is_stuck = |seconds: u64| {
        let mut steady = slow_meter(1_000, 0);
        for one in &mut steady.readings {
            let is_alike = (20.0..20.0 + seconds as f64).contains(&one.asked.as_secs_f64());
            one.value = if is_alike { 100.0 } else { one.value };
        }
        let times = (75_000..120_000)
            .step_by(1_000)
            .map(Nanoseconds::from_millis);
        let more = times.map(|at| Reading {
            asked: at,
            answered: at,
            value: if at.as_secs_f64() < 20.0 + seconds as f64 {
                100.0
            } else {
                60.0
            },
        });
        steady.readings.extend(more);
        let found = assess(&[steady], &measured_by_meter(), &BTreeMap::new());
        let is_stuck =
            |(_, doubt): &(String, EnergyDoubt)| matches!(doubt, EnergyDoubt::Stuck { .. });
        found.doubts.iter().any(is_stuck)
    };
    assert!(!is_stuck(30));
    assert!(is_stuck(80));
}

#[test]
fn a_meter_too_slow_to_be_waited_for_says_so_where_its_windows_end_in_a_pause() {
    let found = of_slow_meter(24_000, 23_000);
    let source = &found.energy.as_ref().unwrap().sources[0];
    assert_eq!(source.gross_j, None);
    let reason = &found.missing["energy.sources.0.gross_j"];
    assert!(
        reason.starts_with("the source is updated once in 24"),
        "{reason}"
    );
}

#[test]
fn a_meter_that_hangs_or_whose_time_stands_still_is_no_window_that_ends_too_late() {
    let mut hung = slow_meter(50, 0);
    let told = |at: Nanoseconds| at.as_secs_f64() < 30.0;
    hung.readings.retain(|one| told(one.asked));
    let work = span(20_000, 29_000);
    let of = |work| {
        let windows = Windows {
            work,
            idle_after: None,
            ..measured().windows
        };
        let measured = Measured {
            windows,
            ..measured()
        };
        let hung = std::slice::from_ref(&hung);
        assess(hung, &measured, &BTreeMap::new()).missing
    };
    assert!(!of(work).contains_key("energy.sources.0.gross_j"));
    let missing = of(span(20_000, 31_000));
    let reason = &missing["energy.sources.0.gross_j"];
    assert!(reason.contains("look whether it still prints"), "{reason}");
}
