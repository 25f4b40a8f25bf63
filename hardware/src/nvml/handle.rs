//! The thread that holds the library, and the handle that asks it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use nvml_wrapper::error::NvmlError as WrapperError;
use nvml_wrapper::{Device, Nvml as Library};
use tare_units::Nanoseconds;

use crate::nvml::NvmlError;

/// Where the library lies and how long it may take.
#[derive(Debug, Clone)]
pub struct NvmlOptions {
    /// The library; `None` for the driver's own.
    pub library: Option<PathBuf>,
    /// For loading it and for facts, which wake devices up.
    pub patience: Nanoseconds,
    /// For a reading.
    pub reading: Nanoseconds,
}

impl Default for NvmlOptions {
    fn default() -> Self {
        Self {
            library: None,
            patience: Nanoseconds::from_secs(5),
            reading: Nanoseconds::from_millis(250),
        }
    }
}

type Call = Box<dyn FnOnce(&Library) + Send>;

/// The loaded library; clones share it.
#[derive(Debug, Clone)]
pub struct Nvml {
    calls: Sender<Call>,
    is_hung: Arc<AtomicBool>,
    options: NvmlOptions,
}

const DEFAULT_LIBRARY: &str = "libnvidia-ml.so.1";

impl Nvml {
    /// Loads and initialises the library.
    ///
    /// # Errors
    /// Where it is not there, refuses, or takes longer than its patience.
    pub fn load(options: NvmlOptions) -> Result<Self, NvmlError> {
        const WHAT: &str = "whether it is ready";
        let (calls, inbox) = channel();
        let (ready, loaded) = sync_channel(1);
        let path = options
            .library
            .clone()
            .unwrap_or_else(|| DEFAULT_LIBRARY.into());
        let spawned = thread::Builder::new()
            .name("nvml".to_owned())
            .spawn(move || match open(&path) {
                Ok(library) => {
                    if ready.send(Ok(())).is_ok() {
                        serve(&library, &inbox);
                    }
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            });
        spawned.map_err(|error| other(WHAT, &error))?;
        let answer = loaded.recv_timeout(options.patience.into());
        answer.unwrap_or(Err(NvmlError::Hung {
            what: WHAT,
            after: options.patience,
        }))?;
        Ok(Self {
            calls,
            is_hung: Arc::default(),
            options,
        })
    }

    /// The driver's own library, loaded once in a process.
    ///
    /// # Errors
    /// As [`Nvml::load`], the same each time.
    pub fn shared() -> Result<Self, NvmlError> {
        static SHARED: OnceLock<Result<Nvml, NvmlError>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::load(NvmlOptions::default()))
            .clone()
    }

    /// Devices that NVML knows, by index from 0.
    ///
    /// # Errors
    /// Where NVML does not say.
    pub fn count(&self) -> Result<u32, NvmlError> {
        self.patiently("the number of GPUs", Library::device_count)
    }

    /// What a device is called, such as `NVIDIA H200`.
    ///
    /// # Errors
    /// Where NVML does not say in time.
    pub fn name(&self, index: u32) -> Result<String, NvmlError> {
        self.patiently("the name", move |library| {
            library.device_by_index(index)?.name()
        })
    }

    /// The identifier of a device, such as `GPU-…`.
    ///
    /// # Errors
    /// Where NVML does not say in time.
    pub fn uuid(&self, index: u32) -> Result<String, NvmlError> {
        self.patiently("the identifier", move |library| {
            library.device_by_index(index)?.uuid()
        })
    }

    /// The index of the device with this identifier.
    ///
    /// # Errors
    /// Where NVML lists no such device, or does not say in time.
    pub fn index(&self, uuid: &str) -> Result<u32, NvmlError> {
        self.of_named(uuid, "its index", |gpu| gpu.index())
    }

    /// An answer of the device with this identifier, which may take as long as waking it up.
    pub(crate) fn of_named<T: Send + 'static>(
        &self,
        uuid: &str,
        what: &'static str,
        question: impl FnOnce(&mut Device<'_>) -> Result<T, WrapperError> + Send + 'static,
    ) -> Result<T, NvmlError> {
        let uuid = uuid.to_owned();
        self.patiently(what, move |library| {
            question(&mut library.device_by_uuid(uuid)?)
        })
    }

    /// An answer that may take as long as waking a device up.
    pub(crate) fn patiently<T: Send + 'static>(
        &self,
        what: &'static str,
        question: impl FnOnce(&Library) -> Result<T, WrapperError> + Send + 'static,
    ) -> Result<T, NvmlError> {
        self.ask(what, self.options.patience, question)
    }

    /// An answer of one device that is wanted at once.
    pub(crate) fn of_device<T: Send + 'static>(
        &self,
        index: u32,
        what: &'static str,
        question: impl FnOnce(&Device<'_>) -> Result<T, WrapperError> + Send + 'static,
    ) -> Result<T, NvmlError> {
        self.ask(what, self.options.reading, move |library| {
            question(&library.device_by_index(index)?)
        })
    }

    /// While a call hangs, further ones are refused at once; when it returns after all, its answer is dropped.
    fn ask<T: Send + 'static>(
        &self,
        what: &'static str,
        within: Nanoseconds,
        question: impl FnOnce(&Library) -> Result<T, WrapperError> + Send + 'static,
    ) -> Result<T, NvmlError> {
        let hung = NvmlError::Hung {
            what,
            after: within,
        };
        if self.is_hung.load(Ordering::SeqCst) {
            return Err(hung);
        }
        let (sender, answer) = sync_channel(1);
        let is_hung = Arc::clone(&self.is_hung);
        let call: Call = Box::new(move |library| {
            let _ = sender.send(question(library));
            is_hung.store(false, Ordering::SeqCst);
        });
        self.calls.send(call).map_err(|error| other(what, &error))?;
        let found = answer
            .recv_timeout(within.into())
            .ok()
            .or_else(|| self.late(&answer));
        found
            .ok_or(hung)?
            .map_err(|error| NvmlError::of(what, &error))
    }

    /// The call clears the mark after it has answered, so an answer that is there now was too quick to clear it.
    fn late<T>(&self, answer: &Receiver<T>) -> Option<T> {
        self.is_hung.store(true, Ordering::SeqCst);
        let found = answer.try_recv().ok();
        if found.is_some() {
            self.is_hung.store(false, Ordering::SeqCst);
        }
        found
    }
}

fn open(path: &std::path::Path) -> Result<Library, NvmlError> {
    let library = Library::builder().lib_path(path.as_os_str()).init();
    library.map_err(|error| match error {
        WrapperError::LibloadingError(error) => NvmlError::Library {
            path: path.display().to_string(),
            error: error.to_string(),
        },
        error => NvmlError::of("whether it is ready", &error),
    })
}

fn serve(library: &Library, inbox: &Receiver<Call>) {
    for call in inbox {
        call(library);
    }
}

fn other(what: &'static str, error: &impl ToString) -> NvmlError {
    NvmlError::Other {
        what,
        error: error.to_string(),
    }
}
