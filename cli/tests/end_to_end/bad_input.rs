//! What cannot be measured is refused before anything starts, on one line that names the value and the remedy.

use std::fs;

use crate::onnx::{Dim, cyclic, external, relu};
use crate::support::{Bench, MLP};

/// Each command line must be refused with exit code 2 and an error that holds all the parts.
#[track_caller]
fn refused(bench: &Bench, cases: &[(&[&str], &[&str])]) {
    for (arguments, parts) in cases {
        let ended = bench.tare(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:#?}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
        let error = ended.error();
        for part in *parts {
            assert!(
                error.contains(part),
                "{arguments:?}: no '{part}' in '{error}'"
            );
            let twice = error.matches(part).count() > 1 && part.len() > 20;
            assert!(!twice, "{arguments:?}: '{part}' is said twice in '{error}'");
        }
    }
    assert!(!bench.path("store").exists(), "something was begun");
}

/// Like [`refused`], where the command line itself is wrong: usage follows the error.
#[track_caller]
fn not_understood(bench: &Bench, cases: &[(&[&str], &[&str])]) {
    for (arguments, parts) in cases {
        let ended = bench.tare(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:#?}");
        let error = ended.stderr.lines().next().unwrap_or_default();
        assert!(error.starts_with("error: "), "{ended:#?}");
        for part in *parts {
            assert!(
                error.contains(part),
                "{arguments:?}: no '{part}' in '{error}'"
            );
        }
    }
}

#[test]
fn files_that_are_no_model() {
    let bench = Bench::new();
    bench.write("empty.onnx", "");
    bench.write("text.onnx", "hello\n");
    bench.write("web.onnx", "<!DOCTYPE html><html></html>");
    fs::create_dir(bench.path("folder.onnx")).expect("makes a folder");
    bench
        .tare(&["model", "make", MLP, "-o", "whole.onnx"])
        .with_code(0);
    let whole = fs::read(bench.path("whole.onnx")).expect("made");
    bench.write("cut.onnx", &whole[..5_000]);
    bench.write(
        "noise.onnx",
        (0..9_999u32)
            .map(|i| (i * i / 8) as u8)
            .collect::<Vec<u8>>(),
    );
    for command in [&["run", "--model"][..], &["model", "facts"]] {
        let with = |file: &'static str| [command, &[file]].concat();
        refused(
            &bench,
            &[
                (&with("missing.onnx"), &["missing.onnx", "check the path"]),
                (
                    &with("unheard-of"),
                    &["'unheard-of' is neither a file nor a model", "bert-base"],
                ),
                (
                    &with("empty.onnx"),
                    &["empty.onnx", "is empty", "export or download"],
                ),
                (
                    &with("text.onnx"),
                    &["text.onnx", "not an ONNX model", "export the model to ONNX"],
                ),
                (&with("web.onnx"), &["web.onnx", "not an ONNX model"]),
                (
                    &with("folder.onnx"),
                    &["folder.onnx is a folder", "give the path of the .onnx file"],
                ),
                (
                    &with("cut.onnx"),
                    &["cut.onnx", "cut off", "5000", "download it again"],
                ),
                (&with("noise.onnx"), &["noise.onnx"]),
            ],
        );
    }
}

#[test]
fn models_that_are_hostile_or_too_old() {
    let bench = Bench::new();
    let fixed = || [Dim::Fixed(1), Dim::Fixed(4)];
    bench.write("old.onnx", relu(6, &fixed()));
    bench.write("cyclic.onnx", cyclic());
    bench.write("lost.onnx", external("weights.bin"));
    bench.write("escape.onnx", external("../../../../etc/passwd"));
    bench.write("absolute.onnx", external("/etc/passwd"));
    bench.write("huge.onnx", relu(17, &[Dim::Fixed(1), Dim::Fixed(1 << 62)]));
    refused(
        &bench,
        &[
            (
                &["run", "--model", "old.onnx"],
                &["old.onnx", "operator set 6", "version_converter"],
            ),
            (
                &["run", "--model", "cyclic.onnx"],
                &["cyclic.onnx", "cycle"],
            ),
            (
                &["run", "--model", "lost.onnx"],
                &["lost.onnx", "weights.bin"],
            ),
            (
                &["run", "--model", "escape.onnx"],
                &["escape.onnx", "../../../../etc/passwd"],
            ),
            (
                &["run", "--model", "absolute.onnx"],
                &["absolute.onnx", "/etc/passwd"],
            ),
            (
                &["run", "--model", "huge.onnx"],
                &["huge.onnx", "4611686018427387904"],
            ),
        ],
    );
}

#[test]
fn shapes_that_do_not_fit() {
    let bench = Bench::new();
    bench.write(
        "free.onnx",
        relu(17, &[Dim::Free("batch"), Dim::Free("tokens")]),
    );
    bench.write("fixed.onnx", relu(17, &[Dim::Fixed(1), Dim::Fixed(4)]));
    refused(
        &bench,
        &[
            (
                &["run", "--model", "free.onnx"],
                &["free.onnx", "'tokens'", "'x'", "--shape tokens="],
            ),
            (
                &["run", "--model", "free.onnx", "--shape", "tokens=4,words=3"],
                &["free.onnx", "'words'", "'tokens'"],
            ),
            (
                &["run", "--model", "fixed.onnx", "--batch", "8"],
                &[
                    "fixed.onnx",
                    "batch of 8",
                    "fixed to 1",
                    "ask for a batch of 1",
                ],
            ),
            (
                &["run", "--model", "fixed.onnx", "--shape", "n=8"],
                &["fixed.onnx", "'n'", "fixed"],
            ),
            (
                &["model", "facts", "free.onnx"],
                &["free.onnx", "--shape tokens="],
            ),
            (
                &["run", "--model", MLP, "--batch", "18446744073709551615"],
                &["18446744073709551615", "smaller"],
            ),
            (
                &["run", "--model", MLP, "--batch", "1000000000000"],
                &["batch 1000000000000", "--memory-limit"],
            ),
        ],
    );
}

#[test]
fn names_that_are_unknown() {
    let bench = Bench::new();
    refused(
        &bench,
        &[
            (
                &["run", "--model", MLP, "--adapter", "nope"],
                &["adapter 'nope'", "rten"],
            ),
            (
                &["run", "--model", MLP, "--adapter", "fake:speed=2"],
                &["speed=2", "run"],
            ),
            (
                &["run", "--model", MLP, "--adapter", "rten:speed=2"],
                &["speed=2", "prepack"],
            ),
            (
                &["run", "--model", MLP, "--adapter", "rten@0.0.1"],
                &["0.0.1", "rten"],
            ),
            (
                &["run", "--suite", "nope"],
                &[
                    "'nope'",
                    "first, framework-tax, pentathlon, latency",
                    "path",
                ],
            ),
            (
                &["suite", "show", "nope"],
                &["'nope'", "first, framework-tax, pentathlon, latency"],
            ),
            (&["run", "--suite", "nope.toml"], &["nope.toml"]),
            (&["run", "--model", "mlp:size=3"], &["size", "width, depth"]),
            (&["model", "make", "mlp:width=0"], &["width=0", "from 1"]),
            (&["model", "make", "bert"], &["bert", "bert-base"]),
            (&["show", "nope"], &["no run in the store", "tare run"]),
            (&["show", "../escape"], &["'../escape'", "no run id"]),
            (&["run", "--resume", "latest"], &["no run in the store"]),
        ],
    );
}

#[test]
fn words_of_the_command_line_that_are_unknown() {
    let bench = Bench::new();
    not_understood(
        &bench,
        &[
            (
                &["run", "--model", MLP, "--scenario", "nope"],
                &["'nope'", "single-stream", "offline"],
            ),
            (
                &["run", "--model", MLP, "--scenario", "single-stream:speed=2"],
                &["'speed'", "single-stream"],
            ),
            (
                &["run", "--model", MLP, "--adapter", "rten:prepack"],
                &["'prepack'", "key=value"],
            ),
            (&["frobnicate"], &["frobnicate"]),
        ],
    );
}

#[test]
fn numbers_that_measure_nothing() {
    let bench = Bench::new();
    refused(
        &bench,
        &[
            (
                &["run", "--model", MLP, "--batch", "0"],
                &["--batch 0", "use 1 or more"],
            ),
            (
                &["run", "--model", MLP, "--repeats", "0"],
                &["--repeats 0", "use 1 or more"],
            ),
            (
                &["run", "--model", MLP, "--threads", "0"],
                &["--threads 0", "use 1 or more"],
            ),
            (
                &["run", "--model", MLP, "--threads", "99999999"],
                &["--threads 99999999", "use 1 to"],
            ),
            (
                &["run", "--model", MLP, "--duration", "0s"],
                &["--duration 0", "500ms"],
            ),
            (
                &["run", "--model", MLP, "--deadline", "0s"],
                &["--deadline 0", "30s"],
            ),
            (
                &["run", "--model", MLP, "--memory-limit", "0B"],
                &["--memory-limit 0", "2GiB"],
            ),
            (
                &["run", "--model", MLP, "--max-requests", "0"],
                &["--max-requests 0", "use 1 to"],
            ),
        ],
    );
}

#[test]
fn values_that_cannot_be_read() {
    let bench = Bench::new();
    not_understood(
        &bench,
        &[
            (
                &["run", "--model", MLP, "--duration", "5"],
                &["'5'", "no known unit", "500ms"],
            ),
            (
                &["run", "--model", MLP, "--memory-limit", "5"],
                &["'5'", "no known unit", "64MiB"],
            ),
            (
                &["run", "--model", MLP, "--batch", "x"],
                &["'x'", "--batch", "whole number"],
            ),
            (
                &["run", "--model", MLP, "--batch", "1,"],
                &["''", "--batch", "whole number"],
            ),
            (
                &["run", "--model", MLP, "--shape", "tokens=0"],
                &["tokens=0", "--shape", "use 1 or more"],
            ),
            (
                &["run", "--model", MLP, "--shape", "seq"],
                &["'seq'", "SYMBOL=N"],
            ),
            (
                &["run", "--model", MLP, "--precision", "fp17"],
                &["'fp17'", "fp16"],
            ),
            (
                &["run", "--model", MLP, "--device", "gpu"],
                &["'gpu'", "cuda:0"],
            ),
        ],
    );
}

#[test]
fn suites_that_are_wrong() {
    let bench = Bench::new();
    bench.write(
        "key.toml",
        "x = 1\nname = \"k\"\nsummary = \"s\"\nmodels = [\"mlp\"]\nadapters = [\"rten\"]\nscenarios = [\"single-stream\"]\n",
    );
    bench.write("syntax.toml", "name = \n");
    bench.write(
        "time.toml",
        "name = \"t\"\nsummary = \"s\"\nmodels = [\"mlp\"]\nadapters = [\"rten\"]\nscenarios = [\"single-stream\"]\nduration = \"5\"\n",
    );
    fs::create_dir(bench.path("folder")).expect("makes a folder");
    refused(
        &bench,
        &[
            (
                &["run", "--suite", "key.toml"],
                &["key.toml:1", "'x'", "models"],
            ),
            (&["run", "--suite", "syntax.toml"], &["syntax.toml:1"]),
            (
                &["run", "--suite", "time.toml"],
                &["time.toml", "5", "500ms"],
            ),
            (&["run", "--suite", "./folder"], &["folder"]),
        ],
    );
}

#[test]
fn what_the_adapter_cannot_do_is_told_with_what_it_can() {
    let bench = Bench::new();
    for (option, value, remedy) in [
        ("--precision", "fp16", "leave --precision out"),
        ("--device", "cuda:0", "ask for --device cpu"),
    ] {
        let ended = bench
            .run(&["--repeats", "1", "--duration", "10ms", option, value])
            .with_code(2);
        ended.tells(&["rten", value, remedy]);
    }
}
