//! Energy: sources that tell joules or watts are read at a steady rate, and windows of time are answered for afterwards.
//!
//! A source is one counter or one sensor: NVML's of a GPU, RAPL's of one kind of domain, or a meter's. Its readings go
//! into a bounded series; what a window cost, and how well that is known, are pure functions of the series. Two parts of
//! the uncertainty are kept apart: the random one (ticks, quantisation, what the sensor does not look at), which longer
//! windows make small beside the energy, and the systematic one (the sensor's gain), which they do not.

mod assess;
mod counter;
mod discover;
mod enough;
mod gpu;
mod idle;
mod knots;
mod meter;
mod pace;
mod power;
mod primary;
mod rapl;
mod sampler;
mod series;
mod source;
mod window;

pub use assess::{Assessment, Measured, Windows, assess};
pub use discover::{Sources, discover};
pub use enough::needed_window;
pub use meter::{Meter, MeterCommand};
pub use pace::resting;
pub use primary::Primary;
pub use sampler::{EnergySampler, SamplerOptions};
pub use series::{History, Reading};
pub use source::{EnergyError, EnergyProbe, Quantity, SourceSpec};
pub use window::{Span, WindowEnergy, WindowFault, window};

/// The bound that the random part of the uncertainty should stay below, as a share of the gross energy.
pub const DEFAULT_BOUND: f64 = 0.02;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod synthetic;
