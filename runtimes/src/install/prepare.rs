//! Makes the whole of an installation in a folder that nobody looks into, and sees it safely on the disk.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::scratch::Scratch;
use super::unpack::{Contents, unpack};
use super::{InstallError, Request, Source, archive, tell};
use crate::catalogue::{Package, Wheel};
use crate::manifest::{self, Manifest};
use crate::observe::{Event, Observer};

/// Fetches, checks and unpacks every wheel, writes the manifest last, and gives the folder that holds all of it.
pub(super) fn prepare(
    scratch: &Scratch,
    request: &Request<'_>,
    observer: &mut dyn Observer,
) -> Result<PathBuf, InstallError> {
    let into = scratch.folder("new")?;
    let mut contents = Contents::default();
    for wheel in &request.package.wheels {
        let archive = archive::obtain(wheel, request, scratch, observer)?;
        let more = unpack_wheel(wheel, &archive, &into, observer)?;
        contents.add(more);
        if let Source::Pip(_) = request.source {
            let _ = std::fs::remove_file(&archive);
        }
    }
    contents
        .paths
        .push(describe(request.package, &contents, &into)?);
    contents.paths.iter().try_for_each(|path| sync(path))?;
    sync_folders(&into)?;
    Ok(into)
}

fn unpack_wheel(
    wheel: &Wheel,
    archive: &Path,
    into: &Path,
    observer: &mut dyn Observer,
) -> Result<Contents, InstallError> {
    let mut progress = |done| {
        let event = Event::Unpacking {
            file: &wheel.file,
            done,
            total: wheel.unpacked,
        };
        tell(observer, &event)
    };
    unpack(wheel, archive, into, &mut progress)
}

/// Writes the manifest of what was unpacked.
fn describe(package: &Package, contents: &Contents, into: &Path) -> Result<PathBuf, InstallError> {
    let manifest = Manifest {
        name: package.name.clone(),
        version: package.version.clone(),
        library: package.library.clone(),
        recipe_sha256: package.recipe_sha256(),
        bytes: contents.bytes,
        files: contents.files.clone(),
    };
    let path = into.join(manifest::FILE);
    let text = serde_json::to_string_pretty(&manifest).map_err(std::io::Error::other);
    text.and_then(|text| std::fs::write(&path, text))
        .map_err(InstallError::write(&path))?;
    Ok(path)
}

fn sync(path: &Path) -> Result<(), InstallError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(InstallError::write(path))
}

fn sync_folders(folder: &Path) -> Result<(), InstallError> {
    let entries = std::fs::read_dir(folder).map_err(InstallError::read(folder))?;
    let mut inner = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    inner.try_for_each(|path| sync_folders(&path))?;
    sync(folder)
}
