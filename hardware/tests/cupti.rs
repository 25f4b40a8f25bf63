//! CUPTI as it may be met: recording, refusing, dropping, too old or too new. A small C library plays it, writes records in
//! their true layouts, and is loaded like the real one.

#[path = "cupti/fake.rs"]
mod fake;

use std::fs;
use std::path::Path;
use std::process::Command;

use fake::Fake;
use tare_hardware::cupti::{Cupti, CuptiError, Trace, Way, Work};
use tare_units::{Bytes, Nanoseconds};

/// What is recorded between beginning and end.
fn traced(records: &str) -> Trace {
    let fake = Fake::new("");
    let mut cupti = fake.attach().unwrap();
    cupti.begin().unwrap();
    fake.set(records);
    cupti.end().unwrap()
}

fn kernels(trace: &Trace) -> Vec<(&str, u64, u64, u32)> {
    let all = trace.activities.iter().filter_map(|one| match one.work {
        Work::Kernel { name } => Some((
            trace.names[name].as_str(),
            one.start.as_nanos(),
            one.end.as_nanos(),
            one.correlation,
        )),
        _ => None,
    });
    all.collect()
}

#[test]
fn kernels_on_two_streams_are_told_with_their_names_times_and_launches() {
    let trace = traced(
        "r 5 80 95\nk 5 100 300 7 sgemm\nd 6 90 99\nk 6 200 400 8 softmax\nk 9 500 600 7 sgemm",
    );
    assert_eq!(
        kernels(&trace),
        [
            ("sgemm", 100, 300, 5),
            ("softmax", 200, 400, 6),
            ("sgemm", 500, 600, 9)
        ]
    );
    let calls = trace
        .calls
        .iter()
        .map(|call| (call.correlation, call.start.as_nanos()));
    assert_eq!(calls.collect::<Vec<_>>(), [(5, 80), (6, 90)]);
    assert_eq!(trace.dropped, 0);
}

#[test]
fn kernels_of_a_graph_share_the_call_that_launched_it() {
    let trace = traced("d 3 10 20\nk 3 30 40 7 first\nk 3 40 50 7 second\nk 3 45 60 8 third");
    let of_graph = kernels(&trace).iter().all(|kernel| kernel.3 == 3);
    assert!(of_graph && trace.activities.len() == 3, "{trace:?}");
    assert_eq!(trace.calls.len(), 1);
}

#[test]
fn copies_and_fills_have_their_way_and_size_and_a_host_s_own_copy_is_no_device_s() {
    let trace =
        traced("c 1 10 20 1 4096\nc 2 30 40 2 512\nc 3 50 60 8 64\nc 4 70 80 9 64\nm 5 90 95 1024");
    let works: Vec<Work> = trace.activities.iter().map(|one| one.work).collect();
    let bytes = Bytes::from_bytes;
    let copy = |way, size| Work::Copy {
        way,
        bytes: bytes(size),
    };
    assert_eq!(
        works,
        [
            copy(Way::ToDevice, 4096),
            copy(Way::FromDevice, 512),
            copy(Way::OnDevice, 64),
            Work::Fill { bytes: bytes(1024) }
        ]
    );
    assert_eq!(trace.activities[3].start, Nanoseconds::from_nanos(90));
}

#[test]
fn records_split_over_buffers_and_out_of_order_are_all_read() {
    let shuffled: Vec<u64> = (0..200).map(|place| (place * 77) % 200).collect();
    let lines = shuffled
        .iter()
        .map(|at| format!("k {at} {} {} 7 kernel-{}\n", at * 10, at * 10 + 5, at % 3));
    let trace = traced(&format!("room=7\n{}", lines.collect::<String>()));
    let mut starts: Vec<u64> = trace
        .activities
        .iter()
        .map(|one| one.start.as_nanos())
        .collect();
    starts.sort_unstable();
    assert_eq!(starts, (0..200).map(|at| at * 10).collect::<Vec<u64>>());
    let mut names = trace.names.clone();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["kernel-0", "kernel-1", "kernel-2"]);
}

#[test]
fn what_was_recorded_before_the_beginning_is_thrown_away() {
    let fake = Fake::new("k 1 10 20 7 warm-up\ndrop=3");
    let mut cupti = fake.attach().unwrap();
    cupti.begin().unwrap();
    fake.set("k 2 30 40 7 request");
    let trace = cupti.end().unwrap();
    assert_eq!(
        (kernels(&trace), trace.dropped),
        (vec![("request", 30, 40, 2)], 0)
    );
}

#[test]
fn dropped_records_are_counted_whether_cupti_lost_them_or_the_buffers_were_full() {
    assert_eq!(traced("drop=12\nk 1 10 20 7 kernel").dropped, 12);
    let trace = traced("room=1\nflood=70");
    assert_eq!((trace.activities.len(), trace.dropped), (64, 6));
}

#[test]
fn the_clock_is_that_of_the_records() {
    let fake = Fake::new("now=1700000000123456789");
    let cupti = fake.attach().unwrap();
    let now = cupti.now().unwrap().as_nanos();
    assert_eq!(now, 1_700_000_000_123_456_789);
    fake.set("fail.now=999");
    assert!(matches!(cupti.now(), Err(CuptiError::Refused { .. })));
}

#[test]
fn versions_of_cuda_12_and_13_are_known_and_others_are_refused() {
    for version in [18, 28, 130_001, 130_401] {
        let fake = Fake::new(&format!("version={version}"));
        assert!(fake.attach().is_ok(), "{version}");
    }
    for version in [17, 29, 140_000] {
        let fake = Fake::new(&format!("version={version}"));
        let error = fake.attach().unwrap_err();
        assert!(matches!(error, CuptiError::Version { version: told, .. } if told == version));
    }
}

#[test]
fn another_tool_or_too_few_privileges_are_reasons_with_remedies() {
    let refused = |conf: &str| Fake::new(conf).attach().unwrap_err().to_string();
    let other = refused("fail.subscribe=39");
    assert!(
        other.contains("MULTIPLE_SUBSCRIBERS") && other.contains("nsys"),
        "{other}"
    );
    let user = refused("fail.enable.10=35");
    assert!(
        user.contains("cuptiActivityEnable says INSUFFICIENT_PRIVILEGES")
            && user.contains("NVreg_RestrictProfilingToAdminUsers=0"),
        "{user}"
    );
    assert!(refused("fail.subscribe=15").contains("install a driver"));
}

#[test]
fn after_a_refusal_and_after_its_end_another_tracer_can_attach() {
    let fake = Fake::new("fail.enable.1=35");
    assert!(fake.attach().is_err());
    fake.set("k 1 10 20 7 left-over");
    let first = fake.attach().unwrap();
    assert_eq!(fake.attach().unwrap_err(), CuptiError::Taken);
    drop(first);
    let mut second = fake.attach().unwrap();
    second.begin().unwrap();
    assert_eq!(second.end().unwrap(), Trace::default());
}

#[test]
fn a_library_that_is_not_there_or_not_cupti_is_a_reason() {
    let absent = Cupti::attach(Some("/nowhere/libcupti.so.13".as_ref()))
        .unwrap_err()
        .to_string();
    assert!(
        absent.starts_with("CUPTI was not found (/nowhere/libcupti.so.13")
            && absent.contains("LD_LIBRARY_PATH"),
        "{absent}"
    );
    let other = Fake::built("", &["-DcuptiActivityFlushAll=cuptiActivityFlush"]);
    let error = other.attach().unwrap_err();
    assert!(matches!(
        error,
        CuptiError::Lacks {
            symbol: "cuptiActivityFlushAll",
            ..
        }
    ));
}

const ANSWER: &str = "TARE_TEST_CUPTI_ANSWER";

#[test]
#[ignore = "a part that another test starts as a process of its own"]
fn the_process_of_another_test() {
    let told = match Cupti::attach(None) {
        Ok(_) => "attached".to_owned(),
        Err(reason) => reason.to_string(),
    };
    let answer = std::env::var(ANSWER).expect("another test starts this one");
    fs::write(answer, told).unwrap();
}

/// What a process says that is to find the library of `fake` by itself, beside this driver.
fn found(fake: &Fake, driver: impl FnOnce(&Path)) -> String {
    let library = fake.library();
    let folder = library.parent().unwrap();
    driver(&folder.join("libcuda.so.1"));
    let answer = folder.join("answer");
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "the_process_of_another_test"])
        .env("LD_LIBRARY_PATH", folder)
        .env(ANSWER, &answer)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    fs::read_to_string(answer).unwrap()
}

#[test]
fn it_is_found_where_the_loader_looks_and_not_even_looked_for_without_a_driver() {
    let fake = Fake::new("");
    // Any library will do for a driver: it is loaded, and nothing of it called.
    let there = found(&fake, |path| {
        fs::copy(fake.library(), path).unwrap();
    });
    assert_eq!(there, "attached");
    let broken = found(&fake, |path| fs::write(path, "no library").unwrap());
    assert!(
        broken.starts_with("NVIDIA's driver was not found") && broken.contains("libcuda.so.1"),
        "{broken}"
    );
}

#[test]
fn a_buffer_that_breaks_off_is_told_as_a_loss() {
    let trace = traced("k 1 10 20 7 kernel\nk 2 30 40 7 kernel\ninvalid=1");
    assert_eq!((trace.activities.len(), trace.dropped), (1, 1));
}

#[test]
#[ignore = "needs CUPTI of CUDA 12 or 13, from 13.2 on with the driver: name its file in TARE_CUPTI"]
fn the_real_library_has_every_function_and_a_version_that_is_known() {
    let file = std::env::var("TARE_CUPTI").expect("TARE_CUPTI names libcupti.so");
    // Without a GPU it refuses, which only a library that was found, known and complete can do.
    match Cupti::attach(Some(file.as_ref())) {
        Ok(cupti) => drop(cupti),
        Err(error) => assert!(matches!(error, CuptiError::Refused { .. }), "{error}"),
    }
}

#[test]
fn records_that_cannot_be_are_no_trace() {
    let fake = Fake::new("");
    let mut cupti = fake.attach().unwrap();
    cupti.begin().unwrap();
    fake.set("k 1 10 20 7 kernel\nastray=1");
    assert!(matches!(cupti.end(), Err(CuptiError::Unreadable { .. })));
}
