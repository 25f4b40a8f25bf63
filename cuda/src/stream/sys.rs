//! The driver's streams and events.
#![allow(unsafe_code)]

use std::sync::Arc;

use cudarc::driver::result::{DriverError, event, stream};
use cudarc::driver::sys;
use tare_units::Nanoseconds;

use crate::Fault;
use crate::driver::{Context, Failed};

/// A queue of work, done in the order in which it was started, that waits for no other.
///
/// Any thread may use it; what several threads start at once is queued in either order.
pub struct Stream {
    pub(crate) raw: sys::CUstream,
    pub(crate) context: Arc<Context>,
}

// SAFETY: the driver guards its streams, and any thread on which the context is current may use them.
unsafe impl Send for Stream {}
// SAFETY: as above.
unsafe impl Sync for Stream {}

impl Stream {
    /// With nothing in it.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub fn new(context: &Arc<Context>) -> Result<Arc<Self>, Fault> {
        let raw = stream::create(stream::StreamKind::NonBlocking).of("cuStreamCreate")?;
        let context = context.clone();
        Ok(Arc::new(Self { raw, context }))
    }

    /// The context that it was made in.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Until all that was started is done.
    ///
    /// # Errors
    /// Those of the work; and while the stream is captured.
    pub fn wait(&self) -> Result<(), Fault> {
        // SAFETY: created with `self`.
        unsafe { stream::synchronize(self.raw) }.of("cuStreamSynchronize")
    }

    /// Marks the place that the stream has come to; what `event` marked before is forgotten.
    ///
    /// # Errors
    /// Where an earlier fault comes out.
    pub fn record(&self, event: &Event) -> Result<(), Fault> {
        // SAFETY: both live.
        unsafe { event::record(event.raw, self.raw) }.of("cuEventRecord")
    }

    /// What is started from now on begins when `event`'s mark has been passed; nothing waits for one that marks nothing.
    ///
    /// # Errors
    /// Where an earlier fault comes out.
    pub fn wait_for(&self, event: &Event) -> Result<(), Fault> {
        let flags = sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
        // SAFETY: both live; the driver keeps what it needs of the event.
        unsafe { stream::wait_event(self.raw, event.raw, flags) }.of("cuStreamWaitEvent")
    }

    /// The device's time for all that `start` starts, which is waited for.
    ///
    /// # Errors
    /// Those of `start`, of the work, and where the driver refuses.
    pub fn timed(&self, start: impl FnOnce() -> Result<(), Fault>) -> Result<Nanoseconds, Fault> {
        let [begin, end] = [Event::new(&self.context)?, Event::new(&self.context)?];
        self.record(&begin)?;
        start()?;
        self.record(&end)?;
        self.wait()?;
        end.since(&begin)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = self.context.make_current();
        // SAFETY: created with `self`, destroyed here only; its work is let to end by the driver.
        let _ = unsafe { stream::destroy(self.raw) };
    }
}

/// A mark in a stream, with its time on the device's clock.
pub struct Event {
    raw: sys::CUevent,
    context: Arc<Context>,
}

// SAFETY: the driver guards its events, and any thread on which the context is current may use them.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Event {
    /// That marks nothing yet.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub fn new(context: &Arc<Context>) -> Result<Self, Fault> {
        let raw = event::create(sys::CUevent_flags::CU_EVENT_DEFAULT).of("cuEventCreate")?;
        let context = context.clone();
        Ok(Self { raw, context })
    }

    /// Until the mark has been passed; at once where it marks nothing.
    ///
    /// # Errors
    /// Those of the work before it.
    pub fn wait(&self) -> Result<(), Fault> {
        // SAFETY: created with `self`.
        unsafe { event::synchronize(self.raw) }.of("cuEventSynchronize")
    }

    /// Whether the mark has been passed; true where it marks nothing.
    ///
    /// # Errors
    /// Those of the work before it.
    pub fn is_done(&self) -> Result<bool, Fault> {
        // SAFETY: created with `self`.
        match unsafe { event::query(self.raw) } {
            Err(DriverError(sys::CUresult::CUDA_ERROR_NOT_READY)) => Ok(false),
            other => other.of("cuEventQuery").map(|()| true),
        }
    }

    /// The time from `earlier` to this one, by the device's clock to half a microsecond.
    ///
    /// # Errors
    /// Where either marks nothing, has not been passed, or was recorded while a stream was captured.
    pub fn since(&self, earlier: &Self) -> Result<Nanoseconds, Fault> {
        // SAFETY: both live, and the driver says whether they can be compared.
        let millis = unsafe { event::elapsed(earlier.raw, self.raw) }.of("cuEventElapsedTime")?;
        Ok(Nanoseconds::from_nanos_f64(f64::from(millis) * 1e6))
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let _ = self.context.make_current();
        // SAFETY: created with `self`, destroyed here only.
        let _ = unsafe { event::destroy(self.raw) };
    }
}
