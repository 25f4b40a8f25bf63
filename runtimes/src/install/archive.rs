//! Where the archive of a wheel comes from, and whether it is the one that the catalogue pins.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use tare_units::Bytes;
use zip::ZipArchive;

use super::scratch::Scratch;
use super::{InstallError, Request, Source, WheelError, tell};
use crate::catalogue::{Package, Wheel};
use crate::digest::file_sha256;
use crate::observe::{Event, Observer};

/// The archive of a wheel as a file whose hash is right.
pub(super) fn obtain(
    wheel: &Wheel,
    request: &Request<'_>,
    scratch: &Scratch,
    observer: &mut dyn Observer,
) -> Result<PathBuf, InstallError> {
    let path = match &request.source {
        Source::Files(files) => given(wheel, request.package, files)?,
        Source::Pip(pip) => {
            let folder = scratch.folder(&wheel.sha256)?;
            let mut progress = |done: Bytes| {
                let event = Event::Fetching {
                    file: &wheel.file,
                    done: done.min(wheel.bytes),
                    total: wheel.bytes,
                };
                tell(observer, &event)
            };
            progress(Bytes::from_bytes(0))?;
            pip.fetch(wheel, &folder, &mut progress)?
        }
    };
    tell(observer, &Event::Checking { file: &wheel.file })?;
    check(wheel, &path)?;
    Ok(path)
}

fn given(wheel: &Wheel, package: &Package, files: &[PathBuf]) -> Result<PathBuf, WheelError> {
    let named = |path: &&PathBuf| {
        path.file_name()
            .is_some_and(|name| name == wheel.file.as_str())
    };
    let only = files
        .first()
        .filter(|_| files.len() == 1 && package.wheels.len() == 1);
    let path = files.iter().find(named).or(only).cloned();
    path.ok_or_else(|| WheelError::Missing {
        path: PathBuf::from(&wheel.file),
    })
}

/// Fails unless the file is the wheel that the catalogue pins.
fn check(wheel: &Wheel, path: &Path) -> Result<(), InstallError> {
    let (bytes, is_zip) = look(path)?;
    if !is_zip {
        return Err(InstallError::Wheel(WheelError::NoZip {
            path: path.to_owned(),
            file: wheel.file.clone(),
        }));
    }
    if bytes < wheel.bytes && !is_whole(path)? {
        return Err(InstallError::Wheel(WheelError::Truncated {
            path: path.to_owned(),
            found: bytes,
            wanted: wheel.bytes,
        }));
    }
    let found = file_sha256(path).map_err(InstallError::read(path))?;
    match found == wheel.sha256 {
        true => Ok(()),
        false => Err(InstallError::Wheel(WheelError::Hash {
            path: path.to_owned(),
            file: wheel.file.clone(),
            found,
            wanted: wheel.sha256.clone(),
        })),
    }
}

/// Whether the index that an archive ends with can be read.
fn is_whole(path: &Path) -> Result<bool, InstallError> {
    let file = File::open(path).map_err(InstallError::read(path))?;
    Ok(ZipArchive::new(BufReader::new(file)).is_ok())
}

/// The size of a file, and whether it begins as zip archives do.
fn look(path: &Path) -> Result<(Bytes, bool), InstallError> {
    let mut file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            InstallError::Wheel(WheelError::Missing {
                path: path.to_owned(),
            })
        }
        _ => InstallError::read(path)(error),
    })?;
    let facts = file.metadata().map_err(InstallError::read(path))?;
    let mut start = [0; 2];
    let is_zip = file.read_exact(&mut start).is_ok() && start == *b"PK";
    Ok((Bytes::from_bytes(facts.len()), is_zip))
}
