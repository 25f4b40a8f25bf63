//! The three parts in whole nanoseconds, each with its interval.

use tare_results::{Tax, TaxMethod};
use tare_statistics::{MeanInterval, independent_share, paired_share};
use tare_units::SignedNanoseconds;

use super::quantity::{Quantity, Term, sum};

/// What the tax is read from.
pub enum Source {
    /// The twin's latency is no less than the tax, and at most so many nanoseconds more.
    Twin(Quantity, f64),
    /// The device's busy time is all that is not tax.
    Busy(Quantity),
    /// The time between events around the device's work is no less than its busy time.
    Events(Quantity),
    /// A law's prediction is the tax.
    Law(MeanInterval),
}

impl Source {
    /// By how much the tax may be less than what is taken for it, and the work more, in nanoseconds.
    fn surplus(&self) -> f64 {
        match self {
            Self::Twin(_, surplus) => *surplus,
            _ => 0.0,
        }
    }

    /// By how much the tax may be more than what is taken for it, and the work less, in nanoseconds.
    fn hidden(&self) -> f64 {
        match self {
            Self::Events(between) => between.mean,
            _ => 0.0,
        }
    }

    /// `interval` of a tax, reaching as far as both say.
    fn of_tax(&self, interval: MeanInterval) -> MeanInterval {
        raised(lowered(interval, self.surplus()), self.hidden())
    }

    /// The same of the work that is left.
    fn of_work(&self, interval: MeanInterval) -> MeanInterval {
        raised(lowered(interval, self.hidden()), self.surplus())
    }

    /// How it is called.
    pub fn method(&self) -> TaxMethod {
        match self {
            Self::Twin(..) => TaxMethod::HollowTwin,
            Self::Busy(_) => TaxMethod::DeviceIntervals,
            Self::Events(_) => TaxMethod::DeviceEvents,
            Self::Law(_) => TaxMethod::Law,
        }
    }
}

/// Each part as a value and, where its spread is known, an interval, in nanoseconds.
pub struct Parts {
    latency: f64,
    floor: Option<Part>,
    inefficiency: Option<Option<MeanInterval>>,
    tax: Part,
    kernel: Option<MeanInterval>,
    share: Option<MeanInterval>,
}

struct Part {
    value: f64,
    interval: Option<MeanInterval>,
}

impl Parts {
    /// Of a latency and what its tax is read from.
    pub fn of(latency: &Quantity, source: &Source, floor: Option<&Quantity>) -> Self {
        let predicted;
        let (tax, kernel): (Vec<Term<'_>>, Vec<Term<'_>>) = match source {
            Source::Twin(twin, _) => (vec![(1.0, twin)], vec![(1.0, latency), (-1.0, twin)]),
            Source::Busy(busy) | Source::Events(busy) => {
                (vec![(1.0, latency), (-1.0, busy)], vec![(1.0, busy)])
            }
            Source::Law(prediction) => {
                predicted = Quantity::alone(*prediction);
                (
                    vec![(1.0, &predicted)],
                    vec![(1.0, latency), (-1.0, &predicted)],
                )
            }
        };
        let value = |terms: &[Term<'_>]| {
            let signed = terms.iter().map(|(sign, of)| sign * of.mean);
            signed.sum::<f64>()
        };
        let inefficiency = floor.map(|floor| {
            let terms: Vec<Term<'_>> = kernel.iter().copied().chain([(-1.0, floor)]).collect();
            sum(&terms).map(|interval| source.of_work(interval))
        });
        Self {
            latency: latency.mean,
            floor: floor.map(|floor| Part {
                value: floor.mean,
                interval: floor.interval(),
            }),
            inefficiency,
            tax: Part {
                value: value(&tax),
                interval: sum(&tax).map(|interval| source.of_tax(interval)),
            },
            kernel: sum(&kernel).map(|interval| source.of_work(interval)),
            share: share(latency, source),
        }
    }

    /// As they are published: floor and tax rounded, inefficiency what they leave of the rounded latency.
    pub fn tax(&self, method: TaxMethod) -> Tax {
        let whole = SignedNanoseconds::from_nanos_f64;
        let (latency_ns, tax_ns) = (whole(self.latency), whole(self.tax.value));
        let floor_ns = self.floor.as_ref().map(|floor| whole(floor.value));
        let kernel_ns = latency_ns - tax_ns;
        let ends = |interval: Option<MeanInterval>| interval.map(outward).unzip();
        let (floor_low_ns, floor_high_ns) = ends(self.floor.as_ref().and_then(|one| one.interval));
        let (inefficiency_low_ns, inefficiency_high_ns) = ends(self.inefficiency.flatten());
        let (tax_low_ns, tax_high_ns) = ends(self.tax.interval);
        let (kernel_low_ns, kernel_high_ns) = ends(self.kernel);
        Tax {
            method,
            latency_ns,
            floor_ns,
            floor_low_ns,
            floor_high_ns,
            floor_term: None,
            inefficiency_ns: floor_ns.map(|floor| kernel_ns - floor),
            inefficiency_low_ns,
            inefficiency_high_ns,
            algorithmic: false,
            tax_ns,
            tax_low_ns,
            tax_high_ns,
            kernel_ns,
            kernel_low_ns,
            kernel_high_ns,
            tax_fraction: self.tax.value / self.latency,
            tax_fraction_low: self.share.map(|share| share.low),
            tax_fraction_high: self.share.map(|share| share.high),
            class: None,
            operators_executed: None,
            twin_operators_executed: None,
            rung: None,
            hollowness: None,
            elements_ratio: None,
            residual_ns: None,
            predicted_tax_ns: None,
            predicted_tax_low_ns: None,
            predicted_tax_high_ns: None,
            peak_rss_bytes: None,
            load_ns: None,
            first_inference_ns: None,
            above_idle_j: None,
        }
    }
}

/// The tax over the latency.
fn share(latency: &Quantity, source: &Source) -> Option<MeanInterval> {
    match source {
        Source::Twin(twin, surplus) => {
            let share = share_of(twin, latency)?;
            Some(lowered(share, surplus / latency.mean))
        }
        Source::Law(predicted) => independent_share(*predicted, latency.interval()?),
        Source::Busy(busy) | Source::Events(busy) => {
            let busy = share_of(busy, latency)?;
            let share = MeanInterval {
                mean: 1.0 - busy.mean,
                low: 1.0 - busy.high,
                high: 1.0 - busy.low,
            };
            Some(raised(share, source.hidden() / latency.mean))
        }
    }
}

fn share_of(part: &Quantity, latency: &Quantity) -> Option<MeanInterval> {
    match part.is_paired(latency) {
        true => paired_share(&part.values(), &latency.values()),
        false => independent_share(part.interval()?, latency.interval()?),
    }
}

fn lowered(interval: MeanInterval, by: f64) -> MeanInterval {
    MeanInterval {
        low: interval.low - by,
        ..interval
    }
}

fn raised(interval: MeanInterval, by: f64) -> MeanInterval {
    MeanInterval {
        high: interval.high + by,
        ..interval
    }
}

/// The ends of an interval, rounded away from its middle.
pub fn outward(interval: MeanInterval) -> (SignedNanoseconds, SignedNanoseconds) {
    let whole = SignedNanoseconds::from_nanos_f64;
    (whole(interval.low.floor()), whole(interval.high.ceil()))
}
