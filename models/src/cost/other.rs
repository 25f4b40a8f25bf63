//! Resampling, selection and scattering.

use super::Class::{Movement, Other};
use super::{Cost, Work};

pub(super) fn cost(work: &Work) -> Option<Cost> {
    let node = work.context.node;
    match node.op_type.as_str() {
        "Resize" | "Upsample" => Some(resampled(work, node.string("mode").unwrap_or("nearest"))),
        "GridSample" => Some(resampled(work, node.string("mode").unwrap_or("linear"))),
        "AffineGrid" => {
            let columns = work.outputs.first()?.last().copied().unwrap_or(0) as u64;
            Some(Cost::of(
                Other,
                work.output().saturating_mul(2 * (columns + 1)),
            ))
        }
        "Col2Im" => Some(Cost::of(Other, work.input(0))),
        "TopK" => Some(Cost::of(Other, work.input(0))),
        "Scatter" | "ScatterElements" | "ScatterND" => Some(match node.string("reduction") {
            None | Some("none") => Cost::of(Movement, 0),
            Some(_) => Cost::of(Other, work.input(2)),
        }),
        "MaxRoiPool" => Some(Cost::of(Other, work.input(0))),
        _ => None,
    }
}

/// A product and a sum for each neighbour that an output element is interpolated from.
fn resampled(work: &Work, mode: &str) -> Cost {
    let taps: u64 = match mode {
        "nearest" => return Cost::of(Movement, 0),
        "cubic" | "bicubic" => 4,
        _ => 2,
    };
    let (from, to) = (work.shape(0).unwrap_or(&[]), work.outputs.first());
    let to = to.map_or(&[][..], Vec::as_slice);
    let resized = match work.context.node.op_type.as_str() {
        "GridSample" => to.len().saturating_sub(2),
        _ => from.iter().zip(to).filter(|(from, to)| from != to).count(),
    };
    let neighbours = taps.saturating_pow(u32::try_from(resized).unwrap_or(u32::MAX));
    let each = if resized == 0 {
        0
    } else {
        neighbours.saturating_mul(2)
    };
    Cost::of(Other, work.output().saturating_mul(each))
}
