//! Libraries of frameworks that are fetched, not compiled in.
#![forbid(unsafe_code)]
