//! Small models of this suite's own, as files that adapters can load.

use std::path::PathBuf;

use tare_adapter_api::{DataType, LoadRequest, OutputSpec, Tensor};
use tare_models::Dim;
use tare_models::build::{Builder, Init, Weights, write};

use crate::request::request;

/// A model in a file of its own, which is removed with it.
pub(crate) struct Small {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    names: Vec<String>,
    outputs: Vec<OutputSpec>,
}

impl Small {
    /// `y = x·2 + z`, all three of shape [2, 3].
    pub(crate) fn sum() -> Result<Self, String> {
        Self::sum_of(&[Dim::Fixed(2), Dim::Fixed(3)])
    }

    fn sum_of(dims: &[Dim]) -> Result<Self, String> {
        let mut graph = Builder::new("sum", Weights::Absent);
        let x = graph.input("x", DataType::F32, dims);
        let z = graph.input("z", DataType::F32, dims);
        let two = graph.scalar(2.0);
        let product = graph.op("Mul", &[&x, &two]);
        let sum = graph.op("Add", &[&product, &z]);
        graph.output("y", &sum, dims);
        Self::keep(graph, &["x", "z"])
    }

    /// `y = x·2 + z`, all three of shape [batch, 3], whatever the batch.
    pub(crate) fn open_sum() -> Result<Self, String> {
        let dims = [Dim::Symbol("batch".to_owned()), Dim::Fixed(3)];
        Self::sum_of(&dims)
    }

    /// Four products of a square matrix of this size with constant ones: enough work that threads show.
    pub(crate) fn products(size: usize) -> Result<Self, String> {
        let mut graph = Builder::new("products", Weights::Seeded(1));
        let dims = [Dim::Fixed(size), Dim::Fixed(size)];
        let mut value = graph.input("x", DataType::F32, &dims);
        for index in 0..4 {
            let weight = graph.weight(&format!("w{index}"), &[size, size], Init::fan_in(size, 1.0));
            value = graph.op("MatMul", &[&value, &weight]);
        }
        graph.output("y", &value, &dims);
        Self::keep(graph, &["x"])
    }

    fn keep(graph: Builder, names: &[&str]) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = folder.path().join("model.onnx");
        write(&graph.finish(), &path).map_err(|error| error.to_string())?;
        Ok(Self {
            folder,
            path,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            outputs: vec![OutputSpec {
                name: "y".to_owned(),
                dtype: DataType::F32,
            }],
        })
    }

    /// To load it for inputs of these shapes.
    pub(crate) fn request(&self, inputs: &[Tensor]) -> LoadRequest {
        request(&self.path, &self.names, inputs, &self.outputs)
    }
}

/// A tensor of this shape that counts up from `first`.
pub(crate) fn counting(shape: &[usize], first: f32) -> Result<Tensor, String> {
    let values = (0..shape.iter().product()).map(|index: usize| first + index as f32);
    Tensor::from_values(shape.to_vec(), values.collect()).map_err(|error| error.to_string())
}
