//! Why a graph cannot be resolved.

use crate::data_type::DataType;

/// Inputs that do not fit a graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// An input without a shape.
    #[error("the input '{name}' has no shape; give one for each of {inputs:?}")]
    MissingInput {
        /// The input.
        name: String,
        /// All inputs of the graph.
        inputs: Vec<String>,
    },
    /// A shape for something that is no input.
    #[error("'{name}' is no input of the model; its inputs are {inputs:?}")]
    UnknownInput {
        /// What was given.
        name: String,
        /// All inputs of the graph.
        inputs: Vec<String>,
    },
    /// Another element type than the file declares.
    #[error("the input '{name}' holds {declared}, not {given}")]
    InputType {
        /// The input.
        name: String,
        /// Declared in the file.
        declared: DataType,
        /// Asked for.
        given: DataType,
    },
    /// A shape that the file's declaration excludes.
    #[error("the input '{name}' is declared as {declared}, which {given:?} does not fit")]
    InputShape {
        /// The input.
        name: String,
        /// Declared in the file.
        declared: String,
        /// Asked for.
        given: Vec<usize>,
    },
    /// An operator that cannot run on what reaches it.
    #[error("the operator '{node}' ({op_type}) cannot run on {operands}: {reason}")]
    Misfit {
        /// Name of the operator.
        node: String,
        /// Its kind.
        op_type: String,
        /// Type and shape of each of its inputs.
        operands: String,
        /// What does not fit.
        reason: String,
    },
}
