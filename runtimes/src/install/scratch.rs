//! The lock that keeps two installations apart, and the folder in which one is prepared out of everyone's sight.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::InstallError;
use crate::observe::{Event, Observer};

const LOCK: &str = ".tare-install.lock";

/// How the names of folders with unfinished work begin; whatever begins so is never taken for installed.
const PREFIX: &str = ".tare-installing-";

/// The folder within it that holds what is being replaced, each under its own name.
pub(super) const REPLACED: &str = "replaced";

const POLL: Duration = Duration::from_millis(100);

/// The right to change what lies in a folder; given back when dropped, and by the system when the process ends.
pub(crate) struct Lock {
    folder: PathBuf,
    swept: bool,
    _file: File,
}

/// A folder of unfinished work beside its destination; removed with all that is in it when dropped.
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Lock {
    /// Waits for the lock of a folder, which is made where it is missing, and undoes what an earlier holder left unfinished.
    pub fn take(folder: &Path, observer: &mut dyn Observer) -> Result<Self, InstallError> {
        std::fs::create_dir_all(folder).map_err(InstallError::write(folder))?;
        let path = folder.join(LOCK);
        let options = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = options.map_err(InstallError::write(&path))?;
        wait(&file, &path, observer)?;
        Ok(Self {
            swept: sweep(folder)?,
            folder: folder.to_owned(),
            _file: file,
        })
    }

    /// Whether an earlier holder had left something unfinished.
    pub fn swept(&self) -> bool {
        self.swept
    }

    /// An empty folder on the same file system.
    pub fn scratch(&self) -> Result<Scratch, InstallError> {
        let path = self.folder.join(format!("{PREFIX}{}", std::process::id()));
        std::fs::create_dir(&path).map_err(InstallError::write(&path))?;
        Ok(Scratch { path })
    }
}

impl Scratch {
    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// An empty folder in it.
    pub fn folder(&self, name: &str) -> Result<PathBuf, InstallError> {
        let path = self.path(name);
        std::fs::create_dir_all(&path).map_err(InstallError::write(&path))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Folders of unfinished work in a folder, whether somebody works on them or not.
pub(crate) fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(is_unfinished)
        .map(|entry| entry.path())
        .collect()
}

/// Folders of unfinished work in a folder whose lock nobody holds; writes nothing.
pub(crate) fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let lock = File::open(folder.join(LOCK)).ok();
    // Held while looking, so that no work begins meanwhile.
    match lock.as_ref().map(File::try_lock_shared) {
        Some(Err(TryLockError::WouldBlock)) => Vec::new(),
        _ => unfinished(folder),
    }
}

fn is_unfinished(entry: &std::fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with(PREFIX)
}

fn wait(file: &File, path: &Path, observer: &mut dyn Observer) -> Result<(), InstallError> {
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(InstallError::write(path)(error)),
            Err(TryLockError::WouldBlock) if observer.is_stopped() => {
                return Err(InstallError::Stopped);
            }
            Err(TryLockError::WouldBlock) => {
                if !told {
                    observer.event(&Event::Waiting);
                }
                told = true;
                std::thread::sleep(POLL);
            }
        }
    }
}

/// Undoes what is unfinished; whether there was any.
fn sweep(folder: &Path) -> Result<bool, InstallError> {
    let found = unfinished(folder);
    for path in &found {
        put_back(&path.join(REPLACED), folder)?;
        std::fs::remove_dir_all(path).map_err(InstallError::write(path))?;
    }
    Ok(!found.is_empty())
}

/// Gives what was about to be replaced its place again, where nothing else has it by now.
fn put_back(replaced: &Path, folder: &Path) -> Result<(), InstallError> {
    for entry in std::fs::read_dir(replaced).into_iter().flatten().flatten() {
        let place = folder.join(entry.file_name());
        if place.symlink_metadata().is_err() {
            std::fs::rename(entry.path(), &place).map_err(InstallError::write(&place))?;
        }
    }
    Ok(())
}
