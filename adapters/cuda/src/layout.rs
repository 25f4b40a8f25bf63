//! Which strides each kind of step can read and write, and the copies where others reach it.

use std::collections::HashMap;

use tare_models::Tensor;

use crate::draft::Draft;
use crate::step::{Kind, Step};
use crate::view::View;

/// Whether a step of this kind can read the input of this number as it lies.
pub fn reads(kind: &Kind, index: usize, view: &View) -> bool {
    let role = kind.roles().get(index).copied().unwrap_or("x");
    match (kind, role) {
        (Kind::Map { .. }, _) | (Kind::Attention { .. }, "mask") => true,
        (Kind::Product { .. }, "a" | "b") => is_matrix(view),
        (Kind::Product { .. }, "residual") => is_row_major_matrix(view),
        (Kind::Attention { .. }, _) => has_dense_rows(view),
        (Kind::LayerNorm { .. }, "x" | "residual") | (Kind::Softmax { .. }, _) => is_rows(view),
        _ => view.is_contiguous(),
    }
}

/// Whether a step of this kind can write there.
pub fn writes(kind: &Kind, view: &View) -> bool {
    match kind {
        Kind::Map { .. } => true,
        Kind::Product { .. } => is_row_major_matrix(view),
        Kind::Attention { .. } => has_dense_rows(view),
        Kind::LayerNorm { .. } | Kind::Softmax { .. } => is_rows(view),
        _ => view.is_contiguous(),
    }
}

/// Whether the elements of each row follow each other.
fn has_dense_rows(view: &View) -> bool {
    match view.shape.len() {
        0 => true,
        rank => view.shape[rank - 1] == 1 || view.step(rank - 1) == 1,
    }
}

/// Dense rows, the same distance from each to the next.
fn is_rows(view: &View) -> bool {
    has_dense_rows(view) && leading(view, 1).is_some()
}

/// The first axes, all but `last`, as one axis.
fn leading(view: &View, last: usize) -> Option<View> {
    let outer = view.shape.len().checked_sub(last)?;
    let head = View {
        shape: view.shape[..outer].to_vec(),
        strides: view.strides[..outer].to_vec(),
        ..view.clone()
    };
    head.reshape(&[head.elements()])
}

/// Matrices, row by row or column by column, the same distance from each to the next.
fn is_matrix(view: &View) -> bool {
    let Some(row) = view.shape.len().checked_sub(2) else {
        return false;
    };
    let dense = |axis: usize| view.shape[axis] == 1 || view.step(axis) == 1;
    let apart =
        |axis: usize, size: usize| view.shape[axis] == 1 || view.step(axis) >= size as isize;
    let by_rows = dense(row + 1) && apart(row, view.shape[row + 1]);
    let by_columns = dense(row) && apart(row + 1, view.shape[row]);
    (by_rows || by_columns) && leading(view, 2).is_some()
}

fn is_row_major_matrix(view: &View) -> bool {
    is_matrix(view) && has_dense_rows(view)
}

/// With a copy before each input, and after each output, whose strides its step cannot take; constants are laid out anew.
pub fn lay_out(mut draft: Draft) -> Draft {
    let mut copies: HashMap<View, View> = HashMap::new();
    let steps = std::mem::take(&mut draft.steps);
    let mut laid = Vec::with_capacity(steps.len());
    for mut step in steps {
        for index in 0..step.inputs.len() {
            let view = &step.inputs[index];
            if reads(&step.kind, index, view) {
                continue;
            }
            let made = match copies.get(view) {
                Some(made) => made.clone(),
                None => {
                    let made = dense(&mut draft, &step, view, &mut laid);
                    copies.insert(view.clone(), made.clone());
                    made
                }
            };
            step.inputs[index] = made;
        }
        let after = outputs(&mut draft, &mut step);
        laid.push(step);
        laid.extend(after);
    }
    draft.steps = laid;
    draft
}

/// What `view` shows, row-major: a constant of its own, or a copy.
fn dense(draft: &mut Draft, step: &Step, view: &View, laid: &mut Vec<Step>) -> View {
    let values = draft.floats(view);
    let tensor = values.and_then(|values| Tensor::from_values(view.shape.clone(), values).ok());
    if let Some(tensor) = tensor {
        let name = draft.buffer(view.buffer).name.clone();
        return draft.add_weight(name, tensor);
    }
    let (copy, made) = draft.copied(view, step.sources.clone());
    laid.push(copy);
    made
}

fn outputs(draft: &mut Draft, step: &mut Step) -> Vec<Step> {
    let mut after = Vec::new();
    for output in &mut step.outputs {
        if writes(&step.kind, output) {
            continue;
        }
        let own = draft.like(output);
        let (mut copy, _) = draft.copied(&own, step.sources.clone());
        copy.outputs = vec![std::mem::replace(output, own)];
        after.push(copy);
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::{Buffer, Role};
    use crate::step::Epilogue;
    use crate::view::BufferId;

    fn view(shape: &[usize]) -> View {
        View::whole(BufferId(0), shape)
    }

    #[test]
    fn a_product_reads_matrices_of_either_order_but_not_two_kinds_of_leading_axes() {
        let product = Kind::Product {
            epilogue: Epilogue::default(),
        };
        assert!(reads(&product, 0, &view(&[4, 5])));
        assert!(reads(&product, 1, &view(&[4, 5]).permute(&[1, 0])));
        assert!(!reads(&product, 0, &view(&[4, 5, 6]).permute(&[2, 0, 1])));
        let heads = view(&[2, 7, 3, 4]).permute(&[0, 2, 1, 3]);
        assert!(!reads(&product, 0, &heads), "a batch and heads apart");
        assert!(reads(&product, 0, &heads.slice(0, 0, 1, 1)), "heads alone");
        assert!(!writes(&product, &view(&[4, 5]).permute(&[1, 0])));
        let repeated = view(&[5]).broadcast(&[4, 5]).expect("fits");
        assert!(!reads(&product, 0, &repeated), "rows that are all the same");
    }

    #[test]
    fn what_a_step_cannot_read_or_write_is_copied_once() {
        let mut draft = Draft::default();
        let mut buffer = |name: &str, shape: &[usize], role| {
            draft.add(Buffer {
                name: name.to_owned(),
                dtype: tare_models::DataType::F32,
                shape: shape.to_vec(),
                role,
            })
        };
        let x = buffer("x", &[2, 3], Role::Input(0)).permute(&[1, 0]);
        let y = buffer("y", &[2, 3], Role::Output(0)).permute(&[1, 0]);
        let softmax = |output: View| Step {
            kind: Kind::Softmax { log: false },
            inputs: vec![x.clone()],
            outputs: vec![output],
            sources: Vec::new(),
        };
        draft.steps = vec![softmax(y.clone()), softmax(y)];
        let laid = lay_out(draft);
        let copies: Vec<bool> = laid.steps.iter().map(Step::is_copy).collect();
        assert_eq!(copies, [true, false, true, false, true]);
        assert!(laid.steps[1].inputs[0].is_contiguous());
    }
}
