//! Floats of 16 bits between steps, where less memory and the tensor cores are worth their rounding.

use std::collections::HashMap;

use half::{bf16, f16};
use serde::{Deserialize, Serialize};
use tare_models::{DataType, Element, Tensor};

use crate::draft::{Buffer, Draft, Role};
use crate::step::{Kind, Step};
use crate::view::{BufferId, View};

/// How floats are held between steps; a model's inputs and outputs are of 32 bits whatever it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Held {
    #[default]
    F32,
    F16,
    Bf16,
}

impl Held {
    fn dtype(self) -> DataType {
        match self {
            Self::F32 => DataType::F32,
            Self::F16 => DataType::F16,
            Self::Bf16 => DataType::Bf16,
        }
    }
}

/// With all floats between steps as `held` says, and the constants of products, convolutions, attention and gathering; what
/// those read of the model's inputs is copied first, and what they write of its outputs after. All other steps take floats of
/// any width.
pub fn narrow(mut draft: Draft, held: Held) -> Draft {
    if held == Held::F32 {
        return draft;
    }
    for buffer in &mut draft.buffers {
        if buffer.role == Role::Local && buffer.dtype == DataType::F32 {
            buffer.dtype = held.dtype();
        }
    }
    let mut narrowed = HashMap::new();
    let steps = std::mem::take(&mut draft.steps);
    let mut made = Vec::with_capacity(steps.len());
    for mut step in steps {
        let output = wide_output(&draft, &step);
        let roles = step.kind.roles().into_iter();
        for (number, role) in roles.enumerate().take(step.inputs.len()) {
            let is_wide = draft.buffer(step.inputs[number].buffer).dtype == DataType::F32;
            if is_wide && is_narrow(&step.kind, role, output.is_some()) {
                let own = of_buffer(&mut draft, &step, number, held, &mut narrowed, &mut made);
                step.inputs[number].buffer = own;
            }
        }
        let after = output.filter(|_| step.input("residual").is_some());
        let after = after.map(|to| written_after(&mut draft, &mut step, &to, held));
        made.push(step);
        made.extend(after);
    }
    draft.steps = made;
    draft
}

/// The output of a product that is the model's own.
fn wide_output(draft: &Draft, step: &Step) -> Option<View> {
    let output = step.outputs.first()?;
    let is_product = matches!(step.kind, Kind::Product { .. });
    let is_wide = draft.buffer(output.buffer).dtype == DataType::F32;
    (is_product && is_wide).then(|| output.clone())
}

/// Whether a step reads this of the width that is held only; the bias of a product is as wide as its result.
fn is_narrow(kind: &Kind, role: &str, has_wide_output: bool) -> bool {
    match kind {
        Kind::Product { epilogue } => role != "bias" || !has_wide_output || epilogue.residual,
        Kind::Convolution { .. } => matches!(role, "x" | "weight"),
        Kind::Attention { .. } => role != "mask",
        Kind::Gather { .. } => role == "table",
        _ => false,
    }
}

/// The same buffer of the width that is held, made by a step where it is no constant.
fn of_buffer(
    draft: &mut Draft,
    step: &Step,
    number: usize,
    held: Held,
    narrowed: &mut HashMap<BufferId, BufferId>,
    made: &mut Vec<Step>,
) -> BufferId {
    let from = step.inputs[number].buffer;
    if let Some(own) = narrowed.get(&from) {
        return *own;
    }
    let buffer = draft.buffer(from).clone();
    let own = match &buffer.role {
        Role::Weight(tensor) => {
            draft
                .add_weight(buffer.name.clone(), rounded(tensor, held))
                .buffer
        }
        _ => {
            let all = View::whole(from, &buffer.shape);
            let (copy, own) = draft.copied(&all, step.sources.clone());
            draft.buffers[own.buffer.0].dtype = held.dtype();
            made.push(copy);
            own.buffer
        }
    };
    narrowed.insert(from, own);
    own
}

/// Lets a step write a buffer of the width that is held, and gives the copy from there to `to`.
fn written_after(draft: &mut Draft, step: &mut Step, to: &View, held: Held) -> Step {
    let name = draft.buffer(to.buffer).name.clone();
    let own = draft.add(Buffer {
        name,
        dtype: held.dtype(),
        shape: to.shape.clone(),
        role: Role::Local,
    });
    let (mut copy, _) = draft.copied(&own, step.sources.clone());
    copy.outputs = vec![to.clone()];
    step.outputs[0] = own;
    copy
}

/// The nearest of 16 bits; what is beyond their range becomes the largest that there is.
fn rounded(tensor: &Tensor, held: Held) -> Tensor {
    match held {
        Held::F16 => each(tensor, |value| {
            f16::from_f32(within(value, f16::MAX.to_f32()))
        }),
        _ => each(tensor, |value| {
            bf16::from_f32(within(value, bf16::MAX.to_f32()))
        }),
    }
}

fn within(value: f32, most: f32) -> f32 {
    if value.is_finite() {
        value.clamp(-most, most)
    } else {
        value
    }
}

fn each<T: Element + 'static>(tensor: &Tensor, round: impl Fn(f32) -> T) -> Tensor {
    let values = tensor.values::<f32>().unwrap_or_default();
    let values: Vec<T> = values.iter().map(|value| round(*value)).collect();
    Tensor::from_values(tensor.shape().to_vec(), values).unwrap_or_else(|_| tensor.clone())
}
