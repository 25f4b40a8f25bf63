//! What using a device costs beside its arithmetic and its memory: copies to and from it, and starting work on it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::{Bytes, BytesPerSecond, Nanoseconds};

use crate::peaks::Spread;

/// Which way a copy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the host to the device.
    H2d,
    /// From the device to the host.
    D2h,
}

impl Direction {
    /// Both, host to device first.
    pub const ALL: [Self; 2] = [Self::H2d, Self::D2h];

    /// `h2d` or `d2h`.
    pub fn name(self) -> &'static str {
        match self {
            Self::H2d => "h2d",
            Self::D2h => "d2h",
        }
    }
}

/// Copies between page-locked memory of the host and a device, one direction at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transfer {
    /// Such as `cuda:0`.
    pub device: String,
    /// Which way.
    pub direction: Direction,
    /// What a large copy moves.
    pub large_bytes: Bytes,
    /// The rate of large copies, one after another, by the device's clock; in each repeat the fastest stretch.
    pub bytes_per_s: Spread<BytesPerSecond>,
    /// What a small copy moves.
    pub small_bytes: Bytes,
    /// From asking for a small copy until the host knows that it is done, by the host's clock.
    pub latency_ns: Spread<Nanoseconds>,
}

/// The host's time for starting a kernel that does nothing, and for learning that it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchCost {
    /// Such as `cuda:0`.
    pub device: String,
    /// A launch on an idle device, until the host may go on.
    pub single_ns: Spread<Nanoseconds>,
    /// One of many launches in a row, until the host may go on.
    pub amortised_ns: Spread<Nanoseconds>,
    /// A launch on an idle device, until the host knows that it is done.
    pub round_trip_ns: Spread<Nanoseconds>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_is_written_as_it_is_named() {
        for direction in Direction::ALL {
            let json = serde_json::to_value(direction).unwrap();
            assert_eq!(json, direction.name());
            let back: Direction = serde_json::from_value(json).unwrap();
            assert_eq!(back, direction);
        }
    }
}
