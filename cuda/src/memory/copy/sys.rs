//! The driver's copies, all of them in the order of a stream.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ops::Range;
use std::sync::Arc;

use cudarc::driver::result;
use cudarc::driver::sys;
use tare_units::Bytes;

use super::super::{Memory, Pinned, from, within};
use crate::driver::{Context, Failed};
use crate::{Fault, Stream};

const TO_DEVICE: &str = "cuMemcpyHtoDAsync";
const TO_HOST: &str = "cuMemcpyDtoHAsync";
const WITHIN: &str = "cuMemcpyDtoDAsync";
const SET: &str = "cuMemsetD8Async";

impl Memory {
    /// Of zeros, written before this returns.
    ///
    /// # Errors
    /// Where there is not as much, or nothing is asked for.
    pub fn zeroed(context: &Arc<Context>, bytes: Bytes) -> Result<Self, Fault> {
        let memory = Self::new(context, bytes)?;
        let stream = Stream::new(context)?;
        stream.zero(&memory, 0..memory.bytes)?;
        stream.wait()?;
        Ok(memory)
    }
}

impl Stream {
    /// Starts a copy of `range` of `source` to `offset` of `target`.
    ///
    /// # Safety
    /// Until the stream has passed the copy, and during each launch of a [`crate::Graph`] that captured it, both live
    /// and nobody writes that range of `source`.
    ///
    /// # Errors
    /// Where it would leave either memory, or an earlier fault comes out.
    pub unsafe fn upload(
        &self,
        source: &Pinned,
        range: Range<usize>,
        target: &Memory,
        offset: usize,
    ) -> Result<(), Fault> {
        within(TO_DEVICE, &range, source.bytes)?;
        within(TO_DEVICE, &from(offset, range.len()), target.bytes)?;
        // SAFETY: the range lies within `source`.
        let host = unsafe { source.at.add(range.start) }
            .as_ptr()
            .cast::<c_void>();
        let device = target.at + offset as u64;
        // SAFETY: both ranges lie within what was allocated; that they stay is the caller's to see to.
        let asked = unsafe { sys::cuMemcpyHtoDAsync_v2(device, host, range.len(), self.raw) };
        asked.result().of(TO_DEVICE)
    }

    /// Starts a copy of as many bytes from `offset` of `source` to `range` of `target`.
    ///
    /// # Safety
    /// Until the stream has passed the copy, and during each launch of a [`crate::Graph`] that captured it, both live
    /// and nobody reads or writes that range of `target`.
    ///
    /// # Errors
    /// Where it would leave either memory, or an earlier fault comes out.
    pub unsafe fn download(
        &self,
        source: &Memory,
        offset: usize,
        target: &Pinned,
        range: Range<usize>,
    ) -> Result<(), Fault> {
        within(TO_HOST, &range, target.bytes)?;
        within(TO_HOST, &from(offset, range.len()), source.bytes)?;
        // SAFETY: the range lies within `target`.
        let host = unsafe { target.at.add(range.start) }
            .as_ptr()
            .cast::<c_void>();
        let device = source.at + offset as u64;
        // SAFETY: both ranges lie within what was allocated; that they stay is the caller's to see to.
        let asked = unsafe { sys::cuMemcpyDtoHAsync_v2(host, device, range.len(), self.raw) };
        asked.result().of(TO_HOST)
    }

    /// Copies `source` to `offset` of `target`, after all that was started before, and waits for it.
    ///
    /// # Errors
    /// Where it would leave the memory, those of the work, and while the stream is captured.
    pub fn upload_now(&self, source: &[u8], target: &Memory, offset: usize) -> Result<(), Fault> {
        within(TO_DEVICE, &from(offset, source.len()), target.bytes)?;
        let (device, host) = (target.at + offset as u64, source.as_ptr().cast::<c_void>());
        // SAFETY: both are as large, and are borrowed until the copy is done.
        let asked = unsafe { sys::cuMemcpyHtoDAsync_v2(device, host, source.len(), self.raw) };
        asked.result().of(TO_DEVICE)?;
        self.wait()
    }

    /// Copies as many bytes from `offset` of `source` to `target`, after all that was started before, and waits for it.
    ///
    /// # Errors
    /// Where it would leave the memory, those of the work, and while the stream is captured.
    pub fn download_now(
        &self,
        source: &Memory,
        offset: usize,
        target: &mut [u8],
    ) -> Result<(), Fault> {
        within(TO_HOST, &from(offset, target.len()), source.bytes)?;
        let (host, device) = (
            target.as_mut_ptr().cast::<c_void>(),
            source.at + offset as u64,
        );
        // SAFETY: both are as large, and are borrowed until the copy is done.
        let asked = unsafe { sys::cuMemcpyDtoHAsync_v2(host, device, target.len(), self.raw) };
        asked.result().of(TO_HOST)?;
        self.wait()
    }

    /// Starts a copy of `range` of `source` to `offset` of `target`, which do not overlap.
    ///
    /// # Errors
    /// Where it would leave either memory, the two overlap, or an earlier fault comes out.
    pub fn copy(
        &self,
        source: &Memory,
        range: Range<usize>,
        target: &Memory,
        offset: usize,
    ) -> Result<(), Fault> {
        within(WITHIN, &range, source.bytes)?;
        within(WITHIN, &from(offset, range.len()), target.bytes)?;
        let (read, written) = (source.at + range.start as u64, target.at + offset as u64);
        if !range.is_empty() && read.abs_diff(written) < range.len() as u64 {
            let reason = format!("{range:?} and what begins at {offset} overlap");
            return Err(Fault::new(WITHIN, reason));
        }
        // SAFETY: both ranges lie within what was allocated; freeing either waits for the stream.
        let asked = unsafe { result::memcpy_dtod_async(written, read, range.len(), self.raw) };
        asked.of(WITHIN)
    }

    /// Starts writing zeros to `range` of `target`.
    ///
    /// # Errors
    /// Where the range leaves the memory, or an earlier fault comes out.
    pub fn zero(&self, target: &Memory, range: Range<usize>) -> Result<(), Fault> {
        within(SET, &range, target.bytes)?;
        let at = target.at + range.start as u64;
        // SAFETY: the range lies within what was allocated; freeing it waits for the stream.
        let asked = unsafe { result::memset_d8_async(at, 0, range.len(), self.raw) };
        asked.of(SET)
    }
}
