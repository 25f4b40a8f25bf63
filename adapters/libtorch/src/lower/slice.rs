//! Slice: views by start, end and step; only steps backwards copy.

use tch::{TchError, Tensor};

use super::host::{Ints, from_first};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[("Slice", slice)];

/// Which elements of one axis, as ONNX writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    axis: i64,
    start: i64,
    end: i64,
    step: i64,
}

/// The four lists, known or not.
struct Lists {
    starts: Ints,
    ends: Ints,
    axes: Option<Ints>,
    steps: Option<Ints>,
}

fn slice(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let list = |name: &str, index| Ints::attribute_or_input(node, name, index);
    let open = || Refusal::new("without starts and ends");
    let lists = Lists {
        starts: list("starts", 1).ok_or_else(open)?,
        ends: list("ends", 2).ok_or_else(open)?,
        axes: list("axes", 3),
        steps: list("steps", 4),
    };
    let Some(cuts) = lists.known() else {
        return Ok(Kernel::new(move |inputs: Inputs<'_>| {
            cut_all(inputs.at(0)?, &lists.read(inputs)?)
        }));
    };
    let shape = node.shape(0);
    let cuts: Vec<Cut> = cuts
        .into_iter()
        .filter(|cut| !shape.as_deref().is_some_and(|shape| cut.keeps_all(shape)))
        .collect();
    match cuts[..] {
        [] => Ok(Kernel::same()),
        [cut] => Ok(Kernel::unary(move |x| cut.apply(x))),
        _ => Ok(Kernel::new(move |inputs: Inputs<'_>| {
            cut_all(inputs.at(0)?, &cuts)
        })),
    }
}

impl Lists {
    fn known(&self) -> Option<Vec<Cut>> {
        let (starts, ends) = (self.starts.known()?, self.ends.known()?);
        let axes = self.axes.as_ref().map(Ints::known);
        let steps = self.steps.as_ref().map(Ints::known);
        if axes == Some(None) || steps == Some(None) {
            return None;
        }
        Some(cuts(starts, ends, axes.flatten(), steps.flatten()))
    }

    fn read(&self, inputs: Inputs<'_>) -> Result<Vec<Cut>, TchError> {
        let axes = self
            .axes
            .as_ref()
            .map(|axes| axes.read(inputs))
            .transpose()?;
        let steps = self
            .steps
            .as_ref()
            .map(|steps| steps.read(inputs))
            .transpose()?;
        let (starts, ends) = (self.starts.read(inputs)?, self.ends.read(inputs)?);
        Ok(cuts(&starts, &ends, axes.as_deref(), steps.as_deref()))
    }
}

fn cuts(starts: &[i64], ends: &[i64], axes: Option<&[i64]>, steps: Option<&[i64]>) -> Vec<Cut> {
    let each = starts.iter().zip(ends).enumerate();
    let cut = |(index, (start, end)): (usize, (&i64, &i64))| Cut {
        axis: axes
            .and_then(|axes| axes.get(index))
            .copied()
            .unwrap_or(index as i64),
        start: *start,
        end: *end,
        step: steps
            .and_then(|steps| steps.get(index))
            .copied()
            .unwrap_or(1),
    };
    each.map(cut).collect()
}

fn cut_all(x: &Tensor, cuts: &[Cut]) -> Result<Tensor, TchError> {
    let mut out = x.shallow_clone();
    for cut in cuts {
        out = cut.apply(&out)?;
    }
    Ok(out)
}

impl Cut {
    fn keeps_all(self, shape: &[i64]) -> bool {
        let Ok(axis) = from_first(self.axis, shape.len()) else {
            return false;
        };
        let size = shape[axis];
        self.step == 1 && (self.start == 0 || self.start <= -size) && self.end >= size
    }

    fn apply(self, x: &Tensor) -> Result<Tensor, TchError> {
        if self.step > 0 {
            return x.f_slice(self.axis, self.start, self.end, self.step);
        }
        let shape = x.size();
        let size = shape[from_first(self.axis, shape.len())?];
        let (start, end) = self.reversed(size);
        let flipped = x.f_flip([self.axis])?;
        flipped.f_slice(self.axis, start, end, self.step.saturating_neg())
    }

    /// Start and end of the same elements once the axis is turned around.
    fn reversed(self, size: i64) -> (i64, i64) {
        let place = |index: i64| {
            if index < 0 {
                index.saturating_add(size)
            } else {
                index
            }
        };
        let start = place(self.start).clamp(0, size - 1);
        let end = place(self.end).clamp(-1, size - 1);
        (size - 1 - start, (size - 1 - end).max(size - 1 - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(start: i64, end: i64, step: i64) -> Cut {
        Cut {
            axis: 0,
            start,
            end,
            step,
        }
    }

    fn of_five(cut: Cut) -> Vec<i64> {
        let x = Tensor::from_slice(&[0i64, 1, 2, 3, 4]);
        Vec::try_from(cut.apply(&x).expect("cuts")).expect("integers")
    }

    #[test]
    fn steps_go_either_way() {
        assert_eq!(of_five(cut(1, 4, 2)), [1, 3]);
        assert_eq!(of_five(cut(-1, i64::MIN, -1)), [4, 3, 2, 1, 0]);
        assert_eq!(of_five(cut(20, 0, -2)), [4, 2]);
        assert_eq!(of_five(cut(1, 3, -1)), [0i64; 0]);
    }

    #[test]
    fn what_keeps_everything_is_no_call() {
        assert!(cut(0, i64::MAX, 1).keeps_all(&[5]));
        assert!(cut(-9, 5, 1).keeps_all(&[5]));
        assert!(!cut(0, 4, 1).keeps_all(&[5]));
        assert!(!cut(4, i64::MIN, -1).keeps_all(&[5]));
    }

    #[test]
    fn bounds_that_each_request_brings_are_read() {
        use super::super::testing::{floats, longs, one};
        let x = floats(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let node = one("Slice", 17)
            .fed(x.clone())
            .fed(longs(&[1], &[-1]))
            .fed(longs(&[1], &[-4]));
        let node = node.fed(longs(&[1], &[1])).fed(longs(&[1], &[-2]));
        assert_eq!(node.first(), (vec![2, 2], vec![2.0, 0.0, 5.0, 3.0]));
        let old = one("Slice", 9)
            .ints("starts", &[1])
            .ints("ends", &[9])
            .fed(x.clone());
        assert_eq!(old.first(), (vec![1, 3], vec![3.0, 4.0, 5.0]));
        let both = one("Slice", 17)
            .fed(x)
            .known(longs(&[2], &[0, 1]))
            .known(longs(&[2], &[1, 3]));
        assert_eq!(both.first(), (vec![1, 2], vec![1.0, 2.0]));
    }
}
