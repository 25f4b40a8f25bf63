//! What counts of a process, by its record and samples.

use tare_results::samples::write;
use tare_results::{Counters, Failure, Phase};

use super::super::callgrind;
use super::super::decide::tests::built;
use super::*;

/// What the process gave whose run delay was read, but whose record has no effective latency for this reason.
fn given(why: String) -> Given {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut record = built::record("run", built::cell(1), 0);
    record.effective_latency = None;
    record.missing.insert("effective_latency".to_owned(), why);
    record.counters = Some(Counters {
        threads_used: Some(2),
        ..Counters::default()
    });
    if let Some(cost) = &mut record.harness {
        cost.run_delay_ns = Some(800.0);
    }
    let sample = |latency, delay| Sample {
        latency,
        delay,
        ..Sample::default()
    };
    let samples = [
        sample(5_000, 0),
        sample(Sample::FAILED, 0),
        sample(9_000, 4_000),
    ];
    let file = dir
        .path()
        .join(&record.samples.as_ref().expect("samples").path);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("makes it");
    write(&file, &samples).expect("writes");
    let wanted = Wanted {
        run: dir.path(),
        metric: Metric::P50,
        compared: true,
        callgrind: None,
    };
    Given::of(&record, &wanted).expect("a figure")
}

#[test]
fn delays_that_were_read_count_though_another_thread_worked_for_once() {
    let odd = given(harness::others_worked(2));
    let Given::Requests {
        requests, alone, ..
    } = &odd
    else {
        panic!("requests: {odd:?}");
    };
    assert!(!alone);
    let effective: Vec<u64> = requests
        .iter()
        .map(|one| one.effective().as_nanos())
        .collect();
    assert_eq!(effective, [5_000, 5_000]);
    let usual = Given::Requests {
        requests: requests.clone(),
        alone: true,
        per_s: None,
    };
    assert!(counts_delay([&usual, &odd].into_iter()));
    assert!(!counts_delay([&usual, &odd, &odd].into_iter()));
}

#[test]
fn where_all_samples_wait_from_the_start_their_latencies_are_no_throughput() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let figure = |takes: u64| {
        let mut record = built::record("run", built::cell(1), 0);
        record.cell.scenario = "offline".to_owned();
        record.latency = None;
        record.throughput = Some(tare_results::Throughput {
            samples_per_s: Some(1e9 / takes as f64),
            ..tare_results::Throughput::default()
        });
        let done = 3_000_000_000 / takes;
        let sample = |place: u64| Sample {
            latency: (place + 1) * takes,
            ..Sample::default()
        };
        let samples: Vec<Sample> = (0..done).map(sample).collect();
        let path = &record.samples.as_ref().expect("samples").path;
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("makes it");
        write(&file, &samples).expect("writes");
        let wanted = Wanted {
            run: dir.path(),
            metric: Metric::Throughput,
            compared: false,
            callgrind: None,
        };
        let given = Given::of(&record, &wanted).expect("a figure");
        let wall = Statistic::Throughput(tare_gate::Basis::Wall);
        given.figure(wall).expect("a throughput")
    };
    let (fast, slow) = (figure(80_000_000), figure(88_000_000));
    assert_eq!((fast.requests, slow.requests), (37, 34));
    assert!(
        (fast.value / slow.value - 1.1).abs() < 1e-9,
        "{fast:?} {slow:?}"
    );
    assert_eq!(fast.contention, None);
}

#[test]
fn what_all_threads_waited_tells_how_contended_they_were_and_corrects_no_latency() {
    let given = given(harness::WAITING_OF_ALL.to_owned());
    assert!(!counts_delay([&given].into_iter()));
    let conditions = tare_gate::Conditions {
        single_threaded: false,
        run_delay: false,
    };
    let statistic = Metric::P50.statistic(conditions);
    let figure = given.figure(statistic).expect("a figure");
    assert_eq!(figure.value, 5_000.0);
    let contention = figure.contention.expect("delays");
    assert!((contention.waited - 4.0 / 14.0).abs() < 1e-12);
}

#[test]
fn delays_that_were_not_read_around_every_request_are_unknown_and_none() {
    let unread = given("the run delay could not be read around every request".to_owned());
    assert!(!counts_delay([&unread].into_iter()));
}

#[test]
fn the_count_that_one_process_left_is_none_of_the_next() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let callgrind = callgrind::tests::left(dir.path(), 6_000);
    let sound = built::record("run", built::cell(1), 0);
    let mut crashed = sound.clone();
    crashed.failure = Some(Failure {
        phase: Phase::Run,
        message: "killed".to_owned(),
        stderr: None,
    });
    let of = |record: &Record| {
        let wanted = Wanted {
            run: dir.path(),
            metric: Metric::Instructions,
            compared: false,
            callgrind: Some(&callgrind),
        };
        Given::of(record, &wanted)
    };
    assert!(matches!(of(&crashed), Err(Fault::Failed { .. })));
    let error = of(&sound).expect_err("it left no count").to_string();
    assert!(error.contains("callgrind left no count"), "{error}");
    let _left = callgrind::tests::left(dir.path(), 6_000);
    assert!(matches!(of(&sound), Ok(Given::Once(_))));
}
