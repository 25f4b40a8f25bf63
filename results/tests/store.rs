//! The store keeps what was appended, across processes and resumptions, and says which run is meant.

mod common;

use std::fs;

use tare_results::store::{Store, StoreError};
use tare_results::{Event, Record, Run};
use tempfile::TempDir;

const ID: &str = "20261121-104656-3f9a";

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("tare/runs"));
    (dir, store)
}

fn run(id: &str) -> Run {
    common::run(id, vec![common::cell(1), common::cell(8)])
}

fn record(repeat: u64) -> Record {
    common::record(ID, common::cell(1), repeat)
}

#[test]
fn what_was_appended_is_read_back_as_it_was() {
    let (_dir, store) = store();
    let mut writer = store.create(&run(ID)).unwrap();
    writer.append(&record(0)).unwrap();
    writer.append(&record(1)).unwrap();
    let contents = store.read("latest").unwrap();
    assert_eq!(contents.run, run(ID));
    assert_eq!(contents.records, [record(0), record(1)]);
    assert_eq!(contents.torn, None);
}

#[test]
fn twins_of_like_machines_are_found_in_all_runs_whatever_else_is_there() {
    let (_dir, store) = store();
    assert!(store.twins("anything").is_empty(), "no store yet");
    let mut twin = record(0);
    twin.kind = tare_results::Kind::Twin;
    let mut elsewhere = twin.clone();
    elsewhere.machine = "another machine".into();
    for (id, last) in [
        ("20260101-000000-aaaa", &twin),
        ("20260102-000000-bbbb", &elsewhere),
    ] {
        let mut writer = store.create(&run(id)).unwrap();
        writer.append(&record(0)).unwrap();
        writer.append(&twin).unwrap();
        writer.append(last).unwrap();
    }
    let torn = store.dir().join("20260102-000000-bbbb/cells.jsonl");
    let text = fs::read_to_string(&torn).unwrap();
    fs::write(&torn, format!("{text}{}", &text[..text.len() / 2])).unwrap();
    let mut another = record(1);
    another.id = "a cell without a twin".into();
    for (id, only) in [
        ("20260103-000000-cccc", record(0)),
        ("20260104-000000-dddd", another),
    ] {
        store.create(&run(id)).unwrap().append(&only).unwrap();
    }
    let found = store.twins(&twin.machine);
    assert_eq!(found[..3], [twin.clone(), twin.clone(), record(0)]);
    assert_eq!(found[3..], [twin, record(0), record(0)]);
}

#[test]
fn the_plan_is_there_before_the_first_record_and_nothing_unfinished_beside_it() {
    let (_dir, store) = store();
    let writer = store.create(&run(ID)).unwrap();
    let mut names: Vec<_> = fs::read_dir(writer.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["cells.jsonl", "events.jsonl", "run.json", "samples"]
    );
    assert!(writer.samples_dir().is_dir());
    assert!(store.read(ID).unwrap().records.is_empty());
}

#[test]
fn a_resumed_run_goes_on_after_its_last_record() {
    let (_dir, store) = store();
    store.create(&run(ID)).unwrap().append(&record(0)).unwrap();
    let mut resumed = store.resume(&ID[..8]).unwrap();
    assert_eq!(resumed.run, run(ID));
    assert_eq!(resumed.records, [record(0)]);
    assert_eq!(resumed.torn, None);
    resumed.writer.append(&record(1)).unwrap();
    let records = store.read(ID).unwrap().records;
    assert_eq!(records, [record(0), record(1)]);
}

#[test]
fn events_are_a_json_object_a_line() {
    let (_dir, store) = store();
    let mut writer = store.create(&run(ID)).unwrap();
    let events = [
        Event::RunStarted {
            workers: 2,
            done: 0,
        },
        Event::RunFinished {
            failed: 0,
            interrupted: true,
        },
    ];
    events.iter().for_each(|event| writer.event(event));
    let text = fs::read_to_string(writer.path().join("events.jsonl")).unwrap();
    let read: Vec<Event> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read, events);
}

#[test]
fn a_store_that_is_not_there_is_empty_and_is_not_made_by_reading() {
    let (_dir, store) = store();
    assert!(store.list().unwrap().is_empty());
    let error = store.read("latest").unwrap_err();
    assert!(matches!(error, StoreError::Empty { .. }), "{error}");
    assert!(!store.dir().exists());
}

#[test]
fn latest_is_the_run_made_last_also_within_a_second() {
    let (_dir, store) = store();
    for id in [
        "20261121-104656-ffff",
        "20261121-104656-0000",
        "20261120-235959-ffff",
    ] {
        store.create(&run(id)).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(store.find("latest").unwrap(), "20261121-104656-0000");
    assert_eq!(store.list().unwrap()[0], "20261120-235959-ffff");
}

#[test]
fn a_new_id_is_free_and_a_taken_one_is_refused() {
    let (_dir, store) = store();
    let first = store.new_run_id("2026-11-21T10:46:56Z", 1).unwrap();
    store.create(&run(&first)).unwrap();
    let second = store.new_run_id("2026-11-21T10:46:56Z", 1).unwrap();
    assert_ne!(first, second);
    store.create(&run(&second)).unwrap();
    let error = store.create(&run(&first)).unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
}

#[test]
fn an_id_never_leads_out_of_the_store() {
    let (dir, store) = store();
    for id in ["../escape", "a/b", ".."] {
        let error = store.create(&run(id)).unwrap_err();
        assert!(matches!(error, StoreError::BadId { .. }), "{error}");
        assert!(store.resume(id).is_err());
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn fields_that_this_version_does_not_know_are_ignored() {
    let (_dir, store) = store();
    let writer = store.create(&run(ID)).unwrap();
    let mut value = serde_json::to_value(record(0)).unwrap();
    value["quality"] = serde_json::json!({"per_sample_j": 1.5});
    value["latency"]["p42"] = serde_json::json!(null);
    fs::write(writer.path().join("cells.jsonl"), format!("{value}\n")).unwrap();
    assert_eq!(store.read(ID).unwrap().records, [record(0)]);
}

#[test]
fn a_record_without_the_fields_of_this_version_is_read() {
    let (_dir, store) = store();
    let writer = store.create(&run(ID)).unwrap();
    let mut value = serde_json::to_value(record(0)).unwrap();
    value.as_object_mut().unwrap().remove("fidelity");
    // Nor are these there: they are written only where there is something to say.
    assert!(value["samples"].get("delays").is_none() && value.get("wrong_outputs").is_none());
    value["runtime"]
        .as_object_mut()
        .unwrap()
        .remove("dispatched_calls");
    fs::write(writer.path().join("cells.jsonl"), format!("{value}\n")).unwrap();
    let mut earlier = record(0);
    earlier.fidelity = None;
    assert_eq!(store.read(ID).unwrap().records, [earlier]);
}

#[test]
fn a_folder_without_a_plan_is_no_run() {
    let (_dir, store) = store();
    store.create(&run(ID)).unwrap();
    fs::create_dir(store.dir().join("20270101-000000-0000")).unwrap();
    assert_eq!(store.find("latest").unwrap(), ID);
}
