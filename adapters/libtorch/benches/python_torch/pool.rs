//! Weights and inputs that both sides have, in files that Python reads.

use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::{Value, json};
use tare_adapter_api::{DataType, Tensor};
use tare_models::Model;
use tempfile::TempDir;

use crate::Subject;
use crate::common::Zoo;

const INPUTS: u64 = 16;

/// The inputs of requests, and files with them and with the weights.
pub struct Pool {
    pub inputs: Vec<Vec<Tensor>>,
    weights: PathBuf,
    pool: PathBuf,
    _folder: TempDir,
}

impl Pool {
    pub fn of(zoo: &Zoo) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (weights, pool) = (folder.path().join("weights"), folder.path().join("inputs"));
        let model = Model::open(&zoo.request.model).expect("opened");
        let graph = model.graph();
        let constants = graph.constants.iter();
        let named = constants.map(|(value, tensor)| (graph.name_of(*value).to_owned(), tensor));
        write(named, &weights);
        let inputs: Vec<Vec<Tensor>> = (0..INPUTS)
            .map(|index| zoo.inputs.generate(index))
            .collect();
        let named = inputs.iter().enumerate().flat_map(|(index, tensors)| {
            let places = tensors.iter().enumerate();
            places.map(move |(place, tensor)| (format!("{index}.{place}"), tensor))
        });
        write(named, &pool);
        Self {
            inputs,
            weights,
            pool,
            _folder: folder,
        }
    }

    /// What Python is asked to load.
    pub fn load(&self, subject: &Subject, mode: &str) -> Value {
        json!({
            "architecture": subject.model,
            "sizes": subject.encoder,
            "mode": mode,
            "weights": self.weights,
            "inputs": self.pool,
        })
    }
}

/// Those of the types that Python reads.
fn write<'a>(named: impl Iterator<Item = (String, &'a Tensor)>, path: &Path) {
    let views = named.filter_map(|(name, tensor)| {
        let dtype = match tensor.dtype() {
            DataType::F32 => Dtype::F32,
            DataType::I64 => Dtype::I64,
            _ => return None,
        };
        let view = TensorView::new(dtype, tensor.shape().to_vec(), tensor.bytes());
        Some((name, view.expect("fits")))
    });
    serialize_to_file(views, None, path).expect("written");
}
