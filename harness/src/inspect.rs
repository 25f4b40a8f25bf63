//! A look at the outputs of the first request: values that are no numbers make a measurement worthless.

use half::{bf16, f16};
use serde::{Deserialize, Serialize};
use tare_adapter_api::{OutputSpec, Session, Tensor};
use tare_models::DataType;

/// What the outputs hold, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Outputs with a NaN.
    pub not_numbers: Vec<String>,
    /// Outputs with an infinity and no NaN.
    pub infinite: Vec<String>,
    /// Why they could not be looked at.
    pub failed: Option<String>,
}

/// Looks at the outputs of the last request of `session`.
pub fn inspect(session: &dyn Session, specs: &[OutputSpec]) -> Inspection {
    let mut found = Inspection::default();
    let outputs = match session.outputs() {
        Ok(outputs) => outputs,
        Err(error) => {
            found.failed = Some(error.to_string());
            return found;
        }
    };
    for (index, tensor) in outputs.iter().enumerate() {
        let name = || {
            specs
                .get(index)
                .map_or_else(|| format!("output {index}"), |spec| spec.name.clone())
        };
        let (nan, infinite) = extremes(tensor);
        match (nan, infinite) {
            (true, _) => found.not_numbers.push(name()),
            (false, true) => found.infinite.push(name()),
            (false, false) => {}
        }
    }
    found
}

/// Whether there is a NaN, and whether there is an infinity.
fn extremes(tensor: &Tensor) -> (bool, bool) {
    let bytes = tensor.bytes();
    let halves = || bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    match tensor.dtype() {
        DataType::F32 => scan(
            tensor
                .values::<f32>()
                .iter()
                .flat_map(|all| all.iter())
                .map(|value| f64::from(*value)),
        ),
        DataType::F64 => scan(
            tensor
                .values::<f64>()
                .iter()
                .flat_map(|all| all.iter())
                .copied(),
        ),
        DataType::F16 => scan(halves().map(|pair| f16::from_le_bytes(pair).to_f64())),
        DataType::Bf16 => scan(halves().map(|pair| bf16::from_le_bytes(pair).to_f64())),
        _ => (false, false),
    }
}

fn scan(values: impl Iterator<Item = f64>) -> (bool, bool) {
    values.fold((false, false), |(nan, infinite), value| {
        (nan || value.is_nan(), infinite || value.is_infinite())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_and_infinity_are_told_apart_in_every_width() {
        let f32s = Tensor::from_values(vec![2], vec![1.0f32, f32::NAN]).expect("fits");
        assert_eq!(extremes(&f32s), (true, false));
        let f64s = Tensor::from_values(vec![2], vec![1.0f64, f64::NEG_INFINITY]).expect("fits");
        assert_eq!(extremes(&f64s), (false, true));
        let half = |value: f32| f16::from_f32(value).to_le_bytes().to_vec();
        let f16s = Tensor::from_bytes(DataType::F16, vec![1], half(f32::NAN).into()).expect("fits");
        assert_eq!(extremes(&f16s), (true, false));
        let brain = bf16::from_f32(f32::INFINITY).to_le_bytes().to_vec();
        let bf16s = Tensor::from_bytes(DataType::Bf16, vec![1], brain.into()).expect("fits");
        assert_eq!(extremes(&bf16s), (false, true));
        let whole = Tensor::from_values(vec![1], vec![7i64]).expect("fits");
        assert_eq!(extremes(&whole), (false, false));
    }
}
