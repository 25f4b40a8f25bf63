//! Takes the wanted members out of a wheel, none that leads outside and no more bytes than were announced.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tare_units::Bytes;
use zip::ZipArchive;
use zip::read::ZipFile;

use super::{InstallError, WheelError};
use crate::catalogue::Wheel;
use crate::digest::hex;
use crate::manifest::Unpacked;

const PIECE: usize = 256 * 1024;

type Archive = ZipArchive<BufReader<File>>;

/// What came out of a wheel.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// The files that were asked for by name.
    pub files: Vec<Unpacked>,
    /// Everything that was written.
    pub paths: Vec<PathBuf>,
    /// Bytes of all of it.
    pub bytes: u64,
}

impl Contents {
    /// Takes in what came out of another wheel.
    pub fn add(&mut self, more: Self) {
        self.files.extend(more.files);
        self.paths.extend(more.paths);
        self.bytes += more.bytes;
    }
}

/// Unpacks the members of `wheel` from `archive` into the folder `into`; `progress` hears of the bytes so far and may stop it.
pub(crate) fn unpack(
    wheel: &Wheel,
    archive: &Path,
    into: &Path,
    progress: &mut dyn FnMut(Bytes) -> Result<(), InstallError>,
) -> Result<Contents, InstallError> {
    let file = File::open(archive).map_err(InstallError::read(archive))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| corrupt(wheel, &error))?;
    let mut unpacking = Unpacking {
        wheel,
        into,
        progress,
        contents: Contents::default(),
    };
    for (name, by_name) in wanted(wheel, &zip)? {
        unpacking.member(&mut zip, &name, by_name)?;
    }
    Ok(unpacking.contents)
}

struct Unpacking<'a> {
    wheel: &'a Wheel,
    into: &'a Path,
    progress: &'a mut dyn FnMut(Bytes) -> Result<(), InstallError>,
    contents: Contents,
}

impl Unpacking<'_> {
    fn member(&mut self, zip: &mut Archive, name: &str, by_name: bool) -> Result<(), InstallError> {
        let mut member = zip
            .by_name(name)
            .map_err(|error| corrupt(self.wheel, &error))?;
        let relative = self.relative(&member, name)?;
        let path = self.into.join(&relative);
        let before = self.contents.bytes;
        let sha256 = self.write(&mut member, &path)?;
        if by_name {
            self.contents.files.push(Unpacked {
                path: relative.to_string_lossy().into_owned(),
                bytes: self.contents.bytes - before,
                sha256,
            });
        }
        self.contents.paths.push(path);
        Ok(())
    }

    /// Where a member goes, relative to the folder; fails where that would not be a plain file inside it.
    fn relative(
        &self,
        member: &ZipFile<'_, BufReader<File>>,
        name: &str,
    ) -> Result<PathBuf, WheelError> {
        let inside = member.enclosed_name().filter(|_| member.is_file());
        let below =
            inside.and_then(|path| Some(path.strip_prefix(&self.wheel.below).ok()?.to_owned()));
        below.ok_or_else(|| WheelError::Unsafe {
            file: self.wheel.file.clone(),
            member: name.to_owned(),
        })
    }

    /// Writes a member to a new file and gives its sha256.
    fn write(&mut self, member: &mut impl Read, path: &Path) -> Result<String, InstallError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(InstallError::write(folder))?;
        }
        let mut file = File::create_new(path).map_err(InstallError::write(path))?;
        let mut hash = Sha256::new();
        let mut piece = vec![0; PIECE];
        loop {
            let read = member
                .read(&mut piece)
                .map_err(|error| corrupt(self.wheel, &error))?;
            if read == 0 {
                return Ok(hex(&hash.finalize()));
            }
            self.count(read)?;
            hash.update(&piece[..read]);
            file.write_all(&piece[..read])
                .map_err(InstallError::write(path))?;
        }
    }

    fn count(&mut self, read: usize) -> Result<(), InstallError> {
        self.contents.bytes += read as u64;
        let done = Bytes::from_bytes(self.contents.bytes);
        if done > self.wheel.unpacked {
            return Err(InstallError::Wheel(WheelError::TooLarge {
                file: self.wheel.file.clone(),
                limit: self.wheel.unpacked,
            }));
        }
        (self.progress)(done)
    }
}

/// Names of the members to unpack, each with whether it was asked for by name; fails where one is not there.
fn wanted(wheel: &Wheel, zip: &Archive) -> Result<Vec<(String, bool)>, WheelError> {
    let names = zip.file_names().collect::<Result<BTreeSet<_>, _>>();
    let names = names.map_err(|error| corrupt(wheel, &error))?;
    let mut wanted = Vec::new();
    for member in &wheel.members {
        let full = format!("{}{member}", wheel.below);
        let before = wanted.len();
        match member.ends_with('/') {
            true => {
                let inside = names
                    .iter()
                    .filter(|name| name.starts_with(&full) && !name.ends_with('/'));
                wanted.extend(inside.map(|name| (name.to_string(), false)));
            }
            false if names.contains(full.as_str()) => wanted.push((full.clone(), true)),
            false => {}
        }
        if wanted.len() == before {
            return Err(WheelError::Member {
                file: wheel.file.clone(),
                member: full,
            });
        }
    }
    Ok(wanted)
}

fn corrupt(wheel: &Wheel, error: &impl ToString) -> WheelError {
    WheelError::Corrupt {
        file: wheel.file.clone(),
        reason: error.to_string(),
    }
}
