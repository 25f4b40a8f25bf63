//! tract and rten, which share no code, compute the same from whole architectures of the zoo.

use std::path::Path;

use tare_adapter_api::{Adapter, LoadRequest, OutputSpec, Tensor};
use tare_adapter_rten::Rten;
use tare_adapter_tract::Tract;
use tare_models::compare::{Tolerance, compare};
use tare_models::zoo::{self, Form};
use tare_models::{Inputs, Model, ShapeRequest, bind, build};

const SEED: u64 = 11;

const TOLERANCE: Tolerance = Tolerance {
    atol: 1e-4,
    rtol: 1e-3,
};

fn outputs(adapter: &dyn Adapter, request: &LoadRequest, inputs: &[Tensor]) -> Vec<Tensor> {
    let loaded = adapter.load(request).expect("loads");
    let mut session = loaded.session().expect("a session");
    session.run(inputs).expect("runs");
    session.outputs().expect("outputs")
}

fn prepare(path: &Path, name: &str) -> (LoadRequest, Vec<Tensor>) {
    let architecture = zoo::find(name).expect("in the zoo");
    build::write(&architecture.build(SEED, Form::Full), path).expect("written");
    let model = Model::open(path).expect("a model");
    let graph = model.graph();
    let symbols = architecture.symbols(Form::Full).into_iter();
    let shapes = ShapeRequest {
        batch: None,
        symbols: symbols
            .map(|(symbol, size)| (symbol.to_owned(), size.min(16)))
            .collect(),
    };
    let specs = bind(graph, &shapes).expect("sizes for all symbols");
    let inputs = Inputs::new(graph, &specs, &|_| None, SEED).expect("inputs");
    let declared = graph.outputs.iter().map(|declared| OutputSpec {
        name: declared.name.clone(),
        dtype: declared.dtype,
    });
    let request = LoadRequest::new(path.to_owned(), specs, declared.collect());
    (request, inputs.generate(0))
}

#[test]
fn both_compute_the_same() {
    for name in ["mlp:width=64,depth=2", "bert-tiny", "resnet-18"] {
        let folder = tempfile::tempdir().expect("a folder");
        let (request, inputs) = prepare(&folder.path().join("model.onnx"), name);
        let tract = outputs(&Tract, &request, &inputs);
        let rten = outputs(&Rten, &request, &inputs);
        assert_eq!(tract.len(), rten.len(), "{name}");
        for (ours, theirs) in tract.iter().zip(&rten) {
            let deviation = compare(ours, theirs, TOLERANCE).expect("of one type and shape");
            println!("{name}: {deviation:?}");
            assert!(
                deviation.count > 0 && deviation.beyond == 0,
                "{name}: {deviation:?}"
            );
        }
    }
}
