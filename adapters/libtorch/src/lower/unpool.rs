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
    Ok(Kernel::new(3, move |inputs: Inputs<'_>| {
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
