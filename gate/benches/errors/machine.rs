//! A machine that runs processes of two sides, made up or recorded.

use tare_gate::Request;

/// Runs one process after the other as time goes by.
pub trait Machine {
    /// Seconds that a request of the baseline takes, roughly.
    fn request(&self) -> f64;
    /// Seconds since it began.
    fn now(&self) -> f64;
    /// Time in which nothing is timed.
    fn wait(&mut self, seconds: f64);
    /// Goes on another day.
    fn another_day(&mut self);
    /// Heads or tails.
    fn coin(&mut self) -> bool;
    /// The requests of one fresh process whose work takes longer by `worse`, a share.
    fn process(&mut self, worse: f64, requests: u64) -> Vec<Request>;
}
