//! Why a file is not a model that can be read: every reason has a type, a value and a remedy.

use std::path::PathBuf;

use crate::tensor::TensorError;

/// Why a model cannot be read. The message names neither the model's file nor its format where the caller knows them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No file is there.
    #[error("no such file: {}; check the path, or give the name of a zoo model", .0.display())]
    Missing(PathBuf),
    /// The path is not a regular file.
    #[error("{} is a {kind}, not a file; give the path of the .onnx file", path.display())]
    NotAFile {
        /// The path given.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// The operating system refused.
    #[error("cannot read {}: {source}; check its permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file has no byte.
    #[error("the file is empty; export or download the model again")]
    Empty,
    /// The bytes end within a field.
    #[error("the file is cut off: {missing} bytes are missing after its {have}; download it again")]
    Truncated {
        /// Bytes in the file.
        have: u64,
        /// Bytes that the last field still announces.
        missing: u64,
    },
    /// The bytes are something else.
    #[error("not an ONNX model but {looks_like}; export the model to ONNX first")]
    NotOnnx {
        /// What the bytes look like, with its article.
        looks_like: &'static str,
    },
    /// The bytes are protocol buffers that break the format.
    #[error("malformed ONNX: {0}; check the file with onnx.checker")]
    Malformed(String),
    /// Messages stand in one another more deeply than can be read.
    #[error("graphs or types are nested more than {limit} messages deep; flatten the model")]
    TooDeep {
        /// The deepest nesting that is read.
        limit: usize,
    },
    /// Reading would take far more memory than the file has bytes.
    #[error(
        "reading would take {need} bytes of memory where {limit} are allowed for this file; it was made to exhaust memory, or must be simplified"
    )]
    TooBig {
        /// Bytes that reading would take, as far as it was counted.
        need: u64,
        /// Bytes that are allowed.
        limit: u64,
    },
    /// The operator set is outside the range that is read.
    #[error(
        "operator set {found} is outside {oldest} to {newest}; convert the model with onnx.version_converter"
    )]
    Opset {
        /// The version that the file asks for.
        found: i64,
        /// The oldest that is read.
        oldest: i64,
        /// The newest that is read.
        newest: i64,
    },
    /// No version of ONNX's own operators is declared.
    #[error("the file declares no version of ONNX's operator set; export the model again")]
    NoOpset,
    /// The version of the format is outside the range that is read.
    #[error("IR version {found} is outside {oldest} to {newest}; export the model again")]
    IrVersion {
        /// The version that the file declares, 0 where it declares none.
        found: i64,
        /// The oldest that is read.
        oldest: i64,
        /// The newest that is read.
        newest: i64,
    },
    /// A part of ONNX that is not read.
    #[error("{what} in {place}: not supported; {remedy}")]
    Unsupported {
        /// The feature.
        what: &'static str,
        /// Which value or operator has it.
        place: String,
        /// What to do instead.
        remedy: &'static str,
    },
    /// A dimension below zero.
    #[error("dimension {size} of '{value}' is negative; export the model again")]
    NegativeDimension {
        /// The value.
        value: String,
        /// The dimension.
        size: i64,
    },
    /// Shape, type and data of a tensor contradict one another.
    #[error("the tensor '{value}' contradicts itself: {source}; export the model again")]
    Tensor {
        /// The value.
        value: String,
        /// How.
        source: TensorError,
    },
    /// A number that the element type cannot hold, or data in the wrong field.
    #[error("the tensor '{value}' is wrong: {problem}; export the model again")]
    TensorData {
        /// The value.
        value: String,
        /// How.
        problem: String,
    },
    /// External data cannot be had.
    #[error("external data '{location}' of '{value}': {problem}; {remedy}")]
    External {
        /// The tensor.
        value: String,
        /// The location in the file.
        location: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Two definitions of one value.
    #[error(
        "the value '{value}' is defined twice, the second time by {by}; give each value one name"
    )]
    Duplicate {
        /// The value.
        value: String,
        /// What defines it again.
        by: String,
    },
    /// A value is read that nothing defines.
    #[error("{by} reads '{value}', which nothing defines; check the file with onnx.checker")]
    Undefined {
        /// The value.
        value: String,
        /// What reads it.
        by: String,
    },
    /// An operator needs its own result.
    #[error(
        "the operator '{node}' needs its own result (a cycle); check the file with onnx.checker"
    )]
    Cycle {
        /// An operator in the cycle.
        node: String,
    },
}
