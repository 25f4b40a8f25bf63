//! A look at the outputs of the check input: values that are no numbers make a measurement worthless.

use serde::{Deserialize, Serialize};
use tare_adapter_api::Tensor;
use tare_models::compare::Magnitude;

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

/// Looks at outputs with these names.
pub fn inspect(outputs: &[Tensor], names: &[String]) -> Inspection {
    let mut found = Inspection::default();
    for (tensor, name) in outputs.iter().zip(names) {
        let magnitude = Magnitude::of(tensor);
        if magnitude.has_nan {
            found.not_numbers.push(name.clone());
        } else if magnitude.has_infinity {
            found.infinite.push(name.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_and_infinity_are_told_apart_by_output() {
        let of = |values: Vec<f32>| Tensor::from_values(vec![2], values).expect("fits");
        let outputs = [
            of(vec![1.0, f32::NAN]),
            of(vec![f32::INFINITY, f32::NAN]),
            of(vec![f32::NEG_INFINITY, 0.0]),
            of(vec![1.0, 2.0]),
            Tensor::from_values(vec![1], vec![7i64]).expect("fits"),
        ];
        let names = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let found = inspect(&outputs, &names);
        assert_eq!(found.not_numbers, ["a", "b"]);
        assert_eq!(found.infinite, ["c"]);
        assert_eq!(found.failed, None);
    }
}
