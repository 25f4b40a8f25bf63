//! The real binary from outside: what it prints, what it keeps, how it ends.

mod bad_input;
mod batches;
mod commands;
mod crash;
mod disk;
mod energy;
mod faults;
mod fidelity;
mod frameworks;
mod gate;
mod gpus;
mod happy;
mod load;
mod made_up;
mod onnx;
mod peaks;
mod report;
mod resume;
mod runtime;
mod scenarios;
mod suites;
mod support;
mod terminal;
mod tune;
mod typos;
mod weigh;
