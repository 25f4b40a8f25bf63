//! Real programs as meters: well-behaved, dying, silent, flooding, lying.

use tare_clock::MonotonicClock;

use super::*;
use crate::energy::series::Series;
use crate::energy::source::Quantity;

fn shell(script: &str) -> MeterCommand {
    MeterCommand::new("sh", &["-c", script])
}

fn until_end(meter: &mut Meter) -> (Vec<Reading>, EnergyError) {
    let mut readings = Vec::new();
    loop {
        match meter.poll(&MonotonicClock) {
            Ok(found) => readings.extend(found),
            Err(error) => return (readings, error),
        }
        let now = MonotonicClock.now();
        MonotonicClock.wait_until(now + Nanoseconds::from_millis(5));
    }
}

#[test]
fn a_meter_tells_its_unit_its_step_and_its_readings_until_it_ends() {
    let command = shell("echo '# a meter'; echo 0.00 100.5 J; echo 0.01 101.5 J; exit 3");
    let mut meter = Meter::start(&command, MonotonicClock).unwrap();
    assert_eq!(meter.spec().quantity, Quantity::Energy);
    assert_eq!(meter.spec().quantum, 0.1);
    let (readings, error) = until_end(&mut meter);
    let values: Vec<f64> = readings.iter().map(|one| one.value).collect();
    assert_eq!(values, [100.5, 101.5]);
    assert_eq!(
        error.to_string(),
        "the meter sh ended (exit status: 3); run it by hand to see why"
    );
    assert_eq!(meter.poll(&MonotonicClock), Err(error), "and stays so");
}

#[test]
fn the_accuracy_is_what_the_user_says_else_what_the_program_says_else_unknown() {
    let gain = |script: &str, gain| {
        let command = MeterCommand {
            gain,
            ..shell(script)
        };
        let meter = Meter::start(&command, MonotonicClock).unwrap();
        meter.spec().gain
    };
    let says = "echo '# accuracy 0.5%'; echo 0 10 W; sleep 100";
    assert_eq!(gain(says, None), Some(0.005));
    assert_eq!(gain(says, Some(0.01)), Some(0.01));
    assert_eq!(gain("echo 0 10 W; sleep 100", None), None);
    assert_eq!(
        gain("echo '# accuracy?'; echo 0 10 W; sleep 100", None),
        None
    );
}

#[test]
fn programs_that_are_no_meters_are_reasons() {
    let start = |command: &MeterCommand| Meter::start(command, MonotonicClock).unwrap_err();
    let absent = start(&MeterCommand::new("/nowhere/meter", &[]));
    assert!(matches!(absent, EnergyError::MeterStart { .. }), "{absent}");
    let dead = start(&shell("exit 1"));
    assert!(dead.to_string().contains("exit status: 1"), "{dead}");
    let flood = start(&shell("yes hello"));
    assert!(matches!(flood, EnergyError::MeterFlooded { .. }), "{flood}");
    let silent = start(&MeterCommand {
        patience: Nanoseconds::from_millis(50),
        ..shell("sleep 60")
    });
    assert!(
        matches!(silent, EnergyError::MeterSilent { .. }),
        "{silent}"
    );
    let babbling = start(&MeterCommand {
        patience: Nanoseconds::from_millis(50),
        ..shell("while sleep 0.01; do echo hello; done")
    });
    assert_eq!(
        babbling.to_string(),
        "the meter sh has printed no reading; a line is `SECONDS VALUE J` or `SECONDS VALUE W`"
    );
}

#[test]
fn a_meter_that_begins_to_flood_is_stopped_with_what_it_told_before() {
    let script = "echo 0 10 W; while :; do echo 0.001 11 W; done";
    let mut meter = Meter::start(&shell(script), MonotonicClock).unwrap();
    let (readings, error) = until_end(&mut meter);
    assert!((1..=1_000).contains(&readings.len()), "{}", readings.len());
    assert!(matches!(
        error,
        EnergyError::MeterFlooded { lines: 1_000, .. }
    ));
}

#[test]
fn a_meter_and_what_it_started_end_with_it() {
    let script = "sleep 1000 & echo 0 $! W; wait";
    let mut meter = Meter::start(&shell(script), MonotonicClock).unwrap();
    let readings = meter.poll(&MonotonicClock).unwrap();
    let sleeper = format!("/proc/{}/stat", readings[0].value as u32);
    drop(meter);
    let is_gone = || std::fs::read_to_string(&sleeper).map_or(true, |stat| stat.contains(") Z "));
    let until = MonotonicClock.now() + Nanoseconds::from_secs(5);
    while !is_gone() && MonotonicClock.now() < until {
        MonotonicClock.wait_until(MonotonicClock.now() + Nanoseconds::from_millis(2));
    }
    assert!(is_gone());
}

#[test]
fn a_meter_that_lies_is_caught_by_the_series() {
    let script = "echo 10 50 W; echo 10.1 NaN W; echo 10.2 60 J; echo 9 51 W; echo 5000 52 W; echo 10.3 53 W";
    let mut meter = Meter::start(&shell(script), MonotonicClock).unwrap();
    let mut series = Series::new(meter.spec().clone(), 100);
    let (readings, _) = until_end(&mut meter);
    for reading in readings {
        series.push(reading);
    }
    let history = series.history();
    let values: Vec<f64> = history.readings.iter().map(|one| one.value).collect();
    assert_eq!(values, [50.0, 53.0]);
    assert_eq!(
        (history.nonsense, history.time_back),
        (3, 1),
        "no number, another unit, a leap; time that ran back"
    );
}

#[test]
fn timestamps_of_any_clock_are_placed_by_the_quickest_line() {
    let mut timeline = Timeline::default();
    let mut place = |arrival_ms: u64, stamp: f64| {
        let line = Line {
            stamp,
            value: 1.0,
            quantity: Quantity::Power,
            quantum: 1.0,
        };
        let at = timeline.place(Nanoseconds::from_millis(arrival_ms), line);
        at.map(|at| (at.as_secs_f64() * 1e3).round() as u64)
    };
    assert_eq!(place(50_100, 1_000.0), Some(50_100));
    assert_eq!(place(50_400, 1_000.5), Some(50_400), "quicker by 0.2 s");
    assert_eq!(
        place(51_500, 1_001.0),
        Some(50_900),
        "slower: placed by the quickest"
    );
    assert_eq!(place(51_600, 1_000.8), Some(50_700), "ran back");
    assert_eq!(place(51_700, 9_999.0), None, "leapt");
    assert_eq!(place(52_000, 1_001.5), Some(51_400));
}

#[test]
fn a_clock_that_runs_slow_or_fast_is_followed() {
    for rate in [0.999, 0.9999, 1.0001, 1.001] {
        let mut timeline = Timeline::default();
        let mut furthest = 0.0f64;
        for index in 0..6_000_u64 {
            let arrival = Nanoseconds::from_millis(50_000 + index * 100);
            let line = Line {
                stamp: 9_000.0 + index as f64 / 10.0 * rate,
                value: 1.0,
                quantity: Quantity::Power,
                quantum: 1.0,
            };
            let at = timeline.place(arrival, line).unwrap();
            furthest = furthest.max((at.as_secs_f64() - arrival.as_secs_f64()).abs());
        }
        let most = 2.0 * STRETCH * (1.0 - rate).abs();
        assert!(furthest <= most + 1e-3, "{rate}: {furthest}");
    }
}

#[test]
fn a_clock_that_was_set_costs_one_line_and_no_more() {
    for step_s in [100.0, -0.5, -3_600.0] {
        let mut timeline = Timeline::default();
        let mut placed = 0_u64;
        for index in 0..10_u64 {
            let (arrival, step) = (50_000 + index * 100, if index < 5 { 0.0 } else { step_s });
            let line = Line {
                stamp: 9_000.0 + index as f64 / 10.0 + step,
                value: 1.0,
                quantity: Quantity::Power,
                quantum: 1.0,
            };
            let at = timeline.place(Nanoseconds::from_millis(arrival), line);
            let at = at.map(|at| (at.as_secs_f64() * 1e3).round() as u64);
            placed += u64::from(at == Some(arrival));
        }
        assert_eq!(placed, 9, "{step_s}");
    }
}
