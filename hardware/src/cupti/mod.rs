//! What an NVIDIA GPU does for this process, kernel by kernel and copy by copy, by CUPTI's activity records.
//!
//! The library is loaded when asked for, from where the framework's own CUDA libraries lie. It serves one user a process.

mod buffers;
mod error;
mod find;
mod library;
mod records;
mod trace;

use std::path::Path;

use tare_units::{Bytes, Nanoseconds};

use buffers::Buffers;
pub use error::CuptiError;
use library::{Kind, Library, Subscriber};
pub use trace::{Activity, Call, Trace, Way, Work};

/// What the device itself does. Recorded from the beginning: graphs of kernels are known to CUPTI only where it was there
/// when they were made.
const OF_DEVICE: [Kind; 3] = [Kind::ConcurrentKernel, Kind::Memcpy, Kind::Memset];
/// Calls on the host, among them those that launch.
const OF_HOST: [Kind; 2] = [Kind::Runtime, Kind::Driver];

/// CUPTI, recording for this process. What is recorded before [`Cupti::begin`] is thrown away.
#[derive(Debug)]
pub struct Cupti {
    library: &'static Library,
    buffers: Buffers,
    subscriber: Option<Subscriber>,
    enabled: Vec<Kind>,
}

impl Cupti {
    /// Loads `library`, or where none is named the one that this process or its frameworks have, and has it record what the
    /// devices do. Best called before a framework touches CUDA, and again where that found no library.
    ///
    /// # Errors
    /// Where there is no driver, the library is not found, is of an unknown version, refuses, or is in use in this process.
    pub fn attach(library: Option<&Path>) -> Result<Self, CuptiError> {
        let library = find::load(library)?;
        let buffers = Buffers::take(library)?;
        let mut cupti = Self {
            library,
            buffers,
            subscriber: None,
            enabled: Vec::new(),
        };
        cupti.subscriber = Some(library.subscribe()?);
        library.register(buffers::CALLBACKS)?;
        cupti.enable(&OF_DEVICE)?;
        Ok(cupti)
    }

    /// Keeps every activity from here on, and every call on the host.
    ///
    /// # Errors
    /// Where CUPTI refuses.
    pub fn begin(&mut self) -> Result<(), CuptiError> {
        self.library.flush()?;
        self.buffers.keep(self.library);
        self.enable(&OF_HOST)
    }

    /// The time now, by the clock of the records.
    ///
    /// # Errors
    /// Where CUPTI does not tell.
    pub fn now(&self) -> Result<Nanoseconds, CuptiError> {
        self.library.now()
    }

    /// All activities since [`Cupti::begin`], in no order; the device must be synchronised. Nothing is recorded any longer.
    ///
    /// # Errors
    /// Where CUPTI refuses, or what it wrote is not understood.
    pub fn end(&mut self) -> Result<Trace, CuptiError> {
        self.library.flush()?;
        self.disable();
        self.buffers.collect(self.library)
    }

    /// The memory that it takes for records.
    pub fn own_bytes() -> Bytes {
        buffers::own_bytes()
    }

    fn enable(&mut self, kinds: &[Kind]) -> Result<(), CuptiError> {
        for kind in kinds {
            self.library.enable(*kind)?;
            self.enabled.push(*kind);
        }
        Ok(())
    }

    fn disable(&mut self) {
        for kind in self.enabled.drain(..) {
            self.library.disable(kind);
        }
    }
}

impl Drop for Cupti {
    fn drop(&mut self) {
        // Without waiting for what is recorded: where a device is lost, that may take for ever.
        self.disable();
        self.buffers.discard();
        if let Some(subscriber) = self.subscriber.take() {
            self.library.unsubscribe(subscriber);
        }
    }
}
