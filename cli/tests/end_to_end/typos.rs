//! A suite's values that do not exist: each told as FILE:LINE:COLUMN with the nearest that does, before anything is made.

use crate::support::Bench;

const OWN: &str = r#"name = "own"
summary = "one value of every kind"
models = ["mlp:width=64,depth=2", "bert-tiny:layers=1,vocab=64"]
adapters = ["rten:optimize=true"]
scenarios = ["single-stream:min=6"]
shapes = [{ seq = 8 }]
precisions = ["fp32"]
devices = ["cpu"]
repeats = 1
duration = "10ms"
"#;

/// What the suite with `to` in the place of `from` is told.
fn refused(from: &str, to: &str) -> String {
    assert!(OWN.contains(from), "'{from}' is not in the suite");
    let bench = Bench::new();
    bench.write("own.toml", OWN.replacen(from, to, 1));
    let run = ["run", "--suite", "own.toml", "--dry-run"];
    let ended = bench.tare(&run).with_code(2);
    let shown = bench.tare(&["suite", "show", "own.toml"]).with_code(2);
    let told = |text: &str| {
        let start = text.find("error: ").expect("an error");
        text[start + "error: ".len()..].trim_end().to_owned()
    };
    assert_eq!(told(&shown.stderr), told(&ended.stderr), "shown or run");
    told(&ended.stderr)
}

/// What is written, what stands in its place, what the error begins with, and what it says of the nearest.
const WRONG: &[(&str, &str, &str, &str)] = &[
    (
        "\"mlp:width=64,depth=2\"",
        "\"mlpp\"",
        "own.toml:3:11: models: 'mlpp' is neither a file nor a model of the zoo",
        "the nearest is 'mlp'",
    ),
    (
        "width=64,depth=2",
        "widht=64",
        "own.toml:3:11: models: `mlp` has no option `widht`",
        "the nearest is 'width'",
    ),
    (
        "rten:optimize=true",
        "rtem",
        "own.toml:4:13: adapters: unknown adapter 'rtem'",
        "did you mean rten?",
    ),
    (
        "rten:optimize=true",
        "rten:optimise=true",
        "own.toml:4:13: adapters: adapter 'rten' refuses option 'optimise=true': unknown",
        "the nearest is 'optimize'",
    ),
    (
        "rten:optimize=true",
        "rten:optimize=ture",
        "own.toml:4:13: adapters: adapter 'rten' refuses option 'optimize=ture': write true or false",
        "write true or false",
    ),
    (
        "single-stream:min=6",
        "singel-stream",
        "own.toml:5:14: scenarios: 'singel-stream' names no scenario",
        "the nearest is 'single-stream'",
    ),
    (
        "seq = 8",
        "sec = 8",
        "own.toml:6:13: shapes: no model here has a dimension 'sec'",
        "the nearest is 'seq'",
    ),
    (
        "fp32",
        "fp322",
        "own.toml:7:15: precisions: unknown precision 'fp322'",
        "the nearest is 'fp32'",
    ),
    (
        "\"cpu\"",
        "\"cpx\"",
        "own.toml:8:12: devices: unknown device 'cpx'",
        "the nearest is 'cpu'",
    ),
    (
        "devices",
        "device",
        "own.toml:8:1: no suite has a key 'device'",
        "the nearest is 'devices'",
    ),
    (
        "scenarios = [\"single-stream:min=6\"]\n",
        "",
        "own.toml:1:1: key 'scenarios' is missing: give a list such as [\"single-stream\"]",
        "give a list",
    ),
];

#[test]
fn each_wrong_name_is_told_at_its_place_with_the_nearest_that_exists() {
    for (from, to, place, near) in WRONG {
        let told = refused(from, to);
        assert!(told.starts_with(place), "{told}");
        assert!(told.contains(near), "no {near:?} in {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn a_file_that_is_not_there_is_told_with_the_nearest_of_its_folder() {
    let bench = Bench::new();
    bench.write("models.onnx", "not read");
    bench.write(
        "own.toml",
        OWN.replacen("mlp:width=64,depth=2", "model.onnx", 1),
    );
    let ended = bench
        .tare(&["run", "--suite", "own.toml", "--dry-run"])
        .with_code(2);
    assert!(
        ended.error().starts_with(
            "own.toml:3:11: models: there is no file 'model.onnx'; the nearest is 'models.onnx'"
        ),
        "{ended:#?}"
    );
}

#[test]
fn a_missing_key_of_an_experiment_is_told_at_its_header() {
    let experiment = "\n[[experiment]]\nname = \"one\"\nbatches = [1]\n";
    let told = refused(
        "duration = \"10ms\"\n",
        &format!("duration = \"10ms\"\n{experiment}"),
    );
    assert_eq!(
        told,
        "own.toml:12:1: experiment: key 'summary' is missing: give a sentence on what it shows"
    );
}

#[test]
fn all_that_is_wrong_with_the_names_of_a_file_is_told_at_once() {
    let bench = Bench::new();
    let wrong = OWN
        .replace("mlp:width=64,depth=2", "mlpp")
        .replace("rten:optimize=true", "rten:optimise=true")
        .replace("seq = 8", "sec = 8")
        .replace("fp32", "pf32");
    bench.write("own.toml", wrong);
    let ended = bench
        .tare(&["run", "--suite", "own.toml", "--dry-run"])
        .with_code(2);
    let places: Vec<&str> = ended
        .stderr
        .lines()
        .filter_map(|line| line.split("own.toml:").nth(1)?.split(": ").next())
        .collect();
    assert_eq!(places, ["3:11", "4:13", "7:15"], "{}", ended.stderr);
    assert!(!bench.path("store").exists());
}

#[test]
fn a_value_that_only_the_plan_can_refuse_is_told_at_its_place() {
    let bench = Bench::new();
    bench.write("junk.onnx", "this is no model");
    bench.write(
        "own.toml",
        OWN.replacen("mlp:width=64,depth=2", "junk.onnx", 1),
    );
    let ended = bench
        .tare(&["run", "--suite", "own.toml", "--dry-run"])
        .with_code(2);
    assert!(
        ended.error().starts_with("own.toml:3:11: models: model "),
        "{ended:#?}"
    );
}
