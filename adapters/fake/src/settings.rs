//! The options of the fake as one value, with every refusal in place.

use std::hint;
use std::num::NonZeroUsize;
use std::thread;

use tare_adapter_api::{AdapterError, Options, check_options};
use tare_clock::Clock;
use tare_units::{Bytes, Nanoseconds};

use crate::NAME;
use crate::costs::{Costs, Work};
use crate::fault::{At, Fault};
use crate::output::Wrong;
use crate::read::{percent, refusal, repeated, value, word};

const KNOWN: [&str; 23] = [
    "at",
    "batches",
    "dispatch",
    "drift",
    "fault",
    "first-of-batch",
    "jitter",
    "load",
    "memory",
    "mode",
    "noise",
    "operators",
    "output",
    "per-gflop",
    "per-sample",
    "profiler",
    "run",
    "seed",
    "spin",
    "threads",
    "warmup",
    "where",
    "work",
];

/// Whether the host waits for each operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Synchronous,
    Asynchronous,
}

/// How time is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spin {
    Sleep,
    Busy,
}

/// Which thread does what a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// The one that calls.
    Caller,
    /// One of its own, which the caller waits for.
    Thread,
}

/// All options.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Settings {
    pub(crate) costs: Costs,
    pub(crate) wrong: Option<Wrong>,
    pub(crate) profiler: Option<f64>,
    pub(crate) mode: Mode,
    /// Whether requests of one session may have several batches.
    pub(crate) takes_batches: bool,
    /// How many a request executes; `None`: those of the model's file.
    pub(crate) operators: Option<u64>,
    fault: Option<(Fault, At)>,
    spin: Spin,
    threads: NonZeroUsize,
    place: Where,
}

impl Settings {
    pub(crate) fn read(options: &Options) -> Result<Self, AdapterError> {
        check_options(NAME, options, &KNOWN)?;
        Ok(Self {
            costs: costs(options)?,
            wrong: wrong(options)?,
            profiler: profiler(options)?,
            mode: word(
                options,
                "mode",
                &[
                    ("synchronous", Mode::Synchronous),
                    ("asynchronous", Mode::Asynchronous),
                ],
                Mode::Synchronous,
            )?,
            takes_batches: word(options, "batches", &[("any", true), ("one", false)], true)?,
            operators: match options.contains_key("operators") {
                true => Some(value(options, "operators", 0)?),
                false => None,
            },
            fault: fault(options)?,
            spin: word(
                options,
                "spin",
                &[("sleep", Spin::Sleep), ("busy", Spin::Busy)],
                Spin::Sleep,
            )?,
            threads: value(options, "threads", NonZeroUsize::MIN)?,
            place: word(
                options,
                "where",
                &[("caller", Where::Caller), ("thread", Where::Thread)],
                Where::Caller,
            )?,
        })
    }

    /// Whether what the model's file holds decides what a request costs.
    pub(crate) fn reads_model(&self) -> bool {
        let by_operators = self.costs.dispatch > Nanoseconds::ZERO && self.operators.is_none();
        by_operators || self.costs.per_gflop > Nanoseconds::ZERO
    }

    pub(crate) fn fault_at_load(&self) -> Option<Fault> {
        self.fault
            .filter(|(_, at)| *at == At::Load)
            .map(|(fault, _)| fault)
    }

    /// The fault that strikes at a session's request `number`, counted from one.
    pub(crate) fn fault_at(&self, number: u64) -> Option<Fault> {
        self.fault
            .filter(|(_, at)| at.request(number))
            .map(|(fault, _)| fault)
    }

    /// Spends `time` on every thread; returns when the time has come on `clock`.
    pub(crate) fn wait(&self, clock: &impl Clock, time: Nanoseconds) {
        self.wait_until(clock, clock.now() + time);
    }

    /// Spends the time until `deadline` on every thread.
    pub(crate) fn wait_until(&self, clock: &impl Clock, deadline: Nanoseconds) {
        thread::scope(|scope| {
            for _ in 1..self.threads.get() {
                scope.spawn(|| self.spend(clock, deadline));
            }
            match self.place {
                Where::Caller => self.spend(clock, deadline),
                Where::Thread => {
                    scope.spawn(|| self.spend(clock, deadline));
                }
            }
        });
    }

    fn spend(&self, clock: &impl Clock, deadline: Nanoseconds) {
        match self.spin {
            Spin::Sleep => clock.wait_until(deadline),
            Spin::Busy => {
                while clock.now() < deadline {
                    hint::spin_loop();
                }
            }
        }
    }
}

fn costs(options: &Options) -> Result<Costs, AdapterError> {
    let (warmup_requests, warmup) = repeated(options, "warmup")?;
    Ok(Costs {
        load: value(options, "load", Nanoseconds::ZERO)?,
        run: value(options, "run", Nanoseconds::ZERO)?,
        per_sample: value(options, "per-sample", Nanoseconds::ZERO)?,
        warmup_requests,
        warmup,
        first_of_batch: value(options, "first-of-batch", Nanoseconds::ZERO)?,
        jitter: value(options, "jitter", Nanoseconds::ZERO)?,
        seed: value(options, "seed", 0)?,
        work: work(options)?,
        per_gflop: value(options, "per-gflop", Nanoseconds::ZERO)?,
        dispatch: value(options, "dispatch", Nanoseconds::ZERO)?,
        noise: percent(options, "noise")?,
        drift: percent(options, "drift")?,
    })
}

/// The floor and, after a plus sign, the excess.
fn work(options: &Options) -> Result<Work, AdapterError> {
    let Some(text) = options.get("work") else {
        return Ok(Work::default());
    };
    let (floor, excess) = text.split_once('+').unwrap_or((text, "0ns"));
    let both = floor.parse().ok().zip(excess.parse().ok());
    let (floor, excess) = both.ok_or_else(|| {
        let known = "write FLOOR or FLOOR+EXCESS, such as 2ms+500us";
        refusal("work", text, known.to_owned())
    })?;
    Ok(Work { floor, excess })
}

fn wrong(options: &Options) -> Result<Option<Wrong>, AdapterError> {
    let Some(text) = options.get("output") else {
        return Ok(None);
    };
    let off = || text.strip_prefix("off-by:")?.parse().ok();
    match (text.as_str(), off()) {
        ("values", _) => Ok(None),
        ("nan", _) => Ok(Some(Wrong::NotNumbers)),
        ("none", _) => Ok(Some(Wrong::Missing)),
        (_, Some(off)) => Ok(Some(Wrong::OffBy(off))),
        _ => {
            let known = "use values, nan, none or off-by:NUMBER, such as off-by:0.01";
            Err(refusal("output", text, known.to_owned()))
        }
    }
}

fn profiler(options: &Options) -> Result<Option<f64>, AdapterError> {
    match options.get("profiler") {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(factor) if factor > 0.0 => Ok(Some(factor)),
            _ => Err(refusal(
                "profiler",
                text,
                "write how many times as long a profiled request takes, such as 1.5".to_owned(),
            )),
        },
    }
}

fn fault(options: &Options) -> Result<Option<(Fault, At)>, AdapterError> {
    let memory = value(options, "memory", Bytes::from_mib(1024))?;
    let faults = [
        ("panic", Fault::Panic),
        ("abort", Fault::Abort),
        ("hang", Fault::Hang),
        ("error", Fault::Error),
        ("exit", Fault::Exit),
        ("eat-memory", Fault::EatMemory(memory)),
    ];
    let at = match options.get("at").map(String::as_str) {
        None | Some("run") => At::EveryRequest,
        Some("load") => At::Load,
        Some(number) => At::Request(number.parse().map_err(|_| {
            refusal(
                "at",
                number,
                "use load, run or the number of a request".to_owned(),
            )
        })?),
    };
    let named: Vec<(&str, Option<Fault>)> = faults
        .iter()
        .map(|(name, fault)| (*name, Some(*fault)))
        .collect();
    Ok(word(options, "fault", &named, None)?.map(|fault| (fault, at)))
}

#[cfg(test)]
mod tests;
