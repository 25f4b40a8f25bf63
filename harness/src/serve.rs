//! Requests under load: a generator issues what a schedule says is due, servers take it from a queue, alone or together, and
//! every request that was due ends in one count. The rule of dispatch is pure, and simulated as well.

mod allowed;
mod decide;
pub mod dispatch;
mod engine;
mod generator;
mod highest;
pub mod intervals;
mod measure;
mod objective;
mod outcome;
mod round;
pub mod saturation;
mod served;
mod server;
pub mod simulated;
mod sleeper;
pub mod slots;
pub mod trial;
mod unserved;

pub use engine::{Engine, Setup};
pub use measure::{Scheduling, measure};
pub use served::Served;
pub use trial::ROOM;
