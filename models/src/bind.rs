//! Concrete shapes for a model's inputs: which sizes were asked for, and what that gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::data_type::DataType;

/// The sizes a caller asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeRequest {
    /// The size of the batch axis: the symbol of the first axis that the inputs share.
    pub batch: Option<usize>,
    /// Sizes by symbol.
    pub symbols: BTreeMap<String, usize>,
}

/// A tensor's name, type and concrete shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorSpec {
    /// Name in the model.
    pub name: String,
    /// Element type.
    pub dtype: DataType,
    /// Size of each axis.
    pub shape: Vec<usize>,
}
