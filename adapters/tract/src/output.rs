//! tract's values as tensors of the element type that the model declares.

use tare_adapter_api::{AdapterError, DataType, OutputSpec, Tensor};
use tract_onnx::prelude::{DatumType, TValue};

use crate::input::datum_type;

/// The value as a tensor of the declared type; sizes, which tract keeps in a type of its own, become integers.
pub(crate) fn tensor(spec: &OutputSpec, value: &TValue) -> Result<Tensor, AdapterError> {
    let declared = datum_type(spec.dtype).ok_or_else(|| mismatch(spec, value))?;
    let failed = |error| AdapterError::Run(format!("output '{}': {error:#}", spec.name));
    if value.datum_type() == DatumType::TDim && spec.dtype == DataType::I64 {
        let integers = value.cast_to_dt(declared).map_err(failed)?;
        return packed(spec, &integers);
    }
    if value.datum_type() != declared {
        return Err(mismatch(spec, value));
    }
    packed(spec, value)
}

fn packed(spec: &OutputSpec, value: &tract_onnx::prelude::Tensor) -> Result<Tensor, AdapterError> {
    let bytes = value.as_bytes().to_vec();
    Tensor::from_bytes(spec.dtype, value.shape().to_vec(), bytes.into())
        .map_err(|error| AdapterError::Run(error.to_string()))
}

fn mismatch(spec: &OutputSpec, value: &TValue) -> AdapterError {
    AdapterError::Run(format!(
        "output '{}' is declared as {} but tract returned {:?}",
        spec.name,
        spec.dtype,
        value.datum_type()
    ))
}

#[cfg(test)]
mod tests {
    use tract_onnx::prelude::{IntoTValue, tensor0, tensor1, tract_data::prelude::TDim};

    use super::*;

    fn spec(dtype: DataType) -> OutputSpec {
        OutputSpec {
            name: "y".to_owned(),
            dtype,
        }
    }

    #[test]
    fn values_come_back_as_they_are() {
        let value = tensor1(&[0.5f32, -2.0]).into_tvalue();
        let expected = Tensor::from_values(vec![2], vec![0.5f32, -2.0]).expect("fits");
        assert_eq!(tensor(&spec(DataType::F32), &value), Ok(expected));
        let flags = tensor1(&[true, false]).into_tvalue();
        let expected = Tensor::from_bools(vec![2], &[true, false]).expect("fits");
        assert_eq!(tensor(&spec(DataType::Bool), &flags), Ok(expected));
    }

    #[test]
    fn sizes_become_integers() {
        let value = tensor0(TDim::Val(7)).into_tvalue();
        let expected = Tensor::from_values(vec![], vec![7i64]).expect("fits");
        assert_eq!(tensor(&spec(DataType::I64), &value), Ok(expected));
    }

    #[test]
    fn a_type_that_was_not_declared_is_an_error() {
        let value = tensor1(&[0.5f32]).into_tvalue();
        let message = |dtype| {
            tensor(&spec(dtype), &value)
                .expect_err("another type")
                .to_string()
        };
        for dtype in [DataType::U8, DataType::Bf16] {
            assert_eq!(
                message(dtype),
                format!(
                    "the request failed: output 'y' is declared as {dtype} but tract returned F32"
                )
            );
        }
    }
}
