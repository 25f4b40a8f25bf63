//! What a request executes for one operator.

use tch::{TchError, Tensor};

/// An operator made ready: a function of the tensors at its inputs.
pub(crate) struct Kernel {
    pub(crate) run: Run,
    /// Whether the first output is the first input, so that nothing needs to be executed.
    pub(crate) is_same: bool,
}

/// Must not write to its inputs, which may be shared, unless the rewriting found that nobody else reads them.
pub(crate) type Run = Box<dyn Fn(Inputs<'_>) -> Result<Outputs, TchError> + Send + Sync>;

/// The tensors at an operator's inputs, in ONNX's order; a constant that the lowering took is not among them.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a>(pub(crate) &'a [Option<&'a Tensor>]);

/// The tensors at an operator's outputs, from the first on; those after the last one given stay empty.
pub(crate) enum Outputs {
    One(Tensor),
    Many(Vec<Tensor>),
}

impl Kernel {
    /// A function of the inputs.
    pub(crate) fn new<O: Into<Outputs>>(
        run: impl Fn(Inputs<'_>) -> Result<O, TchError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            run: Box::new(move |inputs| run(inputs).map(Into::into)),
            is_same: false,
        }
    }

    /// The first output is the first input.
    pub(crate) fn same() -> Self {
        Self {
            is_same: true,
            ..Self::new(|inputs| inputs.at(0).map(Tensor::shallow_clone))
        }
    }

    /// One call on the first input.
    pub(crate) fn unary(
        run: impl Fn(&Tensor) -> Result<Tensor, TchError> + Send + Sync + 'static,
    ) -> Self {
        Self::new(move |inputs| run(inputs.at(0)?))
    }

    /// One call on the first two inputs.
    pub(crate) fn binary(
        run: impl Fn(&Tensor, &Tensor) -> Result<Tensor, TchError> + Send + Sync + 'static,
    ) -> Self {
        Self::new(move |inputs| run(inputs.at(0)?, inputs.at(1)?))
    }
}

impl<'a> Inputs<'a> {
    /// The tensor at an optional input.
    pub(crate) fn get(self, index: usize) -> Option<&'a Tensor> {
        self.0.get(index).copied().flatten()
    }

    /// The tensor at an input that must be there.
    pub(crate) fn at(self, index: usize) -> Result<&'a Tensor, TchError> {
        self.get(index)
            .ok_or_else(|| TchError::Shape(format!("input {index} is missing")))
    }

    /// All of them, those left out excepted.
    pub(crate) fn present(self) -> impl Iterator<Item = &'a Tensor> {
        self.0.iter().copied().flatten()
    }
}

impl From<Tensor> for Outputs {
    fn from(tensor: Tensor) -> Self {
        Self::One(tensor)
    }
}

impl From<Vec<Tensor>> for Outputs {
    fn from(tensors: Vec<Tensor>) -> Self {
        Self::Many(tensors)
    }
}

impl From<(Tensor, Tensor)> for Outputs {
    fn from((first, second): (Tensor, Tensor)) -> Self {
        Self::Many(vec![first, second])
    }
}

impl From<(Tensor, Tensor, Tensor)> for Outputs {
    fn from((first, second, third): (Tensor, Tensor, Tensor)) -> Self {
        Self::Many(vec![first, second, third])
    }
}
