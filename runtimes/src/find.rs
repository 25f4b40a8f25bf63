//! The folder of fetched libraries, and which of them are there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tare_units::Bytes;

use crate::catalogue::check::is_plain;
use crate::catalogue::{Catalogue, UnknownPackage};
use crate::manifest::Manifest;
use crate::version;

/// The folder that holds fetched libraries, side by side by name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtimes {
    dir: PathBuf,
}

/// A library that lies ready, whole as it was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The runtime's name, such as `onnxruntime`.
    pub name: String,
    /// Its version, such as `1.31.1`.
    pub version: String,
    /// The folder with everything that belongs to it.
    pub dir: PathBuf,
    /// The file to load.
    pub library: PathBuf,
    /// The sha256 that the file had when it was installed.
    pub library_sha256: String,
    /// Bytes of everything that was unpacked.
    pub bytes: Bytes,
}

/// Why a library cannot be used, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {remedy}")]
pub struct FindError {
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

impl Runtimes {
    /// The folder of `TARE_RUNTIMES`, else `$XDG_DATA_HOME/tare/runtimes`, else `$HOME/.local/share/tare/runtimes`; it need not exist.
    ///
    /// # Errors
    /// Where none of the variables helps.
    pub fn from_environment() -> Result<Self, FindError> {
        let variable = |name: &str| std::env::var_os(name);
        default_dir(variable)
            .and_then(|dir| std::path::absolute(dir).ok())
            .map(Self::open)
            .ok_or_else(|| FindError {
                reason:
                    "no folder for runtimes: neither XDG_DATA_HOME nor HOME is an absolute path"
                        .into(),
                remedy: "set TARE_RUNTIMES to a folder".into(),
            })
    }

    /// The folder at `dir`; it need not exist.
    pub fn open(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The installed runtime of this name and version; without a version the newest.
    ///
    /// # Errors
    /// Where there is none, or the one there was damaged since; sizes are compared, and hashes by [`Installed::verify`].
    pub fn find(&self, name: &str, version: Option<&str>) -> Result<Installed, FindError> {
        let versions = self.versions(name);
        let chosen = match version {
            Some(version) => versions.iter().find(|there| *there == version),
            None => versions.last(),
        };
        match chosen {
            Some(version) => self.read(name, version),
            None => Err(self.absent(name, version, &versions)),
        }
    }

    /// The folder that a runtime of this name and version has or would have.
    pub(crate) fn place(&self, name: &str, version: &str) -> PathBuf {
        self.dir.join(name).join(version)
    }

    /// Names of runtimes that may be installed.
    pub(crate) fn names(&self) -> Vec<String> {
        folders(&self.dir)
    }

    /// Versions whose installation was finished, oldest first.
    pub(crate) fn versions(&self, name: &str) -> Vec<String> {
        if !is_plain(name) {
            return Vec::new();
        }
        let mut versions = folders(&self.dir.join(name));
        versions.retain(|version| {
            self.place(name, version)
                .join(crate::manifest::FILE)
                .exists()
        });
        versions.sort_by(|left, right| version::compare(left, right));
        versions
    }

    fn read(&self, name: &str, version: &str) -> Result<Installed, FindError> {
        let dir = self.place(name, version);
        installed(&dir).map_err(|reason| damaged(&dir, name, version, &reason))
    }

    fn absent(&self, name: &str, version: Option<&str>, there: &[String]) -> FindError {
        let asked = version.map_or(name.to_owned(), |version| format!("{name} {version}"));
        let others = match there {
            [] => String::new(),
            there => format!(" (installed: {})", there.join(", ")),
        };
        FindError {
            reason: format!("{asked} is not installed in {}{others}", self.dir.display()),
            remedy: how_to_install(name, version),
        }
    }
}

/// What installs a runtime; of one that cannot be fetched, what can be instead.
pub fn how_to_install(name: &str, version: Option<&str>) -> String {
    match Catalogue::from_environment() {
        Ok(catalogue) => command(&catalogue, name, version),
        Err(error) => error.to_string(),
    }
}

fn command(catalogue: &Catalogue, name: &str, version: Option<&str>) -> String {
    match (catalogue.runtime(name, version), version) {
        (Ok(_), None) => format!("run `tare runtime install {name}`"),
        (Ok(_), Some(version)) => format!("run `tare runtime install {name}@{version}`"),
        (Err(UnknownPackage::Version { known, .. }), _) => format!(
            "of {name} there are {} to install: run `tare runtime install {name}@{}`",
            known.join(", "),
            known.last().map_or("", String::as_str)
        ),
        (Err(unknown), _) => unknown.to_string(),
    }
}

/// That a runtime is not as it was installed.
pub(crate) fn damaged(dir: &Path, name: &str, version: &str, reason: &str) -> FindError {
    FindError {
        reason: format!("{name} {version} in {} is damaged: {reason}", dir.display()),
        remedy: how_to_install(name, Some(version)),
    }
}

/// What a finished folder holds; the reason where it is not as it was installed.
pub(crate) fn installed(dir: &Path) -> Result<Installed, String> {
    let manifest =
        Manifest::read(dir).map_err(|error| format!("{}: {error}", crate::manifest::FILE))?;
    let entry = manifest.library_entry().ok_or_else(|| {
        format!(
            "{} does not list {}",
            crate::manifest::FILE,
            manifest.library
        )
    })?;
    let library = dir.join(&manifest.library);
    let size = std::fs::metadata(&library).map(|facts| facts.len());
    match size {
        Ok(bytes) if bytes == entry.bytes => {}
        Ok(bytes) => {
            return Err(format!(
                "{} has {bytes} bytes instead of {}",
                manifest.library, entry.bytes
            ));
        }
        Err(error) => return Err(format!("{}: {error}", manifest.library)),
    }
    Ok(Installed {
        library_sha256: entry.sha256.clone(),
        bytes: Bytes::from_bytes(manifest.bytes),
        name: manifest.name,
        version: manifest.version,
        dir: dir.to_owned(),
        library,
    })
}

/// Names of the folders in a folder; those that begin with a dot are work in progress and left out.
fn folders(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().is_dir());
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.starts_with('.')).collect()
}

fn default_dir(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let absolute = |name: &str| path(name).filter(|path| path.is_absolute());
    path("TARE_RUNTIMES").or_else(|| {
        let data = absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))?;
        Some(data.join("tare/runtimes"))
    })
}

#[cfg(test)]
mod tests;
