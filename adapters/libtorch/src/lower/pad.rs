//! Pad and CenterCropPad: torch's own padding where it knows the mode and the shape, else rows chosen axis by axis.

use tch::{TchError, Tensor};

use super::host::{Ints, Number, from_first};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("CenterCropPad", |node| Ok(center_crop_pad(node))),
    ("Pad", pad),
];

/// What stands beyond the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Constant,
    Reflect,
    Edge,
    Wrap,
}

impl Mode {
    fn of(node: &Node<'_>) -> Result<Self, Refusal> {
        match node.string("mode", "constant") {
            "constant" => Ok(Self::Constant),
            "reflect" => Ok(Self::Reflect),
            "edge" => Ok(Self::Edge),
            "wrap" => Ok(Self::Wrap),
            other => Err(Refusal::new(format!("in the mode '{other}'"))),
        }
    }

    fn in_torch(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Reflect => "reflect",
            Self::Edge => "replicate",
            Self::Wrap => "circular",
        }
    }

    /// Which of `size` rows stands at `place`, counted from the first row; `size` is at least 1.
    fn source(self, place: i64, size: i64) -> i64 {
        match self {
            Self::Reflect if size == 1 => 0,
            Self::Reflect => {
                let folded = place.rem_euclid(2 * (size - 1));
                folded.min(2 * (size - 1) - folded)
            }
            Self::Wrap => place.rem_euclid(size),
            Self::Constant | Self::Edge => place.clamp(0, size - 1),
        }
    }
}

fn pad(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let mode = Mode::of(node)?;
    let pads = Ints::attribute_or_input(node, "pads", 1)
        .ok_or_else(|| Refusal::new("without the attribute or input 'pads'"))?;
    let axes = Ints::input(node, 3);
    let attribute = node.float("value", 0.0);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let axes = axes.as_ref().map(|axes| axes.read(inputs)).transpose()?;
        let pads = by_axis(&pads.read(inputs)?, axes.as_deref(), x.dim())?;
        if mode != Mode::Constant {
            return beyond_the_edge(x, &pads, mode);
        }
        let value = inputs.get(2).map(Number::of).transpose()?;
        constant(x, &pads, value.unwrap_or(Number::Float(attribute)))
    }))
}

/// Rows before and after, for each axis of the tensor.
fn by_axis(pads: &[i64], axes: Option<&[i64]>, rank: usize) -> Result<Vec<(i64, i64)>, TchError> {
    let all: Vec<i64> = (0..rank as i64).collect();
    let axes = axes.unwrap_or(&all);
    if pads.len() != 2 * axes.len() {
        return Err(TchError::Shape(format!(
            "{pads:?} do not pad {} axes",
            axes.len()
        )));
    }
    let (before, after) = pads.split_at(axes.len());
    const MOST: i64 = i32::MAX as i64;
    if let Some(pad) = pads.iter().find(|pad| !(-MOST..=MOST).contains(pad)) {
        return Err(TchError::Shape(format!("{pad} rows cannot be padded")));
    }
    let mut found = vec![(0, 0); rank];
    for ((axis, before), after) in axes.iter().zip(before).zip(after) {
        found[from_first(*axis, rank)?] = (*before, *after);
    }
    Ok(found)
}

/// The order of torch: the last axis first, trailing axes only.
fn in_torch_order(pads: &[(i64, i64)]) -> Vec<i64> {
    let first = pads.iter().position(|pad| *pad != (0, 0));
    let padded = &pads[first.unwrap_or(pads.len())..];
    let turned = padded.iter().rev();
    turned
        .flat_map(|(before, after)| [*before, *after])
        .collect()
}

fn constant(x: &Tensor, pads: &[(i64, i64)], value: Number) -> Result<Tensor, TchError> {
    const EXACT: i64 = 1 << 53;
    if let Number::Int(value) = value
        && !(-EXACT..=EXACT).contains(&value)
    {
        return Err(TchError::Shape(format!(
            "libtorch takes {value} as a float, which cannot hold it"
        )));
    }
    x.f_pad(in_torch_order(pads), "constant", value.to_f64())
}

fn beyond_the_edge(x: &Tensor, pads: &[(i64, i64)], mode: Mode) -> Result<Tensor, TchError> {
    let order = in_torch_order(pads);
    let shape = x.size();
    if Number::is_floating(x.f_kind()?) && is_known_to_torch(&shape, pads, order.len() / 2, mode) {
        return x.f_pad(order, mode.in_torch(), None::<f64>);
    }
    let mut padded = x.shallow_clone();
    for (axis, ((before, after), size)) in pads.iter().zip(&shape).enumerate() {
        if (*before, *after) == (0, 0) {
            continue;
        }
        if *size == 0 && before + after > 0 {
            return Err(TchError::Shape(format!(
                "axis {axis} has no rows to pad it with"
            )));
        }
        let places = -before..size + after;
        let sources: Vec<i64> = places.map(|place| mode.source(place, *size)).collect();
        let sources = Tensor::f_from_slice(&sources)?.f_to_device(x.device())?;
        padded = padded.f_index_select(axis as i64, &sources)?;
    }
    Ok(padded)
}

/// torch pads the last one to three axes of a tensor with as many axes before them as a batch of channels has, and goes
/// round an edge once.
fn is_known_to_torch(shape: &[i64], pads: &[(i64, i64)], trailing: usize, mode: Mode) -> bool {
    let room = |size: i64| match mode {
        Mode::Reflect => size - 1,
        Mode::Wrap => size,
        Mode::Constant | Mode::Edge => i64::MAX,
    };
    let mut sides = pads.iter().zip(shape);
    (1..=3).contains(&trailing)
        && shape.len() == trailing + 2
        && shape.iter().all(|size| *size > 0)
        && sides.all(|((before, after), size)| {
            let within = 0..=room(*size);
            within.contains(before) && within.contains(after)
        })
}

/// Cuts or pads with zeros at both sides of each axis alike; the odd row is at the end.
fn center_crop_pad(node: &Node<'_>) -> Kernel {
    let axes = node.ints("axes");
    Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let wanted = super::host::integers(inputs.at(1)?)?;
        let shape = x.size();
        let all: Vec<i64> = (0..shape.len() as i64).collect();
        let mut pads = vec![(0, 0); shape.len()];
        for (axis, wanted) in axes.as_ref().unwrap_or(&all).iter().zip(&wanted) {
            let axis = from_first(*axis, shape.len())?;
            let more = wanted.max(&0) - shape[axis];
            let before = more.abs() / 2 * more.signum();
            pads[axis] = (before, more - before);
        }
        x.f_pad(in_torch_order(&pads), "constant", 0.0)
    })
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::super::testing::{floats, longs, one};
    use super::*;

    #[test]
    fn each_mode_has_its_source_beyond_the_edge() {
        let row = |mode: Mode| -> Vec<i64> { (-4..7).map(|place| mode.source(place, 3)).collect() };
        assert_eq!(row(Mode::Reflect), [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
        assert_eq!(row(Mode::Edge), [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]);
        assert_eq!(row(Mode::Wrap), [2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(Mode::Reflect.source(-3, 1), 0);
    }

    #[test]
    fn torchs_own_padding_and_chosen_rows_agree() {
        let x =
            Tensor::arange(2 * 3 * 4 * 5, (Kind::Float, tch::Device::Cpu)).reshape([2, 3, 4, 5]);
        let pads = [(0, 0), (0, 0), (2, 1), (3, 2)];
        for mode in [Mode::Reflect, Mode::Edge, Mode::Wrap] {
            let own = beyond_the_edge(&x, &pads, mode).expect("floats");
            let whole = x.to_kind(Kind::Int64);
            let chosen = beyond_the_edge(&whole, &pads, mode).expect("integers");
            assert!(own.to_kind(Kind::Int64).equal(&chosen), "{mode:?}");
            assert_eq!(own.size(), [2, 3, 7, 10]);
        }
    }

    #[test]
    fn an_axis_without_rows_cannot_be_padded_with_its_own() {
        for mode in ["reflect", "edge", "wrap"] {
            let empty = one("Pad", 18)
                .string("mode", mode)
                .fed(floats(&[0, 2], &[]));
            let error = empty.fed(longs(&[4], &[1, 0, 1, 0])).run();
            assert!(error.expect_err(mode).contains("axis 0 has no rows"));
        }
    }

    #[test]
    fn pads_of_named_axes_are_put_in_torchs_order() {
        let pads = by_axis(&[1, 2, 3, 4], Some(&[-1, 1]), 3).expect("fit");
        assert_eq!(pads, [(0, 0), (2, 4), (1, 3)]);
        assert_eq!(in_torch_order(&pads), [1, 3, 2, 4]);
        assert_eq!(in_torch_order(&[(0, 0)]), [0i64; 0]);
        assert!(by_axis(&[1, 2, 3], None, 2).is_err());
    }

    #[test]
    fn pads_and_value_were_attributes_and_are_inputs() {
        let row = || floats(&[1, 2], &[1.0, 2.0]);
        let old = one("Pad", 10)
            .ints("pads", &[0, 1, 0, 0])
            .float("value", 9.0)
            .fed(row());
        assert_eq!(old.first(), (vec![1, 3], vec![9.0, 1.0, 2.0]));
        let new = one("Pad", 18).fed(row()).fed(longs(&[2], &[1, -1]));
        let new = new.fed(floats(&[], &[9.0])).fed(longs(&[1], &[-1])).first();
        assert_eq!(new, (vec![1, 2], vec![9.0, 1.0]));
        let none = one("Pad", 18).string("mode", "mirror").fed(row());
        assert_eq!(none.refusal(), "in the mode 'mirror'");
    }

    #[test]
    fn a_value_that_a_float_cannot_hold_is_an_error() {
        let operator = one("Pad", 18)
            .fed(longs(&[1], &[1]))
            .fed(longs(&[2], &[1, 0]));
        let operator = operator.fed(longs(&[], &[(1 << 53) + 1]));
        assert!(
            operator
                .run()
                .expect_err("inexact")
                .contains("9007199254740993")
        );
    }

    #[test]
    fn the_odd_row_of_a_centre_is_cut_or_padded_at_the_end() {
        let centre = |size: i64| {
            let operator = one("CenterCropPad", 18).ints("axes", &[-1]);
            let operator = operator.fed(longs(&[1, 4], &[1, 2, 3, 4]));
            operator.fed(longs(&[1], &[size])).first().1
        };
        assert_eq!(centre(1), [2.0]);
        assert_eq!(centre(3), [1.0, 2.0, 3.0]);
        assert_eq!(centre(7), [0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 0.0]);
    }
}
