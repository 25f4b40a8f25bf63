//! One model through every framework that is here: each in its own process, in its own version, with outputs that agree.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Bench, Ended};

const QUICK: [&str; 6] = ["--repeats", "1", "--duration", "10ms", "--format", "json"];

/// The folder of fetched runtimes that the checks install, which must then hold some; says so where none is named.
fn runtimes() -> Option<PathBuf> {
    let folder = std::env::var_os("TARE_RUNTIMES").map(PathBuf::from);
    match &folder {
        None => println!("not run: TARE_RUNTIMES is not set"),
        Some(folder) => assert!(
            folder.join("onnxruntime").is_dir(),
            "{} holds no onnxruntime: install it there with tare runtime install",
            folder.display()
        ),
    }
    folder
}

fn tare(bench: &Bench, runtimes: &Path, arguments: &[&str]) -> Ended {
    let mut command = bench.command(arguments);
    command.env("TARE_RUNTIMES", runtimes);
    Ended::of(command.output().expect("the binary starts"))
}

fn run(bench: &Bench, runtimes: &Path, model: &str, adapters: &[&str]) -> Vec<Value> {
    let mut arguments = vec!["run", "--model", model];
    for adapter in adapters {
        arguments.extend(["--adapter", adapter]);
    }
    let ended = tare(bench, runtimes, &[&arguments[..], &QUICK].concat()).with_code(0);
    ended.json().as_array().expect("summaries").clone()
}

/// The adapters that `tare adapter list` calls ready and that compute.
fn ready(bench: &Bench, runtimes: &Path) -> Vec<String> {
    let listed = tare(bench, runtimes, &["adapter", "list", "--format", "json"]).with_code(0);
    let listed = listed.json();
    let rows = listed.as_array().expect("rows").iter();
    rows.filter(|row| row["state"] == "ready" && row["name"] != "null")
        .map(|row| row["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn every_framework_that_is_here_gives_outputs_that_agree() {
    let Some(runtimes) = runtimes() else { return };
    let bench = Bench::new();
    let ready = ready(&bench, &runtimes);
    assert!(ready.iter().any(|name| name == "onnxruntime"), "{ready:?}");
    println!("compared: {}", ready.join(", "));
    let adapters: Vec<&str> = ready.iter().map(String::as_str).collect();
    let model = "bert-tiny:layers=1,hidden=32,heads=2,intermediate=64,vocab=100";
    let summaries = run(&bench, &runtimes, model, &adapters);
    assert_eq!(summaries.len(), adapters.len());
    for summary in &summaries {
        let adapter = summary["cell"]["adapter"].as_str().expect("a name");
        assert_eq!(summary["verdict"], "valid", "{adapter}: {summary:#}");
        let reference = summary["fidelity"]["reference"].as_str().expect("compared");
        assert!(!reference.starts_with(adapter), "{adapter}: {reference}");
        let error = summary["fidelity"]["max_abs"].as_f64().expect("a number");
        assert!(error < 1e-3, "{adapter}: {error}");
    }
}

/// One of each kind in the zoo, as hollow twins: every operator of it with next to no work.
#[test]
fn every_kind_of_model_in_the_zoo_gives_outputs_that_agree() {
    let Some(runtimes) = runtimes() else { return };
    let bench = Bench::new();
    let ready = ready(&bench, &runtimes);
    let text = [
        "albert-base-v2",
        "distilbert",
        "gpt2",
        "mobilebert",
        "squeezebert",
    ];
    let images = ["resnet-50"];
    for (models, shape) in [
        (&text[..], &["--shape", "seq=8"][..]),
        (&images[..], &["--shape", "height=32,width=32"]),
        (&["vit-b-32"], &[]),
    ] {
        let files: Vec<String> = models.iter().map(|name| format!("{name}.onnx")).collect();
        let mut arguments = vec!["run"];
        for (name, file) in models.iter().zip(&files) {
            let make = ["model", "make", name, "--hollow", "-o", file];
            tare(&bench, &runtimes, &make).with_code(0);
            arguments.extend(["--model", file]);
        }
        for adapter in &ready {
            arguments.extend(["--adapter", adapter]);
        }
        let ended = tare(&bench, &runtimes, &[&arguments[..], shape, &QUICK].concat());
        let summaries = ended.with_code(0).json();
        let summaries = summaries.as_array().expect("summaries");
        assert_eq!(summaries.len(), models.len() * ready.len());
        for summary in summaries {
            let cell = &summary["cell"];
            let error = summary["fidelity"]["max_relative"].as_f64();
            assert!(error.is_some_and(|error| error < 1e-4), "{cell}: {error:?}");
        }
    }
}

#[test]
fn versions_of_one_library_run_side_by_side_each_in_its_own_process() {
    let Some(runtimes) = runtimes() else { return };
    let bench = Bench::new();
    let versions = ["1.24.1", "1.30.0", "1.31.1"];
    let adapters = versions.map(|version| format!("onnxruntime@{version}"));
    let adapters: Vec<&str> = adapters.iter().map(String::as_str).collect();
    let summaries = run(&bench, &runtimes, "mlp:width=16,depth=2", &adapters);
    let told: Vec<&str> = summaries
        .iter()
        .map(|summary| summary["runtime"]["version"].as_str().expect("a version"))
        .collect();
    assert_eq!(told, versions);
    let mut hashes: Vec<&str> = summaries
        .iter()
        .map(|summary| {
            summary["runtime"]["library_sha256"]
                .as_str()
                .expect("a hash")
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), versions.len());
}

#[test]
fn an_own_library_is_named_by_its_path_and_recorded() {
    let Some(runtimes) = runtimes() else { return };
    let bench = Bench::new();
    let library = runtimes.join("onnxruntime/1.30.0/libonnxruntime.so.1.30.0");
    let adapter = format!("onnxruntime:library={}", library.display());
    let summaries = run(&bench, &runtimes, "mlp:width=16,depth=2", &[&adapter]);
    let runtime = &summaries[0]["runtime"];
    assert_eq!(runtime["version"], "1.30.0");
    assert_eq!(runtime["options"]["library"], library.display().to_string());
    let wrong = format!("onnxruntime@1.31.1:library={}", library.display());
    let refused = tare(
        &bench,
        &runtimes,
        &[
            "run",
            "--model",
            "mlp:width=16,depth=2",
            "--adapter",
            &wrong,
        ],
    );
    let refused = refused.with_code(2);
    for version in ["1.30.0", "1.31.1"] {
        assert!(refused.error().contains(version), "{refused:#?}");
    }
}

/// A library whose only function ends the process, made with the C compiler.
fn deadly(bench: &Bench, body: &str) -> PathBuf {
    let source = bench.write(
        "deadly.c",
        format!("#include <stdlib.h>\nvoid *OrtGetApiBase(void) {{ {body} }}\n"),
    );
    let library = bench.path("libdeadly.so");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "cc makes a library"
    );
    library
}

#[test]
fn a_library_that_crashes_or_exits_takes_its_own_cell_only() {
    for (body, told) in [
        ("abort();", "SIGABRT"),
        ("*(volatile int *)0 = 1; return 0;", "SIGSEGV"),
        ("exit(7);", "7"),
    ] {
        let bench = Bench::new();
        let library = deadly(&bench, body);
        let adapter = format!("onnxruntime:library={}", library.display());
        let both = ["--adapter", "rten", "--adapter", &adapter];
        let ended = bench.run(&[&both, &QUICK[..]].concat()).with_code(4);
        ended.tells(&[told]);
        let summaries = ended.json();
        assert_eq!(summaries[0]["cell"]["adapter"], "rten");
        assert_eq!(summaries[0]["verdict"], "valid", "{summaries:#}");
        assert_eq!(summaries[1]["verdict"], "invalid", "{summaries:#}");
        let listed = bench.tare(&["adapter", "list"]).with_code(0);
        assert!(listed.stdout.contains("rten"), "{listed:#?}");
    }
}

#[test]
fn a_torchscript_file_goes_to_the_framework_that_reads_it_only() {
    let bench = Bench::new();
    let path = bench.path("model.pt");
    let file = std::fs::File::create(&path).expect("a file");
    let mut writer = zip::ZipWriter::new(file);
    for member in ["m/data.pkl", "m/code/__torch__.py", "m/constants.pkl"] {
        let stored = zip::write::SimpleFileOptions::default();
        writer.start_file(member, stored).expect("a member");
    }
    writer.finish().expect("finishes");
    let model = path.to_str().expect("UTF-8");
    let unknown = bench.tare(&["run", "--model", model]).with_code(2);
    assert!(unknown.error().contains("give --input"), "{unknown:#?}");
    let input = ["--input", "x=f32[batch,3]"];
    let refused = bench.tare(&[&["run", "--model", model][..], &input].concat());
    let refused = refused.with_code(2);
    let expected = "adapter 'rten' does not read TorchScript, which 'model.pt' is";
    assert!(refused.error().starts_with(expected), "{refused:#?}");
    let onnx = bench.run(&input).with_code(2);
    assert!(onnx.error().contains("declares its inputs"), "{onnx:#?}");
    let weights = bench.write("weights.pt", "text");
    let weights = weights.to_str().expect("UTF-8");
    let none = bench.tare(&[&["run", "--model", weights][..], &input].concat());
    assert!(none.with_code(2).error().contains("is no TorchScript file"));
}

#[test]
fn a_library_that_was_altered_after_its_installation_is_refused() {
    let Some(runtimes) = runtimes() else { return };
    let bench = Bench::new();
    let version = "1.31.1";
    let own = bench.path("altered");
    let (from, to) = (
        Path::new("onnxruntime").join(version),
        own.join("onnxruntime"),
    );
    std::fs::create_dir_all(to.join(version)).expect("a folder");
    for entry in std::fs::read_dir(runtimes.join(&from)).expect("installed") {
        let entry = entry.expect("readable");
        let mut bytes = std::fs::read(entry.path()).expect("a file");
        if entry.file_name().to_string_lossy().contains(".so") {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        let copy = to.join(version).join(entry.file_name());
        std::fs::write(copy, bytes).expect("writes");
    }
    let arguments = [
        "run",
        "--model",
        "mlp",
        "--adapter",
        "onnxruntime",
        "--dry-run",
    ];
    let refused = tare(&bench, &own, &arguments).with_code(2);
    for part in [
        "is damaged: libonnxruntime.so.1.31.1",
        "onnxruntime@1.31.1`",
    ] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
}
