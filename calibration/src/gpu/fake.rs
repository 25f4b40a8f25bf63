//! A device with known rates and known faults, on the simulated clock.

use tare_clock::{Clock, SimulatedClock};
use tare_units::{Bytes, Nanoseconds};

use super::MathMode;
use super::device::{Device, Facts, Fault, Prepared, Work};

/// As large a device as any.
pub(crate) fn facts() -> Facts {
    Facts {
        name: "Fake 9000".into(),
        multiprocessors: 100,
        l2: Bytes::from_mib(50),
        free: Bytes::from_mib(80 << 10),
        capability: (9, 0),
    }
}

/// Host nanoseconds of each launch, where the device is idle and where it is not.
pub(crate) const START_NS: (u64, u64) = (4_000, 2_000);

/// Host nanoseconds of waiting for what is done.
pub(crate) const WAIT_NS: u64 = 3_000;

/// What fails, and how.
pub(crate) type Fails = fn(Work) -> Option<Fault>;

/// Executes nothing, and takes its time for it.
pub(crate) struct Fake<'c> {
    pub(crate) facts: Facts,
    pub(crate) clock: &'c SimulatedClock,
    /// Work that cannot be prepared.
    pub(crate) refuses: Fails,
    /// Work that fails when it is executed for the given time.
    pub(crate) breaks: (u64, Fails),
}

impl<'c> Fake<'c> {
    pub(crate) fn new(clock: &'c SimulatedClock) -> Self {
        Self {
            facts: facts(),
            clock,
            refuses: |_| None,
            breaks: (0, |_| None),
        }
    }
}

/// Operations, of work on memory bytes, a second, by variant.
pub(crate) fn rate(work: Work, variant: usize) -> f64 {
    match work {
        Work::Fma {
            mode: MathMode::Fp16,
        } => 100e12,
        Work::Fma { .. } => 50e12,
        Work::Gemm { size: 8192, .. } => [400e12, 800e12, 600e12][variant],
        Work::Gemm { .. } => [300e12, 500e12, 400e12][variant],
        Work::Read { passes: 1, .. } => 4e12,
        Work::Triad { passes: 1, .. } => 3.5e12,
        Work::Read { .. } => 8e12,
        Work::Triad { .. } => 6e12,
        Work::Copy { .. } => 50e9,
        Work::Nothing => 1.0,
    }
}

impl Device for Fake<'_> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn prepare(&self, work: Work) -> Result<Box<dyn Prepared + '_>, Fault> {
        if let Some(fault) = (self.refuses)(work) {
            return Err(fault);
        }
        Ok(Box::new(Ready {
            fake: self,
            work,
            done: 0,
            pending: 0,
            began: 0,
        }))
    }
}

struct Ready<'f> {
    fake: &'f Fake<'f>,
    work: Work,
    done: u64,
    pending: u64,
    began: u64,
}

impl Ready<'_> {
    fn takes(&self, variant: usize) -> u64 {
        (self.work.amount(&self.fake.facts) / rate(self.work, variant) * 1e9) as u64
    }

    fn pass(&self, nanos: u64) {
        self.fake.clock.advance(Nanoseconds::from_nanos(nanos));
    }
}

impl Prepared for Ready<'_> {
    fn variants(&self) -> usize {
        match self.work {
            Work::Gemm { .. } => 3,
            _ => 1,
        }
    }

    fn start(&mut self, variant: usize, times: u64) -> Result<(), Fault> {
        let (after, breaks) = self.fake.breaks;
        self.done += times;
        if let Some(fault) = breaks(self.work).filter(|_| self.done > after) {
            return Err(fault);
        }
        if self.pending == 0 {
            self.began = self.fake.clock.now().as_nanos();
        }
        for _ in 0..times {
            let idle = self.pending == 0;
            self.pass(if idle { START_NS.0 } else { START_NS.1 });
            self.pending += self.takes(variant).max(1);
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Fault> {
        let end = self.began + self.pending;
        let now = self.fake.clock.now().as_nanos();
        self.pass(end.saturating_sub(now) + WAIT_NS);
        self.pending = 0;
        Ok(())
    }

    fn timed(&mut self, variant: usize, times: u64) -> Result<Nanoseconds, Fault> {
        self.start(variant, times)?;
        self.wait()?;
        Ok(Nanoseconds::from_nanos(self.takes(variant) * times))
    }
}
