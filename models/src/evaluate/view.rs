//! A tensor's elements walked in another order: what transposing, expanding and slicing have in common.

use bytes::Bytes;

use crate::tensor::Tensor;

/// Sizes of a result and, for each axis, how far apart its elements lie in the source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    offset: isize,
    sizes: Vec<usize>,
    strides: Vec<isize>,
}

impl View {
    /// Every element in row-major order.
    pub fn dense(shape: &[usize]) -> Self {
        let mut strides = vec![0; shape.len()];
        let mut stride = 1isize;
        for (axis, size) in shape.iter().enumerate().rev() {
            strides[axis] = stride;
            stride = stride.saturating_mul(*size as isize);
        }
        Self {
            offset: 0,
            sizes: shape.to_vec(),
            strides,
        }
    }

    /// The axes in another order.
    pub fn permuted(self, order: &[usize]) -> Self {
        Self {
            offset: self.offset,
            sizes: order.iter().map(|axis| self.sizes[*axis]).collect(),
            strides: order.iter().map(|axis| self.strides[*axis]).collect(),
        }
    }

    /// Spread over a larger shape, to which this one must broadcast.
    pub fn broadcast(self, shape: &[usize]) -> Self {
        let missing = shape.len().saturating_sub(self.sizes.len());
        let strides = (0..shape.len()).map(|axis| match axis.checked_sub(missing) {
            Some(own) if self.sizes[own] != 1 => self.strides[own],
            _ => 0,
        });
        Self {
            offset: self.offset,
            strides: strides.collect(),
            sizes: shape.to_vec(),
        }
    }

    /// `steps` elements of an axis from `start`, `step` apart.
    pub fn cut(mut self, axis: usize, start: usize, step: i64, steps: usize) -> Self {
        self.offset += start as isize * self.strides[axis];
        self.strides[axis] = self.strides[axis].wrapping_mul(step as isize);
        self.sizes[axis] = steps;
        self
    }

    /// Where in the source each element lies.
    pub fn indices(&self) -> Indices<'_> {
        Indices {
            view: self,
            at: vec![0; self.sizes.len()],
            next: self.offset,
            left: self.sizes.iter().product(),
        }
    }

    /// The elements that the view shows; `None` where they are not whole bytes or lie outside the source.
    pub fn copy(&self, source: &Tensor) -> Option<Tensor> {
        let bytes = gather_bytes(source, self.indices(), self.sizes.iter().product())?;
        Tensor::from_bytes(source.dtype(), self.sizes.clone(), bytes).ok()
    }
}

/// The positions of a view, in the order of its result.
pub(super) struct Indices<'v> {
    view: &'v View,
    at: Vec<usize>,
    next: isize,
    left: usize,
}

impl Iterator for Indices<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let index = self.next;
        for axis in (0..self.at.len()).rev() {
            self.at[axis] += 1;
            self.next = self.next.wrapping_add(self.view.strides[axis]);
            if self.at[axis] < self.view.sizes[axis] {
                break;
            }
            let back = self.view.strides[axis].wrapping_mul(self.at[axis] as isize);
            self.next = self.next.wrapping_sub(back);
            self.at[axis] = 0;
        }
        usize::try_from(index).ok()
    }
}

/// The bytes of the elements at `indices`, of which there are `count`.
pub(super) fn gather_bytes(
    source: &Tensor,
    indices: impl Iterator<Item = usize>,
    count: usize,
) -> Option<Bytes> {
    match width(source)? {
        1 => pack::<1>(source, indices, count),
        2 => pack::<2>(source, indices, count),
        4 => pack::<4>(source, indices, count),
        8 => pack::<8>(source, indices, count),
        16 => pack::<16>(source, indices, count),
        _ => None,
    }
}

fn pack<const WIDTH: usize>(
    source: &Tensor,
    indices: impl Iterator<Item = usize>,
    count: usize,
) -> Option<Bytes> {
    let (elements, _) = source.bytes().as_chunks::<WIDTH>();
    let mut packed = Vec::with_capacity(count);
    for index in indices {
        packed.push(*elements.get(index)?);
    }
    Some(packed.into_flattened().into())
}

/// Bytes of one element; `None` where elements are narrower than a byte.
pub(super) fn width(tensor: &Tensor) -> Option<usize> {
    let bits = tensor.dtype().bits()?;
    (bits % 8 == 0).then_some((bits / 8) as usize)
}

#[cfg(test)]
mod tests {
    use super::View;

    #[test]
    fn a_view_walks_its_source_in_the_order_of_the_result() {
        let walk = |view: View| view.indices().collect::<Vec<_>>();
        let dense = || View::dense(&[2, 3]);
        assert_eq!(walk(dense().permuted(&[1, 0])), [0, 3, 1, 4, 2, 5]);
        assert_eq!(walk(dense().cut(1, 2, -1, 3)), [2, 1, 0, 5, 4, 3]);
        assert_eq!(
            walk(View::dense(&[2, 1]).broadcast(&[2, 2, 2])),
            [0, 0, 1, 1, 0, 0, 1, 1]
        );
        assert_eq!(walk(View::dense(&[])), [0]);
        assert!(walk(View::dense(&[2, 0])).is_empty());
    }
}
