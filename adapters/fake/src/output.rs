//! Outputs that any change of the inputs changes.

use tare_adapter_api::{AdapterError, DataType, OutputSpec, Tensor};

use crate::costs::mix;

/// How outputs are wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wrong {
    /// Floating-point values are NaN.
    NotNumbers,
    /// Floating-point values are so much more.
    OffBy(f64),
    /// The last output is not there.
    Missing,
}

/// The outputs that are declared, unless they are `wrong`.
pub(crate) fn tensors(
    specs: &[OutputSpec],
    inputs: &[Tensor],
    wrong: Option<Wrong>,
) -> Result<Vec<Tensor>, AdapterError> {
    let count = match wrong {
        Some(Wrong::Missing) => specs.len().saturating_sub(1),
        _ => specs.len(),
    };
    let specs = specs.iter().take(count);
    specs.map(|spec| tensor(spec, inputs, wrong)).collect()
}

/// Rows of the first input; one where there is none.
pub(crate) fn rows(inputs: &[Tensor]) -> usize {
    inputs
        .first()
        .and_then(|input| input.shape().first())
        .copied()
        .unwrap_or(1)
}

/// One output: a value a row, in the declared type, between 0 and 1 for floating-point types.
fn tensor(
    spec: &OutputSpec,
    inputs: &[Tensor],
    wrong: Option<Wrong>,
) -> Result<Tensor, AdapterError> {
    let shape = vec![rows(inputs)];
    let seed = digest(inputs);
    let draws = (0..shape[0] as u64).map(|row| mix(seed ^ mix(row)));
    let fraction = |draw: u64| {
        let value = (draw >> 40) as f64 / f64::from(1 << 24);
        match wrong {
            Some(Wrong::NotNumbers) => f64::NAN,
            Some(Wrong::OffBy(off)) => value + off,
            Some(Wrong::Missing) | None => value,
        }
    };
    let made = match spec.dtype {
        DataType::F32 => {
            Tensor::from_values(shape, draws.map(|draw| fraction(draw) as f32).collect())
        }
        DataType::F64 => Tensor::from_values(shape, draws.map(fraction).collect()),
        DataType::I64 => {
            Tensor::from_values(shape, draws.map(|draw| (draw >> 33) as i64).collect())
        }
        DataType::I32 => {
            Tensor::from_values(shape, draws.map(|draw| (draw >> 33) as i32).collect())
        }
        DataType::U8 => Tensor::from_values(shape, draws.map(|draw| draw as u8).collect()),
        DataType::I8 => Tensor::from_values(shape, draws.map(|draw| draw as i8).collect()),
        DataType::Bool => {
            Tensor::from_bools(shape, &draws.map(|draw| draw & 1 == 1).collect::<Vec<_>>())
        }
        other => {
            return Err(AdapterError::Unsupported(format!(
                "fake makes no {other}, which output '{}' is",
                spec.name
            )));
        }
    };
    made.map_err(|error| AdapterError::Run(error.to_string()))
}

fn digest(inputs: &[Tensor]) -> u64 {
    inputs
        .iter()
        .flat_map(|input| input.bytes().iter())
        .fold(0, |state, byte| mix(state ^ u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(dtype: DataType) -> OutputSpec {
        OutputSpec {
            name: "y".to_owned(),
            dtype,
        }
    }

    fn input(values: Vec<f32>) -> Tensor {
        Tensor::from_values(vec![values.len()], values).expect("fits")
    }

    #[test]
    fn outputs_are_a_function_of_the_inputs() {
        let of = |values| tensor(&spec(DataType::F32), &[input(values)], None).expect("made");
        assert_eq!(of(vec![1.0, 2.0]), of(vec![1.0, 2.0]));
        assert_ne!(of(vec![1.0, 2.0]), of(vec![1.0, 3.0]));
        assert_eq!(of(vec![1.0, 2.0]).shape(), [2]);
    }

    #[test]
    fn every_type_comes_as_declared_or_is_refused() {
        let inputs = [input(vec![1.0])];
        for dtype in [
            DataType::F32,
            DataType::F64,
            DataType::I64,
            DataType::I32,
            DataType::U8,
            DataType::I8,
            DataType::Bool,
        ] {
            assert_eq!(
                tensor(&spec(dtype), &inputs, None).expect("made").dtype(),
                dtype
            );
        }
        assert_eq!(
            tensor(&spec(DataType::F16), &inputs, None)
                .expect_err("refused")
                .to_string(),
            "fake makes no f16, which output 'y' is"
        );
    }

    fn wrong(wrong: Wrong) -> Vec<Tensor> {
        let specs = [spec(DataType::F32), spec(DataType::I32)];
        tensors(&specs, &[input(vec![1.0, 2.0])], Some(wrong)).expect("made")
    }

    #[test]
    fn outputs_can_be_wrong_as_asked() {
        let right = tensors(
            &[spec(DataType::F32), spec(DataType::I32)],
            &[input(vec![1.0, 2.0])],
            None,
        )
        .expect("made");
        let floats = |outputs: &[Tensor]| outputs[0].values::<f32>().expect("f32").into_owned();
        let nan = wrong(Wrong::NotNumbers);
        assert!(floats(&nan).iter().all(|value| value.is_nan()));
        let off = wrong(Wrong::OffBy(0.5));
        let expected: Vec<f32> = floats(&right).iter().map(|value| value + 0.5).collect();
        assert_eq!(floats(&off), expected);
        assert_eq!(off[1], right[1], "integers stay as they are");
        assert_eq!(wrong(Wrong::Missing), right[..1]);
    }
}
