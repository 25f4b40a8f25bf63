//! Setting a machine up for measuring, and setting it back on every way out.
//!
//! [`Tuned::begin`] writes what was into a journal before it changes anything, and starts a *guardian*: a process that
//! waits until the pipe to its owner closes, however the owner ends, and then restores what the journal says. The owner
//! restores by itself where it can ([`Tuned::restore`], and on unwinding); [`restore`] may be called any number of times.
//! Where guardian and owner are killed together, the journal stays and the next start says so.

mod error;
mod gpu;
mod guardian;
mod journal;
mod owner;
mod settings;

pub use error::TuneError;
pub use gpu::{GpuClock, GpuClocks, NoGpus};
pub use guardian::guard;
pub use journal::restore;
pub use owner::Tuned;

/// Where the journal lies: gone after a restart, as is everything it could restore.
pub const JOURNAL: &str = "/run/tare-tune.json";
