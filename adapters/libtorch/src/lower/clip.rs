//! Clip: bounds that were attributes until version 10 and are inputs since, numbers where they are known at load.

use tare_adapter_api::DataType;
use tch::{TchError, Tensor};

use super::host::Number;
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[("Clip", clip)];

fn clip(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if node.opset() < 11 {
        let bound = |name: &str| node.attribute(name).map(|_| node.float(name, 0.0));
        let bounds = (bound("min"), bound("max"));
        return Ok(between(
            bounds.0.map(Number::Float),
            bounds.1.map(Number::Float),
        ));
    }
    let (least, most) = (known(node, 1), known(node, 2));
    let open = |index: usize, bound: Option<Number>| node.has_input(index) && bound.is_none();
    if open(1, least) || open(2, most) {
        return Ok(Kernel::new(1, at_run));
    }
    Ok(between(least, most))
}

fn known(node: &Node<'_>, index: usize) -> Option<Number> {
    if node.dtype(index).is_some_and(DataType::is_integer) {
        let values = node.constant_ints(index).ok()??;
        return values.first().copied().map(Number::Int);
    }
    node.constant_scalar(index).map(Number::Float)
}

fn between(least: Option<Number>, most: Option<Number>) -> Kernel {
    match (least, most) {
        (Some(least), Some(most)) => Kernel::unary(move |x| x.f_clamp(least, most)),
        (Some(least), None) => Kernel::unary(move |x| x.f_clamp_min(least)),
        (None, Some(most)) => Kernel::unary(move |x| x.f_clamp_max(most)),
        (None, None) => Kernel::same(),
    }
}

fn at_run(inputs: Inputs<'_>) -> Result<Tensor, TchError> {
    let x = inputs.at(0)?;
    match (inputs.get(1), inputs.get(2)) {
        (None, None) => Ok(x.shallow_clone()),
        (least, most) => x.f_clamp_tensor(least, most),
    }
}
