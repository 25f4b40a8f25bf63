//! A GPU's two sources: the counter of its energy, and the power of the moment.

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::energy::series::Reading;
use crate::energy::source::{EnergyError, EnergyProbe, Quantity, SourceSpec};
use crate::nvml::{GpuFacts, Nvml, NvmlError};

/// The longest that is known between two updates of either.
const TICK: Nanoseconds = Nanoseconds::from_millis(100);
/// Of each 100 ms, A100 and H100 look at 25 (arXiv:2312.02741); for others the same is taken, as nothing looks at less.
const SHARE: f64 = 0.25;
/// What the driver's documentation says of its power readings.
const GAIN: f64 = 0.05;

/// The sources of one GPU, or why it has none.
pub(crate) fn sources(
    nvml: &Nvml,
    gpu: &GpuFacts,
) -> Vec<Result<Box<dyn EnergyProbe>, EnergyError>> {
    let device = gpu.uuid.clone();
    let device = device.unwrap_or_else(|_| format!("GPU {}", gpu.index));
    if gpu.mig == Ok(true) {
        return vec![Err(EnergyError::Mig { device })];
    }
    [Quantity::Energy, Quantity::Power]
        .map(|quantity| GpuSource::open(nvml, gpu, quantity, &device))
        .into()
}

struct GpuSource {
    nvml: Nvml,
    index: u32,
    spec: SourceSpec,
}

impl GpuSource {
    fn open(
        nvml: &Nvml,
        gpu: &GpuFacts,
        quantity: Quantity,
        device: &str,
    ) -> Result<Box<dyn EnergyProbe>, EnergyError> {
        let is_instant = match quantity {
            Quantity::Energy => nvml.energy(gpu.index).map(|_| true)?,
            Quantity::Power => nvml.power(gpu.index)?.is_instant,
        };
        let kind = match quantity {
            Quantity::Energy => "counter",
            Quantity::Power => "power",
        };
        let spec = SourceSpec {
            name: format!("nvml:{device}:{kind}"),
            quantity,
            tick: TICK,
            quantum: 1e-3,
            share: SHARE,
            gain: Some(GAIN),
            wraps_at: None,
            averaged: (!is_instant).then_some(Nanoseconds::from_secs(1)),
            device: Some(device.to_owned()),
        };
        Ok(Box::new(Self {
            nvml: nvml.clone(),
            index: gpu.index,
            spec,
        }))
    }

    fn value(&self) -> Result<f64, NvmlError> {
        Ok(match self.spec.quantity {
            Quantity::Energy => self.nvml.energy(self.index)?.as_joules(),
            Quantity::Power => self.nvml.power(self.index)?.power.as_watts(),
        })
    }
}

impl EnergyProbe for GpuSource {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    fn poll(&mut self, clock: &dyn Clock) -> Result<Vec<Reading>, EnergyError> {
        let asked = clock.now();
        let value = self.value()?;
        Ok(vec![Reading {
            asked,
            answered: clock.now(),
            value,
        }])
    }
}
