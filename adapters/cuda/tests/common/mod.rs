//! Models of the zoo as files, executed by plans and by rten.

#![allow(dead_code)]

use std::collections::BTreeMap;

use prost::Message as _;
use tare_adapter_api::{Adapter, LoadRequest, OutputSpec, Tensor};
use tare_adapter_cuda::reference::CudaPlan;
use tare_adapter_rten::Rten;
use tare_models::compare::{Magnitude, Tolerance, compare};
use tare_models::zoo::{self, Form};
use tare_models::{Inputs, Model, Resolved, ShapeRequest, bind, build, resolve};

const SEED: u64 = 11;

/// The harness's tolerance of 32-bit floats: in times of the output's scale, and of the value.
const ATOL: f64 = 1e-4;
const RTOL: f64 = 1e-3;
const SMALLEST: f64 = 1e-3;

/// A model in a file of its own, and one request.
pub struct Subject {
    request: LoadRequest,
    inputs: Vec<Tensor>,
    pub resolved: Resolved,
    _folder: tempfile::TempDir,
}

/// How far outputs are from those expected.
#[derive(Debug)]
pub struct Error {
    /// The largest, in times of an output's scale.
    pub largest: f64,
    pub within: bool,
}

impl Subject {
    /// The model at images of this side and sequences of this length.
    pub fn new(name: &str, side: usize, seq: usize) -> Self {
        Self::of(name, Form::Full, |symbol| match symbol {
            "height" | "width" => side,
            "seq" => seq,
            _ => 1,
        })
    }

    /// Its hollow twin, whose axes are nearly all of one size, so that none is told from another by its size.
    pub fn twin(name: &str) -> Self {
        let form = zoo::find(name).expect("in the zoo").twin();
        Self::of(name, form, |_| 2)
    }

    fn of(name: &str, form: Form, size: impl Fn(&str) -> usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.onnx");
        let architecture = zoo::find(name).expect("in the zoo");
        build::write(&architecture.build(SEED, form), &path).expect("written");
        let model = Model::open(&path).expect("a model");
        let graph = model.graph();
        let symbols: BTreeMap<String, usize> = architecture
            .symbols(form)
            .into_iter()
            .map(|(symbol, _)| (symbol.to_owned(), size(symbol)))
            .collect();
        let shapes = ShapeRequest {
            batch: None,
            symbols,
        };
        let specs = bind(graph, &shapes).expect("sizes for all symbols");
        let resolved = resolve(graph, &specs).expect("resolved");
        let inputs = Inputs::new(graph, &specs, &|_| None, SEED)
            .expect("inputs")
            .generate(0);
        let outputs = graph.outputs.iter().map(|declared| OutputSpec {
            name: declared.name.clone(),
            dtype: declared.dtype,
        });
        Self {
            request: LoadRequest::new(path, specs, outputs.collect()),
            inputs,
            resolved,
            _folder: folder,
        }
    }

    pub fn request(&self) -> &LoadRequest {
        &self.request
    }

    pub fn inputs(&self) -> &[Tensor] {
        &self.inputs
    }

    fn outputs(&self, adapter: &dyn Adapter, fusion: Option<bool>) -> Vec<Tensor> {
        let mut request = self.request.clone();
        if let Some(fusion) = fusion {
            request
                .options
                .insert("fusion".to_owned(), fusion.to_string());
        }
        let loaded = adapter.load(&request).expect("loads");
        let mut session = loaded.session().expect("a session");
        session.run(&self.inputs).expect("runs");
        session.outputs().expect("outputs")
    }
}

pub fn rten(subject: &Subject) -> Vec<Tensor> {
    subject.outputs(&Rten, None)
}

pub fn fused(subject: &Subject) -> Vec<Tensor> {
    subject.outputs(&CudaPlan, Some(true))
}

pub fn unfused(subject: &Subject) -> Vec<Tensor> {
    subject.outputs(&CudaPlan, Some(false))
}

pub fn deviation(outputs: &[Tensor], expected: &[Tensor]) -> Error {
    assert_eq!(outputs.len(), expected.len());
    let mut error = Error {
        largest: 0.0,
        within: true,
    };
    for (output, expected) in outputs.iter().zip(expected) {
        let scale = Magnitude::of(expected).scale().max(SMALLEST);
        let tolerance = Tolerance {
            atol: ATOL * scale,
            rtol: RTOL,
        };
        let found = compare(output, expected, tolerance).expect("of one type and shape");
        error.largest = error.largest.max(found.max_abs / scale);
        error.within &= found.count > 0 && found.beyond == 0;
    }
    error
}

/// The model at its customary shapes.
pub fn outlined(name: &str) -> Resolved {
    let architecture = zoo::find(name).expect("in the zoo");
    let model = Model::from_bytes(architecture.build(SEED, Form::Full).encode_to_vec());
    let model = model.expect("a model");
    let symbols = architecture.symbols(Form::Full).into_iter();
    let shapes = ShapeRequest {
        batch: None,
        symbols: symbols
            .map(|(symbol, size)| (symbol.to_owned(), size))
            .collect(),
    };
    let specs = bind(model.graph(), &shapes).expect("sizes for all symbols");
    resolve(model.graph(), &specs).expect("resolved")
}
