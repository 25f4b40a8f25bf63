//! The thread of the parent that reads every source at a steady rate into bounded memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::energy::pace::SLOWEST;
use crate::energy::series::{History, Series};
use crate::energy::source::EnergyProbe;

/// How to sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamplerOptions {
    /// Between two readings of a source: shorter than a tick, so that ticks are seen where they are.
    pub period: Nanoseconds,
    /// The latest readings of each source that are kept, 24 bytes each.
    pub capacity: usize,
}

/// 50 readings a second for about 40 minutes.
impl Default for SamplerOptions {
    fn default() -> Self {
        Self {
            period: Nanoseconds::from_millis(20),
            capacity: 1 << 17,
        }
    }
}

/// Reads until it is dropped.
#[derive(Debug)]
pub struct EnergySampler {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    period: Nanoseconds,
}

#[derive(Debug)]
struct Shared {
    series: Mutex<Vec<Series>>,
    stop: AtomicBool,
}

impl EnergySampler {
    /// Starts reading `sources`; without any, no thread is started.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(
        sources: Vec<Box<dyn EnergyProbe>>,
        clock: impl Clock + 'static,
        options: SamplerOptions,
    ) -> std::io::Result<Self> {
        let series = sources
            .iter()
            .map(|source| Series::new(source.spec().clone(), options.capacity));
        let shared = Arc::new(Shared {
            series: Mutex::new(series.collect()),
            stop: AtomicBool::new(false),
        });
        let mut thread = None;
        if !sources.is_empty() {
            let shared = Arc::clone(&shared);
            let named = thread::Builder::new().name("energy".to_owned());
            thread = Some(named.spawn(move || run(sources, &clock, options.period, &shared))?);
        }
        Ok(Self {
            shared,
            thread,
            period: options.period,
        })
    }

    /// Waits until every source that still tells has been read for three ticks beyond `to`, or has told of its own accord
    /// of a time beyond; for two seconds at most, or as long as two updates of a slower source take.
    pub fn settle(&self, to: Nanoseconds, clock: &dyn Clock) {
        let is_open = |one: &Series| clock.now() < to + patience(one) && !is_beyond(one, to);
        while self.shared.lock().iter().any(is_open) {
            clock.wait_until(clock.now() + self.period);
        }
    }

    /// How far apart updates of the sources are that still tell, at the least the time since the latest.
    pub fn paces(&self, now: Nanoseconds) -> Vec<Nanoseconds> {
        let series = self.shared.lock();
        let told = series.iter().filter(|one| one.silent.is_none());
        told.map(|one| {
            let since = one.updated().map(|at| now.saturating_sub(at));
            let known = one.pace().unwrap_or(Nanoseconds::ZERO);
            known.max(since.unwrap_or(Nanoseconds::ZERO))
        })
        .collect()
    }

    /// What every source has told so far, in the order of the sources.
    pub fn histories(&self) -> Vec<History> {
        self.shared.lock().iter().map(Series::history).collect()
    }
}

fn is_beyond(one: &Series, to: Nanoseconds) -> bool {
    const TICKS: u64 = 3;
    let wanted = to + Nanoseconds::from_nanos(one.tick().as_nanos() * TICKS);
    one.silent.is_some() || one.updated().is_some_and(|at| at > wanted)
}

/// How long after a window its source is waited for.
fn patience(one: &Series) -> Nanoseconds {
    const LEAST: Nanoseconds = Nanoseconds::from_secs(2);
    const UPDATES: u64 = 2;
    let pace = one.pace().filter(|pace| *pace <= SLOWEST);
    let wanted = pace.map_or(0, |pace| pace.as_nanos() * UPDATES);
    LEAST.max(Nanoseconds::from_nanos(wanted))
}

impl Drop for EnergySampler {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // A source that panicked took its thread with it; what was read before stays.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Series>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reading that takes longer than a period leaves those out that it overslept.
fn run(
    mut sources: Vec<Box<dyn EnergyProbe>>,
    clock: &dyn Clock,
    period: Nanoseconds,
    shared: &Shared,
) {
    let mut next = clock.now();
    while !shared.stop.load(Ordering::SeqCst) {
        poll(&mut sources, clock, shared);
        next = (next + period).max(clock.now());
        clock.wait_until(next);
    }
}

/// The lock is held only while a reading is put down.
fn poll(sources: &mut [Box<dyn EnergyProbe>], clock: &dyn Clock, shared: &Shared) {
    for (index, source) in sources.iter_mut().enumerate() {
        let found = source.poll(clock);
        let mut series = shared.lock();
        let Some(series) = series.get_mut(index) else {
            continue;
        };
        match found {
            Ok(readings) => {
                series.silent = None;
                readings.into_iter().for_each(|one| series.push(one));
            }
            Err(error) => series.silent = Some(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::{MonotonicClock, SimulatedClock};

    use super::*;
    use crate::energy::series::Reading;
    use crate::energy::source::{EnergyError, SourceSpec};
    use crate::energy::synthetic::{counter, power};
    use crate::energy::window::{Span, window};

    /// Its value by the time; refuses from `lost` on.
    struct Made {
        spec: SourceSpec,
        of: fn(f64) -> f64,
        lost: f64,
    }

    impl EnergyProbe for Made {
        fn spec(&self) -> &SourceSpec {
            &self.spec
        }

        fn poll(&mut self, clock: &dyn Clock) -> Result<Vec<Reading>, EnergyError> {
            let asked = clock.now();
            if asked.as_secs_f64() >= self.lost {
                let program = "made".to_owned();
                return Err(EnergyError::MeterSilent { program });
            }
            Ok(vec![Reading {
                asked,
                answered: asked,
                value: (self.of)(asked.as_secs_f64()),
            }])
        }
    }

    fn made(spec: SourceSpec, of: fn(f64) -> f64, lost: f64) -> Box<dyn EnergyProbe> {
        Box::new(Made { spec, of, lost })
    }

    fn shared(sources: &[Box<dyn EnergyProbe>]) -> Shared {
        let series = sources
            .iter()
            .map(|source| Series::new(source.spec().clone(), 1_000));
        Shared {
            series: Mutex::new(series.collect()),
            stop: AtomicBool::new(false),
        }
    }

    #[test]
    fn one_source_that_is_lost_leaves_the_others_alone() {
        let clock = SimulatedClock::new();
        let mut sources = vec![
            made(counter("steady"), |at| 100.0 * at, f64::INFINITY),
            made(power("lost"), |at| 60.0 + at, 0.5),
        ];
        let shared = shared(&sources);
        for _ in 0..100 {
            poll(&mut sources, &clock, &shared);
            clock.advance(Nanoseconds::from_millis(20));
        }
        let series = shared.lock();
        let [steady, lost] = [series[0].history(), series[1].history()];
        assert_eq!((steady.readings.len(), lost.readings.len()), (100, 25));
        assert_eq!(steady.silent, None);
        assert!(lost.silent.unwrap().starts_with("the meter made"));
    }

    #[test]
    fn the_thread_reads_at_its_rate_and_answers_for_a_window() {
        let clock = MonotonicClock;
        let options = SamplerOptions {
            period: Nanoseconds::from_millis(2),
            ..SamplerOptions::default()
        };
        let spec = SourceSpec {
            tick: Nanoseconds::from_millis(2),
            ..power("p")
        };
        let begun = clock.now();
        let sources = vec![made(spec, |at| 50.0 + (at * 1e3).fract(), f64::INFINITY)];
        let sampler = EnergySampler::start(sources, clock, options).unwrap();
        while sampler.histories()[0].readings.is_empty() {
            clock.wait_until(clock.now() + options.period);
        }
        clock.wait_until(clock.now() + Nanoseconds::from_millis(10));
        let span = Span {
            from: clock.now(),
            to: clock.now() + Nanoseconds::from_millis(100),
        };
        clock.wait_until(span.to);
        sampler.settle(span.to, &clock);
        let histories = sampler.histories();
        let found = window(&histories[0], span).unwrap();
        let expected = 50.5 * span.length().as_secs_f64();
        assert!((found.energy.as_joules() - expected).abs() < 0.02 * expected);
        let seconds = (clock.now() - begun).as_secs_f64();
        assert!(histories[0].readings.len() as f64 <= seconds / 0.002 + 2.0);
        drop(sampler);
    }

    /// A meter that tells each `step` seconds by its own time, read up to `now`.
    fn told(step_ms: u64, now_ms: u64) -> EnergySampler {
        let spec = SourceSpec {
            tick: Nanoseconds::ZERO,
            ..power("meter")
        };
        let mut series = Series::new(spec, 100);
        for at in (0..=now_ms).step_by(step_ms as usize) {
            let at = Nanoseconds::from_millis(at);
            series.push(Reading {
                asked: at,
                answered: at,
                value: 9.0,
            });
        }
        EnergySampler {
            shared: Arc::new(Shared {
                series: Mutex::new(vec![series]),
                stop: AtomicBool::new(false),
            }),
            thread: None,
            period: Nanoseconds::from_millis(20),
        }
    }

    #[test]
    fn a_slow_meter_is_waited_for_as_long_as_it_takes_and_one_far_too_slow_is_not() {
        let waited = |step_ms, to_ms| {
            let clock = SimulatedClock::new();
            let to = Nanoseconds::from_millis(to_ms);
            clock.wait_until(to);
            told(step_ms, to_ms).settle(to, &clock);
            (clock.now() - to).as_secs_f64().round()
        };
        assert_eq!(waited(500, 20_000), 2.0);
        assert_eq!(waited(4_000, 21_000), 8.0);
        assert_eq!(waited(9_000, 40_000), 2.0);
        let clock = SimulatedClock::new();
        told(1_000, 10_000).settle(Nanoseconds::from_millis(9_500), &clock);
        assert_eq!(clock.now(), Nanoseconds::ZERO, "it has told already");
    }

    #[test]
    fn the_pace_is_at_least_the_time_since_the_latest_update() {
        let sampler = told(1_000, 10_000);
        let pace = |now_ms| sampler.paces(Nanoseconds::from_millis(now_ms))[0].as_secs_f64();
        assert_eq!((pace(10_200), pace(13_000)), (1.0, 3.0));
        assert_eq!(
            told(1_000, 0).paces(Nanoseconds::from_millis(700))[0].as_secs_f64(),
            0.7
        );
        let silent = told(1_000, 10_000);
        silent.shared.lock()[0].silent = Some("it ended".to_owned());
        assert_eq!(silent.paces(Nanoseconds::from_secs(99)), []);
    }

    #[test]
    fn without_sources_there_is_no_thread_and_nothing_to_wait_for() {
        let clock = SimulatedClock::new();
        let sampler =
            EnergySampler::start(Vec::new(), clock.clone(), SamplerOptions::default()).unwrap();
        assert!(sampler.thread.is_none());
        sampler.settle(Nanoseconds::from_secs(9), &clock);
        assert_eq!(clock.now(), Nanoseconds::ZERO);
        assert!(sampler.histories().is_empty());
    }
}
