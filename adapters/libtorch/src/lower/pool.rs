//! Pools: largest, mean and norm over windows or over all of the spatial axes.

use tch::{Kind, TchError, Tensor};

use super::window::Window;
use super::{Entry, Inputs, Kernel, Node, Outputs, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[
    ("AveragePool", average),
    ("GlobalAveragePool", global_average),
    ("GlobalLpPool", global_norm),
    ("GlobalMaxPool", global_largest),
    ("LpPool", norm),
    ("MaxPool", largest),
];

fn window(node: &Node<'_>) -> Result<Window, Refusal> {
    let kernel = node.ints("kernel_shape");
    Window::read(
        node,
        kernel.ok_or_else(|| Refusal::new("without a kernel_shape"))?,
    )
}

/// The spatial axes of a tensor.
fn spatial(x: &Tensor) -> Vec<i64> {
    (2..x.dim() as i64).collect()
}

fn global_average(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if node.rank(0).is_ok_and(|rank| rank == 4) {
        return Ok(Kernel::unary(|x| x.f_adaptive_avg_pool2d([1, 1])));
    }
    Ok(Kernel::unary(|x| {
        x.f_mean_dim(spatial(x).as_slice(), true, None::<Kind>)
    }))
}

fn global_largest(_: &Node<'_>) -> Result<Kernel, Refusal> {
    Ok(Kernel::unary(|x| x.f_amax(spatial(x), true)))
}

fn global_norm(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let p = node.int("p", 2) as f64;
    Ok(Kernel::unary(move |x| {
        x.f_norm_scalaropt_dim(p, spatial(x), true)
    }))
}

/// How libtorch's pools take a window: padded evenly, by at most half the kernel.
fn padding(window: &Window) -> Option<Vec<i64>> {
    let padding = window.symmetric()?;
    let fits = padding
        .iter()
        .zip(&window.kernel)
        .all(|(pad, size)| 2 * pad <= *size);
    fits.then_some(padding)
}

fn largest(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let window = window(node)?;
    let ceil = node.flag("ceil_mode", false);
    let (pads, padding) = match padding(&window) {
        Some(padding) => (None, padding),
        None => (Some(window.for_pad()), vec![0; window.kernel.len()]),
    };
    if node.has_output(1) {
        return indexed(node, window, padding, ceil, pads.is_some());
    }
    let axes = window.kernel.len();
    if axes == 1 && node.dtype(0).is_some_and(|dtype| !dtype.is_float()) {
        return Err(Refusal::new("of integers over one axis"));
    }
    let call = largest_of(axes)?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        match &pads {
            None => call(x, &window, &padding, ceil),
            Some(pads) => call(&padded(x, pads)?, &window, &padding, ceil),
        }
    }))
}

/// Padding that is never the largest.
fn padded(x: &Tensor, pads: &[i64]) -> Result<Tensor, TchError> {
    let least = match x.f_kind()? {
        Kind::Uint8 => 0.0,
        Kind::Int8 => f64::from(i8::MIN),
        _ => f64::NEG_INFINITY,
    };
    x.f_pad(pads, "constant", least)
}

type Largest = fn(&Tensor, &Window, &[i64], bool) -> Result<Tensor, TchError>;

fn largest_of(axes: usize) -> Result<Largest, Refusal> {
    match axes {
        1 => Ok(|x, w, p, c| x.f_max_pool1d(&w.kernel, &w.strides, p, &w.dilations, c)),
        2 => Ok(|x, w, p, c| x.f_max_pool2d(&w.kernel, &w.strides, p, &w.dilations, c)),
        3 => Ok(|x, w, p, c| x.f_max_pool3d(&w.kernel, &w.strides, p, &w.dilations, c)),
        axes => Err(Refusal::new(format!("over {axes} spatial axes"))),
    }
}

/// libtorch counts an index within its channel, ONNX within the whole tensor, by rows or by columns.
fn indexed(
    node: &Node<'_>,
    window: Window,
    padding: Vec<i64>,
    ceil: bool,
    uneven: bool,
) -> Result<Kernel, Refusal> {
    let axes = window.kernel.len();
    if uneven || !(1..=3).contains(&axes) {
        return Err(Refusal::new(
            "with indices of uneven padding or over more than three axes",
        ));
    }
    let by_columns = node.flag("storage_order", false);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let (w, p) = (&window, &padding);
        let (values, indices) = match axes {
            1 => x.f_max_pool1d_with_indices(&w.kernel, &w.strides, p, &w.dilations, ceil),
            2 => x.f_max_pool2d_with_indices(&w.kernel, &w.strides, p, &w.dilations, ceil),
            _ => x.f_max_pool3d_with_indices(&w.kernel, &w.strides, p, &w.dilations, ceil),
        }?;
        let shape = x.size();
        let indices = if by_columns {
            columns_first(indices, &shape[2..])?
        } else {
            indices
        };
        let (planes, plane) = (shape[0] * shape[1], shape[2..].iter().product::<i64>());
        let mut first = vec![shape[0], shape[1]];
        first.resize(shape.len(), 1);
        let first = Tensor::f_arange(planes, (Kind::Int64, x.device()))?
            .f_mul_scalar(plane)?
            .f_reshape(first)?;
        Ok(Outputs::from((values, indices.f_add(&first)?)))
    }))
}

/// Indices by rows turned into indices with the first axis fastest.
fn columns_first(by_rows: Tensor, sizes: &[i64]) -> Result<Tensor, TchError> {
    let mut rest = by_rows;
    let mut out = rest.f_zeros_like()?;
    for axis in (0..sizes.len()).rev() {
        let place = rest.f_remainder(sizes[axis])?;
        let stride: i64 = sizes[..axis].iter().product();
        out = out.f_add(&place.f_mul_scalar(stride)?)?;
        rest = rest.f_floor_divide_scalar(sizes[axis])?;
    }
    Ok(out)
}

fn average(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let window = window(node)?;
    let (ceil, count_pad) = (
        node.flag("ceil_mode", false),
        node.flag("count_include_pad", false),
    );
    let plain = window.dilations.iter().all(|dilation| *dilation == 1);
    match padding(&window).filter(|_| plain) {
        Some(padding) => even_average(window, padding, ceil, count_pad),
        None => {
            let counts = counts(node, &window, ceil, count_pad)?;
            let window = fitted(node, window, ceil)?;
            Ok(Kernel::new(move |inputs: Inputs<'_>| {
                let sums = sums(inputs.at(0)?, &window)?;
                sums.f_div(&counts.f_to_kind(sums.f_kind()?)?)
            }))
        }
    }
}

fn even_average(
    window: Window,
    padding: Vec<i64>,
    ceil: bool,
    count_pad: bool,
) -> Result<Kernel, Refusal> {
    let Window {
        kernel, strides, ..
    } = window;
    match kernel.len() {
        1 => Ok(Kernel::unary(move |x| {
            x.f_avg_pool1d(&kernel, &strides, &padding, ceil, count_pad)
        })),
        2 => Ok(Kernel::unary(move |x| {
            x.f_avg_pool2d(&kernel, &strides, &padding, ceil, count_pad, None)
        })),
        3 => Ok(Kernel::unary(move |x| {
            x.f_avg_pool3d(&kernel, &strides, &padding, ceil, count_pad, None)
        })),
        axes => Err(Refusal::new(format!("over {axes} spatial axes"))),
    }
}

/// The window with as much padding after each axis as rounding the number of windows up takes.
fn fitted(node: &Node<'_>, window: Window, ceil: bool) -> Result<Window, Refusal> {
    if !ceil {
        return Ok(window);
    }
    let shape = node.output_shape(0).zip(node.shape(0));
    let (out, shape) =
        shape.ok_or_else(|| Refusal::new("with ceil_mode over a shape that is not known"))?;
    let mut fitted = window;
    for axis in 0..fitted.kernel.len() {
        let need = (out[axis + 2] - 1) * fitted.strides[axis] + fitted.extent(axis);
        let (before, after) = fitted.pads[axis];
        fitted.pads[axis] = (before, (need - shape[axis + 2] - before).max(after));
    }
    Ok(fitted)
}

/// How many elements each window sums.
fn counts(
    node: &Node<'_>,
    window: &Window,
    ceil: bool,
    count_pad: bool,
) -> Result<Shared, Refusal> {
    let shape = node
        .shape(0)
        .ok_or_else(|| Refusal::new("over a shape that is not known"))?;
    let mut sizes = vec![1, 1];
    sizes.extend(&shape[2..]);
    let target = (Kind::Float, node.target().device);
    let mut ones = Tensor::f_ones(&sizes, target)?;
    let mut fitted = fitted(node, window.clone(), ceil)?;
    if count_pad {
        ones = ones.f_pad(window.for_pad(), "constant", 1.0)?;
        for (pad, own) in fitted.pads.iter_mut().zip(&window.pads) {
            *pad = (0, pad.1 - own.1);
        }
    }
    Ok(Shared::new(sums(&ones, &fitted)?))
}

/// The sum over each window: a convolution with ones of each channel by itself.
fn sums(x: &Tensor, window: &Window) -> Result<Tensor, TchError> {
    let shape = x.size();
    let mut flat = vec![shape[0] * shape[1], 1];
    flat.extend(&shape[2..]);
    let axes = window.kernel.len();
    let mut ones = vec![1, 1];
    ones.extend(&window.kernel);
    let ones = Tensor::f_ones(ones, (x.f_kind()?, x.device()))?;
    let none: Option<&Tensor> = None;
    let sums = x
        .f_reshape(flat)?
        .f_constant_pad_nd(window.for_pad())?
        .f_convolution(
            &ones,
            none,
            &window.strides,
            vec![0; axes],
            &window.dilations,
            false,
            vec![0; axes],
            1,
        )?;
    let mut out = vec![shape[0], shape[1]];
    out.extend(&sums.size()[2..]);
    sums.f_reshape(out)
}

/// The p-norm of each window.
fn norm(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let p = node.int("p", 2) as f64;
    let window = fitted(node, window(node)?, node.flag("ceil_mode", false))?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let powers = inputs.at(0)?.f_abs()?.f_pow_tensor_scalar(p)?;
        sums(&powers, &window)?.f_pow_tensor_scalar(1.0 / p)
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bytes, floats, one};

    #[test]
    fn the_largest_is_never_of_the_padding() {
        let x = floats(&[1, 1, 3], &[-3.0, -1.0, -2.0]);
        let node = || one("MaxPool", 17).ints("kernel_shape", &[2]).fed(x.clone());
        assert_eq!(
            node().ints("pads", &[0, 2]).first().1,
            [-1.0, -1.0, -2.0, f64::NEG_INFINITY]
        );
        assert_eq!(
            node().ints("pads", &[1, 1]).first().1,
            [-3.0, -1.0, -1.0, -2.0]
        );
        let octets = |shape: &[usize], sizes: &[i64]| {
            let node = one("MaxPool", 17).ints("kernel_shape", sizes);
            node.fed(bytes(shape, &[3, 200]))
        };
        let flat = octets(&[1, 1, 1, 2], &[1, 2]).ints("pads", &[0, 1, 0, 1]);
        assert_eq!(flat.first().1, [3.0, 200.0, 200.0]);
        let refusal = octets(&[1, 1, 2], &[2]).refusal();
        assert_eq!(refusal, "of integers over one axis");
    }

    #[test]
    fn indices_count_through_the_whole_tensor_by_rows_or_by_columns() {
        let x = floats(&[1, 2, 2, 2], &[0.0, 9.0, 0.0, 0.0, 0.0, 0.0, 9.0, 0.0]);
        let node = |order: i64| {
            let node = one("MaxPool", 12)
                .ints("kernel_shape", &[2, 2])
                .int("storage_order", order);
            node.fed(x.clone()).outputs(2).run().expect("runs")[1]
                .1
                .clone()
        };
        assert_eq!(node(0), [1.0, 6.0]);
        assert_eq!(node(1), [2.0, 5.0]);
    }

    #[test]
    fn a_mean_counts_the_padding_only_where_asked() {
        let x = floats(&[1, 1, 3], &[2.0, 4.0, 6.0]);
        let node = |pads: &[i64], count: i64| {
            let node = one("AveragePool", 19)
                .ints("kernel_shape", &[3])
                .ints("pads", pads);
            node.int("count_include_pad", count)
                .fed(x.clone())
                .first()
                .1
        };
        assert_eq!(node(&[1, 1], 0), [3.0, 4.0, 5.0]);
        assert_eq!(
            node(&[1, 1], 1),
            [2.0, 4.0, 10.0 / 3.0].map(|mean: f64| f64::from(mean as f32))
        );
        assert_eq!(node(&[2, 0], 0), [2.0, 3.0, 4.0]);
        assert_eq!(node(&[2, 0], 1)[..2], [2.0f32 / 3.0, 2.0].map(f64::from));
    }

    #[test]
    fn dilated_means_and_norms_are_sums_over_their_window() {
        let x = floats(&[1, 1, 4], &[3.0, 0.0, 4.0, 8.0]);
        let mean = one("AveragePool", 19)
            .ints("kernel_shape", &[2])
            .ints("dilations", &[2]);
        assert_eq!(mean.fed(x.clone()).first().1, [3.5, 4.0]);
        let norm = one("LpPool", 18)
            .ints("kernel_shape", &[2])
            .ints("dilations", &[2]);
        assert_eq!(norm.fed(x.clone()).first().1, [5.0, 8.0]);
        assert_eq!(one("GlobalLpPool", 17).int("p", 1).fed(x).first().1, [15.0]);
    }

    #[test]
    fn pools_over_everything_keep_the_axes() {
        let x = floats(&[1, 1, 2, 2], &[1.0, 2.0, 3.0, 6.0]);
        assert_eq!(
            one("GlobalAveragePool", 17).fed(x.clone()).first(),
            (vec![1; 4], vec![3.0])
        );
        assert_eq!(
            one("GlobalMaxPool", 17).fed(x).first(),
            (vec![1; 4], vec![6.0])
        );
    }
}
