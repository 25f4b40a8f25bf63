//! Normalisations: one call each, as PyTorch's modules make it.

use tch::{TchError, Tensor};

use super::host::from_first;
use super::{Entry, Inputs, Kernel, Node, Outputs, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[
    ("BatchNormalization", batch),
    ("GroupNormalization", group),
    ("InstanceNormalization", instance),
    ("LayerNormalization", layer),
    ("LRN", local_response),
    ("RMSNormalization", rms),
];

/// The decomposed pattern of a normalisation over the last axes, as the rewriting found it.
pub(super) const OWN: &[Entry] = &[("layer_norm", layer)];

/// One of the inputs 1 to 4: a constant of the kernel's own, or an input.
struct Operand(usize, Option<Shared>);

impl Operand {
    fn read(node: &Node<'_>, index: usize) -> Result<Self, Refusal> {
        Ok(Self(index, node.take(index)?))
    }

    fn get<'a>(&'a self, inputs: Inputs<'a>) -> Option<&'a Tensor> {
        self.1.as_deref().or_else(|| inputs.get(self.0))
    }
}

fn batch(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let epsilon = node.float("epsilon", 1e-5);
    if node.flag("training_mode", false) {
        let momentum = node.float("momentum", 0.9);
        return Ok(Kernel::new(move |inputs: Inputs<'_>| {
            batch_in_training(inputs, epsilon, momentum)
        }));
    }
    if node.has_output(1) {
        return Err(Refusal::new("with statistics as outputs"));
    }
    let [scale, shift, mean, variance] = [
        Operand::read(node, 1)?,
        Operand::read(node, 2)?,
        Operand::read(node, 3)?,
        Operand::read(node, 4)?,
    ];
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        inputs.at(0)?.f_batch_norm(
            scale.get(inputs),
            shift.get(inputs),
            mean.get(inputs),
            variance.get(inputs),
            false,
            0.0,
            epsilon,
            true,
        )
    }))
}

/// By the statistics of this batch, which also move the running ones: `running · momentum + batch · (1 − momentum)`.
fn batch_in_training(inputs: Inputs<'_>, epsilon: f64, momentum: f64) -> Result<Outputs, TchError> {
    let x = inputs.at(0)?;
    let axes: Vec<i64> = (0..x.dim() as i64).filter(|axis| *axis != 1).collect();
    let mean = x.f_mean_dim(axes.as_slice(), false, None)?;
    let variance = x.f_var_dim(axes.as_slice(), false, false)?;
    let normed = x.f_batch_norm(
        inputs.get(1),
        inputs.get(2),
        Some(&mean),
        Some(&variance),
        false,
        0.0,
        epsilon,
        true,
    )?;
    let moved = |running: &Tensor, now: &Tensor| {
        let kept = running.f_mul_scalar(momentum)?;
        kept.f_add(&now.f_mul_scalar(1.0 - momentum)?)
    };
    let running = (
        moved(inputs.at(3)?, &mean)?,
        moved(inputs.at(4)?, &variance)?,
    );
    Ok((normed, running.0, running.1).into())
}

fn instance(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let epsilon = node.float("epsilon", 1e-5);
    let (scale, shift) = (Operand::read(node, 1)?, Operand::read(node, 2)?);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (scale, shift) = (scale.get(inputs), shift.get(inputs));
        let none: Option<&Tensor> = None;
        inputs
            .at(0)?
            .f_instance_norm(scale, shift, none, none, true, 0.0, epsilon, true)
    }))
}

/// Before version 21 scale and bias are one a group, since then one a channel.
fn group(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let epsilon = node.float("epsilon", 1e-5);
    let groups = node.int("num_groups", 1);
    let (scale, shift) = (Operand::read(node, 1)?, Operand::read(node, 2)?);
    let by_channel = node.opset() >= 21;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let channels = x.size().get(1).copied().unwrap_or(1);
        let spread = |operand: &Operand| match operand.get(inputs) {
            Some(tensor) if !by_channel => {
                let repeats = channels / groups.max(1);
                tensor
                    .f_repeat_interleave_self_int(repeats, 0, None)
                    .map(Some)
            }
            tensor => Ok(tensor.map(Tensor::shallow_clone)),
        };
        x.f_group_norm(groups, spread(&scale)?, spread(&shift)?, epsilon, true)
    }))
}

/// The axes that are normalised together: from `axis` on.
fn normalised(node: &Node<'_>) -> Result<Vec<i64>, Refusal> {
    let shape = node.shape(0);
    let shape = shape.ok_or_else(|| Refusal::new("over a shape that is not known"))?;
    let axis = from_first(node.int("axis", -1), shape.len())?;
    Ok(shape[axis..].to_vec())
}

/// Scale or bias as a constant of exactly the normalised shape, which is what libtorch takes.
fn fitted(node: &Node<'_>, index: usize, shape: &[i64]) -> Result<Operand, Refusal> {
    let mut operand = Operand::read(node, index)?;
    if let Some(tensor) = &operand.1
        && tensor.size() != shape
    {
        operand.1 = Some(Shared::new(tensor.f_expand(shape, false)?.f_contiguous()?));
    }
    Ok(operand)
}

fn layer(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let epsilon = node.float("epsilon", 1e-5);
    let shape = normalised(node)?;
    let (scale, shift) = (fitted(node, 1, &shape)?, fitted(node, 2, &shape)?);
    if node.has_output(1) || node.has_output(2) {
        return Ok(Kernel::new(move |inputs: Inputs<'_>| {
            let (scale, shift) = (scale.get(inputs), shift.get(inputs));
            inputs
                .at(0)?
                .f_native_layer_norm(&shape, scale, shift, epsilon)
        }));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (scale, shift) = (scale.get(inputs), shift.get(inputs));
        inputs
            .at(0)?
            .f_layer_norm(&shape, scale, shift, epsilon, true)
    }))
}

fn rms(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let epsilon = node.float("epsilon", 1e-5);
    let shape = normalised(node)?;
    let scale = fitted(node, 1, &shape)?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        inputs.at(0)?.f_rms_norm(&shape, scale.get(inputs), epsilon)
    }))
}

/// `x / (bias + alpha / size · Σ x²) ^ beta`, the sum over `size` channels around each.
fn local_response(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (alpha, beta) = (node.float("alpha", 1e-4), node.float("beta", 0.75));
    let (bias, size) = (node.float("bias", 1.0), node.int("size", 1));
    let (before, after) = ((size - 1) / 2, size / 2);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let shape = x.size();
        let (rows, channels) = (shape[0], shape[1]);
        let squares = x.f_mul(x)?.f_reshape([rows, 1, channels, -1])?;
        let mean = squares
            .f_constant_pad_nd([0, 0, before, after])?
            .f_avg_pool2d([size, 1], [1, 1], [0, 0], false, true, None)?;
        let divisor = mean
            .f_mul_scalar(alpha)?
            .f_add_scalar(bias)?
            .f_pow_tensor_scalar(beta)?;
        x.f_div(&divisor.f_reshape(shape)?)
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, one};

    fn near(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-4;
        assert!(found.iter().zip(wanted).all(close), "{found:?} {wanted:?}");
    }

    #[test]
    fn a_layer_is_normalised_over_its_last_axes_with_its_statistics_where_wanted() {
        let x = floats(&[1, 2, 2], &[1.0, 3.0, 5.0, 7.0]);
        let node = || {
            one("LayerNormalization", 17)
                .float("epsilon", 0.0)
                .fed(x.clone())
        };
        let last = node()
            .known(floats(&[2], &[1.0, 2.0]))
            .known(floats(&[2], &[0.0, 1.0]));
        near(&last.first().1, &[-1.0, 3.0, -1.0, 3.0]);
        let scale = floats(&[2, 2], &[1.0; 4]);
        let all = node()
            .int("axis", 1)
            .known(scale)
            .outputs(3)
            .run()
            .expect("runs");
        let root = 5.0f64.sqrt();
        near(
            &all[0].1,
            &[-3.0 / root, -1.0 / root, 1.0 / root, 3.0 / root],
        );
        near(&all[1].1, &[4.0]);
        near(&all[2].1, &[1.0 / root]);
    }

    #[test]
    fn a_constant_scale_is_widened_to_the_normalised_shape() {
        let x = floats(&[1, 2, 2], &[1.0, 3.0, 5.0, 7.0]);
        let node = one("LayerNormalization", 17)
            .int("axis", 1)
            .float("epsilon", 0.0);
        let found = node.fed(x).known(floats(&[2], &[0.0, 1.0])).first().1;
        let root = 5.0f64.sqrt();
        near(&found, &[0.0, -1.0 / root, 0.0, 3.0 / root]);
    }

    #[test]
    fn a_batch_is_normalised_by_running_statistics_and_moves_them_in_training() {
        let node = |training: i64, count: u32| {
            let node = one("BatchNormalization", 15).int("training_mode", training);
            let node = node.float("epsilon", 0.0).fed(floats(&[2, 1], &[1.0, 5.0]));
            let one_of = |value: f32| floats(&[1], &[value]);
            let node = node.known(one_of(2.0)).known(one_of(1.0));
            node.known(one_of(3.0))
                .known(one_of(16.0))
                .outputs(count)
                .run()
        };
        near(&node(0, 1).expect("runs")[0].1, &[0.0, 2.0]);
        let trained = node(1, 3).expect("runs");
        near(&trained[0].1, &[-1.0, 3.0]);
        near(&trained[1].1, &[3.0]);
        near(&trained[2].1, &[16.0 * 0.9 + 4.0 * 0.1]);
    }

    #[test]
    fn groups_have_weights_of_their_own_before_version_21() {
        let x = floats(&[1, 4, 1], &[1.0, 3.0, 10.0, 30.0]);
        let node = |opset| {
            let node = one("GroupNormalization", opset).int("num_groups", 2);
            node.float("epsilon", 0.0).fed(x.clone())
        };
        let old = node(18)
            .known(floats(&[2], &[1.0, 2.0]))
            .known(floats(&[2], &[0.0, 1.0]));
        near(&old.first().1, &[-1.0, 1.0, -1.0, 3.0]);
        let by_channel = node(21).known(floats(&[4], &[1.0, 1.0, 2.0, 3.0]));
        let new = by_channel.known(floats(&[4], &[0.0; 4]));
        near(&new.first().1, &[-1.0, 1.0, -2.0, 3.0]);
    }

    #[test]
    fn local_responses_take_more_channels_after_than_before() {
        let x = floats(&[1, 3, 1], &[1.0, 2.0, 3.0]);
        let node = one("LRN", 17)
            .int("size", 2)
            .float("alpha", 2.0)
            .float("beta", 1.0);
        near(&node.fed(x).first().1, &[1.0 / 6.0, 2.0 / 14.0, 3.0 / 10.0]);
    }
}
