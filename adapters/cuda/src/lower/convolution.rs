//! Convolutions and poolings over one or two axes; one axis is a map of height 1.

use tare_models::Node;

use super::{Lowering, Refusal};
use crate::step::{Epilogue, Kind, Pooling, Window};
use crate::view::View;

pub(super) fn conv(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = map(lowering.floats(node, 0)?)?;
    let weight = map(lowering.floats(node, 1)?)?;
    let (dtype, shape) = lowering.output_type(node)?;
    let output = lowering.local(node, dtype, &shape);
    let made = map(output.clone())?;
    let kernel = [weight.shape[2], weight.shape[3]];
    let groups = usize::try_from(node.int("group").unwrap_or(1)).unwrap_or(0);
    if groups == 0 || weight.shape[1] * groups != x.shape[1] {
        return Err(format!("{groups} groups of {} channels", x.shape[1]));
    }
    let window = window(node, kernel, &x, &made)?;
    let mut inputs = vec![x, weight];
    let has_bias = node.input(2).is_some();
    if has_bias {
        inputs.push(lowering.floats(node, 2)?);
    }
    let kind = Kind::Convolution {
        window,
        groups,
        epilogue: Epilogue {
            bias: has_bias,
            ..Epilogue::default()
        },
    };
    lowering.push(node, kind, inputs, made);
    lowering.set(node, 0, output);
    Ok(())
}

pub(super) fn pool(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = map(lowering.floats(node, 0)?)?;
    if node.output(1).is_some() {
        return Err("its indices are asked for".to_owned());
    }
    let rounds_up = node.int("ceil_mode").unwrap_or(0) != 0;
    let padded = node.int("count_include_pad").unwrap_or(0) != 0;
    let function = match (node.op_type.as_str(), padded) {
        ("MaxPool", _) => Pooling::Max,
        _ if rounds_up => return Err("it rounds sizes up (ceil_mode), and averages".to_owned()),
        (_, true) => Pooling::PaddedAverage,
        (_, false) => Pooling::Average,
    };
    let kernel = node.ints("kernel_shape").ok_or("it has no kernel_shape")?;
    let kernel = sizes(kernel, 1)?;
    let (dtype, shape) = lowering.output_type(node)?;
    let output = lowering.local(node, dtype, &shape);
    let made = map(output.clone())?;
    let window = window(node, kernel, &x, &made)?;
    lowering.push(node, Kind::Pool { function, window }, vec![x], made);
    lowering.set(node, 0, output);
    Ok(())
}

/// [n, c, h, w] of what may be [n, c, w].
fn map(view: View) -> Result<View, Refusal> {
    match view.shape.len() {
        3 => Ok(view.unsqueeze(2)),
        4 => Ok(view),
        rank => Err(format!("{rank} axes; maps of one or two axes serve")),
    }
}

/// A list over the axes of a map; where there is one axis, `fill` for the other.
fn sizes(listed: &[i64], fill: usize) -> Result<[usize; 2], Refusal> {
    let size = |size: i64| usize::try_from(size).map_err(|_| format!("a size of {size}"));
    match listed {
        [width] => Ok([fill, size(*width)?]),
        [height, width] => Ok([size(*height)?, size(*width)?]),
        _ => Err(format!("sizes for {} axes", listed.len())),
    }
}

fn window(node: &Node, kernel: [usize; 2], x: &View, made: &View) -> Result<Window, Refusal> {
    let listed = |name: &str| node.ints(name).map_or(Ok([1, 1]), |list| sizes(list, 1));
    let (strides, dilations) = (listed("strides")?, listed("dilations")?);
    let pads = match node.string("auto_pad").unwrap_or("NOTSET") {
        "NOTSET" => {
            let all = node.ints("pads").unwrap_or(&[0, 0, 0, 0]);
            sizes(&all[..all.len() / 2], 0)?
        }
        "VALID" => [0, 0],
        mode @ ("SAME_UPPER" | "SAME_LOWER") => [0, 1].map(|axis| {
            let reach = (made.shape[axis + 2] - 1) * strides[axis]
                + (kernel[axis] - 1) * dilations[axis]
                + 1;
            let missing = reach.saturating_sub(x.shape[axis + 2]);
            if mode == "SAME_UPPER" {
                missing / 2
            } else {
                missing.div_ceil(2)
            }
        }),
        mode => return Err(format!("auto_pad '{mode}'")),
    };
    Ok(Window {
        kernel,
        strides,
        pads,
        dilations,
    })
}
