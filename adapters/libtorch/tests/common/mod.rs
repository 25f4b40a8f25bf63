//! Zoo models as files with requests for them.

use std::collections::BTreeMap;

use tare_adapter_api::{LoadRequest, OutputSpec};
use tare_models::zoo::{self, Form};
use tare_models::{Inputs, Model, ShapeRequest, bind, build};
use tempfile::TempDir;

/// A model of the zoo in a file of its own.
pub struct Zoo {
    pub request: LoadRequest,
    pub inputs: Inputs,
    _folder: TempDir,
}

/// Builds the architecture at these sizes of its symbols; others are as customary.
pub fn zoo(name: &str, form: Form, sizes: &[(&str, usize)]) -> Zoo {
    let architecture = zoo::find(name).expect("in the zoo");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    build::write(&architecture.build(7, form), &path).expect("written");
    let model = Model::open(&path).expect("opened");
    let customary = architecture.symbols(form).into_iter();
    let symbols = customary.chain(sizes.iter().copied());
    let symbols: BTreeMap<String, usize> = symbols
        .map(|(symbol, size)| (symbol.to_owned(), size))
        .collect();
    let shapes = ShapeRequest {
        batch: None,
        symbols,
    };
    let specs = bind(model.graph(), &shapes).expect("fits");
    let inputs = Inputs::new(model.graph(), &specs, &|_| None, 7).expect("plan");
    let outputs = model.graph().outputs.iter().map(|output| OutputSpec {
        name: output.name.clone(),
        dtype: output.dtype,
    });
    Zoo {
        request: LoadRequest::new(path, specs, outputs.collect()),
        inputs,
        _folder: folder,
    }
}
