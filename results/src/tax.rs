//! The split of a latency into floor, inefficiency and tax, and what the same subtraction says of other figures.

mod doubt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::{Bytes, Nanoseconds, SignedNanoseconds};

pub use doubt::TaxDoubt;

/// The median latency of a cell in three parts; `floor_ns` + `inefficiency_ns` + `tax_ns` = `latency_ns`, to the nanosecond.
///
/// Floor and tax are rounded to whole nanoseconds, and inefficiency is what they leave of the rounded latency, of
/// either sign. Bounds are those of 95% intervals. A field that is `null` has its reason in the summary's `missing`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tax {
    /// How the tax was come by.
    pub method: TaxMethod,
    /// What is split: the median over the repeats.
    pub latency_ns: SignedNanoseconds,
    /// What the hardware needs for the work: `null` where the machine was not calibrated or the work is not known.
    pub floor_ns: Option<SignedNanoseconds>,
    /// Lower bound.
    pub floor_low_ns: Option<SignedNanoseconds>,
    /// Upper bound.
    pub floor_high_ns: Option<SignedNanoseconds>,
    /// What bounds the floor.
    pub floor_term: Option<FloorTerm>,
    /// Work done slower than the floor.
    pub inefficiency_ns: Option<SignedNanoseconds>,
    /// Lower bound.
    pub inefficiency_low_ns: Option<SignedNanoseconds>,
    /// Upper bound.
    pub inefficiency_high_ns: Option<SignedNanoseconds>,
    /// Whether a negative inefficiency is explained by an algorithm that needs fewer operations than were counted.
    pub algorithmic: bool,
    /// What remains when the work is taken out.
    pub tax_ns: SignedNanoseconds,
    /// Lower bound.
    pub tax_low_ns: Option<SignedNanoseconds>,
    /// Upper bound.
    pub tax_high_ns: Option<SignedNanoseconds>,
    /// The latency less the tax.
    pub kernel_ns: SignedNanoseconds,
    /// Lower bound.
    pub kernel_low_ns: Option<SignedNanoseconds>,
    /// Upper bound.
    pub kernel_high_ns: Option<SignedNanoseconds>,
    /// The tax over the latency.
    pub tax_fraction: f64,
    /// Lower bound.
    pub tax_fraction_low: Option<f64>,
    /// Upper bound.
    pub tax_fraction_high: Option<f64>,
    /// What the cell's time is spent on: `null` where that takes a floor and there is none.
    pub class: Option<Class>,
    /// Operators executed in one request of the cell, after fusion.
    pub operators_executed: Option<u64>,
    /// The same of its twin.
    pub twin_operators_executed: Option<u64>,
    /// How far the twin's dimensions shrank.
    pub rung: Option<String>,
    /// The twin's FLOPs over the cell's.
    pub hollowness: Option<f64>,
    /// Elements that its operators hand to each other over those of the cell's.
    #[serde(default)]
    pub elements_ratio: Option<f64>,
    /// The most work that may be left in the twin, and so within the tax, by operations and by elements: the larger of
    /// h ÷ (1 − h) · kernel and the smaller of e ÷ (1 − e) · kernel and what the elements that are left take, with h the
    /// `hollowness` and e the `elements_ratio`; no more than the tax. `tax_low_ns` is lower by this much, and above 5% of
    /// the tax `tax_ns` is an upper bound.
    pub residual_ns: Option<SignedNanoseconds>,
    /// The tax that the dispatch law gives for the operators executed.
    pub predicted_tax_ns: Option<SignedNanoseconds>,
    /// Lower bound for one more cell, not for the law's mean.
    pub predicted_tax_low_ns: Option<SignedNanoseconds>,
    /// Upper bound.
    pub predicted_tax_high_ns: Option<SignedNanoseconds>,
    /// Resident memory at its peak, with the twin's and without.
    pub peak_rss_bytes: Option<Weighed>,
    /// Loading.
    pub load_ns: Option<Weighed>,
    /// The first request of all.
    pub first_inference_ns: Option<Weighed>,
    /// Energy above idle of one request.
    pub above_idle_j: Option<Weighed>,
}

/// How a tax was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaxMethod {
    /// The latency of the cell's hollow twin.
    HollowTwin,
    /// The latency less the time in which the device was busy.
    DeviceIntervals,
    /// The latency less the time between events around the device's work, in which it may have idled: a lower bound.
    DeviceEvents,
    /// What the dispatch law of other twins predicts, where no hollow twin could be made; where one was made that still does
    /// work, within what it allows.
    Law,
}

impl TaxMethod {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::HollowTwin => "hollow-twin",
            Self::DeviceIntervals => "device-intervals",
            Self::DeviceEvents => "device-events",
            Self::Law => "law",
        }
    }
}

/// The term that makes a floor: the largest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FloorTerm {
    /// FLOPs over the peak of arithmetic.
    Compute,
    /// Bytes that must move over the bandwidth of the memory that holds them.
    Memory,
    /// Inputs over the bandwidth to the device.
    HostToDevice,
    /// Outputs over the bandwidth from the device.
    DeviceToHost,
}

/// What a cell's time is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The tax is over half of the latency.
    FrameworkBound,
    /// It is under half, and arithmetic makes the floor.
    ComputeBound,
    /// It is under half, and moving bytes makes the floor.
    MemoryBound,
    /// The interval of the tax's share holds one half.
    Undecided,
}

impl Class {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::FrameworkBound => "framework-bound",
            Self::ComputeBound => "compute-bound",
            Self::MemoryBound => "memory-bound",
            Self::Undecided => "undecided",
        }
    }
}

/// One figure as it is, the twin's, and what is left; in the unit that the field's name ends in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Weighed {
    /// The cell's.
    pub gross: f64,
    /// The twin's.
    pub tare: f64,
    /// `gross` less `tare`; below zero where the twin's is the larger.
    pub net: f64,
}

impl Weighed {
    /// Of the cell's figure and its twin's.
    pub fn of(gross: f64, tare: f64) -> Self {
        Self {
            gross,
            tare,
            net: gross - tare,
        }
    }
}

/// The figures of the twin itself, over its repeats; a field that is `null` has its reason in the summary's `missing`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TwinFigures {
    /// Repeats that the figures are made of.
    pub repeats: u64,
    /// Mean of their medians.
    pub latency_p50_ns: Option<f64>,
    /// Mean.
    pub load_ns: Option<Nanoseconds>,
    /// Mean.
    pub first_inference_ns: Option<Nanoseconds>,
    /// The largest.
    pub peak_rss_bytes: Option<Bytes>,
    /// Mean energy above idle of one request.
    pub above_idle_j: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_without_the_tare_may_be_negative() {
        assert_eq!(Weighed::of(5.0, 2.0).net, 3.0);
        assert_eq!(Weighed::of(2.0, 5.0).net, -3.0);
    }

    #[test]
    fn classes_and_methods_are_written_as_they_are_named() {
        for class in [
            Class::FrameworkBound,
            Class::ComputeBound,
            Class::MemoryBound,
            Class::Undecided,
        ] {
            assert_eq!(
                serde_json::to_value(class).expect("serialises"),
                class.name()
            );
        }
        for method in [
            TaxMethod::HollowTwin,
            TaxMethod::DeviceIntervals,
            TaxMethod::DeviceEvents,
            TaxMethod::Law,
        ] {
            assert_eq!(
                serde_json::to_value(method).expect("serialises"),
                method.name()
            );
        }
    }
}
