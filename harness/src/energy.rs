//! Joules beside the repeats of a run: idle before and after each worker, with the model loaded, and while it works.

use std::sync::atomic::{AtomicBool, Ordering};

use tare_clock::Clock;
use tare_hardware::checks::{gpu_of, visible_gpus};
use tare_hardware::energy::{
    Assessment, DEFAULT_BOUND, EnergySampler, History, Measured, Primary, SamplerOptions, Sources,
    Span, Windows, assess, needed_window, resting,
};
use tare_results::{Machine, Missing};
use tare_units::Nanoseconds;

use crate::patience::{self, Had};
use crate::protocol::{Answer, Stretch};

/// After how long a rest looks anew at how long it must be: the first readings of a meter tell its pace.
const LOOK: Nanoseconds = Nanoseconds::from_millis(250);

/// What tells joules during a run; it reads in a thread of the parent's own.
pub struct EnergyMeter {
    readings: Box<dyn Readings>,
    missing: Missing,
    is_there: bool,
    /// Below which share the random part should stay; `None` where no request is made for it.
    bound: Option<f64>,
}

/// What sources have told so far.
pub(crate) trait Readings: Send + Sync {
    /// Waits until what they tell of the time before `to` is there.
    fn settle(&self, to: Nanoseconds, clock: &dyn Clock);

    /// All of it, source by source.
    fn histories(&self) -> Vec<History>;

    /// How far apart updates of the sources are that still tell, at the least the time since the latest.
    fn paces(&self, now: Nanoseconds) -> Vec<Nanoseconds>;
}

impl Readings for EnergySampler {
    fn settle(&self, to: Nanoseconds, clock: &dyn Clock) {
        self.settle(to, clock);
    }

    fn histories(&self) -> Vec<History> {
        self.histories()
    }

    fn paces(&self, now: Nanoseconds) -> Vec<Nanoseconds> {
        self.paces(now)
    }
}

/// The stretches of time of one worker that its parent saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans {
    /// The timed requests.
    pub timed: Option<Span>,
    /// What it did beyond them, oldest first.
    pub stretches: Vec<Stretch>,
    /// With the model loaded, before any request.
    pub loaded: Option<Span>,
}

/// What tells the joules of one cell's workers.
pub struct Scales<'a> {
    meter: &'a EnergyMeter,
    primary: Primary,
    /// Once set, nothing is waited for any longer.
    stop: &'a AtomicBool,
}

impl EnergyMeter {
    /// Reads `sources` from now on; workers go on until the random part is below `bound`, a share, or not at all.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(
        sources: Sources,
        bound: Option<f64>,
        clock: impl Clock + 'static,
    ) -> std::io::Result<Self> {
        let is_there = !sources.usable.is_empty();
        let sampler = EnergySampler::start(sources.usable, clock, SamplerOptions::default())?;
        Ok(Self {
            readings: Box::new(sampler),
            missing: sources.missing,
            is_there,
            bound,
        })
    }

    /// For a cell on `device` of `machine`, until the run is to `stop`.
    pub(crate) fn of<'a>(
        &'a self,
        (device, machine): (&str, &Machine),
        stop: &'a AtomicBool,
    ) -> Scales<'a> {
        Scales {
            meter: self,
            primary: primary(device, machine, visible_gpus().as_deref()),
            stop,
        }
    }

    /// Lets time pass in which nothing is asked of the machine: a second, or several updates of a slower source, 15 s at
    /// the most; `None` at once where nothing tells joules, or where the run is to `stop`.
    pub fn rest(&self, clock: &dyn Clock, stop: &AtomicBool) -> Option<Span> {
        if !self.is_there {
            return None;
        }
        let from = clock.now();
        loop {
            let now = clock.now();
            if stop.load(Ordering::SeqCst) {
                return None;
            }
            let until = from + resting(&self.readings.paces(now));
            if now >= until {
                return Some(Span { from, to: now });
            }
            clock.wait_until(until.min(now + LOOK));
        }
    }
}

impl Scales<'_> {
    /// As [`EnergyMeter::rest`].
    pub fn rest(&self, clock: &dyn Clock) -> Option<Span> {
        self.meter.rest(clock, self.stop)
    }

    /// Whether a worker that dies at `deadline` and has done what `spans` say goes on; at once where nothing tells joules.
    pub fn answer(&self, spans: &Spans, deadline: Nanoseconds, clock: &dyn Clock) -> Answer {
        self.stretch(spans, deadline, clock)
            .map_or(Answer::Go, Answer::More)
    }

    fn stretch(
        &self,
        spans: &Spans,
        deadline: Nanoseconds,
        clock: &dyn Clock,
    ) -> Option<Nanoseconds> {
        let (timed, work, bound) = (spans.timed?, spans.work()?, self.meter.bound?);
        let failed = |stretch: &Stretch| stretch.error.is_some();
        if !self.meter.is_there || spans.stretches.iter().any(failed) {
            return None;
        }
        self.meter.readings.settle(work.to, clock);
        let histories = self.meter.readings.histories();
        let needed = needed_window(&histories, &self.primary, work, bound)?;
        let had = Had {
            timed: timed.length(),
            window: work.length(),
            stretches: spans.stretches.len(),
            left: deadline.saturating_sub(clock.now()),
        };
        patience::stretch(needed, had)
    }

    /// What a repeat cost whose timed requests did `samples` samples; `idle` is before and after its worker.
    pub fn assess(
        &self,
        (spans, idle): (&Spans, [Option<Span>; 2]),
        samples: u64,
        clock: &dyn Clock,
    ) -> Assessment {
        let Some(work) = spans.work() else {
            let reason = "the timed requests were not watched".to_owned();
            return Assessment {
                missing: [("energy".to_owned(), reason)].into(),
                ..Assessment::default()
            };
        };
        let last = spans.stretches.last();
        if let Some(error) = last.and_then(|stretch| stretch.error.as_deref()) {
            return spoilt(error);
        }
        let [idle_before, idle_after] = idle;
        let readings = &self.meter.readings;
        readings.settle(idle_after.map_or(work.to, |after| after.to), clock);
        let measured = Measured {
            windows: Windows {
                work,
                idle_before,
                idle_after,
                loaded: spans.loaded,
            },
            samples: last.map_or(samples, |stretch| stretch.samples),
            stretched: last.is_some(),
            primary: self.primary.clone(),
            bound: self.meter.bound.unwrap_or(DEFAULT_BOUND),
        };
        assess(&readings.histories(), &measured, &self.meter.missing)
    }
}

impl Spans {
    /// The requests whose energy is told: those of the latest stretch, else the timed ones.
    fn work(&self) -> Option<Span> {
        let stretched = self.stretches.last().map(|stretch| Span {
            from: stretch.from_ns,
            to: stretch.to_ns,
        });
        stretched.or(self.timed)
    }
}

fn spoilt(error: &str) -> Assessment {
    let reason =
        format!("a request failed after the timed ones, while energy was measured: {error}");
    let mut assessment = Assessment::default();
    assessment.missing.insert("energy".to_owned(), reason);
    assessment
}

/// The processors', or that of the GPU that `device` means where CUDA is shown `visible`; of a GPU that is not found, the
/// processors' would be too little.
fn primary(device: &str, machine: &Machine, visible: Option<&str>) -> Primary {
    match gpu_of(device, machine, visible) {
        None => Primary::Cpu,
        Some(Ok((number, gpu))) => {
            let unnamed = || format!("GPU {number}");
            Primary::Gpu(gpu.uuid.clone().unwrap_or_else(unnamed))
        }
        Some(Err(_)) => Primary::Gpu(device.to_owned()),
    }
}

#[cfg(test)]
pub(crate) mod tests;
