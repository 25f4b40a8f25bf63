//! Workers in this process under a simulated clock, weighed by made-up counters: when they go on, for how long, and what
//! their energy is then.

use std::sync::{Arc, Mutex};

use tare_adapter_api::{LoadRequest, Options};
use tare_adapter_fake::Fake;
use tare_clock::SimulatedClock;
use tare_hardware::energy::{Quantity, Reading, SourceSpec};
use tare_models::{DataType, Graph, Inputs, TensorSpec};
use tare_results::{Energy, EnergyDoubt, Phase};
use tare_units::Bytes;

use super::*;
use crate::job::{JobError, Reporter, perform};
use crate::protocol::{Job, Measured as Told, PROTOCOL, Purpose, RunDelayOf, Timing};

const IDLE_W: f64 = 60.0;
const WORK_W: f64 = 300.0;

/// A machine that draws more while it works, and a counter of its joules.
#[derive(Clone)]
pub(crate) struct Plant {
    work: Arc<Mutex<Vec<Span>>>,
    tick: Nanoseconds,
    idle_w: f64,
    clock: SimulatedClock,
}

impl Plant {
    /// Five seconds after its start.
    pub(crate) fn new(tick_ms: u64, clock: &SimulatedClock) -> Self {
        clock.wait_until(Nanoseconds::from_secs(5));
        Self {
            work: Arc::default(),
            tick: Nanoseconds::from_millis(tick_ms),
            idle_w: IDLE_W,
            clock: clock.clone(),
        }
    }

    pub(crate) fn meter(&self) -> EnergyMeter {
        self.meter_for(Some(DEFAULT_BOUND))
    }

    /// One for which workers go on until the random part is below `bound`.
    pub(crate) fn meter_for(&self, bound: Option<f64>) -> EnergyMeter {
        EnergyMeter {
            readings: Box::new(self.clone()),
            missing: Missing::new(),
            is_there: true,
            bound,
        }
    }

    /// It worked then.
    pub(crate) fn worked(&self, span: Span) {
        self.work.lock().unwrap().push(span);
    }

    fn joules(&self, at: Nanoseconds) -> f64 {
        let work = self.work.lock().unwrap();
        let until = |span: &Span| span.to.min(at).saturating_sub(span.from);
        let worked = work.iter().map(|span| until(span).as_secs_f64());
        self.idle_w * at.as_secs_f64() + (WORK_W - self.idle_w) * worked.sum::<f64>()
    }
}

impl Readings for Plant {
    fn settle(&self, to: Nanoseconds, clock: &dyn Clock) {
        let ticks = Nanoseconds::from_nanos(2 * self.tick.as_nanos());
        clock.wait_until(to + ticks.max(Nanoseconds::from_secs(2)));
    }

    fn histories(&self) -> Vec<History> {
        let spec = SourceSpec {
            name: "meter".to_owned(),
            quantity: Quantity::Energy,
            tick: self.tick,
            quantum: 1e-3,
            share: 1.0,
            gain: None,
            wraps_at: None,
            averaged: None,
            device: None,
        };
        let (now, tick) = (self.clock.now().as_nanos(), self.tick.as_nanos());
        let readings = (0..now).step_by(20_000_000).map(|at| {
            let asked = Nanoseconds::from_nanos(at);
            Reading {
                asked,
                answered: asked,
                value: self.joules(Nanoseconds::from_nanos(at / tick * tick)),
            }
        });
        vec![History::of(spec, readings)]
    }

    fn paces(&self, _now: Nanoseconds) -> Vec<Nanoseconds> {
        vec![self.tick]
    }
}

static GOING_ON: AtomicBool = AtomicBool::new(false);

/// `meter` for a cell on the processor.
pub(crate) fn by(meter: &EnergyMeter) -> Scales<'_> {
    Scales {
        meter,
        primary: Primary::Cpu,
        stop: &GOING_ON,
    }
}

/// What a parent does for one worker.
struct Parent {
    plant: Plant,
    meter: EnergyMeter,
    deadline: Nanoseconds,
    spans: Spans,
    answers: Vec<Answer>,
    began: Nanoseconds,
}

impl Parent {
    fn answer(&mut self) -> Answer {
        let scales = by(&self.meter);
        let answer = scales.answer(&self.spans, self.deadline, &self.plant.clock);
        self.answers.push(answer);
        answer
    }
}

impl Reporter for Parent {
    fn phase(&mut self, _phase: Phase, _own: Bytes) -> Result<(), JobError> {
        self.began = self.plant.clock.now();
        Ok(())
    }

    fn timed(&mut self, _own: Bytes) -> Result<Answer, JobError> {
        let timed = Span {
            from: self.began,
            to: self.plant.clock.now(),
        };
        self.plant.worked(timed);
        self.spans.timed = Some(timed);
        Ok(self.answer())
    }

    fn stretched(&mut self, stretch: Stretch) -> Result<Answer, JobError> {
        self.plant.worked(Span {
            from: stretch.from_ns,
            to: stretch.to_ns,
        });
        self.spans.stretches.push(stretch);
        Ok(self.answer())
    }
}

/// Two samples a request; a request takes 10 ms and a sample so 1.5 J.
fn job(scenario: &str, duration_ms: u64, options: &[(&str, &str)]) -> Job {
    let specs = vec![TensorSpec {
        name: "x".into(),
        dtype: DataType::F32,
        shape: vec![2, 3],
    }];
    let options = [&[("run", "10ms")], options].concat();
    let options = options
        .iter()
        .map(|(key, value)| ((*key).into(), (*value).into()));
    Job {
        protocol: PROTOCOL.into(),
        adapter: "fake".into(),
        inputs: Inputs::new(&Graph::default(), &specs, &|_| None, 1).unwrap(),
        load: LoadRequest {
            options: options.collect::<Options>(),
            ..LoadRequest::new("none.onnx".into(), specs, Vec::new())
        },
        warmup: Default::default(),
        outputs: None,
        purpose: Purpose::Measure(Timing {
            scenario: scenario.parse().unwrap(),
            batch: 2,
            seed: Default::default(),
            trace_sha256: None,
            duration_ns: Nanoseconds::from_millis(duration_ms),
            max_requests: 10_000,
            drain_ns: Nanoseconds::ZERO,
            run_delay: RunDelayOf::Nobody,
            deadline_ns: Nanoseconds::from_secs(3_600),
            samples: None,
        }),
    }
}

struct Weighed {
    idle_w: f64,
    told: Told,
    spans: Spans,
    answers: Vec<Answer>,
    deadline: Nanoseconds,
    ended: Nanoseconds,
    found: Assessment,
}

/// `job` weighed by a counter that ticks this often, in a worker that may take `deadline_s`.
fn weighed(job: &Job, tick_ms: u64, deadline_s: u64) -> Weighed {
    let clock = SimulatedClock::new();
    weighed_by(Plant::new(tick_ms, &clock), job, deadline_s)
}

fn weighed_by(plant: Plant, job: &Job, deadline_s: u64) -> Weighed {
    let (clock, idle_w) = (plant.clock.clone(), plant.idle_w);
    let meter = plant.meter();
    let idle_before = meter.rest(&clock, &GOING_ON);
    let deadline = clock.now() + Nanoseconds::from_secs(deadline_s);
    let mut parent = Parent {
        meter,
        plant,
        deadline,
        spans: Spans::default(),
        answers: Vec::new(),
        began: Nanoseconds::ZERO,
    };
    let outcome = perform(&Fake::new(clock.clone()), job, &clock, &mut parent).unwrap();
    let ended = clock.now();
    let scales = by(&parent.meter);
    let idle = [idle_before, scales.rest(&clock)];
    let told = outcome.measured().unwrap().clone();
    let samples = 2 * told.latency.as_ref().map_or(16, |latency| latency.count);
    let found = scales.assess((&parent.spans, idle), samples, &clock);
    Weighed {
        idle_w,
        told,
        deadline,
        ended,
        found,
        spans: parent.spans,
        answers: parent.answers,
    }
}

impl Weighed {
    /// The figures, of which the energy of a sample is right within what is stated.
    fn energy(&self) -> &Energy {
        let energy = self.found.energy.as_ref().unwrap();
        let source = &energy.sources[0];
        let (samples, per_sample) = (energy.samples.unwrap(), energy.per_sample_j.unwrap());
        let error = (per_sample - 1.5).abs() * samples as f64;
        assert!(error <= source.random_j.unwrap(), "{error} J: {source:?}");
        let above = energy.above_idle_per_sample_j.unwrap() * samples as f64;
        let error = (above - (WORK_W - self.idle_w) * samples as f64 / 200.0).abs();
        assert!(
            error <= source.above_idle_random_j.unwrap(),
            "{error} J: {source:?}"
        );
        energy
    }

    fn share(&self) -> f64 {
        let source = &self.energy().sources[0];
        source.random_j.unwrap() / source.gross_j.unwrap()
    }

    fn imprecise(&self) -> Option<(f64, f64)> {
        self.found.doubts.iter().find_map(|(_, doubt)| match doubt {
            EnergyDoubt::Imprecise {
                window_s,
                needed_window_s,
                ..
            } => Some((*window_s, needed_window_s.unwrap())),
            _ => None,
        })
    }
}

const SINGLE: &str = "single-stream";

#[test]
fn requests_that_last_long_enough_are_the_window_themselves() {
    let found = weighed(&job(SINGLE, 4_000, &[]), 20, 120);
    assert_eq!(found.answers, [Answer::Go]);
    let energy = found.energy();
    assert_eq!((energy.samples, energy.stretched), (Some(800), false));
    assert_eq!(energy.sources[0].window_s, 4.0);
    assert_eq!(found.imprecise(), None);
}

#[test]
fn a_counter_that_ticks_slowly_is_given_a_stretch_in_which_the_bound_is_met() {
    for (tick_ms, duration_ms) in [(100, 1_000), (100, 2_030), (250, 1_000), (400, 3_110)] {
        let found = weighed(&job(SINGLE, duration_ms, &[]), tick_ms, 300);
        let energy = found.energy();
        assert!(
            energy.stretched && found.share() <= 0.02,
            "{tick_ms}: {}",
            found.share()
        );
        assert_eq!(found.imprecise(), None, "{tick_ms}");
        let last = found.spans.stretches.last().unwrap();
        assert_eq!(energy.samples, Some(last.samples));
        let seconds = last.samples as f64 / 200.0;
        assert!(
            (energy.sources[0].window_s - seconds).abs() < 1e-9,
            "no pause in the window"
        );
    }
}

#[test]
fn what_the_timed_requests_told_is_as_without_a_stretch() {
    let stretched = weighed(&job(SINGLE, 1_000, &[]), 100, 120);
    let plain = weighed(&job(SINGLE, 1_000, &[]), 1, 120);
    assert!(stretched.answers.len() > 1 && plain.answers == [Answer::Go]);
    let latency = stretched.told.latency.as_ref().unwrap();
    assert_eq!(latency.count, 100);
    assert_eq!(stretched.told.latency, plain.told.latency);
    assert_eq!(stretched.told.throughput, plain.told.throughput);
    assert_eq!(stretched.told.load, plain.told.load);
}

#[test]
fn a_stretch_that_may_not_last_long_enough_says_what_it_was_and_what_would_do() {
    let plant = Plant {
        idle_w: 280.0,
        ..Plant::new(1_900, &SimulatedClock::new())
    };
    let found = weighed_by(plant, &job(SINGLE, 4_000, &[]), 1_000);
    let longest = Answer::More(Nanoseconds::from_secs(60));
    assert_eq!(found.answers, [longest, Answer::Go]);
    let (window_s, needed_s) = found.imprecise().unwrap();
    assert!(
        window_s >= 60.0 && needed_s > window_s,
        "{window_s} {needed_s}"
    );
    assert!(found.energy().stretched && found.share() > 0.02);
}

#[test]
fn a_worker_ends_before_its_deadline_however_long_a_stretch_would_be() {
    for deadline_s in [6, 10, 20, 40] {
        let found = weighed(&job(SINGLE, 2_000, &[]), 1_000, deadline_s);
        let deadline = found.deadline;
        assert!(found.ended < deadline, "{} of {deadline}", found.ended);
        assert!(found.imprecise().is_some(), "{deadline_s}");
    }
}

#[test]
fn a_request_that_fails_in_a_stretch_costs_the_energy_and_nothing_else() {
    let found = weighed(
        &job(SINGLE, 1_000, &[("fault", "error"), ("at", "300")]),
        100,
        120,
    );
    assert_eq!(found.answers.len(), 2);
    assert_eq!(found.answers[1], Answer::Go, "no further stretch");
    assert_eq!(found.found.energy, None);
    let reason = &found.found.missing["energy"];
    assert!(
        reason.starts_with("a request failed after the timed ones")
            && reason.ends_with("fault=error"),
        "{reason}"
    );
    assert_eq!(found.told.failed_requests, 0);
    assert_eq!(found.told.latency.unwrap().count, 100);
    assert!(found.spans.stretches[0].samples < 600, "none follows it");
}

#[test]
fn a_scenario_of_few_requests_begins_anew_until_the_stretch_is_over() {
    let found = weighed(&job("offline:samples=32", 1_000, &[]), 100, 120);
    let energy = found.energy();
    assert!(
        energy.stretched && found.share() <= 0.02,
        "{}",
        found.share()
    );
    assert!(energy.samples > Some(10 * 32), "{:?}", energy.samples);
}

#[test]
fn where_nothing_tells_joules_a_worker_goes_on_at_once() {
    let clock = SimulatedClock::new();
    let meter = EnergyMeter::start(Sources::default(), None, clock.clone()).unwrap();
    let scales = by(&meter);
    let timed = Span {
        from: Nanoseconds::ZERO,
        to: Nanoseconds::from_millis(1),
    };
    let spans = Spans {
        timed: Some(timed),
        ..Spans::default()
    };
    let answer = scales.answer(&spans, Nanoseconds::MAX, &clock);
    assert_eq!((answer, clock.now()), (Answer::Go, Nanoseconds::ZERO));
}

mod idle;
mod primary;
