//! What image models do in place: rectifying what a layer made, and adding a shortcut to it.

use tare_models::{ValueId, graph};

use super::web::{Web, own};

/// Layers whose result is a tensor of its own: no view, and nothing that anybody else holds.
const LAYERS: [&str; 2] = ["BatchNormalization", "Conv"];

/// `Relu` of a layer or of a sum, as `nn.ReLU(inplace=True)`; a sum with a layer, as `out += shortcut`.
pub(super) fn in_place(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    let first = end.input(0)?;
    if !end.domain.is_empty() || !web.is_float(first) {
        return None;
    }
    let layer = |value: ValueId| {
        LAYERS
            .iter()
            .any(|op_type| web.inner(value, op_type).is_some())
    };
    match end.op_type.as_str() {
        "Relu" if layer(first) || web.inner(first, "Add").is_some() => {
            Some(vec![own(end, "relu_", vec![Some(first)], &[])])
        }
        "Add" => {
            let second = end.input(1)?;
            let shape = web.shape(end.output(0)?);
            let fits = |value: ValueId| layer(value) && web.shape(value) == shape;
            let (onto, other) = match (fits(first), fits(second)) {
                (true, _) => (first, second),
                (_, true) => (second, first),
                _ => return None,
            };
            Some(vec![own(end, "add_", vec![Some(onto), Some(other)], &[])])
        }
        _ => None,
    }
}
