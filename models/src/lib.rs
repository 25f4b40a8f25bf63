//! ONNX models: the file, the graph, its facts and inputs, and the zoo that builds architectures from a seed.
#![forbid(unsafe_code)]

mod bind;
pub mod build;
mod data_type;
pub mod graph;
pub mod proto;
mod tensor;
pub mod zoo;

pub use bind::{ShapeRequest, TensorSpec};
pub use data_type::DataType;
pub use graph::{Attribute, Declared, Dim, Graph, Node, ValueId};
pub use tensor::{Element, Tensor, TensorError, byte_len};
