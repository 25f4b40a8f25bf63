//! The suite finds what is broken: adapters that do less than they should do not pass.

use std::path::Path;

use tare_adapter_api::{
    Adapter, AdapterError, Body, LoadRequest, Loaded, Options, Readiness, RuntimeFacts, Session,
    Tensor,
};
use tare_adapter_conformance::{Batching, IgnoreList, Kind, batches, contract, node_cases, zoo};
use tare_adapter_fake::Fake;
use tare_adapter_null::Null;
use tare_models::DataType;
use tare_models::Dim;
use tare_models::build::{Builder, Weights, write};
use tare_models::proto::TensorProto;

/// The promises among lines `adapter: promise: how it is broken`.
fn promises(broken: &[String]) -> Vec<&str> {
    broken
        .iter()
        .filter_map(|line| line.split(": ").nth(1))
        .collect()
}

#[test]
fn an_adapter_that_does_nothing_breaks_every_promise_of_one_that_executes() {
    assert_eq!(
        promises(&contract(&Null, Kind::Framework)),
        [
            "outputs before the first request are an error",
            "inputs that do not fit are an error, and the next request runs",
            "another input gives another output, the same input the same",
            "the outputs are right",
            "a model that is missing or no model is an error",
            "a device that is not here is refused by name",
            "an input that the model lacks or needs is refused",
        ]
    );
}

#[test]
fn an_adapter_that_makes_up_its_outputs_is_found_out() {
    let broken = contract(&Fake::real(), Kind::Framework);
    assert_eq!(
        promises(&broken),
        [
            "the outputs are right",
            "a model that is missing or no model is an error",
            "a device that is not here is refused by name",
            "an input that the model lacks or needs is refused",
        ]
    );
}

#[test]
fn the_zoo_needs_outputs_that_depend_on_inputs() {
    assert_eq!(zoo(&Fake::real(), &[]), [""; 0]);
    let broken = zoo(&Null, &["mlp:width=16,depth=1"]);
    assert_eq!(
        broken.last().map(String::as_str),
        Some("null: mlp:width=16,depth=1: an output is missing or not finite")
    );
    assert!(broken.len() > 1);
}

/// The fake, broken where requests have several batches.
#[derive(Clone, Copy, PartialEq)]
enum Broken {
    /// Every request of a session for several batches is executed as one of three rows at the most.
    Cuts,
    /// What is refused is loaded.
    Loads,
}

struct BrokenLoaded(Broken, Box<dyn Loaded>);

struct BrokenSession<'m>(Broken, Box<dyn Session + 'm>);

impl Adapter for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        Fake::real().check(version, options)
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        let broken = match request.largest_batch {
            Some(_) => *self,
            None => Self::Loads,
        };
        Ok(Box::new(BrokenLoaded(broken, Fake::real().load(request)?)))
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        match self {
            Self::Cuts => Ok(()),
            Self::Loads => tare_adapter_api::refuse_batches("broken", request),
        }
    }
}

impl Loaded for BrokenLoaded {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(BrokenSession(self.0, self.1.session()?)))
    }

    fn runtime(&self) -> RuntimeFacts {
        self.1.runtime()
    }
}

impl Session for BrokenSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        let cut = inputs.iter().map(|input| input.first_rows(3));
        match cut.collect::<Option<Vec<Tensor>>>() {
            Some(cut) if self.0 == Broken::Cuts => self.1.run(&cut),
            _ => self.1.run(inputs),
        }
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        self.1.outputs()
    }

    fn enter(&mut self, body: Body<'_>) {
        body(self);
    }
}

#[test]
fn batches_that_are_executed_wrong_or_refused_at_one_place_only_are_found() {
    let broken = batches(&Broken::Cuts, Kind::Pretender).expect_err("cuts");
    assert_eq!(broken.len(), 5, "{broken:#?}");
    assert!(
        broken[0].starts_with("broken: sum: request 1 of batch 7: "),
        "{broken:#?}"
    );
    let broken = batches(&Broken::Loads, Kind::Pretender).expect_err("loads");
    assert!(
        broken[0].starts_with("broken: sum: it loads what it refuses: "),
        "{broken:#?}"
    );
}

#[test]
fn an_adapter_of_one_batch_is_listed_with_its_words() {
    let one = Options::from([("batches".to_owned(), "one".to_owned())]);
    let Ok(Batching::Refused(words)) = batches(&With(one), Kind::Pretender) else {
        panic!("not refused");
    };
    assert!(words.contains("1 to 7 samples"), "{words}");
}

/// The fake with options.
struct With(Options);

impl With {
    fn with(&self, request: &LoadRequest) -> LoadRequest {
        LoadRequest {
            options: self.0.clone(),
            ..request.clone()
        }
    }
}

impl Adapter for With {
    fn name(&self) -> &'static str {
        "with"
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        Fake::real().check(version, options)
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        Fake::real().load(&self.with(request))
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        Fake::real().accepts(&self.with(request))
    }
}

/// A case in ONNX's layout, `y = x + x`, whose expected output is as given.
fn case(folder: &Path, expected: [f32; 2]) {
    let data = folder.join("test_data_set_0");
    std::fs::create_dir_all(&data).expect("a folder");
    let mut graph = Builder::new("case", Weights::Absent);
    let x = graph.input("x", DataType::F32, &[Dim::Fixed(2)]);
    let y = graph.op("Add", &[&x, &x]);
    graph.output("y", &y, &[Dim::Fixed(2)]);
    write(&graph.finish(), &folder.join("model.onnx")).expect("written");
    for (file, values) in [("input_0.pb", [1.0, 2.0]), ("output_0.pb", expected)] {
        let tensor = TensorProto {
            dims: vec![2],
            data_type: Some(DataType::F32.to_onnx()),
            float_data: values.to_vec(),
            ..TensorProto::default()
        };
        let bytes = prost::Message::encode_to_vec(&tensor);
        std::fs::write(data.join(file), bytes).expect("written");
    }
}

#[test]
fn wrong_outputs_fail_unless_they_are_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    case(&folder.path().join("node/test_double"), [2.0, 4.0]);
    std::fs::create_dir(folder.path().join("node/test_empty")).expect("a folder");
    let run = |list: &str| {
        let ignore: IgnoreList = list.parse().expect("well formed");
        let report = node_cases(&Fake::real(), Some(folder.path().as_os_str()), &ignore);
        report.expect("readable").expect("given").to_string()
    };
    let first = run("");
    assert!(
        first.starts_with("node cases: 0 of 2 tensor cases passed (0.0%), 1 refused (0 for operators), 0 ignored, 1 failed, 0 stale; 0 other\n  failed test_double: output 0: "),
        "{first}"
    );
    assert_eq!(
        run("test_double: it does not compute"),
        "node cases: 0 of 2 tensor cases passed (0.0%), 1 refused (0 for operators), 1 ignored, 0 failed, 0 stale; 0 other"
    );
    assert!(run("test_gone: once there").contains("stale test_gone: no such case"));
}

#[test]
fn without_the_data_the_node_cases_do_not_run() {
    let report = node_cases(&Fake::real(), None, &IgnoreList::default());
    assert_eq!(report.expect("nothing to read"), None);
}
