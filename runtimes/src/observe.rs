//! What an installation tells while it goes on, and how it is stopped.

mod line;

use tare_units::Bytes;

pub use line::ProgressLine;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Another installation is at work in the same folder; this one waits for its end.
    Waiting,
    /// What is installed already is compared with its hashes.
    Verifying,
    /// What is installed is not what it should be, and is replaced.
    Replacing {
        /// What is wrong with it.
        reason: &'a str,
    },
    /// A file is being fetched.
    Fetching {
        /// Its name.
        file: &'a str,
        /// How much of it is there.
        done: Bytes,
        /// How much it is.
        total: Bytes,
    },
    /// A file is there, and its hash is computed.
    Checking {
        /// Its name.
        file: &'a str,
    },
    /// Its members are being unpacked.
    Unpacking {
        /// Its name.
        file: &'a str,
        /// How much was written.
        done: Bytes,
        /// How much there is to write.
        total: Bytes,
    },
}

/// Who is told, and who may stop it.
pub trait Observer {
    /// Hears of an event; the same may come again with more done.
    fn event(&mut self, event: &Event<'_>);

    /// Whether to stop at the next opportunity.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Hears nothing and stops nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _: &Event<'_>) {}
}
