//! A framework with known costs and known faults, so that tests know what a measurement must show.
//!
//! It ignores the model's content, unless `per-gflop` or `dispatch` make it count operations or operators: then a hollow
//! twin costs what its own file says, and nothing tells the fake that it is one. Every cost is waited for on a [`Clock`], so under a simulated clock a test takes no time
//! and its numbers are exact. The same options give the same costs, always. For tests only.
//!
//! | option | meaning | default |
//! |---|---|---|
//! | `load=10ms` | time to load | 0ns |
//! | `run=2ms` | time of a request | 0ns |
//! | `per-sample=100us` | more for each row of the first input's first axis | 0ns |
//! | `warmup=5x3ms` | the first 5 requests of a session take 3 ms more | 0x0ns |
//! | `first-of-batch=5ms` | the first request of each batch in a session takes so much more | 0ns |
//! | `batches=any\|one` | requests of several batches are taken, or refused | any |
//! | `jitter=200us` | up to so much more, a fixed sequence of the request's number and the seed | 0ns |
//! | `seed=7` | of the jitter | 0 |
//! | `spin=sleep\|busy` | wait on the clock, or read it until the time has come (never under a simulated clock) | sleep |
//! | `threads=4` | how many threads wait so | 1 |
//! | `where=caller\|thread` | the thread that calls waits itself, or one of its own that it waits for | caller |
//! | `fault=panic\|abort\|hang\|error\|exit\|eat-memory` | what goes wrong | nothing |
//! | `at=load\|run\|7` | when: at load, at every request, at the session's seventh | run |
//! | `memory=1GiB` | how much `eat-memory` takes, touches and keeps, 10 ms each 16 MiB | 1GiB |
//! | `work=2ms+500us` | work of a request at the machine's speed, and what it takes more | 0ns |
//! | `per-gflop=20ms` | more work for each billion operations of the model's file, which a hollow twin has few of | 0ns |
//! | `dispatch=400ns` | the host's time for each operator | 0ns |
//! | `operators=178` | how many a request executes | those of the model's file |
//! | `mode=synchronous\|asynchronous` | the host waits for each operator, or a device with two queues runs behind it | synchronous |
//! | `noise=2%` | standard deviation of a request's time, normal and symmetric | 0% |
//! | `drift=0.5%` | the same of a whole session | 0% |
//! | `output=nan\|off-by:0.01\|none` | floating-point outputs are NaN, or so much more; or the last is not there | values |
//! | `profiler=1.5` | there is a profiler, under which requests take so many times as long | none |
//!
//! Each declared output is a tensor of one element a row of the first input; its values depend on all bytes of all inputs.
#![forbid(unsafe_code)]

mod costs;
mod executed;
mod fault;
mod output;
mod read;
mod session;
mod settings;
mod timeline;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, Options, Readiness, RuntimeFacts, Session,
    check_version, refuse_batches,
};
pub use tare_clock::MonotonicClock;

use tare_clock::Clock;

use crate::executed::Executed;
use crate::session::FakeSession;
use crate::settings::Settings;

const NAME: &str = "fake";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The adapter; its costs are waited for on `C`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fake<C> {
    clock: C,
}

impl Fake<MonotonicClock> {
    /// On the real clock.
    pub const fn real() -> Self {
        Self::new(MonotonicClock)
    }
}

impl<C> Fake<C> {
    /// On any clock.
    pub const fn new(clock: C) -> Self {
        Self { clock }
    }
}

impl<C: Clock + Clone + 'static> Adapter for Fake<C> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn computes(&self) -> bool {
        false
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        let checked = check_version(NAME, version, VERSION);
        match checked.and_then(|()| Settings::read(options)) {
            Ok(_) => Readiness::Ready(facts(options)),
            Err(refusal) => Readiness::Unavailable {
                reason: refusal.to_string(),
                remedy: "mend the option".to_owned(),
            },
        }
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        refuse(&Settings::read(&request.options)?, request)
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        let settings = Settings::read(&request.options)?;
        refuse(&settings, request)?;
        settings.wait(&self.clock, settings.costs.load);
        let eaten = settings
            .fault_at_load()
            .map_or(Ok(Vec::new()), |fault| fault.strike(&self.clock))
            .map_err(|reason| AdapterError::Load(reason.to_owned()))?;
        Ok(Box::new(FakeModel {
            clock: self.clock.clone(),
            executed: Executed::of(&settings, request)?,
            settings,
            request: request.clone(),
            _eaten: eaten,
        }))
    }
}

fn refuse(settings: &Settings, request: &LoadRequest) -> Result<(), AdapterError> {
    match settings.takes_batches {
        true => Ok(()),
        false => refuse_batches(NAME, request),
    }
}

struct FakeModel<C> {
    clock: C,
    settings: Settings,
    executed: Executed,
    request: LoadRequest,
    _eaten: Vec<u8>,
}

impl<C: Clock + Clone + 'static> Loaded for FakeModel<C> {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(FakeSession::new(
            &self.clock,
            &self.settings,
            &self.executed,
            &self.request,
        )))
    }

    fn runtime(&self) -> RuntimeFacts {
        facts(&self.request.options)
    }
}

fn facts(options: &Options) -> RuntimeFacts {
    RuntimeFacts {
        name: NAME.to_owned(),
        version: VERSION.to_owned(),
        options: options.clone(),
        ..RuntimeFacts::default()
    }
}
