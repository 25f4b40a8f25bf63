//! Builds the made-up library and tells it what to record.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tare_hardware::cupti::{Cupti, CuptiError};
use tempfile::TempDir;

/// One at a time, where tests share a process: CUPTI has one user in each.
static ONE: Mutex<()> = Mutex::new(());

/// A library of its own, with its own state.
pub struct Fake {
    folder: TempDir,
    serial: Cell<u32>,
    _one: MutexGuard<'static, ()>,
}

impl Fake {
    /// Behaves as `conf` says.
    pub fn new(conf: &str) -> Self {
        Self::built(conf, &[])
    }

    /// The same, compiled with `options`.
    pub fn built(conf: &str, options: &[&str]) -> Self {
        let fake = Self {
            folder: tempfile::tempdir().unwrap(),
            serial: Cell::new(0),
            _one: ONE.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cupti/fake.c");
        let built = Command::new("cc")
            .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC"])
            .args(options)
            .arg("-o")
            .arg(fake.library())
            .arg(source)
            .status()
            .expect("a C compiler named cc");
        assert!(built.success());
        fake.set(conf);
        fake
    }

    /// Where it lies.
    pub fn library(&self) -> PathBuf {
        self.folder.path().join("libcupti.so.13")
    }

    /// What it does from here on, and records when it is flushed next.
    pub fn set(&self, conf: &str) {
        self.serial.set(self.serial.get() + 1);
        let text = format!("{conf}\nserial={}\n", self.serial.get());
        fs::write(self.folder.path().join("libcupti.so.13.conf"), text).unwrap();
    }

    /// A tracer of its records.
    pub fn attach(&self) -> Result<Cupti, CuptiError> {
        Cupti::attach(Some(&self.library()))
    }
}
