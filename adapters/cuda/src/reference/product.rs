//! Matrix products in blocks that stay in the cache.

use super::execute::conclude;
use super::memory::Memory;
use crate::step::{Epilogue, Step};

/// Rows of the second operand, and its columns, of one block: 128 KiB.
const DEPTH: usize = 128;
const WIDTH: usize = 256;

pub(super) fn execute(memory: &mut Memory, step: &Step, epilogue: &Epilogue) -> Result<(), String> {
    let [a, b, ..] = step.inputs.as_slice() else {
        return Err("it has no two operands".to_owned());
    };
    let output = step.outputs.first().ok_or("it writes nothing")?;
    let rank = a.shape.len();
    let (rows, inner, columns) = (a.shape[rank - 2], a.shape[rank - 1], b.shape[rank - 1]);
    let mut values = vec![0.0; output.elements()];
    if let Some(bias) = step.input("bias") {
        let bias = memory.floats(bias);
        values
            .chunks_exact_mut(columns)
            .for_each(|row| row.copy_from_slice(&bias));
    }
    let (left, right) = (memory.floats(a), memory.floats(b));
    let matrices = left
        .chunks_exact(rows * inner)
        .zip(right.chunks_exact(inner * columns));
    for ((left, right), result) in matrices.zip(values.chunks_exact_mut(rows * columns)) {
        add_product(left, right, [rows, inner, columns], result);
    }
    conclude(memory, step, epilogue, &mut values);
    memory.write_floats(output, &values);
    Ok(())
}

/// Adds `left` [m, k] times `right` [k, n] to `result` [m, n].
pub(super) fn add_product(
    left: &[f32],
    right: &[f32],
    [rows, inner, columns]: [usize; 3],
    result: &mut [f32],
) {
    for depth in (0..inner).step_by(DEPTH) {
        let depths = depth..inner.min(depth + DEPTH);
        for width in (0..columns).step_by(WIDTH) {
            let widths = width..columns.min(width + WIDTH);
            for row in 0..rows {
                let to = &mut result[row * columns..][widths.clone()];
                let from = &left[row * inner..][depths.clone()];
                for (factor, place) in from.iter().zip(depths.clone()) {
                    let line = &right[place * columns..][widths.clone()];
                    to.iter_mut()
                        .zip(line)
                        .for_each(|(sum, value)| *sum += factor * value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_give_what_the_sums_give() {
        let (rows, inner, columns) = (3, 2 * DEPTH + 5, WIDTH + 7);
        let number = |index: usize| ((index * 7919) % 13) as f32 - 6.0;
        let left: Vec<f32> = (0..rows * inner).map(number).collect();
        let right: Vec<f32> = (0..inner * columns)
            .map(|index| number(index + 3))
            .collect();
        let mut result = vec![1.0; rows * columns];
        add_product(&left, &right, [rows, inner, columns], &mut result);
        for row in 0..rows {
            for column in [0, 1, WIDTH - 1, WIDTH, columns - 1] {
                let sum: f32 = (0..inner)
                    .map(|k| left[row * inner + k] * right[k * columns + column])
                    .sum();
                assert_eq!(result[row * columns + column], sum + 1.0);
            }
        }
    }
}
