//! Windows that slide over spatial axes: what convolutions and poolings share.

use super::Inferred;
use super::context::{Context, Failure, misfit};
use super::dims::{sizes_of, too_large};

/// How a window moves over each spatial axis.
pub(super) struct Window {
    kernel: Vec<usize>,
    strides: Vec<usize>,
    dilations: Vec<usize>,
    pads: Vec<i64>,
    same: bool,
    ceil: bool,
}

impl Window {
    /// From the operator's attributes; `kernel` where its sizes are those of the weights.
    pub fn of(context: &Context, kernel: Option<&[usize]>, rank: usize) -> Result<Self, Failure> {
        let spatial = |name: &str, default: usize| match context.node.ints(name) {
            Some(values) if values.len() == rank => sizes_of(values),
            Some(_) => misfit(format!("{name} must have {rank} numbers")),
            None => Ok(vec![default; rank]),
        };
        let kernel = match (kernel, context.node.ints("kernel_shape")) {
            (Some(sizes), _) => sizes.to_vec(),
            (None, Some(_)) => spatial("kernel_shape", 1)?,
            (None, None) => return misfit("kernel_shape is missing"),
        };
        let automatic = context.node.string("auto_pad").unwrap_or("NOTSET");
        let pads = match context.node.ints("pads") {
            Some(pads) if automatic == "NOTSET" => pads.to_vec(),
            _ => vec![0; 2 * rank],
        };
        if pads.len() != 2 * rank {
            return misfit(format!("pads must have {} numbers", 2 * rank));
        }
        let window = Self {
            kernel,
            strides: spatial("strides", 1)?,
            dilations: spatial("dilations", 1)?,
            pads,
            same: automatic.starts_with("SAME"),
            ceil: context.flag("ceil_mode"),
        };
        if [&window.strides, &window.kernel, &window.dilations]
            .iter()
            .any(|sizes| sizes.contains(&0))
        {
            return misfit("a stride, kernel size or dilation is zero");
        }
        Ok(window)
    }

    fn pads(&self, axis: usize) -> (i128, i128) {
        let rank = self.kernel.len();
        (self.pads[axis].into(), self.pads[rank + axis].into())
    }

    /// The extent of the kernel with its holes.
    fn extent(&self, axis: usize) -> i128 {
        self.dilations[axis] as i128 * (self.kernel[axis] as i128 - 1) + 1
    }

    /// Sizes after sliding over `sizes`.
    pub fn slide(&self, sizes: &[usize]) -> Result<Vec<usize>, Failure> {
        sizes
            .iter()
            .enumerate()
            .map(|(axis, size)| self.slide_axis(axis, *size))
            .collect()
    }

    fn slide_axis(&self, axis: usize, size: usize) -> Result<usize, Failure> {
        let stride = self.strides[axis] as i128;
        if self.same {
            return Ok(size.div_ceil(self.strides[axis]));
        }
        let (before, after) = self.pads(axis);
        let room = size as i128 + before + after - self.extent(axis);
        if room < 0 {
            return misfit(format!(
                "a window of {} does not fit into axis {} of size {size}",
                self.extent(axis),
                axis + 2
            ));
        }
        let mut steps = if self.ceil {
            (room + stride - 1) / stride + 1
        } else {
            room / stride + 1
        };
        if self.ceil && (steps - 1) * stride >= size as i128 + before {
            steps -= 1;
        }
        usize::try_from(steps).map_err(|_| too_large())
    }

    /// Sizes of which sliding would give `sizes`: what a transposed convolution makes.
    pub fn spread(&self, sizes: &[usize]) -> Result<Vec<usize>, Failure> {
        sizes
            .iter()
            .enumerate()
            .map(|(axis, size)| {
                let (size, stride) = (*size as i128, self.strides[axis] as i128);
                let (before, after) = self.pads(axis);
                let spread = if self.same {
                    size * stride
                } else {
                    stride * (size - 1) + self.extent(axis) - before - after
                };
                usize::try_from(spread).map_err(|_| Failure::Misfit(format!("{spread} is no size")))
            })
            .collect()
    }
}

pub(super) fn pool(context: &Context) -> Inferred {
    let x = context.shape(0)?;
    if x.len() < 3 {
        return misfit("pooling needs three axes at least");
    }
    let window = Window::of(context, None, x.len() - 2)?;
    let mut shape = x[..2].to_vec();
    shape.extend(window.slide(&x[2..])?);
    Ok(vec![shape; context.node.outputs.len().clamp(1, 2)])
}

/// Every spatial axis becomes one.
pub(super) fn global(context: &Context) -> Inferred {
    let x = context.shape(0)?;
    if x.len() < 3 {
        return misfit("global pooling needs three axes at least");
    }
    let last = context.flag("channels_last");
    let shape = x.iter().enumerate().map(|(axis, size)| {
        let kept = axis == 0 || if last { axis + 1 == x.len() } else { axis == 1 };
        if kept { *size } else { 1 }
    });
    Ok(vec![shape.collect()])
}

/// The inverse of a max pooling.
pub(super) fn unpool(context: &Context) -> Inferred {
    let x = context.shape(0)?;
    if let Some(sizes) = context.optional_integers(2)? {
        return Ok(vec![sizes_of(&sizes)?]);
    }
    if x.len() < 3 {
        return misfit("unpooling needs three axes at least");
    }
    let window = Window::of(context, None, x.len() - 2)?;
    let mut shape = x[..2].to_vec();
    shape.extend(window.spread(&x[2..])?);
    Ok(vec![shape])
}
