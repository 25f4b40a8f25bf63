//! How close a cell's outputs are to those of the reference.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Outputs of the check input beside those of the reference.
///
/// A value a that should be b passes where |a − b| ≤ `atol` · `scale` + `rtol` · |b|; integers and booleans where they are
/// equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fidelity {
    /// The adapter that the outputs are compared with, and its version: `onnxruntime 1.31.1`.
    pub reference: String,
    /// The largest of the outputs'.
    pub max_abs: f64,
    /// The largest of the outputs'.
    pub max_relative: f64,
    /// What a value may be off by, in times of its output's scale.
    pub atol: f64,
    /// What a value may be off by more, in times of its own magnitude.
    pub rtol: f64,
    /// In the model's order.
    pub outputs: Vec<OutputFidelity>,
}

/// One output beside that of the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutputFidelity {
    /// As the model declares it, else by its place.
    pub name: String,
    /// Values compared.
    pub count: u64,
    /// Of these, beyond the tolerance.
    pub beyond: u64,
    /// Mean magnitude of the reference's finite values; 1 where all are zero.
    pub scale: f64,
    /// Largest |a − b|, where that is a number.
    pub max_abs: f64,
    /// Largest |a − b| over the larger of |b| and `scale`, where that is a number.
    pub max_relative: f64,
}

impl Fidelity {
    /// Values beyond the tolerance, of all outputs.
    pub fn beyond(&self) -> u64 {
        self.outputs.iter().map(|output| output.beyond).sum()
    }
}
