//! Sessions that do what a test says, and schedules for them.
#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tare_adapter_api::{AdapterError, Body, Loaded, RuntimeFacts, Session, Tensor};
use tare_clock::{Clock, MonotonicClock};
use tare_harness::Pool;
use tare_harness::serve::dispatch::Dispatch;
use tare_harness::serve::slots::{Counts, Slots};
use tare_harness::serve::{Engine, Served, Setup};
use tare_results::samples::Sample;
use tare_scenarios::{Progress, Schedule, Step};
use tare_units::Nanoseconds;

/// What a session does with its request of this number, counted over all sessions from 0, and these inputs.
pub type Act = dyn Fn(u64, &[Tensor]) -> Result<(), AdapterError> + Send + Sync;

/// A model whose sessions all act alike.
pub struct Acting {
    act: Box<Act>,
    requests: AtomicU64,
    sessions: AtomicU64,
}

impl Acting {
    pub fn new(
        act: impl Fn(u64, &[Tensor]) -> Result<(), AdapterError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            act: Box::new(act),
            requests: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
        })
    }

    pub fn sessions(&self) -> u64 {
        self.sessions.load(Ordering::SeqCst)
    }
}

impl Loaded for Acting {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        self.sessions.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(ActingSession(self)))
    }

    fn runtime(&self) -> RuntimeFacts {
        RuntimeFacts::default()
    }
}

struct ActingSession<'a>(&'a Acting);

impl Session for ActingSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        let number = self.0.requests.fetch_add(1, Ordering::SeqCst);
        (self.0.act)(number, inputs)
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        Ok(Vec::new())
    }

    fn enter(&mut self, body: Body<'_>) {
        body(self);
    }
}

/// Waits without work.
pub fn sleep(time: Nanoseconds) {
    MonotonicClock.wait_until(MonotonicClock.now() + time);
}

/// So many requests at even distances; all at once where that is zero.
#[derive(Debug, Clone)]
pub struct Even {
    pub distance: Nanoseconds,
    pub count: u64,
}

impl Schedule for Even {
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        let after = self.distance.as_nanos() * progress.issued;
        let due = progress.started + Nanoseconds::from_nanos(after);
        match progress.issued {
            issued if issued >= self.count => Step::Done,
            _ if now < due => Step::WaitUntil(due),
            _ => Step::Issue {
                scheduled: due,
                samples: 1,
            },
        }
    }

    fn heeds_completions(&self) -> bool {
        false
    }
}

/// So many clients that ask again as soon as they are answered.
#[derive(Debug, Clone)]
pub struct Eager {
    pub clients: u64,
    pub count: u64,
    pub most_in_flight: u64,
}

impl Schedule for Eager {
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        self.most_in_flight = self.most_in_flight.max(progress.in_flight());
        if progress.issued >= self.count {
            return Step::Done;
        }
        match progress.in_flight() < self.clients {
            false => Step::WaitForCompletion,
            true => Step::Issue {
                scheduled: now,
                samples: 1,
            },
        }
    }
}

/// Servers without batches or a timeout.
pub fn setup(servers: usize, queue: usize) -> Setup {
    Setup {
        servers,
        dispatch: Dispatch {
            max_batch: 1,
            batch_delay: Nanoseconds::ZERO,
            timeout: None,
        },
        queue,
        spins: false,
    }
}

/// What an engine gave.
pub struct Went {
    pub served: Served,
    pub samples: Vec<Sample>,
    pub counts: Counts,
}

/// Inputs of one request: none.
pub fn no_inputs() -> Pool {
    Pool::of_one_batch(vec![Vec::new()])
}

pub fn engine(loaded: &Arc<Acting>, feed: Pool, setup: Setup) -> Engine<MonotonicClock> {
    let loaded: Arc<dyn Loaded> = Arc::<Acting>::clone(loaded);
    Engine::start(&loaded, feed, setup, MonotonicClock).expect("starts")
}

/// One schedule, and how its requests ended; the engine gives up after `patience`.
pub fn go(
    engine: &mut Engine<MonotonicClock>,
    schedule: &mut impl Schedule,
    patience: Nanoseconds,
) -> Went {
    let slots = Arc::new(Slots::with_capacity(100_000));
    let until = MonotonicClock.now() + patience;
    let served = engine.serve(schedule, Arc::clone(&slots), until);
    let (samples, counts) = slots.to_samples(served.issued.due as usize);
    Went {
        served,
        samples,
        counts,
    }
}

/// Ample time.
pub const PATIENCE: Nanoseconds = Nanoseconds::from_secs(60);

/// One schedule on servers of their own.
pub fn serve(loaded: &Arc<Acting>, setup: Setup, schedule: &mut impl Schedule) -> Went {
    go(&mut engine(loaded, no_inputs(), setup), schedule, PATIENCE)
}

/// What handing over took of the requests of one client that does not think, each of which is due at the end of the one
/// before: of that end to the generator, which is what the next one is late by, and of a request to a server and back to its
/// end, which is the rest of its latency.
pub fn hand_overs(samples: &[Sample]) -> (Vec<Nanoseconds>, Vec<Nanoseconds>) {
    let back = samples.iter().skip(1);
    let back = back.map(|one| Nanoseconds::from_nanos(u64::from(one.skew)));
    let there = samples.iter().filter_map(|one| {
        let skew = Nanoseconds::from_nanos(u64::from(one.skew));
        Some(one.latency()?.saturating_sub(skew))
    });
    (back.collect(), there.collect())
}
