//! The output shapes of convolutions, from kernel, stride, dilation and padding.

use super::Inferred;
use super::context::{Context, Failure, misfit};
use super::dims::{agree, divide, multiply, size_of, sizes_of, too_large};
use super::pool::Window;

pub(super) fn convolution(context: &Context) -> Inferred {
    forward(context, 0, 1)
}

/// Quantised operands: data, scale, zero point, weights, ….
pub(super) fn quantised(context: &Context) -> Inferred {
    forward(context, 0, 3)
}

fn forward(context: &Context, data: usize, weights: usize) -> Inferred {
    let (x, w) = (context.shape(data)?, context.shape(weights)?);
    if x.len() < 3 || x.len() != w.len() {
        return misfit("data and weights need the same number of axes, three at least");
    }
    let group = size_of(context.int("group", 1))?;
    agree(
        "the data's channels and the weights'",
        x[1],
        multiply(w[1], group)?,
    )?;
    divide(w[0], group)?;
    let window = Window::of(context, Some(&w[2..]), x.len() - 2)?;
    let mut shape = vec![x[0], w[0]];
    shape.extend(window.slide(&x[2..])?);
    Ok(vec![shape])
}

/// Deformable: an offset for each kernel element is input 2.
pub(super) fn deformable(context: &Context) -> Inferred {
    context.shape(2)?;
    forward(context, 0, 1)
}

pub(super) fn transposed(context: &Context) -> Inferred {
    let (x, w) = (context.shape(0)?, context.shape(1)?);
    if x.len() < 3 || x.len() != w.len() {
        return misfit("data and weights need the same number of axes, three at least");
    }
    agree("the data's channels and the weights'", x[1], w[0])?;
    let group = size_of(context.int("group", 1))?;
    divide(w[0], group)?;
    let mut shape = vec![x[0], multiply(w[1], group)?];
    shape.extend(transposed_sizes(context, &x[2..], &w[2..])?);
    Ok(vec![shape])
}

fn transposed_sizes(
    context: &Context,
    sizes: &[usize],
    kernel: &[usize],
) -> Result<Vec<usize>, Failure> {
    if let Some(given) = context.node.ints("output_shape") {
        let skip = given.len().saturating_sub(sizes.len());
        let given = sizes_of(&given[skip..])?;
        agree(
            "the axes of output_shape and of the data",
            given.len(),
            sizes.len(),
        )?;
        return Ok(given);
    }
    let window = Window::of(context, Some(kernel), sizes.len())?;
    let extra = match context.node.ints("output_padding") {
        Some(extra) => sizes_of(extra)?,
        None => vec![0; sizes.len()],
    };
    agree(
        "the axes of output_padding and of the data",
        extra.len(),
        sizes.len(),
    )?;
    window
        .spread(sizes)?
        .into_iter()
        .zip(extra)
        .map(|(size, extra)| size.checked_add(extra).ok_or_else(too_large))
        .collect()
}
