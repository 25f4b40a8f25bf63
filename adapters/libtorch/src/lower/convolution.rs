//! Convolutions over one to three spatial axes, and their transposes.

use tch::{TchError, Tensor};

use super::window::Window;
use super::{Entry, Inputs, Kernel, Node, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[("Conv", conv), ("ConvTranspose", conv_transpose)];

/// Weight and bias: constants that the kernel owns, or inputs.
struct Operands {
    weight: Option<Shared>,
    bias: Option<Shared>,
}

impl Operands {
    fn read(node: &Node<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            weight: node.take(1)?,
            bias: node.take(2)?,
        })
    }

    fn weight<'a>(&'a self, inputs: Inputs<'a>) -> Result<&'a Tensor, TchError> {
        self.weight.as_deref().map_or_else(|| inputs.at(1), Ok)
    }

    fn bias<'a>(&'a self, inputs: Inputs<'a>) -> Option<&'a Tensor> {
        self.bias.as_deref().or_else(|| inputs.get(2))
    }
}

/// The sizes of the kernel, from the weight or the attribute.
fn kernel_sizes(node: &Node<'_>) -> Result<Vec<i64>, Refusal> {
    let of_weight = node.shape(1).filter(|shape| shape.len() > 2);
    let of_weight = of_weight.map(|shape| shape[2..].to_vec());
    let sizes = of_weight.or_else(|| node.ints("kernel_shape"));
    sizes.ok_or_else(|| Refusal::new("whose kernel has no known shape"))
}

fn conv(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let window = Window::read(node, kernel_sizes(node)?)?;
    let groups = node.int("group", 1);
    let operands = Operands::read(node)?;
    let Window {
        strides, dilations, ..
    } = window.clone();
    let (pads, padding) = match window.symmetric() {
        Some(padding) => (None, padding),
        None => (Some(window.for_pad()), vec![0; window.kernel.len()]),
    };
    let call = conv_of(window.kernel.len())?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (weight, bias) = (operands.weight(inputs)?, operands.bias(inputs));
        let x = inputs.at(0)?;
        let step = Step {
            strides: &strides,
            padding: &padding,
            dilations: &dilations,
            groups,
        };
        match &pads {
            None => call(x, weight, bias, step),
            Some(pads) => call(&x.f_constant_pad_nd(pads)?, weight, bias, step),
        }
    }))
}

struct Step<'a> {
    strides: &'a [i64],
    padding: &'a [i64],
    dilations: &'a [i64],
    groups: i64,
}

type Conv = fn(&Tensor, &Tensor, Option<&Tensor>, Step<'_>) -> Result<Tensor, TchError>;

fn conv_of(axes: usize) -> Result<Conv, Refusal> {
    match axes {
        1 => Ok(|x, w, b, s| x.f_conv1d(w, b, s.strides, s.padding, s.dilations, s.groups)),
        2 => Ok(|x, w, b, s| x.f_conv2d(w, b, s.strides, s.padding, s.dilations, s.groups)),
        3 => Ok(|x, w, b, s| x.f_conv3d(w, b, s.strides, s.padding, s.dilations, s.groups)),
        axes => Err(Refusal::new(format!("over {axes} spatial axes"))),
    }
}

/// What is left out of the full transposed convolution, or put beyond it, on each axis.
struct Crop {
    pads: Vec<(i64, i64)>,
    /// Elements beyond the last window that only the bias reaches.
    beyond: Vec<i64>,
}

fn conv_transpose(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let window = Window::read(node, kernel_sizes(node)?)?;
    let axes = window.kernel.len();
    let groups = node.int("group", 1);
    let crop = Crop::read(node, &window)?;
    let operands = Operands::read(node)?;
    let even = crop
        .pads
        .iter()
        .all(|(before, after)| before == after && *before >= 0);
    let padding: Vec<i64> = match even {
        true => crop.pads.iter().map(|(before, _)| *before).collect(),
        false => vec![0; axes],
    };
    let call = conv_transpose_of(axes)?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let step = Step {
            strides: &window.strides,
            padding: &padding,
            dilations: &window.dilations,
            groups,
        };
        let (weight, bias) = (operands.weight(inputs)?, operands.bias(inputs));
        let full = call(inputs.at(0)?, weight, bias, &crop.beyond, step)?;
        if even { Ok(full) } else { crop.cut(full) }
    }))
}

type ConvTranspose =
    fn(&Tensor, &Tensor, Option<&Tensor>, &[i64], Step<'_>) -> Result<Tensor, TchError>;

fn conv_transpose_of(axes: usize) -> Result<ConvTranspose, Refusal> {
    match axes {
        1 => Ok(|x, w, b, beyond, s| {
            x.f_conv_transpose1d(w, b, s.strides, s.padding, beyond, s.groups, s.dilations)
        }),
        2 => Ok(|x, w, b, beyond, s| {
            x.f_conv_transpose2d(w, b, s.strides, s.padding, beyond, s.groups, s.dilations)
        }),
        3 => Ok(|x, w, b, beyond, s| {
            x.f_conv_transpose3d(w, b, s.strides, s.padding, beyond, s.groups, s.dilations)
        }),
        axes => Err(Refusal::new(format!("over {axes} spatial axes"))),
    }
}

impl Crop {
    fn read(node: &Node<'_>, window: &Window) -> Result<Self, Refusal> {
        let axes = window.kernel.len();
        let beyond = node.ints("output_padding").unwrap_or_else(|| vec![0; axes]);
        let auto = node.string("auto_pad", "NOTSET");
        let asked = node.ints("output_shape");
        let same = auto.starts_with("SAME");
        if asked.is_none() && !same {
            return Ok(Self {
                pads: window.pads.clone(),
                beyond,
            });
        }
        let sizes = node.shape(0).filter(|shape| shape.len() == axes + 2);
        let sizes = sizes.ok_or_else(|| Refusal::new("over a shape that is not known"))?;
        let mut crop = Self {
            pads: Vec::with_capacity(axes),
            beyond,
        };
        for axis in 0..axes {
            let (size, stride) = (sizes[axis + 2], window.strides[axis]);
            let wanted = asked
                .as_ref()
                .map_or(size * stride, |asked| asked[asked.len() - axes + axis]);
            let full = stride * (size - 1) + crop.beyond[axis] + window.extent(axis);
            crop.pads.push(halves(full - wanted, auto == "SAME_UPPER"));
            crop.beyond[axis] += (wanted - full).max(0);
            if crop.beyond[axis] >= stride.max(window.dilations[axis]) && crop.beyond[axis] > 0 {
                return Err(Refusal::new(format!(
                    "to {wanted} elements where the windows give {full}"
                )));
            }
        }
        Ok(crop)
    }

    fn cut(&self, full: Tensor) -> Result<Tensor, TchError> {
        let mut out = full;
        for (axis, (before, after)) in self.pads.iter().enumerate() {
            let axis = axis as i64 + 2;
            let size = out.size()[axis as usize];
            out = out.f_slice(axis, *before, size - after, 1)?;
        }
        Ok(out)
    }
}

/// Both ends of a padding in all; where it is odd, the larger half is the last one (upper) or the first one.
fn halves(total: i64, upper: bool) -> (i64, i64) {
    let total = total.max(0);
    match upper {
        true => (total / 2, total - total / 2),
        false => (total - total / 2, total / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, one};
    use super::*;

    #[test]
    fn padding_that_is_uneven_is_put_around_first() {
        let x = floats(&[1, 1, 4], &[1.0, 2.0, 3.0, 4.0]);
        let w = floats(&[1, 1, 2], &[1.0, 10.0]);
        let found = one("Conv", 17)
            .ints("pads", &[1, 0])
            .fed(x.clone())
            .known(w.clone());
        assert_eq!(found.first(), (vec![1, 1, 4], vec![10.0, 21.0, 32.0, 43.0]));
        let same = one("Conv", 17)
            .string("auto_pad", "SAME_UPPER")
            .fed(x)
            .fed(w);
        assert_eq!(same.first().1, [21.0, 32.0, 43.0, 4.0]);
    }

    #[test]
    fn strides_dilations_groups_and_bias_are_kept() {
        let x = floats(
            &[1, 2, 5],
            &[1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        );
        let w = floats(&[2, 1, 2], &[1.0, 1.0, 2.0, 3.0]);
        let found = one("Conv", 17)
            .int("group", 2)
            .ints("dilations", &[2])
            .ints("strides", &[2])
            .fed(x)
            .known(w)
            .known(floats(&[2], &[0.5, -1.0]));
        assert_eq!(found.first(), (vec![1, 2, 2], vec![4.5, 8.5, 4.0, 4.0]));
    }

    #[test]
    fn a_transposed_convolution_is_cropped_by_uneven_pads() {
        let x = floats(&[1, 1, 2], &[1.0, 2.0]);
        let w = floats(&[1, 1, 3], &[1.0, 1.0, 1.0]);
        let of = |pads: &[i64]| {
            let node = one("ConvTranspose", 17)
                .ints("pads", pads)
                .ints("strides", &[2]);
            node.fed(x.clone()).known(w.clone()).first().1
        };
        assert_eq!(of(&[0, 0]), [1.0, 1.0, 3.0, 2.0, 2.0]);
        assert_eq!(of(&[1, 1]), [1.0, 3.0, 2.0]);
        assert_eq!(of(&[0, 2]), [1.0, 1.0, 3.0]);
    }

    #[test]
    fn a_transposed_convolution_gives_the_shape_asked_for() {
        let x = floats(&[1, 1, 2], &[1.0, 2.0]);
        let w = floats(&[1, 1, 3], &[1.0, 1.0, 1.0]);
        let node = one("ConvTranspose", 17)
            .ints("strides", &[2])
            .ints("output_shape", &[4]);
        let found = node.string("auto_pad", "SAME_UPPER").fed(x).known(w);
        assert_eq!(found.first(), (vec![1, 1, 4], vec![1.0, 1.0, 3.0, 2.0]));
        assert_eq!(halves(3, true), (1, 2));
        assert_eq!(halves(3, false), (2, 1));
        assert_eq!(halves(-2, true), (0, 0));
    }

    #[test]
    fn four_spatial_axes_are_refused() {
        let ones = |shape: &[usize]| floats(shape, &vec![1.0; shape.iter().product()]);
        let node = one("Conv", 17)
            .fed(ones(&[1, 1, 2, 2, 2, 2]))
            .known(ones(&[1, 1, 1, 1, 1, 1]));
        assert_eq!(node.refusal(), "over 4 spatial axes");
    }
}
