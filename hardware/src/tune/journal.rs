//! The file that says what to restore: on disk before anything is changed, gone when all is as it was.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::settings::Setting;
use super::{GpuClock, GpuClocks, TuneError};
use crate::root::Root;

const SCHEMA: &str = "tare.tune/1";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    schema: String,
    pub(super) settings: Vec<Setting>,
    pub(super) gpus: Vec<GpuClock>,
}

impl Journal {
    pub(super) fn new(settings: Vec<Setting>, gpus: Vec<GpuClock>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            settings,
            gpus,
        }
    }

    /// Only where there is no such file yet: whole or not at all, for its owner alone, and synced.
    pub(super) fn write(&self, path: &Path) -> Result<(), TuneError> {
        self.put(path, |own, path| fs::hard_link(own, path))
    }

    /// In place of the one that this owner wrote.
    pub(super) fn replace(&self, path: &Path) -> Result<(), TuneError> {
        self.put(path, |own, path| fs::rename(own, path))
    }

    fn put(
        &self,
        path: &Path,
        place: impl FnOnce(&Path, &Path) -> std::io::Result<()>,
    ) -> Result<(), TuneError> {
        let mut own = path.as_os_str().to_owned();
        own.push(format!(".{}", std::process::id()));
        let own = Path::new(&own);
        let outcome = self.write_new(own).and_then(|()| place(own, path));
        // Where it was not created, or has its place, there is nothing to remove.
        let _ = fs::remove_file(own);
        let journal = path.to_owned();
        outcome.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => TuneError::Pending { journal },
            _ => TuneError::Journal { journal, error },
        })
    }

    fn write_new(&self, path: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string(self)?;
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    fn read(path: &Path) -> Result<Option<Self>, TuneError> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| TuneError::Unread {
                journal: path.to_owned(),
                error,
            })?,
        };
        let not_ours = |reason: String| TuneError::NotOurs {
            journal: path.to_owned(),
            reason,
        };
        let journal: Self =
            serde_json::from_str(&text).map_err(|error| not_ours(error.to_string()))?;
        if journal.schema != SCHEMA {
            return Err(not_ours(format!("its schema is '{}'", journal.schema)));
        }
        match journal.settings.iter().find(|setting| !setting.is_ours()) {
            Some(strange) => Err(not_ours(format!("tuning never writes {}", strange.file))),
            None => Ok(Some(journal)),
        }
    }
}

/// Marks the journal at `path` as in use for as long as the file is open: the kernel lets go of it however its holder ends.
pub(super) fn hold(path: &Path) -> Result<File, TuneError> {
    let held = File::open(path).and_then(|file| file.lock().map(|()| file));
    held.map_err(|error| TuneError::Journal {
        journal: path.to_owned(),
        error,
    })
}

/// As [`restore`], for a person: the settings of a run that goes on are left to it.
///
/// # Errors
/// As [`restore`]; where that run goes on.
pub fn restore_by_hand(
    root: &Path,
    path: &Path,
    gpus: &dyn GpuClocks,
) -> Result<Vec<String>, TuneError> {
    let tried = File::open(path).map(|file| file.try_lock());
    if let Ok(Err(TryLockError::WouldBlock)) = tried {
        let journal = path.to_owned();
        return Err(TuneError::InUse { journal });
    }
    restore(root, path, gpus)
}

/// Sets everything back to what the journal at `path` says, then removes it; gives what was restored. Without a journal
/// there is nothing to do, so that calling it again changes nothing.
///
/// # Errors
/// Where the journal is none, or some setting is refused; the others are restored nevertheless and the journal stays.
pub fn restore(root: &Path, path: &Path, gpus: &dyn GpuClocks) -> Result<Vec<String>, TuneError> {
    let Some(journal) = Journal::read(path)? else {
        return Ok(Vec::new());
    };
    let root = Root::new(root);
    let devices = journal.gpus.iter().rev();
    let devices = devices.map(|clock| (&clock.device, gpus.restore(clock)));
    let files = journal.settings.iter().rev();
    let files = files.map(|setting| (&setting.file, setting.restore(&root)));
    let (mut restored, mut what) = (Vec::new(), Vec::new());
    for (name, outcome) in devices.chain(files) {
        match outcome {
            Ok(()) => restored.push(name.clone()),
            Err(error) => what.push(format!("{name}: {error}")),
        }
    }
    if !what.is_empty() {
        let journal = path.to_owned();
        return Err(TuneError::NotRestored { what, journal });
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(TuneError::Journal {
            journal: path.to_owned(),
            error,
        }),
        _ => Ok(restored),
    }
}
