//! Attention as its definition says: all scores of a head, their softmax, the weighted sum of the values.

use super::memory::Memory;
use super::product::add_product;
use super::rows::softmax_row;
use crate::step::Step;

pub(super) fn execute(memory: &mut Memory, step: &Step, scale: f32) -> Result<(), String> {
    let [q, k, v, ..] = step.inputs.as_slice() else {
        return Err("it has no three operands".to_owned());
    };
    let output = step.outputs.first().ok_or("it writes nothing")?;
    let rank = q.shape.len();
    let (queries, width) = (q.shape[rank - 2], q.shape[rank - 1]);
    let (keys, value_width) = (v.shape[rank - 2], v.shape[rank - 1]);
    let mut turned: Vec<usize> = (0..rank).collect();
    turned.swap(rank - 2, rank - 1);
    let (q, k, v) = (
        memory.floats(q),
        memory.floats(&k.permute(&turned)),
        memory.floats(v),
    );
    let mask = step.input("mask").map(|mask| memory.floats(mask));
    let mut values = vec![0.0; output.elements()];
    for (head, result) in values.chunks_exact_mut(queries * value_width).enumerate() {
        let part = |all: &[f32], size: usize| all[head * size..][..size].to_vec();
        let mut scores = vec![0.0; queries * keys];
        let shape = [queries, width, keys];
        add_product(
            &part(&q, queries * width),
            &part(&k, width * keys),
            shape,
            &mut scores,
        );
        scores.iter_mut().for_each(|score| *score *= scale);
        if let Some(mask) = &mask {
            let mask = part(mask, queries * keys);
            scores
                .iter_mut()
                .zip(&mask)
                .for_each(|(score, more)| *score += more);
        }
        scores
            .chunks_exact_mut(keys)
            .for_each(|row| softmax_row(row, false));
        let shape = [queries, keys, value_width];
        add_product(&scores, &part(&v, keys * value_width), shape, result);
    }
    memory.write_floats(output, &values);
    Ok(())
}
