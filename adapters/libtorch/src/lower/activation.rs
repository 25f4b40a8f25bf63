//! Activations: one call on one tensor.

use super::{Entry, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Relu", |_| Ok(Kernel::unary(|x| x.f_relu()))),
    ("Sigmoid", |_| Ok(Kernel::unary(|x| x.f_sigmoid()))),
    ("Tanh", |_| Ok(Kernel::unary(|x| x.f_tanh()))),
    ("LeakyRelu", leaky_relu),
];

fn leaky_relu(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let slope = node.float("alpha", 0.01);
    Ok(Kernel::unary(move |x| {
        let zero = x.f_clamp_min(0.0)?;
        zero.f_add(&x.f_clamp_max(0.0)?.f_mul_scalar(slope)?)
    }))
}
