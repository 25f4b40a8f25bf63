//! What a kill, a full disk, a second writer or a foreign file does to a run: nothing to its finished records, and a clear error.

mod common;

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

use tare_results::Record;
use tare_results::store::{Store, StoreError, Torn};
use tempfile::TempDir;

const ID: &str = "20261121-104656-3f9a";

fn record(repeat: u64) -> Record {
    common::record(ID, common::cell(1), repeat)
}

/// A store with a run of two records, and the path of its `cells.jsonl`.
fn two_records() -> (TempDir, Store, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path());
    let run = common::run(ID, vec![common::cell(1)]);
    let mut writer = store.create(&run).unwrap();
    writer.append(&record(0)).unwrap();
    writer.append(&record(1)).unwrap();
    let cells = writer.path().join("cells.jsonl");
    (dir, store, cells)
}

#[test]
fn a_kill_at_any_byte_of_an_append_loses_no_finished_record() {
    let (_dir, store, cells) = two_records();
    let whole = fs::read(&cells).unwrap();
    let first = whole.len() / 2;
    for len in [first + 1, first + 100, whole.len() - 1] {
        fs::write(&cells, &whole[..len]).unwrap();
        let torn = Some(Torn {
            line: 2,
            bytes: (len - first) as u64,
        });
        let read = store.read(ID).unwrap();
        assert_eq!((read.records, &read.torn), (vec![record(0)], &torn));
        let mut resumed = store.resume(ID).unwrap();
        assert_eq!((resumed.records, resumed.torn), (vec![record(0)], torn));
        resumed.writer.append(&record(1)).unwrap();
        assert_eq!(fs::read(&cells).unwrap(), whole);
    }
}

#[test]
fn of_thousands_of_records_every_one_is_read_in_order_and_what_is_wrong_is_numbered() {
    const COUNT: u64 = 4_000;
    let (_dir, store, cells) = two_records();
    let records: Vec<Record> = (0..COUNT).map(record).collect();
    let line = |record| serde_json::to_string(record).unwrap() + "\n";
    let text: String = records.iter().map(line).collect();
    fs::write(&cells, text.clone() + "{\"schema").unwrap();
    let read = store.read(ID).unwrap();
    assert_eq!(read.records, records);
    let (line, bytes) = (COUNT + 1, 8);
    assert_eq!(read.torn, Some(Torn { line, bytes }));
    assert_eq!(store.resume(ID).unwrap().torn, read.torn);
    assert_eq!(fs::read_to_string(&cells).unwrap(), text);
    fs::write(&cells, text + "oops\n{}\n").unwrap();
    let error = store.read(ID).unwrap_err().to_string();
    assert!(error.contains("line 4001 "), "{error}");
}

#[test]
fn reading_leaves_a_torn_line_where_it_is() {
    let (_dir, store, cells) = two_records();
    let torn = &fs::read(&cells).unwrap()[..50];
    fs::write(&cells, torn).unwrap();
    assert!(store.read(ID).unwrap().records.is_empty());
    assert_eq!(fs::read(&cells).unwrap(), torn);
}

#[test]
fn a_line_in_the_middle_that_is_no_record_is_named_by_file_and_line() {
    let (_dir, store, cells) = two_records();
    let text = fs::read_to_string(&cells).unwrap();
    fs::write(&cells, text.replacen("\"kind\"", "\"find\"", 1)).unwrap();
    for error in [store.read(ID).unwrap_err(), store.resume(ID).unwrap_err()] {
        let text = error.to_string();
        let place = format!("{} line 1 ", cells.display());
        assert!(
            text.contains(&place) && text.contains("missing field `kind`"),
            "{text}"
        );
    }
}

#[test]
fn a_record_and_a_run_of_another_format_are_refused_by_name() {
    let (_dir, store, cells) = two_records();
    let text = fs::read_to_string(&cells).unwrap();
    fs::write(&cells, text.replace("tare.record/1", "tare.record/2")).unwrap();
    let error = store.read(ID).unwrap_err().to_string();
    assert!(
        error.contains("line 1 has the schema 'tare.record/2'"),
        "{error}"
    );
    fs::write(
        cells.with_file_name("run.json"),
        "{\"schema\": \"tare.run/9\"}",
    )
    .unwrap();
    let error = store.read(ID).unwrap_err().to_string();
    assert!(error.contains("'tare.run/9'"), "{error}");
}

#[test]
fn a_run_has_one_writer_at_a_time() {
    let (_dir, store, _) = two_records();
    let resumed = store.resume(ID).unwrap();
    let error = store.resume(ID).unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "{error}");
    assert_eq!(store.read(ID).unwrap().records.len(), 2);
    drop(resumed);
    store.resume(ID).unwrap();
}

#[test]
fn a_store_that_cannot_be_written_is_named_with_the_remedy() {
    let (dir, ..) = two_records();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for folder in [file.join("store"), Path::new("/proc/tare").to_owned()] {
        let run = common::run(ID, vec![common::cell(1)]);
        let error = Store::open(&folder).create(&run).unwrap_err().to_string();
        assert!(error.contains(&folder.display().to_string()), "{error}");
        assert!(error.contains("--store DIR"), "{error}");
    }
}

#[test]
fn a_store_that_is_a_file_is_no_empty_store() {
    let (_dir, _, cells) = two_records();
    let error = Store::open(&cells).list().unwrap_err().to_string();
    assert!(error.contains("Not a directory"), "{error}");
}

#[test]
fn a_full_disk_never_stops_a_run_for_the_sake_of_an_event() {
    let (_dir, store, cells) = two_records();
    let events = cells.with_file_name("events.jsonl");
    fs::remove_file(&events).unwrap();
    std::os::unix::fs::symlink("/dev/full", &events).unwrap();
    let mut resumed = store.resume(ID).unwrap();
    resumed.writer.event(&tare_results::Event::RunFinished {
        failed: 0,
        interrupted: false,
    });
    resumed.writer.append(&record(2)).unwrap();
    assert_eq!(store.read(ID).unwrap().records.len(), 3);
}

const LIMITED: &str = "TARE_TEST_LIMITED_STORE";

/// The limit on the size of files, like a full disk, lets a part of a line be written.
#[test]
fn a_line_that_the_disk_has_no_room_for_is_cut_off_and_named() {
    if let Some(dir) = std::env::var_os(LIMITED) {
        return append_until_refused(&Store::open(dir));
    }
    let (dir, store, cells) = two_records();
    let script = "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\"";
    let name = "a_line_that_the_disk_has_no_room_for_is_cut_off_and_named";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(LIMITED, dir.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let left = store.read(ID).unwrap();
    assert_eq!(left.torn, None);
    assert!(left.records.len() > 2 && fs::metadata(&cells).unwrap().len() > 16_000);
}

fn append_until_refused(store: &Store) {
    let mut writer = store.resume(ID).unwrap().writer;
    let refused = (2..100).find_map(|repeat| writer.append(&record(repeat)).err());
    let text = refused.expect("the limit is below 100 records").to_string();
    assert!(
        text.contains("cells.jsonl: File too large") && text.contains("ulimit -f"),
        "{text}"
    );
}

#[test]
fn a_lock_ends_with_its_process() {
    let (_dir, store, cells) = two_records();
    let file = OpenOptions::new().append(true).open(cells).unwrap();
    file.try_lock().unwrap();
    assert!(store.resume(ID).is_err());
    drop(file);
    assert!(store.resume(ID).is_ok());
}
