//! Activations: one call on one tensor.

use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Gelu", |node| match node.string("approximate", "none") {
        "none" => gelu(node),
        "tanh" => gelu_tanh(node),
        other => Err(Refusal::new(format!(
            "with the unknown approximation '{other}'"
        ))),
    }),
    ("LeakyRelu", leaky_relu),
    ("Relu", |_| Ok(Kernel::unary(|x| x.f_relu()))),
    ("Sigmoid", |_| Ok(Kernel::unary(|x| x.f_sigmoid()))),
    ("Tanh", |_| Ok(Kernel::unary(|x| x.f_tanh()))),
];

/// The units that the rewriting found written out.
pub(super) const OWN: &[Entry] = &[
    ("gelu", gelu),
    ("gelu_tanh", gelu_tanh),
    ("rsqrt", |_| Ok(Kernel::unary(|x| x.f_rsqrt()))),
    ("silu", |_| Ok(Kernel::unary(|x| x.f_silu()))),
];

fn gelu(_: &Node<'_>) -> Result<Kernel, Refusal> {
    Ok(Kernel::unary(|x| x.f_gelu("none")))
}

fn gelu_tanh(_: &Node<'_>) -> Result<Kernel, Refusal> {
    Ok(Kernel::unary(|x| x.f_gelu("tanh")))
}

fn leaky_relu(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let slope = node.float("alpha", 0.01);
    if slope as f32 == 0.01 {
        return Ok(Kernel::unary(|x| x.f_leaky_relu()));
    }
    Ok(Kernel::new(4, move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let below = x.f_clamp_max(0.0)?.f_mul_scalar(slope)?;
        x.f_clamp_min(0.0)?.f_add(&below)
    }))
}
