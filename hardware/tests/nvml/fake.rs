//! Builds the made-up library and tells it what to do.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tare_hardware::nvml::{Nvml, NvmlError, NvmlOptions};
use tare_units::Nanoseconds;
use tempfile::TempDir;

/// A library of its own, with its own state.
pub struct Fake {
    folder: TempDir,
}

impl Fake {
    /// Behaves as `conf` says, a `key=value` a line.
    pub fn new(conf: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fake = Self { folder };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../hardware/tests/nvml/fake.c");
        let built = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
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
        self.folder.path().join("libnvidia-ml.so.1")
    }

    /// At once and whole, as the library may be reading.
    pub fn set(&self, conf: &str) {
        let folder = self.folder.path();
        let new = folder.join("new");
        fs::write(&new, conf).unwrap();
        fs::rename(new, folder.join("libnvidia-ml.so.1.conf")).unwrap();
    }

    /// With a second to load and a fifth for a reading.
    pub fn load(&self) -> Result<Nvml, NvmlError> {
        Nvml::load(NvmlOptions {
            library: Some(self.library()),
            patience: Nanoseconds::from_secs(1),
            reading: Nanoseconds::from_millis(200),
        })
    }
}
