//! Queues of work on a device, and marks in them.

mod sys;

pub use sys::{Event, Stream};
