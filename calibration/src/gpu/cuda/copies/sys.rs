//! Copies of all of two memories that are as large, with nobody else at either.
#![allow(unsafe_code)]

use std::sync::Arc;

use tare_cuda::{Memory, Pinned, Stream};
use tare_results::Direction;
use tare_units::Bytes;

use super::super::super::device::Fault;

/// Memory of the host, and memory of the device that is as large.
pub(crate) struct Copies {
    host: Pinned,
    device: Memory,
    bytes: usize,
    stream: Arc<Stream>,
}

impl Copies {
    /// Both touched.
    pub(crate) fn new(stream: &Arc<Stream>, bytes: Bytes) -> Result<Self, Fault> {
        let device = Memory::zeroed(stream.context(), bytes)?;
        let mut host = Pinned::new(stream.context(), bytes)?;
        host.as_mut_slice().fill(1);
        Ok(Self {
            bytes: host.as_slice().len(),
            host,
            device,
            stream: stream.clone(),
        })
    }

    /// Queues one copy of all of it.
    pub(crate) fn start(&mut self, direction: Direction) -> Result<(), Fault> {
        let (all, host, device) = (0..self.bytes, &self.host, &self.device);
        match direction {
            // SAFETY: both live in `self`, freed only after all work has ended, and nothing of the host's writes them any longer.
            Direction::H2d => unsafe { self.stream.upload(host, all, device, 0) },
            // SAFETY: as above, and nothing of the host's reads it either.
            Direction::D2h => unsafe { self.stream.download(device, 0, host, all) },
        }
    }
}
