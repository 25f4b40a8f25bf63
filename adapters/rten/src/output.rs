//! rten's values as tensors of the element type that the model declares.

use rten::Value;
use rten_tensor::{AsView, Layout};
use tare_adapter_api::{AdapterError, DataType, Element, OutputSpec, Tensor};

/// The value as a tensor of the declared type: rten's 32-bit types stand for the model's 64-bit ones and booleans.
pub(crate) fn tensor(spec: &OutputSpec, value: &Value) -> Result<Tensor, AdapterError> {
    match (value, spec.dtype) {
        (Value::FloatTensor(t), DataType::F32) => typed(t.shape(), t.to_vec()),
        (Value::FloatTensor(t), DataType::F64) => {
            typed(t.shape(), t.iter().map(|v| f64::from(*v)).collect())
        }
        (Value::Int32Tensor(t), DataType::I32) => typed(t.shape(), t.to_vec()),
        (Value::Int32Tensor(t), DataType::I64) => {
            typed(t.shape(), t.iter().map(|v| i64::from(*v)).collect())
        }
        (Value::Int32Tensor(t), DataType::Bool) => {
            let flags: Vec<bool> = t.iter().map(|value| *value != 0).collect();
            Tensor::from_bools(t.shape().to_vec(), &flags)
                .map_err(|error| AdapterError::Run(error.to_string()))
        }
        (Value::Int8Tensor(t), DataType::I8) => typed(t.shape(), t.to_vec()),
        (Value::UInt8Tensor(t), DataType::U8) => typed(t.shape(), t.to_vec()),
        _ => Err(AdapterError::Run(format!(
            "output '{}' is declared as {} but rten returned {}",
            spec.name,
            spec.dtype,
            value.dtype()
        ))),
    }
}

fn typed<T: Element + 'static>(shape: &[usize], values: Vec<T>) -> Result<Tensor, AdapterError> {
    Tensor::from_values(shape.to_vec(), values)
        .map_err(|error| AdapterError::Run(error.to_string()))
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

    #[test]
    fn integers_come_back_with_the_declared_width() {
        let value = Value::from_shape([2], vec![-1, 7]).expect("fits");
        let wide = tensor(&spec(DataType::I64), &value).expect("widens");
        assert_eq!(wide.values::<i64>().expect("i64").as_ref(), [-1, 7]);
        let flags = tensor(&spec(DataType::Bool), &value).expect("boolean");
        assert_eq!(flags.values::<u8>().expect("bool").as_ref(), [1, 1]);
        assert_eq!(flags.dtype(), DataType::Bool);
    }

    #[test]
    fn floats_come_back_with_the_declared_width() {
        let value = Value::from_shape([1, 2], vec![0.5f32, -2.0]).expect("fits");
        let wide = tensor(&spec(DataType::F64), &value).expect("widens");
        assert_eq!(wide.values::<f64>().expect("f64").as_ref(), [0.5, -2.0]);
        assert_eq!(wide.shape(), [1, 2]);
    }

    #[test]
    fn a_type_that_was_not_declared_is_an_error() {
        let value = Value::from_shape([1], vec![0.5f32]).expect("fits");
        assert_eq!(
            tensor(&spec(DataType::U8), &value)
                .expect_err("another type")
                .to_string(),
            "the request failed: output 'y' is declared as u8 but rten returned tensor(f32)"
        );
    }
}
