//! Allocations of the device and of the host.
#![allow(unsafe_code)]

use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

use cudarc::driver::result;
use cudarc::driver::sys;
use tare_units::Bytes;

use super::{size, within};
use crate::Fault;
use crate::driver::{Context, Failed};

/// Memory of the device. Dropping it waits for all work of the context, then frees it.
///
/// It lies at a multiple of 256 bytes.
pub struct Memory {
    pub(super) at: sys::CUdeviceptr,
    pub(super) bytes: usize,
    context: Arc<Context>,
}

impl Memory {
    /// Of any content.
    ///
    /// # Errors
    /// Where there is not as much, or nothing is asked for.
    pub fn new(context: &Arc<Context>, bytes: Bytes) -> Result<Self, Fault> {
        let bytes = size(bytes);
        // SAFETY: the driver refuses a size of zero; nothing reads the memory as anything but bytes.
        let at = unsafe { result::malloc_sync(bytes) }.of("cuMemAlloc")?;
        let context = context.clone();
        Ok(Self { at, bytes, context })
    }

    /// Where it lies, as kernels see it.
    pub fn address(&self) -> u64 {
        self.at
    }

    /// How large it is.
    pub fn bytes(&self) -> Bytes {
        Bytes::from_bytes(self.bytes as u64)
    }

    /// Where `range` of its bytes lies, as kernels see it.
    ///
    /// # Errors
    /// Where the range does not lie within the memory.
    pub fn address_of(&self, range: Range<usize>) -> Result<u64, Fault> {
        within("an address", &range, self.bytes)?;
        Ok(self.at + range.start as u64)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = self.context.make_current();
        let _ = self.context.wait();
        // SAFETY: allocated with `self`, freed here only, and nothing that was started is at work any longer.
        let _ = unsafe { result::free_sync(self.at) };
    }
}

/// Memory of the host that stays in its place, so that the device copies from it and to it directly.
///
/// Dropping it waits for all work of the context, then frees it.
pub struct Pinned {
    pub(super) at: NonNull<u8>,
    pub(super) bytes: usize,
    context: Arc<Context>,
}

// SAFETY: it owns its bytes; the driver lets any thread free them.
unsafe impl Send for Pinned {}
// SAFETY: shared, it is only read.
unsafe impl Sync for Pinned {}

impl Pinned {
    /// Of zeros, all of it touched.
    ///
    /// # Errors
    /// Where there is not as much, or nothing is asked for.
    pub fn new(context: &Arc<Context>, bytes: Bytes) -> Result<Self, Fault> {
        const CALL: &str = "cuMemHostAlloc";
        let bytes = size(bytes);
        if bytes == 0 || isize::try_from(bytes).is_err() {
            return Err(Fault::new(CALL, format!("{bytes} bytes cannot be had")));
        }
        // SAFETY: what is given is written before anything reads it.
        let at = unsafe { result::malloc_host(bytes, 0) }.of(CALL)?;
        let at = NonNull::new(at.cast::<u8>());
        let at = at.ok_or_else(|| Fault::new(CALL, "the driver gave no address"))?;
        // SAFETY: allocated just now with this size, and no reference to it exists.
        unsafe { at.write_bytes(0, bytes) };
        let context = context.clone();
        Ok(Self { at, bytes, context })
    }

    /// Its bytes, while no copy to them is under way, see [`crate::Stream::download`].
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: allocated with this size, initialised, and borrowed as `self` is; who starts a copy to it vouches that nobody reads meanwhile.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.bytes) }
    }

    /// Its bytes, while no copy of them is under way, see [`crate::Stream::upload`].
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, borrowed by nobody else.
        unsafe { std::slice::from_raw_parts_mut(self.at.as_ptr(), self.bytes) }
    }

    /// Where it lies, for kernels too: host and device share one space of addresses.
    pub fn address(&self) -> u64 {
        self.at.as_ptr() as u64
    }

    /// How large it is.
    pub fn bytes(&self) -> Bytes {
        Bytes::from_bytes(self.bytes as u64)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = self.context.make_current();
        let _ = self.context.wait();
        // SAFETY: allocated with `self`, freed here only, and no copy is at work any longer.
        let _ = unsafe { result::free_host(self.at.as_ptr().cast()) };
    }
}
