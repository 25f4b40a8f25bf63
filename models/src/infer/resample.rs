//! Operators that sample an image at other places.

use super::Inferred;
use super::context::{Context, Failure, misfit};
use super::dims::{agree, axis_of, size_of, sizes_of};

/// Sizes or scales as inputs (operator set 11 on), or scales alone (10, and Upsample).
pub(super) fn resize(context: &Context) -> Inferred {
    let data = context.shape(0)?;
    let axes = match context.node.ints("axes") {
        Some(axes) => axes
            .iter()
            .map(|axis| axis_of(*axis, data.len()))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..data.len()).collect(),
    };
    if let Some(sizes) = context
        .optional_integers(3)?
        .filter(|sizes| !sizes.is_empty())
    {
        agree("the sizes and the axes", sizes.len(), axes.len())?;
        return sized(context, data, &axes, &sizes_of(&sizes)?);
    }
    let input = if context.opset >= 11 { 2 } else { 1 };
    let scales = scales(context, input)?;
    agree("the scales and the axes", scales.len(), axes.len())?;
    let region = region(context, axes.len())?;
    let mut shape = data.to_vec();
    for (i, axis) in axes.into_iter().enumerate() {
        shape[axis] = scaled(data[axis], scales[i], region[i])?;
    }
    Ok(vec![shape])
}

pub(super) fn upsample(context: &Context) -> Inferred {
    let data = context.shape(0)?;
    let scales = scales(context, 1)?;
    agree("the scales and the axes", scales.len(), data.len())?;
    let sizes = data.iter().zip(scales);
    let shape = sizes.map(|(size, scale)| scaled(*size, scale, 1.0));
    Ok(vec![shape.collect::<Result<_, _>>()?])
}

fn scales(context: &Context, input: usize) -> Result<Vec<f64>, Failure> {
    if let Some(crate::graph::Attribute::Floats(scales)) = context.node.attributes.get("scales") {
        return Ok(scales.iter().map(|scale| f64::from(*scale)).collect());
    }
    if !context.has(input) {
        return misfit("scales are missing");
    }
    match context.floats(input)? {
        Some(scales) => Ok(scales),
        None => misfit("scales must be floating point"),
    }
}

/// The part of each axis that is resampled, 1 but for the mode that crops.
fn region(context: &Context, axes: usize) -> Result<Vec<f64>, Failure> {
    let crops = context.node.string("coordinate_transformation_mode") == Some("tf_crop_and_resize");
    if !crops || !context.has(1) {
        return Ok(vec![1.0; axes]);
    }
    let ends = context.floats(1)?.unwrap_or_default();
    agree("the region and twice the axes", ends.len(), 2 * axes)?;
    Ok((0..axes)
        .map(|axis| ends[axes + axis] - ends[axis])
        .collect())
}

fn scaled(size: usize, scale: f64, region: f64) -> Result<usize, Failure> {
    let scaled = (size as f64 * region * scale).floor();
    if !(0.0..=MOST).contains(&scaled) {
        return misfit(format!("{size} scaled by {scale} is no size"));
    }
    Ok(scaled as usize)
}

const MOST: f64 = (1u64 << 48) as f64;

fn sized(context: &Context, data: &[usize], axes: &[usize], sizes: &[usize]) -> Inferred {
    let mut shape = data.to_vec();
    let ratios = || {
        axes.iter()
            .zip(sizes)
            .map(|(axis, size)| *size as f64 / data[*axis] as f64)
    };
    let common = match context.node.string("keep_aspect_ratio_policy") {
        Some("not_larger") => Some(ratios().fold(f64::INFINITY, f64::min)),
        Some("not_smaller") => Some(ratios().fold(0.0, f64::max)),
        _ => None,
    };
    for (axis, size) in axes.iter().zip(sizes) {
        shape[*axis] = match common {
            Some(ratio) => scaled(1, (data[*axis] as f64 * ratio + 0.5).floor(), 1.0)?,
            None => *size,
        };
    }
    Ok(vec![shape])
}

/// The output's size is an input: N, C, then spatial sizes.
pub(super) fn affine_grid(context: &Context) -> Inferred {
    let sizes = sizes_of(&context.integers(1)?)?;
    let Some((batch, rest)) = sizes.split_first() else {
        return misfit("the size needs four numbers at least");
    };
    let spatial = rest.get(1..).unwrap_or(&[]);
    Ok(vec![[&[*batch], spatial, &[spatial.len()]].concat()])
}

/// A fixed window from each region of interest.
pub(super) fn roi_align(context: &Context) -> Inferred {
    let data = context.shape_of_rank(0, 4)?;
    let rois = context.shape_of_rank(1, 2)?;
    let height = size_of(context.int("output_height", 1))?;
    let width = size_of(context.int("output_width", 1))?;
    Ok(vec![vec![rois[0], data[1], height, width]])
}

pub(super) fn max_roi_pool(context: &Context) -> Inferred {
    let data = context.shape_of_rank(0, 4)?;
    let rois = context.shape_of_rank(1, 2)?;
    let pooled = sizes_of(context.node.ints("pooled_shape").unwrap_or(&[]))?;
    agree("the axes of pooled_shape and of an image", pooled.len(), 2)?;
    Ok(vec![vec![rois[0], data[1], pooled[0], pooled[1]]])
}

/// Columns joined into an image.
pub(super) fn col2im(context: &Context) -> Inferred {
    let data = context.shape_of_rank(0, 3)?;
    let image = sizes_of(&context.integers(1)?)?;
    let block = super::dims::elements(&sizes_of(&context.integers(2)?)?)?;
    let channels = super::dims::divide(data[1], block)?;
    Ok(vec![[&[data[0], channels], image.as_slice()].concat()])
}
