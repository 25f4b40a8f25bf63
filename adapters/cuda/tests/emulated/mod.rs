//! A GPU that is made up.

pub mod process;
