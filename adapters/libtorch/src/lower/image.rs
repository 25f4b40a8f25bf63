//! Rearranged and sampled images: DepthToSpace, SpaceToDepth, Col2Im, GridSample, AffineGrid, and Tile.

use tch::Tensor;

use super::host::{Ints, integers};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("AffineGrid", |node| Ok(affine_grid(node))),
    ("Col2Im", col2im),
    ("DepthToSpace", depth_to_space),
    ("GridSample", grid_sample),
    ("SpaceToDepth", space_to_depth),
    ("Tile", tile),
];

fn affine_grid(node: &Node<'_>) -> Kernel {
    let aligned = node.flag("align_corners", false);
    Kernel::new(move |inputs: Inputs<'_>| {
        Tensor::f_affine_grid_generator(inputs.at(0)?, integers(inputs.at(1)?)?, aligned)
    })
}

fn col2im(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let pair = |name: &str, default: i64| match node.ints(name) {
        None => Ok(vec![default; 2]),
        Some(values) if values.len() == 2 => Ok(values),
        Some(_) => Err(Refusal::new("on other than two spatial axes")),
    };
    let (dilations, strides) = (pair("dilations", 1)?, pair("strides", 1)?);
    let pads = match node.ints("pads").as_deref() {
        None => [0, 0],
        Some([top, left, bottom, right]) if top == bottom && left == right => [*top, *left],
        Some(_) => return Err(Refusal::new("with pads that differ from side to side")),
    };
    if node.shape(1).is_some_and(|shape| shape != [2]) {
        return Err(Refusal::new("on other than two spatial axes"));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (size, block) = (integers(inputs.at(1)?)?, integers(inputs.at(2)?)?);
        let columns = inputs.at(0)?;
        columns.f_col2im(size, block, &dilations, pads, &strides)
    }))
}

fn block_size(node: &Node<'_>) -> Result<i64, Refusal> {
    let block = node.int("blocksize", 0);
    match block {
        1..=0xffff => Ok(block),
        _ => Err(Refusal::new(format!("with blocks of {block}"))),
    }
}

/// In the order CRD this is `pixel_shuffle`; DCR has the block's axes before the channel's.
fn depth_to_space(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let block = block_size(node)?;
    match node.string("mode", "DCR") {
        "CRD" => Ok(Kernel::unary(move |x| x.f_pixel_shuffle(block))),
        "DCR" => Ok(Kernel::new(move |inputs: Inputs<'_>| {
            let x = inputs.at(0)?;
            let (n, c, h, w) = x.size4()?;
            let depth = c / (block * block);
            x.f_reshape([n, block, block, depth, h, w])?
                .f_permute([0, 3, 4, 1, 5, 2])?
                .f_reshape([n, depth, h * block, w * block])
        })),
        other => Err(Refusal::new(format!("in the mode '{other}'"))),
    }
}

fn space_to_depth(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let block = block_size(node)?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let (n, c, h, w) = x.size4()?;
        let (rows, columns) = (h / block, w / block);
        x.f_reshape([n, c, rows, block, columns, block])?
            .f_permute([0, 3, 5, 1, 2, 4])?
            .f_reshape([n, c * block * block, rows, columns])
    }))
}

fn grid_sample(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let mode = match node.string("mode", "linear") {
        "linear" | "bilinear" => 0,
        "nearest" => 1,
        "cubic" | "bicubic" => 2,
        other => return Err(Refusal::new(format!("in the mode '{other}'"))),
    };
    let padding = match node.string("padding_mode", "zeros") {
        "zeros" => 0,
        "border" => 1,
        "reflection" => 2,
        other => return Err(Refusal::new(format!("with the padding '{other}'"))),
    };
    if mode == 2 && node.rank(0)? != 4 {
        return Err(Refusal::new(
            "in the mode 'cubic' on other than two spatial axes",
        ));
    }
    let aligned = node.flag("align_corners", false);
    Ok(Kernel::binary(move |x, grid| {
        x.f_grid_sampler(grid, mode, padding, aligned)
    }))
}

fn tile(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let repeats = Ints::input(node, 1).ok_or_else(|| Refusal::new("without repeats"))?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let repeats = repeats.read(inputs)?;
        inputs.at(0)?.f_repeat(repeats.as_ref())
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    #[test]
    fn depth_to_space_and_back_is_nothing() {
        let values: Vec<f32> = (0..16).map(|value| value as f32).collect();
        let deep = || floats(&[1, 8, 1, 2], &values);
        let spread = |mode: &str| {
            let operator = one("DepthToSpace", 13)
                .int("blocksize", 2)
                .string("mode", mode);
            operator.fed(deep())
        };
        let (shape, found) = spread("DCR").first();
        assert_eq!(shape, [1, 2, 2, 4]);
        assert_eq!(found[..8], [0.0, 4.0, 1.0, 5.0, 8.0, 12.0, 9.0, 13.0]);
        let found: Vec<f32> = found.iter().map(|value| *value as f32).collect();
        let back = one("SpaceToDepth", 13).int("blocksize", 2);
        let back = back.fed(floats(&[1, 2, 2, 4], &found)).first();
        assert!(back.1.iter().zip(&values).all(|(a, b)| *a == f64::from(*b)));
        let columns = spread("CRD").first().1;
        assert_eq!(columns[..8], [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
        assert_eq!(spread("DRC").refusal(), "in the mode 'DRC'");
    }

    #[test]
    fn blocks_of_no_size_are_refused() {
        for op in ["DepthToSpace", "SpaceToDepth"] {
            let operator = one(op, 13).int("blocksize", 0);
            let operator = operator.fed(floats(&[1, 1, 1, 1], &[1.0]));
            assert_eq!(operator.refusal(), "with blocks of 0");
        }
    }

    #[test]
    fn columns_add_up_where_blocks_overlap() {
        let fold = |pads: &[i64]| {
            let operator = one("Col2Im", 18).ints("pads", pads);
            let operator = operator.fed(floats(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]));
            operator
                .known(longs(&[2], &[1, 3]))
                .known(longs(&[2], &[1, 2]))
        };
        assert_eq!(
            fold(&[0; 4]).first(),
            (vec![1, 1, 1, 3], vec![1.0, 5.0, 4.0])
        );
        let uneven = fold(&[0, 1, 0, 0]).refusal();
        assert_eq!(uneven, "with pads that differ from side to side");
    }

    #[test]
    fn sampling_modes_have_old_and_new_names() {
        let sample = |mode: &str| {
            let operator = one("GridSample", 20)
                .string("mode", mode)
                .int("align_corners", 1);
            let operator = operator.fed(floats(&[1, 1, 1, 2], &[2.0, 4.0]));
            operator.fed(floats(&[1, 1, 1, 2], &[-0.5, 0.0]))
        };
        for mode in ["linear", "bilinear"] {
            assert_eq!(sample(mode).first().1, [2.5]);
        }
        assert_eq!(sample("nearest").first().1, [2.0]);
        assert_eq!(sample("lanczos").refusal(), "in the mode 'lanczos'");
    }

    #[test]
    fn tiles_repeat_each_axis() {
        let operator = one("Tile", 13).fed(longs(&[1, 2], &[1, 2]));
        let found = operator.fed(longs(&[2], &[2, 2])).first();
        assert_eq!(
            found,
            (vec![2, 4], vec![1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0])
        );
    }
}
