//! Every suite that comes with the program parses, and a user's own is refused with its line and its key.

use std::collections::BTreeMap;

use super::*;
use crate::Limits;

mod experiments;
mod faults;

const OWN: &str = r#"
name = "own"
summary = "a suite of one's own"
models = ["a.onnx", "mlp"]
adapters = ["rten", "onnxruntime@1.31.1:opt=basic"]
scenarios = ["single-stream:min=3"]
"#;

fn refusal(text: &str) -> String {
    parse(text, "own.toml").unwrap_err().to_string()
}

/// The matrix of a suite without experiments.
fn only(suite: &Suite) -> Matrix {
    let mut matrices = suite.whole().matrices;
    assert_eq!(matrices.len(), 1);
    matrices.remove(0)
}

fn own_with(line: &str) -> String {
    format!("{}{line}\n", OWN.trim_start())
}

#[test]
fn every_suite_that_comes_along_parses_under_its_own_name() {
    let suites = list().unwrap();
    let names: Vec<&str> = suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "first",
            "framework-tax",
            "pentathlon",
            "latency",
            "batch-sweep",
            "offline"
        ]
    );
    for suite in &suites {
        assert_eq!(find(&suite.name).as_ref(), Ok(suite));
        assert!(text(&suite.name).unwrap().contains(&suite.summary));
        assert!(suite.summary.len() > 20, "{}", suite.name);
    }
}

#[test]
fn every_file_in_the_folder_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/suites");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut listed: Vec<String> = TEXTS
        .iter()
        .map(|(name, _)| format!("{name}.toml"))
        .collect();
    files.sort();
    listed.sort();
    assert_eq!(files, listed);
}

#[test]
fn the_first_suite_is_a_small_encoder_at_three_batches() {
    let suite = find("first").unwrap();
    let first = only(&suite);
    assert_eq!(first.models, ["minilm-l6"]);
    assert_eq!(first.adapters, ["rten"]);
    assert_eq!(first.batches, [1, 2, 4]);
    assert_eq!(first.shapes, [BTreeMap::from([("seq".to_owned(), 128)])]);
    assert_eq!(
        (suite.repeats, suite.duration),
        (5, Nanoseconds::from_millis(500))
    );
}

#[test]
fn every_scenario_of_every_suite_can_be_scheduled_at_every_batch() {
    for suite in list().unwrap() {
        let variants = [Ok(suite.whole()), suite.quickly()];
        for variant in variants.into_iter().flatten() {
            for matrix in &variant.matrices {
                for scenario in &matrix.scenarios {
                    for batch in scenario.batches(&matrix.batches).unwrap() {
                        let limits = Limits {
                            duration: variant.duration,
                            max_requests: variant.max_requests,
                            batch,
                        };
                        let scheduled = scenario.check(limits);
                        assert!(scheduled.is_ok(), "{} {scenario}", variant.name);
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_left_out_takes_the_documented_defaults() {
    let suite = parse(OWN, "own.toml").unwrap();
    let matrix = only(&suite);
    assert_eq!(
        (
            matrix.batches.len(),
            matrix.shapes.len(),
            matrix.precisions.len()
        ),
        (0, 0, 0)
    );
    assert_eq!(
        (matrix.devices, matrix.threads),
        (vec!["cpu".to_owned()], vec![1])
    );
    assert_eq!(suite.absent, WhenAbsent::Refuse);
    assert!(!suite.has_quick());
    assert_eq!((suite.repeats, suite.max_requests), (5, 1_000_000));
    assert_eq!(suite.duration, Nanoseconds::from_secs(1));
}

#[test]
fn every_key_is_read() {
    let text = own_with(
        "absent = \"leave out\"\nbatches = [2, 0x10]\nshapes = [{ seq = 8, image = 224 }, {}]\nprecisions = [\"fp16\"]\n\
         devices = [\"cuda:0\"]\nthreads = [1, 4]\nrepeats = 3\nduration = \"1.5 s\"\nmax_requests = 1_000",
    );
    let suite = parse(&text, "own.toml").unwrap();
    let matrix = only(&suite);
    assert_eq!(suite.name, "own");
    assert_eq!(suite.absent, WhenAbsent::LeaveOut);
    assert_eq!(matrix.models, ["a.onnx", "mlp"]);
    assert_eq!(matrix.adapters[1], "onnxruntime@1.31.1:opt=basic");
    assert_eq!(matrix.scenarios[0].to_string(), "single-stream:min=3");
    assert_eq!(matrix.batches, [2, 16]);
    assert_eq!(matrix.shapes[0].get("image"), Some(&224));
    assert!(matrix.shapes[1].is_empty());
    assert_eq!(
        (matrix.precisions, matrix.devices),
        (vec!["fp16".to_owned()], vec!["cuda:0".to_owned()])
    );
    assert_eq!(
        (matrix.threads, suite.repeats, suite.max_requests),
        (vec![1, 4], 3, 1_000)
    );
    assert_eq!(suite.duration, Nanoseconds::from_millis(1_500));
}

/// What may stand on line 6, the column of the fault, and what is said to it after them.
const WRONG_LINES: &[(&str, usize, &str)] = &[
    (
        "duration = \"500\"",
        12,
        "duration: '500' has no known unit: use one of ns, us, ms, s, min, h, such as 500ms",
    ),
    (
        "duration = 500",
        12,
        "duration: 500 is not a string with something in it: write \"…\"",
    ),
    (
        "duration = \"0s\"",
        12,
        "duration: \"0s\" is no time at all: give more than 0",
    ),
    ("repeats = 0", 11, "repeats: 0 is not a whole number from 1"),
    (
        "repeats = -3",
        11,
        "repeats: -3 is not a whole number from 1",
    ),
    (
        "repeats = 2.5",
        11,
        "repeats: 2.5 is not a whole number from 1",
    ),
    (
        "max_requests = 99999999999999999999999",
        16,
        "max_requests: 99999999999999999999999 is not a whole number from 1",
    ),
    ("threads = 4", 11, "threads: 4 is not a list: write […]"),
    (
        "batches = []",
        11,
        "batches: [] is an empty list: leave the key out, or name something",
    ),
    (
        "batches = [1, 2, 1]",
        18,
        "batches: 1 stands twice: once is enough",
    ),
    (
        "shapes = [128]",
        11,
        "shapes: 128 is not a map from symbols to sizes: write { seq = 128 }",
    ),
    (
        "shapes = [{ seq = \"128\" }]",
        19,
        "shapes: \"128\" is not a whole number from 1",
    ),
    (
        "devices = [\" \"]",
        12,
        "devices: \" \" is not a string with something in it: write \"…\"",
    ),
    (
        "absent = \"never\"",
        10,
        "absent: \"never\" is neither \"refuse\" nor \"leave out\": write one of them",
    ),
];

#[test]
fn a_wrong_value_is_named_with_its_line_and_column_its_key_and_the_remedy() {
    for (line, column, message) in WRONG_LINES {
        let expected = format!("own.toml:6:{column}: {message}");
        assert_eq!(refusal(&own_with(line)), expected);
    }
    let lower = refusal(&own_with("batches = [\n1,\n2,\n  1]"));
    assert_eq!(
        lower,
        "own.toml:9:3: batches: 1 stands twice: once is enough"
    );
    let wide = refusal(&own_with("devices = [\"äöü\", 7]"));
    assert!(wide.starts_with("own.toml:6:19: devices: 7 is"), "{wide}");
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_and_all_that_exist() {
    let message = refusal(&own_with("\nbatch = [1]"));
    assert!(
        message.starts_with(
            "own.toml:7:1: no suite has a key 'batch': the nearest is 'batches'; there are name, summary, absent, models"
        ),
        "{message}"
    );
    let table = refusal(&own_with("[more]\nx = 1"));
    assert!(
        table.starts_with("own.toml:6:2: no suite has a key 'more': the nearest is 'name'"),
        "{table}"
    );
    let first = refusal(&own_with("zeta = 1\nalpha = 2"));
    assert!(
        first.starts_with("own.toml:6:1: no suite has a key 'zeta'"),
        "the first in the file, not in the alphabet: {first}"
    );
}

#[test]
fn a_missing_key_is_named_with_what_to_give() {
    for key in ["name", "summary", "models", "adapters", "scenarios"] {
        let without: String = OWN
            .lines()
            .filter(|line| !line.starts_with(key))
            .map(|line| format!("{line}\n"))
            .collect();
        let message = refusal(&without);
        assert!(
            message.starts_with(&format!("own.toml:1:1: key '{key}' is missing: give a ")),
            "{message}"
        );
    }
}

#[test]
fn a_scenario_that_does_not_exist_or_does_not_fit_is_refused_at_its_line() {
    let with = |scenario: &str, line: &str| {
        refusal(&own_with(line).replace("single-stream:min=3", scenario))
    };
    assert!(with("offlin", "").starts_with("own.toml:5:14: scenarios: 'offlin' names no scenario"));
    assert!(with("offlin", "").ends_with("; the nearest is 'offline'"));
    assert!(with("offline:sample=3", "").ends_with("; the nearest is 'samples'"));
    assert!(!with("offline:samples=0", "").contains("nearest"));
    assert!(
        with("fixed-batch", "batches = [1, 2]")
            .contains("scenarios: batch 1 contradicts scenario 'fixed-batch'")
    );
    assert!(
        with("offline:samples=100", "max_requests = 9")
            .contains("asks for 100 requests and at most 9")
    );
}

#[test]
fn text_that_is_no_toml_is_refused_at_its_line() {
    for (text, line) in [
        ("name = ", 1),
        ("\n\nname = \"a", 3),
        ("name = \"a\"\nname = \"b\"", 2),
        ("\u{0}", 1),
    ] {
        let message = refusal(text);
        assert!(
            message.starts_with(&format!("own.toml:{line}:")),
            "{message}"
        );
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn hostile_text_is_refused_and_never_panics() {
    let deep = format!("shapes = {}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(!refusal(&deep).is_empty());
    let dotted = format!("{} = 1", vec!["a"; 5_000].join("."));
    assert!(!refusal(&dotted).is_empty());
    for cut in 0..OWN.len() {
        if let Err(error) = parse(&OWN[..cut], "own.toml") {
            assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn an_unknown_suite_is_refused_with_those_that_exist() {
    assert_eq!(
        find("fast").unwrap_err().to_string(),
        "'fast' names no suite: there are first, framework-tax, pentathlon, latency, batch-sweep, offline; a file of your own is given by its path"
    );
    assert_eq!(text("fast"), None);
}

#[test]
fn a_suite_is_printed_as_toml_that_reads_back_as_the_same() {
    let odd = own_with(
        "shapes = [{ \"a b\" = 1, seq = 2 }, {}]\nduration = \"1.5ms\"\nmax_requests = 77\nthreads = [2]",
    )
    .replace("a.onnx", "a\\\\\\\"\\u0007é.onnx");
    let own = parse(&odd, "odd.toml").unwrap();
    assert_eq!(only(&own).models[0], "a\\\"\u{7}é.onnx");
    for suite in list().unwrap().into_iter().chain([own]) {
        assert_eq!(parse(&suite.to_string(), "printed"), Ok(suite));
    }
}

#[test]
fn a_printed_suite_says_every_choice_in_force() {
    assert_eq!(
        find("first").unwrap().to_string(),
        r#"name = "first"
summary = "a small text encoder with the embedded framework at three batch sizes, in under a minute"
absent = "refuse"
models = ["minilm-l6"]
adapters = ["rten"]
scenarios = ["single-stream"]
batches = [1, 2, 4]
shapes = [{ seq = 128 }]
devices = ["cpu"]
threads = [1]
repeats = 5
duration = "500ms"
max_requests = 1000000
"#
    );
}
