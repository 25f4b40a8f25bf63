//! MelWeightMatrix: a table of numbers that depends on five others only, made on the host.

use tare_adapter_api::DataType;
use tch::{TchError, Tensor};

use super::host::Number;
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[("MelWeightMatrix", mel)];

fn mel(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let number = i32::try_from(node.int("output_datatype", 1)).ok();
    let dtype = number.and_then(DataType::from_onnx);
    let dtype = dtype.ok_or_else(|| Refusal::new("of an unknown type"))?;
    let (kind, device) = (node.kind(dtype)?, node.target().device);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let number = |index: usize| Ok(Number::of(inputs.at(index)?)?.to_f64());
        let numbers: Result<Vec<f64>, TchError> = (0..5).map(number).collect();
        let (table, shape) = weights(&numbers?)?;
        let table = Tensor::f_from_slice(&table)?.f_reshape(shape)?;
        table.f_to_device(device)?.f_to_kind(kind)
    }))
}

/// Row-major weights of shape [spectrum bins, mel bands]: triangles between neighbouring bands, as the standard's
/// reference computes them.
fn weights(numbers: &[f64]) -> Result<(Vec<f64>, [i64; 2]), TchError> {
    const MOST: f64 = 8192.0;
    let [bands, length, rate, low, high] = numbers else {
        return Err(TchError::Shape("five numbers make the weights".to_owned()));
    };
    if !(1.0..=MOST).contains(bands) || !(1.0..=MOST).contains(length) || *rate <= 0.0 {
        return Err(TchError::Shape(format!(
            "no weights of {bands} bands, {length} samples and a rate of {rate}"
        )));
    }
    let (bands, bins) = (*bands as usize, *length as usize / 2 + 1);
    let to_mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
    let (start, end) = (to_mel(*low), to_mel(*high));
    let step = (end - start) / (bands as f64 + 2.0);
    let bin = |edge: usize| {
        let mel = start + step * edge as f64;
        let hertz = 700.0 * (10f64.powf(mel / 2595.0) - 1.0);
        ((length + 1.0) * hertz / rate).floor()
    };
    let mut table = vec![0.0; bins * bands];
    for band in 0..bands {
        let edges = [bin(band), bin(band + 1), bin(band + 2)];
        for row in 0..bins {
            table[row * bands + band] = triangle(row as f64, edges);
        }
    }
    Ok((table, [bins as i64, bands as i64]))
}

fn triangle(x: f64, [low, centre, high]: [f64; 3]) -> f64 {
    if low == centre && x == centre {
        1.0
    } else if (low..=centre).contains(&x) {
        (x - low) / (centre - low)
    } else if (centre..high).contains(&x) {
        (high - x) / (high - centre)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};
    use super::*;

    #[test]
    fn bands_are_triangles_over_the_spectrum() {
        assert_eq!(triangle(2.0, [2.0, 4.0, 6.0]), 0.0);
        assert_eq!(triangle(3.0, [2.0, 4.0, 6.0]), 0.5);
        assert_eq!(triangle(4.0, [2.0, 4.0, 6.0]), 1.0);
        assert_eq!(triangle(5.0, [2.0, 4.0, 6.0]), 0.5);
        assert_eq!(triangle(6.0, [2.0, 4.0, 6.0]), 0.0);
        assert_eq!(triangle(2.0, [2.0, 2.0, 2.0]), 1.0);
        assert_eq!(triangle(4.0, [2.0, 4.0, 4.0]), 1.0);
    }

    #[test]
    fn the_table_has_a_row_a_bin_and_a_column_a_band() {
        let operator = one("MelWeightMatrix", 17).fed(longs(&[], &[3]));
        let operator = operator.fed(longs(&[], &[8])).fed(longs(&[], &[8000]));
        let operator = operator
            .fed(floats(&[], &[0.0]))
            .fed(floats(&[], &[4000.0]));
        let (shape, values) = operator.first();
        assert_eq!(shape, [5, 3]);
        assert!(values.iter().all(|weight| (0.0..=1.0).contains(weight)));
        assert!((0..3).all(|band| (0..5).any(|bin| values[bin * 3 + band] == 1.0)));
    }

    #[test]
    fn numbers_that_make_no_table_are_errors() {
        for numbers in [[0.0, 8.0, 8.0], [1e9, 8.0, 8.0], [3.0, 8.0, 0.0]] {
            let [bands, length, rate] = numbers;
            assert!(weights(&[bands, length, rate, 0.0, 4.0]).is_err());
        }
    }
}
