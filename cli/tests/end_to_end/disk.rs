//! Stores that cannot be written: refused at the start, or told with what is kept when the disk fills up.

use std::fs;

use crate::support::{Bench, Ended, MLP, left_out, lines};

#[test]
fn a_store_below_a_file_is_refused_before_anything_is_measured() {
    let bench = Bench::new();
    bench.write("file", "");
    let ended = bench.run(&["--store", "file/store"]).with_code(2);
    let error = ended.error();
    assert!(
        error.contains("file/store") && error.contains("--store DIR"),
        "{error}"
    );
}

#[test]
fn a_result_that_cannot_be_exported_names_the_file() {
    let bench = Bench::new();
    bench
        .run(&[
            "--adapter",
            "fake:run=1ms",
            "--repeats",
            "1",
            "--duration",
            "10ms",
        ])
        .with_code(0);
    let ended = bench
        .tare(&["export", "-o", "nowhere/out.json"])
        .with_code(2);
    assert!(ended.error().contains("nowhere/out.json"), "{ended:#?}");
    let made = bench
        .tare(&["model", "make", MLP, "-o", "nowhere/m.onnx"])
        .with_code(2);
    assert!(
        made.error().contains("create the folder first"),
        "{made:#?}"
    );
}

/// Runs `tare` by a shell that prepares its surroundings first.
fn run_by_shell(bench: &Bench, prepare: &str, after: &str) -> Ended {
    let tare = env!("CARGO_BIN_EXE_tare");
    let script = format!(
        "{prepare}\n\"{tare}\" run --model {MLP} --adapter fake:run=1ms --repeats 3 --duration 20ms --format json\n\
         code=$?\n{after}\nexit $code"
    );
    Ended::of(
        bench
            .command_of("sh", &["-c", &script])
            .output()
            .expect("a shell"),
    )
}

/// Asserts that the run ended with one error of the disk, and that whole records are left.
fn kept_what_was_done(bench: &Bench, ended: Ended, store: &str, remedy: &str) {
    let ended = ended.with_code(4);
    let errors: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{ended:#?}");
    assert!(
        errors[0].contains("cells.jsonl") && errors[0].contains(remedy),
        "{ended:#?}"
    );
    let run = fs::read_dir(bench.path(store))
        .expect("a store")
        .next()
        .expect("a run");
    let cells = run.expect("readable").path().join("cells.jsonl");
    let kept = lines(&cells)
        .iter()
        .filter(|record| record["kind"] == "measurement")
        .count();
    assert!((1..3).contains(&kept), "{kept} records");
    let shown = bench
        .tare(&["show", "--store", store, "--format", "json"])
        .with_code(0);
    assert_eq!(shown.json()[0]["repeats"], kept);
}

#[test]
fn a_file_that_may_not_grow_ends_the_run_and_keeps_what_was_done() {
    let bench = Bench::new();
    bench.tare(&["model", "facts", MLP]).with_code(0);
    // In blocks of 512 bytes: two records fit, a third does not.
    let limit = "trap '' XFSZ\nulimit -f 29";
    let ended = run_by_shell(&bench, limit, "");
    kept_what_was_done(&bench, ended, "store", "ulimit -f");
}

#[test]
fn a_full_disk_ends_the_run_and_keeps_what_was_done() {
    let bench = Bench::new();
    bench.tare(&["model", "facts", MLP]).with_code(0);
    fs::create_dir(bench.path("store")).expect("makes a folder");
    let mounted = |flags: &str| {
        let try_it = format!("unshare {flags} mount -t tmpfs -o size=64k none store");
        let tried = bench
            .command_of("sh", &["-c", &try_it])
            .output()
            .expect("a shell");
        tried.status.success()
    };
    let Some(flags) = ["-m", "-rm"].into_iter().find(|flags| mounted(flags)) else {
        left_out("no small disk can be mounted here");
        return;
    };
    let tare = env!("CARGO_BIN_EXE_tare");
    let inner = format!(
        "mount -t tmpfs -o size=64k none store || exit 99\n\
         \"{tare}\" run --model {MLP} --adapter fake:run=1ms --repeats 40 --duration 5ms --format json\n\
         code=$?\ncp -r store kept\nexit $code"
    );
    let ended = bench
        .command_of("unshare", &[flags, "sh", "-c", &inner])
        .output()
        .expect("unshare starts");
    let ended = Ended::of(ended).with_code(4);
    ended.tells(&["store", "--store DIR"]);
    assert!(!ended.stderr.contains("panicked"), "{ended:#?}");
    let shown = bench
        .tare(&["show", "--store", "kept", "--format", "json"])
        .with_code(0);
    let repeats = shown.json()[0]["repeats"].as_u64().expect("a count");
    assert!((1..40).contains(&repeats), "{repeats}");
}
