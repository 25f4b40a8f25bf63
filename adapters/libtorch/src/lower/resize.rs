//! Resize and Upsample: torch's interpolation where it is exactly what the model asks for, rows chosen axis by axis for
//! the other kinds of nearest neighbours, and a refusal for the rest.

use tare_adapter_api::DataType;
use tch::{Kind, TchError};

use super::coordinates::{Coordinates, Nearest, Rounding, Side};
use super::host::{self, from_first};
use super::interpolate::{Interpolate, Plan, is_image};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[("Resize", resize), ("Upsample", resize)];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Nearest(Rounding),
    Linear,
    Cubic { coefficient: f64 },
}

/// What `sizes` mean where both sides are not to be stretched alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aspect {
    Stretch,
    NotLarger,
    NotSmaller,
}

struct Resize {
    mode: Mode,
    coordinates: Coordinates,
    /// Whether the filter is as wide as the step where an axis shrinks.
    smooth: bool,
    /// Whether elements beyond the edge have no weight, instead of being the edge's.
    exclude_outside: bool,
    /// Whether torch interpolates numbers of this type.
    dtype: Option<DataType>,
    axes: Option<Vec<i64>>,
    aspect: Aspect,
    /// The inputs with factors and with sizes.
    scales: usize,
    sizes: usize,
}

fn resize(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let resize = Resize::read(node)?.refuse()?;
    let known = node.shape(0).zip(resize.asked_at_load(node));
    if let Some((shape, (scales, sizes))) = known {
        let sides = resize.sides(&shape, &scales, &sizes);
        let plan = sides.and_then(|sides| resize.plan(sides));
        let plan = plan.map_err(Refusal::new)?;
        return Ok(match plan {
            Plan::Same => Kernel::same(),
            plan => Kernel::new(move |inputs: Inputs<'_>| plan.run(inputs.at(0)?)),
        });
    }
    if node.has_input(resize.scales) && node.target().float != Kind::Float {
        return Err(Refusal::new(
            "by factors that only the run tells, as they were rounded with everything else",
        ));
    }
    if resize.smooth && !resize.exclude_outside {
        return Err(Refusal::new(
            "smoothed by a filter that repeats the edge: torch's leaves out what is outside",
        ));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let (scales, sizes) = resize.asked(inputs)?;
        let sides = resize.sides(&x.size(), &scales, &sizes);
        let plan = sides.and_then(|sides| resize.plan(sides));
        plan.map_err(TchError::Shape)?.run(x)
    }))
}

impl Resize {
    /// Before version 11 coordinates were asymmetric and rounded down.
    fn read(node: &Node<'_>) -> Result<Self, Refusal> {
        let old = node.opset() < 11;
        let word = |name: &str, before: &'static str, since: &'static str| {
            node.string(name, if old { before } else { since })
                .to_owned()
        };
        let coordinates = word("coordinate_transformation_mode", "asymmetric", "half_pixel");
        let nearest = word("nearest_mode", "floor", "round_prefer_floor");
        let unknown = |what: &str| Refusal::new(format!("with '{what}', which torch has not"));
        Ok(Self {
            mode: match node.string("mode", "nearest") {
                "nearest" => Rounding::read(&nearest)
                    .map(Mode::Nearest)
                    .ok_or_else(|| unknown(&nearest))?,
                "linear" => Mode::Linear,
                "cubic" => Mode::Cubic {
                    coefficient: node.float("cubic_coeff_a", -0.75),
                },
                other => return Err(unknown(other)),
            },
            coordinates: Coordinates::read(&coordinates).ok_or_else(|| unknown(&coordinates))?,
            smooth: node.flag("antialias", false),
            exclude_outside: node.flag("exclude_outside", false),
            dtype: node.dtype(0),
            axes: node.ints("axes"),
            aspect: match node.string("keep_aspect_ratio_policy", "stretch") {
                "stretch" => Aspect::Stretch,
                "not_larger" => Aspect::NotLarger,
                "not_smaller" => Aspect::NotSmaller,
                other => return Err(unknown(other)),
            },
            scales: if old { 1 } else { 2 },
            sizes: 3,
        })
    }

    /// Refuses what no shape can make exact.
    fn refuse(self) -> Result<Self, Refusal> {
        let float = self.dtype.is_some_and(DataType::is_float);
        match self.mode {
            Mode::Nearest(_) => Ok(self),
            _ if !float => Err(Refusal::new("by interpolation on other than floats")),
            _ if self.coordinates == Coordinates::Asymmetric => Err(Refusal::new(
                "at asymmetric coordinates, which torch's interpolation has not",
            )),
            Mode::Cubic { coefficient } if !self.smooth => {
                if coefficient != -0.75 || self.exclude_outside {
                    return Err(Refusal::new(
                        "with another cubic filter than torch's: its coefficient is -0.75, and edges are repeated",
                    ));
                }
                Ok(self)
            }
            _ => Ok(self),
        }
    }
    /// Factors and sizes, one of them empty; `None` where they are known only when the model runs.
    fn asked_at_load(&self, node: &Node<'_>) -> Option<(Vec<f64>, Vec<i64>)> {
        let scales = match node.has_input(self.scales) {
            true => node.constant(self.scales)?.values::<f32>()?.to_vec(),
            false => vec![],
        };
        let sizes = node.constant_ints(self.sizes).ok()?.unwrap_or_default();
        Some((scales.into_iter().map(f64::from).collect(), sizes))
    }

    fn asked(&self, inputs: Inputs<'_>) -> Result<(Vec<f64>, Vec<i64>), TchError> {
        let scales = inputs.get(self.scales).map(host::numbers).transpose()?;
        let sizes = inputs.get(self.sizes).map(host::integers).transpose()?;
        Ok((scales.unwrap_or_default(), sizes.unwrap_or_default()))
    }

    /// Every axis before and after.
    fn sides(&self, shape: &[i64], scales: &[f64], sizes: &[i64]) -> Result<Vec<Side>, String> {
        let all: Vec<i64> = (0..shape.len() as i64).collect();
        let axes = self.axes.as_ref().unwrap_or(&all);
        let count = if scales.is_empty() {
            sizes.len()
        } else {
            scales.len()
        };
        if count != axes.len() {
            return Err(format!(
                "with {count} factors or sizes for {} axes",
                axes.len()
            ));
        }
        let mut sides: Vec<Side> = shape.iter().map(|size| stretched(*size, *size)).collect();
        let mut places = vec![];
        for axis in axes {
            places.push(from_first(*axis, shape.len()).map_err(|error| error.to_string())?);
        }
        for (index, place) in places.iter().enumerate() {
            let from = shape[*place];
            sides[*place] = match scales.get(index) {
                Some(scale) => scaled(from, *scale, (from as f64 * scale).floor()),
                None => stretched(from, sizes[index]),
            };
        }
        if scales.is_empty() && self.aspect != Aspect::Stretch {
            self.keep_aspect(&mut sides, &places);
        }
        match sides.iter().find(|side| !side.is_possible()) {
            Some(side) => Err(format!("from {} to {} elements", side.from, side.to)),
            None => Ok(sides),
        }
    }

    fn keep_aspect(&self, sides: &mut [Side], places: &[usize]) {
        let scales = places.iter().map(|place| sides[*place].scale);
        let scale = match self.aspect {
            Aspect::NotLarger => scales.fold(f64::INFINITY, f64::min),
            _ => scales.fold(0.0, f64::max),
        };
        for place in places {
            let from = sides[*place].from;
            sides[*place] = scaled(from, scale, (from as f64 * scale + 0.5).floor());
        }
    }

    fn plan(&self, sides: Vec<Side>) -> Result<Plan, String> {
        if sides.iter().all(|side| side.is_same()) {
            return Ok(Plan::Same);
        }
        match self.mode {
            Mode::Nearest(rounding) => Ok(self.nearest(rounding, sides)),
            _ => self.interpolation(sides),
        }
    }

    fn nearest(&self, rounding: Rounding, sides: Vec<Side>) -> Plan {
        let rows = |side: &Side| side.nearest(self.coordinates, rounding);
        let native = self
            .dtype
            .is_some_and(|dtype| dtype.is_float() || dtype == DataType::U8);
        if native && is_image(&sides) {
            for way in [Nearest::Floor, Nearest::Exact] {
                if sides
                    .iter()
                    .all(|side| side.nearest_of_torch(way) == rows(side))
                {
                    return Plan::Torch(Interpolate::Nearest(way), sides);
                }
            }
        }
        let moved = sides.iter().enumerate().filter(|(_, side)| !side.is_same());
        Plan::Rows(
            moved
                .map(|(axis, side)| (axis as i64, rows(side)))
                .collect(),
        )
    }

    fn interpolation(&self, sides: Vec<Side>) -> Result<Plan, String> {
        if !is_image(&sides) {
            return Err("over other axes than the last one to three".to_owned());
        }
        if !sides.iter().all(|side| self.coordinates.is_torchs(*side)) {
            return Err("at coordinates that torch's interpolation has not".to_owned());
        }
        let aligned = self.coordinates == Coordinates::AlignCorners;
        let smooth = self.smooth && sides.iter().any(|side| side.scale < 1.0);
        let plane = sides.len() == 4;
        let interpolate = match self.mode {
            Mode::Cubic { coefficient } if smooth => {
                (coefficient == -0.5 && self.exclude_outside && plane && !aligned)
                    .then_some(Interpolate::SmoothCubic)
            }
            Mode::Cubic { coefficient } => {
                (coefficient == -0.75 && plane).then_some(Interpolate::Cubic { aligned })
            }
            _ if smooth => {
                (self.exclude_outside && plane && !aligned).then_some(Interpolate::SmoothLinear)
            }
            _ => Some(Interpolate::Linear { aligned }),
        };
        let interpolate = interpolate
            .ok_or("by a filter that is not torch's: smoothing excludes what is outside, cubic filters are for planes")?;
        Ok(Plan::Torch(interpolate, sides))
    }
}

fn stretched(from: i64, to: i64) -> Side {
    Side {
        from,
        to,
        scale: if from == to {
            1.0
        } else {
            to as f64 / from as f64
        },
        told: None,
    }
}

fn scaled(from: i64, scale: f64, to: f64) -> Side {
    Side {
        from,
        to: to as i64,
        scale,
        told: Some(scale),
    }
}

#[cfg(test)]
mod tests;
