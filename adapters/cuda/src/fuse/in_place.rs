//! Results written where a copy would have put them.

use super::web::Web;
use super::{Rewrite, until_none};
use crate::draft::Draft;
use crate::layout::writes;
use crate::step::Step;
use crate::view::View;

/// A step whose only reader copies all of its result elsewhere writes there itself.
pub fn in_place(draft: Draft) -> Draft {
    until_none(draft, found)
}

fn found(web: &Web, number: usize) -> Option<Rewrite> {
    let step = web.step(number);
    let [output] = step.outputs.as_slice() else {
        return None;
    };
    let reader = web.only_reader(output.buffer)?;
    let copy = web.step(reader);
    let ([shown], [to]) = (copy.inputs.as_slice(), copy.outputs.as_slice()) else {
        return None;
    };
    let alone = web.writer(output.buffer) == Some(number) && web.draft.is_all(output);
    let all = [shown.distinct(), shown.elements()] == [output.elements(); 2];
    if !copy.is_copy() || !alone || !all {
        return None;
    }
    let moved = moved(output, shown, to)?;
    writes(&step.kind, &moved).then(|| Rewrite {
        at: number,
        with: Step {
            outputs: vec![moved],
            sources: web.sources(&[number, reader]),
            ..step.clone()
        },
        without: vec![reader],
    })
}

/// Where the elements of `output`, of which `shown` is a view of all, lie in `to`, which has the shape of `shown`.
fn moved(output: &View, shown: &View, to: &View) -> Option<View> {
    if shown.is_contiguous() {
        return to.reshape(&output.shape);
    }
    let mut strides = Vec::with_capacity(output.shape.len());
    for axis in 0..output.shape.len() {
        let stride = output.step(axis);
        let same = |other: &usize| {
            shown.step(*other) == stride && shown.shape[*other] == output.shape[axis]
        };
        strides.push(match stride {
            0 => 0,
            _ => to.strides[(0..shown.shape.len()).find(same)?],
        });
    }
    Some(View {
        shape: output.shape.clone(),
        strides,
        ..to.clone()
    })
}
