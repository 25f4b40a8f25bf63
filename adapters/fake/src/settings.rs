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

const KNOWN: [&str; 22] = [
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
            self.spend(clock, deadline);
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
mod tests {
    use tare_clock::{MonotonicClock, SimulatedClock};

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, AdapterError> {
        let options = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        Settings::read(&options)
    }

    #[test]
    fn every_option_of_what_goes_wrong_and_how_time_is_spent_is_read() {
        let settings = read(&[
            ("profiler", "1.5"),
            ("output", "nan"),
            ("fault", "eat-memory"),
            ("memory", "64MiB"),
            ("at", "7"),
            ("spin", "busy"),
            ("threads", "3"),
            ("mode", "asynchronous"),
            ("operators", "178"),
            ("batches", "one"),
        ])
        .expect("all known");
        assert_eq!(
            settings,
            Settings {
                costs: Costs::default(),
                takes_batches: false,
                wrong: Some(Wrong::NotNumbers),
                profiler: Some(1.5),
                mode: Mode::Asynchronous,
                operators: Some(178),
                fault: Some((Fault::EatMemory(Bytes::from_mib(64)), At::Request(7))),
                spin: Spin::Busy,
                threads: NonZeroUsize::new(3).expect("not zero"),
            }
        );
    }

    #[test]
    fn every_cost_is_read() {
        let settings = read(&[
            ("load", "10ms"),
            ("run", "2ms"),
            ("per-sample", "100us"),
            ("first-of-batch", "7ms"),
            ("warmup", "5x3ms"),
            ("jitter", "200us"),
            ("seed", "9"),
            ("work", "4ms+1ms"),
            ("per-gflop", "20ms"),
            ("dispatch", "400ns"),
            ("noise", "2%"),
            ("drift", "0.5%"),
        ])
        .expect("all known");
        assert_eq!(
            settings.costs,
            Costs {
                load: Nanoseconds::from_millis(10),
                run: Nanoseconds::from_millis(2),
                per_sample: Nanoseconds::from_micros(100),
                first_of_batch: Nanoseconds::from_millis(7),
                warmup_requests: 5,
                warmup: Nanoseconds::from_millis(3),
                jitter: Nanoseconds::from_micros(200),
                seed: 9,
                work: Work {
                    floor: Nanoseconds::from_millis(4),
                    excess: Nanoseconds::from_millis(1),
                },
                per_gflop: Nanoseconds::from_millis(20),
                dispatch: Nanoseconds::from_nanos(400),
                noise: 0.02,
                drift: 0.005,
            }
        );
        assert!(settings.reads_model());
    }

    #[test]
    fn a_wrong_value_is_refused_with_what_would_do() {
        let refusal = |key, value| read(&[(key, value)]).expect_err("wrong").to_string();
        assert_eq!(
            refusal("fault", "fire"),
            "adapter 'fake' refuses option 'fault=fire': use one of panic, abort, hang, error, exit, eat-memory"
        );
        assert_eq!(
            refusal("warmup", "3ms"),
            "adapter 'fake' refuses option 'warmup=3ms': write COUNTxDURATION, such as 5x3ms"
        );
        assert_eq!(
            refusal("at", "never"),
            "adapter 'fake' refuses option 'at=never': use load, run or the number of a request"
        );
        assert!(refusal("profiler", "0").contains("'profiler=0'"));
        assert!(refusal("output", "off-by:much").ends_with("such as off-by:0.01"));
        assert!(refusal("run", "2").contains("'run=2'"));
        assert!(refusal("threads", "0").contains("'threads=0'"));
        assert!(refusal("speed", "2").ends_with("threads, warmup, work"));
        assert!(refusal("work", "2").ends_with("such as 2ms+500us"));
        assert!(refusal("noise", "0.1").ends_with("such as 2%"));
        assert!(refusal("mode", "lazy").contains("synchronous, asynchronous"));
        assert!(refusal("operators", "few").contains("'operators=few'"));
    }

    #[test]
    fn outputs_can_be_wrong_in_several_ways() {
        let wrong = |value| read(&[("output", value)]).expect("known").wrong;
        assert_eq!(wrong("values"), None);
        assert_eq!(wrong("none"), Some(Wrong::Missing));
        assert_eq!(wrong("off-by:0.01"), Some(Wrong::OffBy(0.01)));
    }

    #[test]
    fn a_fault_strikes_every_request_unless_told_otherwise() {
        let every = read(&[("fault", "error")]).expect("known");
        assert_eq!(every.fault_at(1), Some(Fault::Error));
        assert_eq!(every.fault_at_load(), None);
        let load = read(&[("fault", "error"), ("at", "load")]).expect("known");
        assert_eq!(load.fault_at(1), None);
        assert_eq!(load.fault_at_load(), Some(Fault::Error));
    }

    #[test]
    fn waiting_takes_exactly_the_time_on_any_number_of_threads() {
        for threads in ["1", "4"] {
            let clock = SimulatedClock::new();
            let settings = read(&[("threads", threads)]).expect("known");
            settings.wait(&clock, Nanoseconds::from_millis(2));
            assert_eq!(clock.now(), Nanoseconds::from_millis(2));
        }
    }

    #[test]
    fn busy_waiting_reaches_the_deadline() {
        let settings = read(&[("spin", "busy")]).expect("known");
        let clock = MonotonicClock;
        let before = clock.now();
        settings.wait(&clock, Nanoseconds::from_micros(50));
        assert!(clock.now() >= before + Nanoseconds::from_micros(50));
    }
}
