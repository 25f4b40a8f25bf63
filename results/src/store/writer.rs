//! Writes one run: its plan once, a record as soon as its worker is done, and live events.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::journal::Journal;
use super::lines::{self, Lines};
use super::{StoreError, files};
use crate::event::Event;
use crate::record::Record;
use crate::run::Run;

/// The only writer of a run, in this process and in all others, until it is dropped.
#[derive(Debug)]
pub struct RunWriter {
    dir: PathBuf,
    cells: Journal<File>,
    events: Option<File>,
}

impl RunWriter {
    /// Makes the folder of `run` in `store`.
    pub(super) fn create(store: &Path, run: &Run) -> Result<Self, StoreError> {
        let dir = store.join(&run.id);
        fs::create_dir_all(store).map_err(StoreError::io("make the store", store))?;
        match fs::create_dir(&dir) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(StoreError::Exists { path: dir });
            }
            made => made.map_err(StoreError::io("make", &dir))?,
        }
        let samples = files::samples(&dir);
        fs::create_dir(&samples).map_err(StoreError::io("make", &samples))?;
        let cells = open(&dir, OpenOptions::new().create_new(true))?;
        files::write_run(&dir, run)?;
        files::sync_dir(store).map_err(StoreError::io("write", store))?;
        Ok(Self::new(dir, cells, 0))
    }

    /// Goes on with the run in `dir`, and cuts a torn last line off.
    pub(super) fn reopen(dir: PathBuf) -> Result<(Self, Lines), StoreError> {
        let path = files::cells(&dir);
        let cells = open(&dir, &mut OpenOptions::new())?;
        let lines = lines::read(&path)?;
        let mut writer = Self::new(dir, cells, lines.whole);
        let cut = writer.cells.mend();
        cut.map_err(StoreError::io("cut the torn last line off", &path))?;
        Ok((writer, lines))
    }

    /// The run's folder.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// The folder for the workers' files of samples.
    pub fn samples_dir(&self) -> PathBuf {
        files::samples(&self.dir)
    }

    /// The folder for the workers' files of outputs, made by whoever writes the first; it goes when the run has ended.
    pub fn outputs_dir(&self) -> PathBuf {
        files::outputs(&self.dir)
    }

    /// The folder for the models' hollow twins, made by whoever writes the first; they stay, for whoever wants to look at them.
    pub fn twins_dir(&self) -> PathBuf {
        files::twins(&self.dir)
    }

    /// Appends a line to `cells.jsonl`, which is on disk when this returns; where that fails, such as on a full disk, the lines before it are left whole.
    pub fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        let path = files::cells(&self.dir);
        let written = line(record).and_then(|line| self.cells.append(&line));
        written.map_err(StoreError::io("append to", &path))
    }

    /// Appends a line to `events.jsonl`, if it can: a live display is not worth a run.
    pub fn event(&mut self, event: &Event) {
        if let (Some(events), Ok(line)) = (&mut self.events, line(event)) {
            let _ = events.write_all(&line);
        }
    }

    fn new(dir: PathBuf, cells: File, len: u64) -> Self {
        let mut appending = OpenOptions::new();
        let events = appending
            .append(true)
            .create(true)
            .open(files::events(&dir));
        Self {
            cells: Journal::new(cells, len),
            events: events.ok(),
            dir,
        }
    }
}

fn open(dir: &Path, options: &mut OpenOptions) -> Result<File, StoreError> {
    let path = files::cells(dir);
    let file = options.append(true).open(&path);
    let file = file.map_err(StoreError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy {
            path: dir.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path)(error)),
    }
}

fn line(value: &impl serde::Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
