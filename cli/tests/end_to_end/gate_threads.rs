//! Gates of several threads, whose waiting tells how contended they were.

use serde_json::Value;

use crate::gate::{arguments, only};
use crate::support::Bench;

/// How much each process waited, baseline and candidate of a block in turns, of a gate of two threads.
fn contention(baseline: &str, candidate: &str) -> Vec<Value> {
    let bench = Bench::new();
    let more = ["--threads", "2", "--format", "json"];
    let told = only(&bench.tare(&arguments(baseline, candidate, &more)));
    let blocks = told["evidence"].as_array().expect("blocks");
    assert!(!blocks.is_empty(), "{told:#}");
    let sides = blocks
        .iter()
        .flat_map(|block| [&block["baseline"]["Ok"], &block["candidate"]["Ok"]]);
    sides
        .inspect(|side| assert!(side["value"].is_number(), "{told:#}"))
        .map(|side| side["contention"].clone())
        .collect()
}

#[test]
fn how_long_threads_wait_is_read_in_all_processes_of_both_sides_or_in_none() {
    let slow = "adapter=fake:run=2ms";
    let read = contention(slow, "adapter=fake:run=3ms");
    assert!(read.iter().all(Value::is_object), "{read:?}");
    // Two readings are over 1% of a request of the candidate.
    let dear = contention(slow, "adapter=fake:run=20us,spin=busy");
    assert!(dear.iter().all(Value::is_null), "{dear:?}");
}
