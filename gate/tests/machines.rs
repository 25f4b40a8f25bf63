//! The whole gate on machines of the benchmark of error rates: a few hundred comparisons, and the format of recorded processes.

#[path = "../benches/errors/machine.rs"]
mod machine;
#[path = "../benches/errors/noise.rs"]
mod noise;
#[path = "../benches/errors/noises.rs"]
mod noises;
#[path = "../benches/errors/procedure.rs"]
#[allow(dead_code, reason = "the benchmark compares more")]
mod procedure;
#[path = "../benches/errors/recorded.rs"]
mod recorded;

use machine::Machine;
use noise::World;
use procedure::{End, Procedure, Whole};
use recorded::{Recorded, Replay, read};
use tare_gate::{Basis, Conditions, Metric, Statistic};
use tare_statistics::Percentile;

const ALONE: Conditions = Conditions {
    single_threaded: true,
    run_delay: true,
};

/// How many of `gates` end so on each noise, quiet first.
fn ended(metric: Metric, worse: f64, gates: u64, end: End) -> Vec<u64> {
    let gate = Whole {
        metric,
        conditions: ALONE,
        most: None,
    };
    let count = |(place, noise)| {
        let run = |seed| {
            gate.run(&mut World::new(noise, (place << 32) + seed), worse)
                .end
        };
        (0..gates).filter(|seed| run(*seed) == end).count() as u64
    };
    noises::all().map(count).collect()
}

#[test]
fn a_candidate_within_the_tolerance_raises_no_alarm_on_any_machine() {
    let alarms = ended(Metric::P50, 0.01, 100, End::Alarm);
    assert!(alarms.iter().all(|alarms| *alarms <= 1), "{alarms:?}");
}

#[test]
fn a_median_that_is_slower_by_a_tenth_is_found_on_every_machine() {
    let found = ended(Metric::P50, 0.10, 100, End::Alarm);
    assert!(found.iter().all(|found| *found >= 99), "{found:?}");
}

#[test]
fn a_tail_that_is_slower_by_three_tenths_is_found_on_every_machine() {
    let found = ended(Metric::P99, 0.30, 30, End::Alarm);
    assert!(found.iter().all(|found| *found >= 28), "{found:?}");
}

#[test]
fn a_gate_without_room_for_its_next_look_is_undecided_and_makes_no_block_of_it() {
    let (place, harsh) = noises::all()
        .find(|(_, noise)| noise.name == "harsh")
        .expect("a noise");
    let runs = |most| {
        let gate = Whole {
            metric: Metric::P50,
            conditions: ALONE,
            most,
        };
        let run = |seed| gate.run(&mut World::new(harsh, (place << 32) + seed), 0.05);
        (0..40).map(run).collect::<Vec<_>>()
    };
    for (all, bounded) in runs(None).into_iter().zip(runs(Some(30))) {
        match all.processes <= 25 {
            true => assert_eq!(bounded.end, all.end),
            false => assert_eq!((bounded.end, bounded.processes), (End::Undecided, 25)),
        }
    }
}

#[test]
fn what_other_programs_take_away_is_in_the_wall_but_not_in_effective_latencies() {
    let (_, sliced) = noises::all()
        .find(|(_, noise)| noise.name == "time-sliced")
        .expect("a noise");
    let mut world = World::new(sliced, 1);
    let requests: Vec<_> = (0..40).flat_map(|_| world.process(0.0, 200)).collect();
    let p99 = |basis| {
        let figure = Statistic::Percentile(Percentile::P99, basis).of(&requests);
        figure.map(|figure| figure.value / 2e6).expect("requests")
    };
    assert!(p99(Basis::Wall) > 2.0, "{}", p99(Basis::Wall));
    assert!(
        (1.0..1.15).contains(&p99(Basis::Effective)),
        "{}",
        p99(Basis::Effective)
    );
    let again: Vec<_> = {
        let mut world = World::new(sliced, 1);
        (0..40).flat_map(|_| world.process(0.0, 200)).collect()
    };
    assert_eq!(requests, again, "the same seed, the same machine");
}

const TEXT: &str = "# two settings\n\
    a model on rten,1000,3000+2000,1000\n\
    another,5\n\
    a model on rten,1000,1000,2000+1000\n\
    another,7\n";

fn settings() -> Vec<Recorded> {
    read(TEXT).expect("settings")
}

#[test]
fn recorded_processes_are_read_by_setting_in_their_order() {
    let settings = settings();
    let names: Vec<&str> = settings.iter().map(|one| one.setting.as_str()).collect();
    assert_eq!(names, ["a model on rten", "another"]);
    assert_eq!(settings[0].blocks(), 1);
    let second = settings[0].processes[0][1];
    assert_eq!(
        (second.latency.as_nanos(), second.effective().as_nanos()),
        (3_000, 1_000)
    );
}

#[test]
fn a_replay_makes_work_longer_and_leaves_waiting_as_it_was() {
    let settings = settings();
    let mut replay = Replay::new(&settings[0], 1);
    let played = replay.process(0.10, 2);
    let nanos = |place: usize| {
        (
            played[place].latency.as_nanos(),
            played[place].effective().as_nanos(),
        )
    };
    assert_eq!(
        (played.len(), nanos(0), nanos(1)),
        (2, (1_100, 1_100), (3_100, 1_100))
    );
    replay.process(0.0, 3);
    assert_eq!(replay.process(0.10, 2), played, "round again");
}

#[test]
fn a_line_that_is_no_process_is_named() {
    let wrong = |text: &str| read(text).expect_err("wrong");
    assert_eq!(wrong("# nothing"), "it holds no process");
    assert_eq!(wrong("a,1\nb"), "line 2: `b` has no requests");
    assert_eq!(
        wrong("# b\na,1+x"),
        "line 2: `x` is no number of nanoseconds"
    );
    assert_eq!(
        wrong("a,1"),
        "`a` is one process alone, and two make a block"
    );
}
