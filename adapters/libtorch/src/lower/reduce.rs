//! Reductions over axes that were attributes in old versions of the operators and are inputs in newer ones.

use tare_adapter_api::DataType;
use tch::{Kind, Scalar, TchError, Tensor};

use super::host::{Ints, from_first};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("ReduceL1", |node| norm(node, 1.0)),
    ("ReduceL2", |node| norm(node, 2.0)),
    ("ReduceLogSum", |node| of_floats(node, log_sum)),
    ("ReduceLogSumExp", |node| of_floats(node, log_sum_exp)),
    ("ReduceMax", |node| {
        extreme(node, |x, axes, keep| x.f_amax(axes, keep), Edge::Least)
    }),
    ("ReduceMean", |node| of_floats(node, mean)),
    ("ReduceMin", |node| {
        extreme(node, |x, axes, keep| x.f_amin(axes, keep), Edge::Most)
    }),
    ("ReduceProd", |node| of_any(node, prod)),
    ("ReduceSum", |node| of_any(node, sum)),
    ("ReduceSumSquare", |node| of_any(node, sum_square)),
];

/// Axes to reduce; `None` where the elements themselves are the answer.
type Axes<'a> = Option<&'a [i64]>;

type Reduce = fn(&Tensor, Axes<'_>, bool) -> Result<Tensor, TchError>;

/// How the axes of a reduction are found.
struct Plan {
    axes: Option<Ints>,
    keep: bool,
    idle_without_axes: bool,
}

impl Plan {
    fn new(node: &Node<'_>) -> Self {
        Self {
            axes: Ints::attribute_or_input(node, "axes", 1),
            keep: node.flag("keepdims", true),
            idle_without_axes: node.flag("noop_with_empty_axes", false),
        }
    }

    /// Reduces the first input by `reduce`: over all axes where none is named.
    fn run(
        &self,
        inputs: Inputs<'_>,
        reduce: impl Fn(&Tensor, Axes<'_>, bool) -> Result<Tensor, TchError>,
    ) -> Result<Tensor, TchError> {
        let x = inputs.at(0)?;
        let named = self.axes.as_ref().map(|axes| axes.read(inputs));
        match named.transpose()? {
            Some(axes) if !axes.is_empty() => reduce(x, Some(&axes), self.keep),
            _ if self.idle_without_axes => reduce(x, None, self.keep),
            _ => {
                let all: Vec<i64> = (0..x.dim() as i64).collect();
                reduce(x, Some(&all), self.keep)
            }
        }
    }
}

fn of_any(node: &Node<'_>, reduce: Reduce) -> Result<Kernel, Refusal> {
    let plan = Plan::new(node);
    Ok(Kernel::new(move |inputs| plan.run(inputs, reduce)))
}

fn of_floats(node: &Node<'_>, reduce: Reduce) -> Result<Kernel, Refusal> {
    match node.dtype(0).filter(|dtype| !dtype.is_float()) {
        Some(dtype) => Err(Refusal::new(format!(
            "on {dtype}: libtorch computes it of floating-point numbers only"
        ))),
        None => of_any(node, reduce),
    }
}

fn sum(x: &Tensor, axes: Axes<'_>, keep: bool) -> Result<Tensor, TchError> {
    match axes {
        Some(axes) => x.f_sum_dim_intlist(axes, keep, x.f_kind()?),
        None => Ok(x.shallow_clone()),
    }
}

fn mean(x: &Tensor, axes: Axes<'_>, keep: bool) -> Result<Tensor, TchError> {
    match axes {
        Some(axes) => x.f_mean_dim(axes, keep, None::<Kind>),
        None => Ok(x.shallow_clone()),
    }
}

fn sum_square(x: &Tensor, axes: Axes<'_>, keep: bool) -> Result<Tensor, TchError> {
    sum(&x.f_square()?, axes, keep)
}

fn log_sum(x: &Tensor, axes: Axes<'_>, keep: bool) -> Result<Tensor, TchError> {
    sum(x, axes, keep)?.f_log()
}

fn log_sum_exp(x: &Tensor, axes: Axes<'_>, keep: bool) -> Result<Tensor, TchError> {
    match axes {
        Some(axes) => x.f_logsumexp(axes, keep),
        None => Ok(x.shallow_clone()),
    }
}

/// torch multiplies along one axis a call.
fn prod(x: &Tensor, axes: Axes<'_>, keep: bool) -> Result<Tensor, TchError> {
    let kind = x.f_kind()?;
    let mut product = x.shallow_clone();
    let rank = x.dim();
    let found = axes.unwrap_or_default().iter();
    let mut axes = found
        .map(|axis| from_first(*axis, rank))
        .collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    for axis in axes.into_iter().rev() {
        product = product.f_prod_dim_int(axis as i64, keep, kind)?;
    }
    Ok(product)
}

fn norm(node: &Node<'_>, p: f64) -> Result<Kernel, Refusal> {
    let integer = node.dtype(0).is_some_and(|dtype| !dtype.is_float());
    match (integer, p) {
        (true, 1.0) => of_any(node, |x, axes, keep| sum(&x.f_abs()?, axes, keep)),
        (true, _) => of_floats(node, sum),
        (false, _) => {
            let plan = Plan::new(node);
            Ok(Kernel::new(move |inputs| {
                plan.run(inputs, |x, axes, keep| match axes {
                    Some(axes) => x.f_norm_scalaropt_dim(p, axes, keep),
                    None => x.f_abs(),
                })
            }))
        }
    }
}

/// What an extreme over no element is: the end of the type's range.
#[derive(Debug, Clone, Copy)]
enum Edge {
    Least,
    Most,
}

type Extreme = fn(&Tensor, &[i64], bool) -> Result<Tensor, TchError>;

fn extreme(node: &Node<'_>, call: Extreme, edge: Edge) -> Result<Kernel, Refusal> {
    let plan = Plan::new(node);
    let range = node.dtype(0).and_then(|dtype| edge.of(dtype));
    Ok(Kernel::new(move |inputs| {
        plan.run(inputs, |x, axes, keep| match axes {
            Some(axes) if x.numel() == 0 => of_nothing(x, axes, keep, range),
            Some(axes) => call(x, axes, keep),
            None => Ok(x.shallow_clone()),
        })
    }))
}

impl Edge {
    fn of(self, dtype: DataType) -> Option<f64> {
        let (least, most) = match dtype {
            DataType::F32 | DataType::F64 | DataType::F16 | DataType::Bf16 => {
                (f64::NEG_INFINITY, f64::INFINITY)
            }
            DataType::I8 => (f64::from(i8::MIN), f64::from(i8::MAX)),
            DataType::U8 => (0.0, f64::from(u8::MAX)),
            DataType::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
            DataType::Bool => (0.0, 1.0),
            _ => return None,
        };
        Some(match self {
            Self::Least => least,
            Self::Most => most,
        })
    }
}

/// A tensor of the reduced shape, filled with the end of the range.
fn of_nothing(
    x: &Tensor,
    axes: &[i64],
    keep: bool,
    range: Option<f64>,
) -> Result<Tensor, TchError> {
    let shape = x.f_sum_dim_intlist(axes, keep, None::<Kind>)?.size();
    let value = range.ok_or_else(|| {
        TchError::Shape("the extreme of no element of this type is not known".to_owned())
    })?;
    Tensor::f_full(shape, Scalar::float(value), (x.f_kind()?, x.device()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};
    use super::*;

    fn square() -> tare_adapter_api::Tensor {
        floats(&[2, 2], &[1.0, -2.0, 3.0, 4.0])
    }

    #[test]
    fn axes_are_an_attribute_of_old_operators_and_an_input_of_new_ones() {
        let old = one("ReduceMax", 13).ints("axes", &[-1]).fed(square());
        let known = one("ReduceMax", 18).fed(square()).known(longs(&[1], &[1]));
        let fed = one("ReduceMax", 18).fed(square()).fed(longs(&[1], &[-1]));
        for case in [old, known, fed] {
            assert_eq!(case.first(), (vec![2, 1], vec![1.0, 4.0]));
        }
        let all = one("ReduceMax", 18).int("keepdims", 0).fed(square());
        assert_eq!(all.first(), (vec![], vec![4.0]));
    }

    #[test]
    fn no_axes_mean_all_of_them_or_none() {
        let reduce = |op: &str, idle: i64| {
            let operator = one(op, 18).int("noop_with_empty_axes", idle);
            operator.fed(square()).fed(longs(&[0], &[])).first()
        };
        assert_eq!(reduce("ReduceSum", 0), (vec![1, 1], vec![6.0]));
        assert_eq!(reduce("ReduceSum", 1).1, [1.0, -2.0, 3.0, 4.0]);
        assert_eq!(reduce("ReduceSumSquare", 1).1, [1.0, 4.0, 9.0, 16.0]);
        assert_eq!(reduce("ReduceL1", 1).1, [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(reduce("ReduceL2", 1).1, [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(reduce("ReduceMean", 1).1, [1.0, -2.0, 3.0, 4.0]);
        assert_eq!(reduce("ReduceLogSumExp", 1).1, [1.0, -2.0, 3.0, 4.0]);
    }

    #[test]
    fn integers_stay_integers() {
        let whole = || longs(&[2, 2], &[3, -4, 5, 1 << 40]);
        let sum = one("ReduceSum", 13).int("keepdims", 0).fed(whole());
        assert_eq!(sum.first(), (vec![], vec![((1i64 << 40) + 4) as f64]));
        let found = one("ReduceProd", 18)
            .fed(whole())
            .known(longs(&[2], &[1, 0]));
        let tensor = found.tensors().expect("runs").remove(0);
        assert_eq!(tensor.kind(), Kind::Int64);
        assert_eq!(tensor.int64_value(&[0, 0]), -60 << 40);
        let mean = one("ReduceMean", 18).fed(whole());
        assert_eq!(
            mean.refusal(),
            "on i64: libtorch computes it of floating-point numbers only"
        );
        let length = one("ReduceL2", 18).fed(whole());
        assert!(length.refusal().starts_with("on i64"));
        let distance = one("ReduceL1", 18).fed(longs(&[2], &[3, -4]));
        assert_eq!(distance.first().1, [7.0]);
    }

    #[test]
    fn reductions_of_nothing_are_what_changes_nothing() {
        let nothing = |op: &str| {
            let operator = one(op, 18).fed(floats(&[2, 0, 3], &[]));
            operator.known(longs(&[1], &[1])).int("keepdims", 0).first()
        };
        assert_eq!(
            nothing("ReduceMax"),
            (vec![2, 3], vec![f64::NEG_INFINITY; 6])
        );
        assert_eq!(nothing("ReduceMin"), (vec![2, 3], vec![f64::INFINITY; 6]));
        assert_eq!(nothing("ReduceSum"), (vec![2, 3], vec![0.0; 6]));
        assert_eq!(nothing("ReduceProd"), (vec![2, 3], vec![1.0; 6]));
        let least = one("ReduceMax", 18).fed(longs(&[0], &[]));
        assert!(
            least
                .run()
                .expect_err("unknown")
                .contains("extreme of no element")
        );
    }
}
