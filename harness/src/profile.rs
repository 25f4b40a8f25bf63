//! The profiled pass in the worker: warm-up, a few requests in which the device is watched, where there is one, then a few
//! under the framework's own profiler, summed by operator. Neither runs while the other does.

mod arithmetic;
mod device;
mod sum;
mod watch;

use tare_adapter_api::{Adapter, AdapterError, Device, Session, Tensor};
use tare_clock::Clock;
use tare_results::{DeviceMeans, DeviceTime, Missing, Phase, Profile};
use tare_units::Nanoseconds;

use crate::job::{JobError, Reporter, entered};
use crate::pool::Pool;
use crate::protocol::{Effort, Given, Job, Outcome};
use crate::trace::Tracer;
use crate::warmup::{Warmup, warm_up};
pub use arithmetic::Arithmetic;
use sum::{busy, summed};
use watch::Watch;

/// Requests under the profiler before those that count: its first may allocate.
const WARM: usize = 3;
/// Requests that are profiled however long they take.
const FEWEST: usize = 3;

/// Profiles requests of `job` with `adapter`, and has `tracer` watch the GPU that they run on.
pub fn profile(
    adapter: &dyn Adapter,
    job: &Job,
    effort: Effort,
    clock: &impl Clock,
    reporter: &mut dyn Reporter,
    tracer: &dyn Tracer,
) -> Result<Outcome, JobError> {
    let pool = job.fill_pool()?;
    let own = job.own_bytes();
    reporter.phase(Phase::Load, own)?;
    let mut watch = Watch::of(job.load.device, effort, tracer);
    let before = clock.now();
    let loaded = adapter.load(&job.load)?;
    let model_ns = clock.now().saturating_sub(before);
    if let Some(watch) = &mut watch {
        watch.try_again(tracer);
    }
    let before = clock.now();
    let mut session = loaded.session()?;
    let load_ns = model_ns + clock.now().saturating_sub(before);
    reporter.phase(Phase::Warmup, own)?;
    let mut pass = Pass {
        job,
        effort,
        pool: &pool,
        clock,
        watch,
    };
    let mut profiled = None;
    session.enter(&mut |session| profiled = Some(pass.run(session, reporter)));
    let (warmup, found) = entered(profiled)?;
    reporter.phase(Phase::Finish, own)?;
    drop(session);
    Ok(Outcome {
        runtime: loaded.runtime(),
        given: Given::Profiled {
            load: warmup.load(load_ns),
            profile: found.profile.map(Box::new),
            missing: found.missing,
        },
    })
}

struct Pass<'a, C> {
    job: &'a Job,
    effort: Effort,
    pool: &'a Pool,
    clock: &'a C,
    watch: Option<Watch>,
}

/// The profile, or why there is none, and why parts of it are not there.
struct Found {
    profile: Result<Profile, String>,
    missing: Missing,
}

impl<C: Clock> Pass<'_, C> {
    fn run(
        &mut self,
        session: &mut dyn Session,
        reporter: &mut dyn Reporter,
    ) -> Result<(Warmup, Found), JobError> {
        let warmup = warm_up(session, self.pool, self.clock, self.job.warmup)?;
        let watched = match self.watch.take() {
            Some(watch) => {
                reporter.phase(Phase::Run, self.job.own_bytes())?;
                Some(watch.device_time(self, session)?)
            }
            None => None,
        };
        let is_watched = watched.is_some();
        let profiled = self.operators(session, reporter, is_watched)?;
        Ok((warmup, joined(watched, profiled)))
    }

    /// The profile with what the session tells of its device, or why the adapter offers none.
    fn operators(
        &self,
        session: &mut dyn Session,
        reporter: &mut dyn Reporter,
        is_under_way: bool,
    ) -> Result<Result<Profiled, String>, JobError> {
        match session.start_profile() {
            Err(error @ AdapterError::NotOffered(_)) => return Ok(Err(error.to_string())),
            started => started?,
        }
        for inputs in self.inputs().take(WARM) {
            session.run(inputs)?;
        }
        if !is_under_way {
            reporter.phase(Phase::Run, self.job.own_bytes())?;
        }
        let latencies = self.timed(WARM, FEWEST, &mut |inputs| {
            let before = self.clock.now();
            session.run(inputs)?;
            Ok(Some(self.clock.now().saturating_sub(before)))
        })?;
        let requests = session.end_profile()?;
        let told = requests.len();
        let expected = WARM + latencies.len();
        if told != expected {
            return Err(JobError::Profile(format!(
                "told of {told} requests where {expected} ran"
            )));
        }
        let profile = summed(&requests[WARM..], &latencies)?;
        let device = match session.device_intervals() {
            Err(AdapterError::NotOffered(_)) => None,
            told => {
                let intervals = told?;
                let means = match self.job.load.device {
                    Device::Cuda(_) => DeviceMeans::Events,
                    Device::Cpu => DeviceMeans::Framework,
                };
                let counted = intervals.get(WARM..).unwrap_or_default();
                Some(busy(counted, &latencies, means))
            }
        };
        Ok(Ok((profile, device)))
    }

    fn inputs(&self) -> impl Iterator<Item = &[Tensor]> {
        self.pool.own().iter().cycle().map(Vec::as_slice)
    }

    /// The latencies of requests that `run` makes, from the one at `first` on, `fewest` at least, until they have taken as long
    /// as is asked for, or `run` gives none.
    fn timed(
        &self,
        first: usize,
        fewest: usize,
        run: Running<'_>,
    ) -> Result<Vec<Nanoseconds>, JobError> {
        let mut latencies = Vec::new();
        let started = self.clock.now();
        for inputs in self.inputs().skip(first) {
            let Some(latency) = run(inputs)? else {
                break;
            };
            latencies.push(latency);
            let done = latencies.len() as u64 >= self.effort.max_requests
                || self.clock.now().saturating_sub(started) >= self.effort.duration_ns;
            if done && latencies.len() >= fewest {
                break;
            }
        }
        Ok(latencies)
    }
}

/// Runs a request and gives its latency, or `None` where no further one is to follow.
type Running<'a> = &'a mut dyn FnMut(&[Tensor]) -> Result<Option<Nanoseconds>, JobError>;
/// What the framework tells: its operators, and where it offers that, when its device was busy.
type Profiled = (Profile, Option<Result<DeviceTime, String>>);
/// What was seen of the device, in so many requests, or why nothing was.
type Watched = Result<(DeviceTime, u64), String>;

/// One profile of what was watched and what the framework told; the one that watched goes before what a framework tells of its
/// device.
fn joined(watched: Option<Watched>, profiled: Result<Profiled, String>) -> Found {
    let mut missing = Missing::new();
    let profile = match (watched, profiled) {
        (None, Err(reason)) => Err(reason),
        (Some(Err(untraced)), Err(reason)) => {
            lack(&mut missing, "device", &untraced);
            Err(reason)
        }
        (None, Ok(profiled)) => Ok(told(profiled, None, &mut missing)),
        (Some(Err(untraced)), Ok(profiled)) => Ok(told(profiled, Some(untraced), &mut missing)),
        (Some(Ok((device, _))), Ok((profile, _))) => Ok(Profile {
            device: Some(device),
            ..profile
        }),
        (Some(Ok((device, requests))), Err(reason)) => {
            lack(&mut missing, "operators", &reason);
            Ok(Profile {
                perturbation: None,
                requests,
                latency_p50_ns: device.latency_p50_ns.unwrap_or_default(),
                operators: Vec::new(),
                nodes: Vec::new(),
                families: Vec::new(),
                device: Some(device),
            })
        }
    };
    Found { profile, missing }
}

/// What the framework alone told; `untraced` says why nobody watched who was asked to.
fn told((profile, device): Profiled, untraced: Option<String>, missing: &mut Missing) -> Profile {
    match (&device, &untraced) {
        (Some(Ok(_)), _) => {
            let reason = untraced.as_deref().unwrap_or(BUSY_ALONE);
            PARTS.iter().for_each(|part| lack(missing, part, reason));
        }
        (Some(Err(reason)), None) => lack(missing, "device", reason),
        (Some(Err(reason)), Some(untraced)) => {
            lack(missing, "device", &format!("{untraced}; {reason}"));
        }
        (None, Some(untraced)) => lack(missing, "device", untraced),
        (None, None) => {}
    }
    Profile {
        device: device.and_then(Result::ok),
        ..profile
    }
}

fn lack(missing: &mut Missing, part: &str, reason: &str) {
    missing.insert(format!("profile.{part}"), reason.to_owned());
}

/// Why they are not there where the framework alone tells of its device.
const BUSY_ALONE: &str = "the framework tells when its device was busy, and not with what";
/// What only a tracer tells of a device.
const PARTS: [&str; 3] = ["device.kernels", "device.copies", "device.activities"];
