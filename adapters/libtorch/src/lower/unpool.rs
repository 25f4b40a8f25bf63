//! MaxUnpool: elements put back where a pool took them from.

use tch::{TchError, Tensor};

use super::host;
use super::window::Window;
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[("MaxUnpool", unpool)];

/// ONNX counts an index within the whole tensor that was pooled, torch within a channel; a larger output keeps the
/// rest zero.
fn unpool(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let kernel = node.ints("kernel_shape");
    let kernel = kernel.ok_or_else(|| Refusal::new("without a kernel_shape"))?;
    let window = Window::read(node, kernel)?;
    if window.kernel.len() != 2 {
        return Err(Refusal::new("over other than two spatial axes"));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let (_, _, rows, columns) = x.size4()?;
        let size = [
            before_pool(&window, 0, rows),
            before_pool(&window, 1, columns),
        ];
        let within = host::indices(inputs.at(1)?)?.f_remainder(size[0] * size[1])?;
        let whole = x.f_max_unpool2d(&within, size)?;
        match inputs.get(2) {
            None => Ok(whole),
            Some(wanted) => enlarged(&whole, &host::integers(wanted)?),
        }
    }))
}

fn before_pool(window: &Window, axis: usize, count: i64) -> i64 {
    let (before, after) = window.pads[axis];
    (count - 1) * window.strides[axis] - before - after + window.kernel[axis]
}

fn enlarged(whole: &Tensor, wanted: &[i64]) -> Result<Tensor, TchError> {
    let mut more = vec![];
    for (wanted, size) in wanted.iter().zip(whole.size()).rev() {
        more.extend([0, wanted - size]);
    }
    whole.f_pad(more, "constant", 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    #[test]
    fn elements_return_to_where_the_pool_took_them() {
        let operator = || {
            let operator = one("MaxUnpool", 11).ints("kernel_shape", &[1, 2]);
            let operator = operator.ints("strides", &[1, 2]);
            let operator = operator.fed(floats(&[1, 2, 1, 2], &[1.0, 2.0, 3.0, 4.0]));
            operator.fed(longs(&[1, 2, 1, 2], &[1, 2, 4, 7]))
        };
        let found = operator().first();
        assert_eq!(found.0, [1, 2, 1, 4]);
        assert_eq!(found.1, [0.0, 1.0, 2.0, 0.0, 3.0, 0.0, 0.0, 4.0]);
        let larger = operator().fed(longs(&[4], &[1, 2, 1, 5])).first();
        assert_eq!(larger.0, [1, 2, 1, 5]);
        assert_eq!(larger.1[5..], [3.0, 0.0, 0.0, 4.0, 0.0]);
    }

    #[test]
    fn other_than_two_spatial_axes_are_refused() {
        let operator = one("MaxUnpool", 11).ints("kernel_shape", &[2]);
        let operator = operator
            .fed(floats(&[1, 1, 1], &[1.0]))
            .fed(longs(&[1, 1, 1], &[0]));
        assert_eq!(operator.refusal(), "over other than two spatial axes");
    }
}
