//! A wall clock that is set while requests are timed changes nothing that is measured.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::{Bench, Ended, MLP};

/// Stands before the C library: whoever asks for the time of day finds it set to the other of two decades than the last time.
/// The monotonic clock is passed on, as `settimeofday` does not touch it; our own is read without the C library, and has a
/// test of its own beside it.
const SETS_THE_CLOCK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

static long asked;

static time_t set(void) {
  return __sync_fetch_and_add(&asked, 1) % 2 ? 2000000000 : 1000000000;
}

int clock_gettime(clockid_t which, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (real == 0) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(which, now);
  if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE) now->tv_sec = set();
  return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
  now->tv_sec = set();
  now->tv_usec = 0;
  return 0;
}

time_t time(time_t *now) {
  time_t at = set();
  if (now != 0) *now = at;
  return at;
}
"#;

/// The library that sets the clock, built by the compiler that links this test.
pub fn setter(bench: &Bench) -> PathBuf {
    let source = bench.write("sets_the_clock.c", SETS_THE_CLOCK);
    let library = bench.path("sets_the_clock.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .output()
        .expect("cc starts");
    assert!(built.status.success(), "{built:#?}");
    library
}

fn measured(scenario: &str) -> Value {
    let bench = Bench::new();
    let arguments = [
        "run",
        "--model",
        MLP,
        "--no-tax",
        "--adapter",
        "fake:run=2ms",
        "--scenario",
        scenario,
        "--repeats",
        "1",
        "--duration",
        "500ms",
        "--deadline",
        "60s",
    ];
    let mut command = bench.command(&arguments);
    command.env("LD_PRELOAD", setter(&bench));
    let ended = Ended::of(command.output().expect("the binary starts"));
    // A machine that is busy with other tests may issue requests so late that the cell is invalid.
    assert!(matches!(ended.code, Some(0 | 3)), "{ended:#?}");
    let records = bench.measurements();
    let [record] = records.as_slice() else {
        panic!("not one record: {records:#?}");
    };
    record.clone()
}

#[test]
fn requests_are_due_and_timed_alike_while_the_wall_clock_is_set_to_and_fro_by_decades() {
    let record = measured("server:rate=200,arrivals=constant");
    let created = record["created"].as_str().expect("a time of day");
    let is_set = ["2001-", "2033-"]
        .iter()
        .any(|year| created.starts_with(year));
    assert!(is_set, "the clock was not set: {created}");
    assert!(record["failure"].is_null(), "{record:#}");
    let serving = &record["serving"];
    assert_eq!(serving["due"], 100);
    assert_eq!(serving["done"], 100);
    let offered = record["throughput"]["offered_per_s"].as_f64();
    let offered = offered.expect("an open loop offers");
    assert!((190.0..=201.0).contains(&offered), "{offered}");
    assert_timed(&record);
}

#[test]
fn a_closed_loop_ends_with_its_duration_while_the_wall_clock_is_set_to_and_fro_by_decades() {
    let record = measured("single-stream");
    let done = record["latency"]["count"].as_u64().expect("requests");
    assert!((6..=250).contains(&done), "500 ms of 2 ms each: {done}");
    assert_timed(&record);
}

/// Between what a request takes at the least and what the run was given in all.
fn assert_timed(record: &Value) {
    let times = [
        &record["latency"]["min_ns"],
        &record["latency"]["max_ns"],
        &record["load"]["first_inference_ns"],
    ];
    for time in times {
        let nanos = time.as_u64().expect("a time");
        assert!((2_000_000..60_000_000_000).contains(&nanos), "{record:#}");
    }
}
