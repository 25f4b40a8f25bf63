//! libtorch's callbacks around each operator, as a value that lives while they are there.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_void};
use std::marker::PhantomData;

use tare_adapter_api::OperatorTime;

use crate::shim::ShimError;
use crate::shim::ffi::{RawError, checked};

unsafe extern "C" {
    fn tare_begin_recording() -> RawError;
    fn tare_recorded() -> usize;
    fn tare_end_recording(
        into: *mut c_void,
        take: unsafe extern "C" fn(*mut c_void, *const c_char, u64),
    ) -> RawError;
}

/// libtorch's profiler on this thread, for as long as the value lives.
pub(crate) struct Recorder {
    is_over: bool,
    _of_this_thread: PhantomData<*const ()>,
}

impl Recorder {
    /// Times each operator that this thread calls from here on, the outermost only: not those that it calls itself.
    ///
    /// # Errors
    /// Where another thread is being profiled.
    pub(crate) fn begin() -> Result<Self, ShimError> {
        // SAFETY: it adds callbacks to this thread; `drop` removes them on the same thread.
        checked(unsafe { tare_begin_recording() })?;
        Ok(Self {
            is_over: false,
            _of_this_thread: PhantomData,
        })
    }

    /// How many operators have ended since.
    pub(crate) fn ended(&self) -> usize {
        // SAFETY: it reads under the recording's own locks.
        unsafe { tare_recorded() }
    }

    /// The operators since, in the order in which they ended.
    ///
    /// # Errors
    /// What libtorch says.
    pub(crate) fn end(mut self) -> Result<Vec<OperatorTime>, ShimError> {
        self.take()
    }

    fn take(&mut self) -> Result<Vec<OperatorTime>, ShimError> {
        unsafe extern "C" fn take(into: *mut c_void, name: *const c_char, nanoseconds: u64) {
            // SAFETY: `into` is the vector below, which nothing else uses during the call; the name ends in zero.
            let (times, name) =
                unsafe { (&mut *into.cast::<Vec<OperatorTime>>(), CStr::from_ptr(name)) };
            times.push(OperatorTime {
                name: None,
                kind: name.to_string_lossy().into_owned(),
                count: 1,
                time_ns: nanoseconds,
            });
        }
        self.is_over = true;
        let mut times: Vec<OperatorTime> = Vec::new();
        // SAFETY: `take` is called only before the function returns, with the pointer that is given here.
        checked(unsafe { tare_end_recording((&raw mut times).cast(), take) })?;
        Ok(times)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if !self.is_over {
            // Whoever drops the recorder wants none of it.
            let _ = self.take();
        }
    }
}
