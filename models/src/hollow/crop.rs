//! Smaller constants: the first rows and columns of a tensor, and its numbers where they are sizes or indices.

use bytes::Bytes;

use crate::data_type::DataType;
use crate::evaluate::integers;
use crate::tensor::Tensor;

/// The first elements of each axis, so that variances stay positive, masks and scalars true.
///
/// `None` where an axis would grow, the rank differ, or an element is less than a byte.
pub(super) fn crop(tensor: &Tensor, shape: &[usize]) -> Option<Tensor> {
    if tensor.shape() == shape {
        return Some(tensor.clone());
    }
    let fits = tensor.shape().len() == shape.len()
        && shape
            .iter()
            .zip(tensor.shape())
            .all(|(small, large)| small <= large);
    let bits = tensor.dtype().bits().filter(|bits| bits % 8 == 0)?;
    if !fits {
        return None;
    }
    let element = usize::try_from(bits / 8).ok()?;
    let mut data = Vec::with_capacity(shape.iter().product::<usize>() * element);
    copy(tensor.bytes(), tensor.shape(), shape, element, &mut data);
    Tensor::from_bytes(tensor.dtype(), shape.to_vec(), Bytes::from(data)).ok()
}

fn copy(from: &[u8], large: &[usize], small: &[usize], element: usize, to: &mut Vec<u8>) {
    let ([_, large_rest @ ..], [rows, small_rest @ ..]) = (large, small) else {
        to.extend_from_slice(&from[..element]);
        return;
    };
    let row = large_rest.iter().product::<usize>() * element;
    if large_rest == small_rest {
        to.extend_from_slice(&from[..rows * row]);
        return;
    }
    for index in 0..*rows {
        copy(
            &from[index * row..(index + 1) * row],
            large_rest,
            small_rest,
            element,
            to,
        );
    }
}

/// The tensor with other numbers in it; `None` for other types than 32-bit and 64-bit integers.
pub(super) fn with_integers(tensor: &Tensor, change: impl Fn(usize, i64) -> i64) -> Option<Tensor> {
    let numbers = integers(tensor)?.into_iter().enumerate();
    let numbers = numbers.map(|(index, number)| change(index, number));
    let shape = tensor.shape().to_vec();
    match tensor.dtype() {
        DataType::I64 => Tensor::from_values(shape, numbers.collect::<Vec<i64>>()).ok(),
        DataType::I32 => {
            let numbers = numbers.map(|number| i32::try_from(number).ok());
            Tensor::from_values(shape, numbers.collect::<Option<Vec<i32>>>()?).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(shape: &[usize]) -> Tensor {
        let count = shape.iter().product::<usize>() as i32;
        Tensor::from_values(shape.to_vec(), (0..count).collect::<Vec<i32>>()).expect("fits")
    }

    #[test]
    fn the_first_elements_of_each_axis_stay() {
        let cropped = crop(&counting(&[3, 2, 4]), &[2, 1, 3]).expect("smaller");
        assert_eq!(cropped.shape(), [2, 1, 3]);
        assert_eq!(
            cropped.values::<i32>().expect("i32").as_ref(),
            [0, 1, 2, 8, 9, 10]
        );
        let rows = crop(&counting(&[3, 4]), &[2, 4]).expect("fewer rows");
        assert_eq!(rows.values::<i32>().expect("i32").len(), 8);
        assert_eq!(crop(&counting(&[]), &[]), Some(counting(&[])));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(crop(&counting(&[2]), &[3]), None);
        assert_eq!(crop(&counting(&[2, 2]), &[2]), None);
        let packed = Tensor::from_bytes(DataType::I4, vec![4], Bytes::from(vec![0u8; 2]));
        assert_eq!(crop(&packed.expect("fits"), &[2]), None);
    }

    #[test]
    fn numbers_change_in_place() {
        let changed = with_integers(&counting(&[3]), |index, number| number * 10 + index as i64);
        let changed = changed.expect("integers");
        assert_eq!(changed.values::<i32>().expect("i32").as_ref(), [0, 11, 22]);
        let byte = Tensor::from_values(vec![1], vec![1u8]).expect("fits");
        assert_eq!(with_integers(&byte, |_, number| number), None);
    }
}
