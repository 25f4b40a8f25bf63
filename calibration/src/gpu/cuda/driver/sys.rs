//! The driver's calls with their errors, and what they make with its end.
//!
//! All of it stays on the thread that opened the context, and lives no longer than that.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::rc::Rc;

use cudarc::driver::result::{self, DriverError, ctx, device, event, primary_ctx, stream};
use cudarc::driver::sys;
use tare_results::Direction;
use tare_units::{Bytes, Nanoseconds};

use super::super::super::device::{Facts, Fault};

/// Calls that this needs by the names of the driver that have changed, or may be lacking: a missing one would end the process.
const SYMBOLS: [&str; 6] = [
    "cuInit",
    "cuDevicePrimaryCtxRetain",
    "cuDevicePrimaryCtxRelease_v2",
    "cuEventElapsedTime_v2",
    "cuEventDestroy_v2",
    "cuMemcpyHtoDAsync_v2",
];

/// Names the call in an error of the driver's.
pub(crate) trait Failed<T> {
    /// The value, or the error's name with what it came of.
    fn of(self, call: &str) -> Result<T, Fault>;
}

impl<T> Failed<T> for Result<T, DriverError> {
    fn of(self, call: &str) -> Result<T, Fault> {
        self.map_err(|error| Fault::new(call, format!("{:?}", error.0)))
    }
}

/// A library that was found, with every one of `symbols` in it.
pub(crate) fn checked(
    library: &str,
    present: bool,
    has: impl Fn(&str) -> bool,
    symbols: &[&str],
    remedy: &str,
) -> Result<(), Fault> {
    if !present {
        let reason = format!("the library was not found; {remedy}");
        return Err(Fault::new(library, reason));
    }
    match symbols.iter().find(|symbol| !has(symbol)) {
        None => Ok(()),
        Some(symbol) => {
            let reason = format!("the library is too old for {symbol}; {remedy}");
            Err(Fault::new(library, reason))
        }
    }
}

fn driver_is_here() -> Result<(), Fault> {
    // SAFETY: loading the driver runs its initialisers, which are meant for any process.
    let present = unsafe { sys::is_culib_present() };
    let has = |symbol: &str| {
        // SAFETY: the library is present, and what is found is not called.
        unsafe { sys::culib().get::<*const c_void>(symbol.as_bytes()).is_ok() }
    };
    let remedy = "install NVIDIA's driver of CUDA 12.8 or later";
    checked("libcuda", present, has, &SYMBOLS, remedy)
}

/// The primary context of a device, current on this thread.
pub(crate) struct Context {
    device: sys::CUdevice,
}

impl Context {
    /// Of the device with this number.
    pub(crate) fn open(ordinal: u32) -> Result<Rc<Self>, Fault> {
        driver_is_here()?;
        result::init().of("cuInit")?;
        let number = i32::try_from(ordinal).unwrap_or(i32::MAX);
        let device = device::get(number).of("cuDeviceGet")?;
        // SAFETY: the driver gave this device.
        let raw = unsafe { primary_ctx::retain(device) }.of("cuDevicePrimaryCtxRetain")?;
        let context = Rc::new(Self { device });
        // SAFETY: it was retained just now, and is until `context` is dropped.
        unsafe { ctx::set_current(raw) }.of("cuCtxSetCurrent")?;
        Ok(context)
    }

    /// What decides how it is measured.
    pub(crate) fn facts(&self) -> Result<Facts, Fault> {
        use sys::CUdevice_attribute_enum as Attribute;
        let capability = (
            self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
            self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
        );
        let (free, _) = result::mem_get_info().of("cuMemGetInfo")?;
        let l2 = self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)?;
        Ok(Facts {
            name: device::get_name(self.device).of("cuDeviceGetName")?,
            multiprocessors: self
                .attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?
                .into(),
            l2: Bytes::from_bytes(l2.into()),
            free: Bytes::from_bytes(free as u64),
            capability,
        })
    }

    fn attribute(&self, attribute: sys::CUdevice_attribute) -> Result<u32, Fault> {
        // SAFETY: the driver gave this device.
        let value = unsafe { device::get_attribute(self.device, attribute) };
        let value = value.of("cuDeviceGetAttribute")?;
        u32::try_from(value)
            .map_err(|_| Fault::new("cuDeviceGetAttribute", format!("{attribute:?} is {value}")))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: retained when it was opened; whatever was made in it holds it and is gone.
        let _ = unsafe { primary_ctx::release(self.device) };
    }
}

/// A queue of work, with two marks in time.
pub(crate) struct Stream {
    pub(in super::super) raw: sys::CUstream,
    marks: [sys::CUevent; 2],
    _context: Rc<Context>,
}

impl Stream {
    /// That waits for no other.
    pub(crate) fn new(context: &Rc<Context>) -> Result<Rc<Self>, Fault> {
        let mark = || event::create(sys::CUevent_flags::CU_EVENT_DEFAULT).of("cuEventCreate");
        Ok(Rc::new(Self {
            raw: stream::create(stream::StreamKind::NonBlocking).of("cuStreamCreate")?,
            marks: [mark()?, mark()?],
            _context: context.clone(),
        }))
    }

    /// Until all that was started is done.
    pub(crate) fn wait(&self) -> Result<(), Fault> {
        // SAFETY: created with `self`.
        unsafe { stream::synchronize(self.raw) }.of("cuStreamSynchronize")
    }

    /// The device's time for all that `start` starts.
    pub(crate) fn timed(
        &self,
        start: impl FnOnce() -> Result<(), Fault>,
    ) -> Result<Nanoseconds, Fault> {
        let [begin, end] = self.marks;
        let mark = |event| {
            // SAFETY: both were created with `self`, in one context.
            unsafe { event::record(event, self.raw) }.of("cuEventRecord")
        };
        mark(begin)?;
        start()?;
        mark(end)?;
        self.wait()?;
        // SAFETY: both were recorded, and the stream has passed them.
        let millis = unsafe { event::elapsed(begin, end) }.of("cuEventElapsedTime")?;
        Ok(Nanoseconds::from_nanos_f64(f64::from(millis) * 1e6))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        for mark in self.marks {
            // SAFETY: created with `self`, destroyed here only.
            let _ = unsafe { event::destroy(mark) };
        }
        // SAFETY: likewise; its work is let to end by the driver.
        let _ = unsafe { stream::destroy(self.raw) };
    }
}

/// Memory of the device.
pub(crate) struct Memory {
    pub(in super::super) at: sys::CUdeviceptr,
    bytes: usize,
    _context: Rc<Context>,
}

impl Memory {
    /// Of zeros.
    pub(crate) fn new(context: &Rc<Context>, bytes: u64) -> Result<Self, Fault> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        // SAFETY: the size is not zero in any work, and the driver refuses it if it is.
        let at = unsafe { result::malloc_sync(bytes) }.of("cuMemAlloc")?;
        let memory = Self {
            at,
            bytes,
            _context: context.clone(),
        };
        // SAFETY: allocated just now with this size.
        unsafe { result::memset_d8_sync(at, 0, bytes) }.of("cuMemsetD8")?;
        Ok(memory)
    }

    /// Repeats `pattern` over all of it.
    pub(crate) fn fill(&self, pattern: &[u32]) -> Result<(), Fault> {
        let step = size_of_val(pattern).max(size_of::<u32>());
        for from in (0..self.bytes).step_by(step) {
            let words = (self.bytes - from).min(step) / size_of::<u32>();
            let part = &pattern[..words.min(pattern.len())];
            // SAFETY: `from` and what is copied lie within what was allocated.
            unsafe { result::memcpy_htod_sync(self.at + from as u64, part) }.of("cuMemcpyHtoD")?;
        }
        Ok(())
    }

    /// In bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes as u64
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = ctx::synchronize();
        // SAFETY: allocated with `self`, freed here only, and nothing that was started is at work any longer.
        let _ = unsafe { result::free_sync(self.at) };
    }
}

/// Memory of the host that stays in its place, and memory of the device that is as large.
pub(crate) struct Pinned {
    host: *mut u8,
    device: Memory,
    stream: Rc<Stream>,
}

impl Pinned {
    /// Both touched.
    pub(crate) fn new(
        context: &Rc<Context>,
        stream: &Rc<Stream>,
        bytes: u64,
    ) -> Result<Self, Fault> {
        let device = Memory::new(context, bytes)?;
        // SAFETY: the device's memory of this size was allocated, so it is no overflow.
        let host = unsafe { result::malloc_host(device.bytes, 0) }.of("cuMemHostAlloc")?;
        let host = host.cast::<u8>();
        // SAFETY: allocated just now with this size, and no reference to it exists.
        unsafe { host.write_bytes(1, device.bytes) };
        let stream = stream.clone();
        Ok(Self {
            host,
            device,
            stream,
        })
    }

    /// Queues one copy of all of it.
    pub(crate) fn copy(&mut self, direction: Direction) -> Result<(), Fault> {
        let (at, bytes, queue) = (self.device.at, self.device.bytes, self.stream.raw);
        let host = self.host.cast::<c_void>();
        match direction {
            Direction::H2d => {
                // SAFETY: both are as large, and are freed only after all work has ended.
                let asked = unsafe { sys::cuMemcpyHtoDAsync_v2(at, host, bytes, queue) };
                asked.result().of("cuMemcpyHtoDAsync")
            }
            Direction::D2h => {
                // SAFETY: as above, and nothing of the host's reads or writes it meanwhile.
                let asked = unsafe { sys::cuMemcpyDtoHAsync_v2(host, at, bytes, queue) };
                asked.result().of("cuMemcpyDtoHAsync")
            }
        }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = ctx::synchronize();
        // SAFETY: allocated with `self`, freed here only, and no copy is at work any longer.
        let _ = unsafe { result::free_host(self.host.cast()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_not_there_or_too_old_is_a_reason_with_a_remedy() {
        let ask = |present, has: bool| checked("libx", present, |_| has, &["f"], "install x");
        assert_eq!(ask(true, true), Ok(()));
        let absent = ask(false, true).unwrap_err().to_string();
        assert_eq!(absent, "libx: the library was not found; install x");
        let old = ask(true, false).unwrap_err().to_string();
        assert_eq!(old, "libx: the library is too old for f; install x");
    }
}
