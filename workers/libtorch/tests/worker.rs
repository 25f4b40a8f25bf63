//! The program from outside: what it answers on its pipes, started with nothing in its environment.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use tare_adapter_api::{LoadRequest, ModelFormat, Options, OutputSpec, Readiness};
use tare_harness::protocol::{
    Effort, GO, Given, Job, Message, Outcome, PROTOCOL, Purpose, Request, RunDelayOf, Timing,
};
use tare_models::zoo::{self, Form};
use tare_models::{Inputs, Model, ShapeRequest, bind, build};
use tare_units::Nanoseconds;

fn start() -> Child {
    Command::new(env!("CARGO_BIN_EXE_tare-worker-libtorch"))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// What the worker says last, and how it ends.
fn ask(request: &Request) -> (Message, ExitStatus) {
    let mut worker = start();
    let mut input = worker.stdin.take().expect("a pipe");
    let mut output = BufReader::new(worker.stdout.take().expect("a pipe"));
    let request = serde_json::to_string(request).expect("plain data");
    writeln!(input, "{request}").expect("the worker reads");
    loop {
        let mut line = String::new();
        output.read_line(&mut line).expect("the worker writes");
        match serde_json::from_str(&line).expect("a message") {
            Message::Phase { .. } => writeln!(input, "{GO}").expect("reads"),
            last => return (last, worker.wait().expect("ends")),
        }
    }
}

fn describe(adapter: &str, version: Option<&str>) -> Request {
    Request::Describe {
        protocol: PROTOCOL.to_owned(),
        adapter: adapter.to_owned(),
        version: version.map(str::to_owned),
        options: Options::new(),
    }
}

/// To do with the zoo's smallest model in `mode`.
fn job(folder: &Path, mode: &str, purpose: Purpose) -> Request {
    let path = folder.join("model.onnx");
    let architecture = zoo::find("mlp:width=32,depth=2").expect("in the zoo");
    build::write(&architecture.build(1, Form::Full), &path).expect("written");
    let model = Model::open(&path).expect("opened");
    let shapes = ShapeRequest {
        batch: Some(2),
        ..ShapeRequest::default()
    };
    let specs = bind(model.graph(), &shapes).expect("fits");
    let outputs = model.graph().outputs.iter().map(|output| OutputSpec {
        name: output.name.clone(),
        dtype: output.dtype,
    });
    Request::Run(Box::new(Job {
        protocol: PROTOCOL.to_owned(),
        adapter: "libtorch".to_owned(),
        inputs: Inputs::new(model.graph(), &specs, &|_| None, 1).expect("a plan"),
        load: LoadRequest {
            options: [("mode".to_owned(), mode.to_owned())].into(),
            ..LoadRequest::new(path, specs, outputs.collect())
        },
        warmup: Default::default(),
        outputs: None,
        purpose,
    }))
}

fn outcome(mode: &str, purpose: Purpose) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    match ask(&job(folder.path(), mode, purpose)) {
        (Message::Outcome(outcome), status) if status.success() => *outcome,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_starts_with_an_empty_environment_and_says_what_runs() {
    let (answer, status) = ask(&describe("libtorch", None));
    let Message::Described(description) = answer else {
        panic!("{answer:?}");
    };
    assert!(status.success() && description.computes);
    assert!(description.formats.contains(&ModelFormat::TorchScript));
    let Readiness::Ready(facts) = description.readiness else {
        panic!("{:?}", description.readiness);
    };
    assert_eq!(
        (facts.name.as_str(), facts.version.as_str()),
        ("libtorch", "2.11.0")
    );
}

#[test]
fn another_version_is_not_ready_and_another_adapter_is_not_here() {
    let (answer, _) = ask(&describe("libtorch", Some("2.10.0")));
    let refused = matches!(&answer, Message::Described(description)
        if matches!(description.readiness, Readiness::Unavailable { .. }));
    assert!(refused, "{answer:?}");
    let (answer, status) = ask(&describe("rten", None));
    assert_eq!(status.code(), Some(4));
    let refused = matches!(&answer, Message::Failed { error } if error.contains("'rten'"));
    assert!(refused, "{answer:?}");
}

#[test]
fn a_repeat_tells_the_library_by_its_hash_and_the_calls_of_a_request() {
    for (mode, calls) in [("eager", true), ("script", false)] {
        let timing = Purpose::Measure(Timing {
            scenario: "single-stream".parse().expect("a scenario"),
            batch: 2,
            seed: Default::default(),
            trace_sha256: None,
            duration_ns: Nanoseconds::from_millis(5),
            max_requests: 50,
            drain_ns: Nanoseconds::ZERO,
            run_delay: RunDelayOf::Nobody,
            deadline_ns: Nanoseconds::from_secs(3_600),
            samples: None,
        });
        let outcome = outcome(mode, timing);
        assert_eq!(outcome.runtime.options["mode"], mode);
        assert_eq!(outcome.runtime.dispatched_calls.is_some(), calls, "{mode}");
        let hash = outcome
            .runtime
            .library_sha256
            .expect("the library is a file");
        assert_eq!(hash.len(), 64);
        let Given::Measured(measured) = outcome.given else {
            panic!("{:?}", outcome.given);
        };
        assert_eq!((measured.failed_requests, measured.first_error), (0, None));
        assert!(measured.latency.expect("timed").count > 0);
    }
}

#[test]
fn a_profile_names_the_operators_of_aten() {
    for mode in ["eager", "script"] {
        let effort = Purpose::Profile(Effort {
            duration_ns: Nanoseconds::from_millis(5),
            max_requests: 10,
            trace: false,
        });
        let Given::Profiled { profile, .. } = outcome(mode, effort).given else {
            panic!("no profile");
        };
        let operators = profile.expect("offered").operators;
        let kinds: Vec<&str> = operators
            .iter()
            .map(|operator| operator.kind.as_str())
            .collect();
        assert!(
            !kinds.is_empty() && kinds.iter().all(|kind| kind.contains("::")),
            "{kinds:?}"
        );
    }
}

#[test]
fn a_parent_that_says_nothing_ends_the_worker() {
    let mut worker = start();
    drop(worker.stdin.take());
    let output = worker.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("the parent closed the pipe"), "{said}");
}
