//! From values to pixels: logarithmic, or by nines as the tail of a distribution is read.

use super::ticks;

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Each tenfold alike.
    Logarithmic,
    /// Shares from 0 to 1: half, then each nine alike.
    Nines,
}

/// The values `low..=high`, laid over pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    spread: Spread,
    low: f64,
    high: f64,
}

const MARGIN: f64 = 0.04;
/// No axis is narrower than this factor from end to end.
const NARROWEST: f64 = 1.3;

impl Scale {
    /// Logarithmic over all values above zero with a margin; `None` where there is none.
    pub fn logarithmic(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (low, high) = bounds(values.into_iter().filter(|value| *value > 0.0))?;
        let (low, high) = match high / low < NARROWEST {
            true => (
                low / NARROWEST.sqrt() / 1.05,
                high * NARROWEST.sqrt() * 1.05,
            ),
            false => {
                let margin = (high / low).powf(MARGIN);
                (low / margin, high * margin)
            }
        };
        Some(Self {
            spread: Spread::Logarithmic,
            low,
            high,
        })
    }

    /// Shares from 0 to `high`, below 1.
    pub fn nines(high: f64) -> Self {
        Self {
            spread: Spread::Nines,
            low: 0.0,
            high,
        }
    }

    /// The least and the greatest value that it shows.
    pub fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Where `value` stands between the ends, from 0 to 1; beyond where it lies outside.
    pub fn place(&self, value: f64) -> f64 {
        let [value, low, high] = [value, self.low, self.high].map(|value| self.unroll(value));
        (value - low) / (high - low)
    }

    /// Whether it shows `value`.
    pub fn shows(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// `count` values spread evenly over it as it looks.
    pub fn samples(&self, count: usize) -> Vec<f64> {
        let (low, high) = (self.unroll(self.low), self.unroll(self.high));
        let at = |index: usize| low + (high - low) * index as f64 / (count.max(2) - 1) as f64;
        (0..count).map(|index| self.roll(at(index))).collect()
    }

    /// Of `count` such values those between `low` and `high`, and these two at the ends.
    pub fn between(&self, (low, high): (f64, f64), count: usize) -> Vec<f64> {
        let within = self.samples(count).into_iter();
        let within = within.filter(|at| (low..=high).contains(at));
        let mut all: Vec<f64> = [low].into_iter().chain(within).chain([high]).collect();
        all.dedup();
        all
    }

    /// At most about `most` round values.
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        match self.spread {
            Spread::Logarithmic => ticks::logarithmic(self.low, self.high, most),
            Spread::Nines => [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999]
                .into_iter()
                .filter(|share| *share <= self.high)
                .collect(),
        }
    }

    fn unroll(&self, value: f64) -> f64 {
        match self.spread {
            Spread::Logarithmic => value.log10(),
            Spread::Nines => -(1.0 - value).log10(),
        }
    }

    fn roll(&self, place: f64) -> f64 {
        match self.spread {
            Spread::Logarithmic => 10f64.powf(place),
            Spread::Nines => 1.0 - 10f64.powf(-place),
        }
    }
}

fn bounds(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold(None, |bounds, value| match bounds {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_within_its_own_scale() {
        let values = [3.0, 0.0, f64::NAN, 700.0, f64::INFINITY];
        let scale = Scale::logarithmic(values).expect("a scale");
        assert!((0.0..0.1).contains(&scale.place(3.0)));
        assert!((0.9..1.0).contains(&scale.place(700.0)));
        assert_eq!(Scale::logarithmic([0.0, -1.0]), None);
    }

    #[test]
    fn a_single_value_stands_in_the_middle() {
        let scale = Scale::logarithmic([42.0]).expect("a scale");
        assert!((scale.place(42.0) - 0.5).abs() < 1e-9);
        assert!(scale.ticks(5).len() >= 2, "{:?}", scale.ticks(5));
    }

    #[test]
    fn each_nine_takes_as_much_room() {
        let scale = Scale::nines(0.999);
        let places = [0.9, 0.99, 0.999].map(|share| scale.place(share));
        assert!((places[1] - 2.0 * places[0]).abs() < 1e-9 && (places[2] - 1.0).abs() < 1e-9);
        assert_eq!(scale.ticks(9), [0.0, 0.5, 0.9, 0.99, 0.999]);
    }

    #[test]
    fn samples_go_from_end_to_end() {
        let scale = Scale::logarithmic([1.0, 100.0]).expect("a scale");
        let samples = scale.samples(5);
        let (low, high) = scale.range();
        assert!((samples[0] / low - 1.0).abs() < 1e-9 && (samples[4] / high - 1.0).abs() < 1e-9);
        assert!((samples[2] - 10.0).abs() < 1e-9);
    }
}
