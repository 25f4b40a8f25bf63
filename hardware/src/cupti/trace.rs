//! What was recorded, apart from how.

use tare_units::{Bytes, Nanoseconds};

/// Everything that was recorded of some requests, in no order; times are by CUPTI's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The names of kernels, which the activities count from 0.
    pub names: Vec<String>,
    /// What the devices did.
    pub activities: Vec<Activity>,
    /// Calls of CUDA's functions on the host, the runtime's and the driver's.
    pub calls: Vec<Call>,
    /// Records of any kind for which there was no room.
    pub dropped: u64,
}

/// A kernel, copy or fill on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// What it was.
    pub work: Work,
    /// When it began; zero, like its end, where the time could not be taken.
    pub start: Nanoseconds,
    /// When it ended.
    pub end: Nanoseconds,
    /// The call that launched it; all kernels of a graph have that of the graph's launch.
    pub correlation: u32,
}

/// What an activity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Computes.
    Kernel {
        /// Its place among the names.
        name: usize,
    },
    /// Copies.
    Copy {
        /// From where to where.
        way: Way,
        /// How much.
        bytes: Bytes,
    },
    /// Fills memory with a value.
    Fill {
        /// How much.
        bytes: Bytes,
    },
}

/// The way of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the host's memory.
    ToDevice,
    /// Into the host's memory.
    FromDevice,
    /// Within a device, or between two.
    OnDevice,
}

/// A call on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// What it launched has the same.
    pub correlation: u32,
    /// When it was entered; zero where the time could not be taken.
    pub start: Nanoseconds,
}
