//! Puts what was prepared where it belongs, and tells whether what lies there is whole.

use std::path::Path;

use super::InstallError;
use super::scratch::{REPLACED, Scratch};
use crate::catalogue::Package;
use crate::find::{Installed, installed};
use crate::manifest::Manifest;
use crate::verify::unchanged;

/// Renames `prepared` to `dir`; what was there goes with the scratch folder, or comes back where that fails.
///
/// Where the process ends between the two renames, the next holder of the lock puts back what was there.
pub(super) fn place(prepared: &Path, dir: &Path, scratch: &Scratch) -> Result<(), InstallError> {
    let old = scratch
        .folder(REPLACED)?
        .join(dir.file_name().unwrap_or_default());
    let replaces = dir.symlink_metadata().is_ok();
    if replaces {
        std::fs::rename(dir, &old).map_err(InstallError::write(dir))?;
    }
    let placed = std::fs::rename(prepared, dir);
    if placed.is_err() && replaces {
        let _ = std::fs::rename(&old, dir);
    }
    placed.map_err(InstallError::write(dir))?;
    let parent = dir.parent().unwrap_or(dir);
    let synced = std::fs::File::open(parent).and_then(|folder| folder.sync_all());
    synced.map_err(InstallError::write(parent))
}

/// What lies in `dir`, where every file has the hash it was installed with; else the reason.
pub(super) fn verify(dir: &Path, package: &Package) -> Result<Installed, String> {
    let found = installed(dir)?;
    let manifest = Manifest::read(dir).map_err(|error| error.to_string())?;
    if manifest.recipe_sha256 != package.recipe_sha256() {
        return Err("it was installed from other files than the catalogue lists now".into());
    }
    unchanged(dir, &manifest)?;
    Ok(found)
}
