//! Script mode.
