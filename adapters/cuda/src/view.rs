//! Strided views of buffers: what reshapes, transposes, slices and broadcasts cost nothing as.

use serde::{Deserialize, Serialize};

/// The number of a buffer within its draft or plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BufferId(pub usize);

/// Elements of a buffer under a shape: element `(i, j, …)` lies at `offset + i · strides[0] + j · strides[1] + …`.
///
/// A stride of 0 repeats, a negative one goes backwards. Offsets and strides count elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct View {
    /// Of which buffer.
    pub buffer: BufferId,
    /// Of the first element.
    pub offset: usize,
    /// The size of each axis.
    pub shape: Vec<usize>,
    /// From one element to the next on each axis.
    pub strides: Vec<isize>,
}

impl View {
    /// All of a buffer, row-major.
    pub fn whole(buffer: BufferId, shape: &[usize]) -> Self {
        Self {
            buffer,
            offset: 0,
            shape: shape.to_vec(),
            strides: row_major(shape),
        }
    }

    /// How many elements it has, repeated ones counted.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Elements that are not repeats of others.
    pub fn distinct(&self) -> usize {
        let axes = self.shape.iter().zip(&self.strides);
        axes.filter(|(_, stride)| **stride != 0)
            .map(|(size, _)| *size)
            .product()
    }

    /// Whether its elements lie one after the other in row-major order.
    pub fn is_contiguous(&self) -> bool {
        matches!(self.runs().as_slice(), [] | [(_, 1)])
    }

    /// Whether it is contiguous, from the first element of its buffer, with so many elements.
    pub fn is_all_of(&self, elements: usize) -> bool {
        self.offset == 0 && self.is_contiguous() && self.elements() == elements
    }

    /// The same elements in the same order under another shape; `None` where that needs a copy.
    pub fn reshape(&self, shape: &[usize]) -> Option<Self> {
        if shape.iter().product::<usize>() != self.elements() {
            return None;
        }
        let mut runs = self.runs();
        let mut left = 1;
        let mut stride = 0;
        let mut strides = vec![0; shape.len()];
        for (size, place) in shape.iter().zip(&mut strides).rev() {
            if *size == 1 {
                continue;
            }
            if left == 1 {
                (left, stride) = runs.pop()?;
            }
            if left % size != 0 {
                return None;
            }
            *place = stride;
            left /= size;
            stride *= *size as isize;
        }
        Some(Self {
            shape: shape.to_vec(),
            strides,
            ..self.clone()
        })
    }

    /// Axis `i` of the result is axis `order[i]` of this one.
    pub fn permute(&self, order: &[usize]) -> Self {
        Self {
            shape: order.iter().map(|axis| self.shape[*axis]).collect(),
            strides: order.iter().map(|axis| self.strides[*axis]).collect(),
            ..self.clone()
        }
    }

    /// `count` places of an axis from `start` on, `step` apart.
    pub fn slice(&self, axis: usize, start: usize, step: isize, count: usize) -> Self {
        let mut view = self.clone();
        view.offset = view
            .offset
            .saturating_add_signed(start as isize * self.strides[axis]);
        view.shape[axis] = count;
        view.strides[axis] = self.strides[axis] * step;
        view
    }

    /// One place of an axis, which is gone.
    pub fn select(&self, axis: usize, index: usize) -> Self {
        let mut view = self.slice(axis, index, 1, 1);
        view.shape.remove(axis);
        view.strides.remove(axis);
        view
    }

    /// With a further axis of size 1.
    pub fn unsqueeze(&self, axis: usize) -> Self {
        let mut view = self.clone();
        view.shape.insert(axis, 1);
        view.strides.insert(axis, 0);
        view
    }

    /// Repeated to `shape` by the rules of NumPy; `None` where the shapes do not fit.
    pub fn broadcast(&self, shape: &[usize]) -> Option<Self> {
        let missing = shape.len().checked_sub(self.shape.len())?;
        let mut strides = vec![0; missing];
        for ((size, stride), wanted) in
            (self.shape.iter().zip(&self.strides)).zip(&shape[missing..])
        {
            match *size {
                size if size == *wanted => strides.push(*stride),
                1 => strides.push(0),
                _ => return None,
            }
        }
        Some(Self {
            shape: shape.to_vec(),
            strides,
            ..self.clone()
        })
    }

    /// The stride of axis `axis` where it has more than one place, else 0.
    pub fn step(&self, axis: usize) -> isize {
        match self.shape[axis] {
            1 => 0,
            _ => self.strides[axis],
        }
    }

    /// Whether both show the same elements in the same places.
    pub fn is_same(&self, other: &Self) -> bool {
        self.buffer == other.buffer
            && self.offset == other.offset
            && self.shape == other.shape
            && (0..self.shape.len()).all(|axis| self.step(axis) == other.step(axis))
    }

    /// Calls `each` with the place in the buffer of every element, in row-major order.
    pub fn places(&self, mut each: impl FnMut(usize)) {
        if self.elements() == 0 {
            return;
        }
        let Some(((inner, stride), outer)) = self.split_last() else {
            return each(self.offset);
        };
        let mut index = vec![0usize; outer];
        loop {
            let start = (0..outer).fold(self.offset as isize, |place, axis| {
                place + index[axis] as isize * self.strides[axis]
            });
            for at in 0..inner as isize {
                each((start + at * stride) as usize);
            }
            let next = (0..outer).rev().find(|axis| {
                index[*axis] += 1;
                let carries = index[*axis] == self.shape[*axis];
                if carries {
                    index[*axis] = 0;
                }
                !carries
            });
            if next.is_none() {
                return;
            }
        }
    }

    fn split_last(&self) -> Option<((usize, isize), usize)> {
        let (inner, stride) = (self.shape.last()?, self.strides.last()?);
        Some(((*inner, *stride), self.shape.len() - 1))
    }

    /// The axes with more than one place, those that follow each other without a gap as one: sizes and strides.
    fn runs(&self) -> Vec<(usize, isize)> {
        let mut runs: Vec<(usize, isize)> = Vec::new();
        for (size, stride) in self.shape.iter().zip(&self.strides) {
            if *size == 1 {
                continue;
            }
            match runs.last_mut() {
                Some((before, wide)) if *wide == *stride * *size as isize => {
                    *before *= size;
                    *wide = *stride;
                }
                _ => runs.push((*size, *stride)),
            }
        }
        runs
    }

    /// The index of the element at this place of the buffer; `None` where there is none, or more than one.
    fn index(&self, place: usize) -> Option<Vec<usize>> {
        let mut left = place.checked_sub(self.offset)?;
        let mut index = vec![0; self.shape.len()];
        let mut axes: Vec<usize> = (0..self.shape.len()).collect();
        axes.sort_by_key(|axis| std::cmp::Reverse(self.step(*axis)));
        for axis in axes {
            let stride = usize::try_from(self.step(axis)).ok()?;
            match stride {
                0 if self.shape[axis] > 1 => return None,
                0 => {}
                _ => {
                    index[axis] = left / stride;
                    left %= stride;
                }
            }
        }
        let within = (index.iter().zip(&self.shape)).all(|(place, size)| place < size);
        (left == 0 && within).then_some(index)
    }

    /// This view, of a buffer that was written as `made`, as a view of `source`, which has `made`'s shape and whose elements
    /// were written there unchanged; `None` where no strides do that.
    pub fn through(&self, made: &Self, source: &Self) -> Option<Self> {
        if self.is_same(made) {
            return Some(source.clone());
        }
        let in_order = self.is_contiguous() && made.is_contiguous();
        if in_order && self.offset == made.offset && self.elements() == made.elements() {
            return source.reshape(&self.shape);
        }
        let first = made.index(self.offset)?;
        let mut view = source.clone();
        for (axis, place) in first.iter().enumerate() {
            view = view.slice(axis, *place, 1, 1);
        }
        let mut used = vec![false; made.shape.len()];
        let mut strides = Vec::with_capacity(self.shape.len());
        for axis in 0..self.shape.len() {
            let (size, stride) = (self.shape[axis], self.step(axis));
            if stride == 0 {
                strides.push(0);
                continue;
            }
            let fits = |from: &usize| {
                made.step(*from) == stride
                    && !used[*from]
                    && first[*from] + size <= made.shape[*from]
            };
            let from = (0..made.shape.len()).find(fits)?;
            used[from] = true;
            strides.push(source.strides[from]);
        }
        Some(Self {
            shape: self.shape.clone(),
            strides,
            ..view
        })
    }
}

/// The strides of a row-major shape; 0 on axes of size 1.
pub fn row_major(shape: &[usize]) -> Vec<isize> {
    let mut stride = 1;
    let mut strides: Vec<isize> = (shape.iter().rev())
        .map(|size| {
            let own = if *size == 1 { 0 } else { stride };
            stride *= *size as isize;
            own
        })
        .collect();
    strides.reverse();
    strides
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(shape: &[usize]) -> View {
        View::whole(BufferId(0), shape)
    }

    fn places(view: &View) -> Vec<usize> {
        let mut places = Vec::new();
        view.places(|place| places.push(place));
        places
    }

    #[test]
    fn a_transposed_view_goes_down_the_columns() {
        let view = whole(&[2, 3]).permute(&[1, 0]);
        assert_eq!(places(&view), [0, 3, 1, 4, 2, 5]);
        assert!(!view.is_contiguous());
        assert_eq!(view.reshape(&[6]), None);
    }

    #[test]
    fn an_axis_may_be_split_and_joined_where_the_elements_allow_it() {
        let heads = whole(&[2, 12]).slice(1, 4, 1, 4).reshape(&[2, 2, 2]);
        let heads = heads.expect("the last axis is split");
        assert_eq!(heads.strides, [12, 2, 1]);
        assert_eq!(places(&heads), [4, 5, 6, 7, 16, 17, 18, 19]);
        assert_eq!(
            heads.reshape(&[2, 4]).map(|view| view.strides),
            Some(vec![12, 1])
        );
        assert_eq!(heads.reshape(&[8]), None);
        assert_eq!(
            whole(&[2, 1, 3])
                .reshape(&[6, 1])
                .map(|view| places(&view).len()),
            Some(6)
        );
    }

    #[test]
    fn broadcasting_repeats_and_slicing_backwards_reverses() {
        let row = whole(&[3]).broadcast(&[2, 3]).expect("fits");
        assert_eq!(places(&row), [0, 1, 2, 0, 1, 2]);
        assert_eq!((row.elements(), row.distinct()), (6, 3));
        assert_eq!(whole(&[2]).broadcast(&[3]), None);
        assert_eq!(places(&whole(&[4]).slice(0, 3, -2, 2)), [3, 1]);
    }

    #[test]
    fn a_view_of_a_result_becomes_the_same_view_of_its_operand() {
        let made = whole(&[2, 3]);
        let source = View {
            buffer: BufferId(7),
            ..whole(&[3, 2]).permute(&[1, 0])
        };
        let flipped = made
            .permute(&[1, 0])
            .through(&made, &source)
            .expect("axes match");
        assert_eq!(places(&flipped), [0, 1, 2, 3, 4, 5]);
        let part = made
            .slice(1, 1, 1, 2)
            .through(&made, &source)
            .expect("axes match");
        assert_eq!(
            (part.buffer, places(&part)),
            (BufferId(7), vec![2, 4, 3, 5])
        );
        let repeated = made.unsqueeze(0).broadcast(&[4, 2, 3]).expect("fits");
        let repeated = repeated.through(&made, &source).expect("axes match");
        assert_eq!(repeated.strides, [0, 1, 2]);
        let flat = made.reshape(&[6]).expect("contiguous");
        assert_eq!(flat.through(&made, &source), None);
    }

    #[test]
    fn a_scalar_has_one_place() {
        assert_eq!(places(&whole(&[])), [0]);
        assert!(whole(&[]).is_contiguous() && whole(&[1, 1]).is_all_of(1));
        assert!(places(&whole(&[2, 0])).is_empty());
    }
}
