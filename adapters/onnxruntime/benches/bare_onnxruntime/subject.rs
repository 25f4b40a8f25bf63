//! A model of the zoo in a file, with the request to load it and sets of inputs.

use std::path::Path;

use anyhow::Result;
use tare_adapter_api::{LoadRequest, OutputSpec, Tensor};
use tare_models::zoo::{self, Form};
use tare_models::{Inputs, Model, ShapeRequest, bind, build};

const SETS: u64 = 16;

/// A model at concrete shapes.
pub struct Subject {
    /// To load it.
    pub load: LoadRequest,
    /// Sets of inputs in the order in which requests take them.
    pub inputs: Vec<Vec<Tensor>>,
}

impl Subject {
    /// Writes `model` into `folder`; `seq` where it has that symbol.
    pub fn new(model: &str, seq: Option<usize>, folder: &Path) -> Result<Self> {
        let path = folder.join(format!("{model}.onnx"));
        build::write(&zoo::make(model, 0, Form::Full)?, &path)?;
        let opened = Model::open(&path)?;
        let graph = opened.graph();
        let seq = seq.map(|seq| ("seq".to_owned(), seq));
        let shapes = ShapeRequest {
            batch: Some(1),
            symbols: seq.into_iter().collect(),
        };
        let specs = bind(graph, &shapes)?;
        let inputs = Inputs::new(graph, &specs, &|_| None, 0)?;
        let outputs = graph.outputs.iter().map(|declared| OutputSpec {
            name: declared.name.clone(),
            dtype: declared.dtype,
        });
        Ok(Self {
            load: LoadRequest::new(path, specs, outputs.collect()),
            inputs: (0..SETS).map(|index| inputs.generate(index)).collect(),
        })
    }
}
