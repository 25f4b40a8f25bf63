//! From the number of an element to its place in each operand.

use std::fmt::Write as _;

use crate::view::View;

/// Views of one shape, the axes that follow each other in all of them as one.
pub(super) struct Joint {
    /// The size of each axis.
    pub(super) shape: Vec<usize>,
    /// For each view, from one element to the next on each axis.
    pub(super) strides: Vec<Vec<isize>>,
}

impl Joint {
    pub(super) fn of(views: &[&View]) -> Self {
        let rank = views.first().map_or(0, |view| view.shape.len());
        let mut joint = Self {
            shape: Vec::new(),
            strides: vec![Vec::new(); views.len()],
        };
        for axis in 0..rank {
            joint.take(views, axis);
        }
        joint
    }

    fn take(&mut self, views: &[&View], axis: usize) {
        let size = views[0].shape[axis];
        if size == 1 {
            return;
        }
        let follows = |(strides, view): (&Vec<isize>, &&View)| {
            let before = strides.last();
            before.is_some_and(|before| *before == view.strides[axis] * size as isize)
        };
        let joins = self.strides.iter().zip(views).all(follows);
        match self.shape.last_mut() {
            Some(before) if joins => {
                *before *= size;
                let places = self.strides.iter_mut().zip(views);
                places.for_each(|(strides, view)| {
                    if let Some(last) = strides.last_mut() {
                        *last = view.strides[axis];
                    }
                });
            }
            _ => {
                self.shape.push(size);
                let places = self.strides.iter_mut().zip(views);
                places.for_each(|(strides, view)| strides.push(view.strides[axis]));
            }
        }
    }

    /// The expression of an element's place in the view of this number, from its number `at` in row-major order.
    pub(super) fn place(&self, view: usize, at: &str) -> String {
        let mut terms = String::new();
        let mut below: usize = self.shape.iter().product();
        for (axis, (size, stride)) in self.shape.iter().zip(&self.strides[view]).enumerate() {
            below /= size;
            if *stride == 0 {
                continue;
            }
            let over = match below {
                1 => at.to_owned(),
                _ => format!("{at} / {below}u"),
            };
            let within = match axis {
                0 => over,
                _ => format!("{over} % {size}u"),
            };
            let plus = if terms.is_empty() { "" } else { " + " };
            let _ = write!(terms, "{plus}i64({within}) * {stride}ll");
        }
        match terms.is_empty() {
            true => "0".to_owned(),
            false => terms,
        }
    }

    /// The stride of the last axis in a view.
    pub(super) fn last(&self, view: usize) -> isize {
        self.strides[view].last().copied().unwrap_or(0)
    }
}

/// The expression of where the first axes of a view, all but `last`, put their element number `at`.
pub(super) fn leading(view: &View, last: usize, at: &str) -> String {
    let outer = view.shape.len().saturating_sub(last);
    let head = View {
        shape: view.shape[..outer].to_vec(),
        strides: view.strides[..outer].to_vec(),
        ..view.clone()
    };
    Joint::of(&[&head]).place(0, at)
}
