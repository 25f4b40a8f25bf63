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

impl std::str::FromStr for Held {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "fp32" => Ok(Self::F32),
            "fp16" => Ok(Self::F16),
            "bf16" => Ok(Self::Bf16),
            _ => Err(format!("plans hold no '{text}': use fp32, fp16 or bf16")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Epilogue;

    fn buffer(name: &str, shape: &[usize], role: Role) -> Buffer {
        Buffer {
            name: name.to_owned(),
            dtype: DataType::F32,
            shape: shape.to_vec(),
            role,
        }
    }

    /// An input times a weight, with a bias, to the model's output; with a residual, which is the input itself.
    fn product(residual: bool) -> Draft {
        let mut draft = Draft::default();
        let x = draft.add(buffer("x", &[2, 2], Role::Input(0)));
        let weights = Tensor::from_values(vec![2, 2], vec![1.0_f32, 1e9, -1e9, 0.1]);
        let weight = draft.add_weight("w".to_owned(), weights.expect("a tensor"));
        let bias = Tensor::from_values(vec![2], vec![1.0_f32, 2.0]).expect("a tensor");
        let bias = draft.add_weight("b".to_owned(), bias);
        let output = draft.add(buffer("y", &[2, 2], Role::Output(0)));
        let more = residual.then(|| x.clone());
        draft.steps.push(Step {
            kind: Kind::Product {
                epilogue: Epilogue {
                    bias: true,
                    residual,
                    activation: None,
                },
            },
            inputs: [x, weight, bias].into_iter().chain(more).collect(),
            outputs: vec![output],
            sources: Vec::new(),
        });
        draft
    }

    fn dtypes(draft: &Draft, views: &[View]) -> Vec<DataType> {
        views
            .iter()
            .map(|view| draft.buffer(view.buffer).dtype)
            .collect()
    }

    #[test]
    fn what_is_held_is_named_as_a_precision_is() {
        assert_eq!(
            ["fp32", "fp16", "bf16"].map(str::parse),
            [Ok(Held::F32), Ok(Held::F16), Ok(Held::Bf16)]
        );
        let refused = "tf32".parse::<Held>();
        assert_eq!(
            refused,
            Err("plans hold no 'tf32': use fp32, fp16 or bf16".to_owned())
        );
    }

    #[test]
    fn nothing_changes_where_32_bits_are_held() {
        assert_eq!(narrow(product(false), Held::F32), product(false));
    }

    #[test]
    fn a_product_reads_16_bits_and_writes_the_model_s_output_with_a_bias_as_wide() {
        let draft = narrow(product(false), Held::F16);
        let [copy, product] = draft.steps.as_slice() else {
            panic!("{} steps", draft.steps.len());
        };
        assert!(copy.is_copy());
        let (half, single) = (DataType::F16, DataType::F32);
        assert_eq!(dtypes(&draft, &product.inputs), [half, half, single]);
        assert_eq!(dtypes(&draft, &product.outputs), [single]);
    }

    #[test]
    fn a_product_with_a_residual_writes_16_bits_which_are_copied_to_the_output() {
        let draft = narrow(product(true), Held::Bf16);
        let [before, product, after] = draft.steps.as_slice() else {
            panic!("{} steps", draft.steps.len());
        };
        assert!(before.is_copy() && after.is_copy());
        assert_eq!(dtypes(&draft, &product.inputs), [DataType::Bf16; 4]);
        assert_eq!(product.inputs[0].buffer, product.inputs[3].buffer);
        assert_eq!(dtypes(&draft, &product.outputs), [DataType::Bf16]);
        assert_eq!(dtypes(&draft, &after.outputs), [DataType::F32]);
    }

    #[test]
    fn constants_beyond_the_range_become_the_largest_that_there_is() {
        let draft = narrow(product(false), Held::F16);
        let weight = &draft.steps[1].inputs[1];
        let Role::Weight(tensor) = &draft.buffer(weight.buffer).role else {
            panic!("no constant");
        };
        let values: Vec<f32> = tensor
            .values::<f16>()
            .expect("halves")
            .iter()
            .map(|x| x.to_f32())
            .collect();
        assert_eq!(values, [1.0, 65504.0, -65504.0, 0.099975586]);
    }
}
