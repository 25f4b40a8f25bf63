//! Options change how a model runs and not what it computes.

mod common;

use std::num::NonZeroUsize;
use std::path::Path;

use tare_adapter_api::{DataType, LoadRequest, Options, Tensor};
use tare_adapter_conformance::compare;
use tare_models::Dim;
use tare_models::build::{Builder, Init, Weights, write};

use common::{is_here, load, request, run};

/// A product, a function and a normalisation of `x`, all 8 by 8.
fn chain(path: &Path) {
    let mut graph = Builder::new("chain", Weights::Seeded(5));
    let dims = [Dim::Fixed(8), Dim::Fixed(8)];
    let x = graph.input("x", DataType::F32, &dims);
    let weight = graph.weight("weight", &[8, 8], Init::fan_in(8, 1.0));
    let left = graph.op("MatMul", &[&x, &weight]);
    let right = graph.op("Tanh", &[&x]);
    let sum = graph.op("Add", &[&left, &right]);
    let y = graph.op("Softmax", &[&sum]);
    graph.output("y", &y, &dims);
    write(&graph.finish(), path).expect("written");
}

/// The output of the second request with these options, written `key=value,…`, which must be in force.
fn output(path: &Path, options: &str, threads: usize) -> Tensor {
    let pairs = options
        .split_terminator(',')
        .filter_map(|pair| pair.split_once('='));
    let options: Options = pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let loaded = load(&LoadRequest {
        threads: NonZeroUsize::new(threads).expect("not zero"),
        options: options.clone(),
        ..request(
            path,
            &[("x", DataType::F32, &[8, 8])],
            &[("y", DataType::F32)],
        )
    });
    let in_force = loaded.runtime().options;
    let mut asked = options.iter();
    assert!(
        asked.all(|(key, value)| in_force.get(key) == Some(value)),
        "{in_force:?}"
    );
    let values = (0..64).map(|index| (index as f32 - 30.0) / 16.0).collect();
    let input = [Tensor::from_values(vec![8, 8], values).expect("fits")];
    let mut session = loaded.session().expect("a session");
    run(session.as_mut(), &input);
    run(session.as_mut(), &input).remove(0)
}

#[test]
fn every_option_loads_is_in_force_and_gives_the_same_outputs() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    chain(&path);
    let expected = output(&path, "", 1);
    for options in [
        "opt=none",
        "opt=basic",
        "opt=extended",
        "arena=false",
        "memory_pattern=false",
        "spin=false",
        "mode=parallel,inter=2",
        "mode=parallel,inter=3,spin=false,arena=false,opt=none",
    ] {
        for threads in [1, 2] {
            let output = output(&path, options, threads);
            assert_eq!(compare(&output, &expected), Ok(()), "{options}");
        }
    }
}
