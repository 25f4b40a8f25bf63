//! What a process's work costs the processor: counters of hardware and kernel, processor time, threads.

mod cpu;
mod event;
mod figures;
mod perf;
mod refusal;
mod sys;
mod threads;

pub use cpu::{CpuProbe, CpuReading};
pub use figures::counters;
pub use perf::{CounterProbe, CounterReading, counts_instructions};
pub use threads::Work;
