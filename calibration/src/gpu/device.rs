//! What measuring asks of a device, so that all that is decided about it can be tested without one.

pub(crate) use tare_cuda::Fault;
use tare_results::Direction;
use tare_units::{Bytes, Nanoseconds};

use super::MathMode;
use super::kernels;

/// What decides how a device is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Such as `NVIDIA H200`.
    pub(crate) name: String,
    /// Multiprocessors.
    pub(crate) multiprocessors: u64,
    /// The cache that all of them share.
    pub(crate) l2: Bytes,
    /// Memory that can be had now.
    pub(crate) free: Bytes,
    /// The compute capability, major before minor.
    pub(crate) capability: (u32, u32),
}

/// Work that a device can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Multiply-adds on registers.
    Fma { mode: MathMode },
    /// The product of two square matrices of `size` rows.
    Gemm { mode: MathMode, size: u64 },
    /// Reading all of `bytes`, `passes` times.
    Read { bytes: Bytes, passes: u64 },
    /// a = b + s·c over three arrays of `bytes` together, `passes` times.
    Triad { bytes: Bytes, passes: u64 },
    /// A copy of `bytes`.
    Copy { direction: Direction, bytes: Bytes },
    /// A kernel that does nothing.
    Nothing,
}

impl Work {
    /// The operations, of work on memory the bytes moved, that one execution is.
    pub(crate) fn amount(self, facts: &Facts) -> f64 {
        match self {
            Self::Fma { mode } => kernels::operations(mode, facts.multiprocessors),
            Self::Gemm { size, .. } => 2.0 * (size as f64).powi(3),
            Self::Read { bytes, passes } | Self::Triad { bytes, passes } => {
                bytes.as_bytes() as f64 * passes as f64
            }
            Self::Copy { bytes, .. } => bytes.as_bytes() as f64,
            Self::Nothing => 0.0,
        }
    }
}

/// A device that executes one work after another.
pub(crate) trait Device {
    /// Read when it was opened.
    fn facts(&self) -> &Facts;

    /// Memory, code and choices for `work`, so that it can be started again and again.
    fn prepare(&self, work: Work) -> Result<Box<dyn Prepared + '_>, Fault>;
}

/// Work that can be started.
pub(crate) trait Prepared {
    /// Ways to do it, of which the fastest is to be found; at least one.
    fn variants(&self) -> usize {
        1
    }

    /// Starts it `times` times in a way, and returns as soon as the host may go on.
    fn start(&mut self, variant: usize, times: u64) -> Result<(), Fault>;

    /// Waits until all that was started is done.
    fn wait(&mut self) -> Result<(), Fault>;

    /// Does it `times` times in a way and gives the time that took by the device's own clock.
    fn timed(&mut self, variant: usize, times: u64) -> Result<Nanoseconds, Fault>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::fake::facts;

    #[test]
    fn a_product_counts_two_operations_for_each_of_its_multiply_adds() {
        let gemm = Work::Gemm {
            mode: MathMode::Fp16,
            size: 1024,
        };
        assert_eq!(gemm.amount(&facts()), 2.0 * 1024.0 * 1024.0 * 1024.0);
    }

    #[test]
    fn a_triad_counts_its_three_arrays_once_a_pass_and_a_copy_its_bytes_once() {
        let bytes = Bytes::from_bytes(3 * 4096);
        let passes = 5;
        let triad = Work::Triad { bytes, passes };
        let read = Work::Read { bytes, passes };
        assert_eq!(triad.amount(&facts()), 3.0 * 4096.0 * 5.0);
        assert_eq!(read.amount(&facts()), triad.amount(&facts()));
        let direction = Direction::H2d;
        let copy = Work::Copy { direction, bytes };
        assert_eq!(copy.amount(&facts()), 3.0 * 4096.0);
    }

    #[test]
    fn pairs_of_half_precision_are_twice_the_operations_of_single_precision() {
        let of = |mode| Work::Fma { mode }.amount(&facts());
        assert_eq!(of(MathMode::Fp16), 2.0 * of(MathMode::Fp32));
    }
}
