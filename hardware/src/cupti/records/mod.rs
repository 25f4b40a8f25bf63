//! Records as CUPTI writes them.

mod sys;
#[cfg(test)]
mod tests;

pub(super) use sys::Records;
