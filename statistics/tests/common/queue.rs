//! Sojourn times in a queue with one server, whose successive requests wait for each other.

use tare_units::Nanoseconds;

use super::Noise;

/// The mean service time in nanoseconds.
pub const SERVICE_NS: f64 = 1e6;

/// Sojourn times of `count` requests in a stationary M/M/1 queue of this load, by Lindley's recursion.
pub fn sojourns(noise: &mut Noise, load: f64, count: usize) -> Vec<Nanoseconds> {
    let mean = SERVICE_NS / (1.0 - load);
    let mut sojourn = exponential(noise, mean);
    let next = |_| {
        let taken = Nanoseconds::from_nanos_f64(sojourn);
        let waited = (sojourn - exponential(noise, SERVICE_NS / load)).max(0.0);
        sojourn = waited + exponential(noise, SERVICE_NS);
        taken
    };
    (0..count).map(next).collect()
}

/// The percentile of this rank, from 0 to 1, of such sojourn times: they are exponential with mean service / (1 − load).
pub fn truth(load: f64, rank: f64) -> f64 {
    -(1.0 - rank).ln() * SERVICE_NS / (1.0 - load)
}

fn exponential(noise: &mut Noise, mean: f64) -> f64 {
    -mean * noise.uniform().ln()
}
