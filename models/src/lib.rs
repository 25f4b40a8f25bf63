//! ONNX models: the file, the graph, its facts and inputs, and the zoo that builds architectures from a seed.
#![forbid(unsafe_code)]

mod bind;
pub mod build;
pub mod compare;
mod cost;
mod data_type;
mod evaluate;
mod external;
pub mod facts;
mod generate;
pub mod graph;
pub mod hollow;
mod infer;
mod input_spec;
mod inputs;
mod model;
mod nested;
pub mod number;
pub mod proto;
mod read;
mod resolve;
mod tensor;
mod torchscript;
pub mod zoo;

pub use bind::{BindError, FreeDimension, ShapeRequest, TensorSpec, bind, free_dimensions};
pub use data_type::DataType;
pub use facts::Facts;
pub use graph::{Attribute, Declared, Dim, Graph, Node, ValueId};
pub use input_spec::{InputSpec, InputSpecError};
pub use inputs::{InputPlan, Inputs, Types, Values};
pub use model::Model;
pub use nested::Subgraph;
pub use read::ModelError;
pub use resolve::{ResolveError, Resolved, Unresolved, Weight, resolve};
pub use tensor::{Element, Tensor, TensorError, byte_len};
pub use torchscript::{TorchScript, TorchScriptError};
