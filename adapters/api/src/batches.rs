//! Requests of several batches in one session: which inputs fit, and the refusal of an adapter that takes one batch only.

use std::num::NonZeroUsize;

use tare_models::{Tensor, TensorSpec};

use crate::check::check_inputs;
use crate::error::AdapterError;
use crate::request::LoadRequest;

/// Refuses inputs that do not have the element types and shapes of `specs` or, with a `largest` batch, do not have the same
/// number of rows, up to it, on the first axis of all of them.
///
/// # Errors
/// `Run`, naming the input.
pub fn check_batch(
    specs: &[TensorSpec],
    largest: Option<NonZeroUsize>,
    inputs: &[Tensor],
) -> Result<(), AdapterError> {
    let Some(largest) = largest else {
        return check_inputs(specs, inputs);
    };
    let first = inputs.first().and_then(|input| input.shape().first());
    let rows = first.copied().unwrap_or(0);
    let has_batch = (1..=largest.get()).contains(&rows) && specs.len() == inputs.len();
    let misfit = specs
        .iter()
        .zip(inputs)
        .find(|(spec, input)| !has_batch || !has_rows(spec, input, rows));
    match misfit {
        None if has_batch => Ok(()),
        None => check_inputs(specs, inputs),
        Some((spec, input)) => Err(AdapterError::Run(format!(
            "input '{}' is {} {:?} with a batch of 1 to {largest} for its first axis, the same for all inputs, but {} {:?} \
             was given",
            spec.name,
            spec.dtype,
            spec.shape,
            input.dtype(),
            input.shape()
        ))),
    }
}

fn has_rows(spec: &TensorSpec, input: &Tensor, rows: usize) -> bool {
    let Some((first, rest)) = input.shape().split_first() else {
        return false;
    };
    spec.dtype == input.dtype() && *first == rows && spec.shape.get(1..) == Some(rest)
}

/// Refuses requests of several batches: for an adapter that prepares a model for one.
///
/// # Errors
/// `Unsupported`, with what would do.
pub fn refuse_batches(adapter: &str, request: &LoadRequest) -> Result<(), AdapterError> {
    match request.largest_batch {
        None => Ok(()),
        Some(largest) => Err(AdapterError::Unsupported(format!(
            "{adapter} prepares a model for one batch, not for requests of 1 to {largest} samples: ask for a scenario whose \
             requests have one batch, such as fixed-batch"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use tare_models::DataType;

    use super::*;

    fn spec(name: &str, shape: &[usize]) -> TensorSpec {
        TensorSpec {
            name: name.to_owned(),
            dtype: DataType::F32,
            shape: shape.to_vec(),
        }
    }

    fn floats(shape: &[usize]) -> Tensor {
        Tensor::from_values(shape.to_vec(), vec![0.5f32; shape.iter().product()]).expect("fits")
    }

    fn checked(shapes: [&[usize]; 2], largest: usize) -> Result<(), String> {
        let specs = [spec("x", &[4, 3]), spec("y", &[4])];
        let checked = check_batch(&specs, NonZeroUsize::new(largest), &shapes.map(floats));
        checked.map_err(|error| error.to_string())
    }

    #[test]
    fn every_batch_up_to_the_largest_fits_where_all_inputs_have_it() {
        for rows in [1, 2, 4, 9] {
            assert_eq!(checked([&[rows, 3], &[rows]], 9), Ok(()));
        }
        let misfits: [[&[usize]; 2]; 5] = [
            [&[10, 3], &[10]],
            [&[0, 3], &[0]],
            [&[2, 3], &[3]],
            [&[2, 4], &[2]],
            [&[2, 3], &[2, 1]],
        ];
        for misfit in misfits {
            assert!(checked(misfit, 9).is_err(), "{misfit:?}");
        }
        assert_eq!(
            checked([&[10, 3], &[10]], 9).expect_err("too many"),
            "the request failed: input 'x' is f32 [4, 3] with a batch of 1 to 9 for its first axis, the same for all inputs, \
             but f32 [10, 3] was given"
        );
    }

    #[test]
    fn without_further_batches_the_shapes_are_those_of_the_specs() {
        let specs = [spec("x", &[4, 3])];
        assert_eq!(check_batch(&specs, None, &[floats(&[4, 3])]), Ok(()));
        assert_eq!(
            check_batch(&specs, None, &[floats(&[2, 3])]).map_err(|error| error.to_string()),
            Err("the request failed: input 'x' is f32 [4, 3] but f32 [2, 3] was given".to_owned())
        );
    }

    #[test]
    fn another_type_or_number_of_inputs_fits_no_batch() {
        let specs = [spec("x", &[4, 3])];
        let largest = NonZeroUsize::new(9);
        let integers = Tensor::from_values(vec![2, 3], vec![0i32; 6]).expect("fits");
        assert!(check_batch(&specs, largest, &[integers]).is_err());
        assert_eq!(
            check_batch(&specs, largest, &[]).map_err(|error| error.to_string()),
            Err("the request failed: the model takes 1 inputs but 0 were given".to_owned())
        );
        let two = [floats(&[2, 3]), floats(&[2, 3])];
        assert!(check_batch(&specs, largest, &two).is_err());
        assert!(
            check_batch(&[], largest, &[]).is_ok(),
            "nothing has no batch"
        );
    }

    #[test]
    fn an_adapter_of_one_batch_says_what_was_asked_and_what_would_do() {
        let mut request = LoadRequest::new("model.onnx".into(), Vec::new(), Vec::new());
        assert_eq!(refuse_batches("tract", &request), Ok(()));
        request.largest_batch = NonZeroUsize::new(25);
        assert_eq!(
            refuse_batches("tract", &request)
                .expect_err("several")
                .to_string(),
            "tract prepares a model for one batch, not for requests of 1 to 25 samples: ask for a scenario whose requests \
             have one batch, such as fixed-batch"
        );
    }
}
