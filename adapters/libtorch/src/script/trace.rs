//! A graph's eager program as a TorchScript module with the same weights.

use tare_adapter_api::AdapterError;
use tch::{Kind, TchError, Tensor};

use crate::eager::EagerModel;
use crate::kind;
use crate::shim::{Module, ShimError};

/// Why a program cannot be traced.
#[derive(Debug, thiserror::Error)]
enum Untraceable {
    #[error(transparent)]
    Torch(#[from] TchError),
    #[error(transparent)]
    Shim(#[from] ShimError),
    #[error("{0}")]
    Step(String),
}

/// Executes the program once and makes a module of its calls; the weights become constants of it, not copied.
///
/// # Errors
/// `Unsupported` where what the program does depends on the values of its inputs: a trace would keep those it saw.
pub(super) fn module(model: &EagerModel) -> Result<Module, AdapterError> {
    if let Some(value) = &model.open_shape {
        return Err(AdapterError::Unsupported(format!(
            "libtorch cannot trace the model: the shape of '{value}' depends on what the inputs hold; ask for libtorch:mode=eager"
        )));
    }
    // Zeros suit indices, ones divisors.
    let traced = traced(model, 0).or_else(|first| traced(model, 1).map_err(|_| first));
    traced.map_err(|reason| {
        AdapterError::Unsupported(format!(
            "libtorch cannot trace the model: {reason}; ask for libtorch:mode=eager"
        ))
    })
}

fn traced(model: &EagerModel, value: i64) -> Result<Module, Untraceable> {
    let _guard = tch::no_grad_guard();
    let inputs = model.inputs.iter().map(|spec| {
        let shape: Vec<i64> = spec.shape.iter().map(|size| *size as i64).collect();
        let kind = kind::kind(spec.dtype).unwrap_or(Kind::Float);
        let wanted = model.target.kind(spec.dtype).unwrap_or(kind);
        Tensor::f_full(&shape[..], value, (wanted, model.target.device))
    });
    let inputs = inputs.collect::<Result<Vec<Tensor>, TchError>>()?;
    let borrowed: Vec<&Tensor> = inputs.iter().collect();
    Module::trace(&borrowed, || execute(model, &inputs))
}

fn execute(model: &EagerModel, inputs: &[Tensor]) -> Result<Vec<Tensor>, Untraceable> {
    let program = &model.program;
    let mut frame = program.frame();
    for (index, input) in inputs.iter().enumerate() {
        program.feed(&mut frame, index, input.shallow_clone());
    }
    let ran = program.run(&mut frame, |_| {});
    ran.map_err(|error| Untraceable::Step(error.to_string()))?;
    let outputs = (0..program.outputs()).map(|index| {
        let output = program.output(&frame, index).map(Tensor::shallow_clone);
        output.ok_or_else(|| Untraceable::Step(format!("output {index} is not computed")))
    });
    outputs.collect()
}
