//! The window that convolutions and pools slide: sizes, steps, and padding in all of ONNX's forms.

use super::{Node, Refusal};

/// A window over spatial axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) kernel: Vec<i64>,
    pub(super) strides: Vec<i64>,
    pub(super) dilations: Vec<i64>,
    /// Before and after each axis.
    pub(super) pads: Vec<(i64, i64)>,
}

impl Window {
    /// Reads the attributes for a kernel of these sizes over an input of shape [batch, channels, spatial …].
    pub(super) fn read(node: &Node<'_>, kernel: Vec<i64>) -> Result<Self, Refusal> {
        let axes = kernel.len();
        let strides = node.ints("strides").unwrap_or_else(|| vec![1; axes]);
        let dilations = node.ints("dilations").unwrap_or_else(|| vec![1; axes]);
        let given = node.ints("pads").unwrap_or_else(|| vec![0; 2 * axes]);
        if strides.len() != axes || dilations.len() != axes || given.len() != 2 * axes {
            return Err(Refusal::new(format!(
                "whose strides, dilations or pads do not fit {axes} spatial axes"
            )));
        }
        let mut window = Self {
            pads: (0..axes)
                .map(|axis| (given[axis], given[axes + axis]))
                .collect(),
            kernel,
            strides,
            dilations,
        };
        window.pads = match node.string("auto_pad", "NOTSET") {
            "NOTSET" | "" => window.pads,
            "VALID" => vec![(0, 0); axes],
            "SAME_UPPER" => window.same(&spatial(node)?, false)?,
            "SAME_LOWER" => window.same(&spatial(node)?, true)?,
            other => return Err(Refusal::new(format!("with the unknown auto_pad '{other}'"))),
        };
        Ok(window)
    }

    /// Padding after which there are ⌈size / stride⌉ windows; where it is odd, the larger half comes first or last.
    fn same(&self, sizes: &[i64], first: bool) -> Result<Vec<(i64, i64)>, Refusal> {
        if sizes.len() != self.kernel.len() || self.strides.contains(&0) {
            return Err(Refusal::new("whose kernel does not fit the spatial axes"));
        }
        let axes = sizes.iter().enumerate().map(|(axis, size)| {
            let count = (size + self.strides[axis] - 1) / self.strides[axis];
            let need = (count - 1) * self.strides[axis] + self.extent(axis) - size;
            let (less, more) = (need.max(0) / 2, need.max(0) - need.max(0) / 2);
            if first { (more, less) } else { (less, more) }
        });
        Ok(axes.collect())
    }

    /// How many elements the window spans on this axis, those between dilated ones included.
    pub(super) fn extent(&self, axis: usize) -> i64 {
        (self.kernel[axis] - 1) * self.dilations[axis] + 1
    }

    /// The padding where it is the same before and after every axis.
    pub(super) fn symmetric(&self) -> Option<Vec<i64>> {
        let axes = self
            .pads
            .iter()
            .map(|(before, after)| (before == after).then_some(*before));
        axes.collect()
    }

    /// The padding as libtorch's `pad` wants it: the last axis first.
    pub(super) fn for_pad(&self) -> Vec<i64> {
        let axes = self.pads.iter().rev();
        axes.flat_map(|(before, after)| [*before, *after]).collect()
    }
}

fn spatial(node: &Node<'_>) -> Result<Vec<i64>, Refusal> {
    let shape = node.shape(0).filter(|shape| shape.len() > 2);
    let shape =
        shape.ok_or_else(|| Refusal::new("with auto_pad over a shape that is not known"))?;
    Ok(shape[2..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kernel: i64, stride: i64, dilation: i64) -> Window {
        Window {
            kernel: vec![kernel],
            strides: vec![stride],
            dilations: vec![dilation],
            pads: vec![(0, 0)],
        }
    }

    #[test]
    fn same_padding_gives_the_size_over_the_stride() {
        let pads = |window: Window, size| window.same(&[size], false).expect("fits");
        assert_eq!(pads(window(3, 1, 1), 5), [(1, 1)]);
        assert_eq!(pads(window(2, 1, 1), 5), [(0, 1)]);
        assert_eq!(window(2, 1, 1).same(&[5], true).expect("fits"), [(1, 0)]);
        assert_eq!(pads(window(3, 2, 1), 5), [(1, 1)]);
        assert_eq!(pads(window(1, 2, 1), 5), [(0, 0)]);
        assert_eq!(window(3, 1, 2).extent(0), 5);
    }

    #[test]
    fn uneven_padding_is_not_symmetric() {
        let uneven = Window {
            pads: vec![(0, 1), (2, 2)],
            ..window(3, 1, 1)
        };
        assert_eq!(uneven.symmetric(), None);
        assert_eq!(uneven.for_pad(), [2, 2, 0, 1]);
        assert_eq!(window(3, 1, 1).symmetric(), Some(vec![0]));
    }
}
