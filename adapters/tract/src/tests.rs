//! The adapter over models made for the purpose.

use std::num::NonZeroUsize;
use std::path::Path;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};

use tare_adapter_api::{
    Adapter, AdapterError, DataType, Device, LoadRequest, ModelFormat, Options, OutputSpec,
    Precision, Session, Tensor, TensorSpec,
};
use tare_clock::Clock;
use tare_models::Dim;
use tare_models::build::{Attr, Builder, Init, Weights, write};
use tare_models::proto::ModelProto;
use tare_units::Nanoseconds;
use tract_onnx::prelude::{IntoTValue, tensor1, tvec};

use crate::load::TractModel;
use crate::{Tract, profile};

/// A model and what it is asked.
struct Subject {
    _folder: tempfile::TempDir,
    request: LoadRequest,
}

impl Subject {
    fn new(model: &ModelProto, inputs: &[(&str, &Tensor)], outputs: &[(&str, DataType)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.onnx");
        write(model, &path).expect("written");
        let spec = |(name, tensor): &(&str, &Tensor)| TensorSpec {
            name: (*name).to_owned(),
            dtype: tensor.dtype(),
            shape: tensor.shape().to_vec(),
        };
        let output = |(name, dtype): &(&str, DataType)| OutputSpec {
            name: (*name).to_owned(),
            dtype: *dtype,
        };
        let request = LoadRequest::new(
            path,
            inputs.iter().map(spec).collect(),
            outputs.iter().map(output).collect(),
        );
        Self {
            _folder: folder,
            request,
        }
    }

    fn with_session<R>(&self, body: impl FnOnce(&mut dyn Session) -> R) -> R {
        let loaded = Tract.load(&self.request).expect("loads");
        let mut session = loaded.session().expect("a session");
        body(session.as_mut())
    }

    fn refusal(&self, change: impl FnOnce(&mut LoadRequest)) -> String {
        let mut request = self.request.clone();
        change(&mut request);
        let loaded = Tract.load(&request);
        loaded.map(|_| ()).expect_err("refused").to_string()
    }
}

fn run(session: &mut dyn Session, inputs: &[Tensor]) -> Result<Vec<Tensor>, AdapterError> {
    session.run(inputs).and_then(|()| session.outputs())
}

fn floats(shape: &[usize], first: f32) -> Tensor {
    let values = (0..shape.iter().product()).map(|index: usize| first + index as f32 / 8.0);
    Tensor::from_values(shape.to_vec(), values.collect()).expect("fits")
}

/// `y = Relu(x·2)` for rows of two.
fn doubling() -> Subject {
    let mut graph = Builder::new("doubling", Weights::Absent);
    let dims = [Dim::Symbol("batch".to_owned()), Dim::Fixed(2)];
    let x = graph.input("x", DataType::F32, &dims);
    let two = graph.scalar(2.0);
    let product = graph.op("Mul", &[&x, &two]);
    let positive = graph.op("Relu", &[&product]);
    graph.output("y", &positive, &dims);
    Subject::new(
        &graph.finish(),
        &[("x", &floats(&[3, 2], 0.0))],
        &[("y", DataType::F32)],
    )
}

/// A recurrent operator over five steps of one value; `gates` is 4 for LSTM, 3 for GRU.
fn recurrent(op_type: &str, gates: usize, attributes: &[(&str, Attr)]) -> Subject {
    let mut graph = Builder::new("recurrent", Weights::Seeded(3));
    let dims = [Dim::Fixed(5), Dim::Fixed(1), Dim::Fixed(2)];
    let x = graph.input("x", DataType::F32, &dims);
    let w = graph.weight("w", &[1, gates * 2, 2], Init::fan_in(1, 1.0));
    let r = graph.weight("r", &[1, gates * 2, 2], Init::fan_in(1, 1.0));
    let [all] = graph.op_many(op_type, &[&x, &w, &r], attributes);
    graph.output(
        "y",
        &all,
        &[Dim::Fixed(5), Dim::Fixed(1), Dim::Fixed(1), Dim::Fixed(2)],
    );
    Subject::new(
        &graph.finish(),
        &[("x", &floats(&[5, 1, 2], 0.5))],
        &[("y", DataType::F32)],
    )
}

#[test]
fn recurrent_operators_start_anew_with_each_request() {
    let hidden = ("hidden_size", Attr::Int(2));
    let after = ("linear_before_reset", Attr::Int(1));
    for subject in [
        recurrent("LSTM", 4, slice::from_ref(&hidden)),
        recurrent("GRU", 3, &[hidden.clone(), after]),
        recurrent("RNN", 1, &[hidden]),
    ] {
        let input = [floats(&[5, 1, 2], 0.5)];
        let (first, second) =
            subject.with_session(|session| (run(session, &input), run(session, &input)));
        assert!(first.is_ok(), "{first:?}");
        assert_eq!(first, second);
    }
}

/// An identity of this type, whose output is its input's own memory.
fn identity(tensor: &Tensor) -> Subject {
    let mut graph = Builder::new("identity", Weights::Absent);
    let x = graph.input("x", tensor.dtype(), &[Dim::Fixed(tensor.len())]);
    let y = graph.op("Identity", &[&x]);
    graph.output("y", &y, &[Dim::Fixed(tensor.len())]);
    let mut model = graph.finish();
    let graph = model.graph.as_mut().expect("a graph");
    let declared = graph.input[0].r#type.clone();
    graph.output[0].r#type = declared;
    Subject::new(&model, &[("x", tensor)], &[("y", tensor.dtype())])
}

#[test]
fn every_type_passes_through_unchanged() {
    macro_rules! one {
        ($($value:expr),*) => {
            [$(Tensor::from_values(vec![2], vec![$value; 2]).expect("fits")),*]
        };
    }
    let mut tensors = one!(
        -1.5f32,
        -1.5f64,
        -7i8,
        -7i16,
        i32::MIN,
        i64::MAX,
        7u8,
        7u16,
        7u32,
        u64::MAX
    )
    .to_vec();
    tensors.push(Tensor::from_bools(vec![2], &[true, false]).expect("fits"));
    let halves = vec![0x00, 0x3c, 0x00, 0xc0];
    tensors.push(Tensor::from_bytes(DataType::F16, vec![2], halves.into()).expect("fits"));
    for tensor in tensors {
        let outputs =
            identity(&tensor).with_session(|session| run(session, slice::from_ref(&tensor)));
        assert_eq!(outputs, Ok(vec![tensor]));
    }
}

#[test]
fn an_output_that_is_an_inputs_memory_does_not_hinder_the_next_request() {
    let (first, second) = (floats(&[4], 1.0), floats(&[4], 9.0));
    identity(&first).with_session(|session| {
        assert_eq!(
            run(session, slice::from_ref(&first)),
            Ok(vec![first.clone()])
        );
        assert_eq!(
            run(session, slice::from_ref(&second)),
            Ok(vec![second.clone()])
        );
    });
}

#[test]
fn sizes_are_those_asked_for_and_others_are_refused() {
    let subject = doubling();
    let outputs = subject.with_session(|session| run(session, &[floats(&[3, 2], -0.25)]));
    let expected = Tensor::from_values(vec![3, 2], vec![0.0f32, 0.0, 0.0, 0.25, 0.5, 0.75]);
    assert_eq!(outputs, Ok(vec![expected.expect("fits")]));
    let wrong = subject.refusal(|request| request.inputs[0].shape = vec![3, 4]);
    assert!(
        wrong.starts_with(
            "cannot load the model: input 'x' was asked for with shape [3, 4] of f32 but the file declares"
        ),
        "{wrong}"
    );
    let rank = subject.refusal(|request| request.inputs[0].shape = vec![6]);
    assert!(rank.contains("with shape [6] of f32"), "{rank}");
    let dtype = subject.refusal(|request| request.inputs[0].dtype = DataType::F64);
    assert!(dtype.contains("with shape [3, 2] of f64"), "{dtype}");
}

#[test]
fn what_the_cell_asks_and_tract_cannot_do_is_refused_by_name() {
    let subject = doubling();
    let accepted = |change: fn(&mut LoadRequest)| {
        let mut request = subject.request.clone();
        change(&mut request);
        Tract.accepts(&request).map_err(|error| error.to_string())
    };
    let refused = |change| accepted(change).expect_err("refused");
    assert_eq!(accepted(|_| ()), Ok(()));
    assert_eq!(
        accepted(|request| request.precision = Some(Precision::Fp32)),
        Ok(())
    );
    assert_eq!(
        refused(|request| request.device = Device::Cuda(1)),
        "tract executes on the cpu, not on cuda:1: ask for --device cpu"
    );
    assert_eq!(
        refused(|request| request.format = ModelFormat::TorchScript),
        "tract reads ONNX, not TorchScript: give an .onnx file"
    );
    assert_eq!(
        refused(|request| request.precision = Some(Precision::Fp16)),
        "tract executes in the file's own precision, not in fp16: leave --precision out"
    );
    assert_eq!(
        refused(|request| request.outputs[0].dtype = DataType::Bf16),
        "tract has no bf16, which output 'y' needs: use f16, f32, f64, bool or integers of 8 to 64 bits"
    );
    assert_eq!(
        refused(|request| {
            request.outputs[0].dtype = DataType::F16;
            request.precision = Some(Precision::Fp32);
        }),
        "tract executes in the file's own precision, not in fp32: leave --precision out"
    );
}

/// The model of [`doubling`], changed and written in its place.
fn changed(change: impl FnOnce(&mut ModelProto)) -> Subject {
    let subject = doubling();
    let mut model = tare_models::Model::open(&subject.request.model)
        .expect("a model")
        .proto()
        .clone();
    change(&mut model);
    write(&model, &subject.request.model).expect("written");
    subject
}

#[test]
fn an_operator_that_tract_lacks_is_named_before_and_at_loading() {
    let subject = changed(|model| {
        let graph = model.graph.as_mut().expect("a graph");
        graph.node[0].op_type = Some("BitwiseTwirl".to_owned());
    });
    let named = "tract lacks operator BitwiseTwirl (domain ai.onnx, opset 17)";
    assert_eq!(subject.refusal(|_| ()), named);
    let refusal = Tract.accepts(&subject.request).expect_err("lacks");
    assert_eq!(refusal.to_string(), named);
}

#[test]
fn a_panic_of_tract_is_an_error_of_loading() {
    let subject = changed(|model| {
        let graph = model.graph.as_mut().expect("a graph");
        graph.output[0].name = Some("nowhere".to_owned());
    });
    let error = subject.refusal(|_| ());
    assert!(error.starts_with("cannot load the model: '"), "{error}");
    assert!(error.contains("tract panicked: "), "{error}");
}

#[test]
fn a_file_that_is_missing_is_named() {
    let error = doubling().refusal(|request| request.model = Path::new("/nowhere/m.onnx").into());
    assert!(
        error.starts_with("cannot load the model: '/nowhere/m.onnx': "),
        "{error}"
    );
}

#[test]
fn options_and_threads_change_how_and_not_what() {
    let subject = doubling();
    let outputs = [("true", 1), ("false", 1), ("true", 2)].map(|(optimize, threads)| {
        let mut request = subject.request.clone();
        request.options = Options::from([("optimize".to_owned(), optimize.to_owned())]);
        request.threads = NonZeroUsize::new(threads).expect("not zero");
        let loaded = Tract.load(&request).expect("loads");
        assert_eq!(loaded.runtime().options, request.options);
        let mut session = loaded.session().expect("a session");
        run(session.as_mut(), &[floats(&[3, 2], -0.5)]).expect("runs")
    });
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0], outputs[2]);
}

#[test]
fn the_body_runs_on_the_threads_that_execute() {
    let caller = std::thread::current().id();
    let subject = doubling();
    subject.with_session(|session| {
        session.enter(&mut |_| assert_eq!(std::thread::current().id(), caller));
    });
    let mut request = subject.request.clone();
    request.threads = NonZeroUsize::new(2).expect("not zero");
    let loaded = Tract.load(&request).expect("loads");
    let mut names = Vec::new();
    loaded.session().expect("a session").enter(&mut |_| {
        names.push(std::thread::current().name().unwrap_or("").to_owned());
    });
    assert!(names[0].starts_with("tract-"), "{names:?}");
}

#[test]
fn a_profile_has_every_operator_of_every_request() {
    let subject = doubling();
    let profiles = subject
        .with_session(|session| {
            assert!(session.end_profile().is_err());
            session.start_profile()?;
            session.run(&[floats(&[3, 2], 0.0)])?;
            session.run(&[floats(&[3, 2], 1.0)])?;
            session.end_profile()
        })
        .expect("a profile");
    assert_eq!(profiles.len(), 2);
    let operators = |index: usize| {
        let times = profiles[index].iter();
        times
            .map(|time| (time.name.clone(), time.kind.clone(), time.count))
            .collect::<Vec<_>>()
    };
    assert!(!operators(0).is_empty());
    assert_eq!(operators(0), operators(1));
    assert!(profiles[0].iter().all(|time| time.kind != "Source"));
}

/// A clock that each reading moves on by 5 ns.
#[derive(Default)]
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> Nanoseconds {
        Nanoseconds::from_nanos(self.0.fetch_add(5, Ordering::SeqCst))
    }

    fn wait_until(&self, _deadline: Nanoseconds) {}
}

#[test]
fn an_operators_time_is_the_clocks_between_two_readings() {
    let subject = doubling();
    let mut request = subject.request.clone();
    request.options = Options::from([("optimize".to_owned(), "false".to_owned())]);
    let model = TractModel::load(&request).expect("loads");
    let mut state = model.plan.spawn().expect("a state");
    let input = tensor1(&[1.0f32; 6]).into_shape(&[3, 2]).expect("fits");
    let (outputs, profile) =
        profile::run(&mut state, tvec!(input.into_tvalue()), &Ticking::default()).expect("runs");
    assert_eq!(outputs.len(), 1);
    let times: Vec<(&str, u64, u64)> = profile
        .iter()
        .map(|time| (time.kind.as_str(), time.count, time.time_ns))
        .collect();
    assert_eq!(times, [("Mul", 1, 5), ("Max", 1, 5)]);
}
