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
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let below = x.f_clamp_max(0.0)?.f_mul_scalar(slope)?;
        x.f_clamp_min(0.0)?.f_add(&below)
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, one};

    #[test]
    fn a_leak_has_the_slope_that_is_asked_for() {
        let x = floats(&[3], &[-2.0, 0.0, 3.0]);
        let leaky = |slope: f32| {
            one("LeakyRelu", 17)
                .float("alpha", slope)
                .fed(x.clone())
                .first()
                .1
        };
        assert_eq!(leaky(0.5), [-1.0, 0.0, 3.0]);
        assert_eq!(leaky(0.01), [f64::from(-0.02f32), 0.0, 3.0]);
    }

    #[test]
    fn gelu_is_exact_or_by_tanh_and_nothing_else() {
        let gelu = |how: &str| {
            one("Gelu", 20)
                .string("approximate", how)
                .fed(floats(&[1], &[1.0]))
        };
        assert!((gelu("none").first().1[0] - 0.841_344_7).abs() < 1e-6);
        assert!((gelu("tanh").first().1[0] - 0.841_191_9).abs() < 1e-6);
        assert_eq!(
            gelu("sigmoid").refusal(),
            "with the unknown approximation 'sigmoid'"
        );
    }
}
