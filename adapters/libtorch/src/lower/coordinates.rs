//! Where a resized axis takes its elements from, as ONNX defines it and as torch computes it; pure arithmetic.

/// One axis before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    pub(super) from: i64,
    pub(super) to: i64,
    /// What coordinates are divided by: `to / from`, or the factor that was given.
    pub(super) scale: f64,
    /// The factor, where it is to be told to torch, which else divides the sizes.
    pub(super) told: Option<f64>,
}

/// ONNX's `coordinate_transformation_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
}

/// ONNX's `nearest_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
}

impl Coordinates {
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "half_pixel" => Self::HalfPixel,
            "half_pixel_symmetric" => Self::HalfPixelSymmetric,
            "pytorch_half_pixel" => Self::PytorchHalfPixel,
            "align_corners" => Self::AlignCorners,
            "asymmetric" => Self::Asymmetric,
            _ => return None,
        })
    }

    /// The place of element `x` of the resized axis in the original one.
    fn original(self, x: i64, side: Side) -> f64 {
        let (x, from, width) = (x as f64, side.from as f64, side.scale * side.from as f64);
        let half_pixel = (x + 0.5) / side.scale - 0.5;
        match self {
            Self::HalfPixel => half_pixel,
            Self::HalfPixelSymmetric => from / 2.0 * (1.0 - side.to as f64 / width) + half_pixel,
            Self::PytorchHalfPixel if side.to == 1 => 0.0,
            Self::PytorchHalfPixel => half_pixel,
            Self::AlignCorners if width == 1.0 => 0.0,
            Self::AlignCorners => x * (from - 1.0) / (width - 1.0),
            Self::Asymmetric => x / side.scale,
        }
    }

    /// Whether torch's own interpolation, aligned or not, has these coordinates for the side.
    pub(super) fn is_torchs(self, side: Side) -> bool {
        let whole = side.scale * side.from as f64 == side.to as f64;
        match self {
            Self::HalfPixel => true,
            Self::HalfPixelSymmetric | Self::AlignCorners => whole,
            Self::PytorchHalfPixel => side.to > 1 || side.from == 1,
            Self::Asymmetric => side.is_same(),
        }
    }
}

impl Rounding {
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "round_prefer_floor" => Self::PreferFloor,
            "round_prefer_ceil" => Self::PreferCeil,
            "floor" => Self::Floor,
            "ceil" => Self::Ceil,
            _ => return None,
        })
    }

    fn round(self, place: f64) -> f64 {
        match self {
            Self::PreferFloor => (place - 0.5).ceil(),
            Self::PreferCeil => (place + 0.5).floor(),
            Self::Floor => place.floor(),
            Self::Ceil => place.ceil(),
        }
    }
}

/// torch's two ways to the nearest element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nearest {
    /// `upsample_nearest`: the floor of the asymmetric place.
    Floor,
    /// `_upsample_nearest_exact`: the floor from the middle of the element.
    Exact,
}

impl Side {
    /// Whether there is something to take elements from, and not more of them than torch indexes.
    pub(super) fn is_possible(self) -> bool {
        const MOST: i64 = i32::MAX as i64;
        let both = (1..=MOST).contains(&self.from) && (1..=MOST).contains(&self.to);
        self.is_same() || (both && self.scale.is_finite() && self.scale > 0.0)
    }

    /// Whether the axis stays as it is.
    pub(super) fn is_same(self) -> bool {
        self.from == self.to && self.scale == 1.0
    }

    /// The nearest element of the original axis for each of the resized one.
    pub(super) fn nearest(self, coordinates: Coordinates, rounding: Rounding) -> Vec<i64> {
        let place = |x: i64| rounding.round(coordinates.original(x, self)) as i64;
        let last = (self.from - 1).max(0);
        (0..self.to).map(|x| place(x).clamp(0, last)).collect()
    }

    /// The elements that torch takes; its arithmetic has single precision (ATen/native/UpSample.h).
    pub(super) fn nearest_of_torch(self, way: Nearest) -> Vec<i64> {
        let scale = match self.told {
            Some(factor) => (1.0 / factor) as f32,
            None => self.from as f32 / self.to as f32,
        };
        let place = |x: i64| match way {
            Nearest::Floor => (x as f32 * scale).floor() as i64,
            Nearest::Exact => ((x as f64 + 0.5) * f64::from(scale)).floor() as i64,
        };
        (0..self.to).map(|x| place(x).min(self.from - 1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(from: i64, to: i64) -> Side {
        Side {
            from,
            to,
            scale: to as f64 / from as f64,
            told: None,
        }
    }

    #[test]
    fn the_nearest_element_depends_on_both_modes() {
        let half = |rounding| side(4, 8).nearest(Coordinates::HalfPixel, rounding);
        assert_eq!(half(Rounding::PreferFloor), [0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(half(Rounding::Ceil), [0, 1, 1, 2, 2, 3, 3, 3]);
        let corners = side(4, 8).nearest(Coordinates::AlignCorners, Rounding::Floor);
        assert_eq!(corners, [0, 0, 0, 1, 1, 2, 2, 3]);
        let asymmetric = side(4, 8).nearest(Coordinates::Asymmetric, Rounding::PreferCeil);
        assert_eq!(asymmetric, [0, 1, 1, 2, 2, 3, 3, 3]);
        let tie = side(4, 2);
        let down = |rounding| tie.nearest(Coordinates::HalfPixel, rounding);
        assert_eq!(down(Rounding::PreferFloor), [0, 2]);
        assert_eq!(down(Rounding::PreferCeil), [1, 3]);
    }

    #[test]
    fn torchs_two_ways_are_two_of_onnxs() {
        for (from, to) in [(4, 8), (8, 4), (5, 7), (7, 3), (1, 4), (16, 48)] {
            let side = side(from, to);
            assert_eq!(
                side.nearest_of_torch(Nearest::Floor),
                side.nearest(Coordinates::Asymmetric, Rounding::Floor),
                "{from} to {to}"
            );
            assert_eq!(
                side.nearest_of_torch(Nearest::Exact),
                side.nearest(Coordinates::HalfPixel, Rounding::PreferCeil),
                "{from} to {to}"
            );
        }
    }

    #[test]
    fn coordinates_that_torch_has_not_are_told_apart() {
        let cut = Side {
            scale: 0.8,
            told: Some(0.8),
            ..side(4, 3)
        };
        assert!(Coordinates::HalfPixel.is_torchs(cut));
        assert!(!Coordinates::AlignCorners.is_torchs(cut));
        assert!(!Coordinates::HalfPixelSymmetric.is_torchs(cut));
        assert!(Coordinates::AlignCorners.is_torchs(side(4, 8)));
        assert!(!Coordinates::PytorchHalfPixel.is_torchs(side(4, 1)));
        assert!(!Coordinates::Asymmetric.is_torchs(side(4, 8)));
    }

    #[test]
    fn words_are_onnxs() {
        assert_eq!(Coordinates::read("tf_crop_and_resize"), None);
        assert_eq!(
            Coordinates::read("align_corners"),
            Some(Coordinates::AlignCorners)
        );
        assert_eq!(Rounding::read("ceil"), Some(Rounding::Ceil));
        assert_eq!(Rounding::read("nearest"), None);
    }
}
