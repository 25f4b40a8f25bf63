//! What a request of `mode=eager` costs beside its ATen calls, and small models where the calls' own cost decides.
//!
//! Prints the median of interleaved rounds.

#[path = "../tests/common/mod.rs"]
mod common;

use common::zoo;
use tare_adapter_api::{
    Adapter, DataType, LoadRequest, Loaded, OutputSpec, Session, Tensor, TensorSpec,
};
use tare_adapter_libtorch::Libtorch;
use tare_clock::{Clock, MonotonicClock};
use tare_models::Dim;
use tare_models::build::{Builder, Weights, write};
use tare_models::zoo::Form;

const ROUNDS: usize = 41;
const CHAIN: usize = 100;

fn main() {
    chain();
    for (name, form, sizes) in [
        ("bert-tiny", Form::Full, &[("seq", 1)][..]),
        ("minilm-l6", Form::Full, &[("seq", 1)]),
        ("minilm-l6", Form::Hollow { rung: 2 }, &[("seq", 1)]),
        ("gpt2", Form::Hollow { rung: 2 }, &[("seq", 1)]),
        ("resnet-18", Form::Hollow { rung: 16 }, &[]),
    ] {
        let zoo = zoo(name, form, sizes);
        let loaded = Libtorch.load(&zoo.request).expect("loads");
        let pool: Vec<_> = (0..16).map(|index| zoo.inputs.generate(index)).collect();
        let mut times = Vec::new();
        with_session(loaded.as_ref(), |session| {
            for _ in 0..ROUNDS {
                times.push(mean_ns(64, |index| {
                    session.run(&pool[index % pool.len()]).expect("runs");
                }));
            }
        });
        let calls = loaded.runtime().dispatched_calls.expect("counted");
        let time = median(&mut times);
        println!(
            "{name} ({form}): {:.1} us a request, {calls} calls, {:.0} ns a call",
            time / 1e3,
            time / calls as f64
        );
    }
}

/// A chain of calls on one element: through a session, and as a bare loop over the binding.
fn chain() {
    let (_folder, request) = relus();
    let loaded = Libtorch.load(&request).expect("loads");
    let input = [Tensor::from_values(vec![1], vec![1.0f32]).expect("fits")];
    let (mut through, mut bare) = (Vec::new(), Vec::new());
    with_session(loaded.as_ref(), |session| {
        let start = tch::Tensor::from_slice(&[1.0f32]);
        for _ in 0..ROUNDS {
            through.push(mean_ns(200, |_| session.run(&input).expect("runs")));
            bare.push(mean_ns(200, |_| {
                let first = start.f_relu().expect("runs");
                let last = (1..CHAIN).fold(first, |x, _| x.f_relu().expect("runs"));
                std::hint::black_box(&last);
            }));
        }
    });
    let (through, bare) = (median(&mut through), median(&mut bare));
    println!(
        "{CHAIN} relus: {:.1} ns each through a session, {:.1} ns each in a bare loop: {:.1} ns for the step",
        through / CHAIN as f64,
        bare / CHAIN as f64,
        (through - bare) / CHAIN as f64
    );
}

fn relus() -> (tempfile::TempDir, LoadRequest) {
    let mut graph = Builder::new("relus", Weights::Absent);
    let dims = [Dim::Fixed(1)];
    let mut value = graph.input("x", DataType::F32, &dims);
    for _ in 0..CHAIN {
        value = graph.op("Relu", &[&value]);
    }
    graph.output("y", &value, &dims);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    write(&graph.finish(), &path).expect("written");
    let input = TensorSpec {
        name: "x".to_owned(),
        dtype: DataType::F32,
        shape: vec![1],
    };
    let output = OutputSpec {
        name: "y".to_owned(),
        dtype: DataType::F32,
    };
    (folder, LoadRequest::new(path, vec![input], vec![output]))
}

fn with_session(loaded: &dyn Loaded, mut body: impl FnMut(&mut dyn Session) + Send) {
    let mut session = loaded.session().expect("a session");
    session.enter(&mut |session| body(session));
}

fn mean_ns(count: usize, mut body: impl FnMut(usize)) -> f64 {
    let start = MonotonicClock.now();
    (0..count).for_each(&mut body);
    (MonotonicClock.now() - start).as_nanos() as f64 / count as f64
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
