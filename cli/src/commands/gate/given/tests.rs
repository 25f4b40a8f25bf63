//! What counts of a process, by its record and samples.

use tare_results::samples::write;
use tare_results::{Counters, Failure, Phase, WrongOutputs};

use super::super::callgrind;
use super::super::decide::tests::built;
use super::*;

/// What the process gave in which two threads worked, and whose samples hold these run delays.
fn given(delays: Option<DelaysOf>) -> Given {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut record = built::record("run", built::cell(1), 0);
    record.effective_latency = None;
    record.counters = Some(Counters {
        threads_used: Some(2),
        ..Counters::default()
    });
    if let Some(file) = &mut record.samples {
        file.delays = delays;
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
    let odd = given(Some(DelaysOf::Executing));
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
    let given = given(Some(DelaysOf::All));
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
    let unread = given(None);
    assert!(!counts_delay([&unread].into_iter()));
}

/// Of a process that had so much processor time in all and in the thread that issued its requests, in milliseconds.
fn worked([all, issuing]: [u64; 2]) -> Record {
    let mut record = built::record("run", built::cell(1), 0);
    record.counters = Some(Counters {
        cpu_ns: Some(Nanoseconds::from_millis(all)),
        issuing_cpu_ns: Some(Nanoseconds::from_millis(issuing)),
        ..Counters::default()
    });
    record
}

#[test]
fn the_count_that_one_process_left_is_none_of_the_next() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let callgrind = callgrind::tests::left(dir.path(), 6_000);
    let sound = worked([100, 100]);
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
    assert!(matches!(of(&sound), Ok(Given::Counted { .. })));
}

#[test]
fn counts_of_one_thread_are_none_of_a_side_whose_work_is_mostly_done_by_others() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let of = |record: &Record| {
        let callgrind = callgrind::tests::left(dir.path(), 6_000);
        let wanted = Wanted {
            run: dir.path(),
            metric: Metric::Instructions,
            compared: false,
            callgrind: Some(&callgrind),
        };
        Given::of(record, &wanted)
    };
    let own = of(&worked([500, 499])).expect("counted");
    let woken = of(&worked([30, 28])).expect("counted");
    assert_eq!(is_counted_whole([&woken; 3].into_iter()), Ok(()));
    let others = of(&worked([500, 10])).expect("counted");
    assert_eq!(is_counted_whole([&own, &others].into_iter()), Ok(()));
    let fault = is_counted_whole([&own, &others, &others].into_iter());
    let fault = fault.expect_err("two of three").to_string();
    for part in ["in 2 of 3 processes", "98%", "options", "perf"] {
        assert!(fault.contains(part), "no '{part}' in {fault}");
    }
    let mut unknown = worked([500, 500]);
    unknown.counters = None;
    let why = "no probes".to_owned();
    unknown.missing.insert("counters".to_owned(), why);
    let fault = of(&unknown).expect_err("nobody knows").to_string();
    assert!(fault.contains("is not known: no probes"), "{fault}");
}

#[test]
fn outputs_without_numbers_or_of_another_shape_are_wrong_whatever_words_tell_of_them() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let wanted = Wanted {
        run: dir.path(),
        metric: Metric::Load,
        compared: false,
        callgrind: None,
    };
    let mut record = built::record("run", built::cell(1), 0);
    record.verdict = Verdict::Invalid;
    record.reasons = vec!["something".to_owned()];
    let fault = |record: &Record| Given::of(record, &wanted).expect_err("invalid");
    assert!(matches!(fault(&record), Fault::Invalid { .. }));
    let outputs = vec!["y".to_owned()];
    let why = "two outputs came out".to_owned();
    for wrong in [
        WrongOutputs::NotNumbers { outputs },
        WrongOutputs::Misfit { why },
    ] {
        record.wrong_outputs = vec![wrong];
        assert!(matches!(fault(&record), Fault::WrongOutputs { .. }));
    }
}
