//! torch's interpolations of a batch of channels over one to three further axes, and rows chosen axis by axis.

use tch::{TchError, Tensor};

use super::coordinates::{Nearest, Side};

/// What one shape is resized by.
pub(super) enum Plan {
    Same,
    Rows(Vec<(i64, Vec<i64>)>),
    Torch(Interpolate, Vec<Side>),
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interpolate {
    Nearest(Nearest),
    Linear {
        aligned: bool,
    },
    Cubic {
        aligned: bool,
    },
    /// Linear, with a filter as wide as the step.
    SmoothLinear,
    /// Cubic with the coefficient −0.5, and a filter as wide as the step.
    SmoothCubic,
}

impl Interpolate {
    /// Resizes the axes of `x` after the first two, of which `sides` tells.
    pub(super) fn call(self, x: &Tensor, sides: &[Side]) -> Result<Tensor, TchError> {
        let to: Vec<i64> = sides.iter().map(|side| side.to).collect();
        match (self, sides) {
            (Self::Nearest(Nearest::Floor), [a]) => x.f_upsample_nearest1d(to, a.told),
            (Self::Nearest(Nearest::Floor), [a, b]) => x.f_upsample_nearest2d(to, a.told, b.told),
            (Self::Nearest(Nearest::Floor), [a, b, c]) => {
                x.f_upsample_nearest3d(to, a.told, b.told, c.told)
            }
            (Self::Nearest(Nearest::Exact), [a]) => {
                x.f_internal_upsample_nearest_exact1d(to, a.told)
            }
            (Self::Nearest(Nearest::Exact), [a, b]) => {
                x.f_internal_upsample_nearest_exact2d(to, a.told, b.told)
            }
            (Self::Nearest(Nearest::Exact), [a, b, c]) => {
                x.f_internal_upsample_nearest_exact3d(to, a.told, b.told, c.told)
            }
            (Self::Linear { aligned }, [a]) => x.f_upsample_linear1d(to, aligned, a.told),
            (Self::Linear { aligned }, [a, b]) => {
                x.f_upsample_bilinear2d(to, aligned, a.told, b.told)
            }
            (Self::Linear { aligned }, [a, b, c]) => {
                x.f_upsample_trilinear3d(to, aligned, a.told, b.told, c.told)
            }
            (Self::Cubic { aligned }, [a, b]) => {
                x.f_upsample_bicubic2d(to, aligned, a.told, b.told)
            }
            (Self::SmoothLinear, [a, b]) => {
                x.f_internal_upsample_bilinear2d_aa(to, false, a.told, b.told)
            }
            (Self::SmoothCubic, [a, b]) => {
                x.f_internal_upsample_bicubic2d_aa(to, false, a.told, b.told)
            }
            _ => Err(TchError::Shape(format!(
                "no interpolation {self:?} over {} axes",
                sides.len()
            ))),
        }
    }
}

/// Whether a batch of channels has one to three further axes, and only those are resized.
pub(super) fn is_image(sides: &[Side]) -> bool {
    (3..=5).contains(&sides.len()) && sides[..2].iter().all(|side| side.is_same())
}

impl Plan {
    pub(super) fn run(&self, x: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Same => Ok(x.shallow_clone()),
            Self::Torch(interpolate, sides) => interpolate.call(x, &sides[2..]),
            Self::Rows(axes) => {
                let mut resized = x.shallow_clone();
                for (axis, rows) in axes {
                    let rows = Tensor::f_from_slice(rows)?.f_to_device(x.device())?;
                    resized = resized.f_index_select(*axis, &rows)?;
                }
                Ok(resized)
            }
        }
    }
}
