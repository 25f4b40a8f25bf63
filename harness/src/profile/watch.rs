//! Requests of the profiled pass in which a device is watched.

use tare_adapter_api::{Device, Session};
use tare_clock::Clock;
use tare_units::Nanoseconds;

use super::device::{Request, device_time};
use super::{Pass, WARM, Watched};
use crate::job::JobError;
use crate::protocol::Effort;
use crate::trace::{Tracer, Tracing};

/// Requests that are watched however long they take: as many as decide a median.
const FEWEST: usize = 10;

/// Who watches, or why nobody can.
pub struct Watch {
    device: Device,
    tracing: Result<Box<dyn Tracing>, String>,
}

impl Watch {
    /// Of a job on `device`; `None` where there is nothing to watch, or nobody asked.
    pub fn of(device: Device, effort: Effort, tracer: &dyn Tracer) -> Option<Self> {
        effort.watches(device).then(|| Self {
            device,
            tracing: tracer.attach(device),
        })
    }

    /// Once the framework has brought its own libraries.
    pub fn try_again(&mut self, tracer: &dyn Tracer) {
        if self.tracing.is_err() {
            self.tracing = tracer.attach(self.device);
        }
    }

    /// What the device did in requests of `pass`, or why that is not known.
    ///
    /// # Errors
    /// Where a request fails.
    pub fn device_time<C: Clock>(
        self,
        pass: &Pass<'_, C>,
        session: &mut dyn Session,
    ) -> Result<Watched, JobError> {
        let mut tracing = match self.tracing {
            Ok(tracing) => tracing,
            Err(reason) => return Ok(Err(reason)),
        };
        if let Err(reason) = tracing.begin() {
            return Ok(Err(reason));
        }
        let mut requests = Vec::new();
        let mut refused = None;
        pass.timed(
            0,
            WARM + FEWEST,
            &mut |inputs| match watched(&*tracing, &mut requests, || {
                let before = pass.clock.now();
                session.run(inputs)?;
                Ok(pass.clock.now().saturating_sub(before))
            }) {
                Ok(latency) => latency.map(Some),
                Err(reason) => {
                    refused = Some(reason);
                    Ok(None)
                }
            },
        )?;
        let trace = match (refused, tracing.end()) {
            (Some(reason), _) | (None, Err(reason)) => return Ok(Err(reason)),
            (None, Ok(trace)) => trace,
        };
        let counted = requests.len().saturating_sub(WARM) as u64;
        Ok(device_time(&trace, &requests, WARM).map(|device| (device, counted)))
    }
}

/// Runs a request between two readings of the tracer's clock; the inner error is the request's.
fn watched(
    tracing: &dyn Tracing,
    requests: &mut Vec<Request>,
    run: impl FnOnce() -> Result<Nanoseconds, JobError>,
) -> Result<Result<Nanoseconds, JobError>, String> {
    let from = tracing.now()?;
    let latency = match run() {
        Ok(latency) => latency,
        failed => return Ok(failed),
    };
    let to = tracing.now()?;
    requests.push(Request { from, to, latency });
    Ok(Ok(latency))
}
