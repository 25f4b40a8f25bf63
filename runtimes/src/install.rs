//! Installing: fetch, check the hash, unpack out of sight, and only then rename into place.

mod archive;
mod error;
mod pip;
mod place;
mod prepare;
mod scratch;
mod unpack;

use std::path::{Path, PathBuf};

pub use error::{InstallError, PipError, WheelError};
pub use pip::Pip;
pub(crate) use scratch::{Lock, leftovers, unfinished};

use crate::catalogue::Package;
use crate::find::{Installed, Runtimes, installed};
use crate::manifest::Manifest;
use crate::observe::{Event, Observer};

/// What to install, and how.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// What is installed.
    pub package: &'a Package,
    /// Where its wheels come from.
    pub source: Source,
    /// Whether to install anew what is there and whole.
    pub force: bool,
}

/// Where wheels come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// pip fetches them.
    Pip(Pip),
    /// They lie here already: the only wheel of a package under any name, several under their own.
    Files(Vec<PathBuf>),
}

/// How an installation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What is there now.
    pub installed: Installed,
    /// Whether it was there before, whole.
    pub before: bool,
}

impl Runtimes {
    /// Installs a runtime beside the others; what is there and whole stays as it is.
    ///
    /// # Errors
    /// Where it cannot be fetched, is not what the catalogue pins, or cannot be written; what was there before stays.
    pub fn install(
        &self,
        request: &Request<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, InstallError> {
        let Package { name, version, .. } = request.package;
        install_at(&self.place(name, version), request, observer)
    }
}

/// Installs a package as the folder `dir`, which it replaces.
///
/// # Errors
/// As [`Runtimes::install`].
pub fn install_at(
    dir: &Path,
    request: &Request<'_>,
    observer: &mut dyn Observer,
) -> Result<Outcome, InstallError> {
    supported(std::env::consts::OS, std::env::consts::ARCH)?;
    let lock = Lock::take(dir.parent().unwrap_or(dir), observer)?;
    if !request.force && dir.exists() {
        observer.event(&Event::Verifying);
        match place::verify(dir, request.package) {
            Ok(installed) => {
                return Ok(Outcome {
                    installed,
                    before: true,
                });
            }
            Err(reason) => observer.event(&Event::Replacing { reason: &reason }),
        }
    }
    let scratch = lock.scratch()?;
    let prepared = prepare::prepare(&scratch, request, observer)?;
    place::place(&prepared, dir, &scratch)?;
    let damaged = |reason| InstallError::read(dir)(std::io::Error::other(reason));
    Ok(Outcome {
        installed: installed(dir).map_err(damaged)?,
        before: false,
    })
}

/// Whether `dir` holds the package as it was installed by this catalogue; sizes are compared, hashes are not.
pub fn is_installed_at(dir: &Path, package: &Package) -> bool {
    let manifest = Manifest::read(dir).ok();
    let same = manifest.is_some_and(|manifest| manifest.recipe_sha256 == package.recipe_sha256());
    same && installed(dir).is_ok()
}

fn tell(observer: &mut dyn Observer, event: &Event<'_>) -> Result<(), InstallError> {
    if observer.is_stopped() {
        return Err(InstallError::Stopped);
    }
    observer.event(event);
    Ok(())
}

/// Fails where the catalogue has nothing for this kind of machine.
fn supported(os: &str, arch: &str) -> Result<(), InstallError> {
    match (os, arch) {
        ("linux", "x86_64") => Ok(()),
        _ => Err(InstallError::Platform {
            arch: arch.to_owned(),
            os: os.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
