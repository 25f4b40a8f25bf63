//! What is to be measured: a suite, or the defaults, with the command line's options on top.

use std::path::Path;

use tare_harness::plan::{Named, Outlay, Plan};
use tare_harness::{Desk, PlanError, timed_at_least};
use tare_results::Checking;
use tare_scenarios::suite::{self, Variant, WhenAbsent};
use tare_scenarios::{Limits, ScenarioSpec};
use tare_units::{Bytes, Nanoseconds};

use super::super::suite::{Source, load};
use super::selection::selections;
use crate::arguments::RunOptions;
use crate::exit::Failed;

/// The suite of a run that names neither suite nor model.
const FIRST_SUITE: &str = "first";
/// The least that a worker may take by default.
const DEADLINE: Nanoseconds = Nanoseconds::from_secs(120);
/// The deadline in times of the timed work, where that is longer.
const DEADLINE_DURATIONS: u64 = 20;
/// More fresh workers of one cell than anyone waits for.
const MOST_REPEATS: u64 = 100_000;
/// Samples are kept in memory, 24 bytes each: more requests than this are not one repeat.
const MOST_REQUESTS: u64 = 100_000_000;
/// More threads than any machine runs at once; each takes a stack and a place with the scheduler.
const MOST_THREADS: u64 = 4096;

/// Everything that decides a run.
pub struct Settings {
    /// The matrices of cells.
    pub matrices: Vec<Named>,
    /// Whether the adapters that are not here are left out, and not refused.
    pub leave_out: bool,
    /// The suite's name.
    pub suite: Option<String>,
    /// The suite as it is written, where nothing of it is overridden that the plan may refuse.
    pub source: Option<Source>,
    /// Fresh workers a cell.
    pub repeats: u64,
    /// Timed work of a repeat.
    pub duration: Nanoseconds,
    /// Timed requests of a repeat at the most.
    pub max_requests: u64,
    /// Time a worker may take.
    pub deadline: Nanoseconds,
    /// Resident memory a worker may take.
    pub memory_limit: Option<Bytes>,
    /// The reference as it was asked for.
    pub reference: Option<String>,
    /// Whether each cell is profiled once its repeats are done.
    pub profile: bool,
    /// Whether each cell's hollow twin is timed beside it.
    pub twins: bool,
    /// What is done about what the checks of the machine find.
    pub checks: Checking,
    /// The checks that a strict run heeds.
    pub strict: Vec<String>,
    /// Whether workers are watched.
    pub probes: bool,
    /// The command of an external meter.
    pub meter: Option<String>,
    /// The typical relative error of its gain.
    pub meter_accuracy: Option<f64>,
    /// How well energy is to be known; `None` where no request is made for it.
    pub energy_bound: Option<f64>,
}

impl Settings {
    /// From the command line.
    ///
    /// # Errors
    /// Where a suite or model is unknown, or a number measures nothing.
    pub fn of(options: &RunOptions, desk: &dyn Desk) -> Result<Self, Failed> {
        let (source, suite) = chosen_suite(options, desk)?.unzip();
        let repeats = options
            .repeats
            .or(suite.as_ref().map(|suite| suite.repeats));
        let repeats = repeats.unwrap_or(suite::DEFAULT_REPEATS);
        let duration = options
            .duration
            .or(suite.as_ref().map(|suite| suite.duration));
        let duration = duration.unwrap_or(suite::DEFAULT_DURATION);
        let max_requests = options
            .max_requests
            .or(suite.as_ref().map(|suite| suite.max_requests));
        let max_requests = max_requests.unwrap_or(suite::DEFAULT_MAX_REQUESTS);
        check(repeats, duration, max_requests)?;
        check_limits(options)?;
        let matrices = selections(options, suite.as_ref())?;
        for matrix in &matrices {
            check_threads(&matrix.selection.threads)?;
        }
        let absent = suite.as_ref().map(|suite| suite.absent);
        let longest = longest(&matrices, duration, max_requests).as_nanos();
        let scaled = Nanoseconds::from_nanos(longest.saturating_mul(DEADLINE_DURATIONS));
        Ok(Self {
            matrices,
            leave_out: absent == Some(WhenAbsent::LeaveOut) && options.adapter.is_empty(),
            suite: suite.map(|suite| suite.name),
            source: source.filter(|_| {
                options.model.is_empty() && options.adapter.is_empty() && options.shape.is_empty()
            }),
            repeats,
            duration,
            max_requests,
            deadline: options.deadline.unwrap_or_else(|| DEADLINE.max(scaled)),
            memory_limit: options.memory_limit.or_else(default_memory_limit),
            reference: options.reference.as_ref().map(ToString::to_string),
            profile: options.profile || !options.no_tax,
            twins: !options.no_tax,
            probes: !options.no_probes,
            meter: options.meter.clone(),
            meter_accuracy: options.meter_accuracy,
            energy_bound: options.energy_bound.0,
            checks: match (&options.strict, options.no_checks) {
                (Some(_), _) => Checking::Strict,
                (_, true) => Checking::Off,
                _ => Checking::Warn,
            },
            strict: options.strict.clone().map_or_else(Vec::new, |set| set.0),
        })
    }

    /// `error` as it is told: where its value is written, if the suite has it.
    pub fn told(&self, error: PlanError) -> Failed {
        match &self.source {
            None => Failed::input(error),
            Some(source) => source
                .located(error)
                .map_or_else(Failed::input, Failed::input),
        }
    }

    /// What is spent on each cell.
    pub fn outlay(&self) -> Outlay {
        Outlay {
            repeats: self.repeats,
            duration: self.duration,
            max_requests: self.max_requests,
            twins: self.twins,
            profile: self.profile,
            probes: self.probes,
        }
    }

    /// Refuses cells that cannot be measured within these limits.
    ///
    /// # Errors
    /// Names the first such cell, or its scenario.
    pub fn check(&self, plan: &Plan) -> Result<(), Failed> {
        plan.check_limits(self.duration, self.max_requests)
            .map_err(Failed::input)?;
        self.check_memory(plan)?;
        self.check_room(plan)
    }

    /// Refuses cells whose inputs and outputs alone are more than a worker may take.
    ///
    /// # Errors
    /// Names the first such cell.
    fn check_memory(&self, plan: &Plan) -> Result<(), Failed> {
        let Some(limit) = self.memory_limit else {
            return Ok(());
        };
        for planned in plan.cells.iter().map(|work| &work.planned) {
            let bytes = |size: Option<Bytes>| size.map_or(0, Bytes::as_bytes);
            let model = &planned.model;
            let needs = bytes(model.input_bytes).saturating_add(bytes(model.output_bytes));
            if needs > limit.as_bytes() {
                return Err(Failed::told(format!(
                    "model '{}' at batch {}: the inputs and outputs of one request take {}, over the memory limit of \
                     {limit}; ask for smaller sizes or raise --memory-limit",
                    model.name,
                    planned.cell.batch,
                    Bytes::from_bytes(needs)
                )));
            }
        }
        Ok(())
    }

    /// Refuses cells whose inputs and samples alone are more than this machine has left.
    ///
    /// # Errors
    /// Names the first such cell.
    fn check_room(&self, plan: &Plan) -> Result<(), Failed> {
        let Ok(free) = tare_hardware::available_memory(Path::new("/")) else {
            return Ok(());
        };
        for work in &plan.cells {
            let needs = work.own_bytes(self.duration, self.max_requests);
            if needs > free {
                let cell = &work.planned.cell;
                let largest = work.load.largest_batch;
                let largest = largest.map_or(cell.batch, |largest| largest.get() as u64);
                return Err(Failed::told(format!(
                    "model '{}' under '{}': inputs of up to {largest} samples and places for {} requests take {needs}, and \
                     {free} of this machine's memory are free; ask for {}",
                    cell.model,
                    cell.scenario_spec(),
                    work.limits(self.duration, self.max_requests).max_requests,
                    match work.load.largest_batch {
                        Some(_) if work.scenario.serving().is_some() => "a smaller max_batch=",
                        Some(_) => "a smaller mean=",
                        None => "fewer requests with --max-requests, or smaller sizes",
                    }
                )));
            }
        }
        Ok(())
    }
}

fn chosen_suite(
    options: &RunOptions,
    desk: &dyn Desk,
) -> Result<Option<(Source, Variant)>, Failed> {
    let source = match (&options.suite, options.model.is_empty()) {
        (Some(named), _) => load(named)?,
        (None, true) => load(FIRST_SUITE)?,
        (None, false) if options.quick => {
            return Err(Failed::told(
                "--quick asks for the quick variant of a suite, and --model alone names none: give --suite too",
            ));
        }
        (None, false) => return Ok(None),
    };
    let variant = match options.quick {
        true => source.suite.quickly().map_err(Failed::input)?,
        false => source.suite.whole(),
    };
    source.check(desk).map_err(Failed::input)?;
    Ok(Some((source, variant)))
}

/// Timed work of the longest repeat: some scenarios set their own, and some search before it.
fn longest(matrices: &[Named], duration: Nanoseconds, max_requests: u64) -> Nanoseconds {
    let scenarios = matrices
        .iter()
        .flat_map(|matrix| &matrix.selection.scenarios);
    let timed = |scenario: &ScenarioSpec| {
        let limits = Limits {
            duration,
            max_requests,
            batch: scenario.fixed_batch().unwrap_or(1),
        };
        timed_at_least(scenario, limits)
    };
    scenarios.map(timed).max().unwrap_or(duration)
}

fn check(repeats: u64, duration: Nanoseconds, max_requests: u64) -> Result<(), Failed> {
    if repeats == 0 {
        return Err(Failed::told("--repeats 0 measures nothing: use 1 or more"));
    }
    if repeats > MOST_REPEATS {
        return Err(Failed::told(format!(
            "--repeats {repeats} is out of range: use 1 to {MOST_REPEATS}"
        )));
    }
    if duration == Nanoseconds::ZERO {
        return Err(Failed::told(
            "--duration 0 measures nothing: use a time such as 500ms",
        ));
    }
    if !(1..=MOST_REQUESTS).contains(&max_requests) {
        return Err(Failed::told(format!(
            "--max-requests {max_requests} is out of range: use 1 to {MOST_REQUESTS}, 24 bytes of memory each"
        )));
    }
    Ok(())
}

/// Refuses limits under which no worker can do anything.
///
/// # Errors
/// Names the option.
pub fn check_limits(options: &RunOptions) -> Result<(), Failed> {
    if options.deadline == Some(Nanoseconds::ZERO) {
        return Err(Failed::told(
            "--deadline 0 leaves a worker no time: use a time such as 30s",
        ));
    }
    if options
        .memory_limit
        .is_some_and(|limit| limit.as_bytes() == 0)
    {
        return Err(Failed::told(
            "--memory-limit 0 leaves a worker no memory: use a size such as 2GiB",
        ));
    }
    Ok(())
}

fn check_threads(threads: &[u64]) -> Result<(), Failed> {
    match threads.iter().find(|threads| **threads > MOST_THREADS) {
        Some(threads) => Err(Failed::told(format!(
            "--threads {threads} is out of range: use 1 to {MOST_THREADS}"
        ))),
        None => Ok(()),
    }
}

/// Nine tenths of what is available now, so that one worker cannot take the machine down.
fn default_memory_limit() -> Option<Bytes> {
    let available = tare_hardware::available_memory(Path::new("/")).ok()?;
    Some(Bytes::from_bytes(available.as_bytes() / 10 * 9))
}
