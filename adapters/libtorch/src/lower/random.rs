//! Numbers drawn at random, from libtorch's own generator: their values differ from those of any other framework.

use tare_adapter_api::DataType;
use tch::{Kind, TchError, Tensor};

use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Bernoulli", bernoulli),
    ("RandomNormal", |node| filled(node, Spread::normal(node))),
    ("RandomNormalLike", |node| like(node, Spread::normal(node))),
    ("RandomUniform", |node| filled(node, Spread::uniform(node))),
    ("RandomUniformLike", |node| {
        like(node, Spread::uniform(node))
    }),
];

/// What the numbers of a draw are multiplied by and moved by.
#[derive(Debug, Clone, Copy)]
struct Spread {
    normal: bool,
    scale: f64,
    shift: f64,
}

impl Spread {
    fn normal(node: &Node<'_>) -> Self {
        Self {
            normal: true,
            scale: node.float("scale", 1.0),
            shift: node.float("mean", 0.0),
        }
    }

    fn uniform(node: &Node<'_>) -> Self {
        let low = node.float("low", 0.0);
        Self {
            normal: false,
            scale: node.float("high", 1.0) - low,
            shift: low,
        }
    }

    fn draw(self, drawn: &Tensor) -> Result<Tensor, TchError> {
        drawn.f_mul_scalar(self.scale)?.f_add_scalar(self.shift)
    }
}

/// The kind that the attribute `dtype` names, else that of the first input.
fn kind(node: &Node<'_>) -> Result<Option<Kind>, Refusal> {
    if node.attribute("seed").is_some() {
        return Err(Refusal::new(
            "with a seed: libtorch's generator is seeded for the whole process",
        ));
    }
    let named = node.node.int("dtype").and_then(|number| {
        let number = i32::try_from(number).ok()?;
        DataType::from_onnx(number)
    });
    let dtype = named.or_else(|| node.dtype(0));
    dtype.map(|dtype| node.kind(dtype)).transpose()
}

fn bernoulli(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let kind = kind(node)?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let drawn = inputs.at(0)?.f_bernoulli()?;
        match kind {
            Some(kind) => drawn.f_to_kind(kind),
            None => Ok(drawn),
        }
    }))
}

fn filled(node: &Node<'_>, spread: Spread) -> Result<Kernel, Refusal> {
    let shape = node.ints("shape").unwrap_or_default();
    let kind = kind(node)?.map_or_else(|| node.kind(DataType::F32), Ok)?;
    let options = (kind, node.target().device);
    Ok(Kernel::new(move |_: Inputs<'_>| {
        let drawn = match spread.normal {
            true => Tensor::f_randn(&shape, options)?,
            false => Tensor::f_rand(&shape, options)?,
        };
        spread.draw(&drawn)
    }))
}

fn like(node: &Node<'_>, spread: Spread) -> Result<Kernel, Refusal> {
    let kind = kind(node)?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let options = (kind.map_or_else(|| x.f_kind(), Ok)?, x.device());
        let drawn = match spread.normal {
            true => Tensor::f_randn(x.size(), options)?,
            false => Tensor::f_rand(x.size(), options)?,
        };
        spread.draw(&drawn)
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};
    use super::*;

    #[test]
    fn draws_have_the_mean_and_the_range_that_are_asked_for() {
        let uniform = one("RandomUniform", 1).ints("shape", &[4, 500]);
        let (shape, values) = uniform.float("low", 2.0).float("high", 3.0).first();
        assert_eq!(shape, [4, 500]);
        assert!(values.iter().all(|value| (2.0..=3.0).contains(value)));
        let normal = one("RandomNormalLike", 1)
            .int("dtype", 11)
            .float("mean", -50.0);
        let drawn = normal.fed(longs(&[2000], &[0; 2000])).tensors();
        let drawn = drawn.expect("runs").remove(0);
        assert_eq!(drawn.kind(), Kind::Double);
        assert!((drawn.mean(None).double_value(&[]) + 50.0).abs() < 0.5);
        assert!(drawn.std(true).double_value(&[]) > 0.5);
    }

    #[test]
    fn coins_fall_as_their_probability_says() {
        let operator = one("Bernoulli", 15)
            .int("dtype", 7)
            .fed(floats(&[2], &[0.0, 1.0]));
        let tensor = operator.tensors().expect("runs").remove(0);
        assert_eq!(tensor.kind(), Kind::Int64);
        assert_eq!(super::super::host::integers(&tensor).expect("host"), [0, 1]);
    }

    #[test]
    fn a_seed_is_refused() {
        let operator = one("RandomUniform", 1)
            .ints("shape", &[1])
            .float("seed", 1.0);
        assert!(operator.refusal().starts_with("with a seed"));
    }
}
