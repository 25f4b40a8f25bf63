//! Joules beside the repeats of a run: idle before and after each worker, with the model loaded, and the timed requests.

use tare_clock::Clock;
use tare_hardware::checks::{gpu_of, visible_gpus};
use tare_hardware::energy::{
    Assessment, DEFAULT_BOUND, EnergySampler, Measured, Primary, SamplerOptions, Sources, Span,
    Windows, assess,
};
use tare_results::{Machine, Missing};
use tare_units::Nanoseconds;

/// How long the machine rests for each reading of idle.
const REST: Nanoseconds = Nanoseconds::from_secs(1);

/// What tells joules during a run; it reads in a thread of the parent's own.
pub struct EnergyMeter {
    sampler: EnergySampler,
    missing: Missing,
    is_there: bool,
}

/// The stretches of one worker that its parent saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stretches {
    /// The timed requests.
    pub timed: Option<Span>,
    /// With the model loaded, before any request.
    pub loaded: Option<Span>,
}

impl EnergyMeter {
    /// Reads `sources` from now on.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(sources: Sources, clock: impl Clock + 'static) -> std::io::Result<Self> {
        Ok(Self {
            is_there: !sources.usable.is_empty(),
            missing: sources.missing,
            sampler: EnergySampler::start(sources.usable, clock, SamplerOptions::default())?,
        })
    }

    /// Lets a second pass in which nothing is asked of the machine; `None` at once where nothing tells joules.
    pub fn rest(&self, clock: &dyn Clock) -> Option<Span> {
        self.is_there.then(|| {
            let from = clock.now();
            clock.wait_until(from + REST);
            Span {
                from,
                to: clock.now(),
            }
        })
    }

    /// What a repeat cost that did `samples` samples on `device` of `machine`; `idle` is before and after its worker.
    pub fn assess(
        &self,
        (stretches, idle): (Stretches, [Option<Span>; 2]),
        samples: u64,
        (device, machine): (&str, &Machine),
        clock: &dyn Clock,
    ) -> Assessment {
        let Some(timed) = stretches.timed else {
            let reason = "the timed requests were not watched".to_owned();
            return Assessment {
                missing: [("energy".to_owned(), reason)].into(),
                ..Assessment::default()
            };
        };
        let [idle_before, idle_after] = idle;
        self.sampler
            .settle(idle_after.map_or(timed.to, |after| after.to), clock);
        let measured = Measured {
            windows: Windows {
                timed,
                idle_before,
                idle_after,
                loaded: stretches.loaded,
            },
            samples,
            primary: primary(device, machine),
            bound: DEFAULT_BOUND,
        };
        assess(&self.sampler.histories(), &measured, &self.missing)
    }
}

/// The processors', or that of the GPU that `device` means.
fn primary(device: &str, machine: &Machine) -> Primary {
    let gpu = gpu_of(device, machine, visible_gpus().as_deref());
    match gpu {
        Some(Ok((_, gpu))) => gpu.uuid.clone().map_or(Primary::Cpu, Primary::Gpu),
        Some(Err(_)) | None => Primary::Cpu,
    }
}
