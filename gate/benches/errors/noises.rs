//! The four noises, set so that the median by the wall's clock of 50 requests has the error rates and sizes that were found on a
//! shared machine.

use crate::noise::{Bursts, Noise, Slices};

/// A machine that does nothing else.
const QUIET: Noise = Noise {
    name: "quiet",
    jitter: 0.02,
    outliers: 0.01,
    process: 0.0115,
    drift: 0.02,
    drift_time: 60.0,
    days: 0.02,
    bursts: None,
    slices: None,
};

/// A shared machine on most days.
const TYPICAL: Noise = Noise {
    name: "typical",
    jitter: 0.04,
    outliers: 0.03,
    process: 0.022,
    drift: 0.06,
    drift_time: 30.0,
    days: 0.05,
    bursts: Some(Bursts {
        every: 8.0,
        lasts: 2.0,
        depth: 0.12,
        flicker: 0.3,
        flicker_time: 0.3,
    }),
    slices: None,
};

/// A shared machine with loud neighbours.
const HARSH: Noise = Noise {
    name: "harsh",
    jitter: 0.08,
    outliers: 0.05,
    process: 0.03,
    drift: 0.10,
    drift_time: 20.0,
    days: 0.10,
    bursts: Some(Bursts {
        every: 4.0,
        lasts: 3.0,
        depth: 0.19,
        flicker: 0.4,
        flicker_time: 0.3,
    }),
    slices: None,
};

/// Another program on the same core.
const SLICED: Noise = Noise {
    name: "time-sliced",
    jitter: 0.02,
    outliers: 0.01,
    process: 0.013,
    drift: 0.02,
    drift_time: 60.0,
    days: 0.05,
    bursts: None,
    slices: Some(Slices {
        every: 28.0,
        lasts: 11.0,
        slice: 0.0019,
        waits: 0.008,
        slower: 0.02,
        refill: 0.00005,
    }),
};

/// Both at once, as no error rates are known of: what the gate does beyond what it was set by.
const BOTH: Noise = Noise {
    name: "harsh and time-sliced",
    slices: SLICED.slices,
    ..HARSH
};

/// All of them, each with its place, which seeds its worlds.
pub fn all() -> impl Iterator<Item = (u64, Noise)> {
    (0..).zip([QUIET, TYPICAL, HARSH, SLICED, BOTH])
}
