//! A tracer with a clock of its own that sees the same two kernels in each request.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};

use tare_adapter_api::Device;
use tare_clock::{Clock, SimulatedClock};
use tare_harness::trace::{Activity, Call, Trace, Tracer, Tracing, Work};
use tare_units::Nanoseconds;

/// By how much the tracer's clock is ahead of the harness's.
const AHEAD: Nanoseconds = Nanoseconds::from_secs(1_000);

/// A tracer that sees two kernels in each request: 2 ms from 3 ms on, launched at 1 ms, and 1 ms from 6 ms on, at 2 ms.
#[derive(Clone, Default)]
pub struct Seeing {
    /// The harness's.
    pub clock: SimulatedClock,
    /// What it says in the place of attaching, the first time and later.
    pub refusals: Arc<Mutex<Vec<String>>>,
    /// Whether it cannot tell in the end.
    pub fails_at_end: bool,
    /// Records that it lost.
    pub dropped: u64,
    /// What was asked of it.
    pub said: Arc<Mutex<Vec<&'static str>>>,
    /// What its clock was read as.
    pub read: Arc<Mutex<Vec<Nanoseconds>>>,
}

impl Seeing {
    fn say(&self, what: &'static str) {
        self.said.lock().unwrap().push(what);
    }
}

impl Tracer for Seeing {
    fn attach(&self, device: Device) -> Result<Box<dyn Tracing>, String> {
        assert_eq!(device, Device::Cuda(0));
        self.say("attach");
        let mut refusals = self.refusals.lock().unwrap();
        match refusals.is_empty() {
            true => Ok(Box::new(self.clone())),
            false => Err(refusals.remove(0)),
        }
    }
}

impl Tracing for Seeing {
    fn begin(&mut self) -> Result<(), String> {
        self.say("begin");
        Ok(())
    }

    fn now(&self) -> Result<Nanoseconds, String> {
        let now = self.clock.now() + AHEAD;
        self.read.lock().unwrap().push(now);
        Ok(now)
    }

    fn end(&mut self) -> Result<Trace, String> {
        self.say("end");
        if self.fails_at_end {
            return Err("the device was lost".to_owned());
        }
        let millis = Nanoseconds::from_millis;
        let mut trace = Trace {
            names: vec!["gemm".to_owned()],
            dropped: self.dropped,
            ..Trace::default()
        };
        let read = self.read.lock().unwrap();
        for (number, from) in read.iter().step_by(2).enumerate() {
            for (kernel, (call, start, end)) in [(1, 3, 5), (2, 6, 7)].into_iter().enumerate() {
                let correlation = (2 * number + kernel) as u32;
                trace.calls.push(Call {
                    correlation,
                    start: *from + millis(call),
                });
                trace.activities.push(Activity {
                    work: Work::Kernel { name: 0 },
                    start: *from + millis(start),
                    end: *from + millis(end),
                    correlation,
                });
            }
        }
        Ok(trace)
    }
}
