//! Products and convolutions of quantised numbers, exact in doubles.

use tare_adapter_api::DataType;
use tch::{Kind, TchError, Tensor};

use super::host::along;
use super::quantised::range;
use super::window::Window;
use super::{Entry, Inputs, Kernel, Node, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[
    ("ConvInteger", conv_integer),
    ("MatMulInteger", matmul_integer),
    ("QLinearConv", qlinear_conv),
    ("QLinearMatMul", qlinear_matmul),
];

/// What makes a parameter meet a factor of this many axes.
type Meet = fn(&Tensor, usize) -> Result<Tensor, TchError>;

/// A factor without its zero point, in doubles: sums of products of bytes are exact below 2⁵³.
struct Factor {
    /// Made at load where the factor and its zero point are constant.
    known: Option<Shared>,
    x: usize,
    zero: usize,
    meet: Meet,
}

impl Factor {
    /// The factor at the input `x` with the zero point at `zero`, which may be left out.
    fn of(node: &Node<'_>, x: usize, zero: usize, meet: Meet) -> Result<Self, Refusal> {
        let mut known = None;
        if node.is_constant(x)
            && (!node.has_input(zero) || node.is_constant(zero))
            && let Some(factor) = node.take(x)?
        {
            let zero = node.take(zero)?;
            known = Some(Shared::new(centred(&factor, zero.as_deref(), meet)?));
        }
        Ok(Self {
            known,
            x,
            zero,
            meet,
        })
    }

    fn read(&self, inputs: Inputs<'_>) -> Result<Tensor, TchError> {
        match &self.known {
            Some(known) => Ok(known.shallow_clone()),
            None => centred(inputs.at(self.x)?, inputs.get(self.zero), self.meet),
        }
    }
}

fn centred(x: &Tensor, zero: Option<&Tensor>, meet: Meet) -> Result<Tensor, TchError> {
    let wide = x.f_to_kind(Kind::Double)?;
    match zero {
        None => Ok(wide),
        Some(zero) => wide.f_sub(&meet(zero, x.dim())?),
    }
}

fn as_it_is(parameter: &Tensor, _: usize) -> Result<Tensor, TchError> {
    Ok(parameter.shallow_clone())
}

/// One number for each row of a matrix.
fn by_row(parameter: &Tensor, rank: usize) -> Result<Tensor, TchError> {
    match parameter.numel() {
        1 => as_it_is(parameter, rank),
        _ => parameter.f_unsqueeze(-1),
    }
}

fn matmul_integer(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (a, b) = (
        Factor::of(node, 0, 2, by_row)?,
        Factor::of(node, 1, 3, as_it_is)?,
    );
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        a.read(inputs)?
            .f_matmul(&b.read(inputs)?)?
            .f_to_kind(Kind::Int)
    }))
}

/// Rounds half to even after scaling, adds the zero point, and stays within the range of the kind.
struct Requantise {
    kind: Kind,
    range: (i64, i64),
}

impl Requantise {
    /// For the type of the zero point at `zero`, an unsigned byte where there is none.
    fn to(node: &Node<'_>, zero: usize) -> Result<Self, Refusal> {
        let kind = node.kind(node.dtype(zero).unwrap_or(DataType::U8))?;
        Ok(Self {
            kind,
            range: range(kind)?,
        })
    }

    fn run(
        &self,
        exact: &Tensor,
        scale: &Tensor,
        zero: Option<&Tensor>,
    ) -> Result<Tensor, TchError> {
        let mut whole = exact.f_mul(scale)?.f_round()?;
        if let Some(zero) = zero {
            whole = whole.f_add(&zero.f_to_kind(Kind::Double)?)?;
        }
        let within = whole.f_clamp(self.range.0, self.range.1)?;
        within.f_to_kind(self.kind)
    }
}

fn qlinear_matmul(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let requantise = Requantise::to(node, 7)?;
    let (a, b) = (
        Factor::of(node, 0, 2, by_row)?,
        Factor::of(node, 3, 5, as_it_is)?,
    );
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (a, b) = (a.read(inputs)?, b.read(inputs)?);
        let wide = |index: usize| inputs.at(index)?.f_to_kind(Kind::Double);
        let scale = by_row(&wide(1)?, a.dim())?
            .f_mul(&wide(4)?)?
            .f_div(&wide(6)?)?;
        requantise.run(&a.f_matmul(&b)?, &scale, inputs.get(7))
    }))
}

/// A convolution of whole numbers in doubles.
struct Convolution {
    window: Window,
    groups: i64,
}

impl Convolution {
    fn of(node: &Node<'_>, weight: usize) -> Result<Self, Refusal> {
        let shape = node.shape(weight).filter(|shape| shape.len() > 2);
        let shape = shape.ok_or_else(|| Refusal::new("whose kernel has no known shape"))?;
        Ok(Self {
            window: Window::read(node, shape[2..].to_vec())?,
            groups: node.int("group", 1),
        })
    }

    fn run(&self, x: &Tensor, weight: &Tensor) -> Result<Tensor, TchError> {
        let none = vec![0; self.window.kernel.len()];
        let padded = x.f_constant_pad_nd(self.window.for_pad())?;
        padded.f_convolution(
            weight,
            None::<&Tensor>,
            &self.window.strides,
            &none,
            &self.window.dilations,
            false,
            &none,
            self.groups,
        )
    }
}

/// One number for each output channel of a weight.
fn by_channel(parameter: &Tensor, rank: usize) -> Result<Tensor, TchError> {
    parameter.f_reshape(along(0, rank)?)
}

fn conv_integer(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let convolution = Convolution::of(node, 1)?;
    let (x, weight) = (
        Factor::of(node, 0, 2, as_it_is)?,
        Factor::of(node, 1, 3, by_channel)?,
    );
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (x, weight) = (x.read(inputs)?, weight.read(inputs)?);
        convolution.run(&x, &weight)?.f_to_kind(Kind::Int)
    }))
}

fn qlinear_conv(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (convolution, requantise) = (Convolution::of(node, 3)?, Requantise::to(node, 7)?);
    let (x, weight) = (
        Factor::of(node, 0, 2, as_it_is)?,
        Factor::of(node, 3, 5, by_channel)?,
    );
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let weight = weight.read(inputs)?;
        let mut exact = convolution.run(&x.read(inputs)?, &weight)?;
        let meet = |parameter: &Tensor| by_channel(parameter, weight.dim() - 1);
        if let Some(bias) = inputs.get(8) {
            exact = exact.f_add(&meet(bias)?)?;
        }
        let wide = |index: usize| inputs.at(index)?.f_to_kind(Kind::Double);
        let scale = wide(1)?.f_mul(&meet(&wide(4)?)?)?.f_div(&wide(6)?)?;
        requantise.run(&exact, &scale, inputs.get(7))
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bytes, floats, one};

    fn ints(shape: &[usize], values: &[i32]) -> tare_adapter_api::Tensor {
        tare_adapter_api::Tensor::from_values(shape.to_vec(), values.to_vec()).expect("fits")
    }

    #[test]
    fn zero_points_are_for_rows_of_the_left_and_columns_of_the_right() {
        let operator = one("MatMulInteger", 10).fed(bytes(&[2, 2], &[1, 2, 3, 4]));
        let operator = operator.fed(bytes(&[2, 2], &[5, 6, 7, 8]));
        assert_eq!(operator.first().1, [19.0, 22.0, 43.0, 50.0]);
        let operator = one("MatMulInteger", 10).fed(bytes(&[2, 2], &[1, 2, 3, 4]));
        let operator = operator.fed(bytes(&[2, 2], &[5, 6, 7, 8]));
        let operator = operator.fed(bytes(&[2], &[1, 3])).fed(bytes(&[2], &[5, 8]));
        assert_eq!(operator.first().1, [2.0, 0.0, 2.0, 0.0]);
    }

    #[test]
    fn constant_weights_give_what_weights_that_are_fed_give() {
        let weight = || bytes(&[2, 2], &[5, 6, 7, 8]);
        let zeros = || bytes(&[2], &[5, 8]);
        let product = || one("MatMulInteger", 10).fed(bytes(&[2, 2], &[1, 2, 3, 4]));
        let known = product().known(weight()).absent().known(zeros()).first();
        assert_eq!(known.1, [4.0, -2.0, 8.0, -6.0]);
        assert_eq!(known, product().fed(weight()).absent().fed(zeros()).first());
        let kernel = || bytes(&[1, 1, 1, 2], &[3, 5]);
        let layer = || one("ConvInteger", 10).fed(bytes(&[1, 1, 1, 2], &[1, 2]));
        assert_eq!(
            layer().known(kernel()).first(),
            layer().fed(kernel()).first()
        );
    }

    #[test]
    fn sums_beyond_single_precision_are_exact() {
        let long = 400;
        let operator = one("MatMulInteger", 10).fed(bytes(&[1, long], &vec![255; long]));
        let mut column = vec![255; long];
        column[0] = 254;
        let found = operator.fed(bytes(&[long, 1], &column)).first();
        assert_eq!(found.1, [f64::from(255 * 255 * 400 - 255)]);
    }

    #[test]
    fn products_are_scaled_rounded_and_clipped() {
        let operator = one("QLinearMatMul", 21).fed(bytes(&[1, 2], &[10, 20]));
        let operator = operator.fed(floats(&[], &[0.5])).fed(bytes(&[], &[10]));
        let operator = operator.fed(bytes(&[2, 3], &[0, 1, 2, 129, 133, 0]));
        let operator = operator
            .fed(floats(&[3], &[0.5, 0.5, 2.0]))
            .fed(bytes(&[3], &[128, 128, 0]));
        let found = operator
            .fed(floats(&[], &[1.0]))
            .fed(bytes(&[], &[7]))
            .first();
        assert_eq!(found.1, [9.0, 19.0, 7.0]);
    }

    #[test]
    fn a_padded_edge_is_the_zero_point() {
        let operator = one("ConvInteger", 10).ints("pads", &[0, 0, 0, 1]);
        let operator = operator
            .fed(bytes(&[1, 1, 1, 2], &[3, 5]))
            .fed(bytes(&[1, 1, 1, 2], &[1, 2]));
        let found = operator.fed(bytes(&[], &[1])).first();
        assert_eq!(found, (vec![1, 1, 1, 2], vec![10.0, 4.0]));
    }

    #[test]
    fn each_output_channel_has_its_own_scale_and_bias() {
        let operator = one("QLinearConv", 10).fed(bytes(&[1, 1, 1, 2], &[3, 5]));
        let operator = operator.fed(floats(&[], &[1.0])).fed(bytes(&[], &[1]));
        let operator = operator
            .fed(bytes(&[2, 1, 1, 1], &[2, 4]))
            .fed(floats(&[2], &[1.0, 0.5]));
        let operator = operator.fed(bytes(&[2], &[1, 0])).fed(floats(&[], &[0.5]));
        let found = operator
            .fed(bytes(&[], &[10]))
            .fed(ints(&[2], &[1, -4]))
            .first();
        assert_eq!(found, (vec![1, 2, 1, 2], vec![16.0, 20.0, 14.0, 22.0]));
    }
}
