//! Attention: libtorch's fused call where it has one for what is asked.

use tch::Tensor;

use super::{Entry, Inputs, Kernel, Node, Refusal};

/// The pattern that the rewriting found: query, key, value [batch, heads, rows, width], and a mask to add.
pub(super) const OWN: &[Entry] = &[("sdpa", sdpa)];

fn sdpa(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let width = node.shape(0).and_then(|shape| shape.last().copied());
    let width = width.ok_or_else(|| Refusal::new("over a shape that is not known"))?;
    let usual = 1.0 / (width as f64).sqrt();
    let scale = node.float("scale", usual);
    let scale = ((scale - usual).abs() > 1e-6 * usual).then_some(scale);
    Ok(Kernel::new(1, move |inputs: Inputs<'_>| {
        Tensor::f_scaled_dot_product_attention(
            inputs.at(0)?,
            inputs.at(1)?,
            inputs.at(2)?,
            inputs.get(3),
            0.0,
            false,
            scale,
            false,
        )
    }))
}
