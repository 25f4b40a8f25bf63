//! `installed.json`: what an installed folder holds, written last, so that a folder with it is whole.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Name of the file in the folder of an installed package.
pub(crate) const FILE: &str = "installed.json";

/// What was installed, and from what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// The library, relative to the folder.
    pub library: String,
    /// The sha256 of the recipe in the catalogue that it was installed by.
    #[serde(default)]
    pub recipe_sha256: String,
    /// Bytes of all files.
    pub bytes: u64,
    /// The files that were asked for by name.
    pub files: Vec<Unpacked>,
}

/// One file of an installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unpacked {
    /// Relative to the folder.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its sha256.
    pub sha256: String,
}

impl Manifest {
    /// Reads the manifest of a folder; fails where there is none or it cannot be understood.
    pub fn read(dir: &Path) -> io::Result<Self> {
        let text = std::fs::read(dir.join(FILE))?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// The entry of the library, if the manifest has it.
    pub fn library_entry(&self) -> Option<&Unpacked> {
        self.files.iter().find(|file| file.path == self.library)
    }
}
