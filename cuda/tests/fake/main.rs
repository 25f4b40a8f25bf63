//! The libraries of NVIDIA's, made up for this, do what they are asked for, and each of their faults comes out as one.

mod copies;
mod device;
mod faults;
mod graphs;
mod launches;
mod process;
mod products;
mod reference;
mod streams;
mod sys;
